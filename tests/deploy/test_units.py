"""The units of a station: hardened, consistent with the program, restarted only when it helps."""

import json
import re
import shutil
import subprocess
import tomllib
from collections import defaultdict
from pathlib import Path
from urllib.parse import urlsplit
from xml.etree import ElementTree as ET

import pytest

from orchestrator.cli.exit_codes import ExitCode
from orchestrator.station.settings_web import WebSection

ROOT = Path(__file__).resolve().parents[2]
DEPLOY = ROOT / "deploy"
SYSTEMD = DEPLOY / "systemd"
ANALYZE = shutil.which("systemd-analyze")
SERVICES = sorted(SYSTEMD.glob("*.service"))
MAY_SCORE = 2.0


def unit(name: str) -> dict[str, dict[str, list[str]]]:
    """Read a unit: section, key, values in their order."""
    sections: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    section = ""
    text = (SYSTEMD / name).read_text(encoding="utf-8").replace("\\\n", " ")
    for line in text.splitlines():
        if line.startswith("["):
            section = line.strip("[]")
        elif line and not line.startswith("#"):
            key, _, value = line.partition("=")
            sections[section][key].append(" ".join(value.split()))
    return sections


@pytest.mark.systemd("systemd-analyze")
@pytest.mark.parametrize("name", ["orchestrator-station.service", "orchestrator-backup.service"])
def test_a_service_is_hardened(name: str) -> None:
    """The service manager's own judge gives at most 2.0, where 10 is a service without any wall."""
    assert ANALYZE is not None
    done = subprocess.run(
        [ANALYZE, "security", "--offline=true", "--no-pager", str(SYSTEMD / name)],
        capture_output=True,
        text=True,
        check=True,
    )
    (score,) = re.findall(r"Overall exposure level for \S+: ([0-9.]+)", done.stdout)
    assert float(score) <= MAY_SCORE, done.stdout


@pytest.mark.systemd("systemd-analyze")
@pytest.mark.parametrize(
    "path", [*SERVICES, *SYSTEMD.glob("*.timer")], ids=lambda path: str(path.name)
)
def test_a_unit_has_no_mistake(path: Path) -> None:
    """The service manager knows every key; what it misses are programs that are not here."""
    assert ANALYZE is not None
    done = subprocess.run(
        [ANALYZE, "verify", "--man=no", "--recursive-errors=no", str(path)],
        capture_output=True,
        text=True,
        check=False,
    )
    said = [line for line in done.stderr.splitlines() if path.name in line]
    assert all("is not executable" in line for line in said), done.stderr


def test_what_a_restart_cannot_mend_is_not_restarted() -> None:
    """The exit codes that end the service are those of wrong input, and they are this program's."""
    service = unit("orchestrator-station.service")["Service"]
    ends = {ExitCode(int(code)) for code in service["RestartPreventExitStatus"][0].split()}
    assert ends == {
        ExitCode.USAGE,
        ExitCode.BAD_INPUT,
        ExitCode.NOT_ALLOWED,
        ExitCode.CONFIGURATION,
    }
    well = {ExitCode(int(code)) for code in service["SuccessExitStatus"][0].split()}
    assert well == {ExitCode.INTERRUPTED, ExitCode.TERMINATED}
    assert service["Restart"] == ["on-failure"]


def test_the_daemon_is_watched_and_a_crash_loop_ends() -> None:
    """Readiness and life are told by the daemon itself; the limit of starts is reached in time."""
    station = unit("orchestrator-station.service")
    service, head = station["Service"], station["Unit"]
    assert service["Type"] == ["notify"]
    assert service["NotifyAccess"] == ["main"]
    assert int(service["WatchdogSec"][0]) >= 10
    # A daemon that hangs at once costs its watchdog's time and the pause before the next start.
    each = int(service["WatchdogSec"][0]) + int(service["RestartSec"][0])
    assert int(head["StartLimitBurst"][0]) * each < int(head["StartLimitIntervalSec"][0])


def test_station_and_backup_share_user_and_folder() -> None:
    """Both work as one user on one folder, and only there."""
    station = unit("orchestrator-station.service")["Service"]
    backup = unit("orchestrator-backup.service")["Service"]
    for key in ("User", "Group", "StateDirectory", "StateDirectoryMode", "ProtectSystem"):
        assert station[key] == backup[key], key
    assert station["ProtectSystem"] == ["strict"]
    assert "ReadWritePaths" not in station


def test_the_kiosk_shows_the_panel_and_reaches_nothing_else() -> None:
    """Another user, a profile of its own, one origin: by address, by name and by policy."""
    service = unit("orchestrator-kiosk.service")["Service"]
    panel = dict(entry.split("=", 1) for entry in service["Environment"])["PANEL"]
    policy = json.loads((DEPLOY / "kiosk/managed/orchestrator.json").read_text(encoding="utf-8"))
    assert policy["URLBlocklist"] == ["*"]
    assert policy["URLAllowlist"] == [panel.partition("?")[0].rstrip("/")]
    assert urlsplit(panel).port == WebSection().port
    (start,) = service["ExecStart"]
    assert "--kiosk" in start
    assert "--user-data-dir=/run/orchestrator-kiosk/profile" in start
    assert "--no-sandbox" not in start
    assert service["IPAddressDeny"] == ["any"]
    assert service["IPAddressAllow"] == ["localhost"]
    assert service["User"] != unit("orchestrator-station.service")["Service"]["User"]
    assert any("/var/lib/orchestrator" in paths for paths in service["InaccessiblePaths"])


def test_the_users_of_the_units_are_made() -> None:
    """Every user that a unit names stands in the list of users."""
    made = re.findall(
        r"^u (\S+)", (SYSTEMD / "orchestrator.sysusers").read_text("utf-8"), re.MULTILINE
    )
    for path in SERVICES:
        assert unit(path.name)["Service"]["User"][0] in made


def test_the_windows_recipe_runs_the_same_command() -> None:
    """The wrapper's recipe is well-formed, starts the daemon and gives up after a few tries."""
    recipe = ET.parse(DEPLOY / "windows/orchestrator-station.xml").getroot()
    arguments = recipe.findtext("arguments", "")
    assert "-m orchestrator station run --config" in arguments
    failures = [entry.get("action") for entry in recipe.findall("onfailure")]
    assert failures[0] == "restart"
    assert failures[-1] == "none"
    stop = unit("orchestrator-station.service")["Service"]["TimeoutStopSec"][0]
    assert recipe.findtext("stoptimeout") == f"{stop} sec"


def test_the_container_is_nobody_in_particular() -> None:
    """The image runs as a user without rights, and has nothing of the build in it."""
    text = (DEPLOY / "container/Containerfile").read_text(encoding="utf-8")
    stages = re.split(r"^FROM ", text, flags=re.MULTILINE)[1:]
    assert len(stages) == 2
    assert re.search(r"^USER [1-9]\d+$", stages[1], re.MULTILINE)
    assert "pip" not in stages[1]
    wanted = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    version = wanted["project"]["requires-python"].removeprefix(">=")
    assert all(stage.startswith(f"docker.io/library/python:{version}-") for stage in stages)
