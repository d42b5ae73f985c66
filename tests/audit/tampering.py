"""What somebody does who can write to a database file, with all guards taken away first.

Every edit changes what at least one row says, or which rows there are.
"""

import random
import sqlite3
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Any, NamedTuple

from sqlalchemy import Column

from orchestrator.audit.chain import GENESIS, CanonicalForm, chained_columns, link
from orchestrator.audit.tables import TABLES

NAMES = [table.name for table in TABLES.values()]
BY_NAME = {table.name: table for table in TABLES.values()}


class Edited(NamedTuple):
    """What was done, in words, and between which entries it is to be found."""

    words: str
    first: int
    last: int


Edit = Callable[[sqlite3.Connection, random.Random], Edited]


def opened(path: Path) -> sqlite3.Connection:
    """Open a database as an attacker does: no keys, no triggers, no checks."""
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("PRAGMA foreign_keys = OFF")
    connection.execute("PRAGMA ignore_check_constraints = ON")
    connection.execute("PRAGMA synchronous = OFF")
    connection.execute("PRAGMA journal_mode = MEMORY")
    for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'"):
        connection.execute(f"DROP TRIGGER {name}")
    return connection


def places(connection: sqlite3.Connection) -> list[tuple[int, str]]:
    """Return entry and table of every row, in their order."""
    found: list[tuple[int, str]] = []
    for name in NAMES:
        found += [(row[0], name) for row in connection.execute(f"SELECT entry FROM {name}")]
    return sorted(found)


def flip(connection: sqlite3.Connection, chance: random.Random) -> Edited:
    """Change one character, bit or number in one column of one row."""
    entry, name = chance.choice(places(connection))
    columns = [*(column.name for column in BY_NAME[name].columns)]
    column = chance.choice([c for c in columns if c != "entry"])
    old = connection.execute(f"SELECT {column} FROM {name} WHERE entry = {entry}").fetchone()[0]
    new = _other(old, chance, BY_NAME[name].columns[column])
    connection.execute(f"UPDATE OR REPLACE {name} SET {column} = ? WHERE entry = {entry}", (new,))
    return Edited(f"{name}.{column}: {old!r} -> {new!r}", entry, entry)


def _other(old: Any, chance: random.Random, column: Column[Any]) -> Any:
    if old is None:
        return 1 if column.type.python_type is int else "x"
    if isinstance(old, int):
        return 1 - old if old in (0, 1) else old ^ (1 << chance.randrange(20))
    if not old:
        return "x" if isinstance(old, str) else b"x"
    place = chance.randrange(len(old))
    if isinstance(old, bytes):
        changed = bytearray(old)
        changed[place] ^= 1 << chance.randrange(8)
        return bytes(changed)
    other = chr(ord(old[place]) ^ (1 << chance.randrange(5)))
    return old[:place] + other + old[place + 1 :]


def delete(connection: sqlite3.Connection, chance: random.Random) -> Edited:
    """Delete one row."""
    entry, name = chance.choice(places(connection))
    connection.execute(f"DELETE FROM {name} WHERE entry = {entry}")
    return Edited(f"{name} deleted", entry, entry)


def insert(connection: sqlite3.Connection, chance: random.Random) -> Edited:
    """Insert a copy of a row under another number and keys of its own."""
    entry, name = chance.choice(places(connection))
    last = places(connection)[-1][0]
    new = chance.choice(
        [-7, 0, last + 1, last + 2, *(e for e, other in places(connection) if other != name)]
    )
    columns = [column.name for column in BY_NAME[name].columns]
    row = list(connection.execute(f"SELECT * FROM {name} WHERE entry = {entry}").fetchone())
    row[columns.index("entry")] = new
    for key in BY_NAME[name].info["key"]:
        place = columns.index(key)
        row[place] = row[place] + 1000 if isinstance(row[place], int) else f"{row[place]}x"
    marks = ", ".join("?" * len(row))
    connection.execute(f"INSERT INTO {name} VALUES ({marks})", row)
    return Edited(f"{name} {entry} inserted again", min(new, last + 1), new)


