"""Whole shifts of the real program on a virtual clock, judged by the auditor."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from orchestrator.cli.simulate import app
from orchestrator.domain.crash_points import CRASH_POINTS
from orchestrator.simulation.auditor import INVARIANTS
from orchestrator.simulation.auditor.__main__ import main as auditor
from orchestrator.simulation.rehearsal import campaign
from orchestrator.simulation.rehearsal.campaign import Order, rehearse, shrink, work_and_judge
from orchestrator.simulation.rehearsal.scenario import GROUPS, KINDS, PROFILES, VISITED, draw
from tests.patience import PATIENCE_SECONDS
from tests.simulation.sabotages import SABOTAGES

SHIFTS_PER_TEST = 5
QUICK = [range(first, first + SHIFTS_PER_TEST) for first in range(1, 41, SHIFTS_PER_TEST)]
SEEDS_FILE = Path(__file__).parent / "seeds.txt"

DIGEST = """
import sys
from orchestrator.simulation.rehearsal.campaign import Order, work_and_judge
order = Order(boards=12, compare=False)
print(*(work_and_judge(seed, order).digest for seed in map(int, sys.argv[1:])))
"""


def _failures(judged: list[campaign.Judged], order: Order) -> list[str]:
    return [
        f"{line}\n    again: {order.command(each.seed)}"
        for each in judged
        for line in each.violations
    ]


@pytest.mark.parametrize("seeds", QUICK, ids=lambda seeds: f"{seeds[0]}-{seeds[-1]}")
def test_no_promise_is_broken_in_a_shift(seeds: range) -> None:
    """Shifts of 50 boards with all kinds of trouble keep every promise."""
    order = Order(boards=50)
    assert _failures([work_and_judge(seed, order) for seed in seeds], order) == []


def _once_failed() -> list[str]:
    lines = SEEDS_FILE.read_text(encoding="utf-8").splitlines()
    return [line for line in lines if line and not line.startswith("#")]


@pytest.mark.parametrize("line", _once_failed())
def test_what_once_failed_stays_mended(line: str) -> None:
    """Shifts that have shown a defect of the program are worked for ever."""
    seed, boards, *without = line.split()
    order = Order(boards=int(boards), without=tuple(without))
    assert _failures([work_and_judge(int(seed), order)], order) == []


def _digests(hash_seed: str, seeds: list[int]) -> str:
    done = subprocess.run(
        [sys.executable, "-c", DIGEST, *map(str, seeds)],
        env={**os.environ, "PYTHONHASHSEED": hash_seed},
        capture_output=True,
        text=True,
        check=True,
        timeout=PATIENCE_SECONDS,
    )
    return done.stdout.strip()


def test_the_same_seed_gives_the_same_history() -> None:
    """World log and every row of the audit are the same, byte for byte, in another process."""
    seeds = [5, 10, 13, 17, 23]
    first, second = _digests("1", seeds), _digests("4242", seeds)
    assert first == second
    assert len(set(first.split())) == len(seeds)


def test_a_history_does_not_depend_on_the_shifts_before_it() -> None:
    """The same shift, worked twice in one process, is the same."""
    order = Order(boards=10, compare=False)
    once = work_and_judge(3, order)
    work_and_judge(4, order)
    assert work_and_judge(3, order).digest == once.digest


def test_the_auditor_judges_files_by_itself(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The auditor's own command reads what a shift left behind and finds what was changed."""
    folder = tmp_path / "shift"
    folder.mkdir()
    work_and_judge(12, Order(boards=6, compare=False), folder)
    files = ["--world", str(folder / "world.jsonl"), "--acks", str(folder / "acks.jsonl")]
    monkeypatch.setattr(sys, "argv", ["x", "--database", str(folder / "audit.db"), *files])
    assert auditor() == 0
    report = json.loads(capsys.readouterr().out)
    assert report["violations"] == []
    assert len(report["invariants"]) == len(INVARIANTS)
    acks = (folder / "acks.jsonl").read_text(encoding="utf-8").replace('"last": 9', '"last": 99999')
    (folder / "acks.jsonl").write_text(acks, encoding="utf-8")
    assert auditor() == 1
    assert "I8" in capsys.readouterr().out


