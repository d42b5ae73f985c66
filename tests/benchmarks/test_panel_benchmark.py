"""The benchmark of the panel runs, in its small form."""

import json
import subprocess
import sys
from pathlib import Path

from tests.browser.stage import need_chromium

ROOT = Path(__file__).resolve().parents[2]


def test_the_small_form_sees_changes_in_a_page() -> None:
    """Events of a station become changes of a page, beside readers and one that does not read."""
    need_chromium()
    command = [sys.executable, "-m", "tests.benchmarks.panel", "--smoke", "--json"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    (figures,) = json.loads(done.stdout).values()
    assert figures["seen_in_page"] > 0
    assert figures["to_page_median_ms"] > 0
    assert 0 < figures["cores"] < 2
    assert figures["reader_kb_a_second"] > 0
