"""How a unit gets its serial number, as the settings say it: not at all, from silicon, by a list.

One that is scanned is handed in; reading scanners and pools of numbers belongs elsewhere.
"""

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from orchestrator.domain.errors import ConfigurationMistakes, StationFault
from orchestrator.domain.unit import DeviceIdentity, Unit
from orchestrator.station.settings import UnitSection

_COLUMNS = ("device_id", "serial_number")
_LIST_CAP_BYTES = 64 << 20


class SlotBlocked(StationFault):
    """This board may not start: the sentence says why. Nothing was done to it."""


@dataclass(frozen=True, slots=True)
class UnitRule:
    """Names the unit that an identity belongs to."""

    section: UnitSection
    numbers: Mapping[str, str]

    def unit_of(self, identity: DeviceIdentity | None, label: str = "") -> Unit:
        """Return the unit; without identity only what holds for all units is known.

        `label` is the serial number that was scanned for it, if one was.

        Raises SlotBlocked when the list of serial numbers does not know the board.
        """
        part_number = self.section.part_number or None
        revision = self.section.revision or None
        serial = label or (self._serial_of(identity) if identity is not None else None)
        return Unit(serial_number=serial, part_number=part_number, revision=revision)

    def _serial_of(self, identity: DeviceIdentity) -> str | None:
        section = self.section.serial_number
        if section.rule == "device_id":
            return (identity.as_written or identity.device_id)[-section.last :]
        if section.rule in ("none", "scan"):
            return None
        serial = self.numbers.get(identity.device_id)
        if serial is None:
            raise SlotBlocked(
                f"No serial number is listed for board {identity.device_id[:12]}",
                remedy=f"Add its device id to {section.file}, then put the board in again",
            )
        return serial


def unit_rule(section: UnitSection) -> UnitRule:
    """Return the rule that the settings describe, its list read and checked.

    Raises ConfigurationMistakes with all mistakes of the list.
    """
    if section.serial_number.rule != "csv" or section.serial_number.file is None:
        return UnitRule(section, {})
    return UnitRule(section, _read_numbers(section.serial_number.file))


def _read_numbers(path: Path) -> dict[str, str]:
    rows = _rows(path)
    if not rows or tuple(cell.strip() for cell in rows[0]) != _COLUMNS:
        raise ConfigurationMistakes(
            f"{path}:1: the first line must be {','.join(_COLUMNS)}",
            remedy="Correct the list of serial numbers. Nothing was started",
        )
    numbers: dict[str, str] = {}
    owners: dict[str, int] = {}
    mistakes = []
    for line, row in enumerate(rows[1:], start=2):
        cells = [cell.strip() for cell in row]
        if not any(cells):
            continue
        if len(cells) != len(_COLUMNS) or not all(cells):
            mistakes.append(f"{path}:{line}: needs a device id and a serial number")
            continue
        device_id, serial = cells[0].lower(), cells[1]
        if device_id in numbers:
            mistakes.append(f"{path}:{line}: device id {device_id[:12]} is listed twice")
        if serial in owners:
            mistakes.append(f"{path}:{line}: serial number {serial} is on line {owners[serial]}")
        numbers[device_id] = serial
        owners.setdefault(serial, line)
    if mistakes:
        raise ConfigurationMistakes(
            "the list of serial numbers has mistakes\n" + "\n".join(mistakes[:50]),
            remedy="Correct the list of serial numbers. Nothing was started",
        )
    return numbers


def _rows(path: Path) -> list[list[str]]:
    try:
        if path.stat().st_size > _LIST_CAP_BYTES:
            raise ConfigurationMistakes(
                f"{path} is larger than {_LIST_CAP_BYTES} bytes",
                remedy="Name a list of serial numbers",
            )
        with path.open(encoding="utf-8-sig", newline="") as file:
            return list(csv.reader(file, strict=True))
    except (OSError, UnicodeDecodeError, csv.Error) as fault:
        raise ConfigurationMistakes(
            f"the list of serial numbers {path} cannot be read: {fault}",
            remedy="Correct `unit.serial_number.file` or the list. Nothing was started",
        ) from None
