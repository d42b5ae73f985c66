"""Slots and discovery: boards come and go, lists flicker, services stop."""

import anyio
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from orchestrator.domain.errors import Unreachable
from orchestrator.domain.events import Event, StationNotice
from orchestrator.domain.fixture import Attached
from orchestrator.station import discovery as discovery_module
from orchestrator.station.discovery import Discovery
from orchestrator.station.slot import Roster, Slot
from tests.patience import PATIENCE_SECONDS
from tests.station.fakes import FakeBoard, FakeFixture

GONE = 3.0


class ManualClock:
    """A clock that only tests turn."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def now(self) -> object:
        """Not asked for here."""
        raise AssertionError

    def monotonic(self) -> float:
        """Return where the test turned it to."""
        return self.seconds


class Bench:
    """A discovery with everything around it."""

    def __init__(self, named: dict[str, str] | None = None, *, auto: bool = True) -> None:
        self.fixture = FakeFixture()
        self.clock = ManualClock()
        self.events: list[Event] = []
        self.new: list[Slot] = []
        self.roster = Roster(named or {}, auto=auto, maximum=4, on_new=self.new.append)
        self.discovery = Discovery(
            self.fixture,
            self.roster,
            clock=self.clock,  # type: ignore[arg-type]  # wall time is not read here
            publish=self.events.append,
            poll_seconds=0.5,
            gone_seconds=GONE,
        )

    async def look(self, after: float = 0.5) -> float:
        """Let time pass, then look once."""
        self.clock.seconds += after
        return await self.discovery.look()

    def notices(self) -> list[str]:
        """Return what was said about the station."""
        return [event.message for event in self.events if isinstance(event, StationNotice)]


async def test_a_port_becomes_a_slot_when_a_board_appears() -> None:
    """Slots open by themselves, named like their port, and keep their board while it is listed."""
    bench = Bench({"9": "A1"})
    bench.roster.open_named()
    bench.fixture.put("1", FakeBoard(1))
    assert await bench.look() == 0.5
    assert [(slot.name, slot.port) for slot in bench.new] == [("A1", "9"), ("1", "1")]
    slot = bench.roster.at("1")
    assert slot is not None
    assert slot.visit is not None
    first = slot.visit
    await bench.look()
    assert slot.visit is first
    assert slot.doubts == 0
    assert len(bench.roster) == 2


async def test_a_port_without_a_slot_is_ignored_and_said_once() -> None:
    """With fixed slots a board elsewhere is left alone."""
    bench = Bench({"9": "A1"}, auto=False)
    bench.fixture.put("1", FakeBoard(1))
    await bench.look()
    await bench.look()
    assert bench.notices() == ["A board on port 1 is ignored: no slot has this port"]


async def test_a_list_of_nonsense_is_capped() -> None:
    """Duplicates, endless names and thousands of entries open no more slots than allowed."""
    bench = Bench()
    bench.fixture.extra = [
        Attached("1", "a"), Attached("1", "b"), Attached("x" * 1_000_000, "c"), Attached("", "d"),
        *(Attached(str(number), "e") for number in range(2, 10_000)),
    ]  # fmt: skip
    await bench.look()
    assert [slot.port for slot in bench.new] == ["1", "d", "2", "3"]
    assert any("listed twice" in notice for notice in bench.notices())
    full = "A board on port 4 is ignored: all 4 slots of this station are taken (`slots.maximum`)"
    assert full in bench.notices()
    assert any("1000000 characters" in notice for notice in bench.notices())
    assert len(bench.notices()) <= 256


async def test_a_slot_named_like_another_port_stays_apart() -> None:
    """No two slots share a name."""
    bench = Bench({"9": "1"})
    bench.roster.open_named()
    bench.fixture.put("1", FakeBoard(1))
    await bench.look()
    assert [slot.name for slot in bench.new] == ["1", "port 1"]


async def test_a_board_is_gone_after_a_while_not_at_once() -> None:
    """A list that is empty for two seconds takes no board out; three seconds do."""
    bench = Bench()
    board = bench.fixture.put("1", FakeBoard(1))
    await bench.look()
    slot = bench.new[0]
    left: list[bool] = []
    slot.on_leave = lambda: left.append(True)
    del bench.fixture.boards["1"]
    for _ in range(5):
        await bench.look()
    bench.fixture.put("1", board)
    await bench.look()
    assert (left, slot.doubts) == ([], 1)
    del bench.fixture.boards["1"]
    for _ in range(7):
        await bench.look()
    assert left == [True]
    assert slot.visit is None
    await bench.look()
    assert left == [True]


async def test_another_address_is_a_reason_to_look() -> None:
    """The same port at another address may be another board."""
    bench = Bench()
    bench.fixture.put("1", FakeBoard(1))
    await bench.look()
    slot = bench.new[0]
    assert slot.visit is not None
    number = slot.visit.number
    bench.fixture.addresses["1"] = "elsewhere"
    await bench.look()
    assert slot.doubts == 1
    assert slot.visit.number == number
    assert slot.visit.attached.address == "elsewhere"


async def test_a_service_that_is_down_fails_no_board() -> None:
    """It is said once, the polls slow down, boards stay, and the return is said too."""
    bench = Bench()
    bench.fixture.put("1", FakeBoard(1))
    await bench.look()
    bench.fixture.down = Unreachable("connection refused", remedy="Start the local service")
    waits = [await bench.look(after=10) for _ in range(6)]
    assert waits == [1.0, 2.0, 4.0, 8.0, 10.0, 10.0]
    assert bench.new[0].visit is not None
    bench.fixture.down = None
    assert await bench.look() == 0.5
    assert len(bench.notices()) == 2
    assert bench.notices()[0].startswith("The local service does not answer: connection refused")


async def test_being_missing_starts_anew_after_the_service_was_down() -> None:
    """Time without a list is no time without a board."""
    bench = Bench()
    bench.fixture.put("1", FakeBoard(1))
    await bench.look()
    del bench.fixture.boards["1"]
    await bench.look()
    bench.fixture.down = Unreachable("connection refused")
    await bench.look(after=60)
    bench.fixture.down = None
    await bench.look()
    slot = bench.new[0]
    assert slot.visit is not None
    assert slot.doubts == 1


async def test_a_list_that_never_comes_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """The look ends by its own deadline even if the fixture forgets its own."""
    monkeypatch.setattr(discovery_module, "LIST_DEADLINE_SECONDS", 0.01)
    bench = Bench()

    async def never() -> list[Attached]:
        await anyio.sleep_forever()
        return []

    monkeypatch.setattr(bench.fixture, "attached", never)
    assert await bench.look() == 1.0
    assert "did not come within" in bench.notices()[0]


async def test_discovery_polls_until_cancelled() -> None:
    """The loop looks again and again by itself."""
    bench = Bench()
    bench.discovery._poll_seconds = 0.001
    with anyio.fail_after(PATIENCE_SECONDS):
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(bench.discovery.run)
            while bench.fixture.polls < 3:
                await anyio.lowlevel.checkpoint()
            tasks.cancel_scope.cancel()


async def test_waiting_for_a_board_and_for_a_change() -> None:
    """Who waits for a board gets it, and a change that already happened is not missed."""
    slot = Slot("A", "1")
    version = slot.version
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(slot.board)
        await anyio.lowlevel.checkpoint()
        slot.seen(Attached("1", "a"))
    with anyio.fail_after(PATIENCE_SECONDS):
        await slot.changed(version)
    visit = await slot.board()
    slot.renew()
    assert not slot.is_here(visit)
    assert slot.visit is not None


class SlotModel(RuleBasedStateMachine):
    """Whatever the list shows, a visit begins with a sight and ends after a long absence."""

    def __init__(self) -> None:
        super().__init__()
        self.slot = Slot("A", "1")
        self.now = 0.0
        self.here = False
        self.absent_since: float | None = None
        self.leaves = 0
        self.left = 0
        self.slot.on_leave = self._leave

    def _leave(self) -> None:
        self.left += 1

    @rule(address=st.sampled_from("ab"), passed=st.floats(0.1, 2))
    def seen(self, address: str, passed: float) -> None:
        """The list shows a board."""
        self.now += passed
        self.slot.seen(Attached("1", address))
        self.here, self.absent_since = True, None

    @rule(passed=st.floats(0.1, 5))
    def missing(self, passed: float) -> None:
        """The list shows none."""
        self.now += passed
        self.slot.missing(self.now, GONE)
        if not self.here:
            return
        if self.absent_since is None:
            self.absent_since = self.now
        if self.now - self.absent_since >= GONE:
            self.here, self.absent_since = False, None
            self.leaves += 1

    @rule(passed=st.floats(0.1, 60))
    def unknown(self, passed: float) -> None:
        """There is no list."""
        self.now += passed
        self.slot.unknown()
        self.absent_since = None

    @invariant()
    def agrees_with_the_model(self) -> None:
        """The slot holds a visit exactly when the model does."""
        assert (self.slot.visit is not None) == self.here
        assert self.left == self.leaves


TestSlotModel = SlotModel.TestCase
TestSlotModel.settings = settings(max_examples=40, stateful_step_count=20, deadline=None)
