"""One slot and its neighbours: boards come, are worked on, leave, are swapped, hang and crash."""

import json
from dataclasses import replace
from pathlib import Path

import anyio
import pytest

from orchestrator.domain.errors import (
    ErrorClass,
    Mismatch,
    StationFault,
    Unreachable,
    UntrustedPeer,
)
from orchestrator.domain.events import SlotState, StepStarted
from orchestrator.domain.ids import unit_id
from orchestrator.domain.outcome import Outcome
from orchestrator.domain.records import EventRow, IdentityRow, RunEndRow, RunRow, StepRow, UnitRow
from orchestrator.recipe.plan import AppliesTo
from orchestrator.station.past import Verdict
from orchestrator.station.serials import UnitRule
from orchestrator.station.settings import SerialNumberSection, UnitSection
from tests.station.bench import TIMING, Bench, plan
from tests.station.fakes import FakeBoard, device_id


async def hang(board: FakeBoard) -> None:
    """Never end by itself."""
    await anyio.sleep_forever()


async def crash(board: FakeBoard) -> None:
    """Be a bug."""
    raise RuntimeError("a bug in a step")


async def fail(board: FakeBoard) -> None:
    """Be a bad product."""
    raise Mismatch("OS is 22.07, must be 22.09", remedy="Set the board aside")


async def test_a_board_that_appears_gets_its_run(tmp_path: Path) -> None:
    """Unit, run and identity are recorded with the first step, and the slot shows PASS."""
    bench = Bench(tmp_path)
    board = bench.fixture.put("1", FakeBoard(1))
    async with bench.running() as watch:
        passed = await watch.state("1", SlotState.PASS)
    assert passed.device_id == device_id(1)
    assert board.acted == 1
    [run], [unit] = bench.paper.of(RunRow), bench.paper.of(UnitRow)
    assert (run.slot, run.port, run.operation, run.unit_id) == ("1", "1", "OP", unit.unit_id)
    assert unit.unit_id == unit_id(None, "P-1", device_id(1))
    before, *_ = bench.paper.of(IdentityRow)
    assert (before.sequence, before.device_id) == (0, device_id(1))
    kinds = [type(row) for row in bench.paper.rows]
    assert kinds.index(RunRow) == kinds.index(StepRow) - 2
    assert bench.paper.outcomes() == ["PASS"]
    assert [row.kind for row in bench.paper.of(EventRow)] == ["station_started", "station_stopped"]


async def test_a_board_left_in_its_slot_is_not_run_twice(tmp_path: Path) -> None:
    """Only leaving and coming back makes a second run."""
    bench = Bench(tmp_path)
    board = bench.fixture.put("1", FakeBoard(1))
    async with bench.running() as watch:
        await watch.state("1", SlotState.PASS)
        looked = board.identity_reads
        while board.identity_reads < looked + 3:
            await anyio.lowlevel.checkpoint()
        assert board.acted == 1
        del bench.fixture.boards["1"]
        await watch.state("1", SlotState.EMPTY)
        bench.fixture.put("1", board)
        await watch.state("1", SlotState.PASS)
    assert bench.paper.outcomes() == ["PASS", "PASS"]


_STATES_WITH_A_RUN = set(SlotState) - {SlotState.EMPTY, SlotState.CHECK}


def judged(bench: Bench, outcome: Outcome, message: str = "") -> None:
    """Have the audit say that board 1 came to that in slot 1 before this start."""
    bench.paper.judged["1", device_id(1)] = Verdict(
        "1", None, device_id(1), "OLD", outcome, message
    )


@pytest.mark.parametrize(
    ("outcome", "message", "state"),
    [
        (Outcome.PASS, "", SlotState.PASS),
        (Outcome.FAIL, "OS is 22.07, must be 22.09", SlotState.FAIL),
        (Outcome.ERROR, "no answer", SlotState.ERROR),
        (Outcome.ABORTED, "station was stopped", SlotState.STOPPED),
    ],
)
async def test_a_board_judged_before_the_start_keeps_its_verdict(
    tmp_path: Path, outcome: Outcome, message: str, state: SlotState
) -> None:
    """It sat there while the station was away: its verdict is shown, and leaving ends that."""
    bench = Bench(tmp_path)
    judged(bench, outcome, message)
    board = bench.fixture.put("1", FakeBoard(1))
    async with bench.running() as watch:
        shown = await watch.state("1", *_STATES_WITH_A_RUN)
        assert (shown.state, shown.device_id) == (state, device_id(1))
        said = message or "PASS"
        assert shown.detail == f"{said} (run OLD, before this start)"
        assert shown.sentence
        looked = board.identity_reads
        while board.identity_reads < looked + 2:
            await anyio.lowlevel.checkpoint()
        assert board.acted == 0
        del bench.fixture.boards["1"]
        await watch.state("1", SlotState.EMPTY)
        bench.fixture.put("1", board)
        await watch.state("1", SlotState.RUN)
        await watch.state("1", SlotState.PASS)
    [left] = [row for row in bench.paper.of(EventRow) if row.kind == "unit_left"]
    assert (left.run_id, left.slot) == ("OLD", "1")


