"""What is done when a board has said who it is: the truth about it, before any run.

Held boards are refused with the sentence that a person needs. Intents that nobody knows the end
of are established on the board itself. Then it is decided whether the next run goes on where an
interrupted one had locked the board.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from orchestrator.domain.fixture import UnitLink
from orchestrator.domain.intents import Continuation, EarlierIntent, FindingState, decide_command
from orchestrator.domain.outcome import Outcome
from orchestrator.domain.unit import DeviceIdentity
from orchestrator.engine.establish import locks_unit
from orchestrator.station.asking import ask_unit, with_finding
from orchestrator.station.past import LastRun
from orchestrator.station.recipes import ReadyRecipe
from orchestrator.station.serials import SlotBlocked
from orchestrator.station.tools import Tools

_CUT_OFF = frozenset({Outcome.INTERRUPTED, Outcome.ABORTED, Outcome.ERROR})


class UnitHeld(SlotBlocked):
    """A person must say what became of a request before this board may go on."""


@dataclass(frozen=True, slots=True)
class Truth:
    """What is known of a board before its run: its intents, each with its end, and its last run."""

    earlier: tuple[EarlierIntent, ...] = ()
    last: LastRun | None = None

    def continuation(self, tools: Tools, ready: ReadyRecipe) -> Continuation | None:
        """Return where a run of that recipe goes on, None when it begins at the beginning.

        Only behind a lock that was applied in the run which came last (or in the one which that
        run had gone on with), and only with the very same recipe. That run must have been cut off
        or stopped by the station's own trouble: a board that failed, or that passed and is run
        once more, begins at the beginning.
        """
        last = self.last
        if last is None or last.outcome not in _CUT_OFF:
            return None
        if last.recipe_hash != ready.plan.content_hash:
            return None
        base = last.continues or last.run_id
        for intent in reversed(self.earlier):
            if (
                intent.run_id == base
                and intent.state is FindingState.APPLIED
                and intent.recipe_hash == ready.plan.content_hash
                and locks_unit(intent, tools.services.definitions.get(intent.kind))
            ):
                return Continuation(base, intent.step_id, intent.intent_id, last.step_outcomes)
        return None


def refuse_held(intents: Iterable[EarlierIntent]) -> None:
    """Raise UnitHeld when a person must decide about one of `intents`."""
    for intent in intents:
        if intent.is_held:
            raise UnitHeld(
                f"This board is held: nobody knows whether {intent.kind} {intent.parameters} of "
                f"{intent.began_at[:19]}Z was applied (intent {intent.intent_id}, "
                f"run {intent.run_id})",
                remedy="Look at the board itself, then say what is true: "
                f"{decide_command(intent.intent_id)}",
            )


async def what_is_known(tools: Tools, identity: DeviceIdentity) -> Sequence[EarlierIntent]:
    """Return the intents of that board as the audit has them. Raises UnitHeld, AuditUnavailable."""
    earlier = await tools.past.earlier(identity)
    refuse_held(earlier)
    return earlier


async def establish_truth(
    tools: Tools, link: UnitLink, identity: DeviceIdentity, earlier: Sequence[EarlierIntent]
) -> Truth:
    """Ask the board about every open intent and record what it says, one after the other.

    Raises UnitHeld when it cannot say, AuditUnavailable when that cannot be recorded.
    """
    settled = []
    for intent in earlier:
        if intent.is_open:
            row = await ask_unit(tools, link, intent)
            await tools.services.recorder.record(row)
            settled.append(with_finding(intent, row))
        else:
            settled.append(intent)
    refuse_held(settled)
    return Truth(tuple(settled), await tools.past.last_run(identity))
