"""What shows on the outside of a host: LEDs, brightness, the display, both power inputs."""

from orchestrator.systems.advantech_portal.simulator.part import Report
from orchestrator.systems.advantech_portal.simulator.refusals import (
    BAD_LED,
    BRIGHTNESS_RANGE,
    NO_BRIGHTNESS,
    Refused,
)
from orchestrator.systems.advantech_portal.simulator.spec import HostSpec


class Panel:
    """LEDs by index, the display, and the power inputs."""

    def __init__(self, spec: HostSpec, report: Report) -> None:
        self._report = report
        self._led_count = spec.kind.leds if spec.has("led") else 0
        self.leds: list[bool] = []
        self.limits = spec.kind.brightness if spec.has("brightness") else None
        low, high = self.limits or (0, 0)
        self.brightness = (low + high + 1) // 2
        self.displays = spec.kind.displays if spec.has("display") else 0
        self.display_on = True
        self.power_inputs = list(spec.power_inputs)
        self.start_up()

    def start_up(self) -> None:
        """Take the state after power-on; the brightness stays."""
        self.leds = [False] * self._led_count
        self.display_on = True

    def led(self, text: str) -> int:
        """Return the LED of that index. Raises Refused."""
        if not text.isascii() or not text.isdigit() or int(text) >= len(self.leds):
            raise Refused(BAD_LED)
        return int(text)

    def set_led(self, led: int, status: bool) -> None:
        """Set an LED high or low."""
        self.leds[led] = status
        self._report("led", led=led, status=status)

    def set_brightness(self, value: int) -> None:
        """Dim the display. Raises Refused."""
        if self.limits is None:
            raise Refused(NO_BRIGHTNESS)
        if not self.limits[0] <= value <= self.limits[1]:
            raise Refused(BRIGHTNESS_RANGE)
        self.brightness = value
        self._report("brightness", value=value)

    def switch_display(self, on: bool) -> None:
        """Switch the display on or off."""
        self.display_on = on
        self._report("display", on=on)

    def power(self) -> dict[str, int]:
        """Return the power inputs as the wire shows them."""
        first, second = self.power_inputs
        return {"vin1State": int(first), "vin2State": int(second)}
