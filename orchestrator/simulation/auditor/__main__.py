"""Judges a finished shift: `python -m orchestrator.simulation.auditor --database F ...`.

Ends with 0 when every promise was kept, 1 when one was broken.
"""

import argparse
import json
import sys
from pathlib import Path

from orchestrator.simulation.auditor.evidence import load
from orchestrator.simulation.auditor.judge import INVARIANTS, judge


def main() -> int:
    """Read the arguments, judge, and write what was found as JSON."""
    parser = argparse.ArgumentParser(prog="auditor", description=__doc__)
    parser.add_argument("--database", required=True, help="SQLite file, or URL of PostgreSQL")
    parser.add_argument("--world", type=Path, help="world log of the simulators, JSON lines")
    parser.add_argument("--acks", type=Path, help="what the writer has acknowledged")
    parser.add_argument("--calm", help="database of the same shift without faults")
    parser.add_argument("--calm-world", type=Path, help="its world log")
    given = parser.parse_args()
    calm = load(given.calm, given.calm_world, None) if given.calm else None
    evidence = load(given.database, given.world, given.acks)
    found = judge(evidence, calm)
    report = {
        "invariants": [invariant.number for invariant in INVARIANTS] + (["I11"] if calm else []),
        "runs": len(evidence.rows("run")),
        "entries": max(
            (row["entry"] for t in evidence.tables for row in evidence.rows(t) if "entry" in row),
            default=0,
        ),
        "acknowledged": evidence.acks[-1].last if evidence.acks else 0,
        "violations": [str(violation) for violation in found],
    }
    sys.stdout.write(json.dumps(report, indent=2) + "\n")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
