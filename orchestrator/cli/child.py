"""A child process that says on its first line when it is ready, and is gone when the block ends."""

import json
import subprocess
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import anyio
from anyio.abc import Process
from anyio.streams.buffered import BufferedByteReceiveStream

from orchestrator.domain.errors import StationFault

_LINE_CAP_BYTES = 1 << 20


@asynccontextmanager
async def running_child(
    command: Sequence[str], log: Path, ready_seconds: float, stop_seconds: float
) -> AsyncIterator[dict[str, Any]]:
    """Start `command`, hand over the JSON object of its first line, stop it at the end.

    Its stderr goes to `log`. Ctrl-C reaches this process alone, so the child outlives the work
    that needs it. Raises StationFault with its last words when it does not become ready.
    """
    with log.open("wb") as words:
        child = await anyio.open_process(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=words,
            **_own_group(),
        )
    try:
        yield await _ready(child, log, ready_seconds)
    finally:
        await _stop(child, stop_seconds)


def _own_group() -> dict[str, Any]:
    """Return the options by which a child is not reached by this terminal's Ctrl-C."""
    if sys.platform == "win32":
        return {"creationflags": subprocess.CREATE_NEW_PROCESS_GROUP}
    return {"start_new_session": True}


async def _ready(child: Process, log: Path, seconds: float) -> dict[str, Any]:
    assert child.stdout is not None
    stream = BufferedByteReceiveStream(child.stdout)
    try:
        with anyio.fail_after(seconds):
            line = await stream.receive_until(b"\n", _LINE_CAP_BYTES)
            answer = json.loads(line)
    except (TimeoutError, ValueError, anyio.IncompleteRead, anyio.DelimiterNotFound):
        said = await anyio.Path(log).read_text(encoding="utf-8", errors="replace")
        words = [line for line in said.splitlines() if line.strip()][:1]
        raise StationFault(
            ": ".join(["the simulated rack did not start", *words]), remedy=f"See {log}"
        ) from None
    if not isinstance(answer, dict) or not answer.get("ready"):
        raise StationFault("the simulated rack said something else than ready", remedy=f"See {log}")
    return answer


async def _stop(child: Process, seconds: float) -> None:
    with anyio.CancelScope(shield=True):
        if child.returncode is None:
            child.terminate()
            with anyio.move_on_after(seconds):
                await child.wait()
        if child.returncode is None:
            child.kill()
        await child.aclose()
