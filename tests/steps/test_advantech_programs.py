"""What runs on edge computers: network, services, processes, the terminal, restarts."""

from decimal import Decimal
from time import process_time
from typing import Any

import anyio
import pytest

from orchestrator.systems.advantech_portal.client.terminal import TerminalMessage
from orchestrator.systems.advantech_portal.models import TerminalSize
from orchestrator.systems.advantech_portal.simulator import (
    Command,
    Fault,
    Port,
    ServiceAtStart,
)
from tests.steps.host_support import HostBench
from tests.steps.service_support import virtual

D = Decimal
FIXED = {
    "interface": "enp1s0",
    "address": "10.20.0.10/24",
    "gateway": "10.20.0.1",
    "dns": ["10.20.0.1", "10.20.0.2"],
}


class Silent:
    """A terminal that takes everything and says nothing."""

    closed = False

    async def send(self, text: str) -> None:
        """Take it."""

    async def resize(self, size: TerminalSize) -> None:
        """Be of any size."""

    async def receive(self, seconds: float) -> None:
        """Say nothing."""
        await anyio.sleep_forever()

    async def aclose(self) -> None:
        """Be closed."""
        self.closed = True


class Narrow(Silent):
    """A terminal that echoes what is typed, broken into lines of its width."""

    columns = 80
    echo = b""

    async def resize(self, size: TerminalSize) -> None:
        """Be as wide as that."""
        self.columns = size.columns

    async def send(self, text: str) -> None:
        """Take it and show it."""
        width = self.columns
        lines = [text[at : at + width] for at in range(0, len(text), width)]
        self.echo = "\r\n".join(lines).encode()

    async def receive(self, seconds: float) -> TerminalMessage:
        """Return the echo, then nothing more."""
        if not self.echo:
            await anyio.sleep_forever()
        echo, self.echo = self.echo, b""
        return TerminalMessage("1", output=echo)


class Talkative(Silent):
    """A terminal that writes without an end, a few bytes at a time."""

    async def receive(self, seconds: float) -> TerminalMessage:
        """Return some more."""
        return TerminalMessage("1", output=b"one more line that says nothing\r\n")


@virtual
async def test_a_fixed_address_is_set_and_waited_for() -> None:
    """It is applied a moment after the answer; once more changes nothing."""
    it = HostBench(ports=(Port("192.168.10.11"), Port()))
    seen = await it.run("set_network", **FIXED)
    assert seen.outcome == "PASS", seen.message
    assert seen.measured["changed"] == "true"
    assert "10.20.0.10/24" in seen.measured["addresses"]
    again = await it.run("set_network", **FIXED)
    assert (again.outcome, again.measured["changed"]) == ("PASS", "false")
    assert it.host.requests["set_ipv4_config"] == 1
    assert (await it.run("expect_network", connected=True, dhcp=False, **FIXED)).outcome == "PASS"


@virtual
async def test_dhcp_is_switched_on() -> None:
    """The address is whatever the network gives then."""
    it = HostBench(
        ports=(Port("192.168.10.11"), Port("10.1.1.1", gateway="10.1.1.254", dhcp=False))
    )
    seen = await it.run("set_network", interface="enp1s0", dhcp=True)
    assert seen.outcome == "PASS", seen.message
    assert (await it.run("expect_network", interface="enp1s0", dhcp=True)).outcome == "PASS"


@virtual
async def test_dhcp_is_ordered_where_the_host_does_not_say_whether_it_has_it() -> None:
    """What is not said is no reason to leave the interface as it is."""
    it = HostBench(
        ports=(Port("192.168.10.11"), Port("10.1.1.1", gateway="10.1.1.254", dhcp=False))
    )
    it.shown(dhcpEnabled=None)
    seen = await it.run("set_network", interface="enp1s0", dhcp=True)
    assert (seen.outcome, seen.measured["changed"]) == ("PASS", "true")
    assert it.host.requests["enable_dhcp"] == 1


@virtual
async def test_an_interface_that_could_be_another_is_not_set() -> None:
    """Two of one make share their description; names and ids are their own."""
    it = HostBench(ports=(Port("192.168.10.11"), Port()))
    it.shown(description="I210")
    seen = await it.run("set_network", **{**FIXED, "interface": "I210"})
    assert (seen.outcome, seen.error_class) == ("ERROR", "station")
    assert "3 network interfaces I210" in seen.message
    assert (await it.run("set_network", **FIXED)).outcome == "PASS"


async def test_the_port_of_the_station_is_known_by_its_name_too() -> None:
    """A name that nobody knows cannot be judged."""
    it = HostBench(url="https://localhost", ports=(Port("127.0.0.1"), Port()))
    seen = await it.run("set_network", **{**FIXED, "interface": "enp0s31f6"})
    assert "over which the station works" in seen.message
    it = HostBench(url="https://nobody.invalid", ports=(Port("192.168.10.11"), Port()))
    seen = await it.run("set_network", **FIXED)
    assert (seen.outcome, "Nobody knows the address" in seen.message) == ("ERROR", True)


