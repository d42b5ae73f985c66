"""The hardware watchdog: restarts a host that does not feed it in time."""

from orchestrator.systems.advantech_portal.simulator.catalogue import WatchdogKind
from orchestrator.systems.advantech_portal.simulator.part import Report
from orchestrator.systems.advantech_portal.simulator.refusals import WATCHDOG_RANGE, Refused
from orchestrator.systems.advantech_portal.simulator.spec import HostSpec


class Watchdog:
    """The watchdog of one host; `kind` is None when it has none."""

    def __init__(self, spec: HostSpec, report: Report) -> None:
        self._spec = spec
        self._report = report
        self.kind: WatchdogKind | None = spec.kind.watchdog if spec.has("watchdog") else None
        self.enabled = False
        self.seconds = self.kind.seconds if self.kind else 0
        self._fed_at = 0.0

    def start_up(self, at: float) -> None:
        """Take the state after power-on at `at`, when the host runs again."""
        self.enabled = self.enabled and self._spec.watchdog_stays_armed
        self._fed_at = at

    def arm(self, enabled: bool, seconds: int | None, at: float) -> None:
        """Switch it, and set its time. Raises Refused beyond the limits."""
        if seconds is not None:
            self.set_seconds(seconds, at)
        self.enabled = enabled
        self._fed_at = at
        self._report("watchdog", enabled=enabled, seconds=self.seconds)

    def set_seconds(self, seconds: int, at: float) -> None:
        """Set its time, which feeds it. Raises Refused beyond the limits."""
        assert self.kind is not None
        if not self.kind.least_seconds <= seconds <= self.kind.most_seconds:
            raise Refused(WATCHDOG_RANGE)
        self.seconds = seconds
        self._fed_at = at
        self._report("watchdog_timeout", seconds=seconds)

    def due(self, frozen_since: float | None) -> float | None:
        """Return the moment at which it restarts the host, None when it will not."""
        if not self.enabled:
            return None
        if not self._spec.watchdog_fed_by_agent:
            return self._fed_at + self.seconds
        return None if frozen_since is None else frozen_since + self.seconds

    def shown(self) -> dict[str, object]:
        """Return it as the wire shows it."""
        assert self.kind is not None
        return {
            "enabled": self.enabled,
            "type": f"{self.kind.chip} Watchdog",
            "timeoutInSeconds": self.seconds,
            "timeoutMaxInSeconds": self.kind.most_seconds,
            "timeoutMinInSeconds": self.kind.least_seconds,
        }
