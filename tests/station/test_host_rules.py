"""Rules about the station's host: when they are broken, when they are kept again, what is said."""

from decimal import Decimal

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from orchestrator.domain.host import HostQuantity
from orchestrator.station import host_rules
from orchestrator.station.host_rules import Judge, Rule, Then, rules_of
from tests.station.host_support import power, reading, section

HOT = {"limit_celsius": 80, "good_celsius": 75, "after_seconds": 5}


def judge(**changes: object) -> Judge:
    """Return a judge of these settings; by custom one limit of temperature."""
    asked = section(**(changes or {"temperature": [HOT]}))
    return Judge(rules_of(asked), asked.good_seconds)


def test_a_limit_is_broken_only_after_its_time() -> None:
    """A spike is none; a value that stays bad is, once, with the value it had."""
    hot = judge()
    assert not hot.take(reading(95), 0.0)
    assert not hot.take(reading(79), 4.9)
    assert not hot.take(reading(90), 5.0)
    assert not hot.look(9.9)
    [change] = hot.look(10.0)
    assert (change.name, change.value, change.broken) == ("CPU", Decimal(90), True)
    assert change.what == "sensor CPU of this computer has 90 °C, the limit is 80 °C"
    assert change.remedy.endswith("it is good again at 75 °C")
    assert not hot.look(99.0)
    assert [each.name for each in hot.broken] == ["CPU"]


def test_between_the_limits_nothing_changes() -> None:
    """A broken rule is kept again only at the good value, and only when it stays there."""
    hot = judge()
    hot.take(reading(90), 0.0)
    hot.look(5.0)
    for now, value in ((6.0, 76), (30.0, 80), (40.0, 75)):
        assert not hot.take(reading(value), now)
    assert not hot.take(reading(76), 49.0)
    assert not hot.take(reading(74), 50.0)
    assert hot.broken
    [change] = hot.take(reading(70), 60.0)
    assert not change.broken
    assert not hot.broken


def test_two_limits_of_one_sensor_are_two_rules() -> None:
    """People are warned at the lower limit, the line is held at the upper one."""
    warn = {"limit_celsius": 70, "then": "warn", "after_seconds": 0}
    hold = {"limit_celsius": 80, "then": "hold", "after_seconds": 0}
    both = judge(temperature=[warn, hold])
    assert [each.rule.then for each in both.take(reading(75), 0.0)] == [Then.WARN]
    assert [each.rule.then for each in both.take(reading(85), 1.0)] == [Then.HOLD]
    assert [each.rule.then for each in both.broken] == [Then.HOLD, Then.WARN]


def test_a_pattern_chooses_the_sensors() -> None:
    """A sensor that no pattern names is not judged."""
    hot = judge(temperature=[{**HOT, "sensor": "CPU*", "after_seconds": 0}])
    assert hot.take(reading(90, "CPU2"), 0.0)
    assert not hot.take(reading(90, "System"), 0.0)
    assert not hot.take(power(False), 0.0)


@pytest.mark.parametrize(
    ("quantity", "value", "says"),
    [
        (HostQuantity.DISK_LIFE, 9, "disk sda of this computer has 9 % of its life left"),
        (HostQuantity.POWER_INPUT, 0, "power input sda of this computer has no power"),
        (HostQuantity.CLOCK_SYNCHRONISED, 0, "is not kept by a time server"),
        (HostQuantity.WATCHDOG, 0, "watchdog of this computer is not armed"),
    ],
)
def test_every_quantity_has_its_rule(quantity: HostQuantity, value: int, says: str) -> None:
    """Each says what is wrong and what to do, and none minds a good value."""
    at_once = {"after_seconds": 0, "then": "hold"}
    host = judge(
        disk_life=at_once,
        power_input=at_once,
        clock=at_once,
        watchdog=at_once,
    )
    assert host.holds
    assert not host.take(reading(100, "sda", quantity), 0.0)
    [change] = host.take(reading(value, "sda", quantity), 1.0)
    assert says in change.what
    assert change.remedy


