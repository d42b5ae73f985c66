"""Broken recipes and the whole message that each must bring.

After a message was changed on purpose: UPDATE_MESSAGES=1 pytest tests/recipe/test_broken.py, then
read the difference.
"""

import os
import re
from pathlib import Path

import pytest

from orchestrator.recipe.check import check_recipe, load_plan
from orchestrator.recipe.codes import all_codes, explained, reference
from orchestrator.recipe.render import as_json, as_text
from orchestrator.recipe.signature import Catalogue
from orchestrator.systems.azure_sphere_device.image_package import inspect_image

BROKEN = Path(__file__).parent / "broken"
SOURCES = Path(__file__).parents[2] / "orchestrator" / "recipe"
HEAD = 'recipe: 1\nname: broken\nversion: "1.0"\n'
MADE = {
    "r001-missing.yaml": None,
    "r002-too-large.yaml": HEAD + "# a log\n" * 33_000,
    "r008-too-many-values.yaml": HEAD + "description: [" + "a," * 10_001 + "]\n",
    "r008-too-many-steps.yaml": HEAD + "main:\n" + "  - uses: sphere.identify\n" * 502,
}
"""Recipes too large, or too absent, to be kept as files."""


def expected(name: str, text: str) -> str:
    """Return the message kept for the recipe `name`, after keeping `text` if that was asked."""
    kept = BROKEN / name.replace(".yaml", ".txt")
    if os.environ.get("UPDATE_MESSAGES"):
        kept.write_text(text, encoding="utf-8", newline="\n")
    return kept.read_text(encoding="utf-8")


@pytest.mark.parametrize("name", sorted(path.name for path in BROKEN.glob("*.yaml")))
def test_a_broken_recipe_brings_its_whole_message(
    name: str, catalogue: Catalogue, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every mistake is there with place, source line, carets, label, allowed words and help."""
    monkeypatch.chdir(BROKEN)
    result = check_recipe(Path(name), catalogue, inspect_image)
    text = as_text(result) + "\n"
    assert result.mistakes
    assert (result.plan is None) == (result.errors > 0)
    assert text == expected(name, text)


@pytest.mark.parametrize("name", MADE)
def test_a_recipe_that_no_file_holds_brings_its_message(
    name: str, catalogue: Catalogue, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Missing and oversized recipes are answered like all others."""
    monkeypatch.chdir(tmp_path)
    content = MADE[name]
    if content is not None:
        Path(name).write_bytes(content.encode())
    text = as_text(check_recipe(Path(name), catalogue)) + "\n"
    assert text == expected(name, text)


def test_there_are_enough_broken_recipes() -> None:
    """The collection does not shrink."""
    assert len(list(BROKEN.glob("*.yaml"))) >= 95
    texts = {path.stem for path in BROKEN.glob("*.txt")}
    recipes = {path.stem for path in BROKEN.glob("*.yaml")} | {name[:-5] for name in MADE}
    assert texts == recipes


def test_every_code_has_a_broken_recipe() -> None:
    """No message is untested: each code stands in one that a recipe named after it brings."""
    shown: dict[str, set[str]] = {}
    head = re.compile(r"^(?:error|warning)\[(R\d+)\]", re.MULTILINE)
    for path in BROKEN.glob("*.txt"):
        for code in head.findall(path.read_text(encoding="utf-8")):
            shown.setdefault(code, set()).add(path.stem)
    assert set(shown) == set(all_codes())
    for code, stems in shown.items():
        assert any(stem.startswith(code.lower()) for stem in stems), code


def test_every_code_in_the_sources_is_explained() -> None:
    """The table of codes and the checks name the same codes, without a gap."""
    used = set()
    for path in SOURCES.rglob("*.py"):
        if path.parent.name != "codes":
            used |= set(re.findall(r'"(R0\d\d)"', path.read_text(encoding="utf-8")))
    assert used == set(all_codes())
    assert list(all_codes()) == [f"R{number:03}" for number in range(1, len(used) + 1)]


def test_explanations_are_matter_of_fact() -> None:
    """Titles have no capital and no full stop; each code has a wrong and a right example."""
    for row in all_codes().values():
        assert row.title[0] in "`abcdefghijklmnopqrstuvwxyz"
        assert not row.title.endswith(".")
        assert row.explanation.endswith((".", "?"))
        assert row.bad != row.good
        assert "please" not in row.explanation.lower()
        assert row.code in explained(row)


def test_the_page_of_all_mistakes_is_up_to_date() -> None:
    """docs/reference/recipe-errors.md: orchestrator recipe explain --markdown > FILE."""
    page = Path(__file__).parents[2] / "docs" / "reference" / "recipe-errors.md"
    assert page.read_text(encoding="utf-8") == reference()


def test_json_has_the_same_mistakes(catalogue: Catalogue, monkeypatch: pytest.MonkeyPatch) -> None:
    """Programs get place, code, message, help and replacement under stable keys."""
    monkeypatch.chdir(BROKEN)
    names = ("all-at-once.yaml", "r014-in-an-include.yaml", "r054-unused.yaml")
    text = as_json([check_recipe(Path(name), catalogue, inspect_image) for name in names]) + "\n"
    kept = BROKEN / "mistakes.json"
    if os.environ.get("UPDATE_MESSAGES"):
        kept.write_text(text, encoding="utf-8", newline="\n")
    assert text == kept.read_text(encoding="utf-8")


def test_loading_a_broken_recipe_raises_the_whole_text(
    catalogue: Catalogue, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever loads a plan gets all mistakes in one error, and what to do next."""
    from orchestrator.domain.errors import RecipeMistakes

    monkeypatch.chdir(BROKEN)
    with pytest.raises(RecipeMistakes) as caught:
        load_plan(Path("all-at-once.yaml"), catalogue)
    assert "error[R014]: unknown key `timout`" in caught.value.what
    assert "error[R031]" in caught.value.what
    assert "recipe check" in caught.value.remedy