@virtual
async def test_the_port_of_the_station_keeps_its_address() -> None:
    """A computer that leaves in the middle of a run could not be told from one taken out."""
    it = HostBench(address="192.168.10.11")
    seen = await it.run("set_network", **{**FIXED, "interface": "enp0s31f6"})
    assert (seen.outcome, seen.error_class) == ("ERROR", "station")
    assert "over which the station works" in seen.message
    assert it.host.requests["set_ipv4_config"] == 0


@virtual
async def test_an_address_that_is_not_taken_fails() -> None:
    """The host said yes and stays as it was."""
    it = HostBench(Fault("empty", calls=("set_ipv4_config",)))
    seen = await it.run("set_network", within=D(3), **FIXED)
    assert seen.outcome == "ERROR"  # an empty answer is none
    it = HostBench(network_apply_seconds=100.0)
    seen = await it.run("set_network", within=D(3), **FIXED)
    assert seen.outcome == "FAIL"
    assert "it must have 10.20.0.10/24" in seen.message


@pytest.mark.parametrize("kind", ["lost_answer", "drop"])
@virtual
async def test_a_lost_answer_to_a_new_address_does_not_matter(kind: Any) -> None:
    """The interface itself says whether it was applied."""
    it = HostBench(Fault(kind, calls=("set_ipv4_config",), times=1))
    seen = await it.run("set_network", within=D(3), **FIXED)
    assert seen.outcome == ("PASS" if kind == "lost_answer" else "FAIL"), seen.message


@pytest.mark.parametrize(
    "changes",
    [{"address": "10.20.0.10"}, {"address": "x/24"}, {"dns": []}, {"dhcp": True},
     {"gateway": None}, {"dns": ["1.1.1.1", "1.1.1.2", "1.1.1.3"]}],
)  # fmt: skip
@virtual
async def test_half_a_network_is_the_recipes_mistake(changes: dict[str, Any]) -> None:
    """A fixed address is complete, or it is DHCP."""
    it = HostBench()
    arguments = {k: v for k, v in {**FIXED, **changes}.items() if v is not None}
    assert (await it.run("set_network", **arguments)).outcome == "ERROR"
    assert it.host.requests["set_ipv4_config"] == 0


@virtual
async def test_another_network_than_expected_fails() -> None:
    """All that differs is told, an interface that is not there by its name."""
    it = HostBench(ports=(Port("192.168.10.11"), Port("10.1.1.1", connected=False)))
    seen = await it.run("expect_network", connected=True, dhcp=False, **FIXED)
    assert seen.outcome == "FAIL"
    for words in ("it must have 10.20.0.10/24", "it must have 10.20.0.1", "by DHCP", "no link"):
        assert words in seen.message
    seen = await it.run("expect_network", interface="eth9")
    assert (seen.outcome, "no network interface eth9" in seen.message) == ("FAIL", True)


@virtual
async def test_services_are_switched_and_expected() -> None:
    """Each order is waited for until the service says so itself."""
    it = HostBench()
    assert (await it.run("expect_service", service="ssh")).measured["status"] == "running"
    assert (await it.run("control_service", service="ssh", action="stop")).outcome == "PASS"
    bad = await it.run("expect_service", service="ssh")
    assert (bad.outcome, "ssh is stopped; it must be running" in bad.message) == ("FAIL", True)
    for action in ("start", "restart"):
        assert (await it.run("control_service", service="ssh", action=action)).outcome == "PASS"
    assert (
        await it.run("expect_service", service="bluetooth", status="disabled")
    ).outcome == "PASS"


@virtual
async def test_a_service_that_is_not_there_is_an_error() -> None:
    """The host cannot tell a wrong name from a service that does not obey."""
    seen = await HostBench().run("expect_service", service="no-such")
    assert (seen.outcome, seen.error_class) == ("ERROR", "board")


@virtual
async def test_a_service_is_waited_for() -> None:
    """For as long as the recipe says; how long it took is measured."""
    it = HostBench(services=(ServiceAtStart("app", process="app", dies_after_seconds=20.0),))
    seen = await it.run("expect_service", service="app", status="stopped", within=D(5))
    assert seen.outcome == "FAIL"
    seen = await it.run("expect_service", service="app", status="stopped", within=D(40))
    assert seen.outcome == "PASS"
    assert 14 < D(seen.measured["wait_seconds"]) < 16


@virtual
async def test_programs_run_or_do_not() -> None:
    """Expected by name, with how many there are and what they use."""
    it = HostBench()
    seen = await it.run("expect_process", process="sshd")
    assert (seen.outcome, seen.measured["processes"]) == ("PASS", "1")
    assert int(seen.measured["memory_bytes"]) > 0
    absent = await it.run("expect_process", process="sshd", state="absent")
    assert (absent.outcome, "sshd runs on the host" in absent.message) == ("FAIL", True)
    seen = await it.run("expect_process", process="malware", state="absent")
    assert (seen.outcome, seen.measured["processes"]) == ("PASS", "0")


