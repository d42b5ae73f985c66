"""The commands of `orchestrator db` that look after a database: answers, sentences, exit codes."""

from pathlib import Path
from typing import Any

import psycopg
import pytest
from typer.testing import CliRunner

from orchestrator.cli import db
from orchestrator.cli.exit_codes import ExitCode, exit_code_for
from orchestrator.domain.errors import OrchestratorError
from orchestrator.station.lock import station_lock
from tests.audit.story import fill


def ask(*words: object) -> Any:
    """Run `orchestrator db` with these words."""
    return CliRunner().invoke(db.app, [str(word) for word in words])


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A data directory with a story in its database."""
    fill(f"sqlite:///{tmp_path}/data/audit.db")
    return tmp_path / "data"


def test_back_up_and_restore(data: Path, tmp_path: Path) -> None:
    """The answer counts the rows; the restored database says what a restored database is."""
    made = ask("backup", "--data-dir", data, "--output", tmp_path / "b.db")
    assert made.exit_code == ExitCode.YES
    assert "133 rows up to entry 133, restored and examined" in made.stdout
    restored = ask("restore", "--from", tmp_path / "b.db", "--data-dir", tmp_path / "new")
    assert restored.stdout == "restored 133 rows up to entry 133\n"
    assert "orchestrator station new-epoch" in restored.stderr
    assert ask("check", "--data-dir", tmp_path / "new").exit_code == ExitCode.YES
    again = ask("backup", "--data-dir", data, "--output", tmp_path / "b.db").exception
    assert isinstance(again, OrchestratorError)
    assert exit_code_for(again) == ExitCode.BAD_INPUT
    assert ask("restore", "--from", tmp_path / "b.db").exit_code == ExitCode.USAGE


@pytest.mark.parametrize("form", ["csv", "parquet"])
def test_export(data: Path, tmp_path: Path, form: str) -> None:
    """Files by day, and the contents of attachments when they are asked for."""
    words = ("--data-dir", data, "--output", tmp_path / "out", "--format", form)
    done = ask("export", *words, "--since", "2026-11-02", "--until", "2026-11-02", "--attachments")
    assert done.exit_code == ExitCode.YES
    assert "1 new attachments" in done.stdout
    assert (tmp_path / "out" / "run" / f"2026-11-02.{form}").is_file()
    assert not (tmp_path / "out" / "run" / f"2026-11-01.{form}").exists()


def test_an_export_in_no_known_form(data: Path, tmp_path: Path) -> None:
    """The two that there are are named."""
    words = ("--data-dir", data, "--output", tmp_path, "--format", "xls")
    answer = ask("export", *words)
    assert answer.exit_code == ExitCode.USAGE
    assert "parquet" in answer.stderr


def test_archive_and_check_it(data: Path, tmp_path: Path) -> None:
    """What left is counted, the file proves itself and belongs to its database."""
    words = ("--data-dir", data, "--output", tmp_path / "old")
    done = ask("archive", *words, "--before", "2026-11-03")
    assert done.exit_code == ExitCode.YES
    assert "entries 1 to 69; 49 rows were removed" in done.stdout
    (file,) = (tmp_path / "old").iterdir()
    proven = ask("check-archive", file, "--data-dir", data)
    assert proven.stdout.startswith("sound: entries 1 to 69")
    assert "exactly what the file holds" in proven.stdout
    assert ask("check-archive", file).exit_code == ExitCode.YES
    assert ask("check", "--data-dir", data).exit_code == ExitCode.YES
    nothing = ask("archive", *words, "--keep-days", 4000)
    assert nothing.exit_code == ExitCode.YES
    assert nothing.stdout.startswith("nothing to archive: ")


def test_an_archive_needs_a_limit_and_a_stopped_station(data: Path, tmp_path: Path) -> None:
    """One of the two options, and nobody in the data directory."""
    words = ("--data-dir", data, "--output", tmp_path / "old")
    assert ask("archive", *words).exit_code == ExitCode.USAGE
    both = ask("archive", *words, "--before", "2026-11-03", "--keep-days", 5)
    assert both.exit_code == ExitCode.USAGE
    with station_lock(data):
        busy = ask("archive", *words, "--before", "2026-11-03").exception
    assert isinstance(busy, OrchestratorError)
    assert exit_code_for(busy) == ExitCode.TRY_LATER
    assert not (tmp_path / "old").exists()


def test_grant(server_url: str) -> None:
    """Two sentences say what the role may do."""
    fill(server_url, days=(1,))
    with psycopg.connect(server_url.replace("+psycopg", ""), autocommit=True) as owner:
        owner.execute("CREATE ROLE station7 LOGIN")
        try:
            done = ask("grant", "--role", "station7", "--database-url", server_url)
            assert done.exit_code == ExitCode.YES
            assert "may not change, delete or truncate" in done.stdout
        finally:
            owner.execute("DROP OWNED BY station7")
            owner.execute("DROP ROLE station7")
