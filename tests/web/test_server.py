"""The server on real sockets: deadlines, caps, TLS, and how it ends."""

import os
import socket
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import anyio
import httpx
import pytest
from anyio.abc import SocketStream
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from orchestrator.domain.errors import ConfigurationMistakes, StationBusy
from orchestrator.domain.people import Role
from orchestrator.station.settings_web import WebSection
from orchestrator.transport.tls import pinned_context
from orchestrator.web.client import StationApi
from orchestrator.web.server import WebServer, bind, certificate_caution
from tests.patience import PATIENCE_SECONDS
from tests.web.bench import Bench, changed, make_bench

GET = b"GET /health/live HTTP/1.1\r\nHost: localhost\r\n\r\n"


class Served:
    """A server, and the connections that a test has opened to it."""

    def __init__(self, server: WebServer, opened: AsyncExitStack) -> None:
        self.address = server.address
        self.ended = anyio.Event()
        self._server = server
        self._opened = opened
        self._scope = anyio.CancelScope()

    async def run(self) -> None:
        """Serve until stopped."""
        with self._scope:
            await self._server.run()
        self.ended.set()

    def stop(self) -> None:
        """Ask the server to end."""
        self._scope.cancel()

    async def connect(self) -> SocketStream:
        """Open a connection; it is closed at the end."""
        port = int(self.address.rpartition(":")[2])
        stream = await anyio.connect_tcp("127.0.0.1", port)
        self._opened.push_async_callback(stream.aclose)
        return stream


@asynccontextmanager
async def serving(
    bench: Bench, settings: WebSection | None = None, receive_seconds: float = 10.0
) -> AsyncIterator[Served]:
    """Serve a station on a port of its own."""
    section = settings or WebSection(port=0)
    server = WebServer(
        bind(section),
        bench.application,
        section,
        bench.surface.log,
        receive_seconds=receive_seconds,
    )
    async with AsyncExitStack() as opened, anyio.create_task_group() as tasks:
        served = Served(server, opened)
        tasks.start_soon(served.run)
        with anyio.fail_after(PATIENCE_SECONDS):
            yield served
        served.stop()


async def rest(stream: SocketStream) -> bytes:
    """Return what comes until the server closes."""
    text = b""
    try:
        while True:
            text += await stream.receive()
    except (anyio.EndOfStream, anyio.BrokenResourceError):
        return text


async def test_browsers_are_answered_on_both_loopback_addresses(bench: Bench) -> None:
    """`localhost` is both addresses where the machine has both, on the same port."""
    async with serving(bench) as server, httpx.AsyncClient() as client:
        answer = await client.get(server.address + "/api/v1/health/ready")
        port = server.address.rpartition(":")[2]
        other = await client.get(f"http://127.0.0.1:{port}/version")
    assert (answer.status_code, other.status_code) == (200, 200)
    assert "server" not in answer.headers
    assert answer.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize(
    "half",
    [
        b"",
        b"GET / HT",
        b"GET / HTTP/1.1\r\nHost: localhost\r\nX-Slow: ",
        (
            b"POST /api/v1/scans HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
            b"Content-Length: 20\r\n\r\n{"
        ),
        (
            b"POST /api/v1/scans HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
            b"Transfer-Encoding: chunked\r\n\r\n5\r\n{"
        ),
        GET + b"GET / HTTP/1.1\r\nHo",
    ],
)
async def test_half_a_request_is_not_waited_for(bench: Bench, half: bytes) -> None:
    """A request that does not come completely in time ends its connection; others are answered."""
    async with serving(bench, receive_seconds=0.5) as server:
        slow = [await server.connect() for _ in range(5)]
        for stream in slow:
            if half:
                await stream.send(half)
        async with httpx.AsyncClient() as client:
            assert (await client.get(server.address + "/health/live")).status_code == 200
        for stream in slow:
            text = await rest(stream)
            assert b" 408 " in text or not text or b"live" in text, text


