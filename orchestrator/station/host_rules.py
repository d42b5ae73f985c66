"""Judges the readings of the station's host: which rules are broken, which are kept again.

A rule is broken when a value was bad without a break for the rule's time, and kept again when it
was good for another time; between the two limits nothing changes. It knows neither link nor line.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from enum import StrEnum
from fnmatch import fnmatchcase

from orchestrator.domain.host import HostQuantity, HostReading
from orchestrator.station.settings_host import (
    DiskLifeSection,
    HostSection,
    PowerInputSection,
    TemperatureRule,
)

MOST_WATCHED = 256
"""Values beyond so many names are not judged."""
_MARGIN = Decimal(5)


class Then(StrEnum):
    """What a broken rule leads to."""

    WARN = "warn"
    HOLD = "hold"


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule for all values of `quantity` whose name fits `pattern`.

    Bad is what lies beyond `limit`: above it, or below it for `least`. Good again is what has come
    back to `good`. `subject` takes `name`, `says` takes `value` and `limit`, `remedy` takes `good`.
    """

    quantity: HostQuantity
    limit: Decimal
    good: Decimal
    least: bool
    subject: str
    says: str
    remedy: str
    pattern: str = "*"
    after_seconds: float = 0.0
    then: Then = Then.WARN

    def is_bad(self, value: Decimal) -> bool:
        """Say whether `value` breaks the rule."""
        return value < self.limit if self.least else value > self.limit

    def is_good(self, value: Decimal) -> bool:
        """Say whether `value` is good enough after the rule was broken."""
        return value >= self.good if self.least else value <= self.good

    def fits(self, reading: HostReading) -> bool:
        """Say whether the rule is about that value."""
        return reading.quantity is self.quantity and fnmatchcase(reading.name, self.pattern)


@dataclass(frozen=True, slots=True)
class Change:
    """The value `name` broke `rule`, or keeps it again. `value` is what it was then."""

    rule: Rule
    name: str
    value: Decimal
    broken: bool

    @property
    def subject(self) -> str:
        """What it is about."""
        return self.rule.subject.format(name=self.name)

    @property
    def what(self) -> str:
        """What is wrong, as the beginning of a sentence."""
        value, limit = format(self.value, "f"), format(self.rule.limit, "f")
        return f"{self.subject} {self.rule.says.format(value=value, limit=limit)}"

    @property
    def remedy(self) -> str:
        """What to do about it."""
        return self.rule.remedy.format(good=format(self.rule.good, "f"))


@dataclass(slots=True)
class _Watched:
    """One value that a rule is about. `since` is when it began to be otherwise than `broken`."""

    rule: Rule
    value: Decimal
    broken: Change | None = None
    since: float | None = None

    def take(self, value: Decimal, now: float) -> None:
        self.value = value
        otherwise = self.rule.is_good(value) if self.broken else self.rule.is_bad(value)
        if not otherwise:
            self.since = None
        elif self.since is None:
            self.since = now

    def is_due(self, now: float, good_seconds: float) -> bool:
        wait = good_seconds if self.broken else self.rule.after_seconds
        return self.since is not None and now - self.since >= wait


