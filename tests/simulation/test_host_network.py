"""Many pretend hosts in one process, on a clock that jumps."""

from datetime import UTC, datetime, timedelta

import anyio
import pytest
from pydantic import SecretStr

from orchestrator.domain.errors import Unreachable
from orchestrator.simulation import virtual_loop
from orchestrator.simulation.host_network import HostNetwork
from orchestrator.simulation.hosts import plain_hosts
from orchestrator.simulation.virtual_loop import VirtualLoop
from orchestrator.systems.advantech_portal.auth import Account
from orchestrator.systems.advantech_portal.client import AdvantechHost, HostEvent, StreamLost
from orchestrator.systems.advantech_portal.simulator import Fault
from orchestrator.transport.serving import World

ENGINEER = Account("engineer", SecretStr("Engineer-1"))
BEGINNING = datetime(2026, 11, 21, tzinfo=UTC)


class LoopClock:
    """The time of a virtual loop."""

    def __init__(self, loop: VirtualLoop) -> None:
        self._loop = loop

    def now(self) -> datetime:
        """Return wall time."""
        return BEGINNING + timedelta(seconds=self._loop.time())

    def monotonic(self) -> float:
        """Return the seconds."""
        return self._loop.time()


def client(network: HostNetwork, index: int, clock: LoopClock) -> AdvantechHost:
    """Return a client of a host, at the address that it has now."""
    url = f"https://{network.hosts[index].address}"
    return AdvantechHost(
        url,
        context=None,
        account=ENGINEER,
        transport=network.transport(url),
        sockets=network.open_socket,
        clock=clock,
    )


def test_fifty_hosts_tell_half_a_minute_of_events_each() -> None:
    """Side by side, with breaks, and every event of the second once."""
    cut = Fault("cut", calls=("stream_hw_monitor",), seconds=9)

    async def follow(host: AdvantechHost, seen: list[int], breaks: list[int]) -> None:
        async with host, host.stream_hw_monitor() as stream:
            async for news in stream:
                if isinstance(news, HostEvent) and not news.asked:
                    seen.append(int(news.id.partition("-")[2]))
                breaks[0] += isinstance(news, StreamLost)
                if len(seen) == 30:
                    return

    async def main(loop: VirtualLoop) -> list[list[int]]:
        clock = LoopClock(loop)
        specs = plain_hosts(50, faults=(cut,), event_periods=(("hwmon", 1.0),))
        network = HostNetwork(specs, World(clock))
        seen: list[list[int]] = [[] for _ in specs]
        breaks = [0]
        async with anyio.create_task_group() as tasks:
            for index in range(50):
                tasks.start_soon(follow, client(network, index, clock), seen[index], breaks)
        assert breaks[0] >= 100
        assert loop.time() < 60
        return seen

    assert virtual_loop.run(main) == [list(range(1, 31))] * 50


def test_a_host_is_reached_where_it_is_now() -> None:
    """Nobody answers at the address that it had before; sockets find it too."""

    async def main(loop: VirtualLoop) -> None:
        clock = LoopClock(loop)
        network = HostNetwork(plain_hosts(2, dhcp_address="127.0.36.77"), World(clock))
        async with client(network, 0, clock) as host, client(network, 1, clock) as other:
            await host.enable_dhcp((await host.list_interfaces())[0].ifIndex)
            await anyio.lowlevel.checkpoint()
            loop_end = loop.time() + 1
            while loop.time() < loop_end:
                await other.get_host_info()
                await network.hosts[0].world.sleep(0.5)
            with pytest.raises(Unreachable):
                await host.get_host_info()
            async with client(network, 0, clock) as moved:
                assert (await moved.get_profile()).root["system:ip"] == "127.0.36.77"
                async with await moved.open_terminal() as shell:
                    await shell.read_until(b"# ", 5)

    virtual_loop.run(main)
