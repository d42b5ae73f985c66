"""`cloud claim` and `portal register` as a person runs them, over real sockets."""

import csv
import json
import os
import sqlite3
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.patience import PATIENCE_SECONDS

TOKEN = "canary-token-5d8e"
PORTAL_TOKEN = "canary-portal-1c4a"
RECIPE_SECRET = "canary-recipe-77b0"
HEAD = "DeviceId,ProductName,DeviceGroupName"
SECRETS = {"CLOUD_TOKEN": TOKEN, "PORTAL_TOKEN": PORTAL_TOKEN, "RECIPE_SECRET": RECIPE_SECRET}
SETTINGS = """\
[station]
name = "office"
data_dir = "data"
{section}
[secrets]
wifi = {{ env = "RECIPE_SECRET" }}
[log]
level = "debug"
"""
CLOUD = """\
[cloud]
tenant = "{tenant}"
url = "{cloud}"
ca_file = "ca.pem"
requests_per_second = 1000
settle_seconds = 1
[cloud.sign_in]
token = {{ env = "CLOUD_TOKEN" }}"""
PORTAL = """\
[portal]
url = "{portal}"
ca_file = "ca.pem"
requests_per_second = 1000
token = {{ env = "PORTAL_TOKEN" }}"""


class Office:
    """A folder with settings and lists, and what happened in the pretend service."""

    def __init__(self, folder: Path, ready: dict[str, Any]) -> None:
        self.folder = folder
        section = (CLOUD if "cloud" in ready else PORTAL).format(**ready)
        (folder / "station.toml").write_text(SETTINGS.format(section=section), encoding="utf-8")
        self.ready = ready

    def write(self, *lines: str) -> None:
        """Write the list."""
        (self.folder / "devices.csv").write_text("\n".join([*lines, ""]), encoding="utf-8")

    def start(self, *command: str) -> subprocess.Popen[str]:
        """Begin to work the list."""
        options = ["--config", "station.toml", "--csv", "devices.csv"]
        return subprocess.Popen(
            [sys.executable, "-m", "orchestrator", *command[:2], *options, *command[2:]],
            cwd=self.folder,
            env={**os.environ, **SECRETS, "COLUMNS": "200"},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(self, *command: str) -> tuple[int, str, str]:
        """Work the list; return exit code, stdout and stderr, in which no secret may be."""
        with self.start(*command) as process:
            out, err = process.communicate(timeout=PATIENCE_SECONDS)
        assert not any(secret in out + err for secret in SECRETS.values())
        return process.returncode, out, err

    def happened(self, what: str) -> Counter[str]:
        """Count what was really applied, by device."""
        text = (self.folder / "world.jsonl").read_text(encoding="utf-8")
        rows = [json.loads(line) for line in text.splitlines()]
        return Counter(row["device_id"] for row in rows if row["what"] == what)

    def audit(self, query: str) -> list[Any]:
        """Ask the audit."""
        with closing(sqlite3.connect(self.folder / "data" / "audit.db")) as database:
            return database.execute(query).fetchall()


@contextmanager
def office(folder: Path, kind: str, *options: str) -> Iterator[Office]:
    """Run a pretend service beside an office."""
    files = ("--ca-file", str(folder / "ca.pem"), "--world-log", str(folder / "world.jsonl"))
    command = [sys.executable, "-m", "orchestrator", "simulate", kind, *files, *options]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as service:
        assert service.stdout is not None
        try:
            yield Office(folder, json.loads(service.stdout.readline()))
        finally:
            service.terminate()


def device(number: int) -> str:
    """Return a device id."""
    return f"{number:0128x}"


def test_a_list_is_killed_and_every_device_is_still_claimed_once(tmp_path: Path) -> None:
    """After kill -9 in the middle the same command goes on; a third time there is nothing to do."""
    devices = [device(number) for number in range(1, 121)]
    with office(tmp_path, "cloud", "--token", TOKEN, "--seed", "7") as it:
        it.write(HEAD, *(f"{each.upper()},Guardian,Production" for each in devices))
        with it.start("cloud", "claim", "--at-once", "4") as process:
            assert process.stderr is not None
            while "of 120 lines" not in (line := process.stderr.readline()):
                assert line, "it ended before it was killed"
            told = Path(f"/proc/{process.pid}/cmdline").read_bytes()
            process.kill()
        assert not any(secret.encode() in told for secret in SECRETS.values())
        before = len(it.happened("claimed"))
        assert 0 < before < 120
        code, out, err = it.run("cloud", "claim", "--result", "result.csv")
        assert (code, out.count("120 PASS")) == (0, 1), err
        assert it.happened("claimed") == Counter(devices)
        assert it.happened("moved").keys() == set(devices)
        rows = list(csv.DictReader((tmp_path / "result.csv").read_text().splitlines()))
        assert [row["device_id"] for row in rows] == devices
        assert {row["outcome"] for row in rows} == {"PASS"}
        assert 0 < sum(row["before"] == "yes" for row in rows) < 120
        world = (tmp_path / "world.jsonl").read_bytes()
        code, out, _ = it.run("cloud", "claim")
        assert (code, "120 done before" in out) == (0, True)
        assert (tmp_path / "world.jsonl").read_bytes() == world
    query = (
        "SELECT count(DISTINCT device_id) FROM identity JOIN run_end USING (run_id)"
        " WHERE outcome = 'PASS'"
    )
    assert it.audit(query) == [(120,)]
    for file in (tmp_path / "data").rglob("*"):
        if file.is_file():
            assert not any(secret.encode() in file.read_bytes() for secret in SECRETS.values())


def test_the_last_line_that_fails_is_not_overlooked(tmp_path: Path) -> None:
    """Exit code 1, the line and its reason on the screen, in the result and in the audit."""
    with office(tmp_path, "cloud", "--token", TOKEN) as it:
        it.write(HEAD, *(f"{device(n)},Guardian,Production" for n in range(1, 6)),
                f"{device(6)},Valve,Production")  # fmt: skip
        code, out, err = it.run("cloud", "claim", "--dry-run")
        assert (code, "6 to do" in out, "Nothing was sent" in out) == (0, True, True), err
        assert not (tmp_path / "data").exists()
        assert it.happened("claimed") == Counter()
        code, out, err = it.run("cloud", "claim", "--result", "result.csv")
        assert (code, "1 ERROR, 5 PASS" in out) == (1, True)
        assert "line 7: ERROR" in err
        assert "has no product Valve" in err
        rows = list(csv.DictReader((tmp_path / "result.csv").read_text().splitlines()))
        assert rows[-1]["outcome"] == "ERROR"
        assert "has no product Valve" in rows[-1]["message"]
        code, out, _ = it.run("cloud", "claim", "--dry-run")
        assert (code, "5 done before, 1 to do" in out) == (0, True)
    ends = it.audit("SELECT outcome, count(*) FROM run_end GROUP BY outcome ORDER BY outcome")
    assert ends == [("ERROR", 1), ("PASS", 5)]


def test_a_token_that_is_not_taken_stops_the_list_with_a_sentence(tmp_path: Path) -> None:
    """Every line says so, nothing is claimed, and the token is told nowhere."""
    with office(tmp_path, "cloud", "--token", "another") as it:
        it.write(HEAD, *(f"{device(n)},Guardian,Production" for n in range(1, 4)))
        code, out, err = it.run("cloud", "claim")
        assert (code, "3 ERROR" in out) == (1, True)
        assert "The token of the settings is not accepted" in err
        assert it.happened("claimed") == Counter()
    assert len(it.audit("SELECT 1 FROM run_end WHERE outcome = 'ERROR'")) == 3
    export = [sys.executable, "-m", "orchestrator", "db", "export", "--format", "csv"]
    options = ["--data-dir", "data", "--output", "export"]
    subprocess.run([*export, *options], cwd=tmp_path, check=True, timeout=PATIENCE_SECONDS)
    files = [file for file in tmp_path.rglob("*") if file.is_file()]
    assert any(file.is_relative_to(tmp_path / "export") for file in files)
    for file in files:
        content = file.read_bytes()
        assert not any(secret.encode() in content for secret in SECRETS.values()), file


def test_a_list_is_registered_in_the_portal_once(tmp_path: Path) -> None:
    """The model that is not there fails its line; the second time only that line is tried."""
    with office(tmp_path, "portal", "--token", PORTAL_TOKEN) as it:
        model = it.ready["model"]
        euis = [f"{number:016X}" for number in range(1, 9)]
        it.write("DeviceId,DeviceName,ModelId", *(f"{e},Unit {e[-1]},{model}" for e in euis[:-1]),
                f"{euis[-1]},Unit 8,none")  # fmt: skip
        code, out, err = it.run("portal", "register")
        assert (code, "1 ERROR, 7 PASS" in out) == (1, True), err
        assert it.happened("device_created") == Counter(euis[:-1])
        code, out, err = it.run("portal", "register")
        assert (code, "7 done before" in out) == (1, True), err
        assert it.happened("device_created") == Counter(euis[:-1])


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        (["DeviceId,ProductName"], ["has no column DeviceGroupName", HEAD]),
        (
            [HEAD, "zz,Guardian,Production", f"{device(1)},,", f"{device(2)},A,B",
             f"{device(2).upper()},A,B", f"{device(3)}"],
            ["has 4 wrong lines", "line 2: 'zz' is no DeviceId", "line 3: ProductName, DeviceGroup",
             "line 5: the same id as in line 4", "line 6: ProductName, DeviceGroupName is empty"],
        ),
    ],
    ids=["columns", "lines"],
)  # fmt: skip
def test_everything_wrong_with_a_list_is_told_at_once(
    tmp_path: Path, lines: list[str], words: list[str]
) -> None:
    """With the number of each line, and nothing is started."""
    it = Office(tmp_path, {"cloud": "https://localhost:1", "tenant": device(0)[:8] + "-0000" * 3
                           + "-" + "0" * 12})  # fmt: skip
    it.write(*lines)
    code, out, err = it.run("cloud", "claim")
    assert (code, out) == (65, ""), err
    for each in words:
        assert each in err
    assert not (tmp_path / "data").exists()
