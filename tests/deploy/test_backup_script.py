"""The script of the nightly backup: real backups, and no more of them than wanted."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from orchestrator.audit.location import sqlite_url
from orchestrator.audit.migrate import upgrade
from tests.patience import PATIENCE_SECONDS

SCRIPT = Path(__file__).resolve().parents[2] / "deploy" / "bin" / "orchestrator-backup"

pytestmark = pytest.mark.skipif(shutil.which("find") is None, reason="a script of a POSIX system")


def run(tmp_path: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run the script with a program that stands where the installed one would."""
    program = tmp_path / "program"
    program.write_text(f'#!/bin/sh\nexec {sys.executable} -m orchestrator "$@"\n', encoding="utf-8")
    program.chmod(0o755)
    said = {
        "PATH": "/usr/bin:/bin",
        "PYTHONPATH": str(SCRIPT.parents[2]),
        "BACKUP_PROGRAM": str(program),
        "BACKUP_FOLDER": str(tmp_path / "backups"),
        "BACKUP_DATA_DIR": str(tmp_path / "data"),
        **environment,
    }
    return subprocess.run(
        [str(SCRIPT)],
        env=said,
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE_SECONDS,
    )


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Make a data folder with an audit, and a folder of older backups."""
    folder = tmp_path / "data"
    folder.mkdir()
    upgrade(sqlite_url(folder))
    backups = tmp_path / "backups"
    backups.mkdir()
    for day in range(1, 6):
        (backups / f"audit-2020010{day}T031000Z.db").touch()
    (backups / "audit-2020-by-hand.db").touch()
    return folder


def test_a_backup_is_made_and_the_oldest_go(tmp_path: Path, data: Path) -> None:
    """Three are kept: the new one and the two newest before; what has another name stays."""
    done = run(tmp_path, BACKUP_KEEP="3")
    assert done.returncode == 0, done.stderr
    names = sorted(path.name for path in (tmp_path / "backups").iterdir())
    assert names[:3] == [
        "audit-2020-by-hand.db",
        "audit-20200104T031000Z.db",
        "audit-20200105T031000Z.db",
    ]
    assert len(names) == 4
    assert "restored and examined" in done.stdout
    assert (tmp_path / "backups" / names[3]).stat().st_mode & 0o077 == 0


def test_no_old_backup_goes_without_a_new_one(tmp_path: Path, data: Path) -> None:
    """When the database cannot be read the script fails, and everything is still there."""
    shutil.rmtree(data)
    done = run(tmp_path, BACKUP_KEEP="1")
    assert done.returncode == 69
    assert len(list((tmp_path / "backups").iterdir())) == 6


@pytest.mark.parametrize("keep", ["0", "-1", "many", "010"])
def test_a_wrong_number_is_refused(tmp_path: Path, data: Path, keep: str) -> None:
    """A number that would remove everything is a mistake of the settings."""
    done = run(tmp_path, BACKUP_KEEP=keep)
    assert done.returncode == 78
    assert "BACKUP_KEEP" in done.stderr
    assert len(list((tmp_path / "backups").iterdir())) == 6