def swap(connection: sqlite3.Connection, chance: random.Random) -> Edited:
    """Exchange the numbers of two rows, of one table or of two, with or without their hashes."""
    (one, first), (other, second) = chance.sample(places(connection), 2)
    with_hashes = chance.random() < 0.5
    hashes = [
        connection.execute(f"SELECT entry_hash FROM {name} WHERE entry = {entry}").fetchone()[0]
        for entry, name in ((one, first), (other, second))
    ]
    connection.execute(f"UPDATE {first} SET entry = -1 WHERE entry = {one}")
    connection.execute(f"UPDATE {second} SET entry = {one} WHERE entry = {other}")
    connection.execute(f"UPDATE {first} SET entry = {other} WHERE entry = -1")
    if with_hashes:
        for name, entry, digest in ((second, one, hashes[0]), (first, other, hashes[1])):
            connection.execute(f"UPDATE {name} SET entry_hash = ? WHERE entry = {entry}", (digest,))
    return Edited(f"{first} and {second} exchanged", min(one, other), max(one, other))


def truncate(connection: sqlite3.Connection, chance: random.Random) -> Edited:
    """Cut off the end of the chain."""
    found = places(connection)
    first = chance.choice(found)[0]
    for name in NAMES:
        connection.execute(f"DELETE FROM {name} WHERE entry >= {first}")
    return Edited("everything behind cut off", first, first)


def rechain(connection: sqlite3.Connection, chance: random.Random) -> Edited:
    """Change a row and compute all hashes again, as one can without the key."""
    names = ("measurement", "step_end", "run_end", "unit", "identity", "finding", "event")
    entry, name = chance.choice([place for place in places(connection) if place[1] in names])
    column = chance.choice([c.name for c in chained_columns(BY_NAME[name])])
    old = connection.execute(f"SELECT {column} FROM {name} WHERE entry = {entry}").fetchone()[0]
    new = _other(old, chance, BY_NAME[name].columns[column])
    connection.execute(f"UPDATE {name} SET {column} = ? WHERE entry = {entry}", (new,))
    head = GENESIS.hash
    for number, table in places(connection):
        wanted = ", ".join(c.name for c in chained_columns(BY_NAME[table]))
        row = connection.execute(f"SELECT {wanted} FROM {table} WHERE entry = {number}").fetchone()
        head = link(head, CanonicalForm(BY_NAME[table]).canonical(number, row))
        connection.execute(f"UPDATE {table} SET entry_hash = ? WHERE entry = {number}", (head,))
    signed = min(e for e, other in places(connection) if other == "checkpoint" and e > entry)
    return Edited(f"{name}.{column}: {old!r} -> {new!r}, all chained again", entry, signed)


def exchange_attachment(connection: sqlite3.Connection, chance: random.Random) -> Edited:
    """Put another content under an attachment, whose hash is in the chain."""
    entry = chance.choice([e for e, name in places(connection) if name == "attachment"])
    content = sha256(chance.randbytes(4)).digest()
    connection.execute(f"UPDATE attachment SET content = ? WHERE entry = {entry}", (content,))
    return Edited("attachment exchanged", entry, entry)


EDITS: tuple[tuple[Edit, int], ...] = (
    (flip, 40),
    (delete, 15),
    (insert, 15),
    (swap, 15),
    (truncate, 6),
    (rechain, 6),
    (exchange_attachment, 3),
)
"""Every edit, and how often it is chosen."""


def tamper(connection: sqlite3.Connection, seed: int) -> Edited:
    """Make one random edit."""
    chance = random.Random(seed)
    edits, weights = zip(*EDITS, strict=True)
    (edit,) = chance.choices(edits, weights)
    done: Edited = edit(connection, chance)
    return done
