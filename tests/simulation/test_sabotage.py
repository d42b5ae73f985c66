"""The proof that the rehearsal can fail: every planted bug is noticed, by the promise it breaks.

Each is tried with a shift that is known to show it; how many shifts from seed 1 on it would have
survived stands in `docs/rehearsal-sabotage.json`: `python -m tests.simulation.test_sabotage`.
Bugs below the program's own code (a database without FULL, a lock that is gone, certificates that
nobody looks at) cannot show on a virtual clock; `tests/campaigns` plants those.
"""

import json
import sys
from pathlib import Path

import pytest

from orchestrator.simulation.rehearsal.campaign import Judged, Order, commit, work_and_judge
from tests.simulation.sabotages import SABOTAGES, Sabotage

BOARDS = 20
MOST_SEEDS = 200
RECORD = Path(__file__).parents[2] / "docs" / "rehearsal-sabotage.json"


def _broken(judged: Judged) -> set[str]:
    return {line.partition(":")[0] for line in judged.violations}


def _work(bug: Sabotage, seed: int) -> Judged:
    with bug.planted():
        return work_and_judge(seed, Order(boards=BOARDS, compare=False))


def _recorded() -> dict[str, int]:
    found: dict[str, int] = json.loads(RECORD.read_text(encoding="utf-8"))["caught_at_seed"]
    return found


@pytest.mark.parametrize("bug", SABOTAGES, ids=lambda bug: bug.name)
def test_a_planted_bug_is_caught(bug: Sabotage) -> None:
    """The shift that is on record for a bug breaks one of the promises that it must break."""
    assert _broken(_work(bug, _recorded()[bug.name])) & bug.caught_by


def test_every_bug_is_caught_within_the_first_shifts() -> None:
    """No bug of the table survives 200 shifts from seed 1 on, by the record."""
    recorded = _recorded()
    assert set(recorded) == {bug.name for bug in SABOTAGES}
    assert all(1 <= seed <= MOST_SEEDS for seed in recorded.values())


def main() -> int:
    """Plant each bug and count the shifts from seed 1 on until it is caught."""
    found: dict[str, int] = {}
    for bug in SABOTAGES:
        for seed in range(1, MOST_SEEDS + 1):
            if _broken(_work(bug, seed)) & bug.caught_by:
                found[bug.name] = seed
                break
        sys.stdout.write(f"{bug.name}: {found.get(bug.name, 'not caught')}\n")
        sys.stdout.flush()
    figures = {
        "command": "python -m tests.simulation.test_sabotage",
        "commit": commit(),
        "boards_per_shift": BOARDS,
        "bugs": len(SABOTAGES),
        "caught": len(found),
        "caught_at_seed": found,
    }
    RECORD.write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")
    return 0 if len(found) == len(SABOTAGES) else 1


if __name__ == "__main__":
    sys.exit(main())
