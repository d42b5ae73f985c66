"""From an intent as the audit keeps it back to a step of today's program, its arguments typed.

The inverse of what `prepare` writes down. A secret is known there by its name alone: it can be had
again where the caller still has it. A file of the recipe cannot; such an intent is for a person.
"""

import json
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import NamedTuple

from orchestrator.domain.errors import StationMisuse
from orchestrator.domain.intents import EarlierIntent
from orchestrator.domain.unit import Unit
from orchestrator.engine.parameters import Secret
from orchestrator.engine.prepare import Arguments, PreparedStep, bind, prepare
from orchestrator.engine.step import StepDefinition
from orchestrator.recipe.plan import AppliesTo, Argument, Plan, PlannedStep, Scalar
from orchestrator.recipe.signature import ParameterKind, ParameterSignature

SECRET_MARK = "secret:"  # noqa: S105 - what stands before a secret's name in the audit


class Replanned(NamedTuple):
    """The step of an intent, alone in a plan, with its arguments."""

    plan: Plan
    step: PreparedStep
    arguments: Arguments


def replan(
    intent: EarlierIntent, definition: StepDefinition, secrets: Mapping[str, Secret] | None
) -> Replanned:
    """Return the step that `intent` asked for.

    `secrets` are those that can be had, by name; None gives empty ones, for who only looks at the
    other arguments. Raises StationMisuse when the parameters do not fit what the step takes today,
    and for a secret that cannot be had.
    """
    planned = PlannedStep(
        id=intent.step_id,
        name=intent.step_id,
        uses=intent.kind,
        arguments=_arguments(intent, definition),
        timeout_seconds=Decimal(definition.signature.timeout_seconds),
        irreversible=True,
    )
    plan = Plan(
        name="",
        version="",
        description="",
        applies_to=AppliesTo(),
        inputs={},
        secrets=(),
        artifacts={},
        setup=(),
        main=(planned,),
        teardown=(),
        content_hash=intent.recipe_hash,
        text="",
        resolved="",
    )
    step = prepare(plan, {intent.kind: definition}).steps[0]
    if secrets is None:
        secrets = {name: Secret(name, "") for name in _secrets(intent, definition)}
    return Replanned(plan, step, bind(plan, step, {}, Unit(), secrets))


def _secrets(intent: EarlierIntent, definition: StepDefinition) -> list[str]:
    """Name the secrets that `intent` refers to."""
    kinds = {each.name: each.item or each.kind for each in definition.signature.parameters}
    found = []
    for name, argument in _arguments(intent, definition).items():
        if kinds[name] == "secret":
            found += [str(part) for part in _parts(argument)]
    return found


def _parts(argument: Argument) -> tuple[object, ...]:
    return argument if isinstance(argument, tuple) else (argument,)


def _arguments(intent: EarlierIntent, definition: StepDefinition) -> Mapping[str, Argument]:
    known = {each.name: each for each in definition.signature.parameters}
    written = _read(intent)
    unknown = sorted(set(written) - set(known))
    missing = sorted(name for name, each in known.items() if each.required and name not in written)
    for names, what in ((unknown, "does not take"), (missing, "needs")):
        if names:
            raise StationMisuse(f"{intent.kind} {what} {', '.join(names)} in this program")
    return {name: _argument(known[name], value) for name, value in written.items()}


def _read(intent: EarlierIntent) -> dict[str, object]:
    try:
        written = json.loads(intent.parameters)
    except ValueError:
        written = None
    if not isinstance(written, dict):
        raise StationMisuse(f"the parameters of intent {intent.intent_id} cannot be read")
    return written


def _argument(parameter: ParameterSignature, value: object) -> Argument:
    if parameter.kind != "list":
        return _scalar(parameter, parameter.kind, value)
    if not isinstance(value, list):
        raise _misfit(parameter, value)
    return tuple(_scalar(parameter, parameter.item or "text", part) for part in value)


def _scalar(parameter: ParameterSignature, kind: ParameterKind, value: object) -> Scalar:
    if isinstance(value, bool):
        if kind == "boolean":
            return value
    elif isinstance(value, int):
        if kind in {"integer", "size"}:
            return value
    elif isinstance(value, str):
        if kind == "text" or (kind == "choice" and value in parameter.choices):
            return value
        if kind in {"number", "duration"}:
            return _decimal(parameter, value)
        if kind == "secret" and value.startswith(SECRET_MARK):
            return value.removeprefix(SECRET_MARK)
    raise _misfit(parameter, value)


def _decimal(parameter: ParameterSignature, value: str) -> Decimal:
    try:
        number = Decimal(value)
    except InvalidOperation:
        raise _misfit(parameter, value) from None
    if not number.is_finite():
        raise _misfit(parameter, value)
    return number


def _misfit(parameter: ParameterSignature, value: object) -> StationMisuse:
    return StationMisuse(f"{parameter.name} was {value!r}, which is no {parameter.kind} today")
