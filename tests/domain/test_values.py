"""The small values of the ground floor: times, identities, shipped files."""

from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.domain import shipped as shipped_module
from orchestrator.domain.clock import SystemClock, timestamp
from orchestrator.domain.events import StationNotice, publish_nothing
from orchestrator.domain.shipped import shipped
from orchestrator.domain.unit import DeviceIdentity


def test_times_are_written_in_utc_with_microseconds() -> None:
    """RFC 3339, always the same length, whatever zone the moment came in."""
    moment = datetime(2026, 11, 21, 3, 0, 0, 7, tzinfo=timezone(timedelta(hours=1)))
    assert timestamp(moment) == "2026-11-21T02:00:00.000007Z"
    assert timestamp(datetime(2026, 1, 1, tzinfo=UTC)) == "2026-01-01T00:00:00.000000Z"


@given(st.lists(st.datetimes(timezones=st.just(UTC)), min_size=1, max_size=8))
def test_every_moment_is_written_whatever_was_written_before(moments: list[datetime]) -> None:
    """The text of a second is kept for the next moment, which may lie in another one."""
    for moment in moments:
        for near in (moment, moment.replace(microsecond=0), moment.replace(microsecond=999_999)):
            assert timestamp(near) == near.isoformat("T", "microseconds")[:-6] + "Z"


def test_the_system_clock_is_utc_and_never_steps_back() -> None:
    """Wall time carries its zone; the monotonic clock only rises."""
    clock = SystemClock()
    assert clock.now().tzinfo is UTC
    assert clock.monotonic() <= clock.monotonic()


def test_device_ids_are_compared_in_lower_case() -> None:
    """The vendor's tools print upper case, its API lower case: it is one board."""
    assert DeviceIdentity("azure_sphere", "AB" * 64) == DeviceIdentity("azure_sphere", "ab" * 64)


def test_shipped_folders_are_found_in_the_source_tree() -> None:
    """Migrations travel with the program."""
    assert (shipped("migrations")).is_dir()


def test_an_incomplete_installation_says_so(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A missing folder is named, with what to do."""
    monkeypatch.setattr(shipped_module, "_PACKAGE", tmp_path / "orchestrator")
    with pytest.raises(FileNotFoundError, match="recipes is missing; install again"):
        shipped("recipes")


def test_nobody_has_to_listen() -> None:
    """Publishing to nobody is no error."""
    publish_nothing(StationNotice("the line stops"))