async def test_a_board_put_in_after_the_start_is_run(tmp_path: Path) -> None:
    """Whoever was seen to come in wants a run, whatever the audit knows of the slot."""
    bench = Bench(tmp_path)
    judged(bench, Outcome.PASS)
    async with bench.running() as watch:
        while bench.fixture.polls < 2:
            await anyio.lowlevel.checkpoint()
        bench.fixture.put("1", FakeBoard(1))
        await watch.state("1", SlotState.RUN)
        await watch.state("1", SlotState.PASS)


async def test_a_number_of_boards_means_as_many_runs(tmp_path: Path) -> None:
    """A station that ends by itself runs what it finds, judged before or not."""
    bench = Bench(tmp_path)
    judged(bench, Outcome.PASS)
    board = bench.fixture.put("1", FakeBoard(1))
    async with bench.running(1) as watch:
        await watch.ended.wait()
    assert board.acted == 1


async def test_a_departure_is_recorded_with_the_run(tmp_path: Path) -> None:
    """The audit knows that the board of a run has left its slot."""
    bench = Bench(tmp_path)
    bench.fixture.put("1", FakeBoard(1))
    async with bench.running() as watch:
        await watch.state("1", SlotState.PASS)
        del bench.fixture.boards["1"]
        await watch.state("1", SlotState.EMPTY)
    [left] = [row for row in bench.paper.of(EventRow) if row.kind == "unit_left"]
    assert left.run_id == bench.paper.of(RunRow)[0].run_id


@pytest.mark.parametrize("moved", [False, True])
async def test_a_swap_between_two_polls_is_noticed(tmp_path: Path, moved: bool) -> None:
    """Another device id on the same port gets a run of its own, whatever its address."""
    bench = Bench(tmp_path)
    bench.fixture.put("1", FakeBoard(1))
    async with bench.running() as watch:
        await watch.state("1", SlotState.PASS)
        second = bench.fixture.put("1", FakeBoard(2))
        if moved:
            bench.fixture.addresses["1"] = "elsewhere"
        passed = await watch.state("1", SlotState.PASS)
    assert passed.device_id == device_id(2)
    assert second.acted == 1
    [swap] = [row for row in bench.paper.of(EventRow) if row.kind == "swap"]
    assert json.loads(swap.detail) == {"before": device_id(1), "after": device_id(2)}


async def test_a_swap_during_a_run_locks_nothing(tmp_path: Path) -> None:
    """The engine reads the identity before anything irreversible: ERROR, and a run for the new."""
    bench = Bench(tmp_path)
    second = FakeBoard(2)

    async def exchange(board: FakeBoard) -> None:
        bench.fixture.put("1", second)

    bench.fixture.put("1", FakeBoard(1, act=exchange))
    async with bench.running() as watch:
        error = await watch.state("1", SlotState.ERROR, SlotState.PASS)
        assert error.state is SlotState.ERROR
        passed = await watch.state("1", SlotState.PASS)
    assert passed.device_id == device_id(2)
    assert bench.paper.outcomes() == ["ERROR", "PASS"]


async def test_a_board_taken_out_ends_its_run_with_the_step(tmp_path: Path) -> None:
    """The run ends ERROR and says during which step, the slot becomes empty."""
    bench = Bench(tmp_path)
    bench.fixture.put("1", FakeBoard(1, act=hang))
    async with bench.running() as watch:
        await watch.until(lambda event: isinstance(event, StepStarted) and event.step_id == "act")
        del bench.fixture.boards["1"]
        error = await watch.state("1", SlotState.ERROR)
        await watch.state("1", SlotState.EMPTY)
    assert "board was taken out during step Act" in error.message
    [end] = bench.paper.of(RunEndRow)
    assert (end.outcome, "taken out during step Act" in end.message) == ("ERROR", True)


