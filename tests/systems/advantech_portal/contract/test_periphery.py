"""Categories LED to Brightness: what is set is read back, and put as it was."""

import pytest

from orchestrator.systems.advantech_portal import models
from orchestrator.systems.advantech_portal.errors import (
    AppliedWithErrors,
    NotSupportedHere,
    RequestInvalid,
)
from tests.systems.advantech_portal.contract.target import Target
from tests.systems.advantech_portal.contract.test_computer import told
from tests.systems.advantech_portal.simulated import Bench


@pytest.mark.operations("listLeds", "getLed", "setLed")
async def test_leds_keep_what_they_are_told(target: Target) -> None:
    """One by one and in the list; there is no LED behind the last."""
    async with target.client() as host:
        before = await target.there(host.list_leds())
        await host.set_led(0, not before[0])
        assert await host.get_led(0) is not before[0]
        assert list(await host.list_leds()) == [not before[0], *before[1:]]
        await host.set_led(0, before[0])
        with pytest.raises(RequestInvalid):
            await host.get_led(len(before))


@pytest.mark.operations("getWatchdog", "setWatchdog", "setWatchdogTimeout")
async def test_the_watchdog_takes_times_within_its_limits(target: Target) -> None:
    """Set with and without switching it; beyond its limits it refuses."""
    async with target.client() as host:
        before = await target.there(host.get_watchdog())
        least, most = before.timeoutMinInSeconds, before.timeoutMaxInSeconds
        assert (await host.set_watchdog_timeout(most)).seconds == most
        assert (await host.get_watchdog()).timeoutInSeconds == most
        state = await host.set_watchdog(before.enabled, before.timeoutInSeconds)
        assert (state.enabled, state.seconds) == (before.enabled, before.timeoutInSeconds)
        for beyond in (least - 1, most + 1):
            with pytest.raises(AppliedWithErrors):
                await host.set_watchdog_timeout(beyond)
        assert (await host.get_watchdog()) == before


@pytest.mark.operations("listDisks", "listPartitions", "streamDisks")
async def test_disks_have_the_partitions_that_are_listed(target: Target) -> None:
    """Together and alone; as events too."""
    async with target.client() as host:
        disks = await target.there(host.list_disks())
        mounted = {part.mountPoint for disk in disks for part in disk.partitions}
        assert mounted == {part.mountPoint for part in await host.list_partitions()}
        event = await told(host.stream_disks())
    assert isinstance(event.value, models.Disks)
    assert [disk.name for disk in event.value.root] == [disk.name for disk in disks]


@pytest.mark.operations("getRedundantPower", "streamRedundantPower")
async def test_power_inputs_as_call_and_as_events(target: Target) -> None:
    """The same state both times; the host runs, so one input has power."""
    async with target.client() as host:
        power = await target.there(host.get_redundant_power())
        assert power.vin1State or power.vin2State
        assert (await told(host.stream_redundant_power())).value == power


@pytest.mark.operations("getGpioCount", "listGpioPins", "getGpioPin", "getGpioDirection")
async def test_pins_are_the_same_in_all_calls(target: Target) -> None:
    """As many as are counted; there is none behind the last."""
    async with target.client() as host:
        pins = await target.there(host.list_gpio_pins())
        assert len(pins) == await host.get_gpio_count()
        for pin in pins:
            assert (await host.get_gpio_pin(pin.pin)).dir == pin.dir
            assert await host.get_gpio_direction(pin.pin) == pin.dir
        with pytest.raises(RequestInvalid):
            await host.get_gpio_pin(len(pins))


@pytest.mark.simulated
@pytest.mark.operations("setGpioDirection", "setGpioLevel", "getGpioLevel")
async def test_an_output_keeps_its_level(target: Target) -> None:
    """High and low; what stands at an input is not ours to set."""
    async with target.client() as host:
        await host.set_gpio_direction(0, 0)
        levels: tuple[models.Level, ...] = (1, 0)
        for level in levels:
            await host.set_gpio_level(0, level)
            assert await host.get_gpio_level(0) == level
        await host.set_gpio_direction(0, 1)
        with pytest.raises(AppliedWithErrors):
            await host.set_gpio_level(0, 1)


@pytest.mark.operations("getBrightness", "setBrightness")
async def test_brightness_stays_within_its_limits(target: Target) -> None:
    """Set, read back, refused beyond, and put as it was."""
    async with target.client() as host:
        before = await target.there(host.get_brightness())
        await host.set_brightness(before.min)
        assert (await host.get_brightness()).value == before.min
        with pytest.raises(AppliedWithErrors):
            await host.set_brightness(before.max + 1)
        await host.set_brightness(before.value)


@pytest.mark.simulated
@pytest.mark.operations(
    "listLeds", "getWatchdog", "listDisks", "getRedundantPower", "listGpioPins", "getBrightness"
)
async def test_a_host_without_these_says_so(target: Target) -> None:
    """Not supported is an answer, the same for all of them."""
    del target
    async with Bench(model="ARK-1124H-S6A1").client as host:
        for call in (
            host.list_leds,
            host.get_watchdog,
            host.list_disks,
            host.get_redundant_power,
            host.list_gpio_pins,
            host.get_brightness,
        ):
            with pytest.raises(NotSupportedHere):
                await call()
        assert await host.get_gpio_count() == 0