async def test_bytes_that_trickle_do_not_help(bench: Bench) -> None:
    """The deadline is that of the whole request: one byte after the other does not move it."""
    async with serving(bench, receive_seconds=0.2) as server:
        stream = await server.connect()

        async def trickle() -> None:
            await stream.send(b"GET / HTTP/1.1\r\nX: ")
            with suppress(anyio.BrokenResourceError):
                while True:
                    await stream.send(b"a")
                    with anyio.move_on_after(0.01):
                        await anyio.sleep_forever()

        async with anyio.create_task_group() as tasks:
            tasks.start_soon(trickle)
            assert b" 408 " in await rest(stream)
            tasks.cancel_scope.cancel()


async def test_a_kept_connection_is_used_again(bench: Bench) -> None:
    """Requests one after the other, and several at once, are all answered on one connection."""
    async with serving(bench, receive_seconds=5) as server:
        stream = await server.connect()
        text = b""
        await stream.send(GET * 3)
        while text.count(b'{"status":"live"') < 3:
            text += await stream.receive()
        await stream.send(GET)
        while text.count(b'{"status":"live"') < 4:
            text += await stream.receive()
        assert text.count(b"HTTP/1.1 200") == 4


@pytest.mark.parametrize(
    ("request_text", "status"),
    [
        (
            (b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\n"
            b"Content-Length: 6\r\n\r\n"),
            400,
        ),
        (b"nonsense\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: localhost\r\nX: " + b"a" * 20_000, 400),
        ((b"POST /api/v1/scans HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
         b"Transfer-Encoding: chunked\r\n\r\nzz\r\n"), 400),
        (b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: -1\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: localhost\r\nBad Header: x\r\n\r\n", 400),
    ],
)  # fmt: skip
async def test_what_is_no_http_is_refused(bench: Bench, request_text: bytes, status: int) -> None:
    """Smuggled, broken and endless requests are refused, with the headers of every answer."""
    async with serving(bench) as server:
        stream = await server.connect()
        await stream.send(request_text)
        text = await rest(stream)
    assert text.startswith(b"HTTP/1.1 %d " % status), text
    assert b"content-security-policy: default-src 'none'" in text
    assert b"connection: close" in text


async def test_two_lengths_do_not_smuggle(bench: Bench) -> None:
    """A request with both kinds of length is one request, and nothing after it is another."""
    async with serving(bench, receive_seconds=0.2) as server:
        stream = await server.connect()
        await stream.send(
            b"POST /api/v1/slots/1/stop HTTP/1.1\r\nHost: localhost\r\n"
            b"Content-Type: application/json\r\nContent-Length: 4\r\n"
            b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n"
            b"GET /smuggled HTTP/1.1\r\nX: "
        )
        text = await rest(stream)
    assert text.count(b"HTTP/1.1 ") <= 2
    assert b"smuggled" not in text


async def test_one_address_has_so_many_connections(bench: Bench) -> None:
    """One connection more than allowed is told so and closed; a closed one makes room."""
    async with serving(bench, WebSection(port=0, connections_per_client=4)) as server:
        streams = [await server.connect() for _ in range(4)]
        for stream in streams:
            await stream.send(GET)
            assert b" 200 " in await stream.receive()
        fifth = await server.connect()
        assert (await rest(fifth)).startswith(b"HTTP/1.1 503 ")
        for stream in (*streams, fifth):
            await stream.aclose()
        again = await server.connect()
        await again.send(GET)
        assert b" 200 " in await again.receive()


async def test_the_end_waits_for_nobody(bench: Bench) -> None:
    """Streams say goodbye, one that nobody reads is cut, and idle connections are closed."""
    async with serving(bench) as server:
        reading, idle, deaf = [await server.connect() for _ in range(3)]
        await idle.send(GET)
        assert b" 200 " in await idle.receive()
        for stream in (reading, deaf):
            await stream.send(b"GET /api/v1/events HTTP/1.1\r\nHost: localhost\r\n\r\n")
            assert b" 200 " in await stream.receive()
        seen: list[bytes] = []

        async def read() -> None:
            seen.append(await rest(reading))

        async with anyio.create_task_group() as tasks:
            tasks.start_soon(read)
            for _ in range(200):
                bench.surface.hub.publish(changed("x" * 100_000))
                await anyio.lowlevel.checkpoint()
            server.stop()
        assert await rest(idle) == b""
        await server.ended.wait()
    assert b"event: bye" in seen[0]
    assert "Exception" not in bench.log.getvalue()


def test_a_port_in_use_is_told_before_anything_starts() -> None:
    """Somebody else's port is a sentence with what to do, and a strange address another one."""
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        with pytest.raises(StationBusy, match="cannot listen"):
            bind(WebSection(host="127.0.0.1", port=other.getsockname()[1]))


@pytest.mark.parametrize("host", ["0.0.0.0", "192.168.1.7", "station.example", "::"])
@pytest.mark.parametrize(
    "more",
    [
        {},
        {"tls_certificate": "c", "tls_key": "k", "sign_in": False},
        {"sign_in": True},
        {"tls_certificate": "c"},
    ],
)
def test_other_machines_need_tls_and_sign_in(host: str, more: dict[str, object]) -> None:
    """Any address but loopback is refused without TLS or without signing in, with a sentence."""
    with pytest.raises(ValueError, match=r"tls_certificate"):
        WebSection(host=host, **more)  # type: ignore[arg-type]  # what somebody may write


def test_loopback_needs_nothing() -> None:
    """Loopback in all its forms may be served plainly."""
    for host in ("localhost", "127.0.0.1", "127.1.2.3", "::1"):
        assert WebSection(host=host, sign_in=False).loopback


def test_a_key_that_everybody_can_read_is_refused(tmp_path: Path) -> None:
    """The key of the certificate has to be private, readable, and the right one."""
    key, certificate = tmp_path / "k.pem", tmp_path / "c.pem"
    section = WebSection(port=0, tls_certificate=certificate, tls_key=key)
    with pytest.raises(ConfigurationMistakes, match="cannot be read"):
        bind(section)
    key.write_text("no key", encoding="ascii")
    certificate.write_text("no certificate", encoding="ascii")
    key.chmod(0o600)
    with pytest.raises(ConfigurationMistakes, match="cannot be used"):
        bind(section)
    if os.name == "posix":
        key.chmod(0o644)
        with pytest.raises(ConfigurationMistakes, match="chmod 600"):
            bind(section)


def certificate(folder: Path) -> tuple[Path, Path]:
    """Write a certificate for localhost, signed by itself, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    (folder / "k.pem").write_bytes(private)
    (folder / "k.pem").chmod(0o600)
    (folder / "c.pem").write_bytes(made.public_bytes(serialization.Encoding.PEM))
    return folder / "c.pem", folder / "k.pem"


def test_a_certificate_that_ends_soon_is_told(tmp_path: Path) -> None:
    """A month before its end, and after it, people are told; the station goes on."""
    made, key = certificate(tmp_path)
    section = WebSection(port=0, tls_certificate=made, tls_key=key)
    now = datetime.now(UTC)
    assert "ends in 0 days" in certificate_caution(section, now)
    assert "has ended" in certificate_caution(section, now + timedelta(days=3))
    assert certificate_caution(section, now - timedelta(days=60)) == ""
    assert certificate_caution(WebSection(), now) == ""


async def test_with_tls_the_session_never_leaves_it(tmp_path: Path, story: str) -> None:
    """Over TLS the cookie has the strict name, and plain HTTP gets nothing at all."""
    made, key = certificate(tmp_path)
    section = WebSection(port=0, tls_certificate=made, tls_key=key)
    bench = make_bench(tmp_path / "data", story, section)
    context = pinned_context(made)
    async with serving(bench, section) as server:
        async with httpx.AsyncClient(verify=context, headers={"origin": server.address}) as client:
            proof = bench.proof(Role.OPERATOR)
            answer = await client.post(server.address + "/api/v1/session", json=proof)
            assert answer.status_code == 200
            assert answer.headers["set-cookie"].startswith("__Host-station=")
            assert "max-age" in answer.headers["strict-transport-security"]
            me = await client.get(server.address + "/api/v1/session")
            assert me.json()["signed_in"]
        async with StationApi(server.address, context=context) as station:
            assert (await station.health_live()).status == "live"
        plain = await server.connect()
        await plain.send(GET)
        assert b"HTTP/1.1" not in await rest(plain)
        await server.connect()
