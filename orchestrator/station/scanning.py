"""What a scan is for: a pure decision over the code and who waits for what.

The slot that waits longest gets it, unless the label of another slot was scanned before. A code
that nobody wants is refused with the sentence that says what was expected. Nothing is done here.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from orchestrator.domain.errors import StationFault
from orchestrator.domain.prompts import Prompt, PromptKind
from orchestrator.station.answers import AnswerRefused, checked, unlike
from orchestrator.station.codes import Code, CodeKind


class ScanRefused(StationFault):
    """This scan changes nothing; the sentence says why or what was expected."""


class ScanAction(StrEnum):
    """What a scan does."""

    CHOOSE_SLOT = "choose_slot"
    """The next scan is for `slot`."""
    SERIAL = "serial"
    """The board in `slot` has the serial number `value`."""
    ANSWER = "answer"
    """Prompt `prompt_id` is answered with `yes` and `value`."""
    ADDRESS = "address"
    """The unit in `slot` answers at the address `value`."""
    STOP = "stop"
    START = "start"
    BADGE = "badge"
    """A person shows a badge: whoever keeps the accounts knows who it is."""
    WORK_ORDER = "work_order"
    PAGE = "page"
    """The command `value` is for the page alone: help, language, sign out."""
    IGNORED = "ignored"
    """The same code was read a moment ago."""


@dataclass(frozen=True, slots=True)
class Step:
    """What a scan would do; empty members do not belong to its action."""

    action: ScanAction
    slot: str = ""
    value: str = ""
    prompt_id: str = ""
    yes: bool = True


@dataclass(frozen=True, slots=True)
class Waiting:
    """A slot that waits for a person: for an answer to `prompt`, a label, or the start."""

    slot: str
    prompt: Prompt | None = None
    serial: bool = False
    start: bool = False


@dataclass(frozen=True, slots=True)
class Scene:
    """The station as a scan meets it.

    `waiting` is in the order of waiting, the longest first; `retry` are slots whose board may be
    run once more. `looks_like` shows a serial number.
    """

    slots: frozenset[str] = frozenset()
    chosen: str = ""
    waiting: Sequence[Waiting] = ()
    running: Sequence[str] = ()
    retry: Sequence[str] = ()
    looks_like: str = ""
    page_words: frozenset[str] = field(
        default=frozenset({"HELP", "LANGUAGE", "OUT", "TYPE", "CLOSE"})
    )

    def wanted(self) -> Sequence[Waiting]:
        """Return who may get the next scan: the chosen slot alone, else all who wait."""
        if not self.chosen:
            return self.waiting
        return [each for each in self.waiting if each.slot == self.chosen]


def route(code: Code, scene: Scene) -> Step:
    """Return what `code` does now. Raises ScanRefused."""
    if code.kind is CodeKind.SLOT:
        if code.value not in scene.slots:
            raise ScanRefused(
                f'This station has no slot "{code.value}"', remedy="Scan a label of this station"
            )
        return Step(ScanAction.CHOOSE_SLOT, code.value)
    if code.kind is CodeKind.BADGE:
        return Step(ScanAction.BADGE, value=code.value)
    if code.kind is CodeKind.ADDRESS:
        return _address(code.value, scene)
    if code.kind is CodeKind.WORK_ORDER and not _fitting(code, scene):
        return Step(ScanAction.WORK_ORDER, value=code.value)
    if code.kind is CodeKind.COMMAND:
        return _command(code.value, scene)
    return _data(code, scene)


def _address(value: str, scene: Scene) -> Step:
    if not scene.chosen:
        raise ScanRefused(
            "This is an address label", remedy="Scan the label of its slot first, then this one"
        )
    return Step(ScanAction.ADDRESS, scene.chosen, value)


# Codes that are data -----------------------------------------------------------------------------


def _data(code: Code, scene: Scene) -> Step:
    fitting = _fitting(code, scene)
    if fitting:
        return fitting[0]
    takers = [each for each in scene.wanted() if _takes_codes(each)]
    if not takers:
        raise _nobody(scene)
    first = takers[0]
    if code.kind is CodeKind.BIN:
        what = "Scan the board" if first.serial else "Scan what the tile asks for"
        raise ScanRefused("This is a bin label", remedy=f"{what}: slot {first.slot}")
    if first.prompt is None:
        raise ScanRefused(unlike(scene.looks_like, code.text), remedy=_again(first))
    raise ScanRefused(_why_not(first.prompt, code), remedy=_again(first))


def _fitting(code: Code, scene: Scene) -> list[Step]:
    """Return what the code could do, for those who wait, in their order."""
    return [step for each in scene.wanted() if (step := _use(code, each)) is not None]


def _use(code: Code, waiting: Waiting) -> Step | None:
    if waiting.serial:
        serial = code.kind is CodeKind.SERIAL
        return Step(ScanAction.SERIAL, waiting.slot, code.text) if serial else None
    prompt = waiting.prompt
    if prompt is None or not _takes_codes(waiting):
        return None
    if not prompt.question.pattern and code.kind in (CodeKind.BIN, CodeKind.WORK_ORDER):
        # Whatever a question without a pattern wants, these have a meaning of their own.
        return None
    try:
        text = checked(prompt.question, code.text, yes=True)
    except AnswerRefused:
        return None
    return Step(ScanAction.ANSWER, waiting.slot, text, prompt.prompt_id)


def _takes_codes(waiting: Waiting) -> bool:
    plain = (PromptKind.CONFIRM, PromptKind.CHECKLIST)
    asked = waiting.prompt
    return waiting.serial or (asked is not None and asked.question.kind not in plain)


def _why_not(prompt: Prompt, code: Code) -> str:
    try:
        checked(prompt.question, code.text, yes=True)
    except AnswerRefused as refusal:
        return refusal.what
    return unlike(prompt.question.looks_like, code.text)


def _nobody(scene: Scene) -> ScanRefused:
    if scene.chosen:
        return ScanRefused(
            f"Slot {scene.chosen} does not wait for a scan", remedy="Scan the label of another slot"
        )
    waits = next((each for each in scene.waiting), None)
    if waits is None:
        return ScanRefused("No board is waiting for a scan", remedy="Look at the tiles")
    if waits.start:
        return ScanRefused(
            f"No board is waiting for a scan; slot {waits.slot} waits for the start",
            remedy="Scan START",
        )
    return ScanRefused(
        f"No board is waiting for a scan; slot {waits.slot} waits for an answer",
        remedy="Scan YES or NO",
    )


def _again(waiting: Waiting) -> str:
    return f"Scan the label of the board in slot {waiting.slot}" if waiting.serial else (
        f"Scan again for slot {waiting.slot}"
    )  # fmt: skip


# Commands ----------------------------------------------------------------------------------------


def _command(word: str, scene: Scene) -> Step:
    if word in ("YES", "NO"):
        return _yes_or_no(scene, yes=word == "YES")
    if word.isdecimal():
        return _option(int(word), scene)
    if word == "STOP":
        slot = _one_of(scene.chosen, scene.running, "runs", "stop")
        return Step(ScanAction.STOP, slot)
    if word in ("START", "RETRY"):
        waits = [each.slot for each in scene.wanted() if each.start and word == "START"]
        one = waits[0] if waits else _one_of(scene.chosen, scene.retry, "may be started", "start")
        return Step(ScanAction.START, one)
    if word in scene.page_words:
        return Step(ScanAction.PAGE, scene.chosen, word)
    raise ScanRefused(
        f'There is no command "{word}"', remedy="Use the sheet of commands of this station"
    )


def _one_of(chosen: str, slots: Sequence[str], does: str, what: str) -> str:
    """Return the slot that a command is for: the chosen one, else the only one there is."""
    if chosen:
        # Whether it can be done is said by whoever does it.
        return chosen
    if len(slots) == 1:
        return slots[0]
    if not slots:
        raise ScanRefused(f"No slot {does}", remedy="Look at the tiles")
    raise ScanRefused(
        f"More than one slot {does}", remedy=f"Scan the label of the slot, then {what} again"
    )


def _yes_or_no(scene: Scene, *, yes: bool) -> Step:
    for each in scene.wanted():
        if each.prompt is None:
            continue
        plain = not _takes_codes(each)
        if plain or not yes:
            return Step(ScanAction.ANSWER, each.slot, "", each.prompt.prompt_id, yes)
    raise ScanRefused(
        f"No board is waiting for {'YES' if yes else 'NO'}", remedy="Look at the tiles"
    )


def _option(number: int, scene: Scene) -> Step:
    for each in scene.wanted():
        asked = each.prompt
        if asked is None or asked.question.kind not in (PromptKind.CHOOSE, PromptKind.LOOK):
            continue
        options = asked.question.options
        if not 1 <= number <= len(options):
            raise ScanRefused(
                f"There is no answer {number} in slot {each.slot}",
                remedy=f"Scan one of 1 to {len(options)}",
            )
        return Step(ScanAction.ANSWER, each.slot, options[number - 1], asked.prompt_id)
    raise ScanRefused("No board is waiting for a choice", remedy="Look at the tiles")
