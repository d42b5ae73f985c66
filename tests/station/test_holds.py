"""Boards that only a person can say something about: held, decided, and then on their way."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import anyio
import pytest

from orchestrator.domain.errors import AuditUnavailable
from orchestrator.domain.events import SlotState
from orchestrator.domain.intents import FindingState
from orchestrator.domain.outcome import Outcome
from orchestrator.domain.records import FindingRow, RunRow
from orchestrator.station.decisions import Decision
from orchestrator.station.past import LastRun, Verdict
from orchestrator.station.requests import Answer, send
from tests.station.bench import Bench, identity
from tests.station.fakes import FakeBoard, device_id
from tests.station.test_recovery import intent, locked

HELD = intent(state=FindingState.UNKNOWN)
SAYS = Decision("I1", "not-applied", "Jo", "The LED is off")


def held(tmp_path: Path, board: FakeBoard | None = None) -> Bench:
    """Return a bench with a board in slot 1 that waits for a decision."""
    bench = Bench(tmp_path)
    bench.requests = tmp_path
    bench.paper.intents["I1"] = HELD
    bench.fixture.put("1", board or FakeBoard(1))
    return bench


async def ask(tmp_path: Path, decision: Decision = SAYS) -> Answer:
    """Send a decision as the command line does and return the daemon's answer."""
    answer = await send(tmp_path, decision, 10.0)
    assert answer is not None
    return answer


async def test_a_held_board_is_blocked(tmp_path: Path) -> None:
    """The sentence names intent, step and run, and the command that resolves it."""
    bench = held(tmp_path)
    verdict = Verdict("1", None, device_id(1), "OLD", Outcome.ERROR, "lost")
    bench.paper.judged["1", device_id(1)] = verdict
    async with bench.running() as watch:
        blocked = await watch.state("1", SlotState.BLOCKED, SlotState.ERROR, SlotState.RUN)
    assert blocked.state is SlotState.BLOCKED
    assert "fake.lock" in blocked.message
    assert "intent I1, run OLD" in blocked.message
    assert "orchestrator unit decide I1 applied|not-applied|ask-again --by NAME" in blocked.message
    assert not bench.paper.of(RunRow)


async def test_the_board_goes_on_by_itself_after_the_decision(tmp_path: Path) -> None:
    """Not applied: it is run from the beginning; the decision has a name and a reason."""
    bench = held(tmp_path)
    async with bench.running() as watch:
        await watch.state("1", SlotState.BLOCKED)
        answer = await ask(tmp_path)
        assert answer == Answer(done=True, says="Intent I1 of unit SN-1: not-applied, by Jo")
        await watch.state("1", SlotState.PASS)
    [decision] = [row for row in bench.paper.of(FindingRow) if row.source == "decision"]
    assert (decision.intent_id, decision.number, decision.state) == ("I1", 2, "not_applied")
    assert (decision.actor, decision.message) == ("Jo", "The LED is off")
    assert not bench.paper.events("unit_left")
    assert list((tmp_path / "requests").iterdir()) == []


async def test_ask_again_asks_the_board(tmp_path: Path) -> None:
    """The person could mend the board: now it says itself what it came to."""
    bench = held(tmp_path, locked())
    bench.paper.last[device_id(1)] = LastRun("OLD", "hash of line", Outcome.INTERRUPTED, None)
    async with bench.running() as watch:
        await watch.state("1", SlotState.BLOCKED)
        assert (await ask(tmp_path, replace(SAYS, answer="ask-again"))).done
        await watch.state("1", SlotState.PASS)
    states = [(row.state, row.source) for row in bench.paper.of(FindingRow)]
    assert states[:2] == [("reopened", "decision"), ("applied", "recovery")]
    [run] = bench.paper.of(RunRow)
    assert run.continues == "OLD"


async def test_a_decision_about_a_board_that_is_not_here(tmp_path: Path) -> None:
    """It is recorded all the same; no other slot moves."""
    bench = held(tmp_path, FakeBoard(2))
    async with bench.running() as watch:
        await watch.state("1", SlotState.PASS)
        assert (await ask(tmp_path)).done
    assert len(bench.paper.of(RunRow)) == 1


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"intent_id": "I9"}, "there is no intent I9"),
        ({"answer": "perhaps"}, "'perhaps' is no answer"),
        ({"actor": " "}, "a decision needs a name"),
        ({"reason": ""}, "a decision needs a reason"),
        ({"reason": "x" * 501}, "a decision needs a reason"),
        ({"actor": "Jo\x1b[2J"}, "a decision needs a name"),
    ],
)
async def test_a_decision_that_is_refused(
    tmp_path: Path, changes: dict[str, str], sentence: str
) -> None:
    """The answer is a sentence, and nothing is recorded."""
    bench = held(tmp_path)
    async with bench.running() as watch:
        await watch.state("1", SlotState.BLOCKED)
        answer = await ask(tmp_path, replace(SAYS, **changes))
    assert not answer.done
    assert sentence in answer.says
    assert not bench.paper.of(FindingRow)


