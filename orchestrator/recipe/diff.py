"""What differs between two plans in meaning: steps, order, arguments, limits, files, time limits.

Comments, formatting and the order of keys make no difference; two plans without one have the same
content hash, and the other way round.
"""

import difflib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

from orchestrator.recipe.build import canonical
from orchestrator.recipe.plan import Plan

ChangeKind = Literal["added", "removed", "moved", "changed"]
_SECTIONS = ("setup", "main", "teardown")
_HEAD = ("recipe", "name", "version", "description", "for", "inputs", "artifacts", "secrets")


@dataclass(frozen=True, slots=True)
class Change:
    """One difference. `where` is a dotted place; `before` and `after` are JSON texts or empty."""

    kind: ChangeKind
    where: str
    before: str = ""
    after: str = ""


def differences(before: Plan, after: Plan) -> tuple[Change, ...]:
    """Return what changes from `before` to `after`, empty when they do the same."""
    old, new = json.loads(before.resolved), json.loads(after.resolved)
    changes = []
    for key in _HEAD:
        changes += _values(key, old[key], new[key])
    old_steps, new_steps = dict(_steps(old)), dict(_steps(new))
    common = [step_id for step_id in old_steps if step_id in new_steps]
    changes += [
        Change("removed", _step_name(step_id), _summary(step))
        for step_id, step in old_steps.items()
        if step_id not in new_steps
    ]
    changes += [
        Change("added", _step_name(step_id), after=f"{_summary(step)} in {step['section']}")
        for step_id, step in new_steps.items()
        if step_id not in old_steps
    ]
    changes += _moved(common, old_steps, new_steps)
    for step_id in common:
        changes += _values(
            _step_name(step_id), _body(old_steps[step_id]), _body(new_steps[step_id])
        )
    return tuple(changes)


def _step_name(step_id: str) -> str:
    return f"steps.{step_id}"


def _summary(step: dict[str, Any]) -> str:
    return str(step["uses"])


def _steps(recipe: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield every step with its section and group, in order."""
    for section in _SECTIONS:
        for item in recipe[section]:
            group = item["id"] if "parallel" in item else ""
            for step in item.get("parallel", [item]):
                yield step["id"], {**step, "section": section, "group": group}


def _body(step: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in step.items() if key not in ("id", "section", "group")}


def _moved(
    common: list[str], old: dict[str, dict[str, Any]], new: dict[str, dict[str, Any]]
) -> list[Change]:
    """Return the steps that stand elsewhere: in another place, or in another order."""
    changes = []
    for step_id in common:
        places = [
            "/".join(filter(None, (steps[step_id]["section"], steps[step_id]["group"])))
            for steps in (old, new)
        ]
        if places[0] != places[1]:
            changes.append(Change("moved", _step_name(step_id), *places))
    stayed = [each for each in common if f"steps.{each}" not in {c.where for c in changes}]
    reordered = [step_id for step_id in new if step_id in set(stayed)]
    matcher = difflib.SequenceMatcher(a=stayed, b=reordered, autojunk=False)
    kept = {
        stayed[k]
        for block in matcher.get_matching_blocks()
        for k in range(block.a, block.a + block.size)
    }
    changes += [
        Change("moved", _step_name(each), _after(each, stayed), _after(each, reordered))
        for each in reordered
        if each not in kept
    ]
    return changes


def _after(step_id: str, order: list[str]) -> str:
    at = order.index(step_id)
    return f"after {order[at - 1]}" if at else "first"


def _values(where: str, old: Any, new: Any) -> list[Change]:
    """Return the differences of two plain values, tables opened as deep as both have them."""
    if canonical(old) == canonical(new):
        return []
    if isinstance(old, dict) and isinstance(new, dict) and "number" not in {*old, *new}:
        changes = []
        for key in [*old, *(key for key in new if key not in old)]:
            place = f"{where}.{key}"
            if key not in new:
                changes.append(Change("removed", place, _shown(old[key])))
            elif key not in old:
                changes.append(Change("added", place, after=_shown(new[key])))
            else:
                changes += _values(place, old[key], new[key])
        return changes
    return [Change("changed", where, _shown(old), _shown(new))]


def _shown(value: Any) -> str:
    if isinstance(value, dict):
        if value.keys() == {"number"}:
            return str(value["number"])
        if value.keys() == {"reference"}:
            return f"${{{{ {value['reference']} }}}}"
    return canonical(value)
