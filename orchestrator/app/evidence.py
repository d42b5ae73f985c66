"""Opens the evidence of a station: its lock, its key, its audit, and the way out for checkpoints.

Whoever writes to the audit of a data folder comes through here: the station, and lists of ids.
"""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from anyio.to_thread import run_sync
from structlog.typing import FilteringBoundLogger

from orchestrator.audit.commit import OnCommitted
from orchestrator.audit.database import Audit, open_audit
from orchestrator.audit.keys import StationSigner
from orchestrator.domain.clock import SystemClock
from orchestrator.station.checkpoints import CheckpointExporter, places_of
from orchestrator.station.lock import station_lock
from orchestrator.station.proving import acknowledged_entries, arm_crash_points
from orchestrator.station.settings import EvidenceSettings
from orchestrator.station.signing import check_against_checkpoint, ensure_signer


@dataclass(frozen=True, slots=True)
class Evidence:
    """An open audit, and what takes its checkpoints off the machine."""

    audit: Audit
    exporter: CheckpointExporter


@asynccontextmanager
async def open_evidence(
    settings: EvidenceSettings,
    log: FilteringBoundLogger,
    on_committed: OnCommitted | None = None,
) -> AsyncIterator[Evidence]:
    """Hold the data folder and its audit until the block ends, then take the last checkpoint away.

    `on_committed` is told of each commit, see `open_audit`.

    Raises StationBusy when the data folder is in use, AuditUnavailable when the audit cannot be
    opened or is not the one that was written last, ConfigurationMistakes for an unusable key.
    """
    exporter = CheckpointExporter(places_of(settings), log)
    arm_crash_points(os.environ)
    with station_lock(settings.station.data_dir), acknowledged_entries(os.environ) as on_entries:
        signer = await run_sync(_signer, settings, log)
        async with open_audit(
            settings.database_url,
            signer=signer,
            clock=SystemClock(),
            checkpoint_seconds=settings.audit.checkpoint_seconds,
            on_checkpoint=exporter.offer,
            on_entries=on_entries,
            on_committed=on_committed,
        ) as audit:
            yield Evidence(audit, exporter)
        await exporter.finish()


def _signer(settings: EvidenceSettings, log: FilteringBoundLogger) -> StationSigner:
    """Return the station's key at work, when the audit is the one that it signed last.

    The first start makes a key. Raises AuditUnavailable, ConfigurationMistakes, OSError.
    """
    station, url = settings.station, settings.database_url
    check_against_checkpoint(url, places_of(settings).file)
    ensured = ensure_signer(station.data_dir, station.name, url)
    if ensured.made:
        log.info("signing key made", key=ensured.signer.key_id, folder=str(station.data_dir))
    return ensured.signer
