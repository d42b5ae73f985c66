"""Categories LED to Brightness: what is built into the computer."""

from collections.abc import Sequence

from orchestrator.systems.advantech_portal import checks, endpoints, models
from orchestrator.systems.advantech_portal.client.streams import HostStream, StreamCalls


class PeripheryCalls(StreamCalls):
    """LEDs, watchdog, disks, power inputs, GPIO and brightness."""

    async def list_leds(self) -> Sequence[bool]:
        """Return the level of each LED, by its number."""
        answer: models.LedLevels = await self._call(endpoints.LIST_LEDS)
        return answer.root

    async def get_led(self, led: int) -> bool:
        """Return the level of one LED: True is high."""
        answer: models.LedLevel = await self._call(
            endpoints.GET_LED, path={"id": checks.index(led, "LED")}
        )
        return answer.root

    async def set_led(self, led: int, high: bool) -> None:
        """Set one LED."""
        path = {"id": checks.index(led, "LED")}
        await self._done(endpoints.SET_LED, path=path, body=models.LedStatus(status=high))

    async def get_watchdog(self) -> models.Watchdog:
        """Return the state of the watchdog and the limits of its time."""
        answer: models.Watchdog = await self._call(endpoints.GET_WATCHDOG)
        return answer

    async def set_watchdog(self, enabled: bool, seconds: int | None = None) -> models.WatchdogState:
        """Switch the watchdog, and set its time when `seconds` is given."""
        time = None if seconds is None else checks.seconds(seconds)
        answer: models.WatchdogState = await self._call(
            endpoints.SET_WATCHDOG, body=models.WatchdogSet(enabled=enabled, seconds=time)
        )
        return answer

    async def set_watchdog_timeout(self, seconds: int) -> models.WatchdogTimeout:
        """Set the time of the watchdog."""
        body = models.WatchdogTimeout(seconds=checks.seconds(seconds))
        answer: models.WatchdogTimeout = await self._call(endpoints.SET_WATCHDOG_TIMEOUT, body=body)
        return answer

    async def list_disks(self) -> Sequence[models.Disk]:
        """Return all disks with partitions and S.M.A.R.T. values."""
        answer: models.Disks = await self._call(endpoints.LIST_DISKS)
        return answer.root

    def stream_disks(self) -> HostStream:
        """Return the disks as events."""
        return self._single(endpoints.STREAM_DISKS)

    async def list_partitions(self) -> Sequence[models.Partition]:
        """Return the partitions of all disks."""
        answer: models.Partitions = await self._call(endpoints.LIST_PARTITIONS)
        return answer.root

    async def get_redundant_power(self) -> models.PowerInputs:
        """Return which power inputs have power."""
        answer: models.PowerInputs = await self._call(endpoints.GET_REDUNDANT_POWER)
        return answer

    def stream_redundant_power(self) -> HostStream:
        """Return the state of the power inputs as events."""
        return self._single(endpoints.STREAM_REDUNDANT_POWER)

    async def get_gpio_count(self) -> int:
        """Return how many pins there are, 0 for a host without GPIO."""
        answer: models.GpioCount = await self._call(endpoints.GET_GPIO_COUNT)
        return answer.count

    async def list_gpio_pins(self) -> Sequence[models.GpioPin]:
        """Return all pins."""
        answer: models.GpioPins = await self._call(endpoints.LIST_GPIO_PINS)
        return answer.root

    async def get_gpio_pin(self, pin: int) -> models.GpioPin:
        """Return direction and level of one pin."""
        answer: models.GpioPin = await self._call(
            endpoints.GET_GPIO_PIN, path={"id": checks.index(pin, "pin")}
        )
        return answer

    async def get_gpio_direction(self, pin: int) -> models.Direction:
        """Return the direction of a pin: 0 is an output, 1 an input."""
        answer: models.GpioDir = await self._call(
            endpoints.GET_GPIO_DIRECTION, path={"id": checks.index(pin, "pin")}
        )
        return answer.dir

    async def set_gpio_direction(self, pin: int, direction: models.Direction) -> None:
        """Make a pin an output (0) or an input (1)."""
        await self._done(
            endpoints.SET_GPIO_DIRECTION,
            path={"id": checks.index(pin, "pin")},
            body=models.GpioDir(dir=checks.level(direction, "direction")),
        )

    async def get_gpio_level(self, pin: int) -> models.Level:
        """Return the level of a pin: 0 is low, 1 is high."""
        answer: models.GpioLev = await self._call(
            endpoints.GET_GPIO_LEVEL, path={"id": checks.index(pin, "pin")}
        )
        return answer.level

    async def set_gpio_level(self, pin: int, level: models.Level) -> None:
        """Set an output low (0) or high (1). What an input does with it is not documented."""
        await self._done(
            endpoints.SET_GPIO_LEVEL,
            path={"id": checks.index(pin, "pin")},
            body=models.GpioLev(level=checks.level(level)),
        )

    async def get_brightness(self) -> models.Brightness:
        """Return the brightness of the display, and its limits."""
        answer: models.Brightness = await self._call(endpoints.GET_BRIGHTNESS)
        return answer

    async def set_brightness(self, value: int) -> None:
        """Set the brightness, between the limits of `get_brightness`."""
        await self._done(endpoints.SET_BRIGHTNESS, body=models.BrightnessSet(value=value))
