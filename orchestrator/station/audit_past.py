"""Answers the station's questions about what was before from the audit itself."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from orchestrator.audit.database import Audit
from orchestrator.audit.location import sqlite_path
from orchestrator.audit.queries import (
    commands_since_start,
    earlier_intents,
    ended_runs,
    intent_row,
    label_history,
    last_run,
    open_runs,
    run_row,
    session_known,
    standing_run,
)
from orchestrator.domain.clock import timestamp
from orchestrator.domain.errors import AuditUnavailable, Unreachable
from orchestrator.domain.intents import EarlierIntent, FindingSource, FindingState
from orchestrator.domain.outcome import Outcome
from orchestrator.domain.unit import DeviceIdentity
from orchestrator.station.holds import Holds, holds_after
from orchestrator.station.past import (
    Ended,
    Known,
    Labelled,
    LastRun,
    OpenRun,
    OpenStep,
    Verdict,
)


class AuditPast:
    """The past of one station. Implements `past.Past`; made while the audit is open."""

    def __init__(self, audit: Audit, database_url: str, station: str) -> None:
        self._audit = audit
        self._station = station
        self._file = sqlite_path(database_url)
        self._inode = _inode(self._file)

    async def open_runs(self) -> Sequence[OpenRun]:
        """Return the runs of this station that have no end, the oldest first."""
        return [
            open_run_of(row) for row in await self._audit.read(open_runs, station=self._station)
        ]

    async def standing(self, slot: str, identity: DeviceIdentity) -> Verdict | None:
        """Return what a board came to in that slot, if it has sat there since."""
        place = {"station": self._station, "slot": slot}
        row = await self._audit.read(standing_run, **place, **_of(identity))
        if row is None:
            return None
        return verdict_of(row)

    async def earlier(self, identity: DeviceIdentity) -> Sequence[EarlierIntent]:
        """Return every intent that was ever written for that device, the oldest first."""
        return [intent_of(row) for row in await self._audit.read(earlier_intents, **_of(identity))]

    async def last_run(self, identity: DeviceIdentity) -> LastRun | None:
        """Return the last run in which that identity was read; None when there is none."""
        row = await self._audit.read(last_run, **_of(identity))
        if row is None:
            return None
        outcome = Outcome(row["outcome"]) if row["outcome"] is not None else None
        steps = {step: Outcome(word) for step, word in row["step_outcomes"].items()}
        return LastRun(row["run_id"], row["recipe_hash"], outcome, row["continues"], steps)

    async def known(self, intent_id: str) -> Known | None:
        """Return the intent with that id; None when there is none."""
        row = await self._audit.read(intent_row, intent_id)
        if row is None:
            return None
        source = FindingSource(row["source"]) if row["source"] is not None else None
        words = (row["actor"] or "", row["message"] or "")
        return Known(intent_of(row), row["serial_number"], source, *words)

    async def ended_since(self, moment: datetime) -> Sequence[Ended]:
        """Return the runs of this station that began since and have ended, in their order."""
        rows = await self._audit.read(ended_runs, station=self._station, since=timestamp(moment))
        return [
            Ended(
                row["unit_id"] or "",
                Outcome(row["outcome"]),
                datetime.fromisoformat(row["ended_at"]),
            )
            for row in rows
        ]

    async def holds(self) -> Holds:
        """Return what people had closed when this station was last there."""
        return holds_after(
            [
                (row["kind"], row["slot"], json.loads(row["detail"]))
                for row in await self._audit.read(commands_since_start, self._station)
            ]
        )

    async def labelled(
        self, serial_number: str, identity: DeviceIdentity | None, operation: str
    ) -> Labelled:
        """Return what is known of that label, scanned for a board with that identity."""
        who = _of(identity) if identity is not None else {"system": "", "device_id": ""}
        row = await self._audit.read(
            label_history, serial_number=serial_number, operation=operation, **who
        )
        return Labelled(**row)

    async def ended(self, run_id: str) -> Verdict | None:
        """Return how that run ended; None while it has no end."""
        row = await self._audit.read(run_row, run_id)
        return verdict_of(row) if row is not None and row["outcome"] is not None else None

    async def check(self, session_id: str) -> None:
        """Return when the audit is where it was and holds this session's row.

        Raises AuditUnavailable when it vanished or was replaced, or cannot be read.
        """
        if _inode(self._file) != self._inode:
            raise _replaced(self._file)
        try:
            known = await self._audit.read(session_known, session_id)
        except Unreachable as gone:
            raise AuditUnavailable(gone.what, remedy=gone.remedy, where=gone.where) from gone
        if not known:
            raise _replaced(self._file)


def _replaced(file: Path | None) -> AuditUnavailable:
    return AuditUnavailable(
        "the audit database is no longer the one that was opened",
        where={"file": str(file)} if file is not None else {},
        remedy="Somebody removed or replaced it: stop the station and put the right one back",
    )


def _inode(file: Path | None) -> tuple[int, int] | None:
    if file is None:
        return None
    try:
        found = file.stat()
    except OSError:
        return (0, 0)
    return found.st_dev, found.st_ino


def _of(identity: DeviceIdentity) -> dict[str, str]:
    return {"system": identity.system, "device_id": identity.device_id}


def verdict_of(row: Mapping[str, Any]) -> Verdict:
    """Return the verdict of a row of `run_view` that has an end."""
    return Verdict(
        slot=row["slot"],
        serial_number=row["serial_number"],
        device_id=row["device_id"],
        run_id=row["run_id"],
        outcome=Outcome(row["outcome"]),
        message=row["message"],
    )


def open_run_of(row: Mapping[str, Any]) -> OpenRun:
    """Return the run of a row of `open_runs`."""
    steps = tuple(
        OpenStep(
            step["sequence"], step["step_id"], step["began_at"], irreversible=step["irreversible"]
        )
        for step in row["steps"]
    )
    known = row["system"] is not None and row["device_id"] is not None
    return OpenRun(
        run_id=row["run_id"],
        slot=row["slot"],
        began_at=row["began_at"],
        steps=steps,
        port=row["port"],
        identity=DeviceIdentity(row["system"], row["device_id"]) if known else None,
        intents=tuple(intent_of(each) for each in row["intents"]),
    )


def intent_of(row: Mapping[str, Any]) -> EarlierIntent:
    """Return the intent of a row of `earlier_intents`."""
    return EarlierIntent(
        intent_id=row["intent_id"],
        run_id=row["run_id"],
        sequence=row["sequence"],
        step_id=row["step_id"],
        recipe_hash=row["recipe_hash"],
        identity=DeviceIdentity(row["system"], row["device_id"]),
        kind=row["kind"],
        parameters=row["parameters"],
        settle_seconds=row["settle_us"] / 1_000_000,
        began_at=row["began_at"],
        state=FindingState(row["state"]) if row["state"] is not None else None,
        findings=row["findings"],
    )
