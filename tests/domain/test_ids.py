"""Identifiers: they sort by time, never repeat, and a unit keeps its own on every station."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.domain.ids import TimeOrderedIds, unit_id

START = datetime(2026, 11, 21, 2, tzinfo=UTC)


class SteppedClock:
    """A clock that returns the moments it was given, one after the other."""

    def __init__(self, moments: list[datetime]) -> None:
        self._moments = iter(moments)

    def now(self) -> datetime:
        """Return the next moment."""
        return next(self._moments)

    def monotonic(self) -> float:
        """Return nothing of interest."""
        return 0.0


@given(st.lists(st.integers(min_value=-10_000, max_value=10_000), min_size=2, max_size=50))
def test_ids_rise_even_if_the_clock_steps_back(offsets: list[int]) -> None:
    """Whatever wall time does, each id is greater than the one before."""
    clock = SteppedClock([START + timedelta(milliseconds=offset) for offset in offsets])
    ids = TimeOrderedIds(clock)
    made = [ids.new() for _ in offsets]
    assert made == sorted(set(made))
    assert all(len(one) == 16 for one in made)


def test_ids_of_later_moments_sort_later_across_stations() -> None:
    """Two stations with right clocks make ids that sort by time."""
    early = TimeOrderedIds(SteppedClock([START])).new()
    late = TimeOrderedIds(SteppedClock([START + timedelta(seconds=1)])).new()
    assert early < late


def test_a_unit_keeps_its_key() -> None:
    """The key depends on serial and part number, or on the silicon when there is no serial."""
    assert unit_id("SN1", "P", None) == unit_id("SN1", "P", "ab" * 64)
    assert unit_id("SN1", "P", None) != unit_id("SN1", "Q", None)
    assert unit_id("SN1", None, None) != unit_id("SN2", None, None)
    assert unit_id(None, "P", "ab" * 64) == unit_id(None, "Q", "ab" * 64)


def test_a_unit_without_any_identity_has_no_key() -> None:
    """Neither serial number nor device id: nothing to be known by."""
    with pytest.raises(ValueError, match="serial number or a device id"):
        unit_id(None, "P", None)
