"""The composition root: settings become a fixture, an audit, plans, steps and a station.

The only module that knows every floor, and with the settings the only place where a vendor's name
meets the station.
"""

import os
import signal
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import TextIO, TypeVar

from anyio.to_thread import run_sync
from structlog.typing import FilteringBoundLogger

from orchestrator.app.evidence import open_evidence
from orchestrator.app.fixtures import fixture_secrets, make_fixture, timing, words
from orchestrator.app.host import host_secrets, make_host, open_host
from orchestrator.app.services import SERVICES, open_services, pins, service_secrets
from orchestrator.app.web import check_web, open_web
from orchestrator.audit.chain_state import chain_state
from orchestrator.audit.database import Audit, open_audit, reading
from orchestrator.audit.keys import StationSigner, load_key
from orchestrator.domain.clock import SystemClock, timestamp
from orchestrator.domain.errors import AuditUnavailable, OrchestratorError, Unreachable
from orchestrator.domain.events import StationNotice
from orchestrator.domain.fixture import Fixture, TakesAddresses
from orchestrator.domain.ids import TimeOrderedIds
from orchestrator.domain.records import EventRow
from orchestrator.domain.unit import Unit
from orchestrator.engine.step import StepDefinition
from orchestrator.station.audit_past import AuditPast
from orchestrator.station.checkpoints import FILE_NAME
from orchestrator.station.daemon import Parts, Station, StationEnd
from orchestrator.station.decisions import Decision, decide
from orchestrator.station.edge import beside
from orchestrator.station.figures import Figures
from orchestrator.station.hub import Hub
from orchestrator.station.keeper import Watchfulness, free_mib
from orchestrator.station.lock import station_lock
from orchestrator.station.log import make_logger
from orchestrator.station.notify import ServiceManager
from orchestrator.station.office import TryRecipe
from orchestrator.station.prepare import prepare_recipes
from orchestrator.station.recipes import RecipeShelf
from orchestrator.station.rows import canonical
from orchestrator.station.serials import UnitRule, unit_rule
from orchestrator.station.services import ServedFixture, Services
from orchestrator.station.settings import Settings
from orchestrator.station.settings_file import load_settings
from orchestrator.station.signals import stop_requests
from orchestrator.station.signing import check_against_checkpoint, check_signing, place_of
from orchestrator.steps.table import definitions
from orchestrator.systems.azure_sphere_device.image_package import inspect_image

T = TypeVar("T")


def _figures() -> Figures:
    return Figures(SystemClock(), SERVICES)


@dataclass(frozen=True, slots=True)
class Prepared:
    """Everything that can be known before anything is opened, and what is measured from then on."""

    settings: Settings
    shelf: RecipeShelf
    rule: UnitRule
    steps: dict[str, StepDefinition]
    fixture: Fixture
    figures: Figures = field(default_factory=_figures)


@dataclass(frozen=True, slots=True)
class Finish:
    """How the station ended, and the signal that ended it, if one did."""

    end: StationEnd
    asked_by: signal.Signals | None


def prepare(settings: Settings) -> Prepared:
    """Read and check all that the settings name.

    Raises ConfigurationMistakes and RecipeMistakes; nothing was started then.
    """
    steps, figures = definitions(), _figures()
    return Prepared(
        settings=settings,
        shelf=_shelf(settings, steps),
        rule=unit_rule(settings.unit),
        steps=steps,
        fixture=make_fixture(settings, figures.outside.of),
        figures=figures,
    )


def _shelf(settings: Settings, steps: dict[str, StepDefinition]) -> RecipeShelf:
    catalogue = {name: definition.signature for name, definition in steps.items()}
    return prepare_recipes(settings, catalogue, inspect_image, pins(settings))


def logger_for(prepared: Prepared, stream: TextIO | None = None) -> FilteringBoundLogger:
    """Return the diagnostic log, which never shows a secret of these recipes."""
    secrets = {secret.reveal() for plan in prepared.shelf.plans for secret in plan.secrets.values()}
    settings = prepared.settings
    secrets |= service_secrets(settings) | host_secrets(settings) | fixture_secrets(settings)
    return make_logger(
        level=settings.log.level, style=settings.log.format, secrets=secrets, stream=stream
    ).bind(station=settings.station.name)


async def run_station(
    prepared: Prepared,
    *,
    hub: Hub,
    log: FilteringBoundLogger,
    boards: int | None = None,
    attempt: TryRecipe | None = None,
) -> Finish:
    """Run the station until a signal stops it, or until `boards` have their verdict.

    `attempt` is how the panel tries a recipe on a simulated board, which only the roof has.
    Raises StationBusy when the data folder is in use, AuditUnavailable when the audit cannot be
    opened.
    """
    settings, figures = prepared.settings, prepared.figures
    manager = ServiceManager()
    manager.starting("Opening audit and services, closing what the last start left open")
    async with (
        beside(partial(manager.run, hub)),
        open_evidence(settings, log, figures.commits.add) as evidence,
        open_services(settings, _tell(hub), figures.outside.of) as services,
        open_host(settings, SystemClock(), figures.outside.of) as host_link,
    ):
        parts = replace(_parts(prepared, services, evidence.audit, hub, log), host_link=host_link)
        await _note_caution(settings, evidence.audit, parts)
        station = Station(settings, parts)

        async def export() -> None:
            await evidence.exporter.run(station.report)

        panel = open_web(settings, station, parts, evidence.audit, tell=_tell(hub), attempt=attempt)
        async with beside(export), panel:
            return await _run_until_asked(station, boards, manager)


def _tell(hub: Hub) -> Callable[[str], None]:
    def tell(text: str) -> None:
        hub.publish(StationNotice(text))

    return tell


