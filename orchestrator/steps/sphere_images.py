"""The application images on an Azure Sphere board: delete and compare them.

Application images are those of type 10. Installing them is in `sphere_sideload`, watching them run
in `sphere_apps`.
"""

from orchestrator.engine.step import Duration, Measures, StepContext, step
from orchestrator.recipe.plan import Artifact
from orchestrator.steps.findings import (
    Finding,
    applications,
    image_findings,
    label,
    refuse,
    rf_test_findings,
    staged_findings,
)
from orchestrator.steps.image_facts import expected_images
from orchestrator.steps.waiting import (
    POLL,
    RESTART_WITHIN,
    Patience,
    RestartWatch,
)
from orchestrator.systems.azure_sphere_device.client import SphereDevice
from orchestrator.systems.azure_sphere_device.models import ComponentDetails, Images


def _foreign(images: Images, keep: list[Artifact] | None) -> list[ComponentDetails]:
    kept = expected_images(keep, None)
    return [each for uid, each in applications(images).items() if uid not in kept]


def _present(images: Images, component_ids: set[str]) -> list[ComponentDetails]:
    return [each for each in images.components if each.uid.lower() in component_ids]


async def delete_components(
    ctx: StepContext, board: SphereDevice, component_ids: set[str], patience: Patience
) -> int:
    """Delete what the board holds of `component_ids`; return how many there were.

    Proven by comparing the image lists before and after, since a board answers success for a
    component that it never had. Raises Mismatch when one is still there.
    """
    before = _present(await board.get_images(), component_ids)
    if not before:
        return 0
    for done, component in enumerate(before):
        ctx.progress(done, len(before))
        watch = await RestartWatch.begin(ctx, board, patience)
        answer = await board.delete_image(component.uid)
        if answer.restartingSystem:
            await watch.wait()
    left = _present(await board.get_images(), component_ids)
    if left:
        refuse(
            [
                Finding(
                    f"The board still holds {', '.join(label(each) for each in left)}"
                    " after it was deleted",
                    "Recover the board, then run it again",
                    "IMAGE_STAYS",
                )
            ]
        )
    ctx.progress(len(before), len(before))
    return len(before)


@step(
    "sphere.delete_images",
    summary="Deletes applications from the board and proves that they are gone.",
    measures=(Measures("deleted_images", "How many components were deleted"),),
    timeout_seconds=120,
)
async def delete_images(
    ctx: StepContext,
    board: SphereDevice,
    *,
    components: list[str] | None = None,
    keep: list[Artifact] | None = None,
    restart_within: Duration = RESTART_WITHIN,
    poll: Duration = POLL,
) -> None:
    """Delete the listed components, or else every application that `keep` does not name.

    Without any parameter all applications are deleted. An application counts as kept when its
    image id is that of the package: an older image of the same component is deleted too.

    Args:
        components: Component ids to delete; one that the board lacks is already gone.
        keep: Image packages that may stay; every other application is deleted.
        restart_within: How long the board may take to come back when a deletion restarts it.
        poll: How long to wait before asking again whether it is back.
    """
    wanted = {uid.lower() for uid in components or ()}
    if components is None or keep is not None:
        foreign = _foreign(await board.get_images(), keep)
        wanted |= {each.uid.lower() for each in foreign}
    patience = Patience(restart_within, poll)
    ctx.measure("deleted_images", await delete_components(ctx, board, wanted, patience))


@step(
    "sphere.expect_images",
    summary="Checks that the board holds exactly the expected applications.",
    measures=(Measures("application_images", "How many applications the board holds"),),
)
async def expect_images(
    ctx: StepContext,
    board: SphereDevice,
    *,
    images: list[Artifact] | None = None,
    image_ids: list[str] | None = None,
) -> None:
    """Compare the installed applications by image id; extra and missing ones both fail.

    A debug server or RF test server left on the board fails as well, and so does whatever is staged
    and was never installed. Without any parameter the board must hold no application at all.

    Args:
        images: Image packages that must be installed.
        image_ids: Further image ids that must be installed, in any letter case.
    """
    found = await board.get_images()
    ctx.measure("application_images", len(applications(found)))
    expected = expected_images(images, image_ids)
    refuse(image_findings(found, expected) + staged_findings(found) + rf_test_findings(found))
