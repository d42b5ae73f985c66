"""What can be set about the people at a station: scanner codes, shifts, what a tile tells them."""

import re
from typing import Annotated, Self

from pydantic import Field, StringConstraints, model_validator

from orchestrator.recipe.check.patterns import pattern_fault
from orchestrator.station.settings_base import Section

Pattern = Annotated[str, Field(max_length=200)]
Sentence = Annotated[
    str, StringConstraints(min_length=1, max_length=80, pattern=r"^[^\x00-\x1f]*$")
]
Moment = Annotated[str, StringConstraints(pattern=r"^([01]\d|2[0-3]):[0-5]\d$")]

GROUPS = {"slot": "slot", "command": "command", "address": "address"}
"""The group that a pattern must have, by its key: it holds the name or the word."""


class ScannerSection(Section):
    """How codes are told apart. Each pattern is a regular expression that a whole code matches."""

    badge: Pattern = Field(default=r"B-[A-Za-z0-9]{4,32}", description="Badges of people.")
    slot: Pattern = Field(
        default=r"%SLOT-(?P<slot>.+)", description="Labels of slots; the group `slot` is the name."
    )
    work_order: Pattern = Field(default=r"WO-[A-Za-z0-9-]{1,32}", description="Work orders.")
    bin: Pattern = Field(default=r"BIN-[A-Za-z0-9-]{1,32}", description="Labels of bins.")
    command: Pattern = Field(
        default=r"%(?P<command>[A-Z0-9]{1,16})",
        description="Commands; the group `command` is the word. It begins with a character that "
        "no serial number has.",
    )
    address: Pattern = Field(
        default="",
        description="Labels with the address of a unit on a network port, for instance "
        "`ADDR-(?P<address>.+)`; the group `address` is the address. Empty: there are none.",
    )
    again_seconds: float = Field(
        default=2.0, ge=0, le=60, description="The same code within so many seconds is ignored."
    )

    @model_validator(mode="after")
    def _patterns_can_be_used(self) -> Self:
        for key in ("badge", "slot", "work_order", "bin", "command", "address"):
            pattern = getattr(self, key)
            fault = pattern_fault(pattern)
            if fault is not None:
                raise ValueError(f"`{key}` cannot be used: {fault}")
            wanted = GROUPS.get(key)
            if wanted is not None and pattern and wanted not in re.compile(pattern).groupindex:
                raise ValueError(f"`{key}` needs a group (?P<{wanted}>...)")
        return self


class ShiftSection(Section):
    """When shifts begin; the counters of the panel begin anew then."""

    starts: list[Moment] = Field(
        default=["06:00", "14:00", "22:00"],
        min_length=1,
        max_length=24,
        description='Local times at which a shift begins, for instance `["06:00", "18:00"]`.',
    )


class TileSection(Section):
    """What a tile tells the person to do with the board."""

    passed: Sentence = Field(
        default="Take it out. Green bin.", description="For a board that passed."
    )
    failed: Sentence = Field(default="Red bin.", description="For a board that failed.")
    error: Sentence = Field(
        default="Station problem. Leave the board. Call the engineer.",
        description="For a board that the station could not judge.",
    )
    stopped: Sentence = Field(
        default="Stopped. Put the board back in the queue.",
        description="For a board whose run was stopped.",
    )
    blocked: Sentence = Field(
        default="This board may not start. Call the engineer.",
        description="For a board that gets no run.",
    )
    closed: Sentence = Field(
        default="This slot is closed.", description="For a slot that somebody holds."
    )
    lost: Sentence = Field(
        default="Cannot save results. Leave the board. Call the engineer.",
        description="While the audit cannot be written.",
    )
    waits: Sentence = Field(
        default="Wait. The line stands.", description="While no run may begin for another reason."
    )
