"""The world log: what really happened, in the order in which it did, told by nobody but the world.

Each line has the virtual time. A line about something that cannot be undone also has the highest
entry of the audit that could be seen at that moment over a connection of the world's own.
"""

import json
import sqlite3
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_HELD = "SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name"


_LAST_STATES = """
SELECT i.intent_id, i.device_id, i.parameters FROM intent i
WHERE (SELECT f.state FROM finding f WHERE f.intent_id = i.intent_id ORDER BY f.entry DESC LIMIT 1)
      = 'unknown'
ORDER BY i.entry
"""


_OPEN = """
SELECT count(*) FROM intent i WHERE device_id = ? AND coalesce(
    (SELECT f.state FROM finding f WHERE f.intent_id = i.intent_id ORDER BY f.entry DESC LIMIT 1),
    'reopened') IN ('reopened', 'unknown')
"""


_sorted = json.JSONEncoder(sort_keys=True).encode


@dataclass(frozen=True, slots=True)
class Held:
    """An intent that a person must decide about."""

    intent_id: str
    device_id: str
    target: str


class Witness:
    """Looks into the audit's file while the program writes it; it can only read."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._connection: sqlite3.Connection | None = None
        self._query = ""

    def highest(self) -> int:
        """Return the highest entry that is committed, 0 before there is any."""
        if self._connection is None and not self._open():
            return 0
        assert self._connection is not None
        found = self._connection.execute(self._query).fetchone()[0]
        return int(found or 0)

    def held(self) -> list[Held]:
        """Return what is held for a person, the oldest first."""
        if self._connection is None and not self._open():
            return []
        assert self._connection is not None
        rows = self._connection.execute(_LAST_STATES).fetchall()
        return [Held(row[0], row[1], json.loads(row[2])["state"]) for row in rows]

    def is_open(self, device_id: str) -> bool:
        """Return True while an intent of that device has no end."""
        if self._connection is None and not self._open():
            return False
        assert self._connection is not None
        return bool(self._connection.execute(_OPEN, (device_id,)).fetchone()[0])

    def close(self) -> None:
        """Let go of the file."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _open(self) -> bool:
        if not self._path.exists():
            return False
        connection = sqlite3.connect(f"file:{self._path}?mode=ro", uri=True, isolation_level=None)
        tables = [name for (name,) in connection.execute(_HELD)]
        chained = [name for name in tables if _has_entry(connection, name)]
        if not chained:
            connection.close()
            return False
        highest = " UNION ALL ".join(f"SELECT max(entry) AS e FROM {name}" for name in chained)  # noqa: S608  # names from the file itself
        self._query = f"SELECT max(e) FROM ({highest})"  # noqa: S608  # as above
        self._connection = connection
        return True


def _has_entry(connection: sqlite3.Connection, table: str) -> bool:
    columns = connection.execute(f"PRAGMA table_info({table})").fetchall()
    return any(column[1] == "entry" for column in columns)


class WorldLog:
    """Keeps the lines in memory and counts what was injected."""

    def __init__(self, time: Callable[[], float], witness: Witness) -> None:
        self._time = time
        self._witness = witness
        self.lines: list[dict[str, Any]] = []
        self.acknowledged: list[tuple[int, int, str]] = []
        self.injected: Counter[str] = Counter()
        """How often each kind of fault really struck."""

    def note(self, what: str, *, seen: bool = False, **facts: Any) -> None:
        """Write a line; with `seen` also how far the audit could be read at this moment."""
        line = {"t": round(self._time(), 6), "what": what, **facts}
        if seen:
            line["visible"] = self._witness.highest()
        self.lines.append(line)

    def strike(self, kind: str) -> None:
        """Count that a fault of that kind struck."""
        self.injected[kind] += 1

    def acknowledge(self, first: int, last: int, head: str) -> None:
        """Note what the writer has acknowledged: entries, and the hash of the last."""
        self.acknowledged.append((first, last, head))

    def world_text(self) -> str:
        """Return the log as JSON lines."""
        return "".join(_sorted(line) + "\n" for line in self.lines)

    def acks_text(self) -> str:
        """Return the acknowledgements as JSON lines."""
        return "".join(
            json.dumps({"first": first, "last": last, "head": head}) + "\n"
            for first, last, head in self.acknowledged
        )
