"""What the auditor reads: the audit's tables, the world log, the log of acknowledgements.

Nothing is believed: rows are taken as they stand in the file. A world log comes from a rehearsal
(with virtual times and how far the audit could be seen) or from a rack (with wall times alone).
"""

import json
import sqlite3
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import Any

Row = dict[str, Any]

_OWN_WORDS = frozenset(
    {"made", "put", "pulled", "request", "applied", "tile", "verdict", "notice", "shift",
     "clock_step", "power_on", "power_off", "station_failed", "decided"}
)  # fmt: skip
ALWAYS = 1 << 62
"""Stands for the visible entry where a world log does not say how far the audit was seen."""


@dataclass(frozen=True, slots=True)
class Ack:
    """The writer said: entries up to `last` are durable, and this is the hash of `last`."""

    first: int
    last: int
    head: str


@dataclass(slots=True)
class Run:
    """A run with everything that hangs on it."""

    row: Row
    end: Row | None = None
    steps: list[Row] = field(default_factory=list)
    ends: dict[int, Row] = field(default_factory=dict)
    identities: list[Row] = field(default_factory=list)
    measurements: list[Row] = field(default_factory=list)
    plan: Mapping[str, Any] = field(default_factory=dict)

    @property
    def run_id(self) -> str:
        """Its id."""
        return str(self.row["run_id"])

    @property
    def device_id(self) -> str:
        """The identity that it began with, or the first that was read; empty without any."""
        return str(self.identities[0]["device_id"]) if self.identities else ""

    @property
    def outcome(self) -> str:
        """How it ended, empty while it did not."""
        return str(self.end["outcome"]) if self.end is not None else ""


@dataclass
class Evidence:
    """All sources side by side."""

    tables: dict[str, list[Row]]
    columns: dict[str, list[str]]
    world: list[Row]
    acks: list[Ack]
    triggers: dict[str, str] | None = None
    """The triggers of each table of a SQLite file, as one text."""
    files: tuple[Path, ...] = ()
    """Files in which no secret may be found."""

    def rows(self, table: str) -> list[Row]:
        """Return the rows of a table by their entry; none when there is no such table."""
        return self.tables.get(table, [])

    def told(self, *what: str) -> list[Row]:
        """Return the lines of the world log of these kinds."""
        return [line for line in self.world if line["what"] in what]

    @cached_property
    def shift(self) -> Row:
        """What the world log says of the whole shift; empty when it is a rack's."""
        return next(iter(self.told("shift")), {})

    @cached_property
    def runs(self) -> dict[str, Run]:
        """Every run by its id, in their order."""
        plans = {row["recipe_hash"]: json.loads(row["plan"]) for row in self.rows("recipe")}
        runs = {
            row["run_id"]: Run(row, plan=plans.get(row["recipe_hash"], {}))
            for row in self.rows("run")
        }
        for row in self.rows("run_end"):
            runs[row["run_id"]].end = row
        for row in sorted(self.rows("step"), key=lambda step: int(step["sequence"])):
            runs[row["run_id"]].steps.append(row)
        for row in self.rows("step_end"):
            runs[row["run_id"]].ends[row["sequence"]] = row
        for row in self.rows("identity"):
            runs[row["run_id"]].identities.append(row)
        for row in self.rows("measurement"):
            runs[row["run_id"]].measurements.append(row)
        return runs

    @cached_property
    def intents_of(self) -> Mapping[str, list[Row]]:
        """The intents of each device, by entry."""
        return _grouped(self.rows("intent"), "device_id")

    @cached_property
    def findings_of(self) -> Mapping[str, list[Row]]:
        """The findings of each intent, by entry."""
        return _grouped(self.rows("finding"), "intent_id")

    @cached_property
    def requests_of(self) -> Mapping[str, list[Row]]:
        """The requests for good that reached each device, in their order."""
        return _grouped(self.told("request"), "device_id")

    @cached_property
    def states_of(self) -> Mapping[str, list[Row]]:
        """What each device accepted for good, in its order, again accepted ones included."""
        applied = [
            line for line in self.told("applied") if line["kind"].startswith("manufacturing_state")
        ]
        return _grouped(applied, "device_id")

    @cached_property
    def made(self) -> dict[str, Row]:
        """How each device was made."""
        return {line["device_id"]: line for line in self.told("made")}

    def state_at_birth(self, device_id: str) -> str:
        """Return the manufacturing state that a device was made with."""
        return str(self.made.get(device_id, {}).get("state", "Blank"))


