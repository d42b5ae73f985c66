"""Loading images onto an Azure Sphere board over its service link: stage, install, prove.

Staging is sticky: whatever an earlier session left staged would be installed with ours, so it is
treated first. An update from the cloud and a sideload exclude each other.
"""

from collections.abc import Callable, Sequence
from typing import ClassVar, Literal

from orchestrator.domain.errors import ErrorClass, StationFault, StationMisuse
from orchestrator.engine.step import Duration, Measures, StepContext, step
from orchestrator.recipe.plan import Artifact
from orchestrator.steps.findings import Finding, applications, label, refuse
from orchestrator.steps.image_facts import ImageFacts, all_facts
from orchestrator.steps.os_catalogue import board_pairs
from orchestrator.steps.sphere_images import delete_components
from orchestrator.steps.waiting import (
    POLL,
    RESTART_WITHIN,
    Patience,
    RestartWatch,
    Stopwatch,
    rounded,
)
from orchestrator.systems.azure_sphere_device.client import SphereDevice
from orchestrator.systems.azure_sphere_device.models import ComponentDetails, Images

Control = Literal["Auto", "Manual"]

# A transfer that a simulated clock finds instantaneous still has a rate.
_SHORTEST_SECONDS = 0.001


class UpdateInProgress(StationFault):
    """The board is taking an update from the cloud; sideloading is suspended until it ends."""

    error_class: ClassVar[ErrorClass] = ErrorClass.BUSY


def _refuse_update(images: Images) -> None:
    if images.is_ota_update_in_progress:
        raise UpdateInProgress(
            "The board is busy with an update from the cloud",
            remedy="Wait for the update to end, or keep the station off the internet",
            code="UPDATE_RUNNING",
        )


async def _refuse_runtime(board: SphereDevice, facts: Sequence[ImageFacts]) -> None:
    offered = (await board.get_abi_versions()).ApplicationRuntime
    refuse(
        [
            Finding(
                f"The board's OS offers application runtime {offered};"
                f" {each.name} needs {each.application_runtime}",
                "Recover the board with a newer OS, or build the image for this one",
                "RUNTIME_TOO_OLD",
            )
            for each in facts
            if each.application_runtime > offered
        ]
    )


def _foreign_staged(images: Images, facts: Sequence[ImageFacts]) -> list[ComponentDetails] | None:
    """Return staged components that are not ours, None when the board has no foreign ones.

    What is staged of our own components comes from a lost attempt and is staged again. A board
    that says "something is staged" without saying what gives an empty list.
    """
    if not images.has_staged_updates:
        return None
    ours = {each.component_id for each in facts}
    staged = [each for each in images.components if each.is_update_staged]
    foreign = [each for each in staged if each.uid.lower() not in ours]
    return foreign if foreign or not staged else None


class _Sideload:
    """One sideload of one board: the parts of the step that share its parameters."""

    def __init__(self, ctx: StepContext, board: SphereDevice, patience: Patience) -> None:
        self._ctx = ctx
        self._board = board
        self._patience = patience

    async def install(self, control: Control) -> None:
        """Install what is staged and wait for the board where that restarts it."""
        watch = await RestartWatch.begin(self._ctx, self._board, self._patience)
        answer = await self._board.install_images(control)
        if answer.restartingSystem:
            await watch.wait()

    async def clear_leftovers(self, before: Images, facts: Sequence[ImageFacts]) -> int:
        """Install what an earlier session left staged, without starting it, then delete it.

        Our own images go too where they come from a lost attempt, since the board would skip
        them as known and leave them stopped. Returns how many others were deleted.
        """
        staged = {each.uid.lower() for each in before.components if each.is_update_staged}
        known = {each.uid.lower() for each in before.components}
        await self.install("Manual")
        after = applications(await self._board.get_images())
        came = {
            component.uid.lower(): image_id
            for image_id, component in after.items()
            if component.uid.lower() in staged or component.uid.lower() not in known
        }
        await delete_components(self._ctx, self._board, set(came), self._patience)
        return len(set(came.values()) - {each.image_id for each in facts})

    async def stage(self, facts: Sequence[ImageFacts]) -> None:
        """Upload all packages and measure how long that takes."""
        total = sum(len(each.artifact.content) for each in facts)
        sent, watch = 0, Stopwatch(self._ctx.clock)
        for each in facts:
            await self._board.stage_image(each.artifact.content, self._progress(sent, total))
            sent += len(each.artifact.content)
            self._ctx.progress(sent, total)
        seconds = max(watch.elapsed, _SHORTEST_SECONDS)
        self._ctx.measure("image_bytes", total)
        self._ctx.measure("stage_seconds", rounded(seconds))
        self._ctx.measure("stage_rate", rounded(total / 1000 / seconds))

    def _progress(self, before: int, total: int) -> Callable[[int, int], None]:
        def report(sent: int, _size: int) -> None:
            self._ctx.progress(before + sent, total)

        return report


