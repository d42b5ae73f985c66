"""What runs on an edge computer: its services and processes, expected and switched."""

from decimal import Decimal
from typing import Literal

from orchestrator.engine.step import Duration, Measures, StepContext, step
from orchestrator.steps.findings import Finding, refuse
from orchestrator.steps.waiting import POLL, Patience, Stopwatch, rounded, until
from orchestrator.systems.advantech_portal.client import AdvantechHost
from orchestrator.systems.advantech_portal.errors import AppliedWithErrors
from orchestrator.systems.advantech_portal.models import Action, Process

Status = Literal["running", "stopped", "disabled"]
Presence = Literal["running", "absent"]

_AT_ONCE = Duration(Decimal(0))
_WITHIN = Duration(Decimal(30))
_AFTER: dict[Action, Status] = {"start": "running", "restart": "running", "stop": "stopped"}
_LOOK = "Look at the service on the host, then run it again; set it aside if it stays so"


async def _wait_for(
    ctx: StepContext,
    host: AdvantechHost,
    service: str,
    status: Status,
    patience: Patience,
) -> None:
    """Wait until the service is in `status` and measure it; another one in the end is FAIL."""
    watch = Stopwatch(ctx.clock)
    found = ""

    async def is_so() -> bool:
        nonlocal found
        found = (await host.get_service(service)).status
        return found == status

    done = await until(is_so, ctx.clock, patience)
    ctx.measure("status", found)
    ctx.measure("wait_seconds", rounded(watch.elapsed))
    if not done:
        words = f"The service {service} is {found}; it must be {status}"
        refuse([Finding(words, _LOOK, "SERVICE")])


_MEASURES = (
    Measures("status", "State the service reports", kind="text"),
    Measures("wait_seconds", "Time until it was so", uom="s"),
)


@step(
    "advantech.expect_service",
    summary="Checks that a service of the host is in a state.",
    measures=_MEASURES,
    timeout_seconds=60,
)
async def expect_service(
    ctx: StepContext,
    host: AdvantechHost,
    *,
    service: str,
    status: Status = "running",
    within: Duration = _AT_ONCE,
    poll: Duration = POLL,
) -> None:
    """Fail a host whose service is in another state. A service that is not there is an ERROR.

    Args:
        service: Name of the service, as the host lists it.
        status: The state it must be in.
        within: How long it may take to get there.
        poll: How long to wait before asking again.
    """
    await _wait_for(ctx, host, service, status, Patience(within, poll))


@step(
    "advantech.control_service",
    summary="Starts, stops or restarts a service of the host and waits until it is so.",
    measures=_MEASURES,
    timeout_seconds=90,
)
async def control_service(
    ctx: StepContext,
    host: AdvantechHost,
    *,
    service: str,
    action: Literal["start", "stop", "restart"],
    within: Duration = _WITHIN,
    poll: Duration = POLL,
) -> None:
    """Order it once; a service that does not come into the state is FAIL.

    Args:
        service: Name of the service, as the host lists it.
        action: What to do with it.
        within: How long it may take.
        poll: How long to wait before asking again.
    """
    await host.control_service(service, action)
    await _wait_for(ctx, host, service, _AFTER[action], Patience(within, poll))


async def _processes(host: AdvantechHost, name: str) -> list[Process]:
    return [each for each in await host.list_processes() if each.name == name]


@step(
    "advantech.expect_process",
    summary="Checks that a program runs on the host, or that it does not.",
    measures=(
        Measures("processes", "Number of processes of that name"),
        Measures("memory_bytes", "Memory that they use together", uom="B"),
        Measures("run_seconds", "Time that the youngest has run", uom="s"),
    ),
    timeout_seconds=60,
)
async def expect_process(
    ctx: StepContext,
    host: AdvantechHost,
    *,
    process: str,
    state: Presence = "running",
    within: Duration = _AT_ONCE,
    poll: Duration = POLL,
) -> None:
    """Fail a host on which the program does not run, or does.

    Args:
        process: Name of the program, as the host lists it.
        state: Whether it must run.
        within: How long it may take until it is so.
        poll: How long to wait before asking again.
    """
    found: list[Process] = []

    async def is_so() -> bool:
        nonlocal found
        found = await _processes(host, process)
        return bool(found) == (state == "running")

    done = await until(is_so, ctx.clock, Patience(within, poll))
    ctx.measure("processes", len(found))
    if found:
        ctx.measure("memory_bytes", sum(each.memUsage for each in found))
        ctx.measure("run_seconds", min(each.elapsedTime for each in found))
    if not done:
        words = f"{process} {'runs' if found else 'does not run'} on the host"
        refuse([Finding(words, "Look at the host's image; set the host aside", "PROCESS")])


@step(
    "advantech.stop_process",
    summary="Ends a program on the host and waits until it is gone.",
    measures=(Measures("stopped", "Number of processes that were ended"),),
    timeout_seconds=60,
)
async def stop_process(
    ctx: StepContext,
    host: AdvantechHost,
    *,
    process: str,
    within: Duration = _WITHIN,
    poll: Duration = POLL,
) -> None:
    """End every process of that name; one that stays or comes back is FAIL.

    Args:
        process: Name of the program, as the host lists it.
        within: How long it may take until all are gone.
        poll: How long to wait before asking again.
    """
    found = await _processes(host, process)
    ctx.measure("stopped", len(found))
    for each in found:
        try:
            await host.kill_process(each.pid)
        except AppliedWithErrors:
            # It may have ended by itself before its turn; what counts is that it is gone.
            if each.pid in {left.pid for left in await _processes(host, process)}:
                raise

    async def is_gone() -> bool:
        return not await _processes(host, process)

    if not await until(is_gone, ctx.clock, Patience(within, poll)):
        words = f"{process} still runs on the host, or was started again"
        refuse([Finding(words, "Look at what starts it; set the host aside", "PROCESS")])
