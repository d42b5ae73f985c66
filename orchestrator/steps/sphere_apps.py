"""The applications on an Azure Sphere board at work: start, stop, watch, and what they use.

One unknown application gets three answers from a board: its state reads `notPresent`, starting it
is refused with 409 and its quota with 404. All three are the same here: the board lacks it.
"""

from collections.abc import Mapping
from decimal import Decimal
from typing import Literal

from orchestrator.domain.errors import StationMisuse
from orchestrator.engine.step import Duration, Measures, StepContext, step
from orchestrator.recipe.plan import Artifact
from orchestrator.steps.attachments import attach_json
from orchestrator.steps.findings import Finding, refuse
from orchestrator.steps.image_facts import all_facts
from orchestrator.steps.waiting import POLL, Patience, Stopwatch, rounded, until
from orchestrator.systems.azure_sphere_device.client import SphereDevice
from orchestrator.systems.azure_sphere_device.errors import DeviceRefusal

_START_WITHIN = Duration(Decimal(10))
_ABSENT = "notPresent"
_APP_NOT_PRESENT = 14 << 20 | 12
_WAIT = Measures("wait_seconds", "Time until all were in that state", uom="s")


def _named(images: list[Artifact] | None, components: list[str] | None) -> dict[str, str]:
    """Return component id -> name for people. Raises StationMisuse when there is none."""
    names = {uid.lower(): uid.lower() for uid in components or ()}
    names |= {each.component_id: each.name for each in all_facts(images)}
    if not names:
        raise StationMisuse(
            "The step names no application",
            remedy="Give it images or components in the recipe",
            code="NO_APPLICATION",
        )
    return names


def _absent(name: str) -> Finding:
    return Finding(
        f"The board lacks the application {name}", "Load the images again", "APP_MISSING"
    )


async def _reach(
    ctx: StepContext, board: SphereDevice, names: Mapping[str, str], state: str, patience: Patience
) -> None:
    """Ask until every application is in `state` and measure how long that took, else fail."""
    watch, found = Stopwatch(ctx.clock), dict[str, str]()

    async def all_there() -> bool:
        for uid in names:
            if found.get(uid) != state:
                found[uid] = (await board.get_app_status(uid)).state
        ctx.progress(sum(each == state for each in found.values()), len(names))
        return all(each == state for each in found.values())

    if await until(all_there, ctx.clock, patience):
        ctx.measure("wait_seconds", rounded(watch.elapsed))
        return
    refuse(
        [
            Finding(
                f"The application {name} is {found[uid]}; it must be {state}",
                "Load the images again; set the board aside if it stays so",
                "APP_STATE",
            )
            for uid, name in names.items()
            if found[uid] != state
        ]
    )


@step(
    "sphere.expect_app_status",
    summary="Waits until applications are in the expected state.",
    measures=(_WAIT,),
    timeout_seconds=60,
)
async def expect_app_status(
    ctx: StepContext,
    board: SphereDevice,
    *,
    images: list[Artifact] | None = None,
    components: list[str] | None = None,
    state: Literal["running", "stopped", "debugging", "notPresent"] = "running",
    within: Duration = _START_WITHIN,
    poll: Duration = POLL,
) -> None:
    """Ask for the state of each application until it is as expected or the time is over.

    A component that the board does not know reads `notPresent`.

    Args:
        images: Image packages whose applications are watched.
        components: Further component ids to watch.
        state: The state all of them must reach.
        within: How long they may take together.
        poll: How long to wait before asking again.
    """
    await _reach(ctx, board, _named(images, components), state, Patience(within, poll))


async def _order(
    board: SphereDevice, names: Mapping[str, str], state: str, trigger: Literal["start", "stop"]
) -> None:
    """Give the order to each application that is not in `state` yet; fail if one is lacking."""
    states = {uid: (await board.get_app_status(uid)).state for uid in names}
    refuse([_absent(names[uid]) for uid, found in states.items() if found == _ABSENT])
    for uid, found in states.items():
        if found != state:
            await board.set_app_status(uid, trigger)


@step(
    "sphere.start_app",
    summary="Starts applications and waits until they run.",
    measures=(_WAIT,),
    timeout_seconds=60,
)
async def start_app(
    ctx: StepContext,
    board: SphereDevice,
    *,
    images: list[Artifact] | None = None,
    components: list[str] | None = None,
    within: Duration = _START_WITHIN,
    poll: Duration = POLL,
) -> None:
    """Start what does not run yet and see it run.

    An application that the board lacks is FAIL. A board without the capability for application
    development may refuse the order, which is an ERROR.

    Args:
        images: Image packages whose applications are started.
        components: Further component ids to start.
        within: How long they may take together.
        poll: How long to wait before asking again.
    """
    names = _named(images, components)
    await _order(board, names, "running", "start")
    await _reach(ctx, board, names, "running", Patience(within, poll))


