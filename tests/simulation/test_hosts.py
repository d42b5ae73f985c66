"""Pretend hosts on real sockets: TLS, streams, WebSockets, restarts and addresses that move."""

import json
import socket
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import anyio
import pytest
from pydantic import SecretStr

from orchestrator.domain.errors import ConnectionLost, StationFault, Unreachable, UntrustedPeer
from orchestrator.simulation.hosts import Hosts, plain_hosts, run_hosts
from orchestrator.systems.advantech_portal import models
from orchestrator.systems.advantech_portal.auth import Account
from orchestrator.systems.advantech_portal.client import (
    AdvantechHost,
    HostEvent,
    HostStream,
    StreamLost,
    StreamOpened,
)
from orchestrator.systems.advantech_portal.fixture import HostFixture
from orchestrator.systems.advantech_portal.simulator import Fault
from orchestrator.transport.retry import RetryPolicy
from orchestrator.transport.sse import StreamPolicy
from orchestrator.transport.tls import fingerprint_context, pinned_context
from tests.patience import PATIENCE_SECONDS

ENGINEER = Account("engineer", SecretStr("Engineer-1"))
QUICK = StreamPolicy(first_wait_seconds=0.01, longest_wait_seconds=0.05)
SHORT: dict[str, Any] = {
    "boot_seconds": 0.05,
    "restart_delay_seconds": 0.0,
    "network_apply_seconds": 0.0,
    "service_seconds": 0.0,
}


@asynccontextmanager
async def some(count: int = 1, address: str = "127.0.42.2", **members: Any) -> AsyncIterator[Hosts]:
    """Run quick hosts."""
    specs = plain_hosts(count, first_address=address, **(SHORT | members))
    async with run_hosts(specs) as hosts:
        yield hosts


def client(hosts: Hosts, index: int = 0, context: ssl.SSLContext | None = None) -> AdvantechHost:
    """Return a client of a host, which trusts the authority of all hosts."""
    return AdvantechHost(
        hosts.url(index),
        context=context or pinned_context(hosts.ca_file),
        account=ENGINEER,
        retry=RetryPolicy(attempts=1),
        streams=QUICK,
    )


async def answers(host: AdvantechHost) -> None:
    """Wait until a host can be reached."""
    with anyio.fail_after(PATIENCE_SECONDS):
        while True:
            try:
                await host.get_host_info(fresh=True)
            except Unreachable:
                await anyio.lowlevel.checkpoint()
            else:
                return


async def events(stream: HostStream, count: int) -> list[HostEvent]:
    """Return the next events that the stream itself brought."""
    found: list[HostEvent] = []
    with anyio.fail_after(PATIENCE_SECONDS):
        async for news in stream:
            if isinstance(news, HostEvent) and not news.asked:
                found.append(news)
            if len(found) == count:
                break
    return found


async def test_a_host_with_an_ipv6_address_is_worked_with_as_others() -> None:
    """Found, trusted by certificate and by fingerprint, signed in to, its terminal opened."""
    specs = plain_hosts(1, first_address="::1", **SHORT)
    if not _has_ipv6():
        # What is written into a URL is tested without it.
        with pytest.raises(StationFault, match="no address ::1"):
            async with run_hosts(specs):
                pass
        return
    async with run_hosts(specs) as hosts:
        await _work_with(hosts)


def _has_ipv6() -> bool:
    try:
        with socket.socket(socket.AF_INET6) as found:
            found.bind(("::1", 0))
    except OSError:
        return False
    return True


async def _work_with(hosts: Hosts) -> None:
    assert hosts.url() == f"https://[::1]:{hosts.https_port}"
    own = fingerprint_context([hosts.running[0].fingerprint])
    for context in (pinned_context(hosts.ca_file), own):
        fixture = HostFixture(
            hosts={"P1": f"[0::1]:{hosts.https_port}"}, accounts=(ENGINEER,), context=context
        )
        [attached] = await fixture.attached()
        async with fixture.connect(attached) as link:
            assert (await link.identity()).device_id == hosts.hosts[0].serial.lower()
            host = link.resources[AdvantechHost]
            assert isinstance(host, AdvantechHost)
            async with await host.open_terminal() as terminal:
                await terminal.send("echo over six\n")
                await terminal.read_until(b"over six\r\n", 10.0)


