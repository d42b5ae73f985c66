"""Whatever is lost, late, stopped or cut off: applied at most once, and no false word about it."""

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from orchestrator.domain.intents import FindingState
from orchestrator.domain.outcome import Outcome
from orchestrator.domain.records import FindingRow, RunEndRow
from tests.engine.lossy_world import SETTLE, Faults, World
from tests.engine.virtual import VirtualLoop

REQUESTS = ("", "loses answer", "loses request", "slow", "hangs", "refuses", "unreachable", "bug",
            "lies")  # fmt: skip
READS = ("", "", "", "unreachable", "broken", "hangs")
PLACES = ("run.opened", "step.begun", "intent.before", "intent.committed", "act.returned",
          "finding.committed", "step.returned", "teardown.begun", "run.closed")  # fmt: skip

faults = st.builds(
    Faults,
    requests=st.lists(st.sampled_from(REQUESTS), max_size=2),
    reads=st.lists(st.sampled_from(READS), max_size=6),
    delay=st.sampled_from([0.0, 2.0, SETTLE - 0.01]),
    fails_at=st.none() | st.integers(1, 7),
    fails_after_all=st.booleans(),
    stop_at=st.none() | st.floats(0.0, 12.0),
    removed=st.booleans(),
    crash=st.none() | st.tuples(st.sampled_from(PLACES), st.integers(1, 2)),
)


class Station(RuleBasedStateMachine):
    """Runs, recoveries and decisions on one unit, in any order."""

    def __init__(self) -> None:
        super().__init__()
        self.loop = VirtualLoop()
        self.world = World()

    @initialize(so=st.booleans(), looks_first=st.booleans())
    def begin(self, so: bool, looks_first: bool) -> None:
        """Take a unit that somebody else may have changed before, and a step that may not look."""
        self.world = World(so_from_the_start=so and looks_first, looks_first=looks_first)

    def teardown(self) -> None:
        """Give the loop back."""
        self.loop.close()

    @rule(faults=faults)
    def run(self, faults: Faults) -> None:
        """Run the unit; PASS means that it is changed, and a run that was not lost has its end."""
        before = len([row for row in self.world.rows if isinstance(row, RunEndRow)])
        outcome = self.loop.run_until_complete(self.world.run(faults))
        if outcome is Outcome.PASS:
            assert self.world.state
        if outcome is not None:
            assert len([r for r in self.world.rows if isinstance(r, RunEndRow)]) == before + 1

    @rule(reads=st.lists(st.sampled_from(READS), max_size=4))
    def recover(self, reads: list[str]) -> None:
        """Start the station again."""
        self.loop.run_until_complete(self.world.recover(Faults(reads=reads)))
        assert not any(one.is_open for one in self.world.intents())

    @precondition(lambda self: any(one.is_held for one in self.world.intents()))
    @rule(ask_again=st.booleans())
    def decide(self, ask_again: bool) -> None:
        """Let a person look at the unit when every late request has come to its end."""
        self.loop.run_until_complete(self.world.pass_time(SETTLE))
        for one in self.world.intents():
            if one.is_held:
                truth = FindingState.APPLIED if self.world.applied else FindingState.NOT_APPLIED
                state = FindingState.REOPENED if ask_again else truth
                self.world.find(one, state, "decision")

    @invariant()
    def nothing_is_false(self) -> None:
        """See `World.check`."""
        self.world.check()


Station.TestCase.settings = settings(max_examples=150, stateful_step_count=12, deadline=None)
TestStation = Station.TestCase


@settings(max_examples=60, deadline=None)
@given(
    delay=st.floats(0.0, SETTLE - 0.01),
    second=st.sampled_from(REQUESTS),
    stop_at=st.none() | st.floats(0.0, 15.0),
    looks_first=st.booleans(),
)
def test_a_world_slower_than_our_patience_is_never_asked_twice(
    delay: float, second: str, stop_at: float | None, looks_first: bool
) -> None:
    """What is applied within the settle time after we stopped listening is waited for."""
    world, loop = World(looks_first=looks_first), VirtualLoop()
    told = Faults(requests=["slow", second], delay=delay, stop_at=stop_at)
    outcome = loop.run_until_complete(world.run(told))
    world.check()
    if stop_at is None:
        assert (outcome, world.applied) == (Outcome.PASS, 1)
        assert [row.state for row in world.rows if isinstance(row, FindingRow)] == ["applied"]
    loop.close()


def test_without_settling_it_would_be_doubled() -> None:
    """The check above means something: who asks at once gets "not yet", and acts twice."""
    worst = 0
    for quarters in range(32):
        world, loop = World(looks_first=False), VirtualLoop()
        world.definition = replace(world.definition, settle_seconds=0.0)
        loop.run_until_complete(world.run(Faults(requests=["slow"], delay=quarters / 4)))
        loop.run_until_complete(world.pass_time(60.0))
        worst = max(worst, world.applied)
        loop.close()
    assert worst == 2


def test_every_end_leaves_a_finding() -> None:
    """In a run that is neither stopped nor cut off, no intent stays open."""
    for request in REQUESTS:
        for read in ("unreachable", "broken", "hangs", ""):
            world, loop = World(), VirtualLoop()
            loop.run_until_complete(world.run(Faults([request], ["", *[read] * 12])))
            world.check()
            assert all(one.state is not None for one in world.intents())
            loop.close()
