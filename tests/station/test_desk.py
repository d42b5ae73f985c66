"""The desk: each question answered exactly once, durably, or by nobody at all."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal

import anyio
import pytest

from orchestrator.domain.clock import SystemClock
from orchestrator.domain.errors import AuditUnavailable, StationMisuse
from orchestrator.domain.events import Event, PromptClosed, PromptOpened
from orchestrator.domain.ids import TimeOrderedIds
from orchestrator.domain.people import Actor, Role
from orchestrator.domain.prompts import (
    AnswerSource,
    Picture,
    Prompt,
    PromptKind,
    Question,
    Reply,
)
from orchestrator.domain.records import EventRow, Record
from orchestrator.station.answers import AnswerRefused, checked
from orchestrator.station.desk import REMEMBERED, Desk, DeskOperator
from tests.patience import PATIENCE_SECONDS

ANA = Actor("p-ana", Role.OPERATOR, "panel")
BEN = Actor("p-ben", Role.OPERATOR, "api")
CONFIRM = Question(PromptKind.CONFIRM, "Close the cover.")
LOST = AuditUnavailable("the disk is full")


@dataclass
class Run:
    """A run that asks. Implements `Asker`."""

    slot: str = "1"
    run_id: str = "R1"
    shown: list[list[str]] = field(default_factory=list)

    def step(self) -> tuple[str, float | None]:
        """Return the step that asks."""
        return "cover", 30.0

    def show(self, prompts: Sequence[Prompt]) -> None:
        """Remember what the tile shows."""
        self.shown.append([each.question.sentence for each in prompts])


class Book:
    """A recorder whose commits wait for `free`, and fail with `lost`."""

    def __init__(self) -> None:
        self.rows: list[Record] = []
        self.lost: AuditUnavailable | None = None
        self.free = anyio.Event()
        self.free.set()

    async def record(self, *records: Record) -> None:
        """Keep the rows as soon as it is free."""
        await self.free.wait()
        await anyio.lowlevel.checkpoint()
        if self.lost is not None:
            raise self.lost
        self.rows += records


class Table:
    """A desk with everything around it."""

    def __init__(self) -> None:
        self.book = Book()
        self.events: list[Event] = []
        self.lost: list[AuditUnavailable] = []
        self.replies: dict[str, Reply | str] = {}
        clock = SystemClock()
        self.desk = Desk(
            recorder=self.book,
            clock=clock,
            ids=TimeOrderedIds(clock),
            event=lambda kind, detail, slot, run: EventRow(
                "E", "S", slot, run, kind, str(sorted(detail.items())), ""
            ),
            publish=self.events.append,
            audit_is_lost=self.lost.append,
        )

    async def ask(self, name: str, question: Question = CONFIRM, run: Run | None = None) -> None:
        """Ask, and remember under `name` what came of it."""
        try:
            self.replies[name] = await self.desk.ask(run or Run(), question)
        except AuditUnavailable:
            self.replies[name] = "lost"
        except StationMisuse as misuse:
            self.replies[name] = str(misuse)

    async def open(self) -> str:
        """Return the id of the newest prompt as soon as there is one."""
        while not self.desk.prompts():
            await anyio.lowlevel.checkpoint()
        return self.desk.prompts()[-1].prompt_id

    async def answer(
        self, prompt_id: str, actor: Actor = ANA, *, yes: bool = True, text: str = ""
    ) -> Prompt:
        """Answer as `actor`."""
        return await self.desk.answer(
            prompt_id, yes=yes, text=text, source=AnswerSource.PRESSED, actor=actor
        )


async def test_an_answer_is_in_the_audit_before_the_step_goes_on() -> None:
    """With run, slot, step, kind, answer, person and source; then the tile shows the run again."""
    table, run = Table(), Run()
    table.book.free = anyio.Event()
    with anyio.fail_after(PATIENCE_SECONDS):
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(table.ask, "a", CONFIRM, run)
            prompt_id = await table.open()
            tasks.start_soon(table.answer, prompt_id)
            for _ in range(5):
                await anyio.lowlevel.checkpoint()
            assert table.replies == {}
            table.book.free.set()
    reply = table.replies["a"]
    assert isinstance(reply, Reply)
    assert (reply.yes, reply.by, reply.source) == (True, ANA, AnswerSource.PRESSED)
    [row] = table.book.rows
    assert isinstance(row, EventRow)
    assert (row.kind, row.slot, row.run_id) == ("prompt_answered", "1", "R1")
    for part in ("'cover'", "'confirm'", "'p-ana'", "'pressed'", "'panel'", "True"):
        assert part in row.detail
    opened, closed = table.events
    assert isinstance(opened, PromptOpened)
    assert (opened.prompt.step_id, opened.prompt.seconds) == ("cover", 30.0)
    assert closed == PromptClosed("1", prompt_id, "p-ana")
    assert run.shown == [["Close the cover."], []]


async def test_the_second_answer_hears_who_was_first() -> None:
    """While the first one is being recorded, and for ever after; only one row is there."""
    table = Table()
    table.book.free = anyio.Event()
    with anyio.fail_after(PATIENCE_SECONDS):
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(table.ask, "a")
            prompt_id = await table.open()
            tasks.start_soon(table.answer, prompt_id)
            await anyio.wait_all_tasks_blocked()
            with pytest.raises(AnswerRefused, match=r"already answered by p-ana \(operator"):
                await table.answer(prompt_id, BEN, yes=False)
            table.book.free.set()
    with pytest.raises(AnswerRefused, match="already answered by p-ana"):
        await table.answer(prompt_id, BEN)
    assert len(table.book.rows) == 1


async def test_nobody_answers_a_step_that_is_over() -> None:
    """Its prompt is closed with it, and whoever is late hears that."""
    table = Table()
    with anyio.fail_after(PATIENCE_SECONDS):
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(table.ask, "a")
            prompt_id = await table.open()
            tasks.cancel_scope.cancel()
    assert table.events[-1] == PromptClosed("1", prompt_id, "")
    assert table.desk.prompts() == []
    with pytest.raises(AnswerRefused, match="too late"):
        await table.answer(prompt_id)
    with pytest.raises(AnswerRefused, match="no such question"):
        await table.answer("NEVER")
    assert table.book.rows == []


async def test_a_step_that_ends_while_its_answer_is_recorded() -> None:
    """The row may be there; the answer came too late all the same, and nobody goes on by it."""
    table = Table()
    table.book.free = anyio.Event()
    with anyio.fail_after(PATIENCE_SECONDS):
        async with anyio.create_task_group() as outer:
            heard: list[str] = []

            async def answer(prompt_id: str) -> None:
                with pytest.raises(AnswerRefused) as refused:
                    await table.answer(prompt_id)
                heard.append(refused.value.what)

            async with anyio.create_task_group() as run:
                run.start_soon(table.ask, "a")
                outer.start_soon(answer, await table.open())
                await anyio.wait_all_tasks_blocked()
                run.cancel_scope.cancel()
            table.book.free.set()
    assert heard == ["This answer comes too late: the step is over"]
    assert table.replies == {}


async def test_an_audit_that_is_lost_with_the_answer_ends_the_step() -> None:
    """Nobody knows whether the answer is kept: the step does not go on, and the line stops."""
    table = Table()
    table.book.lost = LOST
    with anyio.fail_after(PATIENCE_SECONDS):
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(table.ask, "a")
            prompt_id = await table.open()
            with pytest.raises(AuditUnavailable):
                await table.answer(prompt_id)
    assert table.replies == {"a": "lost"}
    assert table.lost == [LOST]
    assert table.desk.prompts() == []


async def test_whoever_hangs_up_leaves_no_half_answer() -> None:
    """A browser that goes while its answer is recorded has answered."""
    table = Table()
    table.book.free = anyio.Event()
    with anyio.fail_after(PATIENCE_SECONDS):
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(table.ask, "a")
            prompt_id = await table.open()
            async with anyio.create_task_group() as browser:
                browser.start_soon(table.answer, prompt_id)
                await anyio.wait_all_tasks_blocked()
                browser.cancel_scope.cancel()
                table.book.free.set()
    assert isinstance(table.replies["a"], Reply)


async def test_an_answer_that_does_not_fit_changes_nothing() -> None:
    """The question stays open for the next one."""
    table = Table()
    question = Question(PromptKind.NUMBER, "Read it.", uom="V", minimum=Decimal(0))
    with anyio.fail_after(PATIENCE_SECONDS):
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(table.ask, "a", question)
            prompt_id = await table.open()
            assert table.desk.prompt(prompt_id).question == question
            for wrong in ("three", "-1", "NaN", "1e999999", "x" * 300, "3\n3"):
                with pytest.raises(AnswerRefused):
                    await table.answer(prompt_id, text=wrong)
            await table.answer(prompt_id, BEN, text=" 3,30 ")
    reply = table.replies["a"]
    assert isinstance(reply, Reply)
    assert (reply.text, reply.by) == ("3.30", BEN)


async def test_many_questions_wait_side_by_side() -> None:
    """The tile of a run shows its own, the oldest first; an operator sees those of its slot."""
    table, run, other = Table(), Run(), Run("2", "R2")
    second = Question(PromptKind.CONFIRM, "Press the button.")
    with anyio.fail_after(PATIENCE_SECONDS):
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(table.ask, "a", CONFIRM, run)
            await table.open()
            tasks.start_soon(table.ask, "b", second, run)
            tasks.start_soon(table.ask, "c", CONFIRM, other)
            await anyio.wait_all_tasks_blocked()
            first, second_prompt, third = table.desk.prompts()
            mine = DeskOperator(table.desk, run)
            assert list(mine.open_prompts()) == [first, second_prompt]
            assert run.shown[-1] == ["Close the cover.", "Press the button."]
            await table.answer(third.prompt_id)
            await table.answer(first.prompt_id)
            await anyio.wait_all_tasks_blocked()
            assert run.shown[-1] == ["Press the button."]
            await table.answer(second_prompt.prompt_id, yes=False, text="it is stuck")
    reply = table.replies["b"]
    assert isinstance(reply, Reply)
    assert (reply.yes, reply.text) == (False, "it is stuck")


async def test_only_so_many_closed_prompts_are_remembered() -> None:
    """A station that asks for years does not grow."""
    table = Table()
    with anyio.fail_after(PATIENCE_SECONDS):
        async with anyio.create_task_group() as tasks:
            for _ in range(REMEMBERED + 5):
                tasks.start_soon(table.ask, "a")
            await anyio.wait_all_tasks_blocked()
            ids = [each.prompt_id for each in table.desk.prompts()]
            tasks.cancel_scope.cancel()
    heard = []
    for prompt_id in ids:
        with pytest.raises(AnswerRefused) as refused:
            await table.answer(prompt_id)
        heard.append(refused.value.what)
    assert heard.count("There is no such question") == 5


PICTURE = Picture(b"", "image/png", "00")


@pytest.mark.parametrize(
    ("question", "why"),
    [
        (Question(PromptKind.CONFIRM, " "), "no sentence"),
        (Question(PromptKind.CHOOSE, "Which?", options=("a",)), "two different options"),
        (Question(PromptKind.CHECKLIST, "All?"), "nothing to tick"),
        (Question(PromptKind.CHECKLIST, "All?", options=("a", "a")), "twice"),
        (Question(PromptKind.LOOK, "Like this?", options=("a", "b")), "no picture"),
        (Question(PromptKind.SCAN, "Scan.", pattern="("), "cannot be used"),
        (Question(PromptKind.SCAN, "Scan.", pattern="(a+)+b"), "may take for ever"),
    ],
)
async def test_what_cannot_be_answered_is_not_asked(question: Question, why: str) -> None:
    """It is a mistake of the recipe, and the step says so."""
    table = Table()
    await table.ask("a", question)
    assert why in str(table.replies["a"])
    assert table.events == []


@pytest.mark.parametrize(
    ("question", "text", "kept"),
    [
        (Question(PromptKind.CHOOSE, "?", options=("a", "b")), " b ", "b"),
        (Question(PromptKind.LOOK, "?", options=("a", "b"), picture=PICTURE), "c", None),
        (Question(PromptKind.NUMBER, "?"), "+1.50", "1.50"),
        (Question(PromptKind.NUMBER, "?", minimum=Decimal(1), maximum=Decimal(2)), "3", None),
        (Question(PromptKind.NUMBER, "?", maximum=Decimal(2)), "2.01", None),
        (Question(PromptKind.TEXT, "?"), "", None),
        (Question(PromptKind.SCAN, "?", pattern="A[0-9]"), "A1", "A1"),
        (Question(PromptKind.SCAN, "?", pattern="A[0-9]"), "A11", None),
        (Question(PromptKind.SCAN, "?", pattern="A[0-9]"), "A\u0661", None),
        (Question(PromptKind.CHECKLIST, "?", options=("a",)), "", ""),
    ],
)
def test_what_an_answer_must_look_like(question: Question, text: str, kept: str | None) -> None:
    """It is kept trimmed and plain, or refused; a "no" needs no form at all."""
    if kept is None:
        with pytest.raises(AnswerRefused):
            checked(question, text, yes=True)
    else:
        assert checked(question, text, yes=True) == kept
    assert checked(question, text, yes=False) == text.strip()