async def test_each_host_answers_at_its_address() -> None:
    """The ready line names address, serial number and fingerprint of each."""
    async with some(3) as hosts:
        told = json.loads(hosts.ready_line())
        assert [one["address"] for one in told["hosts"]] == [f"127.0.42.{k}" for k in (2, 3, 4)]
        for index, facts in enumerate(told["hosts"]):
            async with client(hosts, index) as host:
                info = await host.get_host_info()
            assert info.biosSerialNumber == facts["serial_number"]
        assert len({one["fingerprint"] for one in told["hosts"]}) == 3
        assert told["ca_file"] == str(hosts.ca_file)


async def test_a_self_signed_host_is_trusted_by_its_fingerprint_alone() -> None:
    """Neither the authority nor another host's fingerprint proves it."""
    async with some(2, self_signed=True) as hosts:
        prints = [str(one["fingerprint"]) for one in hosts.facts()]
        async with client(hosts) as host:
            with pytest.raises(UntrustedPeer):
                await host.get_host_info()
        async with client(hosts, 0, fingerprint_context([prints[1]])) as host:
            with pytest.raises(UntrustedPeer):
                await host.get_host_info()
        async with client(hosts, 0, fingerprint_context([prints[0]])) as host:
            assert (await host.get_host_info()).hostname == hosts.hosts[0].spec.name


async def test_a_stream_goes_on_after_a_break_without_loss() -> None:
    """Events that the host kept come after the break, each once."""
    cut = Fault("cut", calls=("stream_hw_monitor",), events=3)
    async with some(faults=(cut,), event_periods=(("hwmon", 0.02),)) as hosts:
        async with client(hosts) as host, host.stream_hw_monitor() as stream:
            found = await events(stream, 12)
        assert hosts.hosts[0].requests["stream_hw_monitor"] >= 4
    numbers = [int(one.id.partition("-")[2]) for one in found]
    assert numbers == list(range(numbers[0], numbers[0] + 12))


async def test_a_reader_that_leaves_ends_its_stream_on_the_host() -> None:
    """No request is left open behind it."""
    async with some(event_periods=(("hwmon", 0.02),)) as hosts, client(hosts) as host:
        async with host.stream_hw_monitor() as stream:
            await events(stream, 2)
        losses = hosts.hosts[0].link_losses
        assert (await host.get_connection()).enabled is False
        assert hosts.hosts[0].link_losses == losses


async def test_the_terminal_answers_a_command() -> None:
    """What it prints comes with control sequences, as it is."""
    async with some() as hosts, client(hosts) as host:
        assert (await host.get_terminal_info()).os == "linux"
        async with await host.open_terminal() as shell:
            greeting = await shell.read_until(b"# ", 5)
            assert b"\x1b[01;32mroot@" in greeting
            await shell.resize(models.TerminalSize(columns=80, rows=24))
            await shell.send("hostname\n")
            printed = await shell.read_until(b"# ", 5)
            assert hosts.hosts[0].spec.name.encode() in printed


async def greeted(host: AdvantechHost) -> None:
    """Open a terminal and wait for its prompt."""
    async with await host.open_terminal() as shell:
        await shell.read_until(b"# ", 5)