def test_what_is_ignored_is_no_rule() -> None:
    """Every rule can be switched off; what is not set warns of disks, power and the clock."""
    ignored = {"then": "ignore"}
    asked = section(
        temperature=[{**HOT, "then": "ignore"}],
        disk_life=ignored,
        power_input=ignored,
        clock=ignored,
        watchdog=ignored,
    )
    assert rules_of(asked) == []
    assert {rule.quantity for rule in rules_of(section())} == {
        HostQuantity.DISK_LIFE,
        HostQuantity.POWER_INPUT,
        HostQuantity.CLOCK_SYNCHRONISED,
    }
    assert not judge(disk_life={"then": "warn"}).holds


def test_what_never_came_is_known() -> None:
    """A rule about something that the host does not report can be told."""
    host = judge(temperature=[{**HOT, "sensor": "GPU"}])
    host.take(power(True), 0.0)
    found = {(rule.quantity, rule.pattern) for rule in host.unjudged}
    assert found == {
        (HostQuantity.TEMPERATURE, "GPU"),
        (HostQuantity.DISK_LIFE, "*"),
        (HostQuantity.CLOCK_SYNCHRONISED, "*"),
    }


def test_a_host_with_countless_sensors_is_bounded() -> None:
    """Names beyond the bound are not kept; those before are judged as ever."""
    hot = judge(temperature=[{**HOT, "after_seconds": 0}])
    for number in range(2 * host_rules.MOST_WATCHED):
        hot.take(reading(90, f"S{number}"), 0.0)
    assert len(hot.broken) == host_rules.MOST_WATCHED


AFTER, GOOD = 5.0, 10.0
LIMIT = Rule(
    HostQuantity.TEMPERATURE,
    limit=Decimal(80),
    good=Decimal(75),
    least=False,
    subject="{name}",
    says="{value} {limit}",
    remedy="{good}",
    after_seconds=AFTER,
)


class Hysteresis(RuleBasedStateMachine):
    """Values and time in any order, against the same rule read off the whole history."""

    def __init__(self) -> None:
        super().__init__()
        self.judge = Judge([LIMIT], GOOD)
        self.now = 0.0
        self.history: list[tuple[float, float]] = []
        self.broken = False
        self.after = 0
        self.told: list[bool] = []

    def _since(self) -> float | None:
        """Return since when the value asks for the other state, without a break."""
        begun = None
        for moment, value in self.history[self.after :]:
            asks = value <= 75 if self.broken else value > 80
            if not asks:
                begun = None
            elif begun is None:
                begun = moment
        return begun

    def _expect(self) -> None:
        since, wait = self._since(), GOOD if self.broken else AFTER
        if since is not None and self.now - since >= wait:
            self.broken = not self.broken
            # What came before counts no more: the next wait begins with the next reading.
            self.after = len(self.history)

    @rule(value=st.sampled_from([60, 75, 75.1, 78, 80, 80.1, 95]))
    def take(self, value: float) -> None:
        """Take a reading."""
        self.history.append((self.now, value))
        self._expect()
        self.told += [each.broken for each in self.judge.take(reading(value), self.now)]

    @precondition(lambda self: self.history)
    @rule(seconds=st.sampled_from([0.5, 1.0, 4.5, 5.0, 10.0, 30.0]))
    def wait(self, seconds: float) -> None:
        """Let time pass and look."""
        self.now += seconds
        self._expect()
        self.told += [each.broken for each in self.judge.look(self.now)]

    @invariant()
    def agrees(self) -> None:
        """The judge is where the history says, and told each change once."""
        assert bool(self.judge.broken) is self.broken
        assert self.told == [index % 2 == 0 for index in range(len(self.told))]
        assert bool(self.told and self.told[-1]) is self.broken


TestHysteresis = Hysteresis.TestCase
TestHysteresis.settings = settings(max_examples=120, stateful_step_count=30, deadline=None)
