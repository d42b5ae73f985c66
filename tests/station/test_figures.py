"""What a station measures of itself: distributions, and which service works."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from orchestrator.station.figures import Durations, Outside
from orchestrator.station.snapshot import SystemSnapshot
from orchestrator.transport.exchange import Exchange

SERVICES = ("azure_sphere_cloud", "iot_hub_portal")
GOOD = Exchange("get_device", 0.03, "", works=True)
REFUSED = Exchange("get_device", 0.2, "http.4xx", works=True)
BROKEN = Exchange("get_device", 7.0, "link", works=False)


@dataclass
class Hands:
    """A clock that a test moves."""

    minutes: int = 0

    def now(self) -> datetime:
        """Return a moment of the morning."""
        return datetime(2026, 11, 21, 10, tzinfo=UTC) + timedelta(minutes=self.minutes)

    def monotonic(self) -> float:
        """Return seconds."""
        return self.minutes * 60.0


def test_a_duration_counts_at_its_bound_and_above() -> None:
    """Each bound has those that do not exceed it; the last has all, however long they took."""
    found = Durations((0.1, 1))
    assert found.at_or_below() == [("0.1", 0), ("1.0", 0), ("+Inf", 0)]
    for seconds in (0.1, 0.5, 30.0):
        found.add(seconds)
    assert found.at_or_below() == [("0.1", 1), ("1.0", 2), ("+Inf", 3)]
    assert found.seconds == 30.6


def test_exchanges_count_by_system_and_endpoint_and_faults_by_code() -> None:
    """What ended as agreed is no error; each system has counts of its own."""
    outside = Outside(Hands(), SERVICES)
    cloud, board = outside.of("azure_sphere_cloud"), outside.of("azure_sphere_device")
    for exchange in (GOOD, REFUSED, BROKEN):
        cloud(exchange)
    board(GOOD)
    assert outside.seconds["azure_sphere_cloud", "get_device"].at_or_below()[-1] == ("+Inf", 3)
    assert outside.seconds["azure_sphere_device", "get_device"].at_or_below()[-1] == ("+Inf", 1)
    assert outside.errors == {
        ("azure_sphere_cloud", "http.4xx"): 1,
        ("azure_sphere_cloud", "link"): 1,
    }


def test_a_service_says_since_when_it_works_or_not() -> None:
    """The moment is that of the turn, not of the last exchange; a refusal is no outage."""
    clock = Hands()
    outside = Outside(clock, SERVICES)
    portal = outside.of("iot_hub_portal")
    assert outside.systems() == ()
    portal(GOOD)
    clock.minutes = 42
    portal(BROKEN)
    clock.minutes = 50
    portal(BROKEN)
    assert outside.systems() == (
        SystemSnapshot("iot_hub_portal", works=False, since="2026-11-21T10:42:00.000000Z"),
    )
    portal(REFUSED)
    assert [(one.works, one.since[11:16]) for one in outside.systems()] == [(True, "10:50")]


def test_a_unit_that_is_away_is_no_outage_of_a_service() -> None:
    """Boards and computers come and go; only what all units share has a state."""
    outside = Outside(Hands(), SERVICES)
    for system in ("azure_sphere_device", "advantech_portal"):
        outside.of(system)(BROKEN)
    assert outside.systems() == ()
    outside.of("azure_sphere_cloud")(GOOD)
    assert [one.name for one in outside.systems()] == ["azure_sphere_cloud"]