async def decide_alone(
    data_dir: Path, database_url: str, checkpoint_file: Path | None, decision: Decision
) -> str:
    """Record a person's decision while no station runs; return a sentence.

    `checkpoint_file` is what the setting of that name says; None: the one in the data folder.
    Raises StationBusy when one runs, DecisionRefused, AuditUnavailable.
    """
    with station_lock(data_dir):
        check_against_checkpoint(database_url, checkpoint_file or data_dir / FILE_NAME)
        with reading(database_url) as connection:
            station = chain_state(connection).station_id
        key = load_key(data_dir)
        signer = StationSigner(key, station) if key is not None and station is not None else None
        async with open_audit(database_url, signer=signer) as audit:
            past = AuditPast(audit, database_url, station or "")
            return (await decide(past, audit, SystemClock(), decision)).says


async def _note_caution(settings: Settings, audit: Audit, parts: Parts) -> None:
    if audit.caution:
        parts.log.warning("database_caution", message=audit.caution)
        detail = canonical({"message": audit.caution})
        moment = timestamp(parts.clock.now())
        name = settings.station.name
        kind = "database_caution"
        await audit.record(EventRow(parts.ids.new(), name, None, None, kind, detail, moment))


async def _run_until_asked(station: Station, boards: int | None, manager: ServiceManager) -> Finish:
    asked: list[signal.Signals] = []

    async def obey() -> None:
        async for number in stop_requests():
            manager.stopping()
            asked.append(number)
            if len(asked) == 1:
                station.stop()
            else:
                station.stop_at_once()

    async with beside(obey), beside(partial(manager.announce, station.serving)):
        end = await station.run(boards)
    manager.stopping()
    return Finish(end, asked[0] if asked else None)


def _parts(
    prepared: Prepared, services: Services, audit: Audit, hub: Hub, log: FilteringBoundLogger
) -> Parts:
    clock = SystemClock()
    settings = prepared.settings
    watch = settings.audit

    return Parts(
        fixture=ServedFixture(prepared.fixture, services) if services else prepared.fixture,
        recorder=audit,
        past=AuditPast(audit, settings.database_url, settings.station.name),
        database_version=audit.database_version,
        shelf=prepared.shelf,
        rule=prepared.rule,
        definitions=prepared.steps,
        clock=clock,
        ids=TimeOrderedIds(clock),
        hub=hub,
        log=log,
        timing=timing(settings),
        watchfulness=Watchfulness(
            check_seconds=watch.check_seconds,
            retry_seconds=watch.retry_seconds,
            free_warning_mib=watch.free_warning_mib,
            free_stop_mib=watch.free_stop_mib,
        ),
        free_mib=lambda: free_mib(settings.database_url),
        requests=settings.station.data_dir,
        addresses=prepared.fixture if isinstance(prepared.fixture, TakesAddresses) else None,
        figures=prepared.figures,
    )


@dataclass(frozen=True, slots=True)
class Checked:
    """One thing that a station needs. `settings` is true when the settings are to blame."""

    what: str
    fault: OrchestratorError | None = None
    settings: bool = False


class _Checks:
    """Collects one line per thing that was looked at."""

    def __init__(self) -> None:
        self.lines: list[Checked] = []

    def of(self, what: str, look: Callable[[], T]) -> T | None:
        """Return what `look` finds; a fault of the settings is noted and gives None."""
        try:
            found = look()
        except OrchestratorError as fault:
            self.lines.append(Checked(what, fault, settings=True))
            return None
        self.lines.append(Checked(what))
        return found

    async def answer(self, what: str, look: Callable[[], Awaitable[object]]) -> None:
        """Note whether something outside answers."""
        try:
            await look()
        except OrchestratorError as fault:
            self.lines.append(Checked(what, fault))
        else:
            self.lines.append(Checked(what))


def _look_at_audit(settings: Settings) -> None:
    """Return when the database is this station's, or may be made at the first start."""
    folder = settings.station.data_dir
    while not folder.exists() and folder != folder.parent:
        folder = folder.parent
    if not folder.is_dir() or not os.access(folder, os.W_OK):
        raise AuditUnavailable(
            f"the data folder {settings.station.data_dir} cannot be written",
            remedy="Correct `station.data_dir` or the rights of the folder",
        )
    check_signing(place_of(settings), SystemClock())
    with suppress(Unreachable), reading(settings.database_url):
        return


async def _check_host(checks: _Checks, settings: Settings) -> None:
    """Look whether the portal of this computer lets the station in, if it is to be watched."""
    section = settings.station.host
    if section is None:
        return
    host = checks.of("account of this computer's portal", lambda: make_host(section))
    if host is not None:
        async with host:
            await checks.answer("portal of this computer", host.get_host_info)


async def check_station(path: Path) -> list[Checked]:
    """Look at everything that a station with these settings needs; changes nothing."""
    checks = _Checks()
    settings = checks.of(f"settings {path}", lambda: load_settings(path))
    if settings is None:
        return checks.lines
    unit = settings.unit
    checks.of("serial numbers", lambda: unit_rule(unit))
    count = len(settings.recipes.files)
    shelf = checks.of(f"recipes ({count})", lambda: _shelf(settings, definitions()))
    if shelf is not None:
        known = Unit(None, unit.part_number or None, unit.revision or None)
        checks.of("one recipe for these units", lambda: shelf.choose(known))
    trust, way = words(settings)
    fixture = checks.of(trust, lambda: make_fixture(settings))
    if settings.web is not None:
        checks.of("panel", lambda: check_web(settings))
    await checks.answer("database and signing key", lambda: run_sync(_look_at_audit, settings))
    if fixture is not None:
        await checks.answer(way, fixture.attached)
    await _check_host(checks, settings)
    return checks.lines
