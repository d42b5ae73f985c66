"""Categories LED, Watchdog, Disk, Redundant Power, GPIO and Brightness."""

from orchestrator.systems.advantech_portal.simulator.call import Call
from orchestrator.systems.advantech_portal.simulator.host import SimulatedHost
from orchestrator.systems.advantech_portal.simulator.refusals import (
    BRIGHTNESS_INCOMPLETE,
    GPIO_INCOMPLETE,
    LED_INCOMPLETE,
    NO_BRIGHTNESS,
    NOT_AVAILABLE,
    WATCHDOG_INCOMPLETE,
    Refused,
)
from orchestrator.transport.serving import Reply


def _need(host: SimulatedHost, feature: str) -> None:
    if not host.spec.has(feature):
        raise Refused(NOT_AVAILABLE)


async def list_leds(host: SimulatedHost, call: Call) -> Reply:
    """Tell the levels of all LEDs."""
    _need(host, "led")
    return Reply(list(host.panel.leds))


async def get_led(host: SimulatedHost, call: Call) -> Reply:
    """Tell the level of an LED, as a bare boolean."""
    _need(host, "led")
    return Reply(host.panel.leds[host.panel.led(call.parameter("id"))])


async def set_led(host: SimulatedHost, call: Call) -> Reply:
    """Set an LED."""
    _need(host, "led")
    led = host.panel.led(call.parameter("id"))
    body = await call.members(LED_INCOMPLETE)
    host.panel.set_led(led, body["status"])
    return Reply()


async def get_watchdog(host: SimulatedHost, call: Call) -> Reply:
    """Tell the state of the watchdog."""
    _need(host, "watchdog")
    return Reply(host.watchdog.shown())


async def set_watchdog(host: SimulatedHost, call: Call) -> Reply:
    """Switch the watchdog."""
    _need(host, "watchdog")
    body = await call.members(WATCHDOG_INCOMPLETE)
    host.watchdog.arm(body["enabled"], body.get("seconds"), host.now())
    return Reply({"enabled": host.watchdog.enabled, "seconds": host.watchdog.seconds})


async def set_watchdog_timeout(host: SimulatedHost, call: Call) -> Reply:
    """Set the time of the watchdog."""
    _need(host, "watchdog")
    body = await call.members(WATCHDOG_INCOMPLETE)
    host.watchdog.set_seconds(body["seconds"], host.now())
    return Reply({"seconds": host.watchdog.seconds})


async def list_disks(host: SimulatedHost, call: Call) -> Reply:
    """List the disks."""
    _need(host, "disk")
    return Reply(host.disks.disks(host.now()))


async def list_partitions(host: SimulatedHost, call: Call) -> Reply:
    """List the partitions of all disks."""
    _need(host, "disk")
    return Reply(host.disks.partitions(host.now()))


async def get_redundant_power(host: SimulatedHost, call: Call) -> Reply:
    """Tell which power inputs have power."""
    _need(host, "redundant_power")
    return Reply(host.panel.power())


async def get_gpio_count(host: SimulatedHost, call: Call) -> Reply:
    """Tell how many pins there are: 0 where others say that there are none."""
    return Reply({"count": host.pins.count})


async def list_gpio_pins(host: SimulatedHost, call: Call) -> Reply:
    """Tell directions and levels of all pins."""
    _need(host, "gpio")
    return Reply([host.pins.pin(pin) for pin in range(host.pins.count)])


async def get_gpio_pin(host: SimulatedHost, call: Call) -> Reply:
    """Tell direction and level of a pin."""
    _need(host, "gpio")
    return Reply(host.pins.pin(host.pins.find(call.parameter("id"))))


async def get_gpio_direction(host: SimulatedHost, call: Call) -> Reply:
    """Tell the direction of a pin."""
    _need(host, "gpio")
    return Reply({"dir": host.pins.directions[host.pins.find(call.parameter("id"))]})


async def set_gpio_direction(host: SimulatedHost, call: Call) -> Reply:
    """Make a pin an input or an output."""
    _need(host, "gpio")
    pin = host.pins.find(call.parameter("id"))
    body = await call.members(GPIO_INCOMPLETE)
    host.pins.set_direction(pin, body["dir"])
    return Reply()


async def get_gpio_level(host: SimulatedHost, call: Call) -> Reply:
    """Tell the level of a pin."""
    _need(host, "gpio")
    return Reply({"level": host.pins.level(host.pins.find(call.parameter("id")))})


async def set_gpio_level(host: SimulatedHost, call: Call) -> Reply:
    """Set the level of an output."""
    _need(host, "gpio")
    pin = host.pins.find(call.parameter("id"))
    body = await call.members(GPIO_INCOMPLETE)
    host.pins.set_level(pin, body["level"])
    return Reply()


async def get_brightness(host: SimulatedHost, call: Call) -> Reply:
    """Tell the brightness and its limits."""
    if host.panel.limits is None:
        raise Refused(NO_BRIGHTNESS)
    low, high = host.panel.limits
    return Reply({"min": low, "max": high, "value": host.panel.brightness})


async def set_brightness(host: SimulatedHost, call: Call) -> Reply:
    """Dim the display."""
    if host.panel.limits is None:
        raise Refused(NO_BRIGHTNESS)
    body = await call.members(BRIGHTNESS_INCOMPLETE)
    host.panel.set_brightness(body["value"])
    return Reply()
