"""The WebSockets of a host: a terminal in GoTTY's messages, and a desktop that speaks RFB."""

import base64
import json
import struct

import pytest

from orchestrator.systems.advantech_portal.simulator import Command
from orchestrator.systems.advantech_portal.simulator.desktop import VERSION, answer_to
from orchestrator.transport.in_process_stream import InProcessSocket, SocketRefused
from tests.systems.advantech_portal.simulator.bench import Bench

TERMINAL = "wss://127.0.36.2/platform/api/term/ws"
DESKTOP = "wss://127.0.36.2/platform/api/rdesk/"


def door(bench: Bench, url: str = TERMINAL) -> InProcessSocket:
    """Return a WebSocket to a host, to be opened."""
    headers = {"Authorization": f"Bearer {bench.token}"} if bench.token else {}
    return InProcessSocket(bench.app, url, headers)


def typed(text: str) -> str:
    """Return the message that types a text."""
    return "1" + base64.b64encode(text.encode()).decode()


async def output(socket: InProcessSocket, until: str) -> str:
    """Return what the terminal prints up to a text."""
    shown = ""
    while until not in shown:
        message = str(await socket.receive())
        if message[0] == "1":
            shown += base64.b64decode(message[1:]).decode()
    return shown


async def run(bench: Bench, *lines: str) -> list[str]:
    """Return what a shell prints for each line."""
    prompt = ">" if bench.host.spec.os == "windows" else "\x1b[00m# "
    async with door(bench) as socket:
        await output(socket, prompt)
        shown = []
        for line in lines:
            await socket.send(typed(line + "\n"))
            shown.append(await output(socket, prompt))
    return shown


async def test_a_terminal_tells_title_preferences_and_sizes_first() -> None:
    """Then it greets with control sequences, answers a ping, and takes a size."""
    bench = await Bench().log_in()
    async with door(bench) as socket:
        messages = [str(await socket.receive()) for _ in range(5)]
        assert [message[0] for message in messages] == ["3", "4", "5", "6", "1"]
        assert json.loads(messages[1][1:]) == {"font-size": 12, "font-family": "serif"}
        assert base64.b64decode(messages[4][1:]).startswith(b"\x1b]0;")
        await socket.send("2")
        assert await socket.receive() == "2"
        await socket.send('3{"columns":80,"rows":24}')
        await socket.send('{"Arguments":"","AuthToken":""}')
        await socket.send(b"2")
        assert await socket.receive() == "2"
    assert bench.told("terminal_opened")


async def test_a_shell_knows_its_host_and_what_the_spec_adds() -> None:
    """Unknown commands fail as a shell says it; the status can be asked for."""
    own = Command("selftest", "part 1 ok\npart 2 bad", status=3)
    bench = await Bench(commands=(own,)).log_in()
    shown = await run(
        bench, "hostname", "selftest", "echo $?", "nonsense", "echo $?", "echo 'hi there'", ""
    )
    assert shown[0].startswith(f"hostname\r\n{bench.host.spec.name}\r\n")
    assert "part 1 ok\r\npart 2 bad\r\n" in shown[1]
    assert shown[2].startswith("echo $?\r\n3\r\n")
    assert "bash: nonsense: command not found\r\n" in shown[3]
    assert shown[4].startswith("echo $?\r\n127\r\n")
    assert "\r\nhi there\r\n" in shown[5]
    assert [one.detail["status"] for one in bench.told("terminal_command")][:3] == [0, 3, 0]


async def test_both_shells_answer_their_own_commands() -> None:
    """Every command of the table prints something, or at least ends."""
    linux = await Bench(clock_synchronised=False).log_in()
    shown = await run(
        linux, "timedatectl", "timedatectl show -p NTPSynchronized --value", "clear", "date",
        "ip -br addr", "uname -a", "uptime", "ls", "id", "pwd", "true", "false", "whoami",
    )  # fmt: skip
    assert "System clock synchronized: no" in shown[0]
    assert "\r\nno\r\n" in shown[1]
    assert "\x1b[2J" in shown[2]
    assert linux.host.network.managed.address in shown[4]
    windows = await Bench(os="windows").log_in()
    assert await windows.get("/platform/api/term/ws") == {"os": "windows"}
    shown = await run(
        windows, "ver", "ipconfig", "w32tm /query /status", "cls", "whoami", "date /t",
        "hostname", "ls", "echo %errorlevel%",
    )  # fmt: skip
    assert "Windows [Version" in shown[0]
    assert "IPv4 Address" in shown[1]
    assert "0(no warning)" in shown[2]
    assert "'ls' is not recognized" in shown[7]
    assert "\r\n1\r\n" in shown[8]


async def test_keys_edit_the_line() -> None:
    """Backspace takes a character back, Ctrl-C the line, other control characters ring."""
    bench = await Bench().log_in()
    async with door(bench) as socket:
        await output(socket, "# ")
        await socket.send(typed("\x7fecho ab\x7fc\x01\r"))
        assert "\r\nac\r\n" in await output(socket, "\x1b[00m# ")
        await socket.send(typed("junk\x03"))
        assert "^C\r\n" in await output(socket, "\x1b[00m# ")
        await socket.send(typed("x" * 5000))
        assert "\x07" in await output(socket, "\x07")


