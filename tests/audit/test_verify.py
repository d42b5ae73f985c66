"""Verifying the audit: forks, keys, epochs, parts of it, what is archived, and the command."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from orchestrator.audit.chain import Head
from orchestrator.audit.database import reading
from orchestrator.audit.findings import FindingKind, Report
from orchestrator.audit.keys import create_key, key_row
from orchestrator.audit.verify import verify
from orchestrator.cli.main import app
from orchestrator.domain.errors import InputMistakes
from orchestrator.domain.records import (
    EpochRow,
    FindingRow,
    IntentRow,
    MeasurementRow,
    Record,
    RunEndRow,
    RunRow,
    StationRow,
    StepEndRow,
    StepRow,
    UnitRow,
)
from tests.audit import chained, tampering
from tests.audit.rows import at
from tests.patience import PATIENCE_SECONDS

KEY, OTHER = chained.KEY, chained.OTHER_KEY
PAGE = Path(__file__).resolve().parents[2] / "docs" / "reference" / "chain.md"


def examined(url: str, **options: object) -> Report:
    """Verify a database."""
    with reading(url) as connection:
        return verify(connection, **options)  # type: ignore[arg-type]  # as the test gives them


def audit_of(folder: Path, rows: list[Record]) -> str:
    """Make an audit of these rows."""
    url = f"sqlite:///{folder / 'audit.db'}"
    chained.write(url, chained.chained(rows))
    return url


def renewed(
    second: list[Record], epoch: str, previous: int = 32
) -> list[tuple[Record, int, bytes]]:
    """Return two runs and, behind them, rows of another epoch with the other key."""
    first = list(chained.chained(chained.story(2)))[:previous]
    head = Head(first[-1][1], first[-1][2])
    return [*first, *chained.chained(second, head, OTHER, epoch)]


@pytest.mark.parametrize("runs", [1, 3])
def test_an_audit_of_either_kind_is_sound(runs: int, database_url: str) -> None:
    """Nothing is found, and the figures are those of the rows."""
    notes = chained.write(database_url, chained.chained(chained.story(runs)))
    report = examined(database_url, against=notes, public_key=KEY.public_key)
    assert report.findings == ()
    assert (report.rows, report.checkpoints, report.attachments) == (6 + 13 * runs, runs, runs)
    assert report.key_id == KEY.key_id
    assert not report.trusts_own_key


def test_a_rotated_key_is_followed_from_the_old_one(tmp_path: Path) -> None:
    """Old and new public key both prove the chain; an endorsement by nobody does not."""
    url = f"sqlite:///{tmp_path / 'audit.db'}"
    row = key_row(OTHER, actor="ada", reason="yearly", began_at=at(50), endorsed_by=KEY)
    chained.write(url, renewed([row, *chained.run_rows(3)], chained.EPOCH))
    for key in (None, KEY.public_key, OTHER.public_key):
        assert examined(url, public_key=key).findings == ()


def test_a_key_without_endorsement_proves_only_what_came_before_it(tmp_path: Path) -> None:
    """Whoever trusts the new key is content; whoever trusts the old one is told."""
    url = f"sqlite:///{tmp_path / 'audit.db'}"
    begin = chained.begin(OTHER, "E2", previous=32)
    chained.write(url, renewed([*begin, *chained.run_rows(3)], "E2"))
    assert examined(url, public_key=OTHER.public_key).findings == ()
    (found,) = examined(url, public_key=KEY.public_key).findings
    assert (found.kind, found.table, found.entry) == (FindingKind.KEY, "signing_key", 33)


def test_a_restored_database_is_a_fork_of_its_checkpoint(tmp_path: Path) -> None:
    """The checkpoint of the old history does not fit the new one, with a new epoch or without."""
    notes = chained.write(f"sqlite:///{tmp_path / 'old.db'}", chained.chained(chained.story(3)))
    url = f"sqlite:///{tmp_path / 'audit.db'}"
    begin = EpochRow("E2", chained.STATION, KEY.key_id, 19, "ada", "restored", at(40))
    first = list(chained.chained(chained.story(3)))[:19]
    rest = chained.chained([begin, *chained.run_rows(3)], Head(19, first[-1][2]), KEY, "E2")
    chained.write(url, [*first, *rest])
    assert examined(url, against=notes[:1]).findings == ()
    kinds = [one.kind for one in examined(url, against=notes[1:2]).findings]
    assert kinds == [FindingKind.FORK]


def test_checkpoints_of_others_are_told_apart(tmp_path: Path) -> None:
    """Another station's note, and one with a foreign signature, are no checkpoints of this."""
    url = audit_of(tmp_path, chained.story(1))
    (found,) = examined(url, against=_notes(OTHER)).findings
    assert found.kind is FindingKind.FORK
    assert "not signed with a key of this chain" in found.message
    with pytest.raises(InputMistakes, match="no checkpoint"):
        examined(url, against=["hello"])


