"""Buttons and switches that hang on the station's host: start, and a fixture that must be shut.

A start is the moment in which a button goes down while the station sees it; one that was down
before, or while the host was silent, starts nothing. An open fixture ends no run, it lets none
begin.
"""

from collections.abc import Callable, Sequence

from orchestrator.domain.host import HostContact, HostInput
from orchestrator.station.clock_watch import Note
from orchestrator.station.line import FIXTURE, Line
from orchestrator.station.settings_host import InputSection


class Inputs:
    """The present state of all inputs, and what follows from it."""

    def __init__(
        self,
        inputs: Sequence[InputSection],
        *,
        line: Line,
        note: Note,
        tell: Callable[[str], None],
    ) -> None:
        self._inputs = {each.name: each for each in inputs}
        self._switches = [each.name for each in inputs if each.means == "fixture_closed"]
        self._line = line
        self._note = note
        self._tell = tell
        self._missing: list[str] = []
        self._closed: dict[str, bool] = {}
        self._noted: dict[str, bool] = {}

    def hear(self, news: HostInput | HostContact) -> InputSection | None:
        """Take what came from the host; return the start button that was just pressed."""
        if isinstance(news, HostContact):
            if news.answers:
                self._look_for_missing()
            else:
                self._forget_buttons()
            return None
        known = self._inputs.get(news.name)
        if known is None:
            return None
        before = self._closed.get(news.name)
        self._closed[news.name] = news.closed
        if known.means == "fixture_closed":
            self._apply()
            return None
        return known if before is False and news.closed else None

    def look(self) -> None:
        """Note what became of the switches, at most once per call: call it every second."""
        for name, closed in self._closed.items():
            if name not in self._switches or self._noted.get(name) is closed:
                continue
            self._noted[name] = closed
            self._note("fixture_switch", {"name": name, "closed": closed})

    def _forget_buttons(self) -> None:
        for name in [name for name in self._closed if name not in self._switches]:
            del self._closed[name]

    def _look_for_missing(self) -> None:
        """Tell which pins the host does not have: all that it has were told before."""
        missing = [name for name in self._inputs if name not in self._closed]
        if missing != self._missing and missing:
            self._tell(
                f"This computer has no pin for {', '.join(missing)}. Correct `station.host.input`"
            )
        self._missing = missing
        self._apply()

    def _apply(self) -> None:
        unread = [name for name in self._switches if name in self._missing]
        is_open = [name for name in self._switches if self._closed.get(name) is False]
        if unread:
            sentence = f"No run begins: the switch {', '.join(unread)} cannot be read. Correct "
            self._line.close(FIXTURE, f"{sentence}`station.host.input`")
        elif is_open:
            which = f" ({', '.join(is_open)})" if len(self._switches) > 1 else ""
            self._line.close(FIXTURE, f"Close the fixture{which}. No run begins while it is open")
        else:
            self._line.open(FIXTURE)