@pytest.mark.parametrize("way", ["exit\r", "\x04", "logout\rignored"])
async def test_a_shell_ends_when_somebody_leaves_it(way: str) -> None:
    """The host closes the WebSocket then."""
    bench = await Bench().log_in()
    async with door(bench) as socket:
        await output(socket, "# ")
        await socket.send(typed(way))
        await output(socket, "logout")
        with pytest.raises(ConnectionError):
            await socket.receive()


@pytest.mark.parametrize("message", ["1!", "9", "", "1" + base64.b64encode(b"\xff").decode()])
async def test_a_message_that_nobody_can_read_ends_the_shell(message: str) -> None:
    """With no answer to it."""
    bench = await Bench().log_in()
    async with door(bench) as socket:
        await output(socket, "# ")
        await socket.send(message)
        with pytest.raises(ConnectionError):
            await socket.receive()


async def test_a_terminal_may_wait_for_a_first_message() -> None:
    """As GoTTY's own page sends it."""
    bench = await Bench(terminal_needs_hello=True).log_in()
    async with door(bench) as socket:
        await socket.send('{"Arguments":"","AuthToken":""}')
        assert str(await socket.receive())[0] == "3"


async def test_doors_need_a_token() -> None:
    """The refusal is an answer of HTTP with the documented body."""
    bench = Bench()
    for url in (TERMINAL, DESKTOP + "5b306b78-d720-4dac-984e-a1f1ca9cd963"):
        with pytest.raises(SocketRefused) as refused:
            async with door(bench, url):
                raise AssertionError
        assert refused.value.status == 401
        assert json.loads(refused.value.body)["Code"] == 401
    with pytest.raises(SocketRefused) as refused:
        async with door(bench, "wss://127.0.36.2/nowhere"):
            raise AssertionError
    assert refused.value.status == 404


async def test_a_restart_ends_a_terminal() -> None:
    """Whoever types next sees the broken link."""
    bench = await Bench().log_in()
    async with door(bench) as socket:
        await output(socket, "# ")
        bench.host.reboot()
        await socket.send("2")
        with pytest.raises(ConnectionError):
            await socket.receive()


async def prepared(bench: Bench) -> tuple[str, str]:
    """Return id and password of a prepared desktop."""
    answer = await bench.ask("POST", "/platform/api/rdesk/config")
    assert answer.status == 200
    return answer.said["id"], answer.said["password"]


async def test_a_desktop_lets_in_who_knows_the_password_and_shows_a_screen() -> None:
    """The bytes are those of RFB 3.8 with VNC authentication, in pieces of any size."""
    bench = await Bench().log_in()
    name, password = await prepared(bench)
    async with door(bench, DESKTOP + name) as socket:
        assert await socket.receive() == VERSION
        await socket.send(VERSION[:5])
        await socket.send(VERSION[5:])
        assert await socket.receive() == b"\x01\x02"
        await socket.send(b"\x02")
        challenge = await socket.receive()
        assert isinstance(challenge, bytes)
        await socket.send(answer_to(challenge, password))
        assert await socket.receive() == b"\0\0\0\0"
        await socket.send(b"\x01")
        head = await socket.receive()
        assert isinstance(head, bytes)
        width, height = struct.unpack(">HH", head[:4])
        assert head.endswith(bench.host.spec.name.encode())
        # Pixel format, encodings, key, pointer, cut text, then a request for the screen.
        await socket.send(b"\0" * 20 + b"\x02\0\0\x01\0\0\0\0" + b"\x04" + b"\0" * 7)
        await socket.send(b"\x05" + b"\0" * 5 + b"\x06\0\0\0\0\0\0\x02hi")
        await socket.send(struct.pack(">BBHHHH", 3, 0, 0, 0, width, height))
        update = await socket.receive()
        assert isinstance(update, bytes)
        assert len(update) == 16 + 4 * width * height
        await socket.send(b"\xff")
        with pytest.raises(ConnectionError):
            await socket.receive()
    with pytest.raises(SocketRefused):
        async with door(bench, DESKTOP + name):
            raise AssertionError


@pytest.mark.parametrize(
    ("sent", "last"),
    [
        ([b"RFB 003.003\n"], VERSION),
        ([VERSION, b"\x01"], b"\x01\x02"),
        ([VERSION, b"\x02", bytes(16)], None),
    ],
)
async def test_a_desktop_turns_others_away(sent: list[bytes], last: bytes | None) -> None:
    """Another version, another way in, or a wrong password."""
    bench = await Bench().log_in()
    name, _ = await prepared(bench)
    async with door(bench, DESKTOP + name) as socket:
        heard = []
        for message in sent:
            heard.append(await socket.receive())
            await socket.send(message)
        if last is None:
            refusal = await socket.receive()
            assert isinstance(refusal, bytes)
            assert refusal.endswith(b"Authentication failed")
        else:
            assert heard[-1] == last
        with pytest.raises(ConnectionError):
            await socket.receive()


async def test_a_prepared_desktop_waits_a_while_only() -> None:
    """And not over a restart."""
    bench = await Bench(desktop_seconds=60).log_in()
    late, _ = await prepared(bench)
    bench.watch.seconds += 61
    with pytest.raises(SocketRefused) as refused:
        async with door(bench, DESKTOP + late):
            raise AssertionError
    assert refused.value.status == 404
    lost, _ = await prepared(bench)
    bench.host.reboot()
    bench.watch.seconds += 5
    with pytest.raises(SocketRefused):
        async with door(bench, DESKTOP + lost):
            raise AssertionError
