"""The sensors of an edge computer: temperatures, voltages, currents, fans, as they are now."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import NamedTuple

from orchestrator.domain.errors import Mismatch
from orchestrator.engine.step import Measures, StepContext, step
from orchestrator.steps.advantech_bands import band_findings, read_bands
from orchestrator.steps.attachments import attach_json
from orchestrator.steps.findings import refuse
from orchestrator.systems.advantech_portal.client import AdvantechHost
from orchestrator.systems.advantech_portal.models import HwReading
from orchestrator.transport.text import printable

GROUPS = ("temperature", "voltage", "current", "fanspeed")
TEMPERATURE = "temperature"
MOST_SENSORS = 64
"""Sensors of one host that are looked at; real ones have a dozen."""


class Sensor(NamedTuple):
    """One sensor as it was read: `value` is in `unit`, with all digits that the host gave."""

    group: str
    name: str
    value: Decimal
    unit: str

    @property
    def label(self) -> str:
        """The name that tells it from a sensor of the same name in another group."""
        return f"{self.group} {self.name}"


def _sensor(group: str, reading: HwReading) -> Sensor:
    value = Decimal(str(reading.value))
    return Sensor(group, printable(reading.name, 40), value, printable(reading.unit, 20))


async def read_sensors(host: AdvantechHost) -> list[Sensor]:
    """Return all sensors of the host, by one question. Raises StationFault."""
    monitor = await host.get_hw_monitor()
    found = [
        _sensor(group, reading) for group in GROUPS for reading in getattr(monitor, group) or ()
    ]
    return found[:MOST_SENSORS]


def by_name(sensors: Sequence[Sensor]) -> Mapping[str, tuple[Decimal, str]]:
    """Return value and unit by label, and by name where only one sensor has it."""
    values = {sensor.label: (sensor.value, sensor.unit) for sensor in sensors}
    names = [sensor.name for sensor in sensors]
    for sensor in sensors:
        if names.count(sensor.name) == 1:
            values[sensor.name] = (sensor.value, sensor.unit)
    return values


@step(
    "advantech.expect_sensors",
    summary="Checks that all sensors of the host are within their limits now.",
    measures=(
        Measures("sensors", "Number of sensors the host has"),
        Measures("temperature_max", "Highest temperature", uom="°C"),
    ),
)
async def expect_sensors(
    ctx: StepContext, host: AdvantechHost, *, within: list[str] | None = None
) -> None:
    """Read all sensors once; one that is missing or out of its limits is FAIL.

    All readings are kept as a file.

    Args:
        within: Limits of single sensors as NAME LOW..HIGH, either end may be left out, for
            instance 12V 11.4..12.6 or CPU ..85.
    """
    bands = read_bands(within or ())
    sensors = await read_sensors(host)
    attach_json(ctx, "sensors.json", [{**s._asdict(), "value": str(s.value)} for s in sensors])
    ctx.measure("sensors", len(sensors))
    if not sensors:
        raise Mismatch(
            "The host has no sensor to read",
            remedy="Check that it is the model that the recipe is for, then set the host aside",
            code="NO_SENSOR",
        )
    temperatures = [sensor.value for sensor in sensors if sensor.group == TEMPERATURE]
    if temperatures:
        ctx.measure("temperature_max", max(temperatures))
    refuse(band_findings("sensor", by_name(sensors), bands))
