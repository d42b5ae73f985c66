"""The JSON Schema of recipes, made from the catalogue, so that editors complete and underline.

It knows what can be said about one place: keys, words, kinds, parameters of each step. Whatever
needs more (ids, limits, files) is the check's. An editor reads `22.10` as a number where a text is
wanted, so texts also allow numbers and truth values here. Written in the part of the language that
is the same in 2020-12 and in draft-07; only the names of two keywords differ.
"""

import json
from typing import Any, Literal

from orchestrator.recipe import LANGUAGE_VERSION
from orchestrator.recipe.check.artifacts import ARTIFACT_TYPES
from orchestrator.recipe.check.declarations import INPUT_KINDS, SOURCES
from orchestrator.recipe.check.steps import MOST_RETRIES, ON_FAIL, RETRY_ON
from orchestrator.recipe.signature import (
    Catalogue,
    MeasurementSignature,
    ParameterKind,
    ParameterSignature,
    StepSignature,
    names_parameter,
)
from orchestrator.recipe.values import BYTES, SECONDS

Flavour = Literal["2020-12", "draft-07"]
Schema = dict[str, Any]

FILES: dict[Flavour, str] = {
    "2020-12": "recipe.schema.json",
    "draft-07": "recipe.draft-07.schema.json",
}
"""The file that each flavour is kept in, beside the recipes."""

_DIALECTS: dict[Flavour, str] = {
    "2020-12": "https://json-schema.org/draft/2020-12/schema",
    "draft-07": "http://json-schema.org/draft-07/schema#",
}
_REFERENCE = r"^\$\{\{ *(inputs\.[a-z][a-z0-9_]*|unit\.(serial_number|part_number|revision)) *\}\}$"
_IDENTIFIER = "^[a-z][a-z0-9_]{0,63}$"
_TEXT: Schema = {"type": ["string", "number", "boolean"]}
_DURATION: Schema = {"type": "string", "pattern": rf"^[0-9]+(\.[0-9]+)?({'|'.join(SECONDS)})$"}
_SIZE: Schema = {"type": "string", "pattern": rf"^[0-9]+({'|'.join(BYTES)})$"}
_INTEGER: Schema = {
    "anyOf": [{"type": "integer"}, {"type": "string", "pattern": r"^[+-]?(0|[1-9][0-9]*)$"}]
}
_NUMBER: Schema = {
    "anyOf": [
        {"type": "number"},
        {"type": "string", "pattern": r"^[+-]?(0|[1-9][0-9]*)(\.[0-9]+)?$"},
    ]
}
_BOOLEAN: Schema = {"enum": [True, False, "true", "false"]}


def recipe_schema(catalogue: Catalogue, flavour: Flavour = "2020-12") -> Schema:
    """Return the schema of a recipe that uses the steps of `catalogue`."""
    definitions = "$defs" if flavour == "2020-12" else "definitions"
    names = _Names(f"#/{definitions}/")
    return {
        "$schema": _DIALECTS[flavour],
        "title": "Recipe",
        "description": f"A recipe of the orchestrator, language version {LANGUAGE_VERSION}.",
        **_table(_recipe(names), required=("recipe", "name", "version", "main")),
        definitions: {
            "step": _step(catalogue),
            "item": _item(names),
            "items": {"type": "array", "items": names.to("item")},
        },
    }


def schema_text(catalogue: Catalogue, flavour: Flavour = "2020-12") -> str:
    """Return the schema as the text that its file holds."""
    return json.dumps(recipe_schema(catalogue, flavour), indent=2, ensure_ascii=False) + "\n"


class _Names:
    """Where shared parts are found, which differs between the flavours."""

    def __init__(self, prefix: str) -> None:
        self._prefix = prefix

    def to(self, name: str) -> Schema:
        return {"$ref": self._prefix + name}


def _table(properties: Schema, required: tuple[str, ...] = ()) -> Schema:
    found: Schema = {"type": "object", "properties": properties, "additionalProperties": False}
    return {**found, "required": list(required)} if required else found


def _described(schema: Schema, description: str) -> Schema:
    return {**schema, "description": description} if description else schema


def _named(schema: Schema) -> Schema:
    return {
        "type": "object",
        "propertyNames": {"pattern": _IDENTIFIER},
        "additionalProperties": schema,
    }


def _recipe(names: _Names) -> Schema:
    target = _table(dict.fromkeys(("part_number", "revision", "operation"), _TEXT))
    steps = names.to("items")
    return {
        "recipe": {
            "enum": [LANGUAGE_VERSION, str(LANGUAGE_VERSION)],
            "description": "Version of the language; the first key.",
        },
        "name": _described(_TEXT, "What people call the recipe."),
        "version": _described(_TEXT, "The recipe's own version, for people."),
        "description": _TEXT,
        "for": _described(target, "The units and the operation that the recipe is for."),
        "inputs": _described(_named(_input()), "Values that are known when a run begins."),
        "secrets": {
            "description": "Names of the secrets that steps need.",
            "anyOf": [{"type": "array", "items": {"type": "string"}}, _named(_TEXT)],
        },
        "artifacts": _described(_named(_artifact()), "Files that steps consume."),
        "setup": _described({"allOf": [steps]}, "Steps before the work."),
        "main": _described({"allOf": [steps], "minItems": 1}, "The work."),
        "teardown": _described({"allOf": [steps]}, "Steps that run whatever happened."),
    }


