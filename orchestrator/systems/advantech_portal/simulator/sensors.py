"""The hardware monitor and the load of a host: what sensors show at a moment."""

from typing import Any

from orchestrator.systems.advantech_portal.simulator.drift import share, wander
from orchestrator.systems.advantech_portal.simulator.spec import HostSpec
from orchestrator.systems.advantech_portal.simulator.starting import Group, Sensor

GROUPS: tuple[Group, ...] = ("temperature", "voltage", "current", "fanspeed")
_MEMORY_BYTES = 8265986048
_CORES = 4


class Sensors:
    """The sensors of one host. `heat` adds to all temperatures, for tests that touch it."""

    def __init__(self, spec: HostSpec) -> None:
        self._spec = spec
        self._seed = spec.digest("sensors")
        self._all = spec.kind.sensors if spec.has("hwmon") else ()
        self.heat = 0.0

    def group(self, group: Group, at: float) -> list[dict[str, object]]:
        """Return the readings of one group, empty where the host has no such sensors."""
        return [
            {"name": sensor.name, "value": self.value(sensor, at), "unit": sensor.unit}
            for sensor in self._all
            if sensor.group == group
        ]

    def monitor(self, at: float) -> dict[str, Any]:
        """Return all readings by group; groups without sensors are missing."""
        found = {group: self.group(group, at) for group in GROUPS}
        return {group: readings for group, readings in found.items() if readings}

    def value(self, sensor: Sensor, at: float) -> float:
        """Return what a sensor shows `at` seconds after the start."""
        value = sensor.value + sensor.spread * wander(f"{self._seed}/{sensor.name}", at)
        if sensor.group == "temperature":
            value += self.heat
        for excursion in self._spec.excursions:
            since = at - excursion.after_seconds
            if excursion.sensor == sensor.name and 0 <= since < excursion.lasts_seconds:
                value += excursion.by
        return round(value, sensor.digits)


class Load:
    """Processor and memory of one host."""

    def __init__(self, spec: HostSpec) -> None:
        self._seed = spec.digest("load")

    def cpu(self, at: float) -> dict[str, object]:
        """Return what the processor is, and how much of it is used."""
        usage = [
            round(12.5 + 12.5 * wander(f"{self._seed}/cpu/{core}", at), 4) for core in range(_CORES)
        ]
        info = {
            "cpu": 0,
            "vendorId": "GenuineIntel",
            "family": "6",
            "model": "78",
            "stepping": 3,
            "physicalId": "0",
            "coreId": "0",
            "cores": _CORES,
            "modelName": "Intel(R) Core(TM) i7-6600U CPU @ 2.60GHz",
            "mhz": 2600,
            "cacheSize": 4096,
            "flags": ["sse", "sse2"],
            "microcode": "0xc6",
        }
        return {"info": info, "usage": usage}

    def memory(self, at: float) -> dict[str, object]:
        """Return how much memory there is, and how much of it is used."""
        used = int(_MEMORY_BYTES * (0.2 + 0.05 * wander(f"{self._seed}/memory", at)))
        buffers = int(_MEMORY_BYTES * 0.1 * share(self._seed))
        return {
            "total": _MEMORY_BYTES,
            "available": _MEMORY_BYTES - used,
            "used": used,
            "usedPercent": round(100 * used / _MEMORY_BYTES, 6),
            "free": _MEMORY_BYTES - used - buffers,
            "buffers": buffers,
        }

    def perf(self, at: float) -> dict[str, object]:
        """Return both."""
        return {"cpu": self.cpu(at), "memory": self.memory(at)}
