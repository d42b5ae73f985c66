"""The commands in this process: what they print, and with what they end."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from orchestrator.cli import station as station_command
from orchestrator.cli.main import app
from orchestrator.domain.errors import AuditUnavailable, ConfigurationMistakes
from orchestrator.station.settings_reference import reference


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Work in an empty folder."""
    monkeypatch.chdir(tmp_path)


def test_a_demo_in_a_folder_of_its_own(tmp_path: Path) -> None:
    """Without --data-dir a new folder appears here, named by the time."""
    done = CliRunner().invoke(app, ["demo", "--boards", "1"])
    assert done.exit_code == 0, done.output
    [folder] = tmp_path.iterdir()
    assert folder.name.startswith("orchestrator-demo-")
    assert {"audit.db", "rack.toml", "station.toml", "world.jsonl"} <= {
        path.name for path in folder.iterdir()
    }
    assert "1 board: 1 PASS" in done.stdout
    assert f"--data-dir {folder.name}" in done.stdout
    assert "PASS" not in done.stderr.splitlines()[0]


def test_a_bad_board_is_explained(tmp_path: Path) -> None:
    """The summary has its sentence; once the rack is gone the check of the settings says so."""
    done = CliRunner().invoke(app, ["demo", "--boards", "1", "--faults", "--data-dir", "demo"])
    assert done.exit_code == 1, done.output
    assert "1111 FAIL" in done.stdout
    assert "Recover the board with an allowed OS" in " ".join(done.stdout.split())
    settings = tmp_path / "demo" / "station.toml"
    done = CliRunner().invoke(app, ["station", "check", "--config", str(settings)])
    assert done.exit_code == 69, done.output
    assert "ok      settings" in done.stdout
    assert "problem local service" in done.stdout


def test_the_reference_is_printed() -> None:
    """`station settings` writes the page that the documentation holds."""
    assert CliRunner().invoke(app, ["station", "settings"]).stdout == reference()


def test_lost_evidence_is_an_error_of_its_own() -> None:
    """What ended the station reaches the shell as 74, not as a failed unit."""
    from orchestrator.app import Finish
    from orchestrator.station.daemon import StationEnd

    lost = AuditUnavailable("the disk is full")
    with pytest.raises(AuditUnavailable):
        station_command.exit_code_of(Finish(StationEnd(audit_lost=lost), None))


def test_a_database_that_is_no_audit(tmp_path: Path) -> None:
    """The check says what is wrong with the file and does not touch it."""
    done = CliRunner().invoke(app, ["demo", "--boards", "1", "--data-dir", "demo"])
    assert done.exit_code == 0, done.output
    database = tmp_path / "demo" / "audit.db"
    database.write_bytes(b"this is no database, whatever its name says" * 100)
    done = CliRunner().invoke(
        app, ["station", "check", "--config", str(tmp_path / "demo" / "station.toml")]
    )
    assert done.exit_code == 69
    assert "problem database" in done.stdout
    assert "-> " in done.stdout


def test_wrong_settings_are_an_error_of_their_own(tmp_path: Path) -> None:
    """The mistakes leave the command as ConfigurationMistakes, which the shell sees as 78."""
    (tmp_path / "station.toml").write_text("[station]\n")
    done = CliRunner().invoke(app, ["station", "run", "--config", "station.toml"])
    assert isinstance(done.exception, ConfigurationMistakes)
