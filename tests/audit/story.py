"""A database with a story in it, written without an event loop: whole runs, day after day."""

from collections.abc import Sequence
from hashlib import sha256

from orchestrator.audit.chain import Head
from orchestrator.audit.checks import BindCheck
from orchestrator.audit.keys import StationKey, StationSigner, key_row
from orchestrator.audit.location import open_store
from orchestrator.audit.migrate import upgrade
from orchestrator.domain.records import (
    ArtifactRow,
    AttachmentRow,
    CheckpointRow,
    EpochRow,
    EventRow,
    FindingRow,
    IntentRow,
    Record,
    RunEndRow,
)
from tests.audit.rows import (
    BASE,
    at,
    identity,
    measurement,
    run,
    run_end,
    step,
    step_end,
    unit,
)

CONTENT = b"=1+1\0\xff"


KEY = StationKey.from_seed(bytes(32))
_SIGNER = StationSigner(KEY, "st1")


def write(database_url: str, *calls: Sequence[Record]) -> None:
    """Write calls as the writer does, each in a transaction of its own; make the tables before.

    A call that ends a run is signed.
    """
    upgrade(database_url)
    check = BindCheck()
    store = open_store(database_url, 1)
    store.open()
    try:
        store.load_head()
        for records in calls:
            store.insert([check(records)])
            ends = [row for row in records if isinstance(row, RunEndRow)]
            if ends:
                store.append(check([_checkpoint(store.chain.pending, ends[-1].ended_at)]))
            store.commit()
    finally:
        store.close()


def _checkpoint(head: Head, moment: str) -> CheckpointRow:
    note = _SIGNER.note("E1", head.entry, head.hash)
    return CheckpointRow(head.entry, head.hash.hex(), "E1", KEY.key_id, note, moment)


def proof_rows(moment: str) -> tuple[Record, ...]:
    """Return the first entries of a database: a key and an epoch."""
    reason = "first start"
    return (
        key_row(KEY, actor="", reason=reason, began_at=moment),
        EpochRow("E1", "st1", KEY.key_id, 1, "", reason, moment),
    )


def whole_run(number: int, day: int, *, irreversible: bool = False) -> tuple[Record, ...]:
    """Return a run of a unit of its own from begin to end, on a day of November 2026."""
    name, device = f"R{number}", f"{number:08x}"
    rows: list[Record] = [
        unit(f"U{number}", f"=SN{number}")._replace(registered_at=at(0, day)),
        run(name, began_at=at(1, day), unit_id=f"U{number}"),
        identity(name, device, f"U{number}")._replace(read_at=at(1, day)),
        step(name, 1, began_at=at(2, day), irreversible=irreversible),
    ]
    if irreversible:
        rows += [
            IntentRow(
                f"I{number}", name, 1, f"U{number}", "azure-sphere", device,
                "sphere.set_manufacturing_state", '{"state":"DeviceComplete"}', 0, at(3, day),
            ),
            FindingRow(f"I{number}", 1, "applied", "answer", "", "answered", at(4, day)),
        ]  # fmt: skip
    return (
        *rows,
        measurement(name, 1),
        AttachmentRow(
            name, 1, "log", "text/plain", sha256(CONTENT).hexdigest(), len(CONTENT), CONTENT
        ),
        step_end(name, 1)._replace(ended_at=at(5, day)),
        run_end(name)._replace(ended_at=at(6, day)),
        EventRow(f"V{number}", "st1", "1", name, "note", "{}", at(7, day)),
    )


def fill(database_url: str, days: Sequence[int] = (1, 2, 3, 4), runs_per_day: int = 3) -> None:
    """Write a story: every day some runs, the first of each with something irreversible."""
    first = (*proof_rows(at(0)), *BASE, ArtifactRow("H1", "app", "app.bin", "00", 1, ""))
    calls: list[Sequence[Record]] = [[row._replace(**_times(row, days[0])) for row in first]]  # type: ignore[arg-type]  # texts
    number = 0
    for day in days:
        for nth in range(runs_per_day):
            number += 1
            calls.append(whole_run(number, day, irreversible=nth == 0))
    write(database_url, *calls)


def _times(row: Record, day: int) -> dict[str, str]:
    return {name: at(0, day) for name in row._fields if name.endswith("_at")}