@virtual
async def test_a_program_is_ended() -> None:
    """Every process of that name, until none is left; one that is protected is an ERROR."""
    it = HostBench()
    seen = await it.run("stop_process", process="sshd")
    assert (seen.outcome, seen.measured["stopped"]) == ("PASS", "1"), seen.message
    assert (await it.run("stop_process", process="sshd")).measured["stopped"] == "0"
    assert (await it.run("stop_process", process="systemd")).outcome == "ERROR"


@virtual
async def test_a_service_that_dies_is_seen() -> None:
    """Half a minute after the start it is not there any more."""
    it = HostBench(services=(ServiceAtStart("app", process="app", dies_after_seconds=20.0),))
    assert (await it.run("expect_process", process="app")).outcome == "PASS"
    seen = await it.run("expect_process", process="app", state="absent", within=D(40))
    assert seen.outcome == "PASS", seen.message


@virtual
async def test_a_command_is_run_and_its_output_kept() -> None:
    """The line is plain text, the file is what came, byte by byte."""
    text = "\x1b[31mversion 4.2\x1b[0m\nready"
    it = HostBench(commands=(Command("/opt/app --version", text),))
    seen = await it.run("run_command", command="/opt/app --version", expect="version")
    assert seen.outcome == "PASS", seen.message
    assert seen.measured["line"] == "version 4.2"
    assert b"\x1b[31mversion 4.2\x1b[0m" in seen.attached["terminal-output"]
    assert it.did("terminal_command") == [{"line": "/opt/app --version", "status": 0}]


@virtual
async def test_an_echo_is_no_answer() -> None:
    """The shell shows what was typed; only what the command writes counts."""
    it = HostBench()
    seen = await it.run("run_command", command="true --ready", expect="ready", within=D(5))
    assert seen.outcome == "FAIL"
    assert 'No line holds "ready" within 5 s' in seen.message
    assert seen.attached["terminal-output"]
    assert it.host.link_up


@virtual
async def test_a_long_echo_is_no_answer_either() -> None:
    """It is not broken into lines that look like output."""
    it, narrow = HostBench(), Narrow()

    async def open_terminal() -> Narrow:
        return narrow

    it.client.open_terminal = open_terminal  # type: ignore[assignment, method-assign]
    command = f"test -e {'x' * 100} && echo ready"
    seen = await it.run("run_command", command=command, expect="ready", within=D(5))
    assert seen.outcome == "FAIL"


@virtual
async def test_a_program_that_writes_much_does_not_keep_the_station_busy() -> None:
    """Each line is looked at once: a mebibyte in small pieces takes seconds, not hours."""
    it = HostBench()

    async def open_terminal() -> Talkative:
        return Talkative()

    it.client.open_terminal = open_terminal  # type: ignore[assignment, method-assign]
    began = process_time()
    seen = await it.run("run_command", command="yes", expect="ready", within=D(5))
    assert (seen.outcome, "more than 1048576 bytes" in seen.message) == ("ERROR", True)
    assert process_time() - began < 60


@virtual
async def test_a_silent_terminal_is_an_error() -> None:
    """Nobody judged the host when its terminal says nothing at all."""
    it = HostBench()
    silent = Silent()

    async def open_terminal() -> Silent:
        return silent

    it.client.open_terminal = open_terminal  # type: ignore[assignment, method-assign]
    seen = await it.run("run_command", command="echo a", expect="a", within=D(5))
    assert (seen.outcome, seen.error_class) == ("ERROR", "timeout")
    assert "wrote nothing within 5 s" in seen.message
    assert silent.closed


@virtual
async def test_a_terminal_that_breaks_is_an_error() -> None:
    """What came until then is kept."""
    it = HostBench(Fault("cut", calls=("open_terminal",), events=1))
    seen = await it.run("run_command", command="echo a", expect="b", within=D(5))
    assert (seen.outcome, seen.error_class) == ("ERROR", "link")


@virtual
async def test_a_command_of_two_lines_is_the_recipes_mistake() -> None:
    """One line is typed, nothing that a terminal would carry out."""
    for command, expect in (("a\nb", "x"), ("a\x1b[0m", "x"), ("", "x"), ("a", "")):
        seen = await HostBench().run("run_command", command=command, expect=expect)
        assert (seen.outcome, "one line each" in seen.message) == ("ERROR", True)


@virtual
async def test_a_program_that_ends_before_its_turn_is_gone() -> None:
    """The host has no such process any more: nothing is wrong with that."""
    it = HostBench()
    kill = it.client.kill_process

    async def twice(pid: int) -> None:
        await kill(pid)
        await kill(pid)

    it.client.kill_process = twice  # type: ignore[method-assign]
    seen = await it.run("stop_process", process="sshd", within=D(3))
    assert seen.outcome == "PASS", seen.message


@virtual
async def test_a_program_that_comes_back_fails() -> None:
    """Something starts it again."""
    it = HostBench(Fault("empty", calls=("kill_process",)))
    seen = await it.run("stop_process", process="sshd", within=D(3))
    assert (seen.outcome, "still runs" in seen.message) == ("FAIL", True)
