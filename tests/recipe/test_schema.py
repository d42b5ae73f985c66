"""The JSON Schema for editors: takes every sound recipe, underlines what one place can show."""

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from orchestrator.domain.shipped import shipped
from orchestrator.recipe.catalogue import catalogue_from_json
from orchestrator.recipe.schema import FILES, Flavour, recipe_schema, schema_text
from orchestrator.recipe.signature import Catalogue

REAL = Path(__file__).parents[2] / "orchestrator" / "steps" / "catalogue.json"
FLAVOURS: tuple[Flavour, ...] = ("2020-12", "draft-07")


class EditorLoader(yaml.SafeLoader):
    """Reads YAML as editors do: by version 1.2, where `on` and `off` are words."""


EditorLoader.yaml_implicit_resolvers = {
    first: [(tag, form) for tag, form in rules if first not in "oOyYnN"]
    for first, rules in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def faults(schema: dict[str, Any], text: str) -> list[str]:
    """Return what a validator says about recipe text, read as an editor reads it."""
    validator = jsonschema.validators.validator_for(schema)
    validator.check_schema(schema)
    return [each.message for each in validator(schema).iter_errors(yaml.load(text, EditorLoader))]


@pytest.mark.parametrize("flavour", FLAVOURS)
def test_the_committed_schema_follows_from_the_steps(flavour: Flavour) -> None:
    """recipes/*.schema.json: orchestrator recipe schema --write recipes."""
    catalogue = catalogue_from_json(REAL.read_text(encoding="utf-8"))
    kept = shipped("recipes") / FILES[flavour]
    assert kept.read_text(encoding="utf-8") == schema_text(catalogue, flavour)


@pytest.mark.parametrize("flavour", FLAVOURS)
@pytest.mark.parametrize("recipe", sorted(shipped("recipes").glob("*.yaml")), ids=lambda p: p.name)
def test_shipped_recipes_are_valid_and_name_their_schema(recipe: Path, flavour: Flavour) -> None:
    """Editors find the schema by the first line, and find nothing to underline."""
    text = recipe.read_text(encoding="utf-8")
    assert text.startswith("# yaml-language-server: $schema=./recipe.schema.json\n")
    schema = json.loads((shipped("recipes") / FILES[flavour]).read_text(encoding="utf-8"))
    assert faults(schema, text) == []


HEAD = "recipe: 1\nname: a\nversion: 1.0\n"


@pytest.mark.parametrize("flavour", FLAVOURS)
@pytest.mark.parametrize(
    "text",
    [
        "main:\n  - uses: sphere.expect_os\n    with: {allowed: [22.10, off, '${{ inputs.a }}']}\n",
        (
            "main:\n  - uses: radio.measure\n    with: {channel: 11, gain: 1.5, quiet: true,\n"
            "      band: low, capture: 1KiB, settle: 1s}\n"
            "    measure: {rssi_dbm: {min: -80, unit: dBm}}\n"
        ),
        "main:\n  - uses: radio.measure\n    with: {channel: '${{ inputs.a }}'}\n",
        "main:\n  - parallel: [{uses: sphere.identify}]\n  - include: a.yaml\n",
        "secrets: [a]\nmain:\n  - uses: portal.register\n    with: {token: a}\n",
        (
            "secrets: {a: The token}\ninputs: {b: {type: choice, choices: [a]}}\n"
            "main: [{uses: sphere.identify, retry: {times: 2, on: [link]}, required: false}]\n"
        ),
    ],
)
def test_sound_recipes_are_valid(text: str, flavour: Flavour, catalogue: Catalogue) -> None:
    """What the check takes, the schema takes."""
    assert faults(recipe_schema(catalogue, flavour), HEAD + text) == []


@pytest.mark.parametrize("flavour", FLAVOURS)
@pytest.mark.parametrize(
    "text",
    [
        "main: []\n",
        "mian: [{uses: sphere.identify}]\n",
        "main:\n  - uses: sphere.identfy\n",
        "main:\n  - uses: sphere.identify\n    timout: 3s\n",
        "main:\n  - uses: sphere.identify\n    timeout: 30\n",
        "main:\n  - uses: sphere.expect_os\n",
        "main:\n  - uses: sphere.restart\n    with: {withing: 3s}\n",
        "main:\n  - uses: sphere.set_manufacturing_state\n    with: {state: Blank}\n",
        (
            "main:\n  - uses: sphere.set_manufacturing_state\n    with: {state: DeviceComplete}\n"
            "    retry: {times: 1}\n"
        ),
        "main:\n  - uses: radio.measure\n    with: {channel: high}\n",
        "main:\n  - uses: radio.measure\n    with: {channel: 1}\n    measure: {noise: {min: 1}}\n",
        (
            "main:\n  - uses: radio.measure\n    with: {channel: 1}\n"
            "    measure: {rssi_dbm: {unit: V}}\n"
        ),
        "main:\n  - parallel: [{include: a}]\n",
        "inputs: {A: {type: text}}\nmain: [{uses: sphere.identify}]\n",
    ],
)
def test_mistakes_of_one_place_are_underlined(
    text: str, flavour: Flavour, catalogue: Catalogue
) -> None:
    """Unknown keys, steps, parameters, words and units show while typing."""
    assert faults(recipe_schema(catalogue, flavour), HEAD + text)
