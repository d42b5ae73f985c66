"""Measurement series: what is kept comes back digit by digit, and nothing else is read as one."""

import json
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.domain import series as module
from orchestrator.domain.errors import StationMisuse, UnusableAnswer
from orchestrator.domain.series import Series, read_series

STARTED = "2026-03-01T08:00:00.000000Z"


def made(*samples: tuple[int, str]) -> Series:
    """Return a series of those samples."""
    series = Series("temperature CPU", "Celsius", STARTED, 1_000_000)
    for moment, value in samples:
        series.add(moment, Decimal(value))
    return series


@given(
    st.lists(
        st.tuples(
            st.integers(0, 10**12),
            st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**9), max_value=10**9),
        ),
        unique_by=lambda sample: sample[0],
    )
)
def test_a_series_comes_back_as_it_was(samples: list[tuple[int, Decimal]]) -> None:
    """Each value is the same decimal, at the same microsecond."""
    series = Series("V\u00f6lt", "Volt", STARTED, 500_000)
    for moment, value in sorted(samples):
        series.add(moment, value)
    content = series.to_bytes()
    assert content.isascii()
    assert read_series(content) == series


def test_the_format_is_what_the_documentation_says() -> None:
    """Members and forms of the file, as others will read it for years."""
    assert json.loads(made((0, "41.50"), (1_000_212, "-0.1")).to_bytes()) == {
        "format": 1,
        "name": "temperature CPU",
        "unit": "Celsius",
        "started_at": STARTED,
        "interval_us": 1_000_000,
        "samples": [[0, "41.50"], [1_000_212, "-0.1"]],
    }


@pytest.mark.parametrize(
    ("moment", "value", "words"),
    [(5, "1", "no later"), (4, "1", "no later"), (6, "NaN", "no number"), (6, "-Inf", "no number")],
)
def test_what_is_no_sample_is_refused(moment: int, value: str, words: str) -> None:
    """Time goes on, and values are numbers."""
    with pytest.raises(StationMisuse, match=words):
        made((5, "1")).add(moment, Decimal(value))


def test_a_series_has_an_end(monkeypatch: pytest.MonkeyPatch) -> None:
    """It takes so many samples and no more."""
    monkeypatch.setattr(module, "MOST_SAMPLES", 2)
    with pytest.raises(StationMisuse, match="2 samples already"):
        made((0, "1"), (1, "1"), (2, "1"))


GOOD = json.loads(made((0, "1")).to_bytes())


@pytest.mark.parametrize(
    "changes",
    [{"format": 2}, {"samples": {}}, {"samples": [[0]]}, {"samples": [[0, "x"]]},
     {"samples": [[1, "1"], [0, "1"]]}, {"samples": [[0, "NaN"]]}, {"interval_us": "soon"}],
)  # fmt: skip
def test_what_is_no_series_is_refused(changes: dict[str, object]) -> None:
    """Another format, and members that do not fit."""
    with pytest.raises(UnusableAnswer, match="no measurement series"):
        read_series(json.dumps(GOOD | changes).encode())


def test_junk_is_no_series() -> None:
    """Neither other bytes nor other JSON."""
    for junk in (b"\xff", b"[]", b"{}", b"null"):
        with pytest.raises(UnusableAnswer):
            read_series(junk)