async def test_a_terminal_breaks_by_its_fault_and_nothing_is_logged(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """The link is cut, as a cable is; a refused token is an answer with a body."""
    fault = Fault("cut", calls=("open_terminal",), events=4, times=1)
    async with some(faults=(fault,)) as hosts, client(hosts) as host:
        with pytest.raises(ConnectionLost):
            await greeted(host)
        hosts.hosts[0].accounts.sessions.clear()
        async with await host.open_terminal() as shell:
            await shell.read_until(b"# ", 5)
            hosts.hosts[0].reboot()
            with pytest.raises(ConnectionLost):
                await shell.receive(5)
    assert not caplog.records


async def test_the_remote_desktop_speaks_first() -> None:
    """With the version of its protocol."""
    async with some() as hosts, client(hosts) as host:
        prepared = await host.create_remote_desktop()
        async with await host.open_remote_desktop(prepared) as desktop:
            assert await desktop.receive(5) == b"RFB 003.008\n"


async def test_hosts_may_be_given_other_addresses() -> None:
    """Whatever their specs say."""
    specs = plain_hosts(2, first_address="127.0.42.2")
    async with run_hosts(specs, first_address="127.0.48.2") as hosts:
        assert [one["address"] for one in hosts.facts()] == ["127.0.48.2", "127.0.48.3"]


async def test_a_restart_cuts_everything_and_the_host_comes_back() -> None:
    """Open streams break, nobody answers for a while, then the boot count is one more."""
    async with some(event_periods=(("hwmon", 0.02),)) as hosts, client(hosts) as host:
        before = (await host.get_host_info()).bootCount
        async with host.stream_hw_monitor() as stream:
            await events(stream, 1)
            await host.reboot()
            lost = 0
            with anyio.fail_after(PATIENCE_SECONDS):
                async for news in stream:
                    lost += isinstance(news, StreamLost)
                    if lost and isinstance(news, StreamOpened):
                        break
        after = (await host.get_host_info()).bootCount
    assert (before or 0) + 1 == after


async def test_a_new_address_is_where_the_host_answers() -> None:
    """It is told under the old one and applied after the answer."""
    async with some(address="127.0.43.2", dhcp_address="127.0.43.9") as hosts:
        async with client(hosts) as host:
            first = (await host.list_interfaces())[0].ifIndex
            await host.enable_dhcp(first)
            with anyio.fail_after(PATIENCE_SECONDS):
                while hosts.hosts[0].address != "127.0.43.9":
                    await anyio.lowlevel.checkpoint()
            with pytest.raises(Unreachable):
                await host.get_host_info(fresh=True)
        assert hosts.url().startswith("https://127.0.43.9:")
        async with client(hosts) as moved:
            with anyio.fail_after(PATIENCE_SECONDS):
                assert (await moved.get_profile()).root["system:ip"] == "127.0.43.9"


async def test_an_address_that_this_machine_has_not_leads_nowhere() -> None:
    """The host is out of reach, and the others go on."""
    setting = models.Ipv4Config(
        ipAddress="192.0.2.7",
        subnetMask="255.255.255.0",
        defaultGateway="192.0.2.1",
        primaryDNS="192.0.2.1",
    )
    async with some(2, address="127.0.44.2") as hosts, client(hosts) as host:
        first = (await host.list_interfaces())[0].ifIndex
        await host.set_ipv4_config(first, setting)
        with anyio.fail_after(PATIENCE_SECONDS):
            while hosts.hosts[0].address != "192.0.2.7":
                await anyio.lowlevel.checkpoint()
        with pytest.raises(Unreachable):
            await host.get_host_info(fresh=True)
        async with client(hosts, 1) as other:
            await other.get_host_info()


async def test_hosts_that_nobody_can_reach_end_with_the_others() -> None:
    """A host that is off when all end leaves nothing behind."""
    async with some(2) as hosts:
        hosts.hosts[0].cut_power()
        hosts.hosts[1].reboot()


async def test_a_host_that_is_off_refuses_until_somebody_switches_it_on() -> None:
    """As one whose cable is pulled does."""
    async with some() as hosts, client(hosts) as host:
        pretend = hosts.hosts[0]
        for away, back in (
            (pretend.cut_power, pretend.switch_on),
            (pretend.unplug, pretend.plug),
        ):
            away()
            with pytest.raises(Unreachable):
                await host.get_host_info(fresh=True)
            back()
            await answers(host)
