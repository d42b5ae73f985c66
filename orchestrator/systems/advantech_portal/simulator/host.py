"""One simulated host: its parts, its clock, its restarts and the truth it reports.

It knows nothing of HTTP or sockets. The handlers ask and change it; whoever carries its link
watches `link_up` through `watchers`. Nothing runs by itself: what is due happens, at its own
moment, as soon as somebody looks (`settle`).
"""

import heapq
from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta
from itertools import count
from typing import Any

from orchestrator.systems.advantech_portal.simulator.accounts import Accounts
from orchestrator.systems.advantech_portal.simulator.desktop import Desktops
from orchestrator.systems.advantech_portal.simulator.disks import Disks
from orchestrator.systems.advantech_portal.simulator.edgehub import EdgeHub
from orchestrator.systems.advantech_portal.simulator.etp import Etp
from orchestrator.systems.advantech_portal.simulator.events import Timeline
from orchestrator.systems.advantech_portal.simulator.network import Network
from orchestrator.systems.advantech_portal.simulator.panel import Panel
from orchestrator.systems.advantech_portal.simulator.pins import Pins
from orchestrator.systems.advantech_portal.simulator.refusals import LinkDropped, RefusalRow
from orchestrator.systems.advantech_portal.simulator.sensors import Load, Sensors
from orchestrator.systems.advantech_portal.simulator.software import Software
from orchestrator.systems.advantech_portal.simulator.spec import HostSpec
from orchestrator.systems.advantech_portal.simulator.watchdog import Watchdog
from orchestrator.transport.serving import Happening, World
from orchestrator.transport.serving.schedule import FaultPlan

Action = Callable[[], None]


