"""Which OS an Azure Sphere board runs, by its word and by its images.

Boards say their version since API 4.5.0. Older ones are known by their images and an OS catalogue,
which serves the others as a cross-check.
"""

from orchestrator.domain.errors import NotSupported, StationMisuse
from orchestrator.engine.step import Measures, StepContext, step
from orchestrator.recipe.plan import Artifact
from orchestrator.steps.findings import Finding, os_findings, refuse
from orchestrator.steps.os_catalogue import OsCatalogue, read_catalogue
from orchestrator.systems.azure_sphere_device.client import SphereDevice
from orchestrator.systems.azure_sphere_device.errors import DeviceRefusal
from orchestrator.systems.azure_sphere_device.models import Images

_UNKNOWN_URI = (15 << 20) | 2


async def reported_os(board: SphereDevice) -> str | None:
    """Return the OS version the board reports, None when its API is too old to say."""
    try:
        return (await board.get_os_version()).osversion.strip()
    except NotSupported:
        return None
    except DeviceRefusal as refusal:
        if refusal.number != _UNKNOWN_URI:
            raise
        return None


def version_of(board: SphereDevice, reported: str | None, by_images: str | None) -> str:
    """Return the version to judge. Raises NotSupported when neither way of knowing is open."""
    version = reported or by_images
    if version is None:
        raise NotSupported(
            f"The board's interface {board.api_version or 'of unknown version'}"
            " cannot say which OS it runs",
            remedy="Give the step an OS catalogue, so that the station can tell by the images",
            code="OS_UNKNOWN",
        )
    return version


def images_by_catalogue(
    catalogue: OsCatalogue, images: Images, reported: str | None
) -> tuple[str, list[Finding]]:
    """Return the version that the images belong to (or `unknown`) and what is wrong with it."""
    by_images = catalogue.identify(images)
    if by_images is None:
        return "unknown", [
            Finding(
                "The OS images on the board belong to no version of the OS catalogue",
                "Recover the board; renew the catalogue if its OS is newer than that",
                "OS_IMAGES_UNKNOWN",
            )
        ]
    if reported is not None and reported not in by_images.split(" or "):
        return by_images, [
            Finding(
                f"The board says OS {reported}; its OS images are those of {by_images}",
                "Recover the board with an allowed OS, then run it again",
                "OS_CONTRADICTION",
            )
        ]
    return by_images, []


def require_versions(allowed: list[str]) -> None:
    """Raise StationMisuse for an empty list, which no board could ever pass."""
    if not allowed:
        raise StationMisuse(
            "The recipe allows no OS version, so no board could pass",
            remedy="List the allowed versions in the recipe",
            code="NO_OS_ALLOWED",
        )


@step(
    "sphere.expect_os",
    summary="Checks that the board runs an allowed OS version.",
    measures=(
        Measures("os_version", "OS version of the board", kind="text"),
        Measures("os_version_by_images", "OS version by the board's images", kind="text"),
    ),
)
async def expect_os(
    ctx: StepContext,
    board: SphereDevice,
    *,
    allowed: list[str],
    catalogue: Artifact | None = None,
) -> None:
    """Ask the board for its OS version; with a catalogue, compare its OS images too.

    A board whose interface is older than 4.5.0 cannot say its version: then the catalogue decides,
    and without one the step is an ERROR, since nothing could be judged.

    Args:
        allowed: OS versions that may pass, written as the board reports them, e.g. "22.11".
        catalogue: The vendor's list of OS versions and their images (JSON). A version matches
            when the board holds every pair of component id and image id; the one with the most
            pairs counts.
    """
    require_versions(allowed)
    reported, by_images = await reported_os(board), None
    findings: list[Finding] = []
    if catalogue is not None:
        images = await board.get_images()
        by_images, findings = images_by_catalogue(read_catalogue(catalogue), images, reported)
        ctx.measure("os_version_by_images", by_images)
    version = version_of(board, reported, by_images)
    ctx.measure("os_version", version)
    if reported is None and findings:
        refuse(findings)
    refuse(os_findings(version, allowed_names(version, allowed)) + findings)


def allowed_names(version: str, allowed: list[str]) -> list[str]:
    """Return `allowed`, with `version` itself where it names several and one of them is allowed."""
    parts = version.split(" or ")
    return [*allowed, version] if any(part in allowed for part in parts) else allowed
