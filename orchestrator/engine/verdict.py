"""What a step attempt came to, and why, in words for the operator.

Turns errors and measurements into outcomes. ProductFault is FAIL, everything else the station's
ERROR or TIMEOUT. Knows nothing of how steps are run or rows are written.
"""

from collections.abc import Mapping
from typing import NamedTuple

from orchestrator.domain.errors import (
    DeadlineExceeded,
    ErrorClass,
    GateClosed,
    LimitBroken,
    OrchestratorError,
    ProductFault,
    StationFault,
    StationMisuse,
)
from orchestrator.domain.measurement import Value, as_text, judge
from orchestrator.domain.outcome import Outcome
from orchestrator.engine.parameters import Secret
from orchestrator.engine.prepare import Measuring, PreparedStep
from orchestrator.engine.request import Stop

_LEAST_SECRET = 4
_LONGEST_TEXT = 2000


class Verdict(NamedTuple):
    """How an attempt ended. The texts are empty for a plain PASS."""

    outcome: Outcome
    error_class: ErrorClass | None = None
    code: str = ""
    message: str = ""
    remedy: str = ""

    @property
    def sentence(self) -> str:
        """What happened and what to do next."""
        return f"{self.message}. {self.remedy}" if self.remedy else self.message


PASSED = Verdict(Outcome.PASS)
SKIPPED = Verdict(Outcome.SKIPPED, message="its condition did not hold")


class StepCrashed(StationFault):
    """A step function raised something that it should have handled: a bug of the step."""


class Stopped(StationFault):
    """The run was stopped from outside while this step was running."""

    def __init__(self, stop: Stop) -> None:
        super().__init__(stop.message, remedy=stop.remedy)
        self.stop = stop

    @property
    def kind(self) -> ErrorClass:
        """The class that whoever stopped the run gave."""
        return self.stop.error_class


def verdict_of(error: OrchestratorError, secrets: Mapping[str, Secret]) -> Verdict:
    """Return how a step that raised `error` ended. Secrets are cut out of its texts."""
    if isinstance(error, Stopped):
        outcome = error.stop.outcome
    elif isinstance(error, ProductFault):
        outcome = Outcome.FAIL
    elif isinstance(error, DeadlineExceeded):
        outcome = Outcome.TIMEOUT
    else:
        outcome = Outcome.ERROR
    places = ", ".join(f"{name} {place}" for name, place in error.where.items())
    message = f"{error.what} ({places})" if places else error.what
    return Verdict(
        outcome,
        error.kind,
        without_secrets(error.code, secrets),
        without_secrets(message, secrets),
        without_secrets(error.remedy, secrets),
    )


def without_secrets(text: str, secrets: Mapping[str, Secret]) -> str:
    """Return `text`, shortened if it is endless, with the value of every secret replaced."""
    # The longest first: one that begins like another would leave the rest of it to be read.
    for secret in sorted(secrets.values(), key=lambda each: len(each.reveal()), reverse=True):
        value = secret.reveal()
        if len(value) >= _LEAST_SECRET:
            text = text.replace(value, f"secret:{secret.name}")
    return text if len(text) <= _LONGEST_TEXT else f"{text[:_LONGEST_TEXT]}…"


def crashed(step: PreparedStep, error: Exception) -> OrchestratorError:
    """Return what an unexpected exception of a step means.

    A lone error of the house inside an exception group counts as itself; of several, a station's
    fault comes first: what the station could not do leaves the product unjudged.
    """
    leaves = list(_leaves(error))
    known = [leaf for leaf in leaves if isinstance(leaf, OrchestratorError)]
    if known and len(known) == len(leaves):
        return next((leaf for leaf in known if isinstance(leaf, StationFault)), known[0])
    if isinstance(error, TimeoutError):
        return DeadlineExceeded(
            f"step {step.planned.name} waited in vain", remedy="Check the unit, then try again"
        )
    return StepCrashed(
        f"step {step.planned.uses} crashed with {type(error).__name__}: {error}",
        remedy="Report it with the station's log",
        code=type(error).__name__,
    )


def _leaves(error: BaseException) -> list[BaseException]:
    if isinstance(error, BaseExceptionGroup):
        return [leaf for inner in error.exceptions for leaf in _leaves(inner)]
    return [error]


def out_of_time(step: PreparedStep, seconds: float) -> DeadlineExceeded:
    """Return the error of a step that took longer than it may."""
    return DeadlineExceeded(
        f"step {step.planned.name} took longer than {seconds:g} s and was cut off",
        remedy="Check the unit and its cable; raise `timeout` in the recipe if it needs longer",
    )


def gate_closed(reason: str) -> GateClosed:
    """Return the error of an irreversible step that must not begin."""
    return GateClosed(
        f"this cannot be undone and was not begun: {reason}",
        remedy="Find out why, then begin again with the unit",
    )


def judge_values(
    step: PreparedStep, values: Mapping[str, Value]
) -> tuple[dict[str, Outcome], Verdict]:
    """Judge what a step measured: the outcome of each value, and of the step.

    A value outside its limit is FAIL. A limit that nothing was measured for, and a value that the
    limit cannot judge, are ERROR: neither ever passes.
    """
    outcomes: dict[str, Outcome] = {}
    broken: list[str] = []
    verdict = PASSED
    measures = step.measures
    for name, value in values.items():
        measuring = measures[name]
        try:
            outcome = judge(value, measuring.limit)
        except StationMisuse as error:
            outcome = Outcome.ERROR
            verdict = verdict_of(error, {})
        outcomes[name] = outcome
        if outcome is Outcome.FAIL:
            broken.append(_broken(measuring, value))
    for name in step.limited:
        if name not in values:
            verdict = verdict_of(
                StationMisuse(
                    f"{name} has a limit and was not measured",
                    remedy="Report it to whoever wrote the step or the recipe",
                ),
                {},
            )
    if broken and verdict is PASSED:
        verdict = verdict_of(LimitBroken("; ".join(broken), remedy="Set the unit aside"), {})
    return outcomes, verdict


def _broken(measuring: Measuring, value: Value) -> str:
    assert measuring.limit is not None
    uom = f" {measuring.uom}" if measuring.uom else ""
    limit = measuring.limit.describe()
    if uom and not measuring.limit.uom:
        limit += uom
    return f"{measuring.name} is {as_text(value)}{uom}, {limit}"
