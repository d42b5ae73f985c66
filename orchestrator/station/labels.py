"""Whether a scanned serial number may be given to a board; each refusal has its sentence."""

from datetime import datetime

from orchestrator.domain.clock import Clock
from orchestrator.domain.unit import DeviceIdentity
from orchestrator.station.answers import fits, unlike
from orchestrator.station.floor import Floor
from orchestrator.station.past import Past
from orchestrator.station.scanning import ScanRefused
from orchestrator.station.settings import SerialNumberSection


class Labels:
    """Checks labels against the other slots and against the audit."""

    def __init__(
        self, rule: SerialNumberSection, floor: Floor, past: Past, operation: str, clock: Clock
    ) -> None:
        self._rule = rule
        self._floor = floor
        self._past = past
        self._operation = operation
        self._clock = clock

    def check_form(self, serial_number: str) -> None:
        """Raise ScanRefused for what does not look like a serial number of this station."""
        if not fits(self._rule.pattern, serial_number):
            raise ScanRefused(
                unlike(self._rule.looks_like, serial_number), remedy="Scan the label again"
            )

    def check_slots(self, serial_number: str, slot: str) -> None:
        """Raise ScanRefused when the board of another slot has that number."""
        holder = self._floor.holder(serial_number)
        if holder and holder != slot:
            raise ScanRefused(
                f"This board is already in slot {holder}", remedy="Scan the label of this board"
            )

    async def check_past(self, serial_number: str, identity: DeviceIdentity | None) -> None:
        """Raise ScanRefused when the audit knows better, AuditUnavailable when it says nothing."""
        known = await self._past.labelled(serial_number, identity, self._operation)
        if known.serial_number is not None:
            raise ScanRefused(
                f"The label says {serial_number}, the chip says {known.serial_number}",
                remedy="Call the engineer",
            )
        if known.device_id is not None:
            raise ScanRefused(
                f"The label {serial_number} belongs to another board ({known.device_id[:12]})",
                remedy="Call the engineer",
            )
        if known.passed_at is not None and self._rule.again == "refuse":
            raise ScanRefused(
                f"This board passed here {self._when(known.passed_at)}",
                remedy="Put it in the green bin",
            )

    def _when(self, moment: str) -> str:
        then, now = datetime.fromisoformat(moment).astimezone(), self._clock.now().astimezone()
        days = (now.date() - then.date()).days
        day = {0: "today", 1: "yesterday"}.get(days, then.strftime("on %Y-%m-%d"))
        return f"{day} {then:%H:%M}"