def test_the_auditor_imports_nothing_of_the_program() -> None:
    """The judge shares no code with what it judges."""
    code = (
        "import sys, orchestrator.simulation.auditor as a; "
        "print([m for m in sys.modules if m.startswith('orchestrator.') "
        "and not m.startswith('orchestrator.simulation')])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def _simulate(*arguments: str) -> Any:
    return CliRunner().invoke(app, ["shift", *arguments])


def test_one_shift_from_the_command_line(tmp_path: Path) -> None:
    """A shift is named by its seed; its files can be kept."""
    keep = tmp_path / "kept"
    shown = _simulate("--seed", "2", "--boards", "4", "--hours", "1", "--keep", str(keep))
    assert shown.exit_code == 0, shown.output
    assert json.loads(shown.stdout)["boards"] == 4
    assert {path.name for path in keep.iterdir()} >= {"audit.db", "world.jsonl", "acks.jsonl"}


def test_many_shifts_from_the_command_line(tmp_path: Path) -> None:
    """Many shifts are added up into a result file and a page."""
    result = tmp_path / "result.json"
    shown = _simulate("--seeds", "1-3", "--boards", "3", "--result", str(result), "--jobs", "2")
    assert shown.exit_code == 0, shown.output
    figures = json.loads(result.read_text(encoding="utf-8"))
    assert figures["shifts"] == 3
    assert figures["boards"] == 9
    assert figures["violations"] == 0
    assert "**0**" in result.with_suffix(".md").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    "arguments",
    [
        ("--profile", "sunny"),
        ("--without", "rain"),
        ("--at", "nowhere:1"),
        ("--seeds", "9-1"),
        ("--seeds", "1-2", "--seed", "1"),
    ],
)
def test_words_that_mean_nothing_are_refused(arguments: tuple[str, ...]) -> None:
    """A profile, group, place or range that does not exist is named with what does."""
    assert _simulate(*arguments).exit_code == 2


def test_a_broken_promise_is_shown_with_the_command_that_repeats_it() -> None:
    """With a bug planted the command fails, names the promise, and shrinks the shift."""
    bug = next(each for each in SABOTAGES if each.name == "asked without settling")
    with bug.planted():
        shown = _simulate("--seed", "2", "--boards", "20")
    assert shown.exit_code == 1
    assert "I2" in shown.output
    assert "Again: orchestrator simulate shift --seed 2 --boards 20" in shown.output
    assert "Smallest shift that shows it:" in shown.output
    assert "--without" in shown.output


def test_a_failing_shift_is_shrunk_to_the_groups_that_matter() -> None:
    """Groups of faults that have nothing to do with the failure are switched off."""
    bug = next(each for each in SABOTAGES if each.name == "runs are left open")
    order = Order(boards=10, profile="power", compare=False)
    with bug.planted():
        found = next(
            judged
            for seed in range(1, 30)
            if (judged := work_and_judge(seed, order)).violations and len(judged.groups) > 2
        )
        smallest, left = shrink(found, order)
    assert left
    assert len(found.groups) > len(set(found.groups) - set(smallest.without))


def test_a_cut_is_made_where_it_is_asked_for() -> None:
    """`at` takes the power at a named place, whatever the profile would do."""
    judged = work_and_judge(1, Order(boards=4, profile="calm", at="intent.committed:2"))
    assert judged.violations == []
    assert judged.restarts == 1
    assert judged.injected["power.visit.intent.committed"] == 1


def test_every_place_and_profile_is_known() -> None:
    """Cuts name places that the program has; profiles name groups that exist."""
    assert {name for name, _ in VISITED} <= set(CRASH_POINTS)
    assert {group for likely in PROFILES.values() for group in likely} <= set(GROUPS)


def test_chances_of_one_group_do_not_shift_another() -> None:
    """A group that is left out leaves every other fault where it was."""
    whole = draw(7, boards=30, hours=8, profile="storm")
    less = draw(7, boards=30, hours=8, profile="storm", without=("product", "pull", "service"))
    assert less.groups == whole.groups - {"product", "pull", "service"}
    assert [b.spec.faults for b in less.boards] == [b.spec.faults for b in whole.boards]
    assert less.cuts == whole.cuts


def test_figures_are_added_up() -> None:
    """A tally counts shifts, boards and faults, and names the kinds that never struck."""
    tally = rehearse([1, 2], Order(boards=3, compare=False))
    assert (tally.shifts, tally.boards) == (2, 6)
    assert set(tally.never_struck) == KINDS - set(tally.injected)
