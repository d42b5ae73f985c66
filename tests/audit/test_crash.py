"""The process is killed in the middle of its work: every acknowledged row is in the file."""

import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import select

from orchestrator.audit.database import reading
from orchestrator.audit.integrity import examine
from orchestrator.audit.location import sqlite_url
from orchestrator.audit.tables import measurement, step, step_end

ACKNOWLEDGED_BEFORE_THE_KILL = 400

WRITER = """
import os, sys, anyio
from orchestrator.audit.database import open_audit
from tests.audit.rows import BASE, measurement, run, step, step_end

async def main(url, turn):
    async with open_audit(url) as audit:
        if turn == "0":
            await audit.record(*BASE)

        async def board(number):
            run_id = f"R{turn}-{number}"
            await audit.record(run(run_id), step(run_id, 1))
            for sequence in range(1, 1_000_000):
                await audit.record(
                    step_end(run_id, sequence),
                    measurement(run_id, sequence),
                    step(run_id, sequence + 1),
                )
                os.write(1, f"{run_id} {sequence}\\n".encode())

        async with anyio.create_task_group() as group:
            for number in range(16):
                group.start_soon(board, number)

anyio.run(main, *sys.argv[1:])
"""


@pytest.mark.parametrize("kills", [4])
def test_no_acknowledged_row_is_missing_after_kill(tmp_path: Path, kills: int) -> None:
    """Killed again and again at any moment; the database stays whole and complete."""
    url = sqlite_url(tmp_path)
    acknowledged: set[tuple[str, int]] = set()
    for turn in range(kills):
        process = subprocess.Popen(
            [sys.executable, "-c", WRITER, url, str(turn)],
            stdout=subprocess.PIPE,
            cwd=Path(__file__).resolve().parents[2],
        )
        assert process.stdout is not None
        lines = [
            process.stdout.readline() for _ in range(ACKNOWLEDGED_BEFORE_THE_KILL * (turn + 1))
        ]
        process.kill()
        lines += process.stdout.read().splitlines(keepends=True)
        process.stdout.close()
        process.wait()
        whole = [line.decode().split() for line in lines if line.endswith(b"\n")]
        acknowledged |= {(run_id, int(sequence)) for run_id, sequence in whole}
        with reading(url) as connection:
            ended, measured, begun = (
                {tuple(row) for row in connection.execute(select(*table.c["run_id", "sequence"]))}
                for table in (step_end, measurement, step)
            )
        assert acknowledged <= ended
        # The three rows of one call are there together or not at all.
        assert measured == ended
        assert {(run_id, sequence + 1) for run_id, sequence in ended} <= begun
    # Runs that were cut off have no end, which the question about the chain would tell.
    sound = [part for part in examine(url) if part.name != "chain"]
    assert [line for part in sound for line in part.findings] == []
    assert len(acknowledged) >= kills * ACKNOWLEDGED_BEFORE_THE_KILL
