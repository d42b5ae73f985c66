"""The health of the station's host: what holds the line, what is told, what is recorded."""

from collections.abc import Mapping
from decimal import Decimal
from itertools import pairwise
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from orchestrator.domain.host import HostContact, HostQuantity, HostReading
from orchestrator.station import host_health
from orchestrator.station.host_health import FIRST_SECONDS, HostHealth
from orchestrator.station.line import AUDIT, HOST, Line
from tests.station.host_support import CONTACT, SILENCE, MovedClock, power, reading, section

HOT = {"limit_celsius": 80, "good_celsius": 75, "after_seconds": 0}


class Watched:
    """A host's health with everything around it in the hands of a test."""

    def __init__(self, **changes: Any) -> None:
        self.clock = MovedClock()
        self.line = Line()
        self.rows: list[tuple[str, Mapping[str, Any]]] = []
        self.told: list[str] = []
        self.health = HostHealth(
            section(**(changes or {"temperature": [HOT]})),
            line=self.line,
            clock=self.clock,
            note=lambda kind, detail: self.rows.append((kind, detail)),
            tell=self.told.append,
        )

    def hear(self, *news: HostReading | HostContact) -> None:
        """Hear all of them at this moment."""
        for each in news:
            self.health.hear(each)

    def wait(self, seconds: float) -> None:
        """Let time pass, with a look every second."""
        for _ in range(int(seconds)):
            self.clock.seconds += 1.0
            self.health.look()

    def of(self, kind: str) -> list[Mapping[str, Any]]:
        """Return the details of the rows of one kind."""
        return [detail for each, detail in self.rows if each == kind]


def test_heat_holds_the_line_until_it_is_good_again() -> None:
    """The sentence says value, limit and what to do; the change is in the audit both times."""
    host = Watched()
    host.hear(reading(60), CONTACT)
    assert host.line.is_open
    host.hear(reading("81.5"))
    assert host.line.why == (
        "No run begins: sensor CPU of this computer has 81.5 °C, the limit is 80 °C. "
        "Check its fan and where its air goes in; it is good again at 75 °C"
    )
    host.hear(reading(99))
    assert "81.5" in host.line.why, "the sentence stays as long as the reason does"
    host.hear(reading(75))
    host.wait(9)
    assert not host.line.is_open
    host.wait(1)
    assert host.line.is_open
    first, second = host.of("host_rule")
    assert (first["broken"], second["broken"]) == (True, False)
    assert first["value"] == Decimal("81.5")
    assert host.told[-2].startswith("Sensor CPU of this computer has 81.5")
    assert host.told[-1] == "Sensor CPU of this computer is good again"


def test_several_reasons_are_one_sentence() -> None:
    """The first is told with how many there are more; the line opens after the last."""
    host = Watched()
    host.hear(reading(90), reading(95, "System"), CONTACT)
    assert "sensor CPU of this computer has 90 °C, the limit is 80 °C (and 1 more)" in host.line.why
    host.hear(reading(60))
    host.wait(10)
    assert "System" in host.line.why
    host.hear(reading(60, "System"))
    host.wait(10)
    assert host.line.is_open


def test_a_warning_holds_nothing() -> None:
    """It is told and recorded; runs begin as ever."""
    host = Watched(power_input={"after_seconds": 2, "then": "warn"})
    host.hear(power(True), CONTACT)
    host.hear(power(False))
    host.wait(2)
    assert host.line.is_open
    assert "Power input vin1 of this computer has no power. Check its supply" in host.told[-1]
    assert host.of("host_rule")[0]["then"] == "warn"


def test_runs_wait_for_the_first_readings_but_not_for_ever() -> None:
    """A station that must not run hot asks first; a silent host delays it for some seconds."""
    host = Watched()
    assert "waiting for the first readings" in host.line.why
    host.wait(FIRST_SECONDS - 1)
    assert not host.line.is_open
    host.wait(1)
    assert host.line.is_open
    early = Watched()
    early.hear(reading(60))
    assert not early.line.is_open, "the first reading is not all of them"
    early.hear(CONTACT)
    assert early.line.is_open
    assert Watched(disk_life={"then": "warn"}).line.is_open


def test_a_silent_host_is_a_rule_of_its_own() -> None:
    """Short losses are counted, long ones told; with `hold` no run begins until it is back."""
    host = Watched(contact={"after_seconds": 30, "then": "hold"})
    host.hear(reading(60), CONTACT)
    host.hear(SILENCE)
    host.wait(29)
    assert host.line.is_open
    host.hear(SILENCE)
    host.wait(1)
    assert "has not answered for 30 s: nobody answers" in host.line.why
    assert host.of("host_lost") == [{"then": "hold", "why": "nobody answers"}]
    host.wait(30)
    host.hear(CONTACT)
    assert host.line.is_open
    assert host.of("host_back") == [{"seconds": "60"}]
    assert host.told[-1] == "The portal of this computer answers again, after 60 s"


def test_a_silent_host_can_be_a_warning_or_nothing() -> None:
    """With `warn` it is told once; with `ignore` nobody hears of it."""
    warned = Watched(contact={"then": "warn"})
    warned.wait(200)
    assert len(warned.told) == len(warned.of("host_lost")) == 1
    assert warned.line.is_open
    ignored = Watched(contact={"then": "ignore"})
    ignored.wait(200)
    assert ignored.rows == ignored.told == []


def test_what_was_broken_before_the_silence_stays_broken() -> None:
    """No news is no good news."""
    host = Watched()
    host.hear(reading(90), CONTACT, SILENCE)
    host.wait(300)
    assert "90 °C" in host.line.why
    host.hear(reading(60), CONTACT)
    host.wait(10)
    assert host.line.is_open


