"""Categories Remote Control and Remote Desktop."""

from orchestrator.systems.advantech_portal.simulator.call import Call
from orchestrator.systems.advantech_portal.simulator.host import SimulatedHost
from orchestrator.systems.advantech_portal.simulator.refusals import (
    DISPLAY_FIXED,
    DISPLAY_INCOMPLETE,
    NO_DESKTOP,
    NOT_AVAILABLE,
    Refused,
)
from orchestrator.transport.serving import Reply


async def reboot(host: SimulatedHost, call: Call) -> Reply:
    """Promise to restart and do it soon."""
    host.soon(host.spec.restart_delay_seconds, host.reboot)
    return Reply()


async def shutdown(host: SimulatedHost, call: Call) -> Reply:
    """Promise to shut down and do it soon."""
    host.soon(host.spec.restart_delay_seconds, host.shut_down)
    return Reply()


async def has_display_switch(host: SimulatedHost, call: Call) -> Reply:
    """Tell by the status whether the display can be switched."""
    if not host.spec.has("display_switch"):
        raise Refused(NOT_AVAILABLE)
    return Reply(status=204)


async def switch_display(host: SimulatedHost, call: Call) -> Reply:
    """Switch the display on or off."""
    if not host.spec.has("display_switch"):
        raise Refused(DISPLAY_FIXED)
    body = await call.members(DISPLAY_INCOMPLETE)
    host.panel.switch_display(body["status"] == "on")
    return Reply()


async def create_remote_desktop(host: SimulatedHost, call: Call) -> Reply:
    """Prepare a connection to the desktop."""
    if not host.panel.displays:
        raise Refused(NO_DESKTOP)
    made = host.desktops.prepare()
    return Reply({"id": made.identifier, "os": host.spec.os, "password": made.password})
