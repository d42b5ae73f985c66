"""From checked parts to the frozen plan, and the canonical text that its hash is taken over.

The hash covers what the recipe does: not comments, formatting, order of keys, or where its files
lie. Artifacts count by the SHA-256 of their bytes. No float is in it; decimals are written plainly.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from types import MappingProxyType
from typing import Any

from orchestrator.domain.measurement import Limit, Value
from orchestrator.recipe import LANGUAGE_VERSION
from orchestrator.recipe.plan import (
    AppliesTo,
    Argument,
    Artifact,
    Input,
    ParallelSteps,
    Plan,
    PlannedStep,
    Reference,
    Retry,
    SectionName,
)
from orchestrator.recipe.values import plain_decimal

Section = tuple[PlannedStep | ParallelSteps, ...]


@dataclass(frozen=True, slots=True)
class Ingredients:
    """Everything that a plan is built of, checked. `text` is the file as it was written."""

    name: str
    version: str
    description: str
    applies_to: AppliesTo
    inputs: Mapping[str, Input]
    secrets: tuple[str, ...]
    artifacts: Mapping[str, Artifact]
    sections: Mapping[SectionName, Section]
    text: str


def build_plan(parts: Ingredients) -> Plan:
    """Return the frozen plan of `parts` with its canonical text and content hash."""
    resolved = canonical(resolved_recipe(parts))
    return Plan(
        name=parts.name,
        version=parts.version,
        description=parts.description,
        applies_to=parts.applies_to,
        inputs=MappingProxyType(dict(parts.inputs)),
        secrets=parts.secrets,
        artifacts=MappingProxyType(
            {name: _frozen(artifact) for name, artifact in parts.artifacts.items()}
        ),
        setup=parts.sections["setup"],
        main=parts.sections["main"],
        teardown=parts.sections["teardown"],
        content_hash=hashlib.sha256(resolved.encode()).hexdigest(),
        text=parts.text,
        resolved=resolved,
    )


def canonical(value: Any) -> str:
    """Return `value` as JSON that is the same for the same meaning: keys sorted, no spaces."""
    return json.dumps(
        value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
    )


def resolved_recipe(parts: Ingredients) -> dict[str, Any]:
    """Return the whole recipe as plain values, includes opened and files as their SHA-256."""
    return {
        "recipe": LANGUAGE_VERSION,
        "name": parts.name,
        "version": parts.version,
        "description": parts.description,
        "for": {
            "part_number": parts.applies_to.part_number,
            "revision": parts.applies_to.revision,
            "operation": parts.applies_to.operation,
        },
        "inputs": {name: _input(each) for name, each in parts.inputs.items()},
        "secrets": sorted(parts.secrets),
        "artifacts": {name: {"sha256": each.sha256} for name, each in parts.artifacts.items()},
        **{name: [_item(item) for item in section] for name, section in parts.sections.items()},
    }


def _frozen(artifact: Artifact) -> Artifact:
    return Artifact(
        artifact.name,
        artifact.file,
        artifact.sha256,
        artifact.content,
        MappingProxyType(dict(artifact.facts)),
    )


def _input(declared: Input) -> dict[str, Any]:
    return {
        "type": declared.kind,
        "description": declared.description,
        "default": None if declared.default is None else _value(declared.default),
        "choices": list(declared.choices),
        "from": declared.source,
    }


def _item(item: PlannedStep | ParallelSteps) -> dict[str, Any]:
    if isinstance(item, ParallelSteps):
        return {"id": item.id, "parallel": [_step(step) for step in item.steps]}
    return _step(item)


def _step(step: PlannedStep) -> dict[str, Any]:
    return {
        "id": step.id,
        "name": step.name,
        "uses": step.uses,
        "with": {name: _argument(value) for name, value in step.arguments.items()},
        "if": step.condition.text if step.condition else None,
        "timeout_seconds": plain_decimal(step.timeout_seconds),
        "retry": _retry(step.retry) if step.retry else None,
        "on_fail": step.on_fail,
        "required": step.required,
        "irreversible": step.irreversible,
        "measure": {name: _limit(limit) for name, limit in step.limits.items()},
    }


def _retry(retry: Retry) -> dict[str, Any]:
    return {
        "times": retry.times,
        "wait_seconds": plain_decimal(retry.wait_seconds),
        "on": sorted(retry.on),
    }


def _argument(argument: Argument) -> Any:
    if isinstance(argument, tuple):
        return [_argument(each) for each in argument]
    if isinstance(argument, Reference):
        return {"reference": argument.path}
    return _value(argument)


def _value(value: Value) -> Any:
    # A number must not be taken for the text that looks like it.
    return {"number": plain_decimal(value)} if isinstance(value, Decimal) else value


def _limit(limit: Limit) -> dict[str, Any]:
    found: dict[str, Any] = {"unit": limit.uom}
    for key in ("min", "max", "equal", "pattern"):
        value = getattr(limit, key)
        if value is not None:
            found[key] = _value(value)
    if limit.one_of is not None:
        found["one_of"] = [_value(value) for value in limit.one_of]
    return found
