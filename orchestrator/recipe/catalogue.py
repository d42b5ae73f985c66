"""The catalogue of steps as JSON, so that a recipe is checked without importing the steps.

The house ships its own as `steps/catalogue.json`; it is generated from the table of steps.
"""

import json
from dataclasses import MISSING, fields
from types import MappingProxyType
from typing import Any, TypeVar

from orchestrator.recipe.signature import (
    Catalogue,
    MeasurementSignature,
    ParameterSignature,
    StepSignature,
)

_Signature = TypeVar("_Signature", StepSignature, ParameterSignature, MeasurementSignature)


def catalogue_to_json(catalogue: Catalogue) -> str:
    """Return `catalogue` as stable JSON text; members at their default are left out."""
    steps = [_plain(catalogue[name]) for name in sorted(catalogue)]
    return json.dumps({"schema": 1, "steps": steps}, indent=2, ensure_ascii=False) + "\n"


def catalogue_from_json(text: str) -> Catalogue:
    """Return the catalogue that `catalogue_to_json` wrote.

    Raises ValueError for another text, also KeyError and TypeError for another shape.
    """
    raw = json.loads(text)
    if raw.get("schema") != 1:
        raise ValueError("this is no catalogue of steps of schema 1")
    steps = {}
    for row in raw["steps"]:
        row["parameters"] = [_built(ParameterSignature, each) for each in row.get("parameters", [])]
        row["measurements"] = [
            _built(MeasurementSignature, each) for each in row.get("measurements", [])
        ]
        steps[row["name"]] = _built(StepSignature, row)
    return MappingProxyType(steps)


def _plain(signature: _Signature) -> dict[str, Any]:
    row = {}
    for field in fields(signature):
        value = getattr(signature, field.name)
        if field.default is not MISSING and value == field.default:
            continue
        row[field.name] = (
            [each if isinstance(each, str) else _plain(each) for each in value]
            if isinstance(value, tuple)
            else value
        )
    return row


def _built(kind: type[_Signature], row: dict[str, Any]) -> _Signature:
    members: dict[str, Any] = {}
    for name, value in row.items():
        members[name] = tuple(value) if isinstance(value, list) else value
    return kind(**members)
