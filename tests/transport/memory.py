"""The most memory that this process has had since a moment."""

from pathlib import Path

_STATUS, _CLEAR = Path("/proc/self/status"), Path("/proc/self/clear_refs")


def _kib(name: str) -> int:
    lines = _STATUS.read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(name))


class Growth:
    """Counts from its making; on systems that do not tell, it counts nothing."""

    def __init__(self) -> None:
        self._before = 0
        if _CLEAR.exists():
            _CLEAR.write_text("5")
            self._before = _kib("VmRSS")

    @property
    def mib(self) -> float:
        """How far the peak lies above the start."""
        return (_kib("VmHWM") - self._before) / 1024 if self._before else 0.0
