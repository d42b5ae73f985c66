"""A child process says when it is ready, and never outlives the block."""

import sys
from pathlib import Path

import psutil
import pytest

from orchestrator.cli.child import running_child
from orchestrator.domain.errors import StationFault

READY = 'import json, os; print(json.dumps({"ready": True, "pid": os.getpid()}), flush=True)\n'
WAIT = "import sys; sys.stdin.read()\n"
DEAF = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"


def program(text: str) -> list[str]:
    """Return the command that runs `text`."""
    return [sys.executable, "-c", text]


@pytest.mark.parametrize("before", ["", DEAF], ids=["polite", "deaf"])
async def test_a_child_is_gone_after_the_block(tmp_path: Path, before: str) -> None:
    """It is asked to end, and killed when it does not hear."""
    command = program(before + READY + WAIT)
    async with running_child(command, tmp_path / "log", 30, 0.2) as ready:
        assert psutil.pid_exists(ready["pid"])
    assert not psutil.pid_exists(ready["pid"])


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("import sys; sys.exit('the port is taken')", "did not start: the port is taken"),
        ("print('hello', flush=True)", "did not start"),
        ("print('{}', flush=True)", "something else than ready"),
        (WAIT, "did not start"),
    ],
)
async def test_a_child_that_does_not_become_ready(tmp_path: Path, text: str, expected: str) -> None:
    """Its last words and the place of its log are in the error."""
    with pytest.raises(StationFault, match=expected) as caught:
        async with running_child(program(text), tmp_path / "log", 2, 0.2):
            raise AssertionError("never ready")
    assert str(tmp_path / "log") in caught.value.remedy
