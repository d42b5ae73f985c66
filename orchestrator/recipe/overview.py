"""Steps, plans and changes as text for people and as JSON for programs."""

import json
from collections.abc import Iterator, Sequence
from typing import Any

from orchestrator.recipe.diff import Change
from orchestrator.recipe.plan import Argument, ParallelSteps, Plan, PlannedStep, Reference
from orchestrator.recipe.render import visible
from orchestrator.recipe.signature import Catalogue, ParameterSignature, StepSignature
from orchestrator.recipe.values import plain_decimal, spelled_duration

_SIGNS = {"added": "+", "removed": "-", "moved": ">", "changed": "~"}


def step_rows(catalogue: Catalogue) -> list[dict[str, Any]]:
    """Return one row per step with everything that a recipe may write of it."""
    return [
        {
            "name": step.name,
            "summary": step.summary,
            "irreversible": step.irreversible,
            "timeout_seconds": step.timeout_seconds,
            "parameters": [
                {
                    "name": each.name,
                    "kind": each.kind,
                    "item": each.item,
                    "required": each.required,
                    "default": each.default,
                    "choices": list(each.choices),
                    "summary": each.summary,
                }
                for each in step.parameters
            ],
            "measurements": [
                {"name": each.name, "kind": each.kind, "unit": each.uom, "summary": each.summary}
                for each in step.measurements
            ],
        }
        for _, step in sorted(catalogue.items())
    ]


def described_step(step: StepSignature) -> str:
    """Return everything about one step as text."""
    nature = "irreversible, " if step.irreversible else ""
    lines = [step.name, f"  {step.summary}", f"  {nature}time limit {step.timeout_seconds} s"]
    if step.parameters:
        lines += ["", "with:"]
        lines += _columns((f"{each.name}", _kind(each), each.summary) for each in step.parameters)
    if step.measurements:
        lines += ["", "measure:"]
        lines += _columns(
            (each.name, f"{each.kind} {each.uom}".strip(), each.summary)
            for each in step.measurements
        )
    return "\n".join(lines)


def _kind(parameter: ParameterSignature) -> str:
    kind = "|".join(parameter.choices) or parameter.item or parameter.kind
    kind = f"list of {kind}" if parameter.kind == "list" else kind
    if parameter.required:
        return f"{kind}, required"
    return f"{kind}, default {parameter.default}" if parameter.default else kind


def _columns(rows: Iterator[tuple[str, str, str]]) -> list[str]:
    grid = list(rows)
    names, kinds = (max(len(row[k]) for row in grid) for k in (0, 1))
    return [f"  {name:<{names}}  {kind:<{kinds}}  {words}".rstrip() for name, kind, words in grid]


def plan_json(plan: Plan) -> str:
    """Return the resolved plan with its hash and what its artifacts say, as indented JSON."""
    facts = {
        name: {"file": each.file, "size_bytes": len(each.content), "facts": dict(each.facts)}
        for name, each in plan.artifacts.items()
    }
    answer = {"schema": 1, "content_hash": plan.content_hash, "files": facts}
    return json.dumps({**answer, "plan": json.loads(plan.resolved)}, indent=2, ensure_ascii=False)


def plan_text(plan: Plan) -> str:
    """Return the plan as text from top to bottom."""
    target = plan.applies_to
    lines = [f"{plan.name} {plan.version}", f"hash  {plan.content_hash}"]
    words = [word for word in (target.part_number, target.revision, target.operation) if word]
    lines.append(f"for   {', '.join(words) or 'any unit'}")
    for declared in plan.inputs.values():
        default = "" if declared.default is None else f", default {_argument(declared.default)}"
        lines.append(f"input    {declared.name}: {declared.kind} from {declared.source}{default}")
    lines += [f"secret   {name}" for name in plan.secrets]
    for artifact in plan.artifacts.values():
        lines.append(f"artifact {artifact.name}: {artifact.file}, {len(artifact.content)} bytes")
        lines += [f"           {key} {value}" for key, value in artifact.facts.items()]
    position = 0
    for name in ("setup", "main", "teardown"):
        section = plan.setup if name == "setup" else plan.main if name == "main" else plan.teardown
        lines += ["", name] if section else []
        for item in section:
            if isinstance(item, ParallelSteps):
                lines.append(f"      {item.id}: side by side")
            for step in item.steps if isinstance(item, ParallelSteps) else (item,):
                position += 1
                lines += _step_lines(position, step)
    return "\n".join(visible(line) for line in lines)


def _step_lines(position: int, step: PlannedStep) -> list[str]:
    lines = [f" {position:>3}  {step.id}  {step.uses}  ({step.name})"]
    lines += [f"        {name} = {_argument(value)}" for name, value in step.arguments.items()]
    for name, limit in step.limits.items():
        lines.append(f"        {name} {limit.describe()}")
    notes = [f"at most {spelled_duration(step.timeout_seconds)}"]
    if step.retry:
        on = ", ".join(sorted(step.retry.on))
        wait = spelled_duration(step.retry.wait_seconds)
        notes.append(f"{step.retry.times} more tries after {on}, {wait} apart")
    if step.condition:
        notes.append(f"only if {step.condition.text}")
    notes += ["irreversible"] if step.irreversible else []
    notes += [] if step.required else ["not required"]
    notes += ["goes on when it fails"] if step.on_fail == "continue" else []
    return [*lines, f"        {'; '.join(notes)}"]


def _argument(value: Argument) -> str:
    if isinstance(value, tuple):
        return "[" + ", ".join(_argument(each) for each in value) + "]"
    if isinstance(value, Reference):
        return f"${{{{ {value.path} }}}}"
    if isinstance(value, bool):
        return "true" if value else "false"
    return value if isinstance(value, str) else _number(value)


def _number(value: Any) -> str:
    return str(value) if isinstance(value, int) else plain_decimal(value)


def changes_text(changes: Sequence[Change]) -> str:
    """Return the differences of two recipes, one a line; a sentence when there are none."""
    if not changes:
        return "Both recipes do the same."
    lines = []
    for change in changes:
        arrow = f"{change.before} -> {change.after}" if change.before and change.after else ""
        words = arrow or change.before or change.after
        lines.append(visible(f"{_SIGNS[change.kind]} {change.where}: {words}"))
    return "\n".join(lines)


def changes_json(before: Plan, after: Plan, changes: Sequence[Change]) -> str:
    """Return the differences of two recipes as JSON."""
    rows = [
        {"kind": each.kind, "where": each.where, "before": each.before, "after": each.after}
        for each in changes
    ]
    hashes = {"before": before.content_hash, "after": after.content_hash}
    return json.dumps({"schema": 1, **hashes, "changes": rows}, indent=2, ensure_ascii=False)
