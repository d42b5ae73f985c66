"""What the tables of the audit are made of: columns, checks, and the two that chain every row.

`kept` makes a table: the columns of a record, then `entry` (its number in the database, counted
over all tables) and `entry_hash` (the chain up to it, see `chain.py`). What makes a row the one it
is, its key, is a unique constraint.
"""

from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    ForeignKeyConstraint,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
)
from sqlalchemy.sql.schema import SchemaItem

SHARED_METADATA = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)

ENTRY_COLUMNS = ("entry", "entry_hash")
"""The columns of every table that no record has: where the row is in the chain."""

HASH_BYTES = 32


def kept(name: str, *parts: SchemaItem) -> Table:
    """Return a table of the audit; the columns made with `key=True` are together unique."""
    columns = [part for part in parts if isinstance(part, Column)]
    key = [str(column.name) for column in columns if column.info.get("key")]
    # On SQLite a key that is declared INTEGER is the row's own place in the file: no index more.
    number = BigInteger().with_variant(Integer(), "sqlite")
    return Table(
        name,
        SHARED_METADATA,
        *columns,
        Column("entry", number, primary_key=True, autoincrement=False, nullable=False),
        Column("entry_hash", LargeBinary, nullable=False),
        UniqueConstraint(*key),
        *(part for part in parts if not isinstance(part, Column)),
        at_least(1, "entry"),
        CheckConstraint(f"length(entry_hash) = {HASH_BYTES}", name="entry_hash"),
        info={"key": tuple(key)},
    )


def text(name: str, *, key: bool = False, refers: str = "") -> Column[str]:
    """Return a column of text that is always there."""
    reference = (ForeignKey(refers),) if refers else ()
    return Column(name, Text, *reference, nullable=False, info={"key": key})


def maybe(name: str, *, refers: str = "") -> Column[str]:
    """Return a column of text that may be NULL."""
    reference = (ForeignKey(refers),) if refers else ()
    return Column(name, Text, *reference, nullable=True)


def count(name: str, *, key: bool = False, nullable: bool = False) -> Column[int]:
    """Return a column of whole numbers of 64 bits."""
    return Column(name, BigInteger, nullable=nullable, info={"key": key})


def truth(name: str) -> Column[bool]:
    """Return a column of yes and no: 1 and 0 on SQLite."""
    return Column(name, Boolean, nullable=False)


def content(name: str) -> Column[bytes]:
    """Return a column of bytes."""
    return Column(name, LargeBinary, nullable=False)


def at_least(minimum: int, name: str) -> CheckConstraint:
    """Return the check that a number is not below `minimum`."""
    return CheckConstraint(f"{name} >= {minimum}", name=name)


def one_of(name: str, usual: str, *words: str) -> CheckConstraint:
    """Return the check that a text is one of `words`."""
    # The usual word is asked for first: SQLite builds the list of all anew in every statement.
    listed = ", ".join(f"'{word}'" for word in words)
    return CheckConstraint(f"{name} = '{usual}' OR {name} IN ({listed})", name=name)


def truly(name: str) -> CheckConstraint:
    """Return the check that a truth is one, on a database that would take any number."""
    return CheckConstraint(f"{name} = FALSE OR {name} = TRUE", name=name)


def hexadecimal(name: str, characters: int = 2 * HASH_BYTES) -> CheckConstraint:
    """Return the check that a text has the length of a hash."""
    return CheckConstraint(f"length({name}) = {characters}", name=name)


def of_step() -> ForeignKeyConstraint:
    """Return the reference to the step attempt that a row belongs to."""
    return ForeignKeyConstraint(["run_id", "sequence"], ["step.run_id", "step.sequence"])


def record_columns(table: Table) -> list[Column[Any]]:
    """Return the columns of a table that its record has, in their order."""
    return [column for column in table.columns if column.name not in ENTRY_COLUMNS]


def key_columns(table: Table) -> tuple[str, ...]:
    """Return the names of the columns that make a row the one it is."""
    key: tuple[str, ...] = table.info["key"]
    return key
