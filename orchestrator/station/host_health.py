"""Watches the health of the station's host: newest readings, broken rules, samples in the audit.

A broken rule warns people or lets no run begin; runs that have begun are none of its business, and
the host's silence is no more than another rule. Nothing here waits: news is heard and judged at
once, rows go to the audit through the journal.
"""

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal

from orchestrator.domain.clock import Clock
from orchestrator.domain.host import HostContact, HostQuantity, HostReading
from orchestrator.station.clock_watch import Note
from orchestrator.station.host_rules import Change, Judge, Then, rules_of
from orchestrator.station.line import AUDIT, HOST, Line
from orchestrator.station.settings_host import HostSection

FIRST_SECONDS = 10.0
"""How long the first readings are waited for before runs begin without them."""
MOST_KEPT = 256
"""The newest values of so many names are kept; those of further names are not."""


class HostHealth:
    """Judges one host for one station."""

    def __init__(
        self,
        settings: HostSection,
        *,
        line: Line,
        clock: Clock,
        note: Note,
        tell: Callable[[str], None],
    ) -> None:
        self._judge = Judge(rules_of(settings), settings.good_seconds)
        self._contact = settings.contact
        self._sample_seconds = settings.sample_seconds
        self._waits = (
            self._judge.holds
            or settings.contact.then == "hold"
            or any(each.means == "fixture_closed" for each in settings.input)
        )
        self._line = line
        self._clock = clock
        self._note = note
        self._tell = tell
        self._newest: dict[tuple[HostQuantity, str], Decimal] = {}
        self._heard = 0
        self._losses = 0
        self._sampled_at: float | None = None
        self._began_at = clock.monotonic()
        self._lost_at: float | None = self._began_at
        self._why = "it has not answered yet"
        self._met = False
        self._is_away = False
        self._apply()

    def hear(self, news: HostReading | HostContact) -> None:
        """Take what came from the host."""
        if isinstance(news, HostContact):
            self._hear_contact(news)
        else:
            self._hear_reading(news)
        self._apply()

    def look(self) -> None:
        """Let time pass: call it about once a second."""
        self._tell_changes(self._judge.look(self._clock.monotonic()))
        self._look_at_contact()
        self._sample()
        self._apply()

    @property
    def newest(self) -> Mapping[tuple[HostQuantity, str], Decimal]:
        """The newest value of each name."""
        return self._newest

    def _hear_reading(self, reading: HostReading) -> None:
        key = (reading.quantity, reading.name)
        if key in self._newest or len(self._newest) < MOST_KEPT:
            self._newest[key] = reading.value
        self._heard += 1
        self._tell_changes(self._judge.take(reading, self._clock.monotonic()))

    def _hear_contact(self, news: HostContact) -> None:
        if not news.answers:
            self._why = news.why
            if self._lost_at is None:
                self._lost_at = self._clock.monotonic()
                self._losses += 1
            return
        away = self._clock.monotonic() - (self._lost_at or 0.0)
        self._lost_at = None
        if self._is_away:
            self._is_away = False
            self._note("host_back", {"seconds": f"{away:.0f}"})
            self._tell(f"The portal of this computer answers again, after {away:.0f} s")
        if not self._met:
            self._met = True
            self._tell_unjudged()

    def _look_at_contact(self) -> None:
        since, limit = self._lost_at, self._contact.after_seconds
        if since is None or self._is_away or self._contact.then == "ignore":
            return
        if self._clock.monotonic() - since >= limit:
            self._is_away = True
            self._note("host_lost", {"then": self._contact.then, "why": self._why})
            self._tell(f"{self._absence}. Nothing says now how this computer is")

    @property
    def _absence(self) -> str:
        seconds = self._contact.after_seconds
        return f"The portal of this computer has not answered for {seconds:g} s: {self._why}"

    def _tell_changes(self, changes: Sequence[Change]) -> None:
        for change in changes:
            self._note(
                "host_rule",
                {
                    "quantity": change.rule.quantity.value,
                    "name": change.name,
                    "value": change.value,
                    "limit": change.rule.limit,
                    "then": change.rule.then.value,
                    "broken": change.broken,
                },
            )
            self._tell(_sentence(change))

    def _tell_unjudged(self) -> None:
        """Say which rules are about nothing that this host reports: they would never hold.

        Those that only warn of whatever there is are no mistake on a smaller host.
        """
        for rule in self._judge.unjudged:
            if rule.then is Then.WARN and rule.pattern == "*":
                continue
            quantity = rule.quantity.value
            self._note("host_unjudged", {"quantity": quantity, "pattern": rule.pattern})
            named = "" if rule.pattern == "*" else f" named {rule.pattern}"
            self._tell(
                f"This computer reports no {quantity.replace('_', ' ')}{named}: its rule is not "
                "judged. Correct it in `station.host`"
            )

    def _sample(self) -> None:
        """Record the newest values, not more often than set, and not what was recorded before."""
        now, last = self._clock.monotonic(), self._sampled_at
        if not self._heard or (last is not None and now - last < self._sample_seconds):
            return
        if AUDIT in self._line.reasons:
            # What waits for the audit then is worth more than a sample.
            return
        readings: dict[str, dict[str, Decimal]] = {}
        for (quantity, name), value in self._newest.items():
            readings.setdefault(quantity.value, {})[name] = value
        detail = {"readings": readings, "heard": self._heard, "losses": self._losses}
        self._note("host_sample", detail)
        self._sampled_at, self._heard, self._losses = now, 0, 0

    def _apply(self) -> None:
        """Close or open the line for what is true now."""
        sentence = self._why_hold()
        if sentence:
            self._line.close(HOST, sentence)
        else:
            self._line.open(HOST)

    def _why_hold(self) -> str:
        holding = [change for change in self._judge.broken if change.rule.then is Then.HOLD]
        if holding:
            more = f" (and {len(holding) - 1} more)" if len(holding) > 1 else ""
            first = holding[0]
            return f"No run begins: {first.what}{more}. {first.remedy}"
        if self._is_away and self._contact.then == "hold":
            return f"No run begins. {self._absence}. Check its services; the line goes on by itself"
        young = self._clock.monotonic() - self._began_at < FIRST_SECONDS
        if self._waits and young and not self._met:
            return "No run begins yet: waiting for the first readings of this computer"
        return ""


def _sentence(change: Change) -> str:
    says = f"{change.what}. {change.remedy}" if change.broken else f"{change.subject} is good again"
    return says[0].upper() + says[1:]
