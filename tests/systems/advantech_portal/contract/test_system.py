"""Categories Networking to ETP."""

import pytest
from pydantic import SecretStr

from orchestrator.domain.errors import LinkFault, OrchestratorError
from orchestrator.systems.advantech_portal import models
from orchestrator.systems.advantech_portal.client import AdvantechHost, HostEvent, StreamOpened
from orchestrator.systems.advantech_portal.endpoints import EVENTS
from orchestrator.systems.advantech_portal.errors import (
    AppliedWithErrors,
    PermissionMissing,
    supported,
)
from tests.systems.advantech_portal.contract.target import Target
from tests.systems.advantech_portal.contract.test_computer import told
from tests.systems.advantech_portal.hosts import ADDRESS
from tests.systems.advantech_portal.simulated import VIEWER, Bench


@pytest.mark.operations("listInterfaces", "streamInterfaces")
async def test_interfaces_as_call_and_as_events(target: Target) -> None:
    """The same ones both times, each with a number of its own."""
    async with target.client() as host:
        interfaces = await host.list_interfaces()
        event = await told(host.stream_interfaces())
    assert isinstance(event.value, models.NetInterfaces)
    assert [one.uuid for one in event.value.root] == [one.uuid for one in interfaces]
    assert len({one.ifIndex for one in interfaces}) == len(interfaces)


@pytest.mark.simulated
@pytest.mark.operations("setIpv4Config", "enableDhcp", "setRouteOrder", "listInterfaces")
async def test_addresses_are_applied(target: Target) -> None:
    """A fixed address comes and goes; an order of routes is taken; wrong ones are refused."""

    async def addresses() -> str:
        return " ".join((await host.list_interfaces())[1].addresses or [])

    async def is_fixed() -> bool:
        return ADDRESS.ipAddress in await addresses()

    async def is_free() -> bool:
        return not await is_fixed()

    async with target.client() as host:
        second = (await host.list_interfaces())[1]
        assert await host.set_ipv4_config(second.ifIndex, ADDRESS) == ADDRESS
        await target.until(is_fixed)
        await host.enable_dhcp(second.ifIndex)
        await target.until(is_free)
        await host.set_route_order([one.uuid for one in await host.list_interfaces()])
        with pytest.raises(AppliedWithErrors):
            await host.set_route_order(["{00000000-0000-0000-0000-000000000000}"])
        with pytest.raises(AppliedWithErrors):
            await host.enable_dhcp(9999)


@pytest.mark.operations("listWifiAdapters", "listWifiNetworks")
async def test_adapters_see_networks(target: Target) -> None:
    """Those that have one; an adapter that is not there is refused."""
    async with target.client() as host:
        for adapter in await host.list_wifi_adapters():
            for network in await host.list_wifi_networks(adapter.uuid):
                assert 0 <= network.signalQuality <= 100
        with pytest.raises(OrchestratorError):
            await host.list_wifi_networks("{00000000-0000-0000-0000-000000000000}")


@pytest.mark.simulated
@pytest.mark.operations("deleteWifiProfile", "listWifiAdapters")
async def test_a_forgotten_profile_is_gone(target: Target) -> None:
    """And cannot be forgotten twice."""
    async with target.client() as host:
        adapter = (await host.list_wifi_adapters())[0]
        name = adapter.profiles[0].name
        await host.delete_wifi_profile(adapter.uuid, name)
        assert name not in [one.name for one in (await host.list_wifi_adapters())[0].profiles]
        with pytest.raises(AppliedWithErrors):
            await host.delete_wifi_profile(adapter.uuid, name)


@pytest.mark.operations("listProcesses", "streamProcesses")
async def test_processes_as_call_and_as_events(target: Target) -> None:
    """There are some, and each has an id of its own."""
    async with target.client() as host:
        processes = await host.list_processes()
        event = await told(host.stream_processes())
    assert processes
    assert len({one.pid for one in processes}) == len(processes)
    assert isinstance(event.value, models.Processes)


@pytest.mark.simulated
@pytest.mark.operations("killProcess", "listProcesses")
async def test_a_killed_process_is_gone(target: Target) -> None:
    """And cannot be killed twice."""
    async with target.client() as host:
        pid = max(one.pid for one in await host.list_processes())
        await host.kill_process(pid)
        assert pid not in [one.pid for one in await host.list_processes()]
        with pytest.raises(AppliedWithErrors):
            await host.kill_process(pid)


