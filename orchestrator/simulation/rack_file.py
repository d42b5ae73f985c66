"""Reads a rack file: TOML that describes every board of a rack and what is wrong with it.

`rack_keys` holds the language and `rack_check` tells mistakes; here the boards are made. The page
`docs/reference/rack-file.md` explains it all.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from orchestrator.domain.errors import ConfigurationMistakes
from orchestrator.simulation.described import read_described
from orchestrator.simulation.rack_check import Check
from orchestrator.simulation.rack_keys import BOARD_KEYS
from orchestrator.simulation.rack_lines import find_lines
from orchestrator.simulation.rack_values import AnyKey, Key, MapKey, TableKey
from orchestrator.systems.azure_sphere_device.simulator import BoardSpec
from orchestrator.systems.azure_sphere_device.simulator.recording import SYSTEM
from orchestrator.systems.azure_sphere_device.simulator.spec import slot_path
from orchestrator.transport.recording import read_recording

_REMEDY = "Correct the rack file; docs/reference/rack-file.md explains every key"


def load_rack_file(
    path: Path, *, boards: int | None = None, seed: int | None = None
) -> tuple[BoardSpec, ...]:
    """Return the boards that `path` describes.

    `boards` and `seed` win over the file's `[rack]`; a rack larger than the described boards is
    filled up with boards that have the defaults. Recordings are looked for from the folder of
    the file. Raises ConfigurationMistakes with everything that is wrong, InputMistakes for a
    recording that cannot be used.
    """
    text, document = read_described(path, "rack")
    check = Check(str(path), find_lines(text))
    check.document(document)
    if check.mistakes:
        raise ConfigurationMistakes("\n".join(check.mistakes), remedy=_REMEDY)
    return _Boards(document, path.parent).make(boards, seed)


@dataclass(frozen=True, slots=True)
class _Boards:
    """The boards of a file without mistakes, whose recordings lie in or below `folder`."""

    document: Mapping[str, Any]
    folder: Path

    def make(self, boards: int | None, seed: int | None) -> tuple[BoardSpec, ...]:
        """Return the specs."""
        rack = self.document.get("rack", {})
        listed = self.document.get("board", [])
        count = max(boards or rack.get("boards") or len(listed) or 1, len(listed))
        slots = self._slots(listed, count)
        luck = rack.get("seed", 0) if seed is None else seed
        return tuple(
            self._spec(rack, board, slot, luck)
            for board, slot in zip(_filled(listed, count), slots, strict=True)
        )

    def _slots(self, listed: Sequence[Mapping[str, Any]], count: int) -> list[str]:
        taken = {board["slot"] for board in listed if "slot" in board}
        free = iter(path for path in map(slot_path, range(count + len(taken))) if path not in taken)
        return [
            board["slot"] if "slot" in board else next(free) for board in _filled(listed, count)
        ]

    def _spec(
        self, rack: Mapping[str, Any], board: Mapping[str, Any], slot: str, seed: int
    ) -> BoardSpec:
        values = {**rack, **board}
        own = {
            name: convert(key, values[name])
            for name, key in BOARD_KEYS.items()
            if name in values and name != "recording"
        }
        if "recording" not in values:
            return BoardSpec(slot_path=slot, seed=seed, **own)
        recording = read_recording(self.folder / values["recording"], SYSTEM)
        if "recording" not in board:
            # One recording for all boards of a rack: each still is a board of its own.
            own.setdefault("device_id", "")
        return BoardSpec.from_recording(recording, slot_path=slot, seed=seed, **own)


def _filled(listed: Sequence[Mapping[str, Any]], count: int) -> list[Mapping[str, Any]]:
    return [*listed, *({} for _ in range(count - len(listed)))]


def convert(key: AnyKey, value: Any) -> Any:
    """Return a checked value as a member of the spec."""
    if isinstance(key, Key):
        return key.convert(value)
    if isinstance(key, MapKey):
        return key.make(value)
    if not key.many:
        return _row(key, value)
    return tuple(_row(key, item) if isinstance(item, dict) else item for item in value)


def _row(key: TableKey, table: Mapping[str, Any]) -> Any:
    return key.make(**{name: convert(key.keys[name], value) for name, value in table.items()})
