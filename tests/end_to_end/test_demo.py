"""The main job from nothing: a rack, a station, a database that answers."""

import json
import os
import shlex
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx
import pytest

from orchestrator.cli.demo_rack import BAD_BOARDS, bad_among, rack_text
from orchestrator.domain.shipped import shipped
from orchestrator.recipe.check import load_plan
from orchestrator.simulation.rack_file import load_rack_file
from orchestrator.steps.table import definitions
from orchestrator.systems.azure_sphere_device.image_package import inspect_image
from tests.patience import PATIENCE_SECONDS

FAULTY = 13
PRODUCT_FAULTS = {
    "runs another OS version than the recipe allows",
    "is DeviceComplete already",
    "carries a Wi-Fi network left behind",
    "carries a development capability left behind",
    "has a link that is far too slow",
}


def orchestrator(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Run the command in `folder`, without a terminal."""
    return subprocess.run(
        [sys.executable, "-m", "orchestrator", *words],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE_SECONDS,
        env={**os.environ, "NO_COLOR": "1"},
    )


def ask(folder: Path, sql: str) -> Sequence[tuple[Any, ...]]:
    """Ask the finished database with nothing but SQL."""
    with closing(sqlite3.connect(folder / "audit.db")) as audit:
        return audit.execute(sql).fetchall()


def locked(folder: Path) -> list[str]:
    """Return the boards that really became DeviceComplete, one entry per change."""
    lines = (folder / "world.jsonl").read_text(encoding="utf-8").splitlines()
    happened = [json.loads(line) for line in lines]
    return [
        row["device_id"]
        for row in happened
        if row["what"] == "manufacturing_state" and row["detail"]["to"] == "DeviceComplete"
    ]


def steps_of_the_recipe() -> int:
    """Return how many steps the shipped recipe plans."""
    catalogue = {name: each.signature for name, each in definitions().items()}
    recipe = shipped("recipes") / "guardian-line.yaml"
    return len(list(load_plan(recipe, catalogue, inspect_image).steps()))


def test_eight_boards_end_locked_and_proven(tmp_path: Path) -> None:
    """Eight DeviceComplete, eight PASS, boards x steps rows, and the printed commands answer."""
    done = orchestrator(tmp_path, "demo", "--boards", "8", "--data-dir", "demo")
    folder = tmp_path / "demo"
    assert done.returncode == 0, done.stderr
    assert len(set(locked(folder))) == len(locked(folder)) == 8
    assert ask(folder, "SELECT outcome, count(*) FROM run_end GROUP BY 1") == [("PASS", 8)]
    assert ask(folder, "SELECT count(*) FROM step") == [(8 * steps_of_the_recipe(),)]
    assert ask(folder, "SELECT count(*) FROM step_end WHERE outcome <> 'PASS'") == [(0,)]
    identities = ask(folder, "SELECT DISTINCT device_id FROM identity")
    assert {row[0] for row in identities} == set(locked(folder))
    assert "8 boards: 8 PASS" in done.stdout
    commands = [line.strip() for line in done.stdout.splitlines() if line.startswith("  orch")]
    assert len(commands) == 4
    for command in commands:
        words = shlex.split(command)[1:]
        answer = orchestrator(tmp_path, *words)
        assert answer.returncode == 0, f"{command}\n{answer.stderr}"
    again = orchestrator(tmp_path, "demo", "--data-dir", "demo")
    assert again.returncode == 73
    assert "nothing is ever overwritten" in again.stderr


def test_no_faulty_board_is_locked_and_each_says_why(tmp_path: Path) -> None:
    """Good boards PASS; a bad one ends FAIL or ERROR with step, cause and remedy."""
    done = orchestrator(tmp_path, "demo", "--boards", "16", "--faults", "--data-dir", "demo")
    folder = tmp_path / "demo"
    assert done.returncode == 1, done.stderr
    specs = load_rack_file(folder / "rack.toml")
    good = {spec.identity for spec in specs[FAULTY:]}
    assert set(locked(folder)) == good
    assert len(good) == 3
    ends = {
        port: (outcome, message)
        for port, outcome, message in ask(
            folder, "SELECT port, outcome, message FROM run JOIN run_end USING (run_id)"
        )
    }
    assert len(ends) == 16
    for spec, bad in zip(specs[:FAULTY], BAD_BOARDS, strict=True):
        outcome, message = ends[spec.slot_path]
        expected = "FAIL" if bad.sentence in PRODUCT_FAULTS else "ERROR"
        assert outcome == expected, f"{bad.sentence}: {outcome} {message}"
        step, _, rest = message.partition(": ")
        assert step, message
        assert ". " in rest, f"no remedy: {message}"
        assert f"{spec.slot_path} {outcome}" in done.stdout
    reached = ask(
        folder,
        "SELECT DISTINCT port FROM step JOIN run USING (run_id) WHERE irreversible",
    )
    assert {row[0] for row in reached} == {spec.slot_path for spec in specs[FAULTY:]}


@pytest.mark.parametrize(("boards", "bad"), [(1, 1), (2, 1), (4, 3), (8, 7), (16, 13), (250, 13)])
def test_some_boards_stay_good(tmp_path: Path, boards: int, bad: int) -> None:
    """The rack file of any size is valid and keeps good boards where there is room."""
    assert bad_among(boards) == bad
    rack = tmp_path / "rack.toml"
    rack.write_text(rack_text(boards, faults=True), encoding="utf-8")
    assert len(load_rack_file(rack)) == boards
    rack.write_text(rack_text(boards, faults=False), encoding="utf-8")
    assert len(load_rack_file(rack)) == boards


def test_a_folder_that_cannot_be_made(tmp_path: Path) -> None:
    """The demo says so and names the option; nothing is started."""
    (tmp_path / "file").touch()
    done = orchestrator(tmp_path, "demo", "--data-dir", "file/demo")
    assert done.returncode == 73
    assert "Name another one with --data-dir" in done.stderr


def test_the_panel_is_served_until_the_demo_is_interrupted(tmp_path: Path) -> None:
    """A newcomer opens the address that is said, and ends it all with Ctrl-C."""
    words = [sys.executable, "-m", "orchestrator", "demo", "--panel", "--boards", "1"]
    with subprocess.Popen(
        [*words, "--data-dir", "line"],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "NO_COLOR": "1"},
    ) as demo:
        assert demo.stderr is not None
        said = next(line for line in demo.stderr if line.startswith("The panel is at "))
        page = httpx.get(said.removeprefix("The panel is at ").strip(), trust_env=False)
        demo.send_signal(signal.SIGINT)
        answer, _ = demo.communicate(timeout=PATIENCE_SECONDS)
    assert page.status_code == 200
    assert "Station demo" in page.text
    assert "orchestrator audit runs --data-dir line" in answer
    assert demo.returncode == 130
