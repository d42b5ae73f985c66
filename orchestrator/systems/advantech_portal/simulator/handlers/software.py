"""Categories Service, Terminal and Process Manager."""

from orchestrator.systems.advantech_portal.simulator.call import Call
from orchestrator.systems.advantech_portal.simulator.host import SimulatedHost
from orchestrator.systems.advantech_portal.simulator.refusals import (
    NOT_AVAILABLE,
    SERVICE_INCOMPLETE,
    Refused,
)
from orchestrator.transport.serving import Reply


async def list_services(host: SimulatedHost, call: Call) -> Reply:
    """List the services."""
    return Reply(host.software.shown_services())


async def get_service(host: SimulatedHost, call: Call) -> Reply:
    """Tell the state of a service."""
    return Reply({"status": host.software.service(call.parameter("name")).status})


async def control_service(host: SimulatedHost, call: Call) -> Reply:
    """Start, stop or restart a service, which takes its time."""
    service = host.software.service(call.parameter("name"))
    action = (await call.members(SERVICE_INCOMPLETE))["action"]
    await host.spend(host.spec.service_seconds)
    host.software.control(service, action, host.now())
    return Reply(status=204)


async def get_terminal_info(host: SimulatedHost, call: Call) -> Reply:
    """Tell which operating system's shell the terminal is."""
    return Reply({"os": host.spec.os})


async def list_processes(host: SimulatedHost, call: Call) -> Reply:
    """List the processes."""
    if not host.spec.has("processes"):
        raise Refused(NOT_AVAILABLE)
    return Reply(host.software.shown_processes(host.now()))


async def kill_process(host: SimulatedHost, call: Call) -> Reply:
    """End a process."""
    host.software.kill(host.software.program(call.parameter("pid")))
    return Reply()