def _grouped(rows: Iterable[Row], by: str) -> Mapping[str, list[Row]]:
    groups: defaultdict[str, list[Row]] = defaultdict(list)
    for row in rows:
        groups[row[by]].append(row)
    return groups


def visible(line: Row) -> int:
    """Return the highest entry that could be seen when `line` was written."""
    return int(line.get("visible", ALWAYS))


def load(database: str, world: Path | None, acks: Path | None) -> Evidence:
    """Read the three sources. `database` is a file or a URL of PostgreSQL."""
    if database.startswith("postgres"):
        tables, columns = _from_postgres(database)
        triggers = None
        files: tuple[Path, ...] = ()
    else:
        path = Path(database.removeprefix("sqlite:///"))
        tables, columns = _from_sqlite(path)
        triggers = _triggers(path)
        ours = {p.resolve() for p in (world, acks) if p is not None}
        files = tuple(p for p in sorted(path.parent.iterdir()) if p.resolve() not in ours)
    return Evidence(tables, columns, _world(world), _acks(acks), triggers, files)


def _from_sqlite(path: Path) -> tuple[dict[str, list[Row]], dict[str, list[str]]]:
    listed = "SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name"
    tables: dict[str, list[Row]] = {}
    columns: dict[str, list[str]] = {}
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as connection:
        for (name,) in connection.execute(listed).fetchall():
            cursor = connection.execute(f"SELECT * FROM {name}")  # noqa: S608  # from the file
            columns[name] = [column[0] for column in cursor.description]
            tables[name] = _by_entry(columns[name], cursor.fetchall())
    return tables, columns


def _triggers(path: Path) -> dict[str, str]:
    listed = "SELECT tbl_name, sql FROM sqlite_master WHERE type = 'trigger'"
    found: defaultdict[str, str] = defaultdict(str)
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as connection:
        for table, text in connection.execute(listed):
            found[table] += text.upper()
    return found


def _from_postgres(url: str) -> tuple[dict[str, list[Row]], dict[str, list[str]]]:
    import psycopg

    listed = (
        "SELECT table_name FROM information_schema.tables WHERE table_type = 'BASE TABLE' "
        "AND table_schema = current_schema() ORDER BY 1"
    )
    tables: dict[str, list[Row]] = {}
    columns: dict[str, list[str]] = {}
    with psycopg.connect(url.replace("postgresql+psycopg://", "postgresql://")) as connection:
        for (name,) in connection.execute(listed).fetchall():
            cursor = connection.execute(f'SELECT * FROM "{name}"'.encode())  # noqa: S608  # from the catalogue
            columns[name] = [column.name for column in cursor.description or ()]
            tables[name] = _by_entry(columns[name], cursor.fetchall())
    return tables, columns


def _by_entry(names: Sequence[str], rows: Iterable[Sequence[Any]]) -> list[Row]:
    found = [dict(zip(names, row, strict=True)) for row in rows]
    if "entry" in names:
        found.sort(key=lambda row: int(row["entry"]))
    return found


def _world(path: Path | None) -> list[Row]:
    if path is None or not path.exists():
        return []
    lines = path.read_text(encoding="utf-8").splitlines()
    return [_line(json.loads(line)) for line in lines if line.strip()]


def _line(line: Row) -> Row:
    if "t" not in line:
        line["t"] = datetime.fromisoformat(line["at"]).timestamp()
    if line["what"] not in _OWN_WORDS:
        line = {**line, "kind": line["what"], "what": "applied"}
    return line


def _acks(path: Path | None) -> list[Ack]:
    """Read acknowledgements: JSON lines of a rehearsal, or `entry hash table` of a station."""
    if path is None or not path.exists():
        return []
    acks = []
    for line in path.read_text(encoding="utf-8").splitlines():
        if line.startswith("{"):
            found = json.loads(line)
            acks.append(Ack(int(found["first"]), int(found["last"]), found["head"]))
        elif len(parts := line.split()) == 3:  # the last line may be cut off
            acks.append(Ack(int(parts[0]), int(parts[0]), parts[1]))
    return acks
