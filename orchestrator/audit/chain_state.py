"""Where the chain of a database stands: its end, and the epoch and key in force there.

For those who decide whether a station may go on with a database; nothing is judged here.
"""

from dataclasses import dataclass
from functools import cache
from typing import Any

from sqlalchemy import CompoundSelect, Connection, func, select, union_all

from orchestrator.audit.chain import GENESIS, Head
from orchestrator.audit.proof_tables import checkpoint, epoch, signing_key
from orchestrator.audit.tables import TABLES


@dataclass(frozen=True, slots=True)
class ChainState:
    """The end of a chain. The other members are None in a database without an epoch."""

    head: Head
    station_id: str | None
    epoch_id: str | None
    key_id: str | None
    """The key in force: that of the last epoch, or of the last key row when that is later."""
    public_key: str | None
    """Ed25519, base64."""
    signed_entry: int
    """The entry of the last checkpoint; 0 when there is none."""


def chain_head(connection: Connection) -> Head:
    """Return the last entry and its hash."""
    found = max((tuple(row) for row in connection.execute(_heads())), default=None)
    return GENESIS if found is None else Head(found[0], bytes(found[1]))


@cache
def _heads() -> CompoundSelect[Any]:
    return union_all(
        *(
            select(table.c.entry, table.c.entry_hash).where(
                table.c.entry == select(func.max(table.c.entry)).scalar_subquery()
            )
            for table in TABLES.values()
        )
    )


def chain_state(connection: Connection) -> ChainState:
    """Return where the chain stands. Raises the driver's errors as SQLAlchemy has them."""
    begun = _last(connection, select(epoch).order_by(epoch.c.entry.desc()))
    came = _last(connection, select(signing_key).order_by(signing_key.c.entry.desc()))
    signed = connection.execute(select(func.max(checkpoint.c.entry))).scalar()
    key_id = None if came is None else came.key_id
    if begun is not None and came is not None and begun.entry > came.entry:
        key_id = begun.key_id
    public = select(signing_key.c.public_key).where(signing_key.c.key_id == key_id)
    return ChainState(
        head=chain_head(connection),
        station_id=None if begun is None else begun.station_id,
        epoch_id=None if begun is None else begun.epoch_id,
        key_id=key_id,
        public_key=connection.execute(public).scalar(),
        signed_entry=signed or 0,
    )


def knows_key(connection: Connection, key_id: str) -> bool:
    """Say whether a key has ever come into force in this chain."""
    query = select(signing_key.c.entry).where(signing_key.c.key_id == key_id)
    return connection.execute(query).first() is not None


def _last(connection: Connection, ordered: Any) -> Any:
    return connection.execute(ordered.limit(1)).first()
