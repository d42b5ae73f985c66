"""One simulated board: its state, its locks, its restarts and the truth it reports.

It knows nothing of HTTP or sockets. The handlers ask and change it; whoever carries its link
(the rack's listener) watches `link_up` through `watchers`.
"""

from collections import Counter
from collections.abc import Callable

from orchestrator.systems.azure_sphere_device import models
from orchestrator.systems.azure_sphere_device.simulator.packages import (
    Keystore,
    Package,
    read_package,
    sample_keystore,
)
from orchestrator.systems.azure_sphere_device.simulator.refusals import LinkDropped
from orchestrator.systems.azure_sphere_device.simulator.spec import BoardSpec, Fault
from orchestrator.systems.azure_sphere_device.simulator.storage import Storage
from orchestrator.systems.azure_sphere_device.simulator.world import Happening, World

DEVELOPMENT, RF_TEST, FIELD_SERVICING = 11, 12, 13
_ORDER: tuple[models.ManufacturingStateName, ...] = ("Blank", "Module1Complete", "DeviceComplete")
DEVICE_COMPLETE: models.ManufacturingStateName = "DeviceComplete"


class FaultPlan:
    """The faults of one board with the count of how often each has met its calls."""

    def __init__(self, faults: tuple[Fault, ...]) -> None:
        self._met: list[tuple[Fault, Counter[str]]] = [(fault, Counter()) for fault in faults]

    def add(self, fault: Fault) -> None:
        """Let `fault` strike from now on."""
        self._met.append((fault, Counter()))

    def clear(self) -> None:
        """Let the board behave from now on."""
        self._met.clear()

    def strike(self, call: str) -> Fault | None:
        """Return the fault that strikes this request to `call`, None when it may pass."""
        for fault, met in self._met:
            if fault.calls and call not in fault.calls:
                continue
            met["requests"] += 1
            turn = met["requests"] - fault.skip
            if turn >= 1 and (fault.times == 0 or turn <= fault.times):
                return fault
        return None


class SimulatedBoard:
    """A board as it is now. Times come from `world.clock`, changes go to `world.report`."""

    def __init__(
        self, spec: BoardSpec, world: World | None = None, trusted: Keystore | None = None
    ) -> None:
        self.spec = spec
        self.world = world or World()
        self.trusted = trusted or sample_keystore()
        self.device_id = spec.identity
        self.api_version = spec.api_version or spec.release.api_version
        self.state: models.ManufacturingStateName = spec.manufacturing_state
        self.own_capabilities = set(spec.capabilities)
        self.wifi_networks = list(spec.wifi_networks)
        self.wifi_up = spec.wifi_up
        self.storage = Storage(spec)
        self.faults = FaultPlan(spec.faults)
        self.requests: Counter[str] = Counter()
        self.attached = True
        self.link_losses = 0
        self.watchers: list[Callable[[], None]] = []
        now = self.world.clock.monotonic()
        self._booted_at = now - spec.uptime_seconds
        self._update_ends_at = now + spec.update_seconds

    @property
    def seconds_until_up(self) -> float:
        """How long this board still starts up, 0 when it runs."""
        return max(0.0, self._booted_at - self.world.clock.monotonic())

    @property
    def link_up(self) -> bool:
        """True when a request would reach the board."""
        return self.attached and not self.spec.unreachable and self.seconds_until_up == 0

    @property
    def uptime_seconds(self) -> int:
        """Whole seconds since the board has started."""
        return max(0, int(self.world.clock.monotonic() - self._booted_at))

    @property
    def update_running(self) -> bool:
        """True while an over-the-air update keeps everybody else from the flash."""
        return self.world.clock.monotonic() < self._update_ends_at

    @property
    def capabilities(self) -> list[int]:
        """The capability numbers as the board lists them: a blank one always shows RF test."""
        default = {RF_TEST} if self.state == "Blank" else set()
        return sorted(self.own_capabilities | default)

    @property
    def locked(self) -> bool:
        """True when the calls of authorizer `rest` are closed."""
        reopened = self.own_capabilities & {DEVELOPMENT, FIELD_SERVICING}
        return self.state == DEVICE_COMPLETE and not reopened

    @property
    def may_develop(self) -> bool:
        """True when applications may be developed on the board (capability 11)."""
        return DEVELOPMENT in self.own_capabilities

    def since(self, version: str) -> bool:
        """Tell whether this board's API has what came with `version`."""
        return not version or as_numbers(self.api_version) >= as_numbers(version)

    def set_state(self, target: models.ManufacturingStateName) -> bool:
        """Move forward to `target`; False when that would be a step back or is forbidden."""
        steps = _ORDER.index(target) - _ORDER.index(self.state) if self.state in _ORDER else -1
        if steps < 0 or (steps > 1 and not self.spec.direct_device_complete):
            return False
        if steps > 0:
            before, self.state = self.state, target
            self.report("manufacturing_state", **{"from": before, "to": target})
        return True

    def read_package(self, content: bytes) -> Package:
        """Return the facts of a package by this board's keystore. Raises Refused."""
        return read_package(content, self.trusted)

    async def spend(self, seconds: float) -> None:
        """Let the board's time pass. Raises LinkDropped when it went down meanwhile."""
        losses = self.link_losses
        if seconds:
            await self.world.sleep(seconds)
        if self.link_losses != losses or not self.link_up:
            raise LinkDropped("the board went down meanwhile")

    def reboot(self, why: str) -> None:
        """Go down now and be up again, started anew, after the boot time."""
        self._start_up()
        self.report("restart", why=why)
        self._link_changed()

    def attach(self) -> None:
        """Plug the board in: it gets power and starts."""
        self.attached = True
        self._start_up()
        self.report("attached", slot_path=self.spec.slot_path)
        self._link_changed()

    def detach(self) -> None:
        """Pull the board out."""
        self.attached = False
        self.report("detached", slot_path=self.spec.slot_path)
        self._link_changed()

    def report(self, what: str, **detail: object) -> None:
        """Tell the world that something really happened on this board."""
        now = self.world.clock.now()
        self.world.report(Happening(now, self.device_id, what, detail))

    def _start_up(self) -> None:
        self._booted_at = self.world.clock.monotonic() + self.spec.boot_seconds
        self.storage.boot()

    def _link_changed(self) -> None:
        self.link_losses += 1
        for watcher in list(self.watchers):
            watcher()


def as_numbers(version: str) -> tuple[int, ...]:
    """Return a dotted version as numbers that compare: `4.10.0` is newer than `4.9.0`."""
    return tuple(int(part) for part in version.split("."))
