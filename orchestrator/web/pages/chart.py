"""A measurement series as a line: few enough points for a browser, and none of its peaks lost."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from orchestrator.domain.series import Series
from orchestrator.web.pages.words import duration, local

WIDTH, HEIGHT = 800, 200
MOST_POINTS = 800


@dataclass(frozen=True, slots=True)
class Chart:
    """The drawing: `points` as SVG writes them, and what stands at its edges."""

    name: str
    unit: str
    points: str
    low: str
    high: str
    began: str
    length: str
    count: int


def chart(series: Series) -> Chart:
    """Return the drawing of `series`."""
    values = [value for _, value in series.samples] or [Decimal(0)]
    low, high = min(values), max(values)
    last = series.samples[-1][0] if series.samples else 0
    return Chart(
        name=series.name,
        unit=series.unit,
        points=" ".join(_points(series.samples, last, low, high)),
        low=format(low, "f"),
        high=format(high, "f"),
        began=local(series.started_at),
        length=duration(last / 1_000_000),
        count=len(series.samples),
    )


def _points(
    samples: Sequence[tuple[int, Decimal]], last: int, low: Decimal, high: Decimal
) -> list[str]:
    height = float(high - low) or 1.0
    return [
        f"{WIDTH * moment / max(last, 1):.1f},{HEIGHT * (1 - float(value - low) / height):.1f}"
        for moment, value in thinned(samples)
    ]


def thinned(samples: Sequence[tuple[int, Decimal]]) -> list[tuple[int, Decimal]]:
    """Return at most `MOST_POINTS` of `samples`: of each stretch its lowest and its highest."""
    if len(samples) <= MOST_POINTS:
        return list(samples)
    stretches = MOST_POINTS // 2
    kept = []
    for number in range(stretches):
        begin = number * len(samples) // stretches
        stretch = samples[begin : (number + 1) * len(samples) // stretches]
        ends = {min(stretch, key=_value), max(stretch, key=_value)}
        kept += sorted(ends)
    return kept


def _value(sample: tuple[int, Decimal]) -> Decimal:
    return sample[1]