@step(
    "sphere.stop_app",
    summary="Stops applications and waits until they have stopped.",
    measures=(_WAIT,),
    timeout_seconds=60,
)
async def stop_app(
    ctx: StepContext,
    board: SphereDevice,
    *,
    images: list[Artifact] | None = None,
    components: list[str] | None = None,
    within: Duration = _START_WITHIN,
    poll: Duration = POLL,
) -> None:
    """Stop what runs and see it stopped; after a restart of the board it runs again.

    An application that the board lacks is FAIL. A board without the capability for application
    development may refuse the order, which is an ERROR.

    Args:
        images: Image packages whose applications are stopped.
        components: Further component ids to stop.
        within: How long they may take together.
        poll: How long to wait before asking again.
    """
    names = _named(images, components)
    await _order(board, names, "stopped", "stop")
    await _reach(ctx, board, names, "stopped", Patience(within, poll))


@step(
    "sphere.expect_quota",
    summary="Measures the storage that an application may use and uses.",
    measures=(
        Measures("storage_limit", "Storage the application may use", uom="kB"),
        Measures("storage_usage", "Storage it uses", uom="kB"),
    ),
)
async def expect_quota(
    ctx: StepContext,
    board: SphereDevice,
    *,
    image: Artifact | None = None,
    component: str | None = None,
    limit: int | None = None,
) -> None:
    """Read limit and usage; an application without storage of its own has 0 and 0.

    More usage than the limit, another limit than asked for and an application that the board
    lacks are FAIL. Limits on the measurements say the rest.

    Args:
        image: Image package of the application.
        component: Its component id, instead of the package.
        limit: What it must be allowed to use, in kB.
    """
    if (image is None) == (component is None):
        raise StationMisuse(
            "The step needs one application: as an image or as a component",
            remedy="Give image or component in the recipe",
            code="NO_APPLICATION",
        )
    names = _named(None if image is None else [image], None if component is None else [component])
    ((uid, name),) = names.items()
    try:
        quota = await board.get_app_quota(uid)
    except DeviceRefusal as refusal:
        if refusal.number == _APP_NOT_PRESENT:
            refuse([_absent(name)])
        raise
    ctx.measure("storage_limit", quota.LimitKB)
    ctx.measure("storage_usage", quota.UsageKB)
    findings = []
    if limit is not None and quota.LimitKB != limit:
        findings.append(
            Finding(
                f"The application {name} may use {quota.LimitKB} kB; it must be {limit} kB",
                "Load the images again",
                "QUOTA_LIMIT",
            )
        )
    if quota.UsageKB > quota.LimitKB:
        findings.append(
            Finding(
                f"The application {name} uses {quota.UsageKB} kB of {quota.LimitKB} kB",
                "Recover the board, then run it again",
                "QUOTA_EXCEEDED",
            )
        )
    refuse(findings)


@step(
    "sphere.memory_statistics",
    summary="Measures the memory that all applications use together.",
    measures=(
        Measures("memory_usage", "Memory in use, with what the system uses for them", uom="B"),
        Measures("user_memory_usage", "Memory that they themselves use", uom="B"),
        Measures("user_memory_peak", "The most that they have used since they started", uom="B"),
    ),
)
async def memory_statistics(ctx: StepContext, board: SphereDevice) -> None:
    """Measure the totals and keep the use of each library as a file; the recipe sets the limits.

    Needs the capability for application development; without it the board refuses, which is an
    ERROR. Boards know it since interface 4.3.0.
    """
    answer = await board.get_memory_statistics()
    attach_json(ctx, "memory.json", answer.model_dump(mode="json"))
    totals = answer.memoryStats
    ctx.measure("memory_usage", totals.currentMemoryUsageInBytes)
    ctx.measure("user_memory_usage", totals.userModeMemoryUsageInBytes)
    ctx.measure("user_memory_peak", totals.peakUserModeMemoryUsageInBytes)


@step(
    "sphere.expect_abi",
    summary="Checks that the OS offers the runtimes that images are built for.",
    measures=(
        Measures("application_runtime", "Runtime of applications that the OS offers"),
        Measures("os_runtime", "Runtime of the OS"),
        Measures("secure_world_runtime", "Runtime of the secure world"),
    ),
)
async def expect_abi(
    ctx: StepContext,
    board: SphereDevice,
    *,
    images: list[Artifact] | None = None,
    application_runtime: int = 0,
) -> None:
    """Fail a board whose OS is too old for the images, before they are loaded.

    Never locked, so it may be asked of a finished board as well.

    Args:
        images: Image packages that must be able to run.
        application_runtime: The runtime of applications that the OS must offer at least.
    """
    offered = await board.get_abi_versions()
    ctx.measure("application_runtime", offered.ApplicationRuntime)
    ctx.measure("os_runtime", offered.OSRuntime)
    ctx.measure("secure_world_runtime", offered.SecureWorldRuntime)
    needs = {each.name: each.application_runtime for each in all_facts(images)}
    needs["the recipe"] = application_runtime
    refuse(
        [
            Finding(
                f"The board's OS offers application runtime {offered.ApplicationRuntime};"
                f" {name} needs {needed}",
                "Update the OS of the board, then run it again",
                "RUNTIME_TOO_OLD",
            )
            for name, needed in needs.items()
            if needed > offered.ApplicationRuntime
        ]
    )
