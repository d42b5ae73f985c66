"""The install script, below a folder instead of on a machine: twice, with a program, with traps."""

import base64
import csv
import hashlib
import io
import os
import stat
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tests.patience import PATIENCE_SECONDS

ROOT = Path(__file__).resolve().parents[2]
SCRIPT = ROOT / "deploy" / "install.sh"
AS_ROOT = hasattr(os, "geteuid") and os.geteuid() == 0

pytestmark = pytest.mark.systemd("systemctl", "systemd-sysusers")


def install(root: Path, *options: str, expected: int = 0) -> str:
    """Install below `root` and return what was said."""
    done = subprocess.run(
        ["/bin/sh", str(SCRIPT), "--root", str(root), *options],
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE_SECONDS,
    )
    assert done.returncode == expected, done.stdout + done.stderr
    return done.stdout + done.stderr


def everything(root: Path) -> dict[str, tuple[object, ...]]:
    """Describe every path: mode, owner, time of its last change, and contents."""
    found: dict[str, tuple[object, ...]] = {}
    for path in sorted(root.rglob("*")):
        about = path.lstat()
        inside = path.read_bytes() if path.is_file() and not path.is_symlink() else b""
        target = path.readlink() if path.is_symlink() else None
        found[str(path.relative_to(root))] = (
            stat.filemode(about.st_mode), about.st_uid, about.st_gid, about.st_mtime_ns, inside,
            target,
        )  # fmt: skip
    return found


def mode(path: Path) -> str:
    """Return the mode of a path as people write it."""
    return format(path.stat().st_mode & 0o7777, "o")


def make_wheel(folder: Path, version: str) -> Path:
    """Make a wheel that has nothing but a program which says its version."""
    name = f"orchestrator-{version}"
    contents = {
        "orchestrator_stand_in.py": f"def main():\n    print({version!r})\n",
        f"{name}.dist-info/METADATA": f"Metadata-Version: 2.1\nName: orchestrator\n"
        f"Version: {version}\n",
        f"{name}.dist-info/WHEEL": "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\n"
        "Tag: py3-none-any\n",
        f"{name}.dist-info/entry_points.txt": "[console_scripts]\n"
        "orchestrator = orchestrator_stand_in:main\n",
    }
    record = io.StringIO()
    rows = csv.writer(record, lineterminator="\n")
    file = folder / f"{name}-py3-none-any.whl"
    with zipfile.ZipFile(file, "w") as wheel:
        for inner, text in contents.items():
            wheel.writestr(inner, text)
            digest = base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest())
            rows.writerow([inner, f"sha256={digest.rstrip(b'=').decode()}", len(text)])
        rows.writerow([f"{name}.dist-info/RECORD", "", ""])
        wheel.writestr(f"{name}.dist-info/RECORD", record.getvalue())
    return file


def test_the_second_run_changes_nothing_and_says_so(tmp_path: Path) -> None:
    """Modes, owners, contents and times are the same after the second run."""
    said = install(tmp_path, "--kiosk")
    assert "made      /var/lib/orchestrator" in said
    assert "runuser -u orchestrator" in said
    before = everything(tmp_path)
    again = install(tmp_path, "--kiosk")
    assert again.splitlines()[-1] == "nothing changed: everything was as it should be"
    assert everything(tmp_path) == before


def test_evidence_and_secrets_are_for_the_service_alone(tmp_path: Path) -> None:
    """Folders have the modes that keep others out; root's credentials are root's."""
    install(tmp_path)
    for folder, wanted in {
        "var/lib/orchestrator": "700",
        "var/backups/orchestrator": "700",
        "etc/orchestrator": "750",
        "etc/orchestrator/secrets": "750",
        "etc/orchestrator/credentials": "700",
        "etc/orchestrator/station.toml": "640",
        "opt/orchestrator/bin/orchestrator-backup": "755",
    }.items():
        assert mode(tmp_path / folder) == wanted, folder
    if AS_ROOT:
        users = (tmp_path / "etc/passwd").read_text(encoding="utf-8").splitlines()
        (line,) = [each for each in users if each.startswith("orchestrator:")]
        evidence = (tmp_path / "var/lib/orchestrator").stat()
        assert evidence.st_uid == int(line.split(":")[2])
        assert (tmp_path / "etc/orchestrator").stat().st_uid == 0
        assert (tmp_path / "etc/orchestrator").stat().st_gid == int(line.split(":")[3])
        assert line.endswith("/nologin")


