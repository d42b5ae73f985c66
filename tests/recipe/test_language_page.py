"""The page of the language says what the check does."""

import re
from pathlib import Path

import pytest

from orchestrator.domain.outcome import Outcome
from orchestrator.recipe.catalogue import catalogue_from_json
from orchestrator.recipe.check import check_recipe
from orchestrator.recipe.check.artifacts import ARTIFACT_KEYS
from orchestrator.recipe.check.declarations import INPUT_KEYS, INPUT_KINDS, SOURCES
from orchestrator.recipe.check.head import FOR_KEYS, RECIPE_KEYS
from orchestrator.recipe.check.limits import LIMIT_KEYS
from orchestrator.recipe.check.sections import GROUP_KEYS, INCLUDE_KEYS, STEP_KEYS
from orchestrator.recipe.check.steps import RETRY_KEYS, RETRY_ON
from orchestrator.recipe.values import BYTES, SECONDS

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "reference" / "recipe-language.md").read_text(encoding="utf-8")
CATALOGUE = ROOT / "orchestrator" / "steps" / "catalogue.json"


def test_the_recipe_on_the_page_is_sound(tmp_path: Path) -> None:
    """Who copies the example starts with a recipe that runs."""
    blocks = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)
    recipe = tmp_path / "page.yaml"
    recipe.write_text(blocks[0], encoding="utf-8")
    result = check_recipe(recipe, catalogue_from_json(CATALOGUE.read_text(encoding="utf-8")))
    assert [each.message for each in result.mistakes] == []
    assert result.plan is not None


@pytest.mark.parametrize(
    "words",
    [RECIPE_KEYS, FOR_KEYS, INPUT_KEYS, INPUT_KINDS, SOURCES, ARTIFACT_KEYS, STEP_KEYS, GROUP_KEYS,
     INCLUDE_KEYS, RETRY_KEYS, RETRY_ON, LIMIT_KEYS, tuple(Outcome)],
    ids=lambda words: words[0],
)  # fmt: skip
def test_every_word_of_the_language_is_on_the_page(words: tuple[str, ...]) -> None:
    """Keys, kinds, sources, error classes and outcomes are all explained."""
    for word in words:
        assert re.search(rf"(`|\b){re.escape(word)}(`|\b)", PAGE), word


@pytest.mark.parametrize("unit", [*SECONDS, *BYTES])
def test_every_unit_is_on_the_page(unit: str) -> None:
    """Durations and sizes are shown with each of their units."""
    assert re.search(rf"`[0-9]+{unit}`", PAGE)
