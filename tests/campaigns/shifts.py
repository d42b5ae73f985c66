"""What all campaigns with a real daemon share: a life to be ended, a drain, a judgement."""

import time
from dataclasses import dataclass, field

from tests.campaigns.judge import OPEN_RUNS, ask, judge
from tests.campaigns.results import Result
from tests.campaigns.rig import Daemon, Operator, Place
from tests.patience import PATIENCE_SECONDS

KILLED = -9
BY_SIGTERM = 143
TICK_SECONDS = 0.05


@dataclass
class Shift:
    """A station with its operator over many lives of the daemon, and what it came to."""

    place: Place
    result: Result
    operator: Operator = field(init=False)
    _judged_violations: int = 0

    def __post_init__(self) -> None:
        self.operator = Operator(self.place.rack)

    def attend(self, daemon: Daemon, seconds: float, *, swap: bool = True) -> None:
        """Let the operator work for so long, or until the daemon ends."""
        deadline = time.monotonic() + seconds
        while daemon.ended is None and time.monotonic() < deadline:
            self.operator.attend(daemon, swap=swap)
            daemon.until(lambda: daemon.ended is not None, TICK_SECONDS)

    def begin(self, daemon: Daemon) -> None:
        """Let the operator work until a board has passed and the line stands no longer."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        passed = self._passes(daemon)
        # A board whose end was found on the disk may pass before the line goes on.
        while (self._passes(daemon) == passed or daemon.stands) and time.monotonic() < deadline:
            self.attend(daemon, 2 * TICK_SECONDS)
            if daemon.ended is not None:
                return

    @staticmethod
    def _passes(daemon: Daemon) -> int:
        return sum(line.get("state") == "PASS" for line in daemon.lines)

    def drain(self) -> Daemon:
        """Start a daemon that nobody disturbs, let every board come to its end, and stop it."""
        left = {row[0] for row in self._open_runs()}
        daemon = Daemon(self.place)
        deadline = time.monotonic() + PATIENCE_SECONDS
        while daemon.ended is None and time.monotonic() < deadline:
            self.operator.attend(daemon, swap=False)
            if left and not left & {row[0] for row in self._open_runs()}:
                self.result.recovered(daemon.seconds)
                left = set()
            if self.operator.all_done(daemon):
                break
            daemon.until(lambda: daemon.ended is not None, TICK_SECONDS)
        self._end(daemon)
        return daemon

    def end(self, daemon: Daemon) -> None:
        """Let every board of a running daemon come to its end, and stop it."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not self.operator.all_done(daemon) and time.monotonic() < deadline:
            self.attend(daemon, TICK_SECONDS, swap=False)
            if daemon.ended is not None:
                break
        self._end(daemon)

    def _end(self, daemon: Daemon) -> None:
        if daemon.ended is not None:
            said = " ".join(daemon.said)[-300:]
            self.result.blame(f"life {self.place.lives} ended with {daemon.ended}: {said}")
            return
        if not self.operator.all_done(daemon):
            self.result.stuck_runs += 1
            self.result.blame(f"life {self.place.lives}: not done in time: {daemon.states}")
        code = daemon.terminate()
        if code != BY_SIGTERM:
            self.result.blame(f"life {self.place.lives}: SIGTERM ended it with {code}")

    def _open_runs(self) -> list[tuple[str]]:
        if self.place.database.startswith("sqlite") and not (self.place.data / "audit.db").exists():
            return []
        try:
            return ask(self.place.database, OPEN_RUNS)  # type: ignore[return-value]  # one column
        except Exception:  # noqa: BLE001  # the tables may not be there yet, or the server is away
            return []

    def judge(self, trials: int, *, auditor: bool = True) -> bool:
        """Judge what is there now; the last `trials` survived when nothing new is wrong."""
        before = self.result.violations
        found = judge(self.place, auditor=auditor)
        clean = not found.violations and before == self._judged_violations
        result = self.result
        # The judge looks at the whole history each time: figures replace, faults add.
        result.acknowledged = found.acknowledged
        result.irreversible = found.locks
        result.acknowledged_lost = len(found.acknowledged_lost)
        result.doubled = len(found.doubled)
        result.recorded_not_done = len(found.recorded_not_done)
        result.skipped_as_passed = len(found.skipped_as_passed)
        if found.open_runs:
            result.stuck_runs += len(found.open_runs)
        for sentence in found.violations:
            result.blame(sentence)
        for outcome, count in found.outcomes.items():
            result.faults[f"runs {outcome}"] = count
        self._judged_violations = result.violations
        if clean:
            result.survived += trials
        return clean

    def count_faults(self) -> None:
        """Count what the rack did to the requests for good."""
        for line in self.place.rack.happened():
            if line["what"] == "request" and line["detail"]["fate"]:
                self.result.faults[f"request: {line['detail']['fate']}"] += 1
        self.result.faults["boards"] = self.operator.boards