class Judge:
    """Holds every value that comes against all rules that are about it.

    Times are monotonic seconds.
    """

    def __init__(self, rules: Sequence[Rule], good_seconds: float) -> None:
        self._rules = tuple(rules)
        self._good_seconds = good_seconds
        self._watched: dict[tuple[int, str], _Watched] = {}

    def take(self, reading: HostReading, now: float) -> Sequence[Change]:
        """Take a reading; return what it changes at once."""
        changes: list[Change] = []
        for number, rule in enumerate(self._rules):
            if not rule.fits(reading):
                continue
            watched = self._watched.get((number, reading.name))
            if watched is None:
                if len(self._watched) >= MOST_WATCHED:
                    continue
                watched = _Watched(rule, reading.value)
                self._watched[number, reading.name] = watched
            watched.take(reading.value, now)
            changes += self._settle(reading.name, watched, now)
        return changes

    def look(self, now: float) -> Sequence[Change]:
        """Return what has changed because time has passed."""
        return [
            change
            for (_, name), watched in self._watched.items()
            for change in self._settle(name, watched, now)
        ]

    @property
    def broken(self) -> Sequence[Change]:
        """What is broken now, in the order of the rules."""
        watched = sorted(self._watched.items())
        return [each.broken for _, each in watched if each.broken is not None]

    @property
    def holds(self) -> bool:
        """True when a rule could hold the line."""
        return any(rule.then is Then.HOLD for rule in self._rules)

    @property
    def unjudged(self) -> Sequence[Rule]:
        """The rules about which no value has come yet."""
        judged = {number for number, _ in self._watched}
        return [rule for number, rule in enumerate(self._rules) if number not in judged]

    def _settle(self, name: str, watched: _Watched, now: float) -> Sequence[Change]:
        if not watched.is_due(now, self._good_seconds):
            return ()
        change = Change(watched.rule, name, watched.value, broken=watched.broken is None)
        watched.broken = change if change.broken else None
        watched.since = None
        return (change,)


def rules_of(settings: HostSection) -> list[Rule]:
    """Return the rules that the settings ask for, those that hold the line first."""
    rules = [_temperature(rule) for rule in settings.temperature if rule.then != "ignore"]
    if settings.disk_life.then != "ignore":
        rules.append(_disk_life(settings.disk_life))
    for words, asked in (
        (_POWER, settings.power_input),
        (_CLOCK, settings.clock),
        (_WATCHDOG, settings.watchdog),
    ):
        if asked.then != "ignore":
            pattern = asked.input if isinstance(asked, PowerInputSection) else "*"
            after, then = asked.after_seconds, Then(asked.then)
            rules.append(replace(words, pattern=pattern, after_seconds=after, then=then))
    return sorted(rules, key=lambda rule: rule.then is not Then.HOLD)


def _temperature(settings: TemperatureRule) -> Rule:
    limit, good = settings.limit_celsius, settings.good_celsius
    return Rule(
        HostQuantity.TEMPERATURE,
        limit=limit,
        good=limit - _MARGIN if good is None else good,
        least=False,
        subject="sensor {name} of this computer",
        says="has {value} °C, the limit is {limit} °C",
        remedy="Check its fan and where its air goes in; it is good again at {good} °C",
        pattern=settings.sensor,
        after_seconds=settings.after_seconds,
        then=Then(settings.then),
    )


def _disk_life(settings: DiskLifeSection) -> Rule:
    return Rule(
        HostQuantity.DISK_LIFE,
        limit=settings.limit_percent,
        good=settings.limit_percent,
        least=True,
        subject="disk {name} of this computer",
        says="has {value} % of its life left, the limit is {limit} %",
        remedy="Back the audit up and have the disk replaced",
        after_seconds=settings.after_seconds,
        then=Then(settings.then),
    )


def _yes_or_no(quantity: HostQuantity, subject: str, says: str, remedy: str) -> Rule:
    """Return a rule for a value that is 1 when all is well, else 0."""
    one = Decimal(1)
    return Rule(
        quantity, limit=one, good=one, least=True, subject=subject, says=says, remedy=remedy
    )


_POWER = _yes_or_no(
    HostQuantity.POWER_INPUT,
    "power input {name} of this computer",
    "has no power",
    "Check its supply, fuse and cable",
)
_CLOCK = _yes_or_no(
    HostQuantity.CLOCK_SYNCHRONISED,
    "the clock of this computer",
    "is not kept by a time server",
    "Start its time service, or ask the administrator of the network",
)
_WATCHDOG = _yes_or_no(
    HostQuantity.WATCHDOG,
    "the hardware watchdog of this computer",
    "is not armed",
    "Arm it in the portal of this computer",
)