def _input() -> Schema:
    return _table(
        {
            "type": {"enum": list(INPUT_KINDS)},
            "default": _TEXT,
            "choices": {"type": "array", "items": _TEXT, "minItems": 1},
            "description": _TEXT,
            "from": {"enum": list(SOURCES), "description": "Who provides the value."},
        },
        required=("type",),
    )


def _artifact() -> Schema:
    return _table(
        {
            "file": {"type": "string", "description": "Path, seen from the recipe's folder."},
            "sha256": {"type": ["string", "integer"], "description": "64 hexadecimal digits."},
            "type": {"enum": list(ARTIFACT_TYPES), "description": "image unless told otherwise."},
        },
        required=("file", "sha256"),
    )


def _item(names: _Names) -> Schema:
    group = _table(
        {"parallel": {"type": "array", "items": names.to("step"), "minItems": 1}, "id": _TEXT},
        required=("parallel",),
    )
    include = _table({"include": {"type": "string"}}, required=("include",))
    return {
        "type": "object",
        "if": {"required": ["parallel"]},
        "then": group,
        "else": {"if": {"required": ["include"]}, "then": include, "else": names.to("step")},
    }


def _step(catalogue: Catalogue) -> Schema:
    retry = _table(
        {
            "times": {"anyOf": [{"type": "integer", "minimum": 1, "maximum": MOST_RETRIES}, _TEXT]},
            "wait": _DURATION,
            "on": {"type": "array", "items": {"enum": list(RETRY_ON)}, "minItems": 1},
        },
        required=("times",),
    )
    properties = {
        "id": {"type": "string", "pattern": _IDENTIFIER},
        "name": _described(_TEXT, "What the operator reads."),
        "uses": {"enum": sorted(catalogue), "description": "The step."},
        "with": {"type": "object", "description": "The step's parameters."},
        "if": _described(_TEXT, "Condition; needs `required: false`."),
        "timeout": _described(_DURATION, "Time limit of one try, at most 24h."),
        "retry": _described(retry, "Further tries after certain errors."),
        "on_fail": {"enum": list(ON_FAIL), "description": "What follows a failure."},
        "required": _described(_BOOLEAN, "Whether irreversible steps depend on it."),
        "measure": {"type": "object", "description": "Limits of what the step measures."},
    }
    rules = [_uses(catalogue[name]) for name in sorted(catalogue)]
    return {**_table(properties, required=("uses",)), "allOf": rules}


def _uses(step: StepSignature) -> Schema:
    """Return the rule for the parameters and measurements of one step."""
    needed = [each.name for each in step.parameters if each.required]
    arguments = _table(
        {each.name: _parameter(each) for each in step.parameters}, required=tuple(needed)
    )
    limits = _table({each.name: _limit(each) for each in step.measurements})
    then: Schema = {
        "properties": {
            "uses": {"description": step.summary},
            "with": arguments,
            "measure": limits,
            **({"retry": False} if step.irreversible else {}),
        }
    }
    if needed:
        then["required"] = ["with"]
    return {
        "if": {"properties": {"uses": {"const": step.name}}, "required": ["uses"]},
        "then": then,
    }


def _parameter(parameter: ParameterSignature) -> Schema:
    if parameter.kind == "list":
        items = _kind(parameter.item or "text", parameter.choices)
        schema: Schema = {"type": "array", "items": items}
    else:
        schema = _kind(parameter.kind, parameter.choices)
    default = f" Default: {parameter.default}." if parameter.default else ""
    return _described(schema, parameter.summary + default)


def _kind(kind: ParameterKind, choices: tuple[str, ...]) -> Schema:
    if kind in ("artifact", "secret"):
        return {"type": "string", "pattern": _IDENTIFIER}
    plain = {
        "integer": _INTEGER,
        "number": _NUMBER,
        "boolean": _BOOLEAN,
        "duration": _DURATION,
        "size": _SIZE,
        "choice": {"enum": list(choices)},
    }.get(kind)
    if plain is None or kind in ("duration", "size"):
        return plain or _TEXT
    return {"anyOf": [plain, {"type": "string", "pattern": _REFERENCE}]}


def _limit(measurement: MeasurementSignature) -> Schema:
    value = {"number": _NUMBER, "boolean": _BOOLEAN}.get(measurement.kind, _TEXT)
    properties: Schema = {"equal": value}
    if measurement.kind == "number":
        properties |= {"min": value, "max": value}
    if measurement.kind == "text":
        properties["pattern"] = {"type": "string"}
    if measurement.kind != "boolean":
        properties["one_of"] = {"type": "array", "items": value, "minItems": 1}
    own = names_parameter(measurement.uom)
    properties["unit"] = _TEXT if own else {"enum": [measurement.uom]}
    return _described(_table(properties), measurement.summary)
