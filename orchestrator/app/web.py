"""Serves panel and API beside the station, when the settings have `[web]`.

FastAPI is loaded only then: a station without a panel starts without it.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from functools import partial

from structlog.typing import FilteringBoundLogger

from orchestrator.audit.database import Audit
from orchestrator.domain.clock import timestamp
from orchestrator.domain.records import EventRow
from orchestrator.station.daemon import Parts, Station
from orchestrator.station.edge import beside
from orchestrator.station.rows import canonical
from orchestrator.station.settings import Settings


@asynccontextmanager
async def open_web(
    settings: Settings,
    station: Station,
    parts: Parts,
    audit: Audit,
    *,
    tell: Callable[[str], None],
) -> AsyncIterator[None]:
    """Serve the panel until the block ends; does nothing without `[web]`.

    Raises StationBusy when the port is in use, ConfigurationMistakes when it cannot be served as
    the settings say.
    """
    if settings.web is None:
        yield
        return
    from orchestrator.web.server import bind, serve_web
    from orchestrator.web.surface import Surface

    surface = Surface(
        station=settings.station.name,
        session=parts.ids.new(),
        settings=settings.web,
        control=station,
        hub=parts.hub,
        reads=audit,
        note=_noting(settings.station.name, parts, audit),
        shelf=parts.shelf,
        clock=parts.clock,
        log=parts.log,
    )
    bound = bind(settings.web)
    async with beside(partial(serve_web, bound, surface, _announced(parts.log, tell))):
        yield


def _announced(log: FilteringBoundLogger, tell: Callable[[str], None]) -> Callable[[str], None]:
    def announce(address: str) -> None:
        log.info("panel", address=address)
        tell(f"The panel is at {address}")

    return announce


def _noting(
    station: str, parts: Parts, audit: Audit
) -> Callable[[str, Mapping[str, object]], Awaitable[None]]:
    async def note(kind: str, detail: Mapping[str, object]) -> None:
        moment = timestamp(parts.clock.now())
        row = EventRow(parts.ids.new(), station, None, None, kind, canonical(detail), moment)
        await audit.record(row)

    return note
