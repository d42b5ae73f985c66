"""The desk: what runs ask the people at their slots, each question answered exactly once.

An answer is in the audit before its step goes on; a question that nobody answers ends with its
step, its run or its board. Who may answer is decided by whoever calls, and what an answer must
look like by `answers`.
"""

from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import anyio

from orchestrator.domain.clock import Clock, timestamp
from orchestrator.domain.errors import AuditUnavailable
from orchestrator.domain.events import PromptClosed, PromptOpened, Publish
from orchestrator.domain.ids import Ids
from orchestrator.domain.people import Actor
from orchestrator.domain.prompts import AnswerSource, Prompt, Question, Reply
from orchestrator.domain.records import EventRow, Recorder
from orchestrator.station.answers import AnswerRefused, check_question, checked

REMEMBERED = 1024
"""How many closed prompts are remembered, so that a late answer hears what became of them."""


MakeEvent = Callable[[str, Mapping[str, object], str | None, str | None], EventRow]
"""Makes the row of an event from its kind, its details, its slot and its run."""


class Asker(Protocol):
    """The run that asks: where its questions are shown, and what it is doing."""

    @property
    def slot(self) -> str:
        """The name of its slot."""
        ...

    @property
    def run_id(self) -> str:
        """Its id."""
        ...

    def step(self) -> tuple[str, float | None]:
        """Return the id of the step that asks now, and how many seconds it waits at most."""
        ...

    def show(self, prompts: Sequence[Prompt]) -> None:
        """Show the open questions on the tile, the oldest first; none: the run goes on."""
        ...


@dataclass(slots=True)
class _Open:
    """A prompt that is open. `answering` is whose answer is being recorded."""

    prompt: Prompt
    asker: Asker
    wake: anyio.Event = field(default_factory=anyio.Event)
    answering: Actor | None = None
    reply: Reply | None = None
    lost: AuditUnavailable | None = None


class Desk:
    """All open prompts of a station. Everything runs on the event loop's thread."""

    def __init__(
        self,
        *,
        recorder: Recorder,
        clock: Clock,
        ids: Ids,
        event: MakeEvent,
        publish: Publish,
        audit_is_lost: Callable[[AuditUnavailable], None],
    ) -> None:
        self._recorder = recorder
        self._clock = clock
        self._ids = ids
        self._event = event
        self._publish = publish
        self._audit_is_lost = audit_is_lost
        self._open: dict[str, _Open] = {}
        self._closed: OrderedDict[str, str] = OrderedDict()

    def prompts(self, slot: str | None = None) -> list[Prompt]:
        """Return the open prompts, of one slot or of all, the oldest first."""
        return [
            each.prompt for each in self._open.values() if slot is None or each.prompt.slot == slot
        ]

    def prompt(self, prompt_id: str) -> Prompt:
        """Return an open prompt. Raises AnswerRefused when it is not open, saying why."""
        return self._find(prompt_id).prompt

    async def ask(self, asker: Asker, question: Question) -> Reply:
        """Put `question` to the person at the slot of `asker` and return the recorded answer.

        Waits until cancelled. Raises StationMisuse for a question that cannot be answered, and
        AuditUnavailable when its answer could not be recorded.
        """
        check_question(question)
        step_id, seconds = asker.step()
        prompt = Prompt(
            prompt_id=self._ids.new(),
            slot=asker.slot,
            run_id=asker.run_id,
            step_id=step_id,
            question=question,
            asked_at=timestamp(self._clock.now()),
            seconds=seconds,
        )
        entry = self._open[prompt.prompt_id] = _Open(prompt, asker)
        self._publish(PromptOpened(prompt.slot, prompt))
        self._show(entry)
        try:
            await entry.wake.wait()
        finally:
            self._close(entry)
        if entry.lost is not None or entry.reply is None:
            raise entry.lost or AuditUnavailable("the answer could not be recorded")
        return entry.reply

    async def answer(
        self, prompt_id: str, *, yes: bool, text: str, source: AnswerSource, actor: Actor
    ) -> Prompt:
        """Take an answer: the first that is recorded counts. Returns the prompt it was for.

        Raises AnswerRefused for one that does not fit, comes second or too late; AuditUnavailable
        when it cannot be recorded, which ends the step that asked.
        """
        entry = self._find(prompt_id)
        if entry.answering is not None:
            raise _second(str(entry.answering))
        reply = Reply(yes, checked(entry.prompt.question, text, yes=yes), actor, source)
        entry.answering = actor
        # Whoever hangs up now must not leave an answer that is half given.
        with anyio.CancelScope(shield=True):
            try:
                await self._recorder.record(self._row(entry.prompt, reply))
            except AuditUnavailable as fault:
                # It may be on disk or not: the step must not wait for another one.
                entry.lost = fault
                entry.wake.set()
                self._audit_is_lost(fault)
                raise
            except BaseException:
                entry.answering = None
                raise
        if prompt_id not in self._open:
            raise _late(self._closed.get(prompt_id, ""))
        entry.reply = reply
        entry.wake.set()
        return entry.prompt

    def _find(self, prompt_id: str) -> _Open:
        entry = self._open.get(prompt_id)
        if entry is not None:
            return entry
        by = self._closed.get(prompt_id)
        raise _second(by) if by else _late(by)

    def _close(self, entry: _Open) -> None:
        prompt = entry.prompt
        by = str(entry.reply.by) if entry.reply is not None else ""
        del self._open[prompt.prompt_id]
        self._closed[prompt.prompt_id] = by
        while len(self._closed) > REMEMBERED:
            self._closed.popitem(last=False)
        self._publish(
            PromptClosed(
                prompt.slot, prompt.prompt_id, entry.reply.by.person if entry.reply else ""
            )
        )
        self._show(entry)

    def _show(self, entry: _Open) -> None:
        run_id = entry.prompt.run_id
        mine = [each.prompt for each in self._open.values() if each.prompt.run_id == run_id]
        entry.asker.show(mine)

    def _row(self, prompt: Prompt, reply: Reply) -> EventRow:
        detail = {
            "prompt": prompt.prompt_id,
            "step": prompt.step_id,
            "kind": prompt.question.kind.value,
            "asked": prompt.question.sentence,
            "yes": reply.yes,
            "text": reply.text,
            "person": reply.by.person,
            "role": reply.by.role.value,
            "place": reply.by.place,
            "source": reply.source.value,
        }
        return self._event("prompt_answered", detail, prompt.slot, prompt.run_id)


class DeskOperator:
    """The person at one slot, for the steps of one run. Implements `domain.prompts.Operator`."""

    def __init__(self, desk: Desk, asker: Asker) -> None:
        self._desk = desk
        self._asker = asker

    async def ask(self, question: Question) -> Reply:
        """Return the answer, which is then already in the audit; see `Desk.ask`."""
        return await self._desk.ask(self._asker, question)

    def open_prompts(self) -> Sequence[Prompt]:
        """Return what is being asked in this slot right now."""
        return self._desk.prompts(self._asker.slot)


def _second(by: str) -> AnswerRefused:
    return AnswerRefused(f"This was already answered by {by}", remedy="Nothing is to be done")


def _late(by: str | None) -> AnswerRefused:
    if by is None:
        return AnswerRefused("There is no such question", remedy="Look at the tile again")
    return AnswerRefused(
        "This answer comes too late: the step is over", remedy="Look at the tile again"
    )
