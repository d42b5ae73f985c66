"""What runs beside a rack: nothing of it is kept, and no bug of it is lost."""

import anyio
import anyio.lowlevel
import pytest

from orchestrator.simulation.listener import Background
from tests.patience import PATIENCE_SECONDS


async def test_work_beside_the_rack_is_forgotten_when_it_is_done() -> None:
    """A rack may run for weeks: of a thousand restarts nothing stays."""
    background = Background()

    async def nothing() -> None:
        """Be done."""

    for _ in range(1000):
        background.start(nothing())
    with anyio.fail_after(PATIENCE_SECONDS):
        while len(background):
            await anyio.lowlevel.checkpoint()
    await background.close()


async def test_a_bug_beside_the_rack_comes_out_at_its_end() -> None:
    """What went wrong is kept until somebody closes the rack, whatever it was."""
    background = Background()
    failed = anyio.Event()

    async def bug() -> None:
        failed.set()
        raise RuntimeError("a bug in the rack")

    background.start(bug())
    await failed.wait()
    with pytest.raises(RuntimeError, match="a bug in the rack"):
        await background.close()