def test_samples_are_recorded_at_their_pace() -> None:
    """At once, then no more often than set, and never without something new."""
    host = Watched(sample_seconds=60, temperature=[HOT])
    host.hear(reading(60), power(True), CONTACT)
    for second in range(180):
        host.hear(reading(60 + second % 3))
        host.wait(1)
    host.wait(600)
    samples = host.of("host_sample")
    assert [sample["heard"] for sample in samples] == [3, 60, 60, 59]
    readings = samples[0]["readings"]
    assert readings == {"temperature": {"CPU": Decimal(60)}, "power_input": {"vin1": Decimal(1)}}


def test_losses_between_two_samples_are_counted() -> None:
    """A host that is away for moments leaves a number, not a row each."""
    host = Watched(sample_seconds=60)
    host.hear(reading(60), CONTACT)
    host.wait(1)
    for _ in range(5):
        host.hear(SILENCE, SILENCE, CONTACT, reading(61))
    host.wait(60)
    assert [sample["losses"] for sample in host.of("host_sample")] == [0, 5]


def test_no_sample_stands_in_the_way_of_lost_evidence() -> None:
    """While the audit is away nothing is sampled; afterwards it goes on."""
    host = Watched()
    host.line.close(AUDIT, "away")
    host.hear(reading(60), CONTACT)
    host.wait(300)
    assert host.of("host_sample") == []
    host.line.open(AUDIT)
    host.wait(1)
    assert len(host.of("host_sample")) == 1


def test_a_rule_about_nothing_is_told() -> None:
    """A misspelt sensor would never hold the line: people hear of it at the first contact."""
    host = Watched(temperature=[{**HOT, "sensor": "GPU*"}], watchdog={"then": "hold"})
    host.hear(reading(60), CONTACT)
    host.hear(SILENCE, CONTACT)
    first, second = host.told
    assert "reports no temperature named GPU*: its rule is not judged" in first
    assert "reports no watchdog: its rule" in second
    assert [detail["pattern"] for detail in host.of("host_unjudged")] == ["GPU*", "*"]


def test_what_is_kept_is_bounded() -> None:
    """A host that invents names fills no memory and no rows."""
    host = Watched()
    for number in range(3 * host_health.MOST_KEPT):
        host.hear(reading(60, f"S{number}"))
    host.wait(1)
    assert len(host.health.newest) == host_health.MOST_KEPT
    [sample] = host.of("host_sample")
    assert len(sample["readings"]["temperature"]) == host_health.MOST_KEPT


class Shift(RuleBasedStateMachine):
    """Readings, losses and time in any order: the line is closed exactly when it ought to be."""

    @initialize(hold=st.booleans())
    def begin(self, hold: bool) -> None:
        """Watch a host whose silence holds the line, or warns."""
        then = "hold" if hold else "warn"
        self.host = Watched(
            temperature=[HOT],
            power_input={"after_seconds": 0, "then": "warn"},
            contact={"after_seconds": 30, "then": then},
            good_seconds=0,
        )
        self.holds_silent = hold
        self.hot: dict[str, bool] = {}
        self.met = False
        self.silent_since: float | None = 0.0

    @rule(name=st.sampled_from(["CPU", "System"]), value=st.sampled_from([60, 75, 78, 80, 81]))
    def warm(self, name: str, value: int) -> None:
        """Read a temperature."""
        self.host.hear(reading(value, name))
        self.hot[name] = value > 75 if self.hot.get(name) else value > 80

    @rule(on=st.booleans())
    def supply(self, on: bool) -> None:
        """Read a power input, which only warns."""
        self.host.hear(power(on))

    @rule()
    def answer(self) -> None:
        """Be in contact."""
        self.host.hear(CONTACT)
        self.met, self.silent_since = True, None

    @rule()
    def fall_silent(self) -> None:
        """Lose contact."""
        self.host.hear(SILENCE)
        if self.silent_since is None:
            self.silent_since = self.host.clock.seconds

    @rule(seconds=st.sampled_from([1, 5, 29, 30]))
    def wait(self, seconds: int) -> None:
        """Let time pass."""
        self.host.wait(seconds)

    @invariant()
    def line_is_right(self) -> None:
        """Heat, a silence that holds, or the first seconds: nothing else closes the line."""
        if not hasattr(self, "host"):
            return
        now = self.host.clock.seconds
        silent = self.silent_since is not None and now - self.silent_since >= 30
        first = not self.met and now < FIRST_SECONDS
        closed = any(self.hot.values()) or (silent and self.holds_silent) or first
        assert (HOST in self.host.line.reasons) is closed
        assert set(self.host.line.reasons) <= {HOST}

    @invariant()
    def nothing_is_told_twice(self) -> None:
        """Losses and returns take turns, and so do breaking and keeping of each value."""
        if not hasattr(self, "host"):
            return
        kinds = [kind for kind, _ in self.host.rows if kind in {"host_lost", "host_back"}]
        assert all(before != after for before, after in pairwise(kinds))
        for name in ("CPU", "System", "vin1"):
            told = [row["broken"] for row in self.host.of("host_rule") if row["name"] == name]
            assert told == [index % 2 == 0 for index in range(len(told))]


TestShift = Shift.TestCase
TestShift.settings = settings(max_examples=80, stateful_step_count=30, deadline=None)


def test_quantities_are_what_the_domain_says() -> None:
    """Every quantity of the domain can be kept and sampled."""
    host = Watched()
    host.hear(*(reading(1, "x", quantity) for quantity in HostQuantity), CONTACT)
    host.wait(1)
    assert set(host.of("host_sample")[0]["readings"]) == {each.value for each in HostQuantity}
