"""One simulated board: its state, its locks, its restarts and the truth it reports.

It knows nothing of HTTP or sockets. The handlers ask and change it; whoever carries its link
(the rack's listener) watches `link_up` through `watchers`.
"""

from collections import Counter
from collections.abc import Callable
from functools import lru_cache

from orchestrator.systems.azure_sphere_device import models
from orchestrator.systems.azure_sphere_device.simulator.blobs import Blobs
from orchestrator.systems.azure_sphere_device.simulator.certificates import CertificateStore
from orchestrator.systems.azure_sphere_device.simulator.network import WLAN, Network
from orchestrator.systems.azure_sphere_device.simulator.packages import (
    Keystore,
    Package,
    read_package,
    sample_keystore,
)
from orchestrator.systems.azure_sphere_device.simulator.refusals import LinkDropped, RefusalRow
from orchestrator.systems.azure_sphere_device.simulator.spec import BoardSpec
from orchestrator.systems.azure_sphere_device.simulator.storage import Storage
from orchestrator.systems.azure_sphere_device.simulator.wifi import Wifi
from orchestrator.systems.azure_sphere_device.simulator.world import Happening, World
from orchestrator.transport.serving.schedule import FaultPlan

DEVELOPMENT, RF_TEST, FIELD_SERVICING = 11, 12, 13
_ORDER: tuple[models.ManufacturingStateName, ...] = ("Blank", "Module1Complete", "DeviceComplete")
DEVICE_COMPLETE: models.ManufacturingStateName = "DeviceComplete"


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
        self.storage = Storage(spec)
        self.certificates = CertificateStore(spec)
        self.network = Network(spec, self.world, self.device_id)
        self.wifi = Wifi(spec, self.world, self.certificates, lambda: self.network.is_up(WLAN))
        self.blobs = _blobs(spec)
        self.faults = FaultPlan(spec.faults, f"{spec.seed}/{spec.slot_path}/{spec.generation}")
        self.requests: Counter[str] = Counter()
        self.peak_memory_bytes = 0
        self.attached = True
        self.link_losses = 0
        self.watchers: list[Callable[[], None]] = []
        now = self.world.clock.monotonic()
        self._booted_at = now - spec.uptime_seconds
        self._refusals = {row.name: row for row in spec.refusals}
        self._update_begins_at = now + spec.update_after_seconds

    @property
    def seconds_until_up(self) -> float:
        """How long this board still starts up, 0 when it runs."""
        return max(0.0, self._booted_at - self.world.clock.monotonic())

    @property
    def link_up(self) -> bool:
        """True when a request would reach the board."""
        is_up = self._booted_at <= self.world.clock.monotonic()
        return is_up and self.attached and not self.spec.unreachable

    @property
    def uptime_seconds(self) -> int:
        """Whole seconds since the board has started."""
        return max(0, int(self.world.clock.monotonic() - self._booted_at))

    @property
    def wifi_networks(self) -> list[str]:
        """The names of the configured Wi-Fi networks."""
        return [network.ssid for network in self.wifi.networks]

    @property
    def wifi_initialising(self) -> bool:
        """True while Wi-Fi calls are put off because the interface still starts."""
        since = self.world.clock.monotonic() - self._booted_at
        return since < self.spec.wifi_initialising_seconds

    @property
    def update_running(self) -> bool:
        """True while an over-the-air update keeps everybody else from the flash."""
        since = self.world.clock.monotonic() - self._update_begins_at
        return 0 <= since < self.spec.update_seconds

    @property
    def capabilities(self) -> list[int]:
        """The capability numbers as the board lists them; young boards always show RF test."""
        default = {RF_TEST} if self.state in self.spec.rf_test_states else set()
        return sorted(self.own_capabilities | default)

    def closes(self, call: str) -> bool:
        """Tell whether the lock closes a call of authorizer `rest` now."""
        if self.state != DEVICE_COMPLETE:
            return False
        if call == "set_manufacturing_state" and not self.spec.state_change_locked:
            return False
        reopened = self.own_capabilities & set(self.spec.reopening_capabilities)
        servicing_alone = reopened == {FIELD_SERVICING}
        return not reopened or (servicing_alone and call in self.spec.closed_to_servicing)

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
        else:
            self.report("manufacturing_state_again", to=target)
        return True

    def refusal(self, row: RefusalRow) -> RefusalRow:
        """Return how this board really says it: `row`, or what its spec replaces it with."""
        return self._refusals.get(row.name, row)

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

    def receive(self, call: str, fate: str) -> None:
        """Tell the world that a request for good arrived; `fate` is the fault that strikes it."""
        now = self.world.clock.now()
        detail = {"call": call, "fate": fate}
        self.world.received(Happening(now, self.device_id, "request", detail))

    def _start_up(self) -> None:
        self._booted_at = self.world.clock.monotonic() + self.spec.boot_seconds
        self.peak_memory_bytes = 0
        self.storage.boot()
        self.wifi.start_up(self.seconds_until_up)

    def _link_changed(self) -> None:
        self.link_losses += 1
        for watcher in list(self.watchers):
            watcher()


def _blobs(spec: BoardSpec) -> Blobs:
    recorded = spec.recorded
    log, report = (recorded.log, recorded.telemetry) if recorded else (None, None)
    return Blobs(spec.identity, spec.log_bytes, spec.telemetry_bytes, log, report)


@lru_cache(maxsize=256)
def as_numbers(version: str) -> tuple[int, ...]:
    """Return a dotted version as numbers that compare: `4.10.0` is newer than `4.9.0`."""
    return tuple(int(part) for part in version.split("."))
