"""Comparing the chain with checkpoints that left the machine: a printout, a file, another plant.

They catch what the database alone cannot show: a tail that was cut off, a database that was
restored or cloned, a history that was written anew by somebody who has the key.
"""

from collections.abc import Sequence

from sqlalchemy import Connection, select, union_all

from orchestrator.audit.chain_state import chain_head
from orchestrator.audit.checkpoint import Note, origin_of, parse_note
from orchestrator.audit.findings import FindingKind, FindingList
from orchestrator.audit.proof_tables import epoch
from orchestrator.audit.tables import TABLES
from orchestrator.audit.trust import Trust
from orchestrator.domain.errors import InputMistakes


class Witnesses:
    """Checkpoints from outside. Raises InputMistakes for a text that is none."""

    def __init__(self, texts: Sequence[str], findings: FindingList) -> None:
        self._notes: list[Note] = [parse_note(text) for text in texts]
        self._findings = findings
        self._hashes: dict[int, bytes | None] = {}
        self._bodies: dict[int, str] = {}
        self.not_compared: list[int] = []
        """Sizes of checkpoints about which the rows that were read say nothing."""
        self.wanted = frozenset(note.checkpoint.size for note in self._notes)
        """The entries whose hashes are asked for."""

    def met(self, entry: int, stored: bytes | None) -> None:
        """Take note of the hash of a wanted entry."""
        self._hashes[entry] = stored

    def signed(self, up_to: int, note: str) -> None:
        """Take note of the checkpoint that the database keeps for a wanted entry."""
        try:
            self._bodies[up_to] = parse_note(note).checkpoint.body
        except InputMistakes:
            # `Trust` has told it; a note that cannot be read is like none here.
            self._bodies[up_to] = ""

    def judge(self, trust: Trust, last: int) -> None:
        """Say of each checkpoint whether it tells the history of this database."""
        for note in self._notes:
            self._judge(note, trust, last)

    def _judge(self, note: Note, trust: Trust, last: int) -> None:
        stated = note.checkpoint
        if stated.size > last:
            what = f"entries {last + 1} to {stated.size} are missing: a checkpoint states them"
            self._say(FindingKind.CUT_OFF, last + 1, what)
        epoch = next((k for k in trust.epochs if k.origin == stated.origin), None)
        if epoch is None:
            what = f"the checkpoint is of {stated.origin}, which this database has never been"
            self._say(FindingKind.FORK, 0, what)
        elif trust.key_of(note) is None:
            what = f"the checkpoint of size {stated.size} is not signed with a key of this chain"
            self._say(FindingKind.FORK, 0, what)
        elif (later := _epoch_at(trust, stated.size)) != epoch.epoch_id:
            what = (
                f"the checkpoint states {stated.size} entries of epoch {epoch.epoch_id}, here "
                f"epoch {later} began before: this database was restored from an older copy"
            )
            self._say(FindingKind.FORK, stated.size, what)
        elif stated.size not in self._hashes:
            if stated.size <= last:
                self.not_compared.append(stated.size)
        elif self._hashes[stated.size] != stated.head:
            what = (
                "the entry has another hash than the checkpoint states: entries up to it were "
                "written anew, or this is a copy that went its own way"
            )
            self._say(FindingKind.FORK, stated.size, what)
        elif self._bodies.get(stated.size) != stated.body:
            what = "the row of a checkpoint that left the machine is missing or another one"
            self._findings.add(FindingKind.CUT_OFF, "checkpoint", stated.size + 1, what)

    def _say(self, kind: FindingKind, entry: int, what: str) -> None:
        self._findings.add(kind, "", entry, what)


def _epoch_at(trust: Trust, entry: int) -> str:
    """Return the epoch that entry belongs to: the newest one that began before it."""
    ids = [known.epoch_id for known in trust.epochs if known.entry <= entry]
    return ids[-1] if ids else trust.epochs[0].epoch_id


def what_differs(connection: Connection, note: Note) -> str:
    """Say why a database does not go on from a checkpoint; an empty text when it does.

    Looks at one row: for a start, which has no time for more.
    """
    stated = note.checkpoint
    rows = connection.execute(select(epoch).order_by(epoch.c.entry)).all()
    if stated.origin not in [origin_of(row.station_id, row.epoch_id) for row in rows]:
        return f"the newest checkpoint is of {stated.origin}, which this database has never been"
    if origin_of(rows[-1].station_id, rows[-1].epoch_id) != stated.origin:
        # A person has begun a new epoch since, and that is on record.
        return ""
    head = chain_head(connection)
    if head.entry < stated.size:
        return (
            f"it ends with entry {head.entry}, the newest checkpoint states {stated.size}: "
            "it was restored from an older copy"
        )
    found = union_all(
        *(
            select(table.c.entry_hash).where(table.c.entry == stated.size)
            for table in TABLES.values()
        )
    )
    hashes = [bytes(row[0]) for row in connection.execute(found)]
    if hashes != [stated.head]:
        return f"entry {stated.size} is not the one that the newest checkpoint states"
    return ""
