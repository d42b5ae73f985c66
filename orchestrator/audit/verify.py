"""Recomputes the chain of an audit and says where it is not what was written.

One pass over all tables in the order of the entries, in bounded memory, also while a station
writes: what comes after the last entry at the start is left alone. `walk.py` recomputes the
hashes, `trust.py` follows keys, epochs and checkpoints, `witness.py` compares checkpoints that left
the machine, `segments.py` what was archived; what the rows say against one another is asked by
`consistency.py`.
"""

from collections.abc import Sequence
from contextlib import suppress
from hashlib import sha256

from sqlalchemy import ColumnElement, Connection, func, select

from orchestrator.audit.chain import GENESIS, Head
from orchestrator.audit.consistency import contradictions
from orchestrator.audit.entries import EntryReader
from orchestrator.audit.findings import Finding, FindingKind, FindingList, Report
from orchestrator.audit.moments import since_text
from orchestrator.audit.proof_tables import checkpoint, epoch, signing_key
from orchestrator.audit.segments import spans
from orchestrator.audit.trust import Trust
from orchestrator.audit.walk import Walk
from orchestrator.audit.witness import Witnesses
from orchestrator.domain.records import EpochRow, KeyRow

VERIFY_SECONDS = 86_400.0
"""How long a connection for `verify` may be asked: large audits take minutes."""


def verify(
    connection: Connection,
    since: int | str | None = None,
    against: Sequence[str] = (),
    public_key: bytes | None = None,
) -> Report:
    """Examine the whole chain, or what came after the newest checkpoint before `since`.

    `since` is an entry, or a date or time as in `Filters`. `against` are texts of checkpoints that
    left the machine, `public_key` the 32 bytes of the station's key; without it the newest key of
    the chain is trusted. Raises InputMistakes for a `since` or a checkpoint that cannot be read,
    and the driver's errors when a server breaks off.
    """
    findings = FindingList()
    reader, trust = EntryReader(connection, findings), Trust(findings)
    witnesses = Witnesses(against, findings)
    last = reader.last()
    _in_front(reader, findings)
    start = _start(connection, since, trust)
    walk = Walk(start, trust, witnesses, findings)
    for first, end, archived in spans(connection, start.entry + 1, last, findings):
        for piece in reader.pieces(first, end):
            if archived is None:
                walk.through(piece)
            else:
                for entry, placed in archived.through(piece):
                    walk.carried(entry, placed)
        if archived is not None:
            walk.over(archived.ended(walk.hash), archived.rows)
    walk.ended()
    witnesses.judge(trust, last)
    key_id = trust.judge(public_key)
    attachments = _attachments(reader, start.entry, last, findings)
    contradictions(connection, last, findings)
    return Report(
        first_entry=start.entry + 1,
        last_entry=last,
        rows=walk.rows,
        attachments=attachments,
        checkpoints=trust.checkpoints,
        head=walk.hash or b"",
        signed_up_to=trust.signed_up_to,
        key_id=key_id,
        trusts_own_key=public_key is None,
        findings=tuple(findings.kept),
        more=findings.more,
        notes=tuple(_notes(start, last, trust, witnesses)),
    )


def stretch_findings(connection: Connection, first: int, last: int) -> tuple[Finding, ...]:
    """Examine the entries from `first` to `last` and the checkpoints around them alone.

    For a statement about a few rows that need not wait for all others.
    """
    findings = FindingList()
    reader, trust = EntryReader(connection, findings), Trust(findings)
    start = _start(connection, first - 1, trust)
    walk = Walk(start, trust, Witnesses((), findings), findings)
    following = select(func.min(checkpoint.c.entry)).where(checkpoint.c.up_to >= last)
    end = connection.execute(following).scalar() or last
    for piece in reader.pieces(start.entry + 1, end):
        walk.through(piece)
    walk.ended()
    _in_front(reader, findings)
    _attachments(reader, start.entry, end, findings)
    return tuple(findings.kept)


def _start(connection: Connection, since: int | str | None, trust: Trust) -> Head:
    """Return the head to begin with; keys and epochs before it are taken note of."""
    if since is None:
        return GENESIS
    before: ColumnElement[bool] = (
        checkpoint.c.up_to <= since
        if isinstance(since, int)
        else checkpoint.c.made_at <= since_text(since)
    )
    query = select(checkpoint.c.up_to, checkpoint.c.head).where(before)
    found = connection.execute(query.order_by(checkpoint.c.entry.desc()).limit(1)).first()
    start = _stated(found.up_to, found.head) if found is not None else GENESIS
    if start is GENESIS:
        return GENESIS
    rows = [
        *connection.execute(select(signing_key).where(signing_key.c.entry <= start.entry)),
        *connection.execute(select(epoch).where(epoch.c.entry <= start.entry)),
    ]
    for row in sorted(rows, key=lambda row: int(row.entry)):
        if "epoch_id" in row._fields:
            trust.epoch(row.entry, EpochRow._make(row[:-2]))
        else:
            trust.key(row.entry, KeyRow._make(row[:-2]))
    return start


def _in_front(reader: EntryReader, findings: FindingList) -> None:
    """Report rows that no walk from the first entry on could meet."""
    for table, entry in reader.before_the_first():
        findings.add(FindingKind.INSERTED, table, entry, "no station writes before entry 1")


def _stated(up_to: object, head: object) -> Head:
    """Return the head that a checkpoint states; the first one where no station wrote it so."""
    if isinstance(up_to, int) and isinstance(head, str):
        with suppress(ValueError):
            return Head(up_to, bytes.fromhex(head))
    return GENESIS


def _attachments(reader: EntryReader, after: int, last: int, findings: FindingList) -> int:
    """Hash the contents of attachments again; return how many there are."""
    count = 0
    for entry, said, size, content in reader.contents(after, last):
        count += 1
        if not isinstance(content, bytes) or sha256(content).hexdigest() != said:
            what = "the content does not have the SHA-256 of its row"
        elif len(content) != size:
            what = f"the content has {len(content)} bytes, its row says {size}"
        else:
            continue
        findings.add(FindingKind.ATTACHMENT, "attachment", entry, what)
    return count


def _notes(start: Head, last: int, trust: Trust, witnesses: Witnesses) -> list[str]:
    notes = []
    if start.entry:
        notes.append(f"entries 1 to {start.entry} were not read: a checkpoint vouches for them")
    if not trust.keys:
        notes.append("nothing in this database is signed: it proves no more than its own order")
    elif trust.signed_up_to < last - 1:
        notes.append(
            f"no checkpoint vouches for the entries behind {trust.signed_up_to}: whoever can write "
            "to the database could have written them anew"
        )
    notes += [
        f"the checkpoint of size {size} was not compared: its entry was not read"
        for size in witnesses.not_compared
    ]
    return notes
