"""Checks a parsed rack file against its language and tells all mistakes at once.

Each mistake names the file, the line, the place, what is allowed and what was probably meant.
"""

import difflib
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from orchestrator.simulation.rack_keys import BOARD_KEYS, BOARD_ONLY, RACK_ONLY
from orchestrator.simulation.rack_lines import Path, line_of
from orchestrator.simulation.rack_values import AnyKey, Key, MapKey, TableKey


class Check:
    """The mistakes of one file. `lines` tell where its keys stand."""

    def __init__(self, file: str, lines: Mapping[Path, int]) -> None:
        self._file = file
        self._lines = dict(lines)
        self.mistakes: list[str] = []

    def document(self, document: Mapping[str, Any]) -> None:
        """Check the whole file."""
        self._names((), document, ("rack", "board"))
        rack = self.table(("rack",), document.get("rack", {}))
        self.members(("rack",), rack, {**BOARD_KEYS, **RACK_ONLY})
        boards = self.tables(("board",), document.get("board", []))
        for number, board in enumerate(boards):
            self.members(("board", number), board, {**BOARD_KEYS, **BOARD_ONLY})
        self._slots(boards)

    def members(self, path: Path, table: Mapping[str, Any], keys: Mapping[str, AnyKey]) -> None:
        """Check the members of a table by their keys."""
        self._names(path, table, tuple(keys))
        for name, value in table.items():
            if name in keys:
                self._member((*path, name), value, keys[name])

    def table(self, path: Path, value: Any) -> Mapping[str, Any]:
        """Return a table, an empty one when the value is none."""
        if isinstance(value, dict):
            return value
        self._tell(path, f"must be a table, written [{path[-1]}]")
        return {}

    def tables(self, path: Path, value: Any) -> Sequence[Mapping[str, Any]]:
        """Return a list of tables, an empty one when the value is none."""
        if isinstance(value, list) and all(isinstance(item, dict) for item in value):
            return value
        self._tell(path, "must be a list of tables")
        return []

    def _member(self, path: Path, value: Any, key: AnyKey) -> None:
        if isinstance(key, Key):
            self._value(path, value, key)
        elif isinstance(key, MapKey):
            self._map(path, self.table(path, value), key)
        elif not key.many:
            self._row(path, self.table(path, value), key)
        elif key.from_text is not None and isinstance(value, list):
            for number, item in enumerate(value):
                if isinstance(item, dict):
                    self._row((*path, number), item, key)
                else:
                    self._value((*path, number), item, key.from_text)
        else:
            for number, item in enumerate(self.tables(path, value)):
                self._row((*path, number), item, key)

    def _row(self, path: Path, table: Mapping[str, Any], key: TableKey) -> None:
        self.members(path, table, key.keys)
        for name in key.required:
            if name not in table:
                self._tell(path, f"{name} is missing; it must be {key.keys[name].allowed}")

    def _map(self, path: Path, table: Mapping[str, Any], key: MapKey) -> None:
        for name, value in table.items():
            if not key.name.accepts(name):
                self._tell((*path, name), f"is not {key.name.allowed}{_hint([name], key.name)}")
            elif not key.value.accepts(value):
                self._value((*path, name), value, key.value)
            elif key.keys:
                self.members((*path, name), value, key.keys)

    def _value(self, path: Path, value: Any, key: Key) -> None:
        if not key.accepts(value):
            given = value if isinstance(value, list) else [value]
            hint = _hint(given, key)
            quoted = "what stands here" if key.secret else shown(value)
            self._tell(path, f"{quoted} is not allowed; it must be {key.allowed}{hint}")

    def _names(self, path: Path, table: Mapping[str, Any], known: Sequence[str]) -> None:
        for name in table:
            if name not in known:
                close = difflib.get_close_matches(name, known, n=1)
                hint = f"did you mean {close[0]}?" if close else f"known are {', '.join(known)}"
                self._tell(path, f"unknown key {name}; {hint}", at=(*path, name))

    def _slots(self, boards: Sequence[Mapping[str, Any]]) -> None:
        first: dict[Any, int] = {}
        for number, board in enumerate(boards):
            slot = board.get("slot")
            if isinstance(slot, str) and first.setdefault(slot, number) != number:
                where = first[slot] + 1
                self._tell(("board", number, "slot"), f"{shown(slot)} is the slot of board {where}")

    def _tell(self, path: Path, what: str, *, at: Path = ()) -> None:
        line = line_of(self._lines, at or path)
        self.mistakes.append(f"{self._file}:{line}: {_words(path)}: {what}")


def shown(value: Any) -> str:
    """Return a value for a message, cut where it is long."""
    text = repr(value) if isinstance(value, str) else str(value)
    return text if len(text) <= 60 else text[:57] + "..."


def _words(path: Path) -> str:
    """Return a path as people read it: `board 2.faults 1.at`."""
    words = ""
    for part in path:
        if isinstance(part, int):
            words += f" {part + 1}"
        else:
            words += f".{part}" if words else part
    return words or "the file"


def _hint(given: Iterable[Any], key: Key) -> str:
    """Return which known name was probably meant with the first that is not known."""
    for one in given:
        if isinstance(one, str) and one not in key.known:
            close = difflib.get_close_matches(one, key.known, n=1)
            return f"; did you mean {close[0]}?" if close else ""
    return ""
