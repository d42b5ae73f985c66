"""The stack light and the inputs of the station's host, part by part."""

from collections.abc import Mapping
from typing import Any

import anyio
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from orchestrator.domain.errors import StationFault, Unreachable
from orchestrator.domain.events import (
    Event,
    PromptClosed,
    PromptOpened,
    RunFinished,
    SlotChanged,
    SlotState,
    StationNotice,
)
from orchestrator.domain.outcome import Outcome
from orchestrator.domain.prompts import Prompt, PromptKind, Question
from orchestrator.station import host_lights
from orchestrator.station.edge import beside
from orchestrator.station.host_inputs import Inputs
from orchestrator.station.host_lights import Light, Signs, StackLight
from orchestrator.station.line import AUDIT, FIXTURE, HOST, Line
from orchestrator.station.settings_host import InputSection, LampSection
from tests.patience import PATIENCE_SECONDS
from tests.station.host_support import CONTACT, SILENCE, FakeHost, pin

ALL = [light.value for light in Light]
QUESTION = Question(PromptKind.CONFIRM, "Turn it over.")


def opened(slot: str, prompt_id: str) -> PromptOpened:
    """Return the opening of a prompt."""
    return PromptOpened(slot, Prompt(prompt_id, slot, "R1", "s1", QUESTION, "2026-11-21T12:00:00Z"))


def lights(*events: Event, **reasons: str) -> set[str]:
    """Return what is true after these events on a line with these reasons."""
    signs = Signs()
    for event in events:
        signs.take(event)
    return {light.value for light in signs.lights(reasons)}


@pytest.mark.parametrize(
    ("state", "expected"),
    [
        (SlotState.EMPTY, "idle"),
        (SlotState.STOPPED, "idle"),
        (SlotState.CHECK, "running"),
        (SlotState.RUN, "running"),
        (SlotState.PASS, "passed"),
        (SlotState.FAIL, "failed"),
        (SlotState.ERROR, "fault"),
        (SlotState.SCAN, "waiting"),
        (SlotState.DO, "waiting"),
        (SlotState.BLOCKED, "waiting"),
    ],
)
def test_every_state_of_a_slot_has_its_light(state: SlotState, expected: str) -> None:
    """One slot in that state is one light."""
    assert lights(SlotChanged("1", state)) == {expected}
    assert lights(SlotChanged("1", state), SlotChanged("1", SlotState.EMPTY)) == {"idle"}


def test_slots_add_up() -> None:
    """Each slot adds its light; a slot that only waits for the station does not call a person."""
    both = (SlotChanged("1", SlotState.RUN), SlotChanged("2", SlotState.FAIL))
    assert lights(*both) == {"running", "failed"}
    blocked = SlotChanged("3", SlotState.BLOCKED)
    assert lights(*both, blocked, host="hot") == {"running", "failed", "fault"}
    assert lights(blocked, fixture="open") == {"waiting"}
    assert lights(audit="lost") == lights(disk="full") == {"fault"}
    assert lights(hold="by Ana") == {"waiting"}


def test_a_question_calls_a_person_until_it_is_closed() -> None:
    """Answered, or over with its run, it calls no longer."""
    running = SlotChanged("1", SlotState.RUN)
    two = (running, opened("1", "P1"), opened("1", "P2"))
    assert lights(*two, PromptClosed("1", "P1", "u1")) == {"running", "waiting"}
    assert lights(*two, PromptClosed("1", "P1"), PromptClosed("1", "P2")) == {"running"}
    assert lights(*two, RunFinished("1", "R1", Outcome.ERROR)) == {"running"}
    assert not Signs().take(StationNotice("nothing for lamps"))


