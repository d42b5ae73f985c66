"""The vendor's five checks that an Azure Sphere board may leave the factory, all of them.

Only Module1Complete allows all five: a Blank board always shows the RF test capability, and a
DeviceComplete board refuses to list images and Wi-Fi networks. The vendor's own script skips what
is closed and still says yes; this step does not.
"""

from orchestrator.domain.errors import Mismatch, Refusal
from orchestrator.engine.step import Measures, StepContext, step
from orchestrator.recipe.plan import Artifact
from orchestrator.steps.findings import (
    Finding,
    applications,
    capability_findings,
    capability_words,
    image_findings,
    os_findings,
    refuse,
    rf_test_findings,
    staged_findings,
    wifi_findings,
)
from orchestrator.steps.image_facts import expected_images
from orchestrator.steps.os_catalogue import read_catalogue
from orchestrator.steps.sphere_os import (
    allowed_names,
    images_by_catalogue,
    reported_os,
    require_versions,
    version_of,
)
from orchestrator.steps.sphere_state import read_state
from orchestrator.systems.azure_sphere_device.client import SphereDevice
from orchestrator.systems.azure_sphere_device.models import Images

_READY_STATE = "Module1Complete"
_CHECKS = 5


def _refuse_state(state: str) -> None:
    if state == _READY_STATE:
        return
    reason = (
        "its capabilities cannot be judged yet"
        if state == "Blank"
        else "its images and Wi-Fi can no longer be judged"
    )
    raise Mismatch(
        f"The board is {state}; in this state {reason}, so none of the five checks was made",
        remedy="Make the ready check in Module1Complete, before the board is locked",
        code="READY_STATE",
    )


class _ReadyCheck:
    """The checks after the first one, with what they found."""

    def __init__(self, ctx: StepContext, board: SphereDevice) -> None:
        self._ctx = ctx
        self._board = board
        self._failed: dict[str, list[Finding]] = {}
        self._refused: dict[str, Refusal] = {}

    def _judge(self, check: str, findings: list[Finding]) -> None:
        if findings:
            self._failed[check] = findings

    async def capabilities(self) -> None:
        """Check 2: no capability at all, whatever its number."""
        found = (await self._board.get_device_capabilities()).device_capabilities
        self._ctx.measure("capabilities", capability_words(found))
        self._judge("capabilities", capability_findings(found, ()))

    async def os(self, images: Images, allowed: list[str], catalogue: Artifact | None) -> None:
        """Check 3: an allowed OS, by the board's word and by its images; no RF test server."""
        reported, by_images = await reported_os(self._board), None
        findings: list[Finding] = []
        if catalogue is not None:
            by_images, findings = images_by_catalogue(read_catalogue(catalogue), images, reported)
        version = version_of(self._board, reported, by_images)
        self._ctx.measure("os_version", version)
        if reported is not None or not findings:
            findings += os_findings(version, allowed_names(version, allowed))
        self._judge("os", findings + rf_test_findings(images))

    def images(self, images: Images, expected: dict[str, str]) -> None:
        """Check 4: exactly the expected applications, and nothing staged to become another."""
        self._ctx.measure("application_images", len(applications(images)))
        self._judge("images", image_findings(images, expected) + staged_findings(images))

    async def wifi(self) -> None:
        """Check 5: no Wi-Fi network. While Wi-Fi is off nobody knows, which is no pass."""
        try:
            networks = await self._board.list_wifi_networks()
        except Refusal as refusal:
            self._refused["Wi-Fi"] = refusal
            return
        self._ctx.measure("wifi_networks", len(networks.values))
        self._judge("Wi-Fi", wifi_findings(networks))

    def conclude(self) -> None:
        """Report all that is wrong in one message; FAIL outranks what could not be judged."""
        self._ctx.measure("checks_passed", _CHECKS - len(self._failed) - len(self._refused))
        findings = [finding for each in self._failed.values() for finding in each]
        if findings and self._refused:
            findings += [
                Finding(f"{check} could not be checked: {refusal.what}", refusal.remedy, "")
                for check, refusal in self._refused.items()
            ]
        refuse(findings)
        for refusal in self._refused.values():
            raise refusal


@step(
    "sphere.ready_check",
    summary="Makes all five checks that a board may be locked; none is skipped.",
    measures=(
        Measures("checks_passed", "How many of the five checks passed"),
        Measures("manufacturing_state", "State the board reports", kind="text"),
        Measures("capabilities", "Capabilities the board reports", kind="text"),
        Measures("os_version", "OS version of the board", kind="text"),
        Measures("application_images", "How many applications the board holds"),
        Measures("wifi_networks", "How many Wi-Fi networks are configured"),
    ),
    timeout_seconds=60,
)
async def ready_check(
    ctx: StepContext,
    board: SphereDevice,
    *,
    allowed_os: list[str],
    images: list[Artifact] | None = None,
    image_ids: list[str] | None = None,
    catalogue: Artifact | None = None,
) -> None:
    """Check state, capabilities, OS, applications and Wi-Fi; report all that is wrong together.

    The board must be in Module1Complete, the only state in which all five can be judged; in
    another one the step fails and says why. Images that are staged and were never installed fail
    the check of the applications. What the board refuses to tell is an ERROR unless something else
    is wrong with it as well.

    Args:
        allowed_os: OS versions that may pass.
        images: Image packages that must be installed, and nothing else.
        image_ids: Further image ids that must be installed.
        catalogue: The vendor's list of OS versions, as for sphere.expect_os.
    """
    require_versions(allowed_os)
    expected = expected_images(images, image_ids)
    state = await read_state(board)
    ctx.measure("manufacturing_state", state)
    _refuse_state(state)
    check = _ReadyCheck(ctx, board)
    await check.capabilities()
    found = await board.get_images()
    await check.os(found, allowed_os, catalogue)
    check.images(found, expected)
    await check.wifi()
    check.conclude()
