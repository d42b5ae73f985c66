"""The command as a whole: errors become sentences and exit codes, help shows what there is."""

import subprocess
import sys
from pathlib import Path

import pytest

from orchestrator.cli.exit_codes import ExitCode, exit_code_for
from orchestrator.cli.main import ProcessEdge
from orchestrator.domain.errors import (
    AuditUnavailable,
    ConfigurationMistakes,
    OrchestratorError,
    RecipeMistakes,
    StationBusy,
    Unreachable,
)
from tests.patience import PATIENCE_SECONDS


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the command line in a process of its own."""
    return subprocess.run(
        [sys.executable, "-m", "orchestrator", *arguments],
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE_SECONDS,
    )


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (RecipeMistakes("x"), 65),
        (Unreachable("x"), 69),
        (AuditUnavailable("x"), 74),
        (StationBusy("x"), 75),
        (ConfigurationMistakes("x"), 78),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else str(value),
)
def test_each_kind_of_error_has_its_exit_code(error: OrchestratorError, code: int) -> None:
    """A service manager can tell them apart."""
    assert exit_code_for(error) == code
    with pytest.raises(SystemExit) as ended, ProcessEdge():
        raise error
    assert ended.value.code == code


def test_the_system_refusing_is_a_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    """A file that cannot be had is named, without a traceback."""
    with pytest.raises(SystemExit) as ended, ProcessEdge():
        raise PermissionError(13, "Permission denied", "/secret")
    assert ended.value.code == ExitCode.INPUT_OUTPUT
    assert "Permission denied (file /secret)" in capsys.readouterr().err


def test_a_bug_leaves_a_report_that_is_named(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The traceback goes to a file; the person gets its name and exit code 70."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    with pytest.raises(SystemExit) as ended, ProcessEdge():
        raise ZeroDivisionError("a bug")
    assert ended.value.code == ExitCode.OUR_FAULT
    (report,) = tmp_path.glob("orchestrator-report-*.txt")
    assert "ZeroDivisionError: a bug" in report.read_text(encoding="utf-8")
    printed = capsys.readouterr().err
    assert str(report) in printed
    assert "Traceback" not in printed
    monkeypatch.setenv("ORCHESTRATOR_DEBUG", "1")
    with pytest.raises(SystemExit), ProcessEdge():
        raise ZeroDivisionError("a bug")
    assert "Traceback" in capsys.readouterr().err


def test_a_command_that_ends_well_passes_the_edge() -> None:
    """Nothing is done when nothing happened."""
    with ProcessEdge():
        pass


def test_version_and_help_say_what_there_is() -> None:
    """The versions in one line; every noun and the exit codes in the help."""
    version = run("--version")
    assert version.returncode == 0
    for word in ("orchestrator", "Python", "database schema 0002", "recipe language 1"):
        assert word in version.stdout
    help_text = run("--no-color", "-h").stdout
    for noun in ("demo", "station", "recipe", "audit", "db", "simulate", "Exit codes"):
        assert noun in help_text


def test_a_typing_mistake_gets_a_suggestion() -> None:
    """A wrong command is exit code 2, with the one that was probably meant."""
    done = run("recipe", "chek")
    assert done.returncode == ExitCode.USAGE
    assert "check" in done.stderr
