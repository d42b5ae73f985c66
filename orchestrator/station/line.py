"""Whether this station may begin runs, and why not: the audit is lost, the disk is nearly full.

It only keeps the reasons; who closes and opens the line is `keeper`. Runs that are under way are
not its business: they end at their own next step boundary.
"""

from collections.abc import Callable, Mapping

AUDIT = "audit"
DISK = "disk"
HOST = "host"
FIXTURE = "fixture"
HOLD = "hold"


class Line:
    """The reasons why no run may begin, by their kind. Open while there is none."""

    def __init__(self) -> None:
        self._reasons: dict[str, str] = {}
        self.on_change: Callable[[], None] | None = None
        """Called after every change; set by the daemon, which wakes the slots."""

    @property
    def is_open(self) -> bool:
        """True while runs may begin."""
        return not self._reasons

    @property
    def reasons(self) -> Mapping[str, str]:
        """Every reason as a sentence, by its kind; as it is now."""
        return dict(self._reasons)

    @property
    def why(self) -> str:
        """The gravest reason as a sentence for the tiles, empty while the line is open."""
        return self._reasons.get(AUDIT) or next(iter(self._reasons.values()), "")

    def close(self, kind: str, sentence: str) -> bool:
        """Let no run begin because of `sentence`, until that kind of reason is taken back.

        Returns whether that changed anything.
        """
        if self._reasons.get(kind) == sentence:
            return False
        self._reasons[kind] = sentence
        self._changed()
        return True

    def open(self, kind: str) -> bool:
        """Take that kind of reason back; others stay. Returns whether that changed anything."""
        if self._reasons.pop(kind, None) is None:
            return False
        self._changed()
        return True

    def _changed(self) -> None:
        if self.on_change is not None:
            self.on_change()
