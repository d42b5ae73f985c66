"""Serves panel and API beside the station, when the settings have `[web]`.

FastAPI is loaded only then: a station without a panel starts without it.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager

from structlog.typing import FilteringBoundLogger

from orchestrator.app.office import make_office
from orchestrator.audit.database import Audit
from orchestrator.domain.clock import timestamp
from orchestrator.domain.errors import ConfigurationMistakes
from orchestrator.domain.records import EventRow
from orchestrator.station.daemon import Parts, Station
from orchestrator.station.edge import beside
from orchestrator.station.office import TryRecipe
from orchestrator.station.rows import canonical
from orchestrator.station.settings import Settings
from orchestrator.station.settings_web import WebSection


@asynccontextmanager
async def open_web(
    settings: Settings,
    station: Station,
    parts: Parts,
    audit: Audit,
    *,
    tell: Callable[[str], None],
    attempt: TryRecipe | None = None,
) -> AsyncIterator[None]:
    """Serve the panel until the block ends; does nothing without `[web]`.

    `attempt` tries a recipe on a simulated board.

    Raises StationBusy when the port is in use, ConfigurationMistakes when it cannot be served as
    the settings say.
    """
    if settings.web is None:
        yield
        return
    from orchestrator.web.account_changes import standing
    from orchestrator.web.people import People
    from orchestrator.web.people_file import PeopleFile
    from orchestrator.web.secrecy import Hashing
    from orchestrator.web.server import certificate_caution, make_server
    from orchestrator.web.surface import Surface

    file = PeopleFile(settings.station.data_dir)
    people = People(file, Hashing(file.pepper()), parts.clock)
    _demand_people(settings.web, people.accounts())
    surface = Surface(
        station=settings.station.name,
        session=station.session_id,
        settings=settings.web,
        control=station.control,
        hub=parts.hub,
        reads=audit,
        note=_noting(settings.station.name, parts, audit),
        shelf=parts.shelf,
        clock=parts.clock,
        log=parts.log,
        people=people,
        part_number=settings.unit.part_number,
        scanner=settings.scanner,
        shift_ends=station.control.shift.seconds_left,
        office=make_office(settings, parts, audit, attempt),
        figures=parts.figures,
    )
    server = make_server(surface)
    await surface.note("accounts", standing(people.register()))
    _announce(server.address, parts.log, tell)
    caution = certificate_caution(settings.web, parts.clock.now())
    if caution:
        parts.log.warning("panel", message=caution)
        tell(caution)
    async with beside(server.run):
        yield


def check_web(settings: Settings) -> None:
    """Return when the panel could be served as the settings say; changes nothing.

    Raises ConfigurationMistakes for a certificate, key or accounts that cannot be used.
    """
    if settings.web is None:
        return
    from orchestrator.web.people_file import PeopleFile
    from orchestrator.web.server import tls_context

    tls_context(settings.web)
    _demand_people(settings.web, PeopleFile(settings.station.data_dir).read().people)


def _demand_people(web: WebSection, accounts: Sequence[object]) -> None:
    """Refuse to listen to other machines while nobody could sign in."""
    if not web.loopback and not accounts:
        raise ConfigurationMistakes(
            f"`web.host`: other machines can reach {web.host}, and there is no account yet",
            remedy="Add one with: orchestrator people add, or listen on localhost",
        )


def _announce(address: str, log: FilteringBoundLogger, tell: Callable[[str], None]) -> None:
    log.info("panel", address=address)
    tell(f"The panel is at {address}")


def _noting(
    station: str, parts: Parts, audit: Audit
) -> Callable[[str, Mapping[str, object]], Awaitable[None]]:
    async def note(kind: str, detail: Mapping[str, object]) -> None:
        moment = timestamp(parts.clock.now())
        row = EventRow(parts.ids.new(), station, None, None, kind, canonical(detail), moment)
        await audit.record(row)

    return note