class SimulatedHost:
    """A host as it is now. Times come from `world.clock`, changes go to `world.report`.

    `applied` counts what was really done, by its name; `requests` counts what was asked, by row.
    """

    def __init__(self, spec: HostSpec, world: World | None = None) -> None:
        self.spec = spec
        self.world = world or World()
        self.serial = spec.serial
        self.faults = FaultPlan(spec.faults, f"host/{spec.seed}/{spec.index}")
        self.applied: Counter[str] = Counter()
        self.requests: Counter[str] = Counter()
        self.watchers: list[Callable[[], None]] = []
        self.boot_count = spec.boot_count
        self.link_losses = 0
        self.switched_on = True
        self.plugged = True
        self.frozen_since: float | None = None
        self._first = self.world.clock.monotonic()
        self._moment: float | None = None
        self._agenda: list[tuple[float, int, Action]] = []
        self._turn = count()
        self._boot = 1
        self._booted_at = 0.0
        self._up_before = spec.uptime_seconds

        self.accounts = Accounts(spec, self.report, self.now, self.wall)
        self.desktops = Desktops(spec, self.now)
        self.disks = Disks(spec)
        self.edgehub = EdgeHub(spec, self.report, self.now)
        self.etp = Etp(spec, self.report)
        self.load = Load(spec)
        self.network = Network(spec, self.report, self._link_changed)
        self.panel = Panel(spec, self.report)
        self.pins = Pins(spec, self.report)
        self.sensors = Sensors(spec)
        self.software = Software(spec, self.report)
        self.watchdog = Watchdog(spec, self.report)
        self.events = Timeline(spec, self._present)
        self._start_programs(0.0)

    # Time ---------------------------------------------------------------------------------------

    def now(self) -> float:
        """Return the seconds since the host was first switched on."""
        if self._moment is not None:
            return self._moment
        return self.world.clock.monotonic() - self._first

    def wall(self) -> datetime:
        """Return what the host's own clock shows, UTC."""
        return self.world.clock.now() + timedelta(seconds=self.spec.clock_offset_seconds)

    @property
    def uptime_seconds(self) -> int:
        """Whole seconds since the operating system has started."""
        return max(0, int(self.now() - self._booted_at + self._up_before))

    def soon(self, seconds: float, action: Action) -> None:
        """Let `action` happen after some time, unless the host restarts before."""
        heapq.heappush(self._agenda, (self.now() + seconds, next(self._turn), action))
        self._tell_watchers()

    def settle(self) -> None:
        """Let everything happen that is due, each thing at its own moment."""
        present = self.now()
        while True:
            due = self.next_moment()
            if due is None or due > present or self._moment is not None:
                return
            self._moment = due
            try:
                self._happen(due)
            finally:
                self._moment = None

    def next_moment(self) -> float | None:
        """Return when the next thing happens by itself, None when nothing is planned."""
        if not self.switched_on:
            return None
        moments = [self._agenda[0][0]] if self._agenda and self.frozen_since is None else []
        bites = self.watchdog.due(self.frozen_since)
        if bites is not None:
            moments.append(max(bites, self._booted_at))
        return min(moments, default=None)

    # Link ---------------------------------------------------------------------------------------

    @property
    def seconds_until_up(self) -> float:
        """How long the host still starts up, 0 when it runs."""
        return max(0.0, self._booted_at - self.now())

    @property
    def link_up(self) -> bool:
        """True when a request would reach the host, frozen or not."""
        self.settle()
        return self.switched_on and self.plugged and self.seconds_until_up == 0

    @property
    def address(self) -> str:
        """The address over which it is managed now."""
        self.settle()
        return self.network.managed.address

    def expect(self, losses: int) -> None:
        """Raise LinkDropped when the link was lost since `link_losses` was `losses`."""
        if not self.link_up or self.link_losses != losses:
            raise LinkDropped("the host went down meanwhile")

    async def spend(self, seconds: float) -> None:
        """Let time pass. Raises LinkDropped when the link was lost meanwhile.

        What happens late, behind a broken link, takes no further time.
        """
        losses = self.link_losses
        if self._moment is not None:
            return
        if seconds > 0:
            await self.world.sleep(seconds)
        self.expect(losses)

    def unplug(self) -> None:
        """Pull the network cable."""
        self.plugged = False
        self._link_changed()

    def plug(self) -> None:
        """Put the network cable back."""
        self.plugged = True
        self._link_changed()

    # Power --------------------------------------------------------------------------------------

    def reboot(self, why: str = "asked") -> None:
        """Go down now and be up again, started anew, after the boot time."""
        self._go_down()
        self._go_up(why)
        self._link_changed()

    def shut_down(self) -> None:
        """Go down until somebody switches the host on."""
        self._go_down()
        self.switched_on = False
        self.report("shut_down")
        self._link_changed()

    def cut_power(self) -> None:
        """Lose the power until somebody switches the host on."""
        self._go_down()
        self.switched_on = False
        self.report("power_cut")
        self._link_changed()

    def switch_on(self) -> None:
        """Switch a host on that is off; nothing happens to one that runs."""
        if not self.switched_on:
            self.switched_on = True
            self._go_up("switched on")
            self._link_changed()

    def freeze(self) -> None:
        """Stop answering, with the link up: only a watchdog or a hand helps."""
        if self.frozen_since is None:
            self.frozen_since = self.now()
            self.report("frozen")
            self._tell_watchers()

    def set_power_input(self, number: int, powered: bool) -> None:
        """Give power input 1 or 2 its power, or take it. Without any the host goes down."""
        self.settle()
        if self.spec.has("redundant_power"):
            self.events.freeze(self.now(), "pwrstatus")
        self.panel.power_inputs[number - 1] = powered
        self.report("power_input", number=number, powered=powered)
        if self.spec.has("redundant_power"):
            self.events.push(self.now(), "pwrstatus", self.panel.power())
        if not any(self.panel.power_inputs) and self.switched_on:
            self.cut_power()

    def trap(self, data: object) -> None:
        """Receive an SNMP trap, which goes to the combined stream."""
        self.settle()
        self.events.push(self.now(), "snmptrap", data)

    # Truth --------------------------------------------------------------------------------------

    def report(self, what: str, **detail: object) -> None:
        """Tell the world that something really happened on this host."""
        self.applied[what] += 1
        at = self.world.clock.now()
        if self._moment is not None:
            at -= timedelta(seconds=self.world.clock.monotonic() - self._first - self._moment)
        self.world.report(Happening(at, self.serial, what, detail))

    def refusal(self, row: RefusalRow) -> RefusalRow:
        """Return how this host really says it: `row`, or what its spec replaces it with."""
        return next((own for own in self.spec.refusals if own.name == row.name), row)

    def _present(self, name: str, at: float) -> Any:
        match name:
            case "diskdrives":
                return self.disks.disks(at)
            case "hwmon":
                return self.sensors.monitor(at)
            case "netifaces":
                return self.network.shown(at)
            case "processes":
                return self.software.shown_processes(at)
            case "pwrstatus":
                return self.panel.power()
        return self.load.perf(at)

    def _happen(self, due: float) -> None:
        if self._agenda and self._agenda[0][0] <= due and self.frozen_since is None:
            heapq.heappop(self._agenda)[2]()
        else:
            self.report("watchdog_bit", seconds=self.watchdog.seconds)
            self.reboot("watchdog")

    def _go_down(self) -> None:
        self._agenda.clear()
        self.frozen_since = None
        self._up_before = 0.0

    def _go_up(self, why: str) -> None:
        self.boot_count += 1
        self._boot += 1
        self._booted_at = self.now() + self.spec.boot_seconds
        for part in (self.accounts, self.panel, self.pins):
            part.start_up()
        self.disks.starts += 1
        self.edgehub.start_up(self._booted_at)
        self.watchdog.start_up(self._booted_at)
        self.desktops.forget()
        self._start_programs(self._booted_at)
        self.report("rebooted", why=why)

    def _start_programs(self, at: float) -> None:
        self.software.start_up(at)
        self.events.begin(at, self._boot)
        for service in self.software.services.values():
            seconds, name = service.start.dies_after_seconds, service.start.name
            if seconds:
                action = self._death(name)
                heapq.heappush(self._agenda, (at + seconds, next(self._turn), action))

    def _death(self, name: str) -> Action:
        return lambda: self.software.die(name)

    def _link_changed(self) -> None:
        self.link_losses += 1
        self._tell_watchers()

    def _tell_watchers(self) -> None:
        for watcher in list(self.watchers):
            watcher()
