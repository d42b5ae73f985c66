"""One transaction after another: what the writer does, wherever it runs.

Takes calls, writes them, halves a batch that breaks a constraint until the guilty call is found,
adds checkpoints, and says of each call what became of it. It knows of no thread and no event loop.
"""

from collections.abc import Callable, Sequence

from orchestrator.audit.append import Entry
from orchestrator.audit.attest import Attestor
from orchestrator.audit.chain import Head
from orchestrator.audit.checks import Call
from orchestrator.audit.faults import explain
from orchestrator.audit.store import Store
from orchestrator.domain.clock import Clock, SystemClock
from orchestrator.domain.crash_points import crash_point
from orchestrator.domain.errors import AuditUnavailable, StationMisuse
from orchestrator.domain.records import Record

Tell = Callable[[Sequence[Call], AuditUnavailable | StationMisuse | None], None]
"""Says of calls what became of them: None is durable."""

OnAcknowledged = Callable[[int, int, Head], None]
"""Told after a commit and before its callers: the first entry, the last one, the new head."""

OnCommitted = Callable[[float], None]
"""Told after each commit how many seconds its transaction took, from its begin until durable."""

OnEntries = Callable[[Sequence[Entry]], None]
"""Told like `OnAcknowledged`, of each entry."""


class Committer:
    """Owns the store and what is known of it. Called from one thread, or from none."""

    def __init__(
        self,
        store: Store,
        tell: Tell,
        *,
        attestor: Attestor | None = None,
        clock: Clock | None = None,
        on_committed: OnCommitted | None = None,
        on_acknowledged: OnAcknowledged | None = None,
        on_entries: OnEntries | None = None,
    ) -> None:
        self._store = store
        self._tell = tell
        self._attestor = attestor
        self._clock = clock or SystemClock()
        self._on_committed = on_committed
        self._on_acknowledged = on_acknowledged
        self._on_entries = on_entries
        self._unknown: list[Record] = []
        self.failure: AuditUnavailable | None = None
        """Why nothing can be written any more; None while all is well."""
        self.commits = 0
        """How many transactions were committed, for figures."""

    def write(self, calls: Sequence[Call]) -> None:
        """Write `calls` in one transaction; halve them when one breaks a constraint."""
        if self.failure is not None:
            self._tell(calls, self.failure)
            return
        store, began = self._store, self._clock.monotonic()
        try:
            store.insert(calls)
            before = store.chain.head.entry
            if self._attestor is not None:
                self._attestor.add(store)
        except store.guilty as error:
            store.rollback()
            self._search_guilty(calls, error)
            return
        except store.errors as error:
            self._fail(calls, error)
            return
        crash_point("commit.before")
        try:
            store.commit()
        except store.commit_errors as error:
            self._unknown += [record for call in calls for record in call.records]
            self._fail(calls, error)
            return
        self._unknown = []
        if self._on_committed is not None:
            self._on_committed(self._clock.monotonic() - began)
        self._committed(before)
        self._tell(calls, None)

    def reopen(self) -> tuple[Record, ...]:
        """Open the store anew; return those records of failed commits that are on disk.

        Raises AuditUnavailable while the store is still away.
        """
        store = self._store
        try:
            store.open()
            found = store.present(self._unknown)
            store.load_head()
            if self._attestor is not None:
                self._attestor.resume(store.state())
        except store.commit_errors as error:
            self.failure = explain(error, store.place)
            store.close()
            raise self.failure from error
        self.failure = None
        return tuple(found)

    def close(self) -> None:
        """Sign the end of the chain, when it was not signed yet, and close the store."""
        try:
            if self._attestor is not None and self.failure is None:
                self._sign_the_end(self._attestor)
        finally:
            self._store.close()

    def _sign_the_end(self, attestor: Attestor) -> None:
        store = self._store
        if not attestor.is_owed(store.chain.head):
            return
        try:
            store.insert([])
            before = store.chain.head.entry
            attestor.add(store, now=True)
            store.commit()
        except store.commit_errors as error:
            # Nothing is lost: the next start signs what it finds.
            self.failure = explain(error, store.place)
            return
        self._committed(before)

    def _committed(self, before: int) -> None:
        self.commits += 1
        crash_point("commit.after")
        chain = self._store.chain
        if self._on_acknowledged is not None and chain.head.entry > before:
            self._on_acknowledged(before + 1, chain.head.entry, chain.head)
        if self._on_entries is not None:
            self._on_entries(chain.entries())
        if self._attestor is not None:
            self._attestor.committed()

    def _search_guilty(self, calls: Sequence[Call], error: Exception) -> None:
        if len(calls) > 1:
            middle = len(calls) // 2
            self.write(calls[:middle])
            self.write(calls[middle:])
            return
        kinds = ", ".join(dict.fromkeys(type(record).__name__ for record in calls[0].records))
        misuse = StationMisuse(
            f"the audit does not take these rows: {error}",
            where={"records": kinds},
            remedy="Report it to the developers; nothing of this call was stored",
        )
        self._tell(calls, misuse)

    def _fail(self, calls: Sequence[Call], error: Exception) -> None:
        self.failure = explain(error, self._store.place)
        # Closing gives up the transaction, whatever state the connection is in.
        self._store.close()
        self._tell(calls, self.failure)
