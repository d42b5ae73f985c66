"""A catalogue that stays as it is whatever becomes of the steps, and recipes made in a folder."""

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from orchestrator.recipe.catalogue import catalogue_from_json
from orchestrator.recipe.check import check_recipe
from orchestrator.recipe.mistakes import CheckResult
from orchestrator.recipe.plan import Plan
from orchestrator.recipe.signature import Catalogue
from orchestrator.systems.azure_sphere_device.image_package import inspect_image

HERE = Path(__file__).parent
HEAD = 'recipe: 1\nname: tested\nversion: "1.0"\n'


@pytest.fixture(scope="session")
def catalogue() -> Catalogue:
    """Return the tests' own catalogue of steps."""
    return catalogue_from_json((HERE / "catalogue.json").read_text(encoding="utf-8"))


@pytest.fixture
def check(tmp_path: Path, catalogue: Catalogue) -> Callable[..., CheckResult]:
    """Return a function that checks recipe text in a folder of its own."""

    def checked(
        text: str | bytes,
        files: Mapping[str, bytes] | None = None,
        *,
        head: str = HEAD,
        inspect: Callable[[bytes], Mapping[str, str]] | None = inspect_image,
    ) -> CheckResult:
        for name, content in (files or {}).items():
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        recipe = tmp_path / "recipe.yaml"
        recipe.write_bytes(text if isinstance(text, bytes) else (head + text).encode())
        return check_recipe(recipe, catalogue, inspect)

    return checked


@pytest.fixture
def plan(check: Callable[..., CheckResult]) -> Callable[..., Plan]:
    """Return a function that turns recipe text into its plan and fails on any mistake."""

    def planned(text: str, files: Mapping[str, bytes] | None = None) -> Plan:
        result = check(text, files)
        assert [each.message for each in result.mistakes] == []
        assert result.plan is not None
        return result.plan

    return planned
