"""Kinds of hosts: which features each model has.

The names are the vendor's; the sets of features are plausible ones, chosen so that every "not
supported here" of the document occurs. A host's spec may leave out more.
"""

from dataclasses import dataclass

from orchestrator.systems.advantech_portal.simulator.starting import Sensor

SENSORS: tuple[Sensor, ...] = (
    Sensor("temperature", "CPU", "Celsius", 46.0, 4.0, 1),
    Sensor("temperature", "System", "Celsius", 38.0, 2.5, 1),
    Sensor("voltage", "Vcore", "Volt", 0.92, 0.02),
    Sensor("voltage", "12V", "Volt", 11.9, 0.08),
    Sensor("voltage", "5V Standby", "Volt", 4.97, 0.03),
    Sensor("voltage", "CMOS Battery", "Volt", 3.05, 0.01),
    Sensor("current", "OEM0", "A", 0.54, 0.12),
    Sensor("fanspeed", "FAN0", "RPM", 1234.0, 60.0, 0),
)
_FANLESS = tuple(sensor for sensor in SENSORS if sensor.group != "fanspeed")


@dataclass(frozen=True, slots=True)
class WatchdogKind:
    """A hardware watchdog: the name of its chip and its limits in seconds."""

    chip: str = "EC"
    least_seconds: int = 10
    most_seconds: int = 255
    seconds: int = 60


@dataclass(frozen=True, slots=True)
class Model:
    """The features of one model. Counts of 0 and empty members mean that it has none.

    `brightness` is the least and the largest value.
    """

    name: str
    sensors: tuple[Sensor, ...] = SENSORS
    leds: int = 0
    pins: int = 0
    watchdog: WatchdogKind | None = WatchdogKind()
    brightness: tuple[int, int] | None = None
    displays: int = 1
    display_switch: bool = False
    redundant_power: bool = False
    etp: bool = True
    disks: bool = True
    ports: int = 2
    wifi: bool = False
    apphub: bool = True
    edgebus: bool = True


FULL = Model(
    "TPC-315-R873B",
    leds=4,
    pins=8,
    brightness=(0, 9),
    display_switch=True,
    redundant_power=True,
    wifi=True,
)
"""A panel computer that has everything."""

MODELS: dict[str, Model] = {
    model.name: model
    for model in (
        FULL,
        Model("UNO-2484G-673xAE", sensors=_FANLESS, ports=4),
        Model("UNO-137-E23BA", sensors=_FANLESS, leds=8, pins=8, redundant_power=True, wifi=True),
        Model(
            "ARK-1124H-S6A1",
            sensors=(),
            watchdog=None,
            displays=0,
            etp=False,
            disks=False,
            apphub=False,
            edgebus=False,
        ),
    )
}
"""The models by name: with everything, as in the document, for the rail, and with nothing."""

FEATURES: tuple[str, ...] = (
    "hwmon",
    "led",
    "gpio",
    "watchdog",
    "brightness",
    "display",
    "display_switch",
    "redundant_power",
    "etp",
    "disk",
    "wifi",
    "apphub",
    "edgebus",
    "processes",
)
"""What a spec may leave out of its model."""
