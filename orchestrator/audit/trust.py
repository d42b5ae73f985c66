"""Who may vouch for a chain: its epochs, its signing keys, and the checkpoints that they signed.

Follows the rows of the three tables in their order and says what does not fit. Whether a row is
the one that was chained is `verify.py`'s affair; what a note looks like is `checkpoint.py`'s.
"""

from dataclasses import dataclass

from orchestrator.audit.checkpoint import Note, origin_of, parse_note
from orchestrator.audit.findings import FindingKind, FindingList
from orchestrator.audit.keys import is_endorsed, key_id, public_bytes
from orchestrator.domain.errors import InputMistakes
from orchestrator.domain.records import CheckpointRow, EpochRow, KeyRow


@dataclass(frozen=True, slots=True)
class KnownKey:
    """A key that came into force at `entry`. `follows` is true when the key before endorsed it."""

    entry: int
    key_id: str
    public_key: bytes
    follows: bool


@dataclass(frozen=True, slots=True)
class KnownEpoch:
    """An epoch that began at `entry`, and the origin of its notes."""

    entry: int
    epoch_id: str
    origin: str


class Trust:
    """Collects keys, epochs and checkpoints; `judge` says whether they prove the chain."""

    def __init__(self, findings: FindingList) -> None:
        self._findings = findings
        self.keys: list[KnownKey] = []
        """The keys in the order in which they came into force."""
        self.epochs: list[KnownEpoch] = []
        """The epochs in their order."""
        self.checkpoints = 0
        """How many checkpoints were met."""
        self.signed_up_to = 0
        """The last entry that a checkpoint which fits vouches for."""
        self._signed_by = ""
        self._station_id = ""

    def key(self, entry: int, row: KeyRow) -> None:
        """Take note of a key that came into force."""
        try:
            public = public_bytes(row.public_key)
        except ValueError:
            self._wrong(FindingKind.KEY, entry, "the public key is none")
            return
        if key_id(public) != row.key_id:
            self._wrong(FindingKind.KEY, entry, "the key does not have the id of its public half")
        before = self.keys[-1] if self.keys else None
        follows = False
        if row.endorsed_by is not None:
            follows = (
                before is not None
                and row.endorsed_by == before.key_id
                and is_endorsed(row, before.public_key)
            )
            if not follows:
                self._wrong(FindingKind.KEY, entry, "the key before has not endorsed this one")
        self.keys.append(KnownKey(entry, row.key_id, public, follows))

    def epoch(self, entry: int, row: EpochRow) -> None:
        """Take note of an epoch that began."""
        if not self.keys or row.key_id != self.keys[-1].key_id:
            self._wrong(FindingKind.EPOCH, entry, "the epoch names another key than the one in use")
        between = entry - row.previous_entry - 1
        # A key may come into force together with its epoch.
        if between not in (0, 1) or (between == 1 and self._newest_key_entry() != entry - 1):
            what = f"the epoch follows entry {row.previous_entry} and not the one before it"
            self._wrong(FindingKind.EPOCH, entry, what)
        if self._station_id not in ("", row.station_id):
            self._wrong(FindingKind.EPOCH, entry, f"the epoch is of station {row.station_id}")
        if any(known.epoch_id == row.epoch_id for known in self.epochs):
            self._wrong(FindingKind.EPOCH, entry, "an epoch has the same id")
        self._station_id = row.station_id
        origin = origin_of(row.station_id, row.epoch_id)
        self.epochs.append(KnownEpoch(entry, row.epoch_id, origin))

    def checkpoint(self, entry: int, row: CheckpointRow, previous: bytes | None) -> None:
        """Compare a checkpoint with the chain, which has the hash `previous` before it."""
        self.checkpoints += 1
        wrong = self._what_is_wrong(entry, row, previous)
        if wrong:
            self._wrong(FindingKind.CHECKPOINT, entry, wrong)
        else:
            self.signed_up_to, self._signed_by = row.up_to, row.key_id

    def key_of(self, note: Note) -> KnownKey | None:
        """Return the key of this chain that has signed a note; None when none has."""
        for known in reversed(self.keys):
            if note.is_signed_by(known.public_key):
                return known
        return None

    def judge(self, public_key: bytes | None) -> str:
        """Say whether the given key proves the chain; return the id of the key that is trusted.

        Without a key the newest one of the chain is trusted.
        """
        if public_key is None:
            return self.keys[-1].key_id if self.keys else ""
        trusted = key_id(public_key)
        known = [k for k, key in enumerate(self.keys) if key.public_key == public_key]
        if not known:
            what = f"the chain was never signed with the given key {trusted}"
            self._findings.add(FindingKind.KEY, "", 0, what)
            return trusted
        successors = self.keys[known[-1] :]
        for key in successors[1:]:
            if not key.follows:
                what = (
                    f"key {key.key_id} came into force without the endorsement of the one before: "
                    "the given key proves nothing from here on"
                )
                self._wrong(FindingKind.KEY, key.entry, what)
                return trusted
        if self._signed_by not in {key.key_id for key in successors}:
            what = "no checkpoint that fits was signed with the given key or a successor"
            self._findings.add(FindingKind.CHECKPOINT, "checkpoint", 0, what)
        return trusted

    def _newest_key_entry(self) -> int:
        return self.keys[-1].entry if self.keys else 0

    def _what_is_wrong(self, entry: int, row: CheckpointRow, previous: bytes | None) -> str:
        if not self.epochs or row.epoch_id != self.epochs[-1].epoch_id:
            return "the checkpoint is of another epoch"
        if not self.keys or row.key_id != self.keys[-1].key_id:
            return "the checkpoint names another key than the one in use"
        if row.up_to != entry - 1:
            return f"the checkpoint states entry {row.up_to} and not the one before it"
        return self._wrong_note(row, previous)

    def _wrong_note(self, row: CheckpointRow, previous: bytes | None) -> str:
        try:
            note = parse_note(row.note)
        except InputMistakes as mistake:
            return mistake.what
        stated = note.checkpoint
        if (stated.origin, stated.size) != (self.epochs[-1].origin, row.up_to):
            return "the signed note states another station, epoch or size than its row"
        if stated.head.hex() != row.head:
            return "the signed note states another head than its row"
        if not note.is_signed_by(self.keys[-1].public_key):
            return "the signature is not that of the key in use"
        if previous is not None and stated.head != previous:
            return (
                f"the chain has another head than the signed one: entries "
                f"{self.signed_up_to + 1} to {row.up_to} were changed and chained again"
            )
        return ""

    def _wrong(self, kind: FindingKind, entry: int, message: str) -> None:
        table = {
            FindingKind.KEY: "signing_key",
            FindingKind.EPOCH: "epoch",
            FindingKind.CHECKPOINT: "checkpoint",
        }[kind]
        self._findings.add(kind, table, entry, message)
