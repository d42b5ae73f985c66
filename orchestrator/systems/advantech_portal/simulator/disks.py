"""The disks of a host: they fill, wear and count their hours as the clock goes on."""

from typing import Any

from orchestrator.systems.advantech_portal.simulator.drift import wander
from orchestrator.systems.advantech_portal.simulator.spec import HostSpec
from orchestrator.systems.advantech_portal.simulator.starting import DiskAtStart

_HOUR = 3600.0
_SYSTEM_SHARE = 0.987  # what partitioning leaves of a disk


class Disks:
    """The disks as they are at a moment. `life_percent` may be set by tests, by index."""

    def __init__(self, spec: HostSpec) -> None:
        self._spec = spec
        self._all = spec.disks if spec.has("disk") else ()
        self.life_percent: dict[int, float] = {}
        self.starts = 0

    def disks(self, at: float) -> list[dict[str, Any]]:
        """Return all disks with partitions and S.M.A.R.T. values, `at` seconds after the start."""
        return [self._disk(index, disk, at) for index, disk in enumerate(self._all)]

    def partitions(self, at: float) -> list[dict[str, Any]]:
        """Return the partitions of all disks."""
        return [part for disk in self.disks(at) for part in disk["partitions"]]

    def life(self, index: int, at: float) -> float:
        """Return how many per cent of a disk's life are left."""
        disk = self._all[index]
        left = disk.life_percent - disk.wear_percent_per_hour * at / _HOUR
        return max(0.0, min(self.life_percent.get(index, left), 100.0))

    def _disk(self, index: int, disk: DiskAtStart, at: float) -> dict[str, Any]:
        windows = self._spec.os == "windows"
        found: dict[str, Any] = {
            "name": rf"\\.\PHYSICALDRIVE{index}" if windows else f"/dev/sd{chr(97 + index)}",
            "sizeBytes": disk.size_bytes,
            "physicalBlockSizeBytes": 0 if windows else 512,
            "removable": False,
            "vendor": "(Standard disk drives)" if windows else "ATA",
            "model": disk.model,
            "serialNumber": disk.serial_number or self._spec.digest(f"disk/{index}")[:20].upper(),
            "firmwareRevision": "S9FMA028",
            "mediaType": "Fixed hard disk media" if windows else "ssd",
            "partitions": [self._partition(index, disk, at)],
        }
        if disk.smart:
            found["smartAttributes"] = self._smart(index, disk, at)
        return found

    def _partition(self, index: int, disk: DiskAtStart, at: float) -> dict[str, Any]:
        size = int(disk.size_bytes * _SYSTEM_SHARE) // 4096 * 4096
        grown = int(disk.grows_bytes_per_hour * at / _HOUR)
        used = min(size, int(size * disk.used_percent / 100) + grown)
        windows = self._spec.os == "windows"
        mount = f"{chr(67 + index)}:" if windows else ("/" if index == 0 else f"/data{index}")
        return {
            "mountPoint": mount,
            "sizeBytes": size,
            "freeBytes": size - used,
            "usedBytes": used,
            "usedPercent": 100 * used / size,
            "readOnly": False,
        }

    def _smart(self, index: int, disk: DiskAtStart, at: float) -> list[dict[str, Any]]:
        life = int(self.life(index, at))
        hours = int(disk.hours + at / _HOUR)
        warmth = int(36 + 4 * wander(f"{self._spec.digest('disk')}/{index}", at))
        spare = max(1, 100 - 2 * disk.bad_sectors)
        return [
            _attribute((1, "Read Error Rate"), 10, 100, 50, 0),
            _attribute((5, "Reallocated Sectors Count"), 50, spare, 10, disk.bad_sectors),
            _attribute((9, "Power-On Hours (POH)"), 18, 100, 0, hours),
            _attribute((12, "Power Cycle Count"), 18, 100, 0, disk.power_cycles + self.starts),
            _attribute((168, "Vendor Specific"), 18, 100, 0, 0),
            _attribute((170, "Vendor Specific"), 3, max(1, spare - 14), 10, 52),
            _attribute((173, "Vendor Specific"), 18, 100, 0, (100 - life) * 30),
            _attribute((192, "Power-off Retract Count"), 18, 100, 0, 21),
            _attribute((194, "Temperature"), 35, 100 - warmth, 0, warmth),
            _attribute((218, "Vendor Specific"), 11, 100, 50, 0),
            _attribute((231, "SSD Life Left"), 19, life, 5, life),
        ]


def _attribute(
    named: tuple[int, str], flags: int, value: int, threshold: int, raw: int
) -> dict[str, Any]:
    number, name = named
    return {
        "id": number,
        "name": name,
        "statusFlags": flags,
        "value": value,
        "worst": value,
        "threshold": threshold,
        "rawData": list(raw.to_bytes(6, "little")),
    }
