"""Category Wi-Fi: networks that nobody hears, added by the tests and removed by them."""

import pytest

from orchestrator.systems.azure_sphere_device.errors import DeviceRefusal
from tests.systems.azure_sphere_device.contract.target import Target

SSID = "orchestrator-contract-test"
UNKNOWN_NETWORK = 999_999
NETWORK_NOT_FOUND = 13631491


@pytest.mark.operations(
    "addWifiNetwork",
    "listWifiNetworks",
    "getWifiNetwork",
    "changeWifiNetwork",
    "removeWifiNetwork",
)
async def test_network_is_added_changed_and_removed(target: Target) -> None:
    """It gets an id, is listed without its key, can be switched off, and goes."""
    async with target.device() as device:
        added = await device.add_wifi_network(
            SSID,
            security_state="psk",
            psk="psk-of-the-line",
            config_state="disabled",
            config_name="contract",
            targeted_scan=True,
        )
        try:
            listed = {network.id: network for network in (await device.list_wifi_networks()).values}
            read = await device.get_wifi_network(added.id)
            enabled = await device.change_wifi_network(added.id, config_state="enabled")
            disabled = await device.change_wifi_network(
                added.id, config_state="disabled", psk="another-key"
            )
        finally:
            await device.remove_wifi_network(added.id)
        left = {network.id for network in (await device.list_wifi_networks()).values}
    assert (added.ssid, added.configName, added.targetedScan) == (SSID, "contract", True)
    assert listed[added.id].securityState == read.securityState == "psk"
    # The connection of the first answer is unknown, later it is told; they never have to agree.
    assert added.connectionState in {"unknown", "disconnected"}
    assert (enabled.configState, disabled.configState) == ("enabled", "disabled")
    assert added.id not in left
    assert "psk-of" not in f"{added}{read}{enabled}{disabled}"


@pytest.mark.operations("addWifiNetwork", "removeWifiNetwork")
async def test_open_network_needs_no_more_than_its_name(target: Target) -> None:
    """Without a configuration name none is answered."""
    async with target.device() as device:
        added = await device.add_wifi_network(SSID, security_state="open")
        await device.remove_wifi_network(added.id)
    assert added.securityState == "open"
    assert added.configName is None


@pytest.mark.operations("getWifiNetwork", "changeWifiNetwork", "removeWifiNetwork")
async def test_unknown_network_is_refused(target: Target) -> None:
    """Reading, changing and removing what is not configured are refused alike."""
    async with target.device() as device:
        for ask in (
            lambda: device.get_wifi_network(UNKNOWN_NETWORK),
            lambda: device.change_wifi_network(UNKNOWN_NETWORK, config_state="disabled"),
            lambda: device.remove_wifi_network(UNKNOWN_NETWORK),
        ):
            with pytest.raises(DeviceRefusal) as caught:
                await ask()
            assert (caught.value.number, caught.value.status) == (NETWORK_NOT_FOUND, 404)


@pytest.mark.operations("getWifiInterfaceState", "changeWifiInterfaceState")
async def test_interface_tells_its_state_and_reloads(target: Target) -> None:
    """Reading the configuration anew is a success on every board."""
    async with target.device() as device:
        await device.get_wifi_interface_state()
        await device.change_wifi_interface_state(reload_config=True)


@pytest.mark.operations("changeWifiInterfaceState", "getWifiInterfaceState")
async def test_power_saving_is_switched_on_boards_that_know_it(target: Target) -> None:
    """Since 4.6.0 the interface tells whether power is saved; it is put back afterwards."""
    async with target.device() as device:
        version = await device.get_device_rest_api_version()
        if tuple(map(int, version.split("."))) < (4, 6, 0):
            pytest.skip(f"this board answers {version}")
        before = (await device.get_wifi_interface_state()).powerSavingsState
        for wish, state in ((True, "enabled"), (False, "disabled")):
            await device.change_wifi_interface_state(enable_power_savings=wish)

            async def switched(state: str = state) -> bool:
                return (await device.get_wifi_interface_state()).powerSavingsState == state

            await target.until(switched)
        if before == "enabled":
            await device.change_wifi_interface_state(enable_power_savings=True)


@pytest.mark.operations("getWifiScan")
async def test_scan_tells_what_is_in_sight(target: Target) -> None:
    """Signal levels are in dBm, so below nought; hidden networks are known as such."""
    async with target.device() as device:
        seen = (await device.get_wifi_scan()).values
    for network in seen:
        assert network.signal_level < 0
        assert network.is_hidden or network.ssid
