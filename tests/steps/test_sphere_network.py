"""Interfaces, readiness, firewall and proxy."""

from decimal import Decimal

import pytest

from orchestrator.domain.errors import Mismatch, NotSupported, StationMisuse
from orchestrator.engine.parameters import Secret
from orchestrator.systems.azure_sphere_device import models
from orchestrator.systems.azure_sphere_device.errors import DeviceRefusal
from orchestrator.systems.azure_sphere_device.simulator import (
    ProxySetting,
    RadioNetwork,
    SavedNetwork,
)

AT_ONCE = {"poll": Decimal(0)}
JOINED = {
    "wifi_networks": (SavedNetwork("Line", connected=True),),
    "radio": (RadioNetwork("Line"),),
}
PASSWORD = Secret("proxy_password", "canary-proxy-3b")


async def test_interfaces_as_expected(bench) -> None:
    """The answer is attached and counted."""
    it = bench(ethernet=True, **JOINED)
    measured = await it.run(
        "sphere.expect_interfaces",
        names=["wlan0", "eth0", "lo", "azspheresvc"],
        up=["wlan0", "azspheresvc"],
        connected=["wlan0"],
        internet=["wlan0"],
    )
    assert measured["interfaces"] == 4
    names = {each["interfaceName"] for each in it.ctx.read("interfaces.json")}
    assert names == {"wlan0", "eth0", "lo", "azspheresvc"}


async def test_all_that_is_wrong_with_interfaces_is_told_together(bench) -> None:
    """An interface that is not there is neither up nor down."""
    it = bench()
    with pytest.raises(Mismatch) as caught:
        await it.run(
            "sphere.expect_interfaces",
            names=["wlan0"],
            up=["eth0"],
            down=["eth0", "wlan0"],
            connected=["azspheresvc"],
        )
    for words in (
        "eth0 is not up",
        "eth0 is not down",
        "wlan0 is not down",
        "azspheresvc is not on a network",
        "has the network interfaces azspheresvc, lo, wlan0; it must have wlan0",
    ):
        assert words in caught.value.what
    assert "interfaces.json" in it.ctx.attached


async def test_an_interface_is_switched_and_waited_for(bench) -> None:
    """The answer comes before the change; the step ends after it."""
    it = bench(interface_change_seconds=2.0)
    measured = await it.run("sphere.set_interface", name="wlan0", up=False, **AT_ONCE)
    assert measured["was_up"] is True
    assert measured["change_seconds"] >= 2
    assert not it.board.network.is_up("wlan0")
    await it.run("sphere.expect_interfaces", down=["wlan0"])


async def test_an_interface_that_is_so_is_left_alone(bench) -> None:
    """Nothing is sent, in whatever letter case the address is written."""
    it = bench()
    address = it.board.network.get("wlan0").hardware_address.upper()
    await it.run("sphere.set_interface", name="wlan0", up=True, hardware_address=address)
    assert it.board.requests["set_network_interface"] == 0


async def test_a_hardware_address_is_given(bench) -> None:
    """It is measured as the board says it afterwards."""
    it = bench()
    measured = await it.run(
        "sphere.set_interface", name="wlan0", hardware_address="02:AA:BB:CC:DD:EE"
    )
    assert measured["hardware_address"] == "02:aa:bb:cc:dd:ee"


async def test_an_interface_that_does_not_change_fails(bench) -> None:
    """What it is instead stands in the sentence."""
    it = bench(interface_change_seconds=1e6)
    it.clock.step = 0.5
    with pytest.raises(Mismatch, match="wlan0 did not change within 5 s; it is up with"):
        await it.run("sphere.set_interface", name="wlan0", up=False, **AT_ONCE)


async def test_what_may_not_be_changed_is_an_error(bench) -> None:
    """An unknown interface, the service link, an old board, and an order without content."""
    it = bench()
    for name in ("wlan9", "azspheresvc"):
        with pytest.raises(DeviceRefusal):
            await it.run("sphere.set_interface", name=name, up=False)
    with pytest.raises(StationMisuse, match="changes nothing"):
        await it.run("sphere.set_interface", name="wlan0")
    old = bench(os_version="21.08")
    with pytest.raises(NotSupported):
        await old.run("sphere.set_interface", name="wlan0", up=False)


