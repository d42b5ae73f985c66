"""A measurement series: one quantity sampled over time, as one file beside a step.

The format is `application/vnd.orchestrator.series+json`, one JSON object in plain ASCII:

    {"format": 1, "name": "temperature CPU", "unit": "Celsius",
     "started_at": "2026-03-01T08:00:00.000000Z", "interval_us": 1000000,
     "samples": [[0, "41.5"], [1000212, "41.6"]]}

`started_at` is UTC; each sample is microseconds since then, by the station's monotonic clock, and a
decimal as text, so that no digit changes on its way. `interval_us` is what was asked for; a sample
that could not be had is not there. Times rise strictly. `count`, `min`, `max` and `mean` are not
kept: they are measurements of the step, judged by the recipe.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation

from orchestrator.domain.errors import StationMisuse, UnusableAnswer
from orchestrator.domain.measurement import as_text

MEDIA_TYPE = "application/vnd.orchestrator.series+json"
FORMAT = 1
MOST_SAMPLES = 100_000
"""Samples in one series: more than a day at one per second."""


@dataclass(slots=True)
class Series:
    """Samples of the quantity `name` in `unit`, oldest first.

    `started_at` is RFC 3339 in UTC, `interval_us` the time between two samples that was asked for.
    `samples` are microseconds since then and the value.
    """

    name: str
    unit: str
    started_at: str
    interval_us: int
    samples: list[tuple[int, Decimal]] = field(default_factory=list)

    def add(self, since_start_us: int, value: Decimal) -> None:
        """Append a sample.

        Raises StationMisuse when it is no later than the last one, when the value is no number,
        and when the series is full.
        """
        if self.samples and since_start_us <= self.samples[-1][0]:
            raise StationMisuse(f"a sample of {self.name} is no later than the one before it")
        if not value.is_finite():
            raise StationMisuse(f"a sample of {self.name} is {value}, which is no number")
        if len(self.samples) >= MOST_SAMPLES:
            raise StationMisuse(
                f"the series {self.name} has {MOST_SAMPLES} samples already",
                remedy="Take samples less often, or for a shorter time",
            )
        self.samples.append((since_start_us, value))

    @property
    def values(self) -> Sequence[Decimal]:
        """The values alone."""
        return [value for _, value in self.samples]

    def to_bytes(self) -> bytes:
        """Return the file."""
        written = {
            "format": FORMAT,
            "name": self.name,
            "unit": self.unit,
            "started_at": self.started_at,
            "interval_us": self.interval_us,
            "samples": [[moment, as_text(value)] for moment, value in self.samples],
        }
        return json.dumps(written, ensure_ascii=True, separators=(",", ":")).encode("ascii")


def read_series(content: bytes) -> Series:
    """Return the series in a file. Raises UnusableAnswer when it is none."""
    try:
        found = json.loads(content)
        if found["format"] != FORMAT:
            raise ValueError("another format")
        series = Series(
            str(found["name"]),
            str(found["unit"]),
            str(found["started_at"]),
            int(found["interval_us"]),
        )
        for moment, value in _pairs(found["samples"]):
            series.add(moment, value)
    except (ValueError, KeyError, TypeError, InvalidOperation, StationMisuse) as error:
        raise UnusableAnswer(
            f"the file holds no measurement series: {error}",
            remedy="Give an attachment of the media type " + MEDIA_TYPE,
        ) from error
    return series


def _pairs(samples: object) -> Iterator[tuple[int, Decimal]]:
    if not isinstance(samples, list):
        raise TypeError("samples are no list")
    for moment, value in samples:
        yield int(moment), Decimal(str(value))
