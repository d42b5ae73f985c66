"""What an examination of the audit found, in a form that people and programs can read.

A finding names the kind of fault, the table and the entry as far as they are known, and says in a
sentence what is wrong. The examiners are `verify.py` and `consistency.py`.
"""

from dataclasses import dataclass
from enum import StrEnum

MOST_FINDINGS = 1000
"""So many findings are kept; of the others only the number is told."""


class FindingKind(StrEnum):
    """What kind of fault was found."""

    CHANGED = "changed"  # a row is not the one that was chained
    MISSING = "missing"  # entries are not there
    INSERTED = "inserted"  # a row stands where another one belongs
    REORDERED = "reordered"  # two rows have exchanged their places
    CUT_OFF = "cut off"  # the end of the chain is not there
    ATTACHMENT = "attachment"  # a file is not the one that was recorded
    CHECKPOINT = "checkpoint"  # a signed statement does not fit its chain
    FORK = "fork"  # a checkpoint that left the machine tells another history
    KEY = "key"  # a signing key came into force in a way that proves nothing
    EPOCH = "epoch"  # a new beginning that does not fit
    SEGMENT = "segment"  # what was left of an archived segment does not fit
    UNREADABLE = "unreadable"  # the database breaks off while it is read
    RECORD = "record"  # rows that were chained as they are contradict one another


@dataclass(frozen=True, slots=True)
class Finding:
    """One fault. `table` is empty and `entry` 0 when they cannot be told."""

    kind: FindingKind
    table: str
    entry: int
    message: str

    def __str__(self) -> str:
        where = " ".join(part for part in (self.table, str(self.entry or "")) if part)
        return f"{self.kind}: {where}: {self.message}" if where else f"{self.kind}: {self.message}"


class FindingList:
    """Findings in the order in which they were met; beyond the most they are only counted."""

    def __init__(self) -> None:
        self.kept: list[Finding] = []
        """The findings, at most `MOST_FINDINGS`."""
        self.more = 0
        """How many others there are."""

    def add(self, kind: FindingKind, table: str, entry: int, message: str) -> None:
        """Note a fault."""
        if len(self.kept) < MOST_FINDINGS:
            self.kept.append(Finding(kind, table, entry, message))
        else:
            self.more += 1


@dataclass(frozen=True, slots=True)
class Report:
    """What `verify` found out.

    `rows` were read, from entry `first_entry` to `last_entry`, whose hash is `head`. Checkpoints
    vouch for everything up to `signed_up_to`. `key_id` is the key that was trusted; with
    `trusts_own_key` it was taken from the chain itself. `notes` are sentences that are no faults.
    """

    first_entry: int
    last_entry: int
    rows: int
    attachments: int
    checkpoints: int
    head: bytes
    signed_up_to: int
    key_id: str
    trusts_own_key: bool
    findings: tuple[Finding, ...]
    more: int
    notes: tuple[str, ...]

    @property
    def is_sound(self) -> bool:
        """True when nothing at all was found."""
        return not self.findings
