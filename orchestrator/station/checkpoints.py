"""Takes the newest checkpoint of the chain off the machine: a file, the log, a command, a webhook.

The audit hands over every checkpoint that it has committed (`offer`, which never waits); a loop of
its own takes the newest one on at a bounded rate, so that no run ever waits for a printer. What
cannot be exported is told and tried again with the next checkpoint; it stops nothing.
"""

import subprocess
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path

import anyio
from anyio.to_thread import run_sync
from structlog.typing import FilteringBoundLogger

from orchestrator.audit.files import replace_file
from orchestrator.domain.errors import OrchestratorError, StationFault
from orchestrator.station.settings import AuditSection, EvidenceSettings
from orchestrator.transport.client import HttpClient, Transport
from orchestrator.transport.endpoint import Endpoint
from orchestrator.transport.tls import pinned_context

FILE_NAME = "checkpoint.txt"
"""The newest checkpoint in a data directory, unless the settings name another file."""

FILE_SECONDS = 1.0
"""Shortest time between two writes of the file."""

AWAY_SECONDS = 10.0
"""Shortest time between two lines of the log, two commands or two calls of the webhook."""

SEND_SECONDS = 10.0
"""How long a command or the webhook may take."""

FINISH_SECONDS = 5.0
"""How long the last export may take when the station ends."""

_WEBHOOK = Endpoint(
    name="send_checkpoint",
    operation_id="",
    category="Checkpoints",
    method="POST",
    path="",
    answer=None,
    request="bytes",
    success=(200, 201, 202, 204),
    timeout_seconds=SEND_SECONDS,
)

Report = Callable[[str], Awaitable[None]]
"""Told in a sentence what could not be exported."""


@dataclass(frozen=True, slots=True)
class CheckpointPlaces:
    """Where checkpoints go. `transport` stands in for the network of the webhook."""

    file: Path
    command: tuple[str, ...] = ()
    webhook: str = ""
    webhook_ca: Path | None = None
    transport: Transport | None = field(default=None, repr=False)


def places_of(settings: EvidenceSettings) -> CheckpointPlaces:
    """Return where a station's settings send its checkpoints."""
    chosen: AuditSection = settings.audit
    return CheckpointPlaces(
        file=chosen.checkpoint_file or settings.station.data_dir / FILE_NAME,
        command=tuple(chosen.checkpoint_command),
        webhook=chosen.checkpoint_webhook,
        webhook_ca=chosen.checkpoint_webhook_ca,
    )


class CheckpointExporter:
    """Keeps the newest checkpoint and takes it on. Its loop is `run`, its end is `finish`."""

    def __init__(self, places: CheckpointPlaces, log: FilteringBoundLogger) -> None:
        self._places = places
        self._log = log
        self._newest = ""
        self._in_file = ""
        self._away = ""
        self._told: set[str] = set()
        self._next_away = 0.0

    def offer(self, note: str) -> None:
        """Take the newest note over; from any thread, without waiting."""
        self._newest = note

    async def run(self, report: Report) -> None:
        """Export whatever is newest, for ever. `report` hears once of each way that fails."""
        while True:
            for fault in await self._export(away=anyio.current_time() >= self._next_away):
                await report(fault)
            await anyio.sleep(FILE_SECONDS)

    async def finish(self) -> None:
        """Export the last checkpoint, after the audit was closed; takes a few seconds at most."""
        with anyio.move_on_after(FINISH_SECONDS):
            for fault in await self._export(away=True):
                self._log.warning("checkpoint", message=fault)

    async def _export(self, *, away: bool) -> list[str]:
        note, faults = self._newest, []
        if note != self._in_file:
            self._in_file = note
            faults += await self._try("file", note, self._write)
        if away and note != self._away:
            self._away = note
            self._next_away = anyio.current_time() + AWAY_SECONDS
            self._log.info("checkpoint", note=note.strip().replace("\n", " | "))
            if self._places.command:
                faults += await self._try("command", note, self._command)
            if self._places.webhook:
                faults += await self._try("webhook", note, self._send)
        return faults

    async def _try(self, way: str, note: str, take: Callable[[str], Awaitable[None]]) -> list[str]:
        """Return what is to be told: the first failure of a way since it last worked."""
        try:
            await take(note)
        except (OSError, OrchestratorError) as error:
            new = way not in self._told
            self._told.add(way)
            return [f"The checkpoint did not reach its {way}: {error}"] if new else []
        self._told.discard(way)
        return []

    async def _write(self, note: str) -> None:
        await run_sync(replace_file, self._places.file, note.encode())

    async def _command(self, note: str) -> None:
        # In a thread: a program that does not read its input is no error there.
        await run_sync(_run_command, self._places.command, note.encode(), abandon_on_cancel=True)

    async def _send(self, note: str) -> None:
        places = self._places
        context = pinned_context(places.webhook_ca) if places.webhook_ca is not None else None
        # A client per call: calls are rare, and a kept connection would be stale by the next.
        async with HttpClient(
            places.webhook,
            peer="checkpoint webhook",
            context=context,
            transport=places.transport,
        ) as client:
            await client.call(_WEBHOOK, body=note.encode())


def _run_command(command: tuple[str, ...], note: bytes) -> None:
    try:
        done = subprocess.run(  # noqa: S603  # the settings of this station name the program
            command,
            input=note,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            check=False,
            timeout=SEND_SECONDS,
        )
    except subprocess.TimeoutExpired:
        raise StationFault(f"the command took longer than {SEND_SECONDS:g} s") from None
    if done.returncode != 0:
        said = done.stderr.decode("utf-8", "replace").strip()[:200]
        raise StationFault(f"the command ended with {done.returncode}: {said}")
