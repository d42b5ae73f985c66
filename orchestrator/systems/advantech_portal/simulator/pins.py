"""The GPIO pins of a host: directions, levels, and what is wired to them outside."""

from orchestrator.systems.advantech_portal.simulator.part import Report
from orchestrator.systems.advantech_portal.simulator.refusals import (
    BAD_PIN,
    NOT_AN_OUTPUT,
    Refused,
)
from orchestrator.systems.advantech_portal.simulator.spec import HostSpec

OUTPUT, INPUT = 0, 1


class Pins:
    """The pins by index. Outputs hold what was set; inputs follow their wire, or the outside."""

    def __init__(self, spec: HostSpec, report: Report) -> None:
        self._spec = spec
        self._report = report
        self.count = spec.kind.pins if spec.has("gpio") else 0
        self.directions: list[int] = []
        self.latches: list[int] = []
        self.outside = [0] * self.count
        """Levels that buttons and switches give to inputs without a wire."""
        self.wires: set[tuple[int, int]] = set(spec.wires)
        half = self.count // 2
        if spec.loopback:
            self.wires |= {(k, k + half) for k in range(half)}
        self.start_up()

    def start_up(self) -> None:
        """Take the state after power-on: outputs low in the first half, inputs in the second."""
        self.directions = [OUTPUT if k < self.count // 2 else INPUT for k in range(self.count)]
        self.latches = [0] * self.count

    def find(self, text: str) -> int:
        """Return the pin of that index. Raises Refused."""
        if not text.isascii() or not text.isdigit() or int(text) >= self.count:
            raise Refused(BAD_PIN)
        return int(text)

    def level(self, pin: int) -> int:
        """Return the level that the pin shows now."""
        if self.directions[pin] == OUTPUT:
            return self.latches[pin]
        for one, other in self.wires:
            source = one if other == pin else other if one == pin else None
            if source is not None and self.directions[source] == OUTPUT:
                return self.latches[source]
        return self.outside[pin]

    def pin(self, pin: int) -> dict[str, int]:
        """Return a pin as the wire shows it."""
        return {"pin": pin, "dir": self.directions[pin], "level": self.level(pin)}

    def set_direction(self, pin: int, direction: int) -> None:
        """Make a pin an output (0) or an input (1)."""
        self.directions[pin] = direction
        self._report("gpio_direction", pin=pin, direction=direction)

    def set_level(self, pin: int, level: int) -> None:
        """Set an output. Raises Refused for an input where that is refused."""
        if self.directions[pin] == INPUT and self._spec.input_level_refused:
            raise Refused(NOT_AN_OUTPUT)
        self.latches[pin] = level
        self._report("gpio_level", pin=pin, level=level)

    def drive(self, pin: int, level: int) -> None:
        """Give an input a level from outside: somebody presses a button, a fixture shuts."""
        self.outside[pin] = level
        self._report("gpio_driven", pin=pin, level=level)
