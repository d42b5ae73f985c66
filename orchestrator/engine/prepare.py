"""Makes a plan ready to run: what every run of it would work out again is worked out once.

Each step gets its definition, its limits as the audit writes them, the steps its gate asks for,
and, unless it refers to inputs or secrets, its arguments and their JSON. What differs from run to
run is filled in by `bind`.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from orchestrator.domain.errors import StationMisuse
from orchestrator.domain.measurement import Limit, as_text
from orchestrator.domain.unit import Unit
from orchestrator.engine.parameters import Secret
from orchestrator.engine.step import StepDefinition, StepFunction
from orchestrator.recipe.plan import (
    Argument,
    Artifact,
    ParallelSteps,
    Plan,
    PlannedStep,
    Reference,
    Scalar,
    SectionName,
)
from orchestrator.recipe.signature import (
    ParameterKind,
    ParameterSignature,
    StepSignature,
    uom_of,
)

_KEPT_PLANS = 32
_SECTIONS: tuple[SectionName, ...] = ("setup", "main", "teardown")


@dataclass(frozen=True, slots=True)
class Measuring:
    """A measurement that a step may take in this plan; the limits also as the audit writes them."""

    name: str
    uom: str
    limit: Limit | None
    min: str | None
    max: str | None
    equal: str | None
    pattern: str | None
    one_of: str | None


@dataclass(frozen=True, slots=True)
class Arguments:
    """What a step is called with, and the same as JSON without secrets.

    `lists` says that some values are lists, which each call gets a copy of.
    """

    values: Mapping[str, object]
    text: str
    lists: bool

    def fresh(self) -> Mapping[str, object]:
        """Return the values for one call; nothing that the call changes is shared."""
        if not self.lists:
            return self.values
        return {
            name: list(value) if isinstance(value, list) else value
            for name, value in self.values.items()
        }


@dataclass(frozen=True, slots=True)
class PreparedStep:
    """A planned step with everything that does not change from run to run.

    `position` counts planned steps from 1. `gate` holds the positions of all required steps before
    an irreversible one. `arguments` is None when they are known only in a run;
    `written` shows them as planned.
    """

    planned: PlannedStep
    section: SectionName
    position: int
    outcome_key: str
    definition: StepDefinition
    function: StepFunction
    needs: tuple[type[Any], ...]
    timeout_seconds: float
    irreversible: bool
    measures: Mapping[str, Measuring]
    limited: tuple[str, ...]
    gate: tuple[int, ...]
    arguments: Arguments | None
    written: str


PreparedItem = PreparedStep | tuple[PreparedStep, ...]
"""A step, or the steps of a `parallel:` group."""


@dataclass(frozen=True, slots=True)
class PreparedPlan:
    """A plan ready to run. `conditional` says whether any step has an `if:`."""

    plan: Plan
    sections: Mapping[SectionName, tuple[PreparedItem, ...]]
    steps: tuple[PreparedStep, ...]
    conditional: bool


class PreparedPlans:
    """Keeps the plans prepared last, so that a plan is prepared once and not per unit."""

    def __init__(self) -> None:
        self._kept: dict[int, PreparedPlan] = {}

    def get(self, plan: Plan, definitions: Mapping[str, StepDefinition]) -> PreparedPlan:
        """Return `plan` ready to run. Raises StationMisuse when a step of it is not known."""
        kept = self._kept.get(id(plan))
        if kept is None or kept.plan is not plan:
            kept = prepare(plan, definitions)
            if len(self._kept) >= _KEPT_PLANS:
                self._kept.pop(next(iter(self._kept)))
            self._kept[id(plan)] = kept
        return kept


def prepare(plan: Plan, definitions: Mapping[str, StepDefinition]) -> PreparedPlan:
    """Work out all that does not change from run to run.

    Raises StationMisuse when the plan uses a step or measurement that the program does not have.
    """
    steps: list[PreparedStep] = []
    sections: dict[SectionName, tuple[PreparedItem, ...]] = {}
    for name in _SECTIONS:
        items: list[PreparedItem] = []
        for item in plan.section(name):
            group = item.steps if isinstance(item, ParallelSteps) else (item,)
            made = []
            for planned in group:
                made.append(_prepare_step(plan, name, planned, steps, definitions))
                steps.append(made[-1])
            items.append(tuple(made) if isinstance(item, ParallelSteps) else made[0])
        sections[name] = tuple(items)
    conditional = any(step.planned.condition is not None for step in steps)
    return PreparedPlan(plan, sections, tuple(steps), conditional)


def _prepare_step(
    plan: Plan,
    section: SectionName,
    planned: PlannedStep,
    before: list[PreparedStep],
    definitions: Mapping[str, StepDefinition],
) -> PreparedStep:
    definition = definitions.get(planned.uses)
    if definition is None:
        raise StationMisuse(
            f"step {planned.id} uses {planned.uses}, which this program does not have",
            remedy="Check the recipe with this version: orchestrator recipe check",
        )
    irreversible = planned.irreversible or definition.signature.irreversible
    static = not any(
        isinstance(part, Reference) or _kind(definition.signature, name) == "secret"
        for name, argument in planned.arguments.items()
        for part in _parts(argument)
    )
    gate = tuple(step.position for step in before if step.planned.required)
    return PreparedStep(
        planned=planned,
        section=section,
        position=len(before) + 1,
        outcome_key=f"steps.{planned.id}.outcome",
        definition=definition,
        function=definition.function,
        needs=tuple(definition.needs.values()),
        timeout_seconds=float(planned.timeout_seconds),
        irreversible=irreversible,
        measures=_measures(planned, definition.signature),
        limited=tuple(planned.limits),
        gate=gate if irreversible else (),
        arguments=_bound(plan, planned, definition.signature, {}, {}) if static else None,
        written=_written(plan, planned, definition.signature),
    )


def _measures(planned: PlannedStep, signature: StepSignature) -> dict[str, Measuring]:
    unknown = planned.limits.keys() - {measure.name for measure in signature.measurements}
    if unknown:
        raise StationMisuse(
            f"step {planned.id} limits {', '.join(sorted(unknown))}, which it cannot measure",
            remedy="Check the recipe with this version: orchestrator recipe check",
        )
    return {
        measure.name: _measuring(
            measure.name, uom_of(measure, planned.arguments), planned.limits.get(measure.name)
        )
        for measure in signature.measurements
    }


def _measuring(name: str, uom: str, limit: Limit | None) -> Measuring:
    if limit is None:
        return Measuring(name, uom, None, None, None, None, None, None)
    return Measuring(
        name,
        limit.uom or uom,
        limit,
        None if limit.min is None else as_text(limit.min),
        None if limit.max is None else as_text(limit.max),
        None if limit.equal is None else as_text(limit.equal),
        limit.pattern,
        None if limit.one_of is None else _json([as_text(value) for value in limit.one_of]),
    )


def bind(
    plan: Plan,
    step: PreparedStep,
    inputs: Mapping[str, Scalar],
    unit: Unit,
    secrets: Mapping[str, Secret],
) -> Arguments:
    """Return the arguments of `step` in this run.

    Raises StationMisuse for an input, secret or artifact that the run does not have.
    """
    if step.arguments is not None:
        return step.arguments
    known: dict[str, Scalar | None] = {f"inputs.{name}": value for name, value in inputs.items()}
    for member in ("serial_number", "part_number", "revision"):
        known[f"unit.{member}"] = getattr(unit, member)
    return _bound(plan, step.planned, step.definition.signature, known, secrets)


def _bound(
    plan: Plan,
    planned: PlannedStep,
    signature: StepSignature,
    known: Mapping[str, Scalar | None],
    secrets: Mapping[str, Secret],
) -> Arguments:
    values: dict[str, object] = {}
    shown: dict[str, object] = {}
    for name, argument in planned.arguments.items():
        parameter = _parameter(planned, signature, name)
        kind = parameter.item or parameter.kind
        parts = [_looked_up(part, parameter, kind, known) for part in _parts(argument)]
        if None in parts:
            continue
        made = [_value(plan, part, kind, secrets) for part in parts if part is not None]
        texts = [_shown_part(plan, kind, part) for part in parts if part is not None]
        is_list = parameter.kind == "list"
        values[name] = made if is_list else made[0]
        shown[name] = texts if is_list else texts[0]
    return Arguments(values, _json(shown), any(isinstance(v, list) for v in values.values()))


def _parts(argument: Argument) -> tuple[Scalar | Reference, ...]:
    return argument if isinstance(argument, tuple) else (argument,)


def _parameter(planned: PlannedStep, signature: StepSignature, name: str) -> ParameterSignature:
    for parameter in signature.parameters:
        if parameter.name == name:
            return parameter
    raise StationMisuse(
        f"step {planned.id} is given {name}, which {signature.name} does not take",
        remedy="Check the recipe with this version: orchestrator recipe check",
    )


def _kind(signature: StepSignature, name: str) -> ParameterKind | None:
    kinds = (p.item or p.kind for p in signature.parameters if p.name == name)
    return next(kinds, None)


def _looked_up(
    part: Scalar | Reference,
    parameter: ParameterSignature,
    kind: ParameterKind,
    known: Mapping[str, Scalar | None],
) -> Scalar | None:
    """Return the value of a part, None where an optional parameter refers to nothing known."""
    if not isinstance(part, Reference):
        return part
    value = known.get(part.path)
    if value is None:
        if not parameter.required and parameter.kind != "list":
            return None
        raise StationMisuse(
            f"{parameter.name} refers to {part.path}, which this run does not know",
            remedy="Give it in the settings, by scan, or as a default in the recipe",
        )
    return _converted(value, kind, parameter, part)


def _converted(
    value: Scalar, kind: ParameterKind, parameter: ParameterSignature, part: Reference
) -> Scalar:
    is_number = isinstance(value, int | Decimal) and not isinstance(value, bool)
    fits = {
        "number": is_number,
        "duration": is_number,
        "integer": isinstance(value, int) and is_number,
        "size": isinstance(value, int) and is_number,
        "boolean": isinstance(value, bool),
        "choice": value in parameter.choices,
    }.get(kind, isinstance(value, str))
    if not fits:
        raise StationMisuse(
            f"{part.path} is {as_text(value)}, which {parameter.name} ({kind}) cannot take",
            remedy="Correct the input or the recipe",
        )
    return Decimal(value) if kind in {"number", "duration"} else value


def _value(
    plan: Plan, part: Scalar, kind: ParameterKind, secrets: Mapping[str, Secret]
) -> Scalar | Artifact | Secret:
    if kind == "artifact":
        return _artifact(plan, str(part))
    if kind != "secret":
        return part
    secret = secrets.get(str(part))
    if secret is None:
        raise StationMisuse(
            f"the secret {part} is not known to this station",
            remedy="Name its file or environment variable in the station's settings",
        )
    return secret


def _artifact(plan: Plan, name: str) -> Artifact:
    artifact = plan.artifacts.get(name)
    if artifact is None:
        raise StationMisuse(
            f"the recipe has no artifact {name}", remedy="Declare it under `artifacts`"
        )
    return artifact


def _written(plan: Plan, planned: PlannedStep, signature: StepSignature) -> str:
    return _json(
        {
            name: _shown(plan, signature, name, argument)
            for name, argument in planned.arguments.items()
        }
    )


def _shown(plan: Plan, signature: StepSignature, name: str, argument: Argument) -> object:
    """Return an argument as it was planned, for a step that was never called."""
    kind = _kind(signature, name)
    texts = [
        f"${{{{ {part.path} }}}}" if isinstance(part, Reference) else _shown_part(plan, kind, part)
        for part in _parts(argument)
    ]
    return texts if isinstance(argument, tuple) else texts[0]


def _shown_part(plan: Plan, kind: ParameterKind | None, part: Scalar) -> object:
    if kind == "secret":
        return f"secret:{part}"
    if kind == "artifact":
        return {"name": str(part), "sha256": _artifact(plan, str(part)).sha256}
    return as_text(part) if isinstance(part, Decimal) else part


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