class Events(RuleBasedStateMachine):
    """Any order of events: the lights are those of the newest state of each slot."""

    def __init__(self) -> None:
        super().__init__()
        self.signs = Signs()
        self.states: dict[str, SlotState] = {}
        self.open: set[tuple[str, str]] = set()
        self.reasons: dict[str, str] = {}

    @rule(slot=st.sampled_from("abc"), state=st.sampled_from(SlotState))
    def change(self, slot: str, state: SlotState) -> None:
        """Let a slot take a state."""
        self.signs.take(SlotChanged(slot, state))
        self.states[slot] = state

    @rule(slot=st.sampled_from("abc"), prompt_id=st.sampled_from(["P1", "P2"]))
    def ask(self, slot: str, prompt_id: str) -> None:
        """Open a prompt."""
        self.signs.take(opened(slot, prompt_id))
        self.open.add((slot, prompt_id))

    @rule(slot=st.sampled_from("abc"), prompt_id=st.sampled_from(["P1", "P2"]))
    def answer(self, slot: str, prompt_id: str) -> None:
        """Close a prompt, open or not."""
        self.signs.take(PromptClosed(slot, prompt_id))
        self.open.discard((slot, prompt_id))

    @rule(slot=st.sampled_from("abc"))
    def end(self, slot: str) -> None:
        """End the run of a slot."""
        self.signs.take(RunFinished(slot, "R1", Outcome.PASS))
        self.open = {each for each in self.open if each[0] != slot}

    @rule(kind=st.sampled_from([AUDIT, HOST, FIXTURE]), closed=st.booleans())
    def line(self, kind: str, closed: bool) -> None:
        """Close or open the line."""
        if closed:
            self.reasons[kind] = "because"
        else:
            self.reasons.pop(kind, None)

    @invariant()
    def is_right(self) -> None:
        """Each light by its own definition."""
        now = set(self.states.values())
        grave = bool(self.reasons.keys() & {AUDIT, HOST})
        calls = {SlotState.SCAN, SlotState.DO} if grave else host_waiting()
        expected = {
            Light.RUNNING: bool(now & {SlotState.CHECK, SlotState.RUN}),
            Light.PASSED: SlotState.PASS in now,
            Light.FAILED: SlotState.FAIL in now,
            Light.WAITING: bool(now & calls or self.open or FIXTURE in self.reasons),
            Light.FAULT: SlotState.ERROR in now or grave,
        }
        expected[Light.IDLE] = not any(expected.values())
        found = self.signs.lights(self.reasons)
        assert found == {light for light, true in expected.items() if true}


def host_waiting() -> set[SlotState]:
    """Return the states that call a person while the line is no fault."""
    return {SlotState.SCAN, SlotState.DO, SlotState.BLOCKED}


TestEvents = Events.TestCase
TestEvents.settings = settings(max_examples=60, stateful_step_count=30, deadline=None)

LAMPS = [
    LampSection(name="red", gpio=0, on=["failed", "fault"]),
    LampSection(name="blue", gpio=1, on=["waiting"]),
    LampSection(name="green", led=0, on=["running", "passed"]),
]


async def test_the_lamps_follow_and_go_out_at_the_end() -> None:
    """Only what differs is switched; when the station ends all lamps are off."""
    host, line, told = FakeHost(), Line(), list[str]()
    light = StackLight(LAMPS, host, line, told.append)
    line.on_change = light.look_again
    with anyio.fail_after(PATIENCE_SECONDS):
        async with beside(light.run):
            await anyio.wait_all_tasks_blocked()
            assert host.switched == [{"red": False, "blue": False, "green": False}]
            light.take(SlotChanged("1", SlotState.RUN))
            await host.shows("green")
            assert host.switched[-1] == {"green": True}
            line.close(AUDIT, "lost")
            await host.shows("green", "red")
            light.take(opened("1", "P1"))
            await host.shows("green", "red", "blue")
    assert host.lamps == {"red": False, "blue": False, "green": False}


async def test_a_host_without_lamps_is_left_alone() -> None:
    """Without a lamp in the settings nothing is ever switched."""
    host, told = FakeHost(), list[str]()
    await StackLight([], host, Line(), told.append).run()
    assert host.switched == []


async def test_a_host_that_cannot_switch_is_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """After a refusal everything is switched anew, to the newest state."""
    monkeypatch.setattr(host_lights, "FIRST_BACK_OFF_SECONDS", 0.01)
    host, told = FakeHost(), list[str]()
    host.down = Unreachable("nobody answers")
    light = StackLight(LAMPS, host, Line(), told.append)
    with anyio.fail_after(PATIENCE_SECONDS):
        async with beside(light.run):
            light.take(SlotChanged("1", SlotState.FAIL))
            await anyio.wait_all_tasks_blocked()
            light.take(SlotChanged("1", SlotState.PASS))
            host.down = None
            await host.shows("green")
            assert host.switched == [{"red": False, "blue": False, "green": True}]
    assert told == [], "that nobody answers is told by the health of the host"