@pytest.mark.parametrize(
    ("state", "sentence"),
    [
        (FindingState.APPLIED, "it is settled as applied"),
        (FindingState.REOPENED, "its unit is asked when it sits in a slot"),
        (None, "its unit was not asked yet"),
    ],
)
async def test_what_is_not_held_is_not_decided(
    tmp_path: Path, state: FindingState | None, sentence: str
) -> None:
    """Only a person who is needed is heard."""
    bench = held(tmp_path, FakeBoard(2))
    bench.paper.intents["I1"] = intent(state=state)
    async with bench.running() as watch:
        await watch.state("1", SlotState.PASS)
        answer = await ask(tmp_path)
    assert not answer.done
    assert "intent I1 is not held" in answer.says
    assert sentence in answer.says


async def test_a_decision_is_taken_once(tmp_path: Path) -> None:
    """Sent again after a lost answer it is answered as before; another one is refused."""
    bench = held(tmp_path)
    async with bench.running() as watch:
        await watch.state("1", SlotState.BLOCKED)
        first = await ask(tmp_path)
        assert await ask(tmp_path) == first
        other = await ask(tmp_path, replace(SAYS, answer="applied"))
    assert not other.done
    assert "settled by Jo as not applied" in other.says
    assert len([row for row in bench.paper.of(FindingRow) if row.source == "decision"]) == 1


async def test_a_decision_waits_for_the_audit(tmp_path: Path) -> None:
    """While evidence cannot be written the request stays where it is, and is then answered."""
    bench = held(tmp_path)
    async with bench.running() as watch:
        await watch.state("1", SlotState.BLOCKED)
        bench.paper.failure = bench.paper.lost = AuditUnavailable("the disk is full")
        await watch.notice("The line stops")
        answers: list[Any] = []
        async with anyio.create_task_group() as tasks:

            async def send_it() -> None:
                answers.append(await ask(tmp_path))

            tasks.start_soon(send_it)
            tried = bench.paper.tries
            while bench.paper.tries < tried + 3:
                await anyio.lowlevel.checkpoint()
            assert answers == []
            bench.paper.lost = None
        assert answers[0].done
        await watch.state("1", SlotState.PASS)


@pytest.mark.parametrize(
    "content", [b"{", b"[]", b'{"intent_id": 1}', b'{"intent_id": "I1", "answer": 1}', b"x" * 20000]
)
async def test_junk_in_the_folder_is_answered(tmp_path: Path, content: bytes) -> None:
    """What cannot be read is refused and removed."""
    bench = held(tmp_path)
    folder = tmp_path / "requests"
    folder.mkdir()
    (folder / "a.json").write_bytes(content)
    async with bench.running():
        answer = folder / "a.answer.json"
        while not answer.exists():
            await anyio.lowlevel.checkpoint()
    assert json.loads(answer.read_bytes()) == {"done": False, "says": "the request cannot be read"}
    assert not (folder / "a.json").exists()


async def test_a_folder_that_cannot_be_used_is_told_once(tmp_path: Path) -> None:
    """Nothing else is disturbed by it."""
    bench = held(tmp_path, FakeBoard(2))
    folder = tmp_path / "requests"
    folder.mkdir()
    (folder / "a.json").mkdir()
    async with bench.running() as watch:
        await watch.notice("The folder of requests cannot be used")
        await watch.state("1", SlotState.PASS)


async def test_nobody_answers(tmp_path: Path) -> None:
    """The request is taken back, so that it is not carried out later behind a person's back."""
    assert await send(tmp_path, SAYS, 0.0) is None
    assert list((tmp_path / "requests").iterdir()) == []


async def test_a_decided_lock_goes_on(tmp_path: Path) -> None:
    """Applied, says the person: the run goes on behind the lock of the interrupted one."""
    bench = held(tmp_path, locked())
    bench.paper.last[identity(1).device_id] = LastRun(
        "OLD", "hash of line", Outcome.INTERRUPTED, None
    )
    async with bench.running() as watch:
        await watch.state("1", SlotState.BLOCKED)
        assert (await ask(tmp_path, replace(SAYS, answer="applied"))).done
        await watch.state("1", SlotState.PASS)
    [run] = bench.paper.of(RunRow)
    assert run.continues == "OLD"
