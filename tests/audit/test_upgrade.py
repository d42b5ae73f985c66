"""A populated database of the first schema becomes one whose rows are all chained."""

import sqlite3
from pathlib import Path

import pytest
from alembic import command
from sqlalchemy import Connection, func, select, text

from orchestrator.audit.database import open_audit, reading
from orchestrator.audit.findings import FindingKind
from orchestrator.audit.integrity import examine
from orchestrator.audit.keys import StationKey, StationSigner
from orchestrator.audit.location import open_store, sqlite_url
from orchestrator.audit.migrate import _config, current, upgrade
from orchestrator.audit.proof_tables import epoch
from orchestrator.audit.tables import SCHEMA_REVISION, TABLES
from orchestrator.audit.verify import verify
from orchestrator.domain.errors import AuditUnavailable
from orchestrator.domain.records import ArtifactRow, AttachmentRow, EventRow, Record
from tests.audit.rows import BASE, at, identity, measurement, run, run_end, step, step_end, unit
from tests.audit.test_chain import demand_whole

KEY = StationKey.from_seed(bytes(32))
OLD_ROWS: tuple[Record, ...] = (
    *BASE,
    ArtifactRow("H1", "app", "app.bin", "00", 1, "é"),
    unit("U1", None),
    # The clock stepped back before the run ended.
    run("R1", 10, unit_id="U1"),
    identity("R1", "aa", "U1"),
    step("R1", 1, 11, irreversible=True),
    step_end("R1", 1, second=12),
    measurement("R1", 1),
    AttachmentRow("R1", 1, "log", "text/plain", "00", 3, b"\0\xff\0"),
    step("R1", 2, 12),
    step_end("R1", 2, "FAIL", 5, "a%b"),
    run_end("R1", "FAIL", 4, failure=2),
    EventRow("E1", "st1", None, None, "note", "{}", at(30)),
    run("R2", 20),
    step("R2", 1, 21),
    *(run(f"M{n}", 40) for n in range(450)),
)


def populate(database_url: str) -> None:
    """Make a database of the first schema with rows in it, as the program of then did."""
    store = open_store(database_url, 5)
    with store.engine.connect() as connection:
        command.upgrade(_config(connection), "0001")
        for row in OLD_ROWS:
            _insert(connection, row)
        connection.commit()


def _insert(connection: Connection, row: Record) -> None:
    known = {name: value for name, value in row._asdict().items() if name != "continues"}
    names = ", ".join(known)
    marks = ", ".join(f":{name}" for name in known)
    table = TABLES[type(row)].name
    connection.execute(text(f"INSERT INTO {table} ({names}) VALUES ({marks})"), known)


def test_old_rows_are_chained_in_the_order_in_which_they_happened(database_url: str) -> None:
    """Nothing is lost or changed, nothing comes before what it refers to, the chain is whole."""
    populate(database_url)
    assert upgrade(database_url) == ("0001", SCHEMA_REVISION)
    tables = next(part for part in examine(database_url) if part.name == "schema")
    assert tables.findings == ()
    with reading(database_url) as connection:
        assert demand_whole(connection) == len(OLD_ROWS)
        entries = {}
        for cls, table in TABLES.items():
            wanted = {tuple(row) for row in OLD_ROWS if type(row) is cls}
            found = {tuple(row)[:-2]: row[-2] for row in connection.execute(select(table))}
            assert set(found) == wanted
            entries.update({(table.name, key[:2]): entry for key, entry in found.items()})
        order = [
            ("run", ("R1", "st1")),
            ("step", ("R1", 1)),
            ("step_end", ("R1", 1)),
            ("measurement", ("R1", 1)),
            ("attachment", ("R1", 1)),
            ("step", ("R1", 2)),
            ("step_end", ("R1", 2)),
            ("run_end", ("R1", "FAIL")),
            ("run", ("R2", "st1")),
            ("step", ("R2", 1)),
            ("event", ("E1", "st1")),
            ("run", ("M0", "st1")),
        ]
        assert [entries[key] for key in order] == sorted(entries[key] for key in order)


async def test_the_station_goes_on_behind_old_rows(database_url: str) -> None:
    """The first epoch begins where the chain of old rows ends."""
    populate(database_url)
    with pytest.raises(AuditUnavailable, match="run `orchestrator db upgrade`"):
        async with open_audit(database_url):
            pass
    upgrade(database_url)
    signer = StationSigner(KEY, "st1")
    async with open_audit(database_url, signer=signer) as audit:
        await audit.record(run("R3", continues="R1"))
    with reading(database_url) as connection:
        assert connection.execute(select(epoch.c.previous_entry)).scalar() == len(OLD_ROWS)
        # Key, epoch and checkpoint, the run, and the checkpoint at the close.
        assert demand_whole(connection) == len(OLD_ROWS) + 5
        report = verify(connection, public_key=KEY.public_key)
    # What the rows of the test say of runs and contents is no whole story.
    told = {FindingKind.RECORD, FindingKind.ATTACHMENT}
    assert [str(one) for one in report.findings if one.kind not in told] == []
    assert report.signed_up_to == len(OLD_ROWS) + 4


def test_an_upgrade_is_all_or_nothing(tmp_path: Path) -> None:
    """Rows that the new schema refuses leave the old database as it was."""
    url = sqlite_url(tmp_path)
    populate(url)
    file = sqlite3.connect(tmp_path / "audit.db")
    with file:
        file.execute("DELETE FROM alembic_version")
        file.execute("INSERT INTO alembic_version VALUES ('0001')")
        file.execute("PRAGMA ignore_check_constraints = ON")
        file.execute("INSERT INTO step VALUES ('R2', 2, 'main', 's', 'n', 'u', 1, 7, '{}', '2026')")
    file.close()
    with pytest.raises(AuditUnavailable):
        upgrade(url)
    assert current(url) == "0001"
    with reading(url, check_schema=False) as connection:
        left = connection.execute(select(func.count()).select_from(text("run"))).scalar()
    assert left == sum(type(row).__name__ == "RunRow" for row in OLD_ROWS)
