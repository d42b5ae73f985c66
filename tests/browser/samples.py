"""Slots in every state, for pictures and tests of the panel."""

from dataclasses import replace

from orchestrator.domain.events import SlotState
from orchestrator.domain.prompts import PromptKind, Question
from orchestrator.station.snapshot import SlotSnapshot
from tests.browser.stage import prompt

SENTENCES = {
    SlotState.EMPTY: ("Put a board in.", ""),
    SlotState.SCAN: ("Scan the label of this board.", ""),
    SlotState.DO: ("Fit the antenna.", ""),
    SlotState.CHECK: ("Checking if this board may start.", ""),
    SlotState.RUN: ("", ""),
    SlotState.PASS: ("Take it out. Green bin.", ""),
    SlotState.FAIL: ("Red bin.", "Wi-Fi signal too weak: -86 dBm, must be -80 or better"),
    SlotState.ERROR: (
        "Station problem. Leave the board. Call the engineer.",
        "Board does not answer on port 1-4",
    ),
    SlotState.STOPPED: ("Stopped. Put the board back in the queue.", ""),
    SlotState.BLOCKED: ("This board may not start. Call the engineer.", "This board is on hold"),
}
MIXED = (
    SlotState.RUN, SlotState.RUN, SlotState.PASS, SlotState.RUN,
    SlotState.FAIL, SlotState.RUN, SlotState.RUN, SlotState.SCAN,
    SlotState.CHECK, SlotState.ERROR, SlotState.STOPPED, SlotState.EMPTY,
    SlotState.RUN, SlotState.PASS, SlotState.BLOCKED, SlotState.DO,
)  # fmt: skip


def sample(number: int, state: SlotState, **changes: object) -> SlotSnapshot:
    """Return slot `number` in `state`, as a station shows it in the middle of a shift."""
    sentence, detail = SENTENCES[state]
    name = str(number)
    there = state not in (SlotState.EMPTY, SlotState.SCAN)
    position = number % 13 + 1
    began = there and state not in (SlotState.CHECK, SlotState.BLOCKED)
    slot = SlotSnapshot(
        name=name,
        port=f"1-{number}",
        state=state,
        sentence=sentence,
        detail=detail,
        serial_number=f"AZ-{100000 + number - 1}" if there else None,
        run_id=f"R{number}" if began else "",
        recipe="guardian" if began else "",
        step="Installing image 2 of 3" if state is SlotState.RUN else "",
        position=position if began else 0,
        steps=14 if began else 0,
        progress=1.0 if state is SlotState.PASS else position / 14,
        elapsed_seconds=9.0 + number if began else None,
        since=f"2026-11-21T06:{number % 60:02}:00Z",
        may_stop=state is SlotState.RUN,
        may_start=state is SlotState.ERROR,
    )
    if state is SlotState.DO:
        slot = replace(slot, prompts=(prompt(name, Question(PromptKind.CONFIRM, sentence)),))
    return replace(slot, **changes)  # type: ignore[arg-type]  # what the caller asks for


def samples(count: int) -> list[SlotSnapshot]:
    """Return so many slots in the states of a busy station."""
    states = (
        [SlotState.RUN, SlotState.PASS, SlotState.FAIL, SlotState.SCAN] if count == 4 else MIXED
    )
    if count == 1:
        states = [SlotState.FAIL]
    return [sample(number, states[(number - 1) % len(states)]) for number in range(1, count + 1)]