def _not_installed(images: Images, facts: Sequence[ImageFacts]) -> list[Finding]:
    held = board_pairs(images)
    findings = [
        Finding(
            f"The board does not hold {each.name} after its installation",
            "Run the board again; set it aside if it stays so",
            "NOT_INSTALLED",
        )
        for each in facts
        if (each.component_id, each.image_id) not in held
    ]
    if images.has_staged_updates:
        findings.append(
            Finding(
                "The board still has staged images after the installation",
                "Run the board again; set it aside if it stays so",
                "STILL_STAGED",
            )
        )
    return findings


def _refuse_leftovers(foreign: Sequence[ComponentDetails]) -> None:
    names = ", ".join(label(each) for each in foreign) or "it does not say which"
    refuse(
        [
            Finding(
                f"The board has images staged by an earlier session: {names}",
                "Clean the board with the rework recipe, then run it again",
                "LEFTOVERS",
            )
        ]
    )


@step(
    "sphere.sideload",
    summary="Loads image packages onto the board and proves that they are installed.",
    measures=(
        Measures("image_bytes", "Size of all packages", uom="B"),
        Measures("stage_seconds", "Time to upload all packages", uom="s"),
        Measures("stage_rate", "Upload rate over the service link", uom="kB/s"),
        Measures("install_seconds", "Time to install, with a restart where needed", uom="s"),
        Measures("leftovers", "Applications of an earlier session that were removed"),
    ),
    timeout_seconds=300,
)
async def sideload(
    ctx: StepContext,
    board: SphereDevice,
    *,
    images: list[Artifact],
    control: Literal["Auto", "Manual"] = "Auto",
    leftovers: Literal["install_first", "refuse"] = "install_first",
    restart_within: Duration = RESTART_WITHIN,
    poll: Duration = POLL,
) -> None:
    """Stage every package, install them together and compare the image list afterwards.

    A running cloud update is an ERROR of class busy, which may be retried. The whole step may be
    repeated after a lost link: the same image again is no change.

    Args:
        images: Image packages to load, at least one, each a component of its own.
        control: Auto starts the applications after installation, Manual leaves them stopped.
        leftovers: What to do with images that an earlier session left staged: install_first
            installs them without starting and deletes their applications, refuse fails the
            board (do not retry then: what a lost attempt staged looks the same).
        restart_within: How long the board may take to come back when an image restarts it.
        poll: How long to wait before asking again whether it is back.
    """
    facts = all_facts(images)
    if not facts:
        raise StationMisuse(
            "The step has no images to load",
            remedy="List the image packages in the recipe",
            code="NO_IMAGES",
        )
    before = await board.get_images()
    _refuse_update(before)
    await _refuse_runtime(board, facts)
    work = _Sideload(ctx, board, Patience(restart_within, poll))
    foreign, removed = _foreign_staged(before, facts), 0
    if foreign is not None:
        if leftovers == "refuse":
            _refuse_leftovers(foreign)
        removed = await work.clear_leftovers(before, facts)
    ctx.measure("leftovers", removed)
    await work.stage(facts)
    watch = Stopwatch(ctx.clock)
    await work.install(control)
    ctx.measure("install_seconds", rounded(watch.elapsed))
    refuse(_not_installed(await board.get_images(), facts))
