"""The Wi-Fi radio of an Azure Sphere board: what it sees, what it says of itself, how it saves."""

from decimal import Decimal
from typing import Literal

from orchestrator.domain.errors import Mismatch
from orchestrator.engine.step import Duration, Measures, StepContext, step
from orchestrator.steps.attachments import attach_json
from orchestrator.steps.findings import Finding, refuse
from orchestrator.steps.waiting import POLL, Patience, until
from orchestrator.systems.azure_sphere_device.client import SphereDevice
from orchestrator.systems.azure_sphere_device.models import (
    WifiConnectionState,
    WifiInSight,
    WifiInterface,
)

_SCAN_WITHIN = Duration(Decimal(15))
_SCAN_POLL = Duration(Decimal(1))
_CHANGE_WITHIN = Duration(Decimal(5))


def _strongest(seen: list[WifiInSight], ssid: str | None) -> WifiInSight | None:
    """Return the access point that arrives strongest, of those that carry `ssid`."""
    carrying = [each for each in seen if ssid is None or each.ssid == ssid]
    return max(carrying, key=lambda each: each.signal_level, default=None)


@step(
    "sphere.scan_wifi",
    summary="Looks for Wi-Fi networks and measures how strongly one arrives.",
    measures=(
        Measures("signal_level", "Signal of the strongest access point", uom="dBm"),
        Measures("networks_seen", "How many access points the board sees"),
        Measures("bssid", "Hardware address of that access point", kind="text"),
        Measures("frequency", "Frequency of that access point", uom="MHz"),
    ),
    timeout_seconds=60,
)
async def scan_wifi(
    ctx: StepContext,
    board: SphereDevice,
    *,
    ssid: str | None = None,
    within: Duration = _SCAN_WITHIN,
    poll: Duration = _SCAN_POLL,
) -> None:
    """Scan until the network is in sight; keep the last scan as a file.

    Of several access points with the name the strongest counts. A board that does not see it in
    time is FAIL. Networks that do not tell their name are counted and cannot be asked for.

    Args:
        ssid: Name of the network to measure; without it, the strongest of all.
        within: How long to look for it.
        poll: How long to wait before looking again.
    """
    seen: list[WifiInSight] = []

    async def in_sight() -> bool:
        nonlocal seen
        seen = (await board.get_wifi_scan()).values
        return _strongest(seen, ssid) is not None

    await until(in_sight, ctx.clock, Patience(within, poll))
    attach_json(ctx, "wifi-scan.json", [each.model_dump(mode="json") for each in seen])
    ctx.measure("networks_seen", len(seen))
    best = _strongest(seen, ssid)
    if best is None:
        wanted = f"the Wi-Fi network {ssid}" if ssid is not None else "any Wi-Fi network"
        raise Mismatch(
            f"The board does not see {wanted}; it sees {len(seen)} access points",
            remedy="Check the antenna and that the access point is on",
            code="WIFI_NOT_SEEN",
        )
    ctx.measure("signal_level", best.signal_level)
    ctx.measure("bssid", best.bssid)
    ctx.measure("frequency", best.freq)


def _interface_findings(found: WifiInterface, expected: dict[str, str | None]) -> list[Finding]:
    """Compare members of the interface with what the recipe asks for."""
    return [
        Finding(
            f"The board's Wi-Fi says {member} {getattr(found, member) or 'nothing'};"
            f" it must be {value}",
            "Run the board again; set it aside if it stays so",
            "WIFI_INTERFACE",
        )
        for member, value in expected.items()
        if value is not None and getattr(found, member) != value
    ]


@step(
    "sphere.expect_wifi_interface",
    summary="Reads the state of the board's Wi-Fi and compares what the recipe names.",
    measures=(
        Measures("hardware_address", "Hardware address of the Wi-Fi", kind="text"),
        Measures("wpa_state", "State of the connection, empty if unsaid", kind="text"),
        Measures("ssid", "Network it is on, empty without one", kind="text"),
        Measures("ip_address", "Address it has, empty without one", kind="text"),
        Measures("power_saving", "State of power saving, empty if unsaid", kind="text"),
    ),
)
async def expect_wifi_interface(
    ctx: StepContext,
    board: SphereDevice,
    *,
    ssid: str | None = None,
    connection: WifiConnectionState | None = None,
    wpa_state: str | None = None,
    power_saving: Literal["unknown", "enabled", "disabled"] | None = None,
) -> None:
    """Compare the named members; all that differ are reported together.

    Boards whose interface is older than 4.6.0 say nothing of power saving.

    Args:
        ssid: Name of the network that the board must be on.
        connection: State of its connection.
        wpa_state: State of its key exchange, for instance `COMPLETED`.
        power_saving: State of its power saving.
    """
    found = await board.get_wifi_interface_state()
    ctx.measure("hardware_address", found.address or "")
    ctx.measure("wpa_state", found.wpa_state or "")
    ctx.measure("ssid", found.ssid or "")
    ctx.measure("ip_address", found.ip_address or "")
    ctx.measure("power_saving", found.powerSavingsState or "")
    expected = {
        "ssid": ssid,
        "connectionState": connection,
        "wpa_state": wpa_state,
        "powerSavingsState": power_saving,
    }
    refuse(_interface_findings(found, expected))


@step(
    "sphere.set_wifi_power_saving",
    summary="Switches the power saving of the board's Wi-Fi and waits until it is so.",
    measures=(Measures("was", "State of power saving before", kind="text"),),
)
async def set_wifi_power_saving(
    ctx: StepContext,
    board: SphereDevice,
    *,
    enabled: bool,
    within: Duration = _CHANGE_WITHIN,
    poll: Duration = POLL,
) -> None:
    """Switch power saving on or off and see that the board says so.

    Boards whose interface is older than 4.6.0 would ignore it without a word; for them this is an
    ERROR.

    Args:
        enabled: Whether to save power.
        within: How long the change may take.
        poll: How long to wait before asking again.
    """
    wanted = "enabled" if enabled else "disabled"
    found = (await board.get_wifi_interface_state()).powerSavingsState or ""
    ctx.measure("was", found)
    await board.change_wifi_interface_state(enable_power_savings=enabled)

    async def taken() -> bool:
        nonlocal found
        found = (await board.get_wifi_interface_state()).powerSavingsState or ""
        return found == wanted

    if not await until(taken, ctx.clock, Patience(within, poll)):
        raise Mismatch(
            f"The board accepted power saving {wanted} and still says {found or 'nothing'}",
            remedy="Set the board aside for the engineer",
            code="POWER_SAVING",
        )
