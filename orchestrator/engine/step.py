"""How a step is written: a plain async function with a decorator and typed parameters.

    @step(
        "lamp.expect_colour",
        summary="Checks that the lamp has an allowed colour.",
        measures=(Measures("colour", "Colour the lamp reports", kind="text"),),
    )
    async def expect_colour(ctx: StepContext, lamp: Lamp, *, colour: str) -> None:
        ...

Positional parameters after `ctx` are clients, delivered by their annotation. Keyword-only ones are
the recipe's `with:`, typed as `str`, `int`, `Decimal`, `bool`, `Duration`, `ByteSize`,
`Literal[...]`, `list[...]` of these, `Artifact` or `Secret`; with a default or `| None` they are
optional; their meaning stands in the docstring's `Args:` lines. The decorator returns a
`StepDefinition` and registers nothing: `steps/table.py` lists them.
"""

import inspect
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from orchestrator.domain.clock import Clock
from orchestrator.domain.measurement import Value
from orchestrator.domain.unit import DeviceIdentity, Unit
from orchestrator.engine.parameters import (
    ByteSize,
    Duration,
    Secret,
    read_needs,
    read_parameters,
)
from orchestrator.recipe.plan import Artifact
from orchestrator.recipe.signature import MeasurementSignature as Measures
from orchestrator.recipe.signature import ParameterSignature, StepSignature


class StepContext(Protocol):
    """What a step may do to the run it belongs to."""

    @property
    def unit(self) -> Unit:
        """The unit under work."""
        ...

    @property
    def identity(self) -> DeviceIdentity | None:
        """The identity this run is bound to, None until one was read."""
        ...

    @property
    def clock(self) -> Clock:
        """Time, for durations that a step measures."""
        ...

    @property
    def artifacts(self) -> Mapping[str, Artifact]:
        """Every artifact of the recipe, by name."""
        ...

    def measure(self, name: str, value: Value | float) -> None:
        """Take a measurement; it is judged against the recipe's limit when the step ends.

        Raises StationMisuse for a name that the step did not declare, for a second value of the
        same name in one attempt, and for NaN.
        """
        ...

    def attach(self, name: str, content: bytes, media_type: str) -> None:
        """Keep a file with this step attempt in the audit."""
        ...

    def progress(self, done: int, total: int) -> None:
        """Say how far the step is, in any unit; shown to the operator, never stored."""
        ...

    def identify(self, identity: DeviceIdentity) -> None:
        """Record an identity read from silicon and bind the run to it.

        Raises UnitChanged when the run is bound to another one.
        """
        ...

    def already_so(self) -> None:
        """Say that the unit already is as this irreversible step would make it.

        Nothing is requested then, and the audit does not credit this attempt with it: the step
        passes with a message that names the intent which applied it, if there is one.
        """
        ...

    def answered(self) -> None:
        """Say that the irreversible request was sent and accepted; call it right after the answer.

        What goes wrong from here on (the reading back) says nothing about the request, so the unit
        is asked through the probe. Before, an error that is not `leaves_unknown` counts as: not
        applied.
        """
        ...


StepFunction = Callable[..., Awaitable[None]]
Probe = Callable[..., Awaitable[bool]]
Locks = Callable[..., bool]


@dataclass(frozen=True, slots=True)
class StepDefinition:
    """A step as the engine runs it: the function, what the language sees of it, what it needs.

    `needs` maps positional parameter names to client types. `probe` belongs to irreversible steps:
    called with the same arguments (without judging anything), it says whether the world already is
    as the step would make it. `settle_seconds` is how long a lost request may still be applied.
    `locks`, called with the step's keyword arguments, says whether the steps before it cannot be
    made again once it is applied.
    """

    function: StepFunction
    signature: StepSignature
    needs: Mapping[str, type[Any]]
    probe: Probe | None = None
    settle_seconds: float = 0.0
    locks: Locks | None = None


def step(
    name: str,
    *,
    summary: str,
    measures: tuple[Measures, ...] = (),
    irreversible: bool = False,
    probe: Probe | None = None,
    settle_seconds: float = 0.0,
    locks: Locks | None = None,
    timeout_seconds: int = 30,
) -> Callable[[StepFunction], StepDefinition]:
    """Turn an async function into a `StepDefinition` named `name`.

    `timeout_seconds` is the time limit where the recipe sets none. `probe`, `settle_seconds` and
    `locks` belong to `irreversible` steps. Raises TypeError when the function cannot be a step: not
    async, a parameter of a type that no recipe can write, a parameter without an `Args:` line, or a
    probe or `locks` that takes other arguments.
    """

    def define(function: StepFunction) -> StepDefinition:
        needs = read_needs(function)
        parameters = read_parameters(function)
        _check_nature(name, function, measures, irreversible, probe)
        _check_locks(name, parameters, irreversible, probe, locks)
        signature = StepSignature(
            name=name,
            summary=summary,
            parameters=parameters,
            measurements=measures,
            needs=tuple(kind.__name__ for kind in needs.values()),
            irreversible=irreversible,
            timeout_seconds=timeout_seconds,
        )
        return StepDefinition(function, signature, needs, probe, settle_seconds, locks)

    return define


def _check_nature(
    name: str,
    function: StepFunction,
    measures: tuple[Measures, ...],
    irreversible: bool,
    probe: Probe | None,
) -> None:
    names = [measure.name for measure in measures]
    if len(set(names)) < len(names):
        raise TypeError(f"step {name} declares a measurement twice")
    if probe is None:
        return
    if not irreversible:
        raise TypeError(f"step {name} has a probe and can be undone")
    if not inspect.iscoroutinefunction(probe):
        raise TypeError(f"the probe of step {name} must be async")
    if _shape(probe) != _shape(function):
        raise TypeError(f"the probe of step {name} must take the same arguments as the step")


def _check_locks(
    name: str,
    parameters: tuple[ParameterSignature, ...],
    irreversible: bool,
    probe: Probe | None,
    locks: Locks | None,
) -> None:
    if locks is None:
        return
    if not irreversible or probe is None:
        raise TypeError(f"step {name} says when it locks a unit and has no probe to ask about it")
    taken = {
        parameter.name
        for parameter in inspect.signature(locks).parameters.values()
        if parameter.kind is parameter.KEYWORD_ONLY
    }
    if taken != {parameter.name for parameter in parameters}:
        raise TypeError(f"`locks` of step {name} must take the same keyword arguments as the step")


def _shape(function: Callable[..., object]) -> list[tuple[str, object]]:
    parameters = list(inspect.signature(function).parameters.values())
    return [(parameter.name, parameter.kind) for parameter in parameters]


__all__ = [
    "ByteSize",
    "Duration",
    "Locks",
    "Measures",
    "Probe",
    "Secret",
    "StepContext",
    "StepDefinition",
    "StepFunction",
    "step",
]
