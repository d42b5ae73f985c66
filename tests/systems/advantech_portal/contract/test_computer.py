"""Categories H/W Monitor to Terminal."""

import base64

import pytest

from orchestrator.systems.advantech_portal.client import HostEvent, HostStream
from orchestrator.systems.advantech_portal.errors import AppliedWithErrors
from tests.systems.advantech_portal.contract.target import Target

PNG = b"\x89PNG\r\n\x1a\n"


async def told(stream: HostStream) -> HostEvent:
    """Return the first value that a stream brings by itself."""
    async with stream:
        async for news in stream:
            if isinstance(news, HostEvent) and not news.asked:
                return news
    raise AssertionError("the stream ended")


@pytest.mark.operations(
    "getHwMonitor", "getTemperatures", "getVoltages", "getCurrents", "getFanSpeeds"
)
async def test_sensors_are_the_same_in_all_calls(target: Target) -> None:
    """The collective answer names the same sensors as the single ones; values are numbers."""
    async with target.client() as host:
        together = await target.there(host.get_hw_monitor())
        groups = {
            "temperature": host.get_temperatures,
            "voltage": host.get_voltages,
            "current": host.get_currents,
            "fanspeed": host.get_fan_speeds,
        }
        for name, call in groups.items():
            listed = getattr(together, name)
            if listed is None:
                continue
            single = await call()
            assert [one.name.lower() for one in single] == [one.name.lower() for one in listed]
            assert all(isinstance(one.number, float) for one in (*single, *listed))


@pytest.mark.operations("streamHwMonitor")
async def test_sensors_as_events(target: Target) -> None:
    """The stream brings what the call answers."""
    async with target.client() as host:
        await target.there(host.get_hw_monitor())
        assert (await told(host.stream_hw_monitor())).value


@pytest.mark.operations(
    "platformPing", "platformAgentInfo", "portalPing", "portalAgentInfo", "irtmPing"
)
async def test_servers_live_and_have_versions(target: Target) -> None:
    """Without an account."""
    async with target.stranger(None) as host:
        for ping in (host.platform_ping, host.portal_ping, host.irtm_ping):
            assert await ping() == "pong"
        await host.platform_agent_info()
        await host.portal_agent_info()
        assert host.versions.keys() == {"rest-server", "portal-service"}


@pytest.mark.operations("getHostInfo")
async def test_the_host_is_the_same_over_any_connection(target: Target) -> None:
    """A kept and a fresh connection lead to the same computer."""
    async with target.client() as host:
        kept = await host.get_host_info()
        fresh = await host.get_host_info(fresh=True)
    assert (kept.hostid, kept.hostname) == (fresh.hostid, fresh.hostname)


@pytest.mark.operations("getDisplayCount", "getScreenshot", "getScreenshotFile")
async def test_pictures_of_the_display(target: Target) -> None:
    """In base64 and as a file: a picture both times."""
    async with target.client() as host:
        if not await host.get_display_count():
            pytest.skip("the host has no display")
        shown = await host.get_screenshot(0)
        picture = await host.get_screenshot_file(0)
        with pytest.raises(AppliedWithErrors):
            await host.get_screenshot(99)
    assert shown.mediaType == "image/png"
    assert base64.b64decode(shown.data, validate=True).startswith(PNG)
    assert picture.startswith(PNG)


@pytest.mark.operations("getSystemPerf", "getCpu", "getMemory")
async def test_performance_is_the_same_in_all_calls(target: Target) -> None:
    """The same processor and memory, together and alone."""
    async with target.client() as host:
        together = await host.get_system_perf()
        assert (await host.get_cpu()).info == together.cpu.info
        assert (await host.get_memory()).total == together.memory.total
    assert all(0 <= usage <= 100 for usage in together.cpu.usage)


@pytest.mark.operations("listHwDevices")
async def test_devices_have_a_class_and_a_path(target: Target) -> None:
    """And there are some."""
    async with target.client() as host:
        devices = await host.list_hw_devices()
    assert devices
    assert all(one.class_ and one.instancePath for one in devices)


@pytest.mark.operations("listServices", "getService")
async def test_a_service_of_the_list_can_be_asked_for(target: Target) -> None:
    """By its name; one that is not there is refused."""
    async with target.client() as host:
        service = (await host.list_services())[0]
        assert (await host.get_service(service.name)).status in {
            "running",
            "stopped",
            "disabled",
            "unknown",
        }
        with pytest.raises(AppliedWithErrors):
            await host.get_service("no-such-service")


@pytest.mark.simulated
@pytest.mark.operations("controlService", "getService")
async def test_a_service_stops_and_starts(target: Target) -> None:
    """And is what it was told to be."""
    async with target.client() as host:
        name = next(one.name for one in await host.list_services() if one.status == "running")

        async def stands(status: str) -> bool:
            return (await host.get_service(name)).status == status

        await host.control_service(name, "stop")
        await target.until(lambda: stands("stopped"))
        await host.control_service(name, "start")
        await target.until(lambda: stands("running"))
        await host.control_service(name, "restart")
        await target.until(lambda: stands("running"))


@pytest.mark.operations("getTerminalInfo", "openTerminal")
async def test_a_shell_answers(target: Target) -> None:
    """It prints what it is told to."""
    async with target.client() as host:
        assert (await host.get_terminal_info()).os in {"windows", "linux"}
        async with await host.open_terminal() as terminal:
            await terminal.send("echo orchestrator\n")
            assert await terminal.read_until(b"echo orchestrator", 10)
            assert await terminal.read_until(b"orchestrator", 10)
