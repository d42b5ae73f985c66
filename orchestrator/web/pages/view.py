"""What the operator's page shows of a snapshot, in one language: plain values for the templates.

Two pictures that look alike are equal, so that only what changed is drawn again. Nothing here
knows HTML.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from orchestrator.domain.events import SlotState
from orchestrator.domain.prompts import Prompt, PromptKind
from orchestrator.station.line import AUDIT
from orchestrator.station.snapshot import SlotSnapshot, StationSnapshot, SystemSnapshot
from orchestrator.web.pages.layout import PAGE_OF_MANY, pages
from orchestrator.web.texts import Texts

_URGENCY = (SlotState.ERROR, SlotState.FAIL, SlotState.STOPPED, SlotState.PASS)
_NEXT = {
    SlotState.ERROR: "error",
    SlotState.FAIL: "fail",
    SlotState.STOPPED: "stopped",
    SlotState.PASS: "pass",
}
_MOVING = frozenset({SlotState.RUN, SlotState.DO, SlotState.SCAN, SlotState.CHECK})


@dataclass(frozen=True, slots=True)
class Asked:
    """A question on a tile or in the bottom line. `plain` has just two answers: problem, done."""

    prompt_id: str
    slot: str
    kind: str
    plain: bool


@dataclass(frozen=True, slots=True)
class Tile:
    """One slot. `key` names it in addresses and ids, `share` is its progress in per cent."""

    key: str
    name: str
    state: str
    word: str
    serial: str
    sentence: str
    reason: str
    running: bool
    share: int
    position: str
    elapsed: str
    spoken: str
    run_id: str
    asked: Asked | None


@dataclass(frozen=True, slots=True)
class Next:
    """The one thing to do next. `calm` when nothing waits for a person."""

    text: str
    symbol: str
    key: str = ""
    calm: bool = False
    asked: Asked | None = None


@dataclass(frozen=True, slots=True)
class Service:
    """One outside service: `text` is its name while it `works`, else since when it does not."""

    text: str
    works: bool


@dataclass(frozen=True, slots=True)
class Head:
    """The line at the top, and the bar under it when the line stands.

    `services` are those that the station has asked. `part` says which of very many slots are on
    the page.
    """

    title: str
    recipe: str
    operation: str
    work_order: str
    operator: str
    saved: bool
    unsent: int
    health: str
    passed: int
    failed: int
    errors: int
    first_pass: str
    per_hour: str
    bar: str
    services: tuple[Service, ...] = ()
    part: str = ""


@dataclass(frozen=True, slots=True)
class Picture:
    """Everything that the page shows of one moment."""

    sequence: int
    head: Head
    tiles: tuple[Tile, ...]
    next: Next


def key_of(name: str) -> str:
    """Return `name` in letters that may stand in an id or an address; no two names share one."""
    return "slot-" + "".join(
        letter if letter.isascii() and letter.isalnum() else f"_{ord(letter):x}_" for letter in name
    )


def picture(snapshot: StationSnapshot, texts: Texts, title: str = "") -> Picture:
    """Return what is shown of `snapshot`."""
    following = _next(snapshot, texts)
    slots, part = _page(snapshot.slots, following.key)
    return Picture(
        sequence=snapshot.sequence,
        head=_head(snapshot, texts, title, part),
        tiles=tuple(tile(slot, texts) for slot in slots),
        next=following,
    )


def _page(slots: Sequence[SlotSnapshot], wanted: str) -> tuple[Sequence[SlotSnapshot], str]:
    """Return the slots of the page that has the slot `wanted`, and which of all slots they are."""
    if pages(len(slots)) == 1:
        return slots, ""
    at = next((place for place, slot in enumerate(slots) if key_of(slot.name) == wanted), 0)
    first = at // PAGE_OF_MANY * PAGE_OF_MANY
    shown = slots[first : first + PAGE_OF_MANY]
    return shown, f"{first + 1}-{first + len(shown)} / {len(slots)}"


def tile(slot: SlotSnapshot, texts: Texts) -> Tile:
    """Return what is shown of one slot."""
    state = slot.state.value
    word = texts["state"][state]
    sentence, reason = _sentences(slot, texts)
    serial = slot.serial_number or (slot.device_id or "")[:12]
    running = slot.state is SlotState.RUN
    counts = bool(slot.steps) and slot.state in _MOVING | {SlotState.FAIL, SlotState.ERROR}
    position = texts.say("tile", "step", position=slot.position, steps=slot.steps)
    spoken = texts.say(
        "tile", "spoken", slot=slot.name, word=word, serial=" ".join(serial), sentence=sentence
    )
    return Tile(
        key=key_of(slot.name),
        name=slot.name,
        state=state,
        word=word,
        serial=serial,
        sentence=sentence,
        reason=reason,
        running=running,
        share=round(min(1.0, max(0.0, slot.progress)) * 100),
        position=position if counts else "",
        elapsed=minutes(slot.elapsed_seconds),
        spoken=spoken,
        run_id=slot.run_id,
        asked=asked(slot.prompts[0]) if slot.prompts else None,
    )


def _sentences(slot: SlotSnapshot, texts: Texts) -> tuple[str, str]:
    """Return what to do and why."""
    if slot.prompts:
        question = slot.prompts[0].question
        hint = texts.say("tile", "looks_like", example=question.looks_like)
        return question.sentence, hint if question.looks_like else ""
    if slot.state is SlotState.RUN and slot.step:
        return slot.step, ""
    said = texts.sentence(slot.sentence) or texts["says"][slot.state.value]
    return said, texts.sentence(slot.detail)


def asked(prompt: Prompt) -> Asked:
    """Return the question as tile and bottom line show it."""
    kind = prompt.question.kind
    return Asked(prompt.prompt_id, prompt.slot, kind.value, kind is PromptKind.CONFIRM)


def minutes(seconds: float | None) -> str:
    """Write a duration as m:ss, or h:mm:ss; empty without one."""
    if seconds is None:
        return ""
    whole = int(seconds)
    if whole >= 3600:
        return f"{whole // 3600}:{whole // 60 % 60:02}:{whole % 60:02}"
    return f"{whole // 60}:{whole % 60:02}"


def _head(snapshot: StationSnapshot, texts: Texts, title: str, part: str) -> Head:
    shift, audit = snapshot.shift, snapshot.audit
    recipe = snapshot.recipes[0] if snapshot.recipes else None
    name = " ".join(filter(None, (recipe.name, recipe.version))) if recipe else ""
    mark = f" #{recipe.content_hash[:4]}" if recipe else ""
    share = shift.first_pass_yield
    return Head(
        title=title or " ".join((texts["header"]["station"], snapshot.station)),
        recipe=(name + mark) or texts["header"]["no_recipe"],
        operation=snapshot.operation,
        work_order=shift.work_order,
        operator=shift.operator,
        saved=audit.writable,
        unsent=audit.waiting,
        health=_health(snapshot),
        passed=shift.passed,
        failed=shift.failed,
        errors=shift.errors,
        first_pass="-" if share is None else f"{share * 100:.1f} %",
        per_hour=f"{shift.boards_per_hour:.0f}",
        bar=_bar(snapshot, texts),
        services=tuple(_service(each, texts) for each in snapshot.systems),
        part=part,
    )


def _service(system: SystemSnapshot, texts: Texts) -> Service:
    cloud = system.name == "azure_sphere_cloud"
    if system.works:
        name = texts["header"]["cloud"] if cloud else texts["header"]["portal"]
        return Service(name, works=True)
    time = datetime.fromisoformat(system.since).astimezone().strftime("%H:%M")
    if cloud:
        return Service(texts.say("header", "no_cloud", time=time), works=False)
    return Service(texts.say("header", "no_portal", time=time), works=False)


def _health(snapshot: StationSnapshot) -> str:
    """Return what is wrong with the station's own computer, empty when nothing is."""
    return next((each.sentence for each in snapshot.reasons if each.kind != AUDIT), "")