def _notes(key: "chained.StationKey") -> list[str]:
    rows = chained.chained(chained.story(1), key=key)
    return [row.note for row, _, _ in rows if isinstance(row, chained.CheckpointRow)]


def test_a_part_is_verified_from_a_checkpoint_on(tmp_path: Path) -> None:
    """What came before is not read, what came after is."""
    url = audit_of(tmp_path, chained.story(3))
    report = examined(url, since=25, public_key=KEY.public_key)
    assert (report.first_entry, report.rows, report.findings) == (19, 27, ())
    assert examined(url, since=at(24)).first_entry == 32
    # A day is verified from its beginning on.
    assert examined(url, since="2026-11-21").first_entry == 1
    assert examined(url, since="2026-11-22").first_entry == 45
    connection = tampering.opened(tmp_path / "audit.db")
    connection.execute("UPDATE unit SET serial_number = 'x' WHERE unit_id = 'U1'")
    connection.close()
    assert examined(url, since=25).findings == ()
    (found,) = examined(url).findings
    assert (found.kind, found.table, found.entry) == (FindingKind.CHANGED, "unit", 7)


def test_two_rows_that_changed_places_are_named_as_such(tmp_path: Path) -> None:
    """Both entries are told, with the partner."""
    url = audit_of(tmp_path, chained.story(2))
    connection = tampering.opened(tmp_path / "audit.db")
    for old, new in ((10, -1), (23, 10), (-1, 23)):
        connection.execute("UPDATE step SET entry = ? WHERE entry = ?", (new, old))
    connection.close()
    told = [(one.kind, one.entry) for one in examined(url).findings if one.table == "step"]
    assert (FindingKind.REORDERED, 10) in told
    assert (FindingKind.REORDERED, 23) in told


