"""The network settings of an Azure Sphere board."""

from orchestrator.engine.step import Measures, StepContext, step
from orchestrator.steps.findings import refuse, wifi_findings
from orchestrator.systems.azure_sphere_device.client import SphereDevice


@step(
    "sphere.expect_no_wifi_networks",
    summary="Checks that the board remembers no Wi-Fi network.",
    measures=(Measures("wifi_networks", "How many Wi-Fi networks are configured"),),
)
async def expect_no_wifi_networks(ctx: StepContext, board: SphereDevice) -> None:
    """Fail a board on which a Wi-Fi network is configured, whether enabled or not.

    While the board's Wi-Fi is switched off the list cannot be read (13.18): that is an ERROR,
    since nobody knows, and never a PASS.
    """
    networks = await board.list_wifi_networks()
    ctx.measure("wifi_networks", len(networks.values))
    refuse(wifi_findings(networks))
