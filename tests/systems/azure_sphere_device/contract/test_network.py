"""Category Network: what is set is put back."""

from collections.abc import Callable

import pytest

from orchestrator.domain.errors import ErrorClass
from orchestrator.systems.azure_sphere_device.errors import DeviceRefusal
from tests.systems.azure_sphere_device.contract.target import Target

SERVICE_LINK, WIFI = "azspheresvc", "wlan0"
NETWORK_NOT_FOUND, INVALID_URI, WIFI_DISABLED = 13631491, 15728642, 13631506


@pytest.mark.operations("listNetworkInterfaces", "getNetworkInterface")
async def test_interfaces_are_listed_and_read_alike(target: Target) -> None:
    """The service link is one of them, up, and connected to nothing."""
    async with target.device() as device:
        listed = (await device.list_network_interfaces()).interfaces
        for interface in listed:
            read = await device.get_network_interface(interface.interfaceName)
            assert read.interfaceName == interface.interfaceName
    link = next(entry for entry in listed if entry.interfaceName == SERVICE_LINK)
    assert link.interfaceUp
    assert not link.connectedToNetwork


@pytest.mark.operations("getNetworkInterface", "setNetworkInterface")
async def test_unknown_interface_is_refused(target: Target) -> None:
    """Reading and switching what is not there are refused with different numbers."""
    async with target.device() as device:
        with pytest.raises(DeviceRefusal) as read:
            await device.get_network_interface("nosuch0")
        with pytest.raises(DeviceRefusal) as change:
            await device.set_network_interface("nosuch0", interface_up=True)
    assert (read.value.number, read.value.status) == (INVALID_URI, 404)
    assert change.value.kind is ErrorClass.INPUT


@pytest.mark.operations("setNetworkInterface", "listWifiNetworks", "listConnectionFailures")
async def test_wifi_that_is_down_tells_nothing(target: Target) -> None:
    """With wlan0 down the networks cannot be read; up again they can."""
    async with target.device() as device:

        async def is_up() -> bool:
            return (await device.get_network_interface(WIFI)).interfaceUp

        async def is_down() -> bool:
            return not await is_up()

        before = await is_up()
        await device.set_network_interface(WIFI, interface_up=False)
        try:
            await target.until(is_down)
            for ask in (device.list_wifi_networks, device.list_connection_failures):
                with pytest.raises(DeviceRefusal) as caught:
                    await ask()
                assert (caught.value.number, caught.value.status) == (WIFI_DISABLED, 500)
        finally:
            await device.set_network_interface(WIFI, interface_up=True)
            await target.until(is_up)
        await device.list_wifi_networks()
        if not before:
            await device.set_network_interface(WIFI, interface_up=False)


@pytest.mark.operations("configureProxy", "getNetworkProxy", "deleteNetworkProxy")
async def test_proxy_is_set_echoed_and_deleted(target: Target) -> None:
    """The echo has the password, reading has not; deleting twice is a success."""
    async with target.device() as device:
        if (await device.get_network_proxy()).is_set:
            pytest.skip("the board has a proxy setting that must not be lost")
        echo = await device.configure_proxy(
            enabled=False,
            address="proxy.example",
            port=3128,
            no_proxy_addresses=["10.0.0.1"],
            authentication_type="basic",
            username="line",
            password="pass-of-the-proxy",
        )
        read = await device.get_network_proxy()
        await device.delete_network_proxy()
        await device.delete_network_proxy()
        assert not (await device.get_network_proxy()).is_set
    assert "pass-of" not in repr(echo)
    assert echo.address == read.address == "proxy.example"
    assert read.password is None
    assert read.noProxyAddresses == ["10.0.0.1"]


@pytest.mark.operations("configureProxy", "deleteNetworkProxy")
async def test_anonymous_proxy_has_no_credentials(target: Target) -> None:
    """Without credentials none are echoed."""
    async with target.device() as device:
        if (await device.get_network_proxy()).is_set:
            pytest.skip("the board has a proxy setting that must not be lost")
        echo = await device.configure_proxy(enabled=False, address="proxy.example", port=0)
        await device.delete_network_proxy()
    assert echo.authenticationType == "anonymous"
    assert echo.username is None


@pytest.mark.operations("getFirewallRulesets")
async def test_firewall_has_rules_at_known_places(target: Target) -> None:
    """Every rule set hangs on one hook; counters are whole numbers."""
    async with target.device() as device:
        rulesets = (await device.get_firewall_rulesets()).rulesets
    assert rulesets
    for ruleset in rulesets:
        assert all(rule.packets >= 0 <= rule.bytes for rule in ruleset.rules)


@pytest.mark.operations("getNetworkStatus")
async def test_network_status_is_open(target: Target) -> None:
    """The state of time, authentication and proxy is told to anybody."""
    async with target.device() as device:
        assert (await device.get_network_status()).networkTimeSync


@pytest.mark.operations("listConnectionFailures", "getConnectionFailure")
async def test_failures_are_listed_and_read_by_network(new_target: Callable[..., Target]) -> None:
    """What is listed can be read alone; a network without failure is refused."""
    target = new_target(wifi_networks=("out of reach",), wifi_connect_seconds=0.0)
    async with target.device() as device:
        failures = (await device.list_connection_failures()).values
        assert failures or not target.simulated
        for failure in failures:
            read = await device.get_connection_failure(failure.networkId)
            assert read.networkId == failure.networkId
        with pytest.raises(DeviceRefusal) as caught:
            await device.get_connection_failure(999_999)
    assert caught.value.status == 404