@pytest.mark.simulated
@pytest.mark.operations("reboot", "shutdown")
async def test_the_host_goes_and_comes_back(target: Target) -> None:
    """After a restart with one boot more; after a shutdown not at all. Both need a permission."""
    assert target.bench is not None

    async def answers(host: AdvantechHost) -> bool:
        try:
            return bool(await host.get_host_info(fresh=True))
        except LinkFault:
            return False

    async def is_gone(host: AdvantechHost) -> bool:
        return not await answers(host)

    async with target.stranger(VIEWER) as host:
        for call in (host.reboot, host.shutdown):
            with pytest.raises(PermissionMissing):
                await call()
    async with target.client() as host:
        before = (await host.get_host_info()).bootCount or 0
        await host.reboot()
        await target.until(lambda: is_gone(host))
        await target.until(lambda: answers(host))
        assert (await host.get_host_info()).bootCount == before + 1
        await host.shutdown()
        await target.until(lambda: is_gone(host))
        target.bench.watch.seconds += 3600
        assert await is_gone(host)


@pytest.mark.operations("hasDisplaySwitch", "switchDisplay")
async def test_the_display_goes_off_and_on(target: Target) -> None:
    """Where it can be switched."""
    async with target.client() as host:
        if not await host.has_display_switch():
            pytest.skip("the host has no display that can be switched")
        await host.switch_display("off")
        await host.switch_display("on")


@pytest.mark.operations("createRemoteDesktop", "openRemoteDesktop")
async def test_a_prepared_desktop_speaks_vnc(target: Target) -> None:
    """RFC 6143 begins with the version of the protocol."""
    async with target.client() as host:
        prepared = await host.create_remote_desktop()
        async with await host.open_remote_desktop(prepared) as desktop:
            first = await desktop.receive(10)
    assert isinstance(first, bytes)
    assert first.startswith(b"RFB 003.")


@pytest.mark.operations("streamEvents")
async def test_all_events_come_in_one_stream(target: Target) -> None:
    """Of every name that the host has something to read of."""
    seen: set[str] = set()
    lacking: set[str] = set()
    wanted = {event.name for event in EVENTS if event.read is not None}
    async with target.client() as host, host.stream_events() as stream:
        async for news in stream:
            if isinstance(news, StreamOpened):
                lacking |= news.lacking
            elif isinstance(news, HostEvent) and not news.asked:
                seen.add(news.name)
            if seen >= wanted - lacking:
                break
    assert seen


@pytest.mark.operations("getEtpDeviceData")
async def test_the_vendors_data_do_not_change(target: Target) -> None:
    """Over any connection."""
    async with target.client() as host:
        kept = await target.there(host.get_etp_device_data())
        assert await host.get_etp_device_data(fresh=True) == kept


@pytest.mark.irreversible
@pytest.mark.operations("getEtpUserData", "setEtpUserData", "getEtpLock", "setEtpLock")
async def test_user_data_are_written_locked_and_kept(target: Target) -> None:
    """Both spaces come back as they were written; a locked area takes nothing."""
    password = SecretStr("Lock-1")
    async with target.client() as host:
        before = await target.there(host.get_etp_user_data())
        assert before.locked is False
        written = await host.set_etp_user_data("lot 7", "line ä")
        assert (await host.get_etp_user_data(fresh=True)).data == written
        assert (await host.set_etp_lock(True, password)).locked
        assert (await host.get_etp_lock()).locked
        with pytest.raises(AppliedWithErrors):
            await host.set_etp_user_data("other", "other")
        with pytest.raises(AppliedWithErrors):
            await host.set_etp_lock(False, SecretStr("wrong"))
        kept = await host.get_etp_user_data()
    assert (kept.locked, kept.data) == (True, written)


@pytest.mark.simulated
@pytest.mark.operations("getEtpDeviceData", "getEtpUserData", "getEtpLock")
async def test_a_host_without_etp_says_so(target: Target) -> None:
    """204 for the vendor's data, 404 with words for the rest: the same answer."""
    del target
    async with Bench(model="ARK-1124H-S6A1").client as host:
        assert await _absent(host)


async def _absent(host: AdvantechHost) -> bool:
    answers = [
        await supported(host.get_etp_device_data()),
        await supported(host.get_etp_user_data()),
        await supported(host.get_etp_lock()),
    ]
    return answers == [None, None, None]
