"""Joins the parts of a station to the control through which people and programs act on it."""

from collections.abc import Awaitable, Callable

from orchestrator.domain.clock import timestamp
from orchestrator.domain.fixture import TakesAddresses
from orchestrator.station.commands import Commands
from orchestrator.station.control import Control, Reach
from orchestrator.station.decisions import Decision
from orchestrator.station.figures import Outside
from orchestrator.station.floor import Floor
from orchestrator.station.hub import Hub
from orchestrator.station.keeper import Keeper
from orchestrator.station.labels import Labels
from orchestrator.station.picture import Camera
from orchestrator.station.scanner import make_scanner
from orchestrator.station.settings import Settings
from orchestrator.station.shift import Shift
from orchestrator.station.tools import Tools
from orchestrator.station.view import StationView


def make_control(
    settings: Settings,
    tools: Tools,
    *,
    floor: Floor,
    view: StationView,
    hub: Hub,
    shift: Shift,
    keeper: Keeper,
    outside: Outside,
    free_mib: Callable[[], int | None],
    decide: Callable[[Decision], Awaitable[str]],
    addresses: TakesAddresses | None = None,
) -> Control:
    """Return the control of the station that these parts are of."""
    clock, rule = tools.services.clock, tools.rule.section.serial_number
    scanner = make_scanner(settings, floor, tools.desk, view, clock)
    camera = Camera(
        tools=tools,
        floor=floor,
        view=view,
        hub=hub,
        shift=shift,
        keeper=keeper,
        scanner=scanner,
        outside=outside,
        started_at=timestamp(clock.now()),
        free_mib=free_mib,
    )
    return Control(
        Reach(
            floor=floor,
            line=tools.line,
            desk=tools.desk,
            scanner=scanner,
            labels=Labels(rule, floor, tools.past, tools.shelf.operation, clock),
            shift=shift,
            commands=Commands(tools),
            publish=tools.services.publish,
            picture=camera.take,
            decide=decide,
            audit_is_lost=tools.audit_is_lost,
            addresses=addresses,
        )
    )
