"""The terminal and the remote desktop: messages both ways, and bytes that nobody interprets."""

import base64

import pytest
from pydantic import SecretStr

from orchestrator.domain.errors import (
    ConnectionLost,
    DeadlineExceeded,
    LinkFault,
    OrchestratorError,
    UnusableAnswer,
)
from orchestrator.systems.advantech_portal import models
from orchestrator.systems.advantech_portal.auth import Account
from orchestrator.systems.advantech_portal.client import AdvantechHost, Terminal, TerminalMessage
from orchestrator.systems.advantech_portal.client.terminal import (
    BUFFER,
    OUTPUT,
    PONG,
    PREFERENCES,
    RECONNECT,
    TITLE,
)
from orchestrator.systems.advantech_portal.errors import HostRefusal, SignInRefused
from orchestrator.systems.advantech_portal.simulator import Command, Fault
from orchestrator.systems.advantech_portal.simulator.faults import FaultKind
from orchestrator.transport.websocket import Socket
from tests.systems.advantech_portal.hosts import DESKTOP
from tests.systems.advantech_portal.simulated import ENGINEER, Bench

VERSION = Command("uname -r", "5.10.0-8-amd64")


async def test_a_command_and_its_output() -> None:
    """Output is bytes with all its control sequences; what follows the mark is kept."""
    bench = Bench(commands=(VERSION,))
    async with bench.client as client, await client.open_terminal() as terminal:
        await terminal.read_until(b"# ", 5)
        await terminal.send("uname -r\n")
        shown = await terminal.read_until(b"amd64", 5)
        assert b"5.10.0-8-amd64" in shown
        rest = await terminal.read_until(b"# ", 5)
        assert b"\x1b[" in rest


async def test_what_a_host_sends_first() -> None:
    """Title, preferences, whether to reconnect, and the size of its buffer."""
    bench = Bench()
    async with bench.client as client, await client.open_terminal(80, 25) as terminal:
        told = [await terminal.receive(5) for _ in range(5)]
        assert [one.kind for one in told] == [TITLE, PREFERENCES, RECONNECT, BUFFER, OUTPUT]
        assert "shell" in told[0].title
        assert isinstance(told[1].value, models.TerminalPreferences)
        assert told[1].value.font_size == 12
        assert (told[2].value, told[3].value) == (False, 1024)
        await terminal.ping()
        assert await terminal.receive(5) == TerminalMessage(PONG)


async def test_a_host_that_waits_for_gottys_first_message() -> None:
    """It says nothing before."""
    bench = Bench(terminal_needs_hello=True)
    async with bench.client as client, await client.open_terminal(hello=True) as terminal:
        assert await terminal.read_until(b"# ", 5)


async def test_a_refused_token_is_renewed_once() -> None:
    """A host that forgot the token is asked again with a new one."""
    bench = Bench(token_seconds=100.0)
    async with bench.client as client:
        await client.login()
        client._session._renew_at = client._session._ends = None
        bench.watch.seconds += 500
        async with await client.open_terminal() as terminal:
            await terminal.read_until(b"# ", 5)
    assert bench.host.requests["login"] == 2


async def test_refusals_are_those_of_calls() -> None:
    """Wrong password, a desktop that nobody prepared, an old host, nobody there."""
    bench = Bench()
    async with bench.signed_in(Account(ENGINEER.username, SecretStr("wrong"))) as client:
        with pytest.raises(SignInRefused):
            await client.open_terminal()
    async with bench.client as client:
        with pytest.raises(HostRefusal, match="nothing of that name") as caught:
            await client.open_remote_desktop(DESKTOP)
        assert caught.value.where["peer"] == "host host.test"
        await client.reboot()
        bench.watch.seconds += 1
        with pytest.raises(LinkFault):
            await client.open_terminal()


BROKEN: list[tuple[FaultKind, type[OrchestratorError]]] = [
    ("drop", ConnectionLost),
    ("reboot", ConnectionLost),
    ("refuse", HostRefusal),
    ("page", UnusableAnswer),
    ("cut", ConnectionLost),
]


