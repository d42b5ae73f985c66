"""What a scan is for: the oldest who waits, the slot that was chosen, or a sentence why not."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.domain.prompts import Picture, Prompt, PromptKind, Question
from orchestrator.station.answers import AnswerRefused, checked
from orchestrator.station.codes import Code, CodeKind, Codes, pattern_of
from orchestrator.station.scanning import (
    ScanAction,
    ScanRefused,
    Scene,
    Step,
    Waiting,
    route,
)
from orchestrator.station.settings_floor import ScannerSection

CODES = Codes(pattern_of(ScannerSection(), "AZ-[0-9]{6}"))
PICTURE = Picture(b"", "image/png", "00")
CONFIRM = Question(PromptKind.CONFIRM, "Close the cover.")
LIST = Question(PromptKind.CHECKLIST, "Check.", options=("a",))
CHOOSE = Question(PromptKind.CHOOSE, "Which?", options=("good", "bad"))
LOOK = Question(PromptKind.LOOK, "Like this?", options=("yes", "no"), picture=PICTURE)
NUMBER = Question(PromptKind.NUMBER, "Read.", minimum=Decimal(0), maximum=Decimal(9))
TEXT = Question(PromptKind.TEXT, "Type.")
LOT = Question(PromptKind.SCAN, "Scan the lot.", pattern="LOT-[0-9]+", looks_like="LOT-1")
ANY = Question(PromptKind.SCAN, "Scan anything.")


def asks(slot: str, question: Question) -> Waiting:
    """Return a slot whose run asks that."""
    return Waiting(slot, Prompt(f"P{slot}", slot, "R", "step", question, ""))


def label(slot: str) -> Waiting:
    """Return a slot that waits for the label of its board."""
    return Waiting(slot, serial=True)


def start(slot: str) -> Waiting:
    """Return a slot that waits for the start."""
    return Waiting(slot, start=True)


def scene(*waiting: Waiting, chosen: str = "", **more: object) -> Scene:
    """Return a station with four slots."""
    slots = frozenset("1234")
    return Scene(slots, chosen, waiting, looks_like="AZ-123456", **more)  # type: ignore[arg-type]


def done(text: str, here: Scene) -> tuple[str, str, str]:
    """Return action, slot and value of a scan."""
    step = route(CODES.read(text), here)
    return step.action.value, step.slot, step.value


@pytest.mark.parametrize(
    ("text", "kind", "value"),
    [
        ("AZ-123456", CodeKind.SERIAL, "AZ-123456"),
        ("%SLOT-A 1", CodeKind.SLOT, "A 1"),
        ("%STOP", CodeKind.COMMAND, "STOP"),
        ("%2", CodeKind.COMMAND, "2"),
        ("B-ana1", CodeKind.BADGE, "B-ana1"),
        ("WO-88", CodeKind.WORK_ORDER, "WO-88"),
        ("BIN-RED", CodeKind.BIN, "BIN-RED"),
        ("AZ-1234567", CodeKind.OTHER, "AZ-1234567"),
        ("%stop", CodeKind.OTHER, "%stop"),
        ("<script>", CodeKind.OTHER, "<script>"),
    ],
)
def test_codes_are_known_by_their_form(text: str, kind: CodeKind, value: str) -> None:
    """The whole code counts."""
    assert CODES.read(text) == Code(kind, text, value)


@pytest.mark.parametrize(
    ("text", "here", "wanted"),
    [
        ("%SLOT-3", scene(), ("choose_slot", "3", "")),
        ("B-1234", scene(label("1")), ("badge", "", "B-1234")),
        ("WO-88", scene(label("1")), ("work_order", "", "WO-88")),
        ("AZ-000001", scene(label("2"), label("1")), ("serial", "2", "AZ-000001")),
        ("AZ-000001", scene(label("2"), label("1"), chosen="1"), ("serial", "1", "AZ-000001")),
        ("LOT-7", scene(label("1"), asks("2", LOT)), ("answer", "2", "LOT-7")),
        ("AZ-000001", scene(asks("2", LOT), label("1")), ("serial", "1", "AZ-000001")),
        ("AZ-000001", scene(asks("2", ANY), label("1")), ("answer", "2", "AZ-000001")),
        ("WO-88", scene(asks("2", ANY)), ("work_order", "", "WO-88")),
        ("5", scene(asks("1", NUMBER)), ("answer", "1", "5")),
        ("anything", scene(asks("1", CONFIRM), asks("2", TEXT)), ("answer", "2", "anything")),
        ("bad", scene(asks("1", CHOOSE)), ("answer", "1", "bad")),
        ("%YES", scene(label("3"), asks("1", CONFIRM)), ("answer", "1", "")),
        ("%YES", scene(asks("2", LOT), asks("1", LIST)), ("answer", "1", "")),
        ("%NO", scene(asks("2", LOT), asks("1", LIST)), ("answer", "2", "")),
        ("%2", scene(asks("1", CONFIRM), asks("2", CHOOSE)), ("answer", "2", "bad")),
        ("%1", scene(asks("1", LOOK)), ("answer", "1", "yes")),
        ("%STOP", scene(running=["4"]), ("stop", "4", "")),
        ("%STOP", scene(running=["3", "4"], chosen="3"), ("stop", "3", "")),
        ("%START", scene(start("2"), start("1")), ("start", "2", "")),
        ("%START", scene(retry=["1"]), ("start", "1", "")),
        ("%RETRY", scene(start("2"), retry=["1"]), ("start", "1", "")),
        ("%HELP", scene(chosen="2"), ("page", "2", "HELP")),
    ],
)
def test_what_a_scan_does(text: str, here: Scene, wanted: tuple[str, str, str]) -> None:
    """The oldest who can use the code gets it, a chosen slot goes first."""
    assert done(text, here) == wanted


def test_no_is_a_no() -> None:
    """Whatever is asked, and nothing else is."""
    assert not route(CODES.read("%NO"), scene(asks("1", NUMBER))).yes
    assert route(CODES.read("%YES"), scene(asks("1", CONFIRM))).yes


@pytest.mark.parametrize(
    ("text", "here", "says"),
    [
        ("%SLOT-9", scene(), 'no slot "9"'),
        ("AZ-000001", scene(), "No board is waiting for a scan"),
        ("AZ-000001", scene(start("2")), "slot 2 waits for the start. Scan START"),
        ("AZ-000001", scene(asks("2", CONFIRM)), "slot 2 waits for an answer. Scan YES or NO"),
        ("AZ-1", scene(label("1")), 'should look like AZ-123456. I read "AZ-1"'),
        ("BIN-RED", scene(label("1")), "This is a bin label. Scan the board: slot 1"),
        ("BIN-RED", scene(asks("1", ANY)), "This is a bin label"),
        ("AZ-000001", scene(label("1"), chosen="2"), "Slot 2 does not wait for a scan"),
        ("LOT-x", scene(asks("3", LOT)), 'LOT-1. I read "LOT-x". Scan again for slot 3'),
        ("12", scene(asks("3", NUMBER)), "12 cannot be: it is 0 to 9"),
        ("%YES", scene(asks("1", LOT)), "No board is waiting for YES"),
        ("%NO", scene(label("1")), "No board is waiting for NO"),
        ("%3", scene(asks("1", CHOOSE)), "no answer 3 in slot 1. Scan one of 1 to 2"),
        ("%0", scene(asks("1", CHOOSE)), "no answer 0"),
        ("%1", scene(asks("1", CONFIRM)), "waiting for a choice"),
        ("%STOP", scene(), "No slot runs"),
        ("%STOP", scene(running=["1", "2"]), "Scan the label of the slot, then stop again"),
        ("%START", scene(), "No slot may be started"),
        ("%RETRY", scene(retry=["1", "2"]), "More than one slot"),
        ("%DANCE", scene(), 'There is no command "DANCE"'),
    ],
)
def test_a_scan_that_nobody_wants_says_what_was_expected(text: str, here: Scene, says: str) -> None:
    """Each has its own sentence."""
    with pytest.raises(ScanRefused) as refused:
        route(CODES.read(text), here)
    assert says in str(refused.value)


_QUESTIONS = st.sampled_from([CONFIRM, LIST, CHOOSE, LOOK, NUMBER, TEXT, LOT, ANY])
_WAITING = st.lists(st.sampled_from("1234"), unique=True).flatmap(
    lambda slots: st.tuples(
        *(
            st.one_of(
                st.just(label(slot)),
                st.just(start(slot)),
                st.builds(asks, st.just(slot), _QUESTIONS),
            )
            for slot in slots
        )
    )
)
_TEXTS = st.one_of(
    st.sampled_from(
        ["AZ-000001", "LOT-7", "BIN-RED", "WO-1", "B-1234", "%YES", "%NO", "%1", "%2", "%STOP",
         "%START", "%RETRY", "%HELP", "%SLOT-1", "%SLOT-9", "good", "5", "AZ-1"]
    ),
    st.text(min_size=1, max_size=40),
)  # fmt: skip


@given(
    text=_TEXTS,
    waiting=_WAITING,
    chosen=st.sampled_from(["", "1", "2"]),
    running=st.lists(st.sampled_from("1234"), unique=True),
)
def test_no_scan_is_ever_meant_for_anybody_else(
    text: str, waiting: tuple[Waiting, ...], chosen: str, running: list[str]
) -> None:
    """An answer fits its question, a label goes to who waits for one, a chosen slot is kept to."""
    here = scene(*waiting, chosen=chosen, running=running)
    try:
        step = route(CODES.read(text), here)
    except ScanRefused as refusal:
        said = (refusal.what, refusal.remedy)
    else:
        said = ("done", "done")
        _judge(step, here)
    assert all(said)


def _judge(step: Step, here: Scene) -> None:
    mine = [each for each in here.waiting if each.slot == step.slot]
    if step.action in (ScanAction.SERIAL, ScanAction.ANSWER):
        assert here.chosen in ("", step.slot)
        assert mine
    if step.action is ScanAction.SERIAL:
        assert mine[0].serial
        older = [each for each in here.wanted() if each.serial]
        assert older[0].slot == step.slot
    if step.action is ScanAction.ANSWER:
        prompt = mine[0].prompt
        assert prompt is not None
        assert prompt.prompt_id == step.prompt_id
        assert checked(prompt.question, step.value, yes=step.yes) == step.value
    if step.action is ScanAction.STOP:
        assert step.slot == here.chosen or list(here.running) == [step.slot]


def test_the_words_of_a_refused_answer_reach_the_person() -> None:
    """They are those of the question."""
    with pytest.raises(AnswerRefused, match="none of the answers"):
        checked(CHOOSE, "neither", yes=True)
    with pytest.raises(ScanRefused, match="none of the answers"):
        route(CODES.read("neither"), scene(asks("1", CHOOSE)))


def test_an_address_label_is_for_the_slot_that_was_chosen() -> None:
    """Without one nobody knows where that unit stands."""
    codes = Codes(pattern_of(ScannerSection(address="ADDR-(?P<address>.+)"), "AZ-[0-9]{6}"))
    code = codes.read("ADDR-192.168.10.11")
    assert code == Code(CodeKind.ADDRESS, "ADDR-192.168.10.11", "192.168.10.11")
    assert route(code, scene(label("1"), chosen="2")) == Step(
        ScanAction.ADDRESS, "2", "192.168.10.11"
    )
    with pytest.raises(ScanRefused, match="This is an address label") as caught:
        route(code, scene(label("1")))
    assert "label of its slot first" in caught.value.remedy
