"""Requests of people to a daemon that runs: small files in a folder, each answered by another one.

A request is `ID.json`, its answer `ID.answer.json`; both appear whole or not at all. The folder
needs no port and no rights but those of the data folder. What a request means is `decisions`'
business.
"""

import json
import secrets
from collections.abc import Awaitable, Callable
from dataclasses import asdict, dataclass, fields
from pathlib import Path

import anyio

from orchestrator.audit.files import replace_file
from orchestrator.domain.errors import AuditUnavailable, OrchestratorError
from orchestrator.station.decisions import Decision

FOLDER = "requests"
LOOK_SECONDS = 0.5
_ANSWER = ".answer.json"
_LARGEST_BYTES = 16 << 10
_MOST_AT_ONCE = 100
_WAIT_SECONDS = 0.05


@dataclass(frozen=True, slots=True)
class Answer:
    """What the daemon says to a request: done or refused, and a sentence."""

    done: bool
    says: str


Decide = Callable[[Decision], Awaitable[str]]
"""Carries a decision out and returns a sentence. Raises errors of the house."""


class RequestFolder:
    """The folder of requests in a data folder, seen from the daemon."""

    def __init__(self, data_dir: Path) -> None:
        self._folder = data_dir / FOLDER

    async def run(self, decide: Decide, told: Callable[[str], None]) -> None:
        """Answer what comes until cancelled; `told` hears when the folder cannot be used."""
        silent = False
        while True:
            try:
                await self.look(decide)
                silent = False
            except OSError as error:
                if not silent:
                    told(f"The folder of requests cannot be used: {error}")
                silent = True
            await anyio.sleep(LOOK_SECONDS)

    async def look(self, decide: Decide) -> int:
        """Answer the requests that lie there; return how many. Raises OSError.

        While the audit is away requests stay where they are.
        """
        if not self._folder.is_dir():
            return 0
        waiting = [
            path for path in sorted(self._folder.glob("*.json")) if not path.name.endswith(_ANSWER)
        ]
        for path in waiting[:_MOST_AT_ONCE]:
            try:
                answer = await _answer(path, decide)
            except AuditUnavailable:
                return 0
            replace_file(path.with_name(path.stem + _ANSWER), json.dumps(asdict(answer)).encode())
            path.unlink(missing_ok=True)
        return len(waiting)


async def _answer(path: Path, decide: Decide) -> Answer:
    decision = _read(path)
    if decision is None:
        return Answer(done=False, says="the request cannot be read")
    try:
        return Answer(done=True, says=await decide(decision))
    except AuditUnavailable:
        raise
    except OrchestratorError as refusal:
        return Answer(done=False, says=str(refusal))


def _read(path: Path) -> Decision | None:
    try:
        if path.stat().st_size > _LARGEST_BYTES:
            return None
        members = json.loads(path.read_bytes())
        names = [member.name for member in fields(Decision)]
        texts = {name: members[name] for name in names}
    except (ValueError, KeyError, TypeError, RecursionError):
        return None
    return Decision(**texts) if all(isinstance(text, str) for text in texts.values()) else None


async def send(data_dir: Path, decision: Decision, wait_seconds: float) -> Answer | None:
    """Lay `decision` into the folder and return the daemon's answer; None when none comes.

    Without an answer the request is taken back, unless the daemon has just taken it. Raises
    OSError when the folder cannot be written.
    """
    request = _lay(data_dir / FOLDER, decision)
    answer = request.with_name(request.stem + _ANSWER)
    try:
        with anyio.move_on_after(wait_seconds):
            while True:
                found = _read_answer(answer)
                if found is not None:
                    return found
                await anyio.sleep(_WAIT_SECONDS)
        return _read_answer(answer)
    finally:
        request.unlink(missing_ok=True)
        answer.unlink(missing_ok=True)


def _lay(folder: Path, decision: Decision) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    request = folder / f"{secrets.token_hex(8)}.json"
    replace_file(request, json.dumps(asdict(decision)).encode())
    return request


def _read_answer(path: Path) -> Answer | None:
    try:
        return Answer(**json.loads(path.read_bytes()))
    except FileNotFoundError:
        return None