@pytest.mark.parametrize(("kind", "error"), BROKEN)
async def test_a_broken_terminal_is_a_typed_error(
    kind: FaultKind, error: type[OrchestratorError]
) -> None:
    """At its opening, or in the middle."""
    bench = Bench(faults=[Fault(kind, calls=("open_terminal",), events=6, status=503)])
    async with bench.client as client:
        with pytest.raises(error):
            await _talk(client)


async def _talk(client: AdvantechHost) -> None:
    async with await client.open_terminal() as terminal:
        for _ in range(20):
            await terminal.send("help\n")
            await terminal.read_until(b"# ", 5)


class Script:
    """A carrier that says what a test wants, and notes what it hears."""

    def __init__(self, *messages: str | bytes) -> None:
        self.messages = list(messages)
        self.heard: list[str | bytes] = []
        self.closed = False

    async def send(self, data: str | bytes) -> None:
        """Note a message."""
        self.heard.append(data)

    async def receive(self) -> str | bytes:
        """Return the next message."""
        if not self.messages:
            raise ConnectionError("closed")
        return self.messages.pop(0)

    async def aclose(self) -> None:
        """Note the end."""
        self.closed = True


def output(text: bytes) -> str:
    """Return a message of output."""
    return OUTPUT + base64.b64encode(text).decode()


async def test_messages_have_gottys_form() -> None:
    """A number as one character, then the data."""
    script = Script()
    terminal = Terminal(Socket(script))
    await terminal.send("hi\n")
    await terminal.ping()
    await terminal.resize(models.TerminalSize(columns=128, rows=21))
    await terminal.aclose()
    assert script.heard == ["1aGkK", "2", '3{"columns":128,"rows":21}']
    assert script.closed


async def test_output_may_come_in_bytes_and_in_pieces() -> None:
    """A mark may be cut in two; other messages in between are no output."""
    script = Script(output(b"abc EN").encode(), "2", output(b"D rest"), output(b" more END"))
    terminal = Terminal(Socket(script))
    assert await terminal.read_until(b"END", 5) == b"abc END"
    assert await terminal.read_until(b"END", 5) == b" rest more END"


@pytest.mark.parametrize("message", ["", "9", "1***", "4[", "5no", '4{"font-size": "x"}', "\x1b"])
async def test_messages_that_are_none(message: str) -> None:
    """Told as such, in printable signs."""
    with pytest.raises(UnusableAnswer) as caught:
        await Terminal(Socket(Script(message))).receive(5)
    assert str(caught.value).isprintable()


async def test_titles_are_shown_in_printable_signs() -> None:
    """A host may put control sequences there."""
    told = await Terminal(Socket(Script("3a\x1b]0;b\x07"))).receive(5)
    assert told.title.isprintable()


async def test_endless_output_is_cut() -> None:
    """Memory is bounded."""
    script = Script(*[output(b"x" * 500)] * 10)
    with pytest.raises(UnusableAnswer, match="1000 bytes"):
        await Terminal(Socket(script)).read_until(b"END", 5, cap_bytes=1000)


async def test_a_mark_that_never_comes_is_a_deadline() -> None:
    """However much else is said."""
    terminal = Terminal(Socket(Script(*[output(b"tick")] * 5)))
    with pytest.raises(DeadlineExceeded):
        await terminal.read_until(b"END", 0.0)


async def test_the_desktop_speaks_vnc() -> None:
    """Its first words are the version of the protocol; the password stays a secret."""
    bench = Bench()
    async with bench.client as client:
        prepared = await client.create_remote_desktop()
        async with await client.open_remote_desktop(prepared) as desktop:
            assert await desktop.receive(5) == b"RFB 003.008\n"
            await desktop.send(b"RFB 003.008\n")
            assert isinstance(await desktop.receive(5), bytes)
    assert prepared.password.get_secret_value() not in repr(prepared)