async def test_network_status_is_waited_for(bench) -> None:
    """What is not named is only measured."""
    measured = await bench(**JOINED).run(
        "sphere.expect_network_status", authentication_ready=True, time_sync="complete"
    )
    assert measured == {
        "authentication_ready": True,
        "time_sync": "complete",
        "proxy_state": "disabled",
    }
    it = bench()
    it.clock.step = 0.5
    with pytest.raises(Mismatch) as caught:
        await it.run(
            "sphere.expect_network_status",
            time_sync="complete",
            proxy="ready",
            within=Decimal(20),
            **AT_ONCE,
        )
    assert "proxy disabled; it must be ready" in caught.value.what
    assert it.board.requests["get_network_status"] > 3


async def test_network_status_is_never_locked(bench) -> None:
    """A finished board answers as well."""
    it = bench(manufacturing_state="DeviceComplete")
    assert "time_sync" in await it.run("sphere.expect_network_status")


async def test_firewall_counters_arrive_whole(bench) -> None:
    """They are texts in the measurements and in the file, to the last digit of 64 bits."""
    it = bench()
    measured = await it.run("sphere.expect_firewall", hooks=["INPUT", "OUTPUT"])
    assert measured["rules"] == 2
    assert measured["packets"] == str(2**63 + 4)
    assert measured["bytes"] == str(2**64 - 1 + 249)
    output = it.ctx.read("firewall.json")[3]["rules"][0]
    assert (output["packets"], output["bytes"]) == (str(2**63 + 1), str(2**64 - 1))


async def test_a_firewall_with_gaps_fails(bench) -> None:
    """A named place without a rule, and rules that are not valid."""
    it = bench()
    before = it.board.network.firewall
    it.board.network.firewall = tuple(
        each.model_copy(update={"isValid": False}) if each.hook == "INPUT" else each
        for each in before
    )
    with pytest.raises(Mismatch) as caught:
        await it.run("sphere.expect_firewall", hooks=["FORWARD"])
    assert caught.value.code == "FIREWALL_INVALID FIREWALL_OPEN"


async def test_a_proxy_is_set_and_read_back(bench) -> None:
    """The password's fingerprint is measured, the echo is not used."""
    it = bench()
    measured = await it.run(
        "sphere.set_proxy",
        address="proxy.example",
        direct=["10.0.0.1"],
        username="line",
        password=PASSWORD,
    )
    assert measured["proxy"] == "proxy.example:8080"
    assert len(measured["password_fingerprint"]) == 12
    assert it.board.network.proxy.password == PASSWORD.reveal()
    same = {"address": "proxy.example", "direct": ["10.0.0.1"], "username": "line"}
    await it.run("sphere.expect_proxy", **same)
    with pytest.raises(Mismatch, match="differs in noProxyAddresses"):
        await it.run("sphere.expect_proxy", address="proxy.example", username="line")
    with pytest.raises(Mismatch, match="must have none"):
        await it.run("sphere.expect_proxy")


async def test_a_proxy_that_is_not_taken_fails(bench) -> None:
    """The board is asked after it has said yes, and its echo says yes."""
    it = bench()
    it.board.network.set_proxy = lambda _setting: None
    with pytest.raises(Mismatch, match=r"proxy is none; it must be p:81 \(disabled\)"):
        await it.run("sphere.set_proxy", address="p", port=81, enabled=False)


@pytest.mark.parametrize("given", [{"username": "line"}, {"password": PASSWORD}])
async def test_half_of_the_credentials_is_the_recipes_fault(bench, given) -> None:
    """Nothing is sent, and the password stays unseen."""
    it = bench()
    with pytest.raises(StationMisuse) as caught:
        await it.run("sphere.set_proxy", address="p", **given)
    assert "canary" not in f"{caught.value}{caught.value!r}"
    assert it.board.requests["configure_proxy"] == 0


async def test_a_proxy_is_removed(bench) -> None:
    """What was there is measured; a board without one passes as well."""
    it = bench(proxy=ProxySetting("p", enabled=False))
    assert await it.run("sphere.clear_proxy") == {"was": "p:8080 (disabled)"}
    assert await it.run("sphere.clear_proxy") == {"was": "none"}
    assert await it.run("sphere.expect_proxy") == {"proxy": "none"}


async def test_a_proxy_that_stays_fails(bench) -> None:
    """Success is answered in any case, so the board is asked again."""
    it = bench(proxy=ProxySetting("p"))
    it.board.network.delete_proxy = lambda: True
    with pytest.raises(Mismatch, match="has the proxy p:8080"):
        await it.run("sphere.clear_proxy")


def test_no_proxy_is_an_empty_answer() -> None:
    """The model that the steps judge says so."""
    assert not models.NetworkProxy().is_set
