"""Category H/W Monitor: temperatures, voltages, currents and fan speeds."""

from typing import Annotated

from pydantic import StringConstraints

from orchestrator.transport.endpoint import WireModel, WireRoot

NumberText = Annotated[
    str, StringConstraints(pattern=r"^-?[0-9]{1,15}(\.[0-9]{1,30})?$", max_length=48)
]


class HwReading(WireModel):
    """One sensor. `unit` is Celsius, Volt, A or RPM in the examples.

    The value is a number, in the collective answer a text (`"50.1"`); `number` is the same in both.
    """

    name: str
    value: float | NumberText
    unit: str

    @property
    def number(self) -> float:
        """The value in `unit`."""
        return float(self.value)


class HwReadings(WireRoot[list[HwReading]]):
    """One group of sensors."""


class HwMonitor(WireModel):
    """All sensors by group; a group without sensors may be missing."""

    temperature: list[HwReading] | None = None
    voltage: list[HwReading] | None = None
    current: list[HwReading] | None = None
    fanspeed: list[HwReading] | None = None