def _bar(snapshot: StationSnapshot, texts: Texts) -> str:
    if not snapshot.audit.writable:
        return texts["bar"]["audit_lost"]
    reasons = [texts.sentence(each.sentence) for each in snapshot.reasons]
    return texts.say("bar", "held", reason=reasons[0]) if reasons else ""


def _next(snapshot: StationSnapshot, texts: Texts) -> Next:
    slots = {slot.name: slot for slot in snapshot.slots}
    waiting = _waiting(snapshot, slots)
    if waiting is not None:
        return _ask(waiting, texts)
    for state in _URGENCY:
        found = [slot for slot in snapshot.slots if slot.state is state]
        if found:
            first = min(found, key=lambda slot: slot.since)
            text = texts.say("next", _NEXT[state], slot=first.name)
            return Next(text, state.value.lower(), key_of(first.name))
    calm = _calm(snapshot.slots)
    shut = next((slot for slot in snapshot.slots if slot.state is SlotState.BLOCKED), None)
    if calm == "empty" and shut is not None:
        sentence = _sentences(shut, texts)[0]
        text = texts.say("next", "prompt", slot=shut.name, sentence=sentence)
        return Next(text, "blocked", key_of(shut.name))
    return Next(texts["next"][calm], "empty", calm=True)


def _waiting(snapshot: StationSnapshot, slots: dict[str, SlotSnapshot]) -> SlotSnapshot | None:
    chosen = slots.get(snapshot.chosen_slot)
    if chosen is not None and chosen.state in (SlotState.SCAN, SlotState.DO):
        return chosen
    return slots.get(snapshot.next_action.slot) if snapshot.next_action is not None else None


def _ask(slot: SlotSnapshot, texts: Texts) -> Next:
    symbol = slot.state.value.lower()
    if slot.prompts:
        prompt = slot.prompts[0]
        sentence = prompt.question.sentence
        text = texts.say("next", "prompt", slot=slot.name, sentence=sentence)
        return Next(text, symbol, key_of(slot.name), asked=asked(prompt))
    return Next(texts.say("next", "scan", slot=slot.name), symbol, key_of(slot.name))


def _calm(slots: Sequence[SlotSnapshot]) -> str:
    if not slots:
        return "no_slots"
    return "running" if any(slot.state in _MOVING for slot in slots) else "empty"