def test_units_are_enabled_and_the_settings_are_this_machines(tmp_path: Path) -> None:
    """The station and the backup timer start with the machine; the kiosk only when asked for."""
    install(tmp_path)
    system = tmp_path / "etc/systemd/system"
    assert (system / "multi-user.target.wants/orchestrator-station.service").is_symlink()
    assert (system / "timers.target.wants/orchestrator-backup.timer").is_symlink()
    assert not (system / "orchestrator-kiosk.service").exists()
    settings = (tmp_path / "etc/orchestrator/station.toml").read_text(encoding="utf-8")
    assert '\ndata_dir = "/var/lib/orchestrator"\n' in settings
    assert '\nfiles = ["recipes/guardian-line.yaml"]\n' in settings


def test_what_belongs_to_the_site_is_kept_and_what_is_ours_is_mended(tmp_path: Path) -> None:
    """Settings and site.conf are never overwritten; a changed unit and a wrong mode are mended."""
    install(tmp_path)
    system = tmp_path / "etc/systemd/system"
    own = [
        tmp_path / "etc/orchestrator/station.toml",
        system / "orchestrator-station.service.d/site.conf",
    ]
    for file in own:
        file.write_text("# the site's own\n", encoding="utf-8")
    ours = system / "orchestrator-station.service"
    ours.write_text("[Service]\n", encoding="utf-8")
    (tmp_path / "var/lib/orchestrator").chmod(0o755)
    said = install(tmp_path)
    assert "replaced  /etc/systemd/system/orchestrator-station.service" in said
    assert "corrected /var/lib/orchestrator" in said
    assert "2 changes" in said
    assert all(file.read_text(encoding="utf-8") == "# the site's own\n" for file in own)
    assert ours.read_bytes() == (ROOT / "deploy/systemd" / ours.name).read_bytes()


def test_a_program_is_installed_beside_the_old_one_and_switched(tmp_path: Path) -> None:
    """Without a network: each version has a folder, the link names the newest, going back is it."""
    root = tmp_path / "root"
    opt = root / "opt/orchestrator"
    options = ["--wheelhouse", str(tmp_path), "--python", sys.executable]
    for version in ("1.0.0", "1.1.0"):
        wheel = make_wheel(tmp_path, version)
        said = install(root, "--wheel", str(wheel), *options)
        assert f"linked    /opt/orchestrator/venv -> versions/{version}-" in said
        done = subprocess.run(
            [opt / "venv/bin/orchestrator"], capture_output=True, text=True, check=True
        )
        assert done.stdout.strip() == version
    before = everything(root)
    assert "nothing changed" in install(root, "--wheel", str(wheel), *options)
    assert everything(root) == before
    assert len(list((opt / "versions").iterdir())) == 2


def test_an_installation_that_was_cut_off_is_made_anew(tmp_path: Path) -> None:
    """A version without its mark of completeness is no version."""
    root = tmp_path / "root"
    wheel = make_wheel(tmp_path, "1.0.0")
    digest = hashlib.sha256(wheel.read_bytes()).hexdigest()[:12]
    place = root / f"opt/orchestrator/versions/1.0.0-{digest}"
    place.mkdir(parents=True)
    (place / "half").touch()
    options = ["--wheelhouse", str(tmp_path), "--python", sys.executable]
    install(root, "--wheel", str(wheel), *options)
    assert not (place / "half").exists()
    assert (place / ".complete").exists()


@pytest.mark.parametrize(
    ("options", "code", "says"),
    [
        (["--wheel"], 2, "--wheel needs a value"),
        (["--sideways"], 2, "unknown option --sideways"),
        (["--wheel", "/nowhere.whl"], 66, "there is no /nowhere.whl"),
        (["--help"], 0, "usage: deploy/install.sh"),
    ],
)
def test_a_wrong_command_line_changes_nothing(
    tmp_path: Path, options: list[str], code: int, says: str
) -> None:
    """It is refused with a sentence before anything is made."""
    assert says in install(tmp_path, *options, expected=code)
    assert everything(tmp_path) == {}
