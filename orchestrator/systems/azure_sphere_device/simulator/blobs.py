"""The board's two blobs: the diagnostic log and the error report data.

Only the vendor can read what is in them; what others rely on is that the report's length stands in
bytes 3 and 4, high byte first, and is 0 after a clear.
"""

import random

_HEADER_BYTES = 5
_MOST_REPORT_BYTES = 0xFFFF


def noise(size_bytes: int, source: str) -> bytes:
    """Return bytes that are always the same for `source`: encoded, as in the real blobs."""
    return random.Random(source).randbytes(size_bytes)  # noqa: S311  # no secret


def error_report(data: bytes) -> bytes:
    """Return a report with its header: three bytes of version, then the length of the data."""
    return b"\x01\x00\x00" + len(data).to_bytes(2, "big") + data


class Blobs:
    """What a board has logged and reported."""

    def __init__(
        self,
        source: str,
        log_bytes: int,
        report_bytes: int,
        log: bytes | None = None,
        report: bytes | None = None,
    ) -> None:
        self.log = noise(log_bytes, f"log/{source}") if log is None else log
        own = noise(min(report_bytes, _MOST_REPORT_BYTES), f"report/{source}")
        self.report = error_report(own) if report is None else report

    @property
    def report_bytes(self) -> int:
        """The length that the report's header tells, 0 for a report without one."""
        return int.from_bytes(self.report[3:_HEADER_BYTES], "big")

    def clear_report(self) -> None:
        """Forget the error report data."""
        self.report = error_report(b"")