async def test_no_board_disturbs_another(tmp_path: Path) -> None:
    """One hangs, one crashes, one fails, one is silent; the good ones pass all the same."""
    bench = Bench(tmp_path, timing=replace(TIMING, ready_seconds=0.05))
    bench.fixture.put("hang", FakeBoard(1, act=hang))
    bench.fixture.put("crash", FakeBoard(2, act=crash))
    bench.fixture.put("fail", FakeBoard(3, act=fail))
    bench.fixture.put("silent", FakeBoard(4, silent=True))
    for number in range(5, 10):
        bench.fixture.put(f"good{number}", FakeBoard(number))
    ended: dict[str, SlotState] = {}
    async with bench.running() as watch:
        while len(ended) < 8:
            event = await watch.until(
                lambda event: (
                    getattr(event, "state", None)
                    in (SlotState.PASS, SlotState.FAIL, SlotState.ERROR)
                )
            )
            ended[event.slot] = event.state  # type: ignore[union-attr]  # it has a state
    assert {slot for slot, state in ended.items() if state is SlotState.PASS} == {
        f"good{number}" for number in range(5, 10)
    }
    assert ended["fail"] is SlotState.FAIL
    assert ended["crash"] is ended["silent"] is SlotState.ERROR
    assert sorted(bench.paper.outcomes()) == sorted(
        ["ABORTED", "ERROR", "ERROR", "FAIL", *["PASS"] * 5]
    )


async def test_a_silent_board_still_gets_a_run_without_unit(tmp_path: Path) -> None:
    """When nobody answers in time the run is opened with no unit and its first step says why."""
    bench = Bench(tmp_path, timing=replace(TIMING, ready_seconds=0.05))
    board = bench.fixture.put("1", FakeBoard(1, silent=True))
    async with bench.running(1) as watch:
        await watch.ended.wait()
    [run] = bench.paper.of(RunRow)
    assert run.unit_id is None
    assert not [row for row in bench.paper.of(IdentityRow) if row.sequence == 0]
    assert bench.paper.outcomes() == ["ERROR"]
    assert not hasattr(board, "locked")


async def test_a_board_that_starts_slowly_is_waited_for(tmp_path: Path) -> None:
    """Listed is not ready: the identity is asked for until it comes."""
    bench = Bench(tmp_path)
    board = bench.fixture.put("1", FakeBoard(1, fault=Unreachable("still starting")))
    async with bench.running() as watch:
        await watch.state("1", SlotState.CHECK)
        await watch.state("1", SlotState.CHECK)
        board.fault = None
        await watch.state("1", SlotState.PASS)


async def test_an_impostor_is_not_waited_for(tmp_path: Path) -> None:
    """A wrong certificate gets no better by asking again."""
    bench = Bench(tmp_path, timing=replace(TIMING, ready_seconds=1000))
    bench.fixture.put("1", FakeBoard(1, fault=UntrustedPeer("not the pinned certificate")))
    async with bench.running() as watch:
        await watch.state("1", SlotState.RUN)


async def test_who_refuses_the_stations_account_is_not_waited_for(tmp_path: Path) -> None:
    """No password gets right by waiting, and every attempt may lock an account."""

    class Refused(StationFault):
        error_class = ErrorClass.RIGHTS

    bench = Bench(tmp_path, timing=replace(TIMING, ready_seconds=1000, swap_check_seconds=1000))
    board = bench.fixture.put("1", FakeBoard(1, fault=Refused("wrong password")))
    async with bench.running() as watch:
        await watch.state("1", SlotState.RUN)
        assert board.identity_reads == 1


async def test_who_refuses_the_stations_account_is_not_looked_at_over_and_over(
    tmp_path: Path,
) -> None:
    """A board that waits after its run would else have its account locked, one look at a time."""

    class Refused(StationFault):
        error_class = ErrorClass.RIGHTS

    bench = Bench(tmp_path, timing=replace(TIMING, swap_check_seconds=0.01))
    board = bench.fixture.put("1", FakeBoard(1))
    async with bench.running() as watch:
        await watch.state("1", SlotState.PASS)
        board.fault = Refused("wrong password")
        reads, polls = board.identity_reads, bench.fixture.polls
        while bench.fixture.polls < polls + 50:
            await anyio.lowlevel.checkpoint()
        assert board.identity_reads == reads + 1


async def test_a_board_that_leaves_before_it_answers_gets_no_run(tmp_path: Path) -> None:
    """Being looked at is no run."""
    bench = Bench(tmp_path, timing=replace(TIMING, ready_seconds=1000))
    bench.fixture.put("1", FakeBoard(1, silent=True))
    async with bench.running() as watch:
        await watch.state("1", SlotState.CHECK)
        del bench.fixture.boards["1"]
        await watch.state("1", SlotState.EMPTY)
    assert bench.paper.of(RunRow) == []