CONTRADICTIONS: dict[str, tuple[list[Record], str]] = {
    "pass without a required step": (
        [row for row in chained.story(1) if not (isinstance(row, StepRow) and row.sequence == 1)
         and not isinstance(row, MeasurementRow) and getattr(row, "sequence", 2) != 1],
        "passed without measure",
    ),
    "pass outside the limit": (
        [row._replace(value="0.61") if isinstance(row, MeasurementRow) else row
         for row in chained.story(1)],
        "not within its limit",
    ),
    "no number": (
        [row._replace(value="NaN") if isinstance(row, MeasurementRow) else row
         for row in chained.story(1)],
        "not within its limit",
    ),
    "nothing known of an intent": (
        [row for row in chained.story(1) if not isinstance(row, FindingRow)],
        "nothing is known of intent I1",
    ),
    "interrupted without a word": (
        [row._replace(outcome="INTERRUPTED") if isinstance(row, RunEndRow) else row
         for row in chained.story(1)],
        "nothing is said",
    ),
    "intent of another device": (
        [row._replace(device_id="ff") if isinstance(row, IntentRow) else row
         for row in chained.story(1)],
        "which its run never read",
    ),
    "intent outside an irreversible step": (
        [row._replace(irreversible=False) if isinstance(row, StepRow) else row
         for row in chained.story(1)],
        "not written in its step",
    ),
    "left open": (
        [*[row for row in chained.story(1) if not isinstance(row, RunEndRow)],
         StationRow("S2", chained.STATION, "pc", "0.1", "3.11", "SQLite", at(70)),
         *[row._replace(session_id="S2") if hasattr(row, "session_id") else row
           for row in chained.run_rows(2)]],
        "was left open",
    ),
    "a lock repeated": (
        [*chained.story(1),
         *[row._replace(device_id=chained.device(1)) if hasattr(row, "device_id") else row
           for row in chained.run_rows(2)]],
        "repeats intent I1",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", CONTRADICTIONS)
def test_rows_that_contradict_one_another_are_reported(name: str, database_url: str) -> None:
    """They are chained and signed as they are, and still no sound station writes them."""
    rows, why = CONTRADICTIONS[name]
    chained.write(database_url, chained.chained(rows))
    found = examined(database_url).findings
    assert found
    assert {one.kind for one in found} == {FindingKind.RECORD}
    assert any(why in one.message for one in found), [str(one) for one in found]


def test_a_run_passes_behind_a_lock_that_was_found_applied(database_url: str) -> None:
    """The locking step was interrupted; its finding stands for it in the run that goes on."""
    first = [
        row._replace(outcome="INTERRUPTED", message="the station went down")
        if isinstance(row, RunEndRow) or (isinstance(row, StepEndRow) and row.sequence == 2)
        else row
        for row in chained.story(1)
    ]
    second = [
        row._replace(continues="R1") if isinstance(row, RunRow) else row
        for row in chained.run_rows(2)
        if isinstance(row, UnitRow | RunRow | RunEndRow)
    ]
    chained.write(database_url, chained.chained([*first, *second]))
    assert examined(database_url).findings == ()


def test_the_command_says_where_and_exits_with_one(tmp_path: Path) -> None:
    """Sound: 0 and a summary; tampered: 1 and table and entry, as a table and as JSON."""
    url = audit_of(tmp_path, chained.story(2))
    create_key(tmp_path, KEY)
    note = tmp_path / "note.txt"
    note.write_text(_notes(KEY)[-1], encoding="utf-8")
    runner, command = CliRunner(), ["audit", "verify", "--database-url", url]
    done = runner.invoke(app, command)
    assert done.exit_code == 0
    assert "sound: 32 rows" in done.stdout
    assert f"trusted key {KEY.key_id}" in done.stderr
    full = [*command, "--against", str(note), "--public-key", str(tmp_path / "station.pub")]
    assert runner.invoke(app, full).stderr == ""
    connection = tampering.opened(tmp_path / "audit.db")
    connection.execute("DELETE FROM step_end WHERE entry = 13")
    connection.close()
    done = runner.invoke(app, full)
    assert done.exit_code == 1
    assert "the entry before step 14 is missing" in done.stdout
    found = json.loads(runner.invoke(app, [*full, "--format", "json"]).stdout)
    assert found[0]["kind"] == "missing"
    assert found[0]["entry"] == 13


def test_the_verifier_of_the_page_agrees(tmp_path: Path) -> None:
    """The program in the reference proves a sound audit and stops at a changed row."""
    audit_of(tmp_path, chained.story(2))
    create_key(tmp_path, KEY)
    (tmp_path / "note.txt").write_text(_notes(KEY)[-1], encoding="utf-8")
    found = re.search(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    assert found is not None
    command = [sys.executable, "-W", "ignore", "-c", found.group(1), *(
        str(tmp_path / name) for name in ("audit.db", "station.pub", "note.txt")
    )]  # fmt: skip
    done = subprocess.run(
        command, capture_output=True, text=True, check=False, timeout=PATIENCE_SECONDS
    )
    assert "32 rows verified, signed up to entry 18" in done.stdout, done.stderr
    connection = tampering.opened(tmp_path / "audit.db")
    connection.execute("UPDATE event SET detail = '{}' WHERE entry = 6")
    connection.close()
    done = subprocess.run(
        command, capture_output=True, text=True, check=False, timeout=PATIENCE_SECONDS
    )
    assert "event 6 was changed" in done.stderr
