"""The audit as the rest of the house sees it: opened once, written by one thread, read beside it.

`open_audit` is for the station: it writes. `reading` is for commands: it cannot write, and works
while a station runs. An empty database gets its tables here; an older one is left to people.
"""

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Concatenate, ParamSpec, TypeVar

from anyio.to_thread import run_sync
from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from orchestrator.audit.attest import (
    CHECKPOINT_ENTRIES,
    CHECKPOINT_SECONDS,
    Attestor,
    OnCheckpoint,
)
from orchestrator.audit.commit import OnAcknowledged, OnCommitted, OnEntries
from orchestrator.audit.faults import explain
from orchestrator.audit.location import open_store, reading_engine
from orchestrator.audit.schema import demand_revision, read_revision
from orchestrator.audit.signing import Signer
from orchestrator.audit.store import Store
from orchestrator.audit.writer import MAX_CALLS_WAITING, InlineWriter, Writer
from orchestrator.domain.clock import Clock, SystemClock
from orchestrator.domain.errors import AuditUnavailable
from orchestrator.domain.records import Record

QUESTION_SECONDS = 5.0
"""How long a question of the station itself may take."""

COMMAND_SECONDS = 60.0
"""How long a question of a person at the command line may take."""

P = ParamSpec("P")
T = TypeVar("T")


class Audit:
    """An open audit. Implements `domain.records.Recorder`."""

    def __init__(
        self, writer: Writer, database_url: str, store: Store, *, inline: bool = False
    ) -> None:
        self._writer = writer
        # The writer's own, and not a call of it: every step would pay for it.
        self.record = writer.record
        """Return when all records are durable, in one transaction, in the order of the call.

        Rows that are written once are left as they are when already there. Raises AuditUnavailable
        when they may not be on disk, StationMisuse when one of them cannot be stored at all.
        Needs the event loop in which the audit was opened.
        """
        self._inline = inline
        self._database_url = database_url
        self.database_version = store.version()
        """Name and version of the database program, for the station's row."""
        self.caution = store.caution()
        """What a person should know about that version, empty when there is nothing."""

    async def try_again(self, *probe: Record) -> tuple[Record, ...]:
        """Open the database anew after a failure and write `probe`; see `Writer.try_again`."""
        return await self._writer.try_again(*probe)

    @property
    def failure(self) -> AuditUnavailable | None:
        """Why nothing can be written any more; None while all is well."""
        return self._writer.failure

    @property
    def commits(self) -> int:
        """How many transactions were committed since the audit was opened."""
        return self._writer.commits

    async def read(
        self, query: Callable[Concatenate[Connection, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """Return `query(connection, ...)`, asked on a read-only connection.

        Asked in a worker thread, unless the audit was opened inline. Sees everything that was
        committed before. Raises AuditUnavailable when the question cannot be answered within
        `QUESTION_SECONDS`.
        """

        def ask() -> T:
            with reading(self._database_url, seconds=QUESTION_SECONDS) as connection:
                return query(connection, *args, **kwargs)

        return ask() if self._inline else await run_sync(ask)


@asynccontextmanager
async def open_audit(
    database_url: str,
    *,
    signer: Signer | None = None,
    clock: Clock | None = None,
    inline: bool = False,
    on_committed: OnCommitted | None = None,
    on_acknowledged: OnAcknowledged | None = None,
    on_entries: OnEntries | None = None,
    on_checkpoint: OnCheckpoint | None = None,
    checkpoint_entries: int = CHECKPOINT_ENTRIES,
    checkpoint_seconds: float = CHECKPOINT_SECONDS,
    busy_timeout_seconds: float = 5.0,
    max_calls_waiting: int = MAX_CALLS_WAITING,
) -> AsyncIterator[Audit]:
    """Open the audit for writing, as the only writer; at the end write what waits and close.

    An empty database gets its tables, and one without an epoch its first, when there is a
    `signer`. The signer's checkpoints go to `on_checkpoint` after their commit, at the latest
    after `checkpoint_entries` or with the first commit after `checkpoint_seconds`.
    `on_committed`, `on_acknowledged` and `on_entries` are told of each commit before its callers
    are. All four are called in the writer's thread and must not block; with `inline` there is no
    thread, and everything happens in the event loop. `clock` dates what the audit itself writes.

    Another program that holds the database locked is waited for `busy_timeout_seconds`. Raises
    ConfigurationMistakes for a URL that cannot be used, StationBusy when another station writes
    to the server's database, and AuditUnavailable when the database cannot be opened, is damaged,
    has another schema or another signing key, or does not take the settings that make a commit
    durable.
    """
    attestor = None
    if signer is not None:
        attestor = Attestor(
            signer,
            clock or SystemClock(),
            on_checkpoint=on_checkpoint,
            checkpoint_entries=checkpoint_entries,
            checkpoint_seconds=checkpoint_seconds,
        )
    given = database_url, busy_timeout_seconds, attestor
    store, first = _opened_store(*given) if inline else await run_sync(_opened_store, *given)
    writer = (InlineWriter if inline else Writer)(
        store,
        attestor=attestor,
        clock=clock,
        max_calls_waiting=max_calls_waiting,
        on_committed=on_committed,
        on_acknowledged=on_acknowledged,
        on_entries=on_entries,
    )
    audit = Audit(writer, database_url, store, inline=inline)
    writer.start()
    try:
        if first:
            await audit.record(*first)
        yield audit
    finally:
        await writer.close()


def _opened_store(
    database_url: str, busy_timeout_seconds: float, attestor: Attestor | None
) -> tuple[Store, tuple[Record, ...]]:
    """Return the open store, and the rows that its chain begins with when it is new."""
    store = open_store(database_url, busy_timeout_seconds)
    try:
        store.open()
        store.close()
        with store.engine.connect() as connection:
            revision = read_revision(connection, store.place)
            if revision is None:
                # Loaded for an empty database alone: every other start is quicker without.
                from orchestrator.audit.migrate import upgrade_connection

                revision = upgrade_connection(connection)
        demand_revision(revision, store.place)
        store.open()
        store.load_head()
        return store, () if attestor is None else _begun(store, attestor)
    except store.commit_errors as error:
        store.close()
        raise explain(error, store.place) from error


def _begun(store: Store, attestor: Attestor) -> tuple[Record, ...]:
    state = store.state()
    attestor.demand_own(state, store.place)
    attestor.resume(state)
    return attestor.beginning(state)


@contextmanager
def reading(
    database_url: str, *, seconds: float = COMMAND_SECONDS, check_schema: bool = True
) -> Iterator[Connection]:
    """Give a connection that can only read, for questions that end within `seconds`.

    `check_schema` refuses another schema than the program's. Raises Unreachable when there is
    no such database, AuditUnavailable when it cannot be read or
    has another schema, ConfigurationMistakes for a URL that cannot be used.
    """
    engine, place = reading_engine(database_url, seconds)
    try:
        with engine.connect() as connection:
            if check_schema:
                demand_revision(read_revision(connection, place), place)
            yield connection
    except DBAPIError as error:
        raise explain(error, place) from error
