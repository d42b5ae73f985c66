"""Questions, answers, ends and losses in any order: each prompt has one end."""

from random import Random

import anyio
from anyio.abc import TaskGroup
from hypothesis import given, settings
from hypothesis import strategies as st

from orchestrator.domain.errors import AuditUnavailable
from orchestrator.domain.events import PromptClosed, PromptOpened
from orchestrator.domain.people import Actor
from orchestrator.domain.prompts import Prompt, Reply
from orchestrator.domain.records import EventRow
from orchestrator.station.answers import AnswerRefused
from tests.patience import PATIENCE_SECONDS
from tests.station.test_desk import ANA, BEN, LOST, Run, Table


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.sampled_from(["ask", "answer", "end", "lose", "return"]),
        min_size=4,
        max_size=25,
    ),
    st.randoms(use_true_random=False),
)
def test_whatever_happens_each_prompt_has_one_end(story: list[str], rng: Random) -> None:
    """At most one answer counts, it is in the audit, and it is the one that the step heard."""
    anyio.run(Story(rng).live, story)


class Story:
    """Steps that ask, people who answer at once, ends and losses in any order."""

    def __init__(self, rng: Random) -> None:
        self._rng = rng
        self._table = Table()
        self._scopes: dict[str, anyio.CancelScope] = {}
        self._taken: dict[str, list[str]] = {}

    async def live(self, story: list[str]) -> None:
        """Let it all happen, then judge."""
        with anyio.fail_after(PATIENCE_SECONDS):
            async with anyio.create_task_group() as tasks:
                for number, what in enumerate(story):
                    self._happens(tasks, f"s{number}", what)
                    for _ in range(self._rng.randrange(4)):
                        await anyio.lowlevel.checkpoint()
                await anyio.wait_all_tasks_blocked()
                tasks.cancel_scope.cancel()
        self._judge()

    def _happens(self, tasks: TaskGroup, name: str, what: str) -> None:
        opened = self._table.desk.prompts()
        if what == "ask":
            tasks.start_soon(self._ask, name)
        elif what == "answer" and opened:
            prompt = self._rng.choice(opened)
            for actor in (ANA, BEN):
                tasks.start_soon(self._answer, prompt, actor)
        elif what == "end" and self._scopes:
            self._scopes[self._rng.choice(list(self._scopes))].cancel()
        else:
            self._table.book.lost = LOST if what == "lose" else None

    async def _ask(self, name: str) -> None:
        with anyio.CancelScope() as scope:
            self._scopes[name] = scope
            await self._table.ask(name, run=Run(name, name))

    async def _answer(self, prompt: Prompt, actor: Actor) -> None:
        try:
            await self._table.answer(prompt.prompt_id, actor)
        except (AnswerRefused, AuditUnavailable):
            return
        self._taken.setdefault(prompt.slot, []).append(actor.person)

    def _judge(self) -> None:
        table = self._table
        rows = [row for row in table.book.rows if isinstance(row, EventRow)]
        assert all(len(who) == 1 for who in self._taken.values())
        for name, reply in table.replies.items():
            mine = [row for row in rows if row.slot == name]
            if isinstance(reply, Reply):
                assert len(mine) == 1
                assert self._taken[name] == [reply.by.person]
                assert repr(reply.by.person) in mine[0].detail
        opened = [e.prompt.prompt_id for e in table.events if isinstance(e, PromptOpened)]
        closed = [e.prompt_id for e in table.events if isinstance(e, PromptClosed)]
        assert sorted(opened) == sorted(closed)
