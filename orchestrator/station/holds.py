"""What people have closed, and what is worked on: it outlives a restart of the station.

It is kept by the audit: each start writes down how things stood, every command after it counts,
and now and then a station that runs on writes down how they stand.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

HOLD_SLOT = "hold_slot"
RELEASE_SLOT = "release_slot"
HOLD_LINE = "hold_line"
RELEASE_LINE = "release_line"
WORK_ORDER = "work_order"

STANDING = "holds"
"""The kind of event that says how things stand; see `Holds.as_detail`."""


@dataclass(slots=True)
class Holds:
    """Why slots are closed, by their names, and why the line is; empty while it is not.

    `work_order` is what is worked on, empty while nobody has said so.
    """

    slots: dict[str, str] = field(default_factory=dict)
    line: str = ""
    work_order: str = ""

    def as_detail(self) -> dict[str, object]:
        """Return what the row of a start keeps of it; nothing while nothing is closed."""
        found: dict[str, object] = {}
        if self.slots:
            found["closed_slots"] = dict(self.slots)
        if self.line:
            found["closed_line"] = self.line
        if self.work_order:
            found[WORK_ORDER] = self.work_order
        return found

    def take(self, detail: Mapping[str, Any], slot: str | None) -> None:
        """Follow a command that was recorded."""
        command, reason = detail.get("command"), str(detail.get("reason", ""))
        if command == HOLD_SLOT and slot:
            self.slots[slot] = reason
        elif command == RELEASE_SLOT and slot:
            self.slots.pop(slot, None)
        elif command == HOLD_LINE:
            self.line = reason
        elif command == RELEASE_LINE:
            self.line = ""
        elif command == WORK_ORDER:
            self.work_order = str(detail.get(WORK_ORDER, ""))


def holds_after(events: Iterable[tuple[str, str | None, Mapping[str, Any]]]) -> Holds:
    """Return what is closed after these events: kind, slot, detail, in their order."""
    holds = Holds()
    for kind, slot, detail in events:
        if kind == "command":
            holds.take(detail, slot)
        else:
            slots = detail.get("closed_slots", {})
            holds = Holds({str(name): str(why) for name, why in slots.items()})
            holds.line = str(detail.get("closed_line", ""))
            holds.work_order = str(detail.get(WORK_ORDER, ""))
    return holds
