"""Which part of the chain may go to an archive, and which of its rows must stay all the same.

A segment begins where the last one ended and ends before a day, at an entry where no run is open:
whole runs only, and nothing of the day itself. What stays of it (the carried rows):

- every intent with its findings, for ever: they keep a unit from being locked or claimed twice,
- keys, epochs and earlier segments, which prove the rest,
- what a row that stays refers to, and what says how a run or a step that stays has ended.
"""

from typing import NamedTuple

from sqlalchemy import (
    BigInteger,
    Column,
    ColumnElement,
    Connection,
    ForeignKeyConstraint,
    FromClause,
    Integer,
    MetaData,
    Table,
    and_,
    func,
    insert,
    or_,
    select,
)

from orchestrator.audit.chain import GENESIS
from orchestrator.audit.proof_tables import checkpoint, epoch, segment, signing_key
from orchestrator.audit.tables import (
    TABLES,
    finding,
    identity,
    intent,
    run,
    run_end,
    step,
    step_end,
)

_ALWAYS_STAY = (signing_key, epoch, segment, intent, finding)
_STAY_WITH = ((run, run_end), (run, identity), (step, step_end), (intent, finding))
"""Rows of the second table stay with the row of the first that they belong to."""

CARRIED = Table(
    "carried",
    MetaData(),
    Column(
        "entry",
        BigInteger().with_variant(Integer(), "sqlite"),
        primary_key=True,
        autoincrement=False,
    ),
    prefixes=["TEMPORARY"],
)
"""The entries that stay, for as long as the connection lives."""


class Stretch(NamedTuple):
    """Entries from `first` to `last`, behind the hash `previous`."""

    first: int
    last: int
    previous: bytes

    def holds(self, entry: ColumnElement[int]) -> ColumnElement[bool]:
        """Return the condition that an entry lies in the stretch."""
        return entry.between(self.first, self.last)


class Obstacle(NamedTuple):
    """Why nothing can be archived, in words."""

    why: str


def choose(connection: Connection, before: str) -> Stretch | Obstacle:
    """Return the longest stretch of whole runs whose rows are all older than `before` (RFC 3339).

    It stays below the newest checkpoint, so that the database still holds the entry which that
    one vouches for.
    """
    first, previous = _after_last_segment(connection)
    newest = [connection.execute(select(func.max(t.c.entry))).scalar() for t in TABLES.values()]
    last, why = max(number or 0 for number in newest), "the database holds nothing more"
    signed = connection.execute(select(func.max(checkpoint.c.up_to))).scalar()
    if signed is not None and signed <= last:
        last, why = signed - 1, f"the newest checkpoint is that of entry {signed}"
    for table in TABLES.values():
        moment = next((c for c in table.columns if c.name.endswith("_at")), None)
        if moment is None:
            continue
        query = select(func.min(table.c.entry)).where(moment >= before, table.c.entry >= first)
        late = connection.execute(query).scalar()
        if late is not None and late <= last:
            last, why = late - 1, f"entry {late} (table {table.name}) is not older"
    while (opened := _first_open(connection, first, last)) is not None:
        last, why = opened - 1, f"the run that began with entry {opened} was not over"
    if last < first:
        return Obstacle(f"of the entries from {first} on none can go: {why}")
    return Stretch(first, last, previous)


def _after_last_segment(connection: Connection) -> tuple[int, bytes]:
    newest = select(segment.c.last_entry, segment.c.last_hash)
    row = connection.execute(newest.order_by(segment.c.last_entry.desc()).limit(1)).first()
    return (1, GENESIS.hash) if row is None else (row[0] + 1, bytes.fromhex(row[1]))


def _first_open(connection: Connection, first: int, last: int) -> int | None:
    """Return the begin of the first run that is open behind entry `last`."""
    not_over = or_(run_end.c.entry.is_(None), run_end.c.entry > last)
    query = select(func.min(run.c.entry)).select_from(
        run.outerjoin(run_end, run_end.c.run_id == run.c.run_id)
    )
    found: int | None = connection.execute(
        query.where(run.c.entry.between(first, last), not_over)
    ).scalar()
    return found


def mark_carried(connection: Connection, stretch: Stretch) -> int:
    """Fill the table `CARRIED` with the entries of `stretch` that stay; return how many."""
    CARRIED.create(connection)
    for table in _ALWAYS_STAY:
        _mark(connection, table, table, stretch, stretch.holds(table.c.entry))
    for child, parent, matches in _references():
        later = child.c.entry > stretch.last
        _mark(connection, parent, child, stretch, and_(matches, later))
    while True:
        stays = _count(connection)
        for child, parent, matches in _references():
            chosen = child.c.entry.in_(select(CARRIED.c.entry))
            _mark(connection, parent, child, stretch, and_(matches, chosen))
        for owner, companion in _STAY_WITH:
            key = [
                name for name in ("run_id", "sequence", "intent_id") if name in owner.info["key"]
            ]
            chosen = owner.c.entry.in_(select(CARRIED.c.entry))
            matches = and_(*(owner.c[name] == companion.c[name] for name in key))
            _mark(connection, companion, owner, stretch, and_(matches, chosen))
        if _count(connection) == stays:
            return stays


class _Reference(NamedTuple):
    """A reference from the rows of `child` to those of `parent`."""

    child: FromClause
    parent: Table
    matches: ColumnElement[bool]


def _references() -> list[_Reference]:
    found = []
    for table in TABLES.values():
        for key in table.foreign_key_constraints:
            # A table may refer to itself.
            child = table.alias("child")
            parent = key.referred_table
            found.append(_Reference(child, parent, _matches(key, child, parent)))
    return found


def _matches(
    key: ForeignKeyConstraint, child: FromClause, parent: FromClause
) -> ColumnElement[bool]:
    return and_(*(child.c[part.parent.name] == parent.c[part.column.name] for part in key.elements))


def _mark(
    connection: Connection,
    table: FromClause,
    joined: FromClause,
    stretch: Stretch,
    condition: ColumnElement[bool],
) -> None:
    already = select(CARRIED.c.entry)
    wanted = (
        select(table.c.entry)
        .distinct()
        .select_from(*{table, joined})
        .where(condition, stretch.holds(table.c.entry), table.c.entry.not_in(already))
    )
    connection.execute(insert(CARRIED).from_select(["entry"], wanted))


def _count(connection: Connection) -> int:
    return connection.execute(select(func.count()).select_from(CARRIED)).scalar_one()
