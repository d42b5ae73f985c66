"""How long commits take is told once for each, by the injected clock."""

from dataclasses import dataclass
from datetime import UTC, datetime

import pytest

from orchestrator.audit.database import open_audit
from orchestrator.domain.errors import StationMisuse
from tests.audit.rows import BASE, run, run_end, step

STRIDE = 0.25


@dataclass
class Striding:
    """A clock that goes on by `STRIDE` seconds with every look at it."""

    seconds: float = 0.0

    def now(self) -> datetime:
        """Return one moment."""
        return datetime(2026, 11, 21, tzinfo=UTC)

    def monotonic(self) -> float:
        """Go on, and return where it is."""
        self.seconds += STRIDE
        return self.seconds


@pytest.mark.parametrize("inline", [False, True])
async def test_each_commit_is_told_before_its_caller_goes_on(file_url: str, inline: bool) -> None:
    """One duration per transaction, however many rows it has; what is refused has none."""
    told: list[float] = []
    async with open_audit(
        file_url, clock=Striding(), inline=inline, on_committed=told.append
    ) as audit:
        await audit.record(*BASE, run("R1"))
        assert told == [STRIDE]
        with pytest.raises(StationMisuse):
            await audit.record(step("NONE", 1))
        assert told == [STRIDE]
        await audit.record(run_end("R1"))
        assert told == [STRIDE, STRIDE]
        assert audit.commits == 2
