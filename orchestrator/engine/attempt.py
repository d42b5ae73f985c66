"""One attempt at a step: the context that the step function works with, and what it gathers.

It only gathers. Judging is done in `verdict`, writing in `evidence`.
"""

from collections.abc import Callable, Mapping
from enum import Enum, auto
from typing import NamedTuple

from orchestrator.domain.clock import Clock
from orchestrator.domain.errors import StationMisuse, UnitChanged
from orchestrator.domain.measurement import Value, measured
from orchestrator.domain.unit import DeviceIdentity, Unit
from orchestrator.engine.prepare import PreparedStep
from orchestrator.engine.request import RunRequest
from orchestrator.engine.verdict import Verdict
from orchestrator.recipe.plan import Artifact, Plan


class Attachment(NamedTuple):
    """A file that a step made or read, not yet in the audit."""

    name: str
    content: bytes
    media_type: str


class Acting(Enum):
    """What a step that cannot be undone said of its request."""

    UNSAID = auto()
    NEEDLESS = auto()  # nothing was requested, it was so already
    ANSWERED = auto()  # it was requested and accepted


_UNSAID = Acting.UNSAID


class Binding:
    """The identity that a run is bound to; the same for all its steps."""

    __slots__ = ("identity",)

    def __init__(self, identity: DeviceIdentity | None) -> None:
        self.identity = identity

    def bind(self, identity: DeviceIdentity) -> None:
        """Bind the run to `identity`. Raises UnitChanged when it is bound to another one."""
        if self.identity is None:
            self.identity = identity
        elif self.identity != identity:
            raise UnitChanged(
                f"the unit now says it is {identity.device_id}, the run began with"
                f" {self.identity.device_id}",
                remedy="Take the unit out and begin again",
            )


class RunFacts(NamedTuple):
    """What all attempts of one run share."""

    plan: Plan
    request: RunRequest
    clock: Clock
    binding: Binding


class Attempt:
    """The `StepContext` of one attempt.

    `refusal` is set when the step function must not be called at all. `duration_us` is what
    the call took, in microseconds. `acting` and `may_act_again` are for steps that cannot be
    undone.
    """

    __slots__ = (
        "_on_progress",
        "acting",
        "arguments",
        "attachments",
        "clients",
        "duration_us",
        "facts",
        "identities",
        "may_act_again",
        "number",
        "parameters",
        "refusal",
        "sequence",
        "step",
        "values",
    )

    def __init__(
        self,
        facts: RunFacts,
        step: PreparedStep,
        sequence: int,
        number: int,
        on_progress: "Callable[[Attempt, int, int], None] | None",
    ) -> None:
        self.facts = facts
        self._on_progress = on_progress
        self.step = step
        self.sequence = sequence
        self.number = number
        self.refusal: Verdict | None = None
        self.clients: tuple[object, ...] = ()
        self.arguments: Mapping[str, object] = {}
        self.parameters = step.written
        self.duration_us = 0
        self.values: dict[str, Value] = {}
        self.attachments: list[Attachment] | None = None
        self.identities: list[DeviceIdentity] | None = None
        self.acting = _UNSAID
        self.may_act_again = False

    @property
    def unit(self) -> Unit:
        """The unit under work."""
        return self.facts.request.unit

    @property
    def identity(self) -> DeviceIdentity | None:
        """The identity this run is bound to, None until one was read."""
        return self.facts.binding.identity

    @property
    def clock(self) -> Clock:
        """Time, for durations that a step measures."""
        return self.facts.clock

    @property
    def artifacts(self) -> Mapping[str, Artifact]:
        """Every artifact of the recipe, by name."""
        return self.facts.plan.artifacts

    def measure(self, name: str, value: Value | float) -> None:
        """Take a measurement; see `StepContext.measure`."""
        if name not in self.step.measures or name in self.values:
            twice = "twice in one attempt" if name in self.values else "without declaring it"
            raise StationMisuse(
                f"step {self.step.planned.uses} measured {name} {twice}",
                remedy="Report it to whoever wrote the step",
            )
        self.values[name] = measured(value)

    def attach(self, name: str, content: bytes, media_type: str) -> None:
        """Keep a file with this attempt; see `StepContext.attach`."""
        if self.attachments is None:
            self.attachments = []
        self.attachments.append(Attachment(name, bytes(content), media_type))

    def progress(self, done: int, total: int) -> None:
        """Say how far the step is; see `StepContext.progress`."""
        if self._on_progress is not None:
            self._on_progress(self, done, total)

    def identify(self, identity: DeviceIdentity) -> None:
        """Record an identity and bind the run to it; see `StepContext.identify`."""
        if self.identities is None:
            self.identities = []
        self.identities.append(identity)
        self.facts.binding.bind(identity)

    def already_so(self) -> None:
        """Say that nothing had to be requested; see `StepContext.already_so`."""
        self.acting = Acting.NEEDLESS

    def answered(self) -> None:
        """Say that the request was accepted; see `StepContext.answered`."""
        self.acting = Acting.ANSWERED
