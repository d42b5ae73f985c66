"""The benchmark of the engine runs, in its small form."""

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def test_the_small_form_prints_figures() -> None:
    """Skeleton and engine are measured in processes of their own and compared."""
    command = [sys.executable, "-m", "tests.benchmarks.engine", "--smoke", "--json"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    figures = json.loads(done.stdout)
    assert set(figures["engine_to_skeleton"]) == {"1", "8"}
    assert all(ratio > 0 for ratio in figures["engine_to_skeleton"].values())
