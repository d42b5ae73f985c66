"""The content hash: the same for the same meaning, whatever the text looks like."""

import random
from pathlib import Path
from typing import Any

import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from orchestrator.recipe.check import load_plan
from orchestrator.recipe.signature import Catalogue

RECIPE: dict[str, Any] = {
    "name": "hashed",
    "version": "1.0",
    "description": "One recipe in many spellings",
    "for": {"part_number": "P", "operation": "PROGRAM"},
    "inputs": {
        "os": {"type": "text", "default": "22.10", "description": "The OS"},
        "fast": {"type": "boolean", "default": "true"},
    },
    "secrets": ["token", "other"],
    "setup": [
        {"uses": "sphere.identify", "id": "identify", "retry": {"times": "2", "wait": "1s"}},
        {"uses": "sphere.expect_os", "with": {"allowed": ["${{ inputs.os }}", "off"]}},
    ],
    "main": [
        {
            "uses": "radio.measure",
            "with": {"channel": "11", "gain": "1.5", "quiet": "true", "label": "7"},
            "measure": {
                "rssi_dbm": {"min": "-80", "max": "-20", "unit": "dBm"},
                "standard": {"pattern": "[a-z]+"},
            },
            "timeout": "90s",
            "if": "inputs.fast",
            "required": "false",
        },
        {"parallel": [{"uses": "sphere.restart", "name": "Again"}, {"uses": "sphere.identify"}]},
        {"uses": "portal.register", "with": {"token": "token"}},
        {"uses": "portal.register", "with": {"token": "other"}},
    ],
}


def shuffled(value: Any, chance: random.Random) -> Any:
    """Return `value` with the keys of every table in another order."""
    if isinstance(value, dict):
        keys = list(value)
        chance.shuffle(keys)
        return {key: shuffled(value[key], chance) for key in keys}
    if isinstance(value, list):
        return [shuffled(each, chance) for each in value]
    return value


def remarked(text: str, chance: random.Random) -> str:
    """Return `text` with remarks and blank lines between its lines."""
    lines = []
    for line in text.splitlines():
        if chance.random() < 0.3:
            lines.append(" " * chance.randrange(6) + "# a remark: [not: a, recipe")
        if chance.random() < 0.2:
            lines.append("")
        lines.append(line)
    return "\n".join(lines) + "\n"


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    seed=st.integers(0, 2**32),
    flow=st.booleans(),
    indent=st.integers(2, 6),
    style=st.sampled_from([None, '"', "'"]),
)
def test_the_hash_does_not_depend_on_the_spelling(
    seed: int, flow: bool, indent: int, style: str, catalogue: Catalogue, tmp_path: Path
) -> None:
    """Order of keys, remarks, quotes, indentation, style and folder make no difference."""
    plain = tmp_path / "plain.yaml"
    plain.write_text("recipe: 1\n" + yaml.safe_dump(RECIPE, sort_keys=False), encoding="utf-8")
    chance = random.Random(seed)
    body = yaml.safe_dump(
        shuffled(RECIPE, chance),
        sort_keys=False,
        default_flow_style=flow or None,
        indent=indent,
        default_style=style,
        width=10_000,
    )
    if flow:
        body = body[1:-2].strip() if body.startswith("{") else body
        text = "{recipe: 1, " + body + "}\n"
    else:
        text = remarked("recipe: 1\n" + body, chance)
    folder = tmp_path / "another"
    folder.mkdir(exist_ok=True)
    (folder / "other.yaml").write_text(text, encoding="utf-8")
    expected, found = load_plan(plain, catalogue), load_plan(folder / "other.yaml", catalogue)
    assert found.resolved == expected.resolved
    assert found.content_hash == expected.content_hash
