"""Signs the end of the chain while it grows: epochs begin here, and checkpoints are made here.

A checkpoint is a row of the commit that it follows, so that signing costs no commit of its own. It
is made when a run has ended or a request that cannot be undone was settled, when a key or an epoch
came, and when the last one is old; `commit.py` also asks for one at the close. What a note
looks like is the signer's affair, where it goes that of `on_checkpoint`.
"""

from collections.abc import Callable

from orchestrator.audit.chain import Head
from orchestrator.audit.chain_state import ChainState
from orchestrator.audit.checks import BindCheck
from orchestrator.audit.signing import Signer
from orchestrator.audit.store import Store
from orchestrator.domain.clock import Clock, timestamp
from orchestrator.domain.errors import AuditUnavailable
from orchestrator.domain.ids import TimeOrderedIds
from orchestrator.domain.records import (
    CheckpointRow,
    EpochRow,
    FindingRow,
    KeyRow,
    Record,
    RunEndRow,
)

CHECKPOINT_ENTRIES = 10_000
"""After so many entries without a checkpoint the next commit gets one."""

CHECKPOINT_SECONDS = 60.0
"""After so long without a checkpoint the next commit gets one."""

OnCheckpoint = Callable[[str], None]
"""Told the note of a checkpoint that is durable. Must neither block nor raise."""

_SIGNERS = frozenset({KeyRow, EpochRow})
_ALWAYS = frozenset({RunEndRow, FindingRow}) | _SIGNERS
_BY_ITSELF = "station"


class Attestor:
    """Decides when the end of the chain is signed, and remembers what was."""

    def __init__(
        self,
        signer: Signer,
        clock: Clock,
        *,
        on_checkpoint: OnCheckpoint | None = None,
        checkpoint_entries: int = CHECKPOINT_ENTRIES,
        checkpoint_seconds: float = CHECKPOINT_SECONDS,
    ) -> None:
        self._signer = signer
        self._clock = clock
        self._check = BindCheck()
        self._on_checkpoint = on_checkpoint
        self._entries = checkpoint_entries
        self._seconds = checkpoint_seconds
        self._epoch_id = ""
        self._signed_entry = 0
        self._signed_at = clock.monotonic()
        self._in_force = False
        self._made: CheckpointRow | None = None

    def demand_own(self, state: ChainState, place: str) -> None:
        """Return when this key signs this chain. Raises AuditUnavailable."""
        signer = self._signer
        if state.epoch_id is None or state.key_id == signer.key_id:
            return
        raise AuditUnavailable(
            f"the signing key {signer.key_id} is not the one of this audit ({state.key_id})",
            where={"database": place},
            remedy="Put the station's key back, or begin a new epoch: "
            "orchestrator station new-epoch --config FILE --reason TEXT --by NAME",
            code="key",
        )

    def resume(self, state: ChainState) -> None:
        """Go on from where the chain stands, after it was opened or opened anew."""
        self._epoch_id = state.epoch_id or ""
        self._in_force = state.epoch_id is not None and state.key_id == self._signer.key_id
        self._signed_entry = state.signed_entry
        self._signed_at = self._clock.monotonic()
        self._made = None

    def beginning(self, state: ChainState) -> tuple[Record, ...]:
        """Return the rows that begin the first epoch of a database; nothing when it has one."""
        if state.epoch_id is not None:
            return ()
        signer, now = self._signer, timestamp(self._clock.now())
        reason = "a new database" if state.head.entry == 0 else "rows from before the chain"
        epoch_id = TimeOrderedIds(self._clock).new()
        began = EpochRow(
            epoch_id, signer.station_id, signer.key_id, state.head.entry, _BY_ITSELF, reason, now
        )
        if state.key_id == signer.key_id:
            return (began,)
        key = KeyRow(signer.key_id, signer.public_key, None, None, _BY_ITSELF, reason, now)
        return key, began

    def add(self, store: Store, *, now: bool = False) -> None:
        """Append a checkpoint to the store's transaction when one is due, or at once.

        Raises the driver's errors.
        """
        self._made = None
        chain = store.chain
        if not chain.appended:
            return
        if chain.has(_SIGNERS):
            self._follow(store)
        if not self._in_force:
            return
        head = chain.pending
        if not (now or chain.has(_ALWAYS) or self._is_old(head)):
            return
        note = self._signer.note(self._epoch_id, head.entry, head.hash)
        moment = timestamp(self._clock.now())
        row = CheckpointRow(
            head.entry, head.hash.hex(), self._epoch_id, self._signer.key_id, note, moment
        )
        store.append(self._check((row,)))
        self._made = row

    def committed(self) -> None:
        """Take note that the transaction with the last checkpoint is durable, and tell of it."""
        made, self._made = self._made, None
        if made is None:
            return
        self._signed_entry = made.up_to + 1
        self._signed_at = self._clock.monotonic()
        if self._on_checkpoint is not None:
            self._on_checkpoint(made.note)

    def is_owed(self, head: Head) -> bool:
        """Say whether there are entries that no checkpoint covers."""
        return self._in_force and head.entry > self._signed_entry

    def _is_old(self, head: Head) -> bool:
        if head.entry <= self._signed_entry:
            return False
        if head.entry - self._signed_entry >= self._entries:
            return True
        return self._clock.monotonic() - self._signed_at >= self._seconds

    def _follow(self, store: Store) -> None:
        """Sign what this key may sign: another key or epoch may just have come into force."""
        for row in store.chain.rows(KeyRow):
            self._in_force = KeyRow._make(row[:-2]).key_id == self._signer.key_id
        for row in store.chain.rows(EpochRow):
            epoch = EpochRow._make(row[:-2])
            self._epoch_id = epoch.epoch_id
            self._in_force = epoch.key_id == self._signer.key_id