async def test_a_board_without_known_identity_is_not_run_again(tmp_path: Path) -> None:
    """It comes to life after its run: the first identity counts as its own, a second one does not.

    Nobody can say whether it is the same board, unless it answers at another address.
    """
    bench = Bench(tmp_path, timing=replace(TIMING, ready_seconds=0.02))
    board = bench.fixture.put("1", FakeBoard(1, silent=True))
    async with bench.running() as watch:
        await watch.state("1", SlotState.ERROR)
        board.silent = False
        while not board.identity_reads:
            await anyio.lowlevel.checkpoint()
        bench.fixture.put("1", FakeBoard(2))
        passed = await watch.state("1", SlotState.PASS)
        assert passed.device_id == device_id(2)
    assert bench.paper.outcomes() == ["ERROR", "PASS"]


async def test_no_recipe_or_two_block_the_slot(tmp_path: Path) -> None:
    """The sentence says what was looked for, what is there, and what to correct."""
    bench = Bench(tmp_path)
    bench.plans = [plan("other", AppliesTo(part_number="P-2", revision="B", operation="OP"))]
    board = bench.fixture.put("1", FakeBoard(1))
    async with bench.running(1) as watch:
        blocked = await watch.state("1", SlotState.BLOCKED)
    assert blocked.detail.startswith(
        "No recipe fits part number P-1, operation OP. Recipes here: "
        "other (part number P-2, revision B, operation OP)"
    )
    bench = Bench(tmp_path)
    bench.plans = [plan("first"), plan("second", AppliesTo(part_number="P-1"))]
    bench.fixture.put("1", board)
    async with bench.running(1) as watch:
        blocked = await watch.state("1", SlotState.BLOCKED)
    assert "2 recipes fit part number P-1, operation OP: first and second" in blocked.message
    assert board.acted == 0


async def test_a_board_without_serial_number_is_blocked(tmp_path: Path) -> None:
    """A board that the list does not know is not touched."""
    bench = Bench(tmp_path)
    section = UnitSection(serial_number=SerialNumberSection(rule="csv", file=Path("s.csv")))
    bench.rule = UnitRule(section, {device_id(2): "SN-2"})
    bench.fixture.put("1", FakeBoard(1))
    bench.fixture.put("2", FakeBoard(2))
    async with bench.running(2) as watch:
        await watch.ended.wait()
    assert bench.end is not None
    ends = {verdict.slot: verdict for verdict in bench.end.verdicts}
    assert ends["1"].outcome is Outcome.ERROR
    assert "Add its device id to s.csv" in ends["1"].message
    assert (ends["2"].outcome, ends["2"].serial_number) == (Outcome.PASS, "SN-2")


async def test_a_blocked_board_that_is_exchanged_is_noticed(tmp_path: Path) -> None:
    """Its identity is known although it has no serial number: the next board gets its run."""
    bench = Bench(tmp_path)
    section = UnitSection(serial_number=SerialNumberSection(rule="csv", file=Path("s.csv")))
    bench.rule = UnitRule(section, {device_id(2): "SN-2"})
    bench.fixture.put("1", FakeBoard(1))
    async with bench.running() as watch:
        blocked = await watch.state("1", SlotState.BLOCKED)
        assert blocked.device_id == device_id(1)
        bench.fixture.put("1", FakeBoard(2))
        passed = await watch.state("1", SlotState.PASS)
    assert passed.serial_number == "SN-2"


async def test_one_identity_in_two_slots_is_one_too_many(tmp_path: Path) -> None:
    """The second slot is blocked and names the first."""
    bench = Bench(tmp_path)
    bench.fixture.put("1", FakeBoard(1, act=hang))
    async with bench.running() as watch:
        await watch.state("1", SlotState.RUN)
        bench.fixture.put("2", FakeBoard(1))
        blocked = await watch.state("2", SlotState.BLOCKED)
    assert "is being worked on in slot 1" in blocked.message


async def test_a_bug_of_the_station_stays_in_its_slot(tmp_path: Path) -> None:
    """Whatever a link raises ends the visit of that board alone, with a line in the log."""
    bench = Bench(tmp_path)
    bench.fixture.put("1", FakeBoard(1, fault=RuntimeError("a bug in a client")))
    bench.fixture.put("2", FakeBoard(2))
    async with bench.running(2) as watch:
        await watch.ended.wait()
    assert bench.end is not None
    ends = {verdict.slot: verdict.outcome for verdict in bench.end.verdicts}
    assert ends == {"1": Outcome.ERROR, "2": Outcome.PASS}
    assert "a bug in a client" in bench.log.getvalue()