async def test_a_host_that_has_no_such_pin_is_told_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Lamps that can never be switched are a mistake of the settings: people hear of it."""
    monkeypatch.setattr(host_lights, "FIRST_BACK_OFF_SECONDS", 0.001)
    host, told = FakeHost(), list[str]()
    host.down = StationFault("this host has no GPIO")
    tries = 0
    with anyio.fail_after(PATIENCE_SECONDS):
        light = StackLight(LAMPS, host, Line(), told.append)
        async with beside(light.run):
            while tries < 3:
                tries = host.refused
                await anyio.lowlevel.checkpoint()
    assert told == ["The stack light cannot be switched: this host has no GPIO"]


async def test_a_host_that_never_answers_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """A switch has its own deadline; the next attempt is to the newest state."""
    monkeypatch.setattr(host_lights, "SWITCH_SECONDS", 0.01)
    monkeypatch.setattr(host_lights, "FIRST_BACK_OFF_SECONDS", 0.01)
    host, told = FakeHost(), list[str]()
    host.hangs = True
    light = StackLight(LAMPS, host, Line(), told.append)
    with anyio.fail_after(PATIENCE_SECONDS):
        async with beside(light.run):
            await anyio.wait_all_tasks_blocked()
            light.take(SlotChanged("1", SlotState.FAIL))
            host.hangs = False
            await host.shows("red")
    assert told == []


async def test_doubt_switches_everything_anew() -> None:
    """A host that was away may show anything, also when the doubt comes in the middle."""
    host, told = FakeHost(), list[str]()
    light = StackLight(LAMPS, host, Line(), told.append)
    with anyio.fail_after(PATIENCE_SECONDS):
        async with beside(light.run):
            await anyio.wait_all_tasks_blocked()
            host.hangs = True
            light.take(SlotChanged("1", SlotState.RUN))
            await anyio.wait_all_tasks_blocked()
            host.lamps["red"] = True
            light.doubt()
            host.hangs = False
            host.hang.set()
            await host.shows("green")
            assert host.switched[-1].keys() == {"red", "blue", "green"}


class Switches:
    """Inputs with a line and the rows they note."""

    def __init__(self, *inputs: dict[str, Any]) -> None:
        self.line = Line()
        self.rows: list[tuple[str, Mapping[str, Any]]] = []
        self.told: list[str] = []
        self.inputs = Inputs(
            [InputSection(**each) for each in inputs],
            line=self.line,
            note=lambda kind, detail: self.rows.append((kind, detail)),
            tell=self.told.append,
        )

    def press(self, name: str, closed: bool) -> str:
        """Hear of an input; return the start button that was pressed, if any."""
        button = self.inputs.hear(pin(name, closed))
        return button.name if button is not None else ""


START = {"name": "start", "gpio": 4, "means": "start"}
LID = {"name": "lid", "gpio": 5, "means": "fixture_closed"}


def test_a_start_is_the_moment_in_which_the_button_goes_down() -> None:
    """Held down it starts once; one that is down when it is first seen starts nothing."""
    host = Switches(START)
    assert host.press("start", closed=True) == ""
    assert host.press("start", closed=False) == ""
    assert host.press("start", closed=True) == "start"
    assert host.press("start", closed=True) == ""
    assert host.press("other", closed=True) == ""


def test_a_press_that_nobody_saw_starts_nothing() -> None:
    """After a silence the first look only says where the button is."""
    host = Switches(START)
    host.press("start", closed=False)
    host.inputs.hear(SILENCE)
    assert host.press("start", closed=True) == ""
    host.inputs.hear(CONTACT)
    host.press("start", closed=False)
    assert host.press("start", closed=True) == "start"


def test_an_open_fixture_lets_no_run_begin() -> None:
    """The sentence says what to do; a silence changes nothing about it."""
    host = Switches(LID)
    assert host.line.is_open, "what was never read closes nothing"
    host.press("lid", closed=False)
    assert host.line.why == "Close the fixture. No run begins while it is open"
    host.inputs.hear(SILENCE)
    assert not host.line.is_open
    host.press("lid", closed=True)
    assert host.line.is_open


def test_every_switch_must_be_shut() -> None:
    """With several switches the open ones are named."""
    host = Switches(LID, {**LID, "name": "drawer", "gpio": 6})
    host.press("lid", closed=False)
    host.press("drawer", closed=False)
    assert "(lid, drawer)" in host.line.why
    host.press("lid", closed=True)
    assert "(drawer)" in host.line.why
    host.press("drawer", closed=True)
    assert host.line.is_open


def test_a_pin_that_the_host_does_not_have_is_told_once() -> None:
    """A switch that can never be read lets no run begin; a button is only told."""
    host = Switches(LID, START)
    host.press("start", closed=False)
    host.inputs.hear(CONTACT)
    assert "the switch lid cannot be read. Correct `station.host.input`" in host.line.why
    host.inputs.hear(SILENCE)
    host.press("start", closed=False)
    host.inputs.hear(CONTACT)
    assert host.told == ["This computer has no pin for lid. Correct `station.host.input`"]
    host.press("lid", closed=True)
    host.inputs.hear(CONTACT)
    assert host.line.is_open
    only = Switches(START)
    only.inputs.hear(CONTACT)
    assert only.line.is_open
    assert "no pin for start" in only.told[0]


def test_switches_are_noted_at_most_once_per_look() -> None:
    """A contact that bounces leaves one row per second, and none without a change."""
    host = Switches(LID, START)
    for _ in range(50):
        host.press("lid", closed=True)
        host.press("lid", closed=False)
        host.press("start", closed=True)
    host.inputs.look()
    host.inputs.look()
    host.press("lid", closed=True)
    host.inputs.look()
    assert host.rows == [
        ("fixture_switch", {"name": "lid", "closed": False}),
        ("fixture_switch", {"name": "lid", "closed": True}),
    ]
