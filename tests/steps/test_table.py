"""The step table, and the files that follow from it."""

import json
import re
from pathlib import Path
from types import ModuleType

import jsonschema
import pytest
import yaml

from orchestrator.engine.step import StepDefinition
from orchestrator.recipe.catalogue import catalogue_from_json
from orchestrator.recipe.check import check_recipe
from orchestrator.steps import generate
from orchestrator.steps.table import STEPS, definitions
from tests.steps.recipe_support import SHIPPED


def _name(step: StepDefinition) -> str:
    return step.signature.name


def test_every_step_stands_in_the_table_once() -> None:
    """Names are unique, and looking them up gives what the table holds."""
    assert len(definitions()) == len(STEPS) == 84
    assert list(definitions().values()) == list(STEPS)


def test_what_cannot_be_undone_is_known() -> None:
    """Each such step can be asked what became of it, after a lost request can no longer act."""
    irreversible = [step for step in STEPS if step.signature.irreversible]
    assert {step.signature.name for step in irreversible} == {
        "sphere.set_manufacturing_state",
        "cloud.claim",
        "portal.register_device",
        "portal.register_gateway",
        "portal.register_concentrator",
        "advantech.lock_etp",
        "advantech.set_admin_password",
    }
    assert all(step.probe is not None and step.settle_seconds > 0 for step in irreversible)


@pytest.mark.parametrize("step", [each for each in STEPS if each.signature.irreversible], ids=_name)
@pytest.mark.parametrize(
    "place",
    [
        "main: [{parallel: [{uses: %s}, {uses: advantech.expect_disk}]}]",
        "main: [{uses: sphere.identify}]\nteardown: [{uses: %s}]",
    ],
    ids=["parallel", "teardown"],
)
def test_what_cannot_be_undone_stands_alone(tmp_path: Path, step: StepDefinition, place) -> None:
    """The password of an edge computer, which its other steps work with, among them."""
    file = tmp_path / "recipe.yaml"
    text = 'recipe: 1\nname: r\nversion: "1"\n' + place % step.signature.name
    file.write_text(text, encoding="utf-8")
    [mistake] = [
        one for one in check_recipe(file, generate.catalogue()).mistakes if one.code == "R038"
    ]
    assert step.signature.name in mistake.message
    assert "move it to `main`, outside of `parallel`" in mistake.help


def test_the_generated_files_follow_from_the_table() -> None:
    """The shipped catalogue and the step reference are up to date."""
    assert generate.stale() == [], "run: python -m orchestrator.steps.generate"
    assert generate.main(["--check"]) == 0


def test_the_catalogue_reads_back_as_the_table() -> None:
    """What the recipe check reads is what the engine runs."""
    text = generate.CATALOGUE_FILE.read_text(encoding="utf-8")
    assert dict(catalogue_from_json(text)) == dict(generate.catalogue())


def test_stale_files_are_found_and_written(tmp_path, monkeypatch, capsys) -> None:
    """The check names a stale file and fails; without the check it is written."""
    monkeypatch.setattr(generate, "CATALOGUE_FILE", tmp_path / "catalogue.json")
    monkeypatch.setattr(generate, "REFERENCE_FILE", tmp_path / "docs" / "steps.md")
    monkeypatch.setattr(generate, "RECIPES_FOLDER", tmp_path / "recipes")
    assert generate.main(["--check"]) == 1
    assert "steps.md is stale" in capsys.readouterr().err
    assert generate.main([]) == 0
    assert generate.stale() == []


@pytest.mark.parametrize("step", STEPS, ids=_name)
def test_every_step_explains_itself(step) -> None:
    """Name, summary, parameters and measurements are sentences in the field's words."""
    signature = step.signature
    assert re.fullmatch(r"(sphere|cloud|portal|advantech|operator)\.[a-z_]+", signature.name)
    assert signature.summary.endswith(".")
    assert signature.summary[0].isupper()
    assert all(each.summary for each in (*signature.parameters, *signature.measurements))
    assert all(each.uom for each in signature.measurements if each.name.endswith("_seconds"))
    assert 0 < signature.timeout_seconds <= 300


def test_the_overview_of_the_recipes_names_every_one(recipes: Path) -> None:
    """No recipe is shipped that nobody is told about, none is told of that is not there."""
    overview = (recipes / "README.md").read_text(encoding="utf-8")
    assert sorted(re.findall(r"^\| `(.+\.yaml)` ", overview, re.MULTILINE)) == SHIPPED


@pytest.mark.parametrize("recipe", SHIPPED)
@pytest.mark.parametrize("schema", ["recipe.schema.json", "recipe.draft-07.schema.json"])
def test_an_editor_finds_nothing_to_underline(recipes: Path, recipe: str, schema: str) -> None:
    """The shipped recipes fit the schema that their first line names, in both of its forms."""
    # Editors read YAML 1.2, where `on` is a word; the plainest loader comes closest.
    written = yaml.load((recipes / recipe).read_text(encoding="utf-8"), yaml.BaseLoader)
    jsonschema.validate(written, json.loads((recipes / schema).read_text(encoding="utf-8")))
    written["main"][0]["tiemout"] = "3min"
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(written, json.loads((recipes / schema).read_text(encoding="utf-8")))


async def test_the_example_of_the_guide_is_a_working_step(bench) -> None:
    """The code that newcomers copy makes a step that runs on a board."""
    guide = Path(__file__).parents[2] / "docs" / "how-to" / "add-a-step.md"
    code = guide.read_text(encoding="utf-8").partition("```python\n")[2].partition("```")[0]
    module = ModuleType("guide")
    exec(compile(code, str(guide), "exec"), module.__dict__)
    definition = module.expect_uptime
    assert isinstance(definition, StepDefinition)
    it = bench(uptime_seconds=30.0)
    it.ctx.declared = frozenset({"uptime"})
    await definition.function(it.ctx, it.device, at_least=20)
    assert it.ctx.measured["uptime"] >= 30
