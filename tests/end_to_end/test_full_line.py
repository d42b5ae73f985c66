"""The whole line from nothing: boards locked, claimed, registered, and everybody's counts agree."""

import json
from collections import Counter
from pathlib import Path

from orchestrator.cli.demo_lines import VARIABLE
from orchestrator.cli.demo_rack import BAD_BOARDS, FOREIGN_BOARD
from orchestrator.simulation.rack_file import load_rack_file
from tests.end_to_end.test_demo import ask, locked, orchestrator


def happened(folder: Path, what: str) -> Counter[str]:
    """Return how often `what` was really applied to whom."""
    lines = (folder / "world.jsonl").read_text(encoding="utf-8").splitlines()
    rows = [json.loads(line) for line in lines]
    return Counter(row["device_id"] for row in rows if row["what"] == what)


def test_eight_boards_end_claimed_and_registered(tmp_path: Path) -> None:
    """Eight PASS; rack, cloud, portal and audit name the same eight boards, each of them once."""
    done = orchestrator(
        tmp_path, "demo", "--recipe", "full-line", "--boards", "8", "--data-dir", "line"
    )
    folder = tmp_path / "line"
    assert done.returncode == 0, done.stderr
    told = "Boards locked: 8. Claimed in the cloud: 8. Registered in the portal: 8."
    assert told in done.stdout
    boards = set(locked(folder))
    assert len(boards) == 8
    assert happened(folder, "claimed") == Counter(boards)
    assert happened(folder, "device_created") == Counter({each[:16].upper() for each in boards})
    assert {row[0] for row in ask(folder, "SELECT DISTINCT device_id FROM identity")} == boards
    assert ask(folder, "SELECT outcome, count(*) FROM run_end GROUP BY 1") == [("PASS", 8)]
    unfinished = ask(folder, "SELECT count(*) FROM step_end WHERE outcome <> 'PASS'")
    assert unfinished == [(0,)]
    settings = (folder / "station.toml").read_text(encoding="utf-8")
    assert f'env = "{VARIABLE}"' in settings


def test_what_goes_wrong_behind_the_rack(tmp_path: Path) -> None:
    """Lost answers do no harm; another tenant's board is FAIL with a sentence, never registered."""
    done = orchestrator(
        tmp_path, "demo", "--recipe", "full-line", "--boards", "4", "--faults", "--data-dir", "bad"
    )
    folder = tmp_path / "bad"
    assert done.returncode == 1, done.stderr
    specs = load_rack_file(folder / "rack.toml")
    text = (folder / "rack.toml").read_text(encoding="utf-8")
    assert BAD_BOARDS[1].sentence in text
    assert FOREIGN_BOARD.sentence in text
    foreign, good = specs[2], specs[3]
    assert set(locked(folder)) == {foreign.identity, good.identity}
    assert happened(folder, "claimed") == Counter([good.identity])
    assert happened(folder, "device_created") == Counter([good.identity[:16].upper()])
    assert "another tenant has claimed it" in " ".join(done.stdout.split())
    ends = dict(ask(folder, "SELECT port, outcome FROM run JOIN run_end USING (run_id)"))
    assert [ends[spec.slot_path] for spec in specs] == ["FAIL", "FAIL", "FAIL", "PASS"]
