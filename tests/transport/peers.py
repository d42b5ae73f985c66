"""Small real peers: TLS servers on loopback that answer as a test tells them to."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

NAME = "*.devices.sphere.azure.local"


@dataclass
class Peer:
    """One exchange as the server sees it: the request's head and body, and where to answer."""

    head: bytes
    body: bytes
    writer: asyncio.StreamWriter
    reader: asyncio.StreamReader

    def header(self, name: str) -> str | None:
        """Return a request header's value."""
        for line in self.head.decode().split("\r\n")[1:]:
            key, _, value = line.partition(": ")
            if key.lower() == name.lower():
                return value
        return None

    async def send(self, *pieces: bytes) -> None:
        """Write bytes as they are."""
        for piece in pieces:
            self.writer.write(piece)
            await self.writer.drain()

    async def until_the_client_leaves(self) -> None:
        """Say nothing more, and end when the other side has gone."""
        while await self.reader.read(65536):
            pass


def reply(body: bytes, status: str = "200 OK", headers: bytes = b"") -> bytes:
    """Return a complete answer."""
    head = f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\n".encode()
    return head + headers + b"\r\n" + body


Script = Callable[[Peer], Awaitable[None]]


@dataclass
class Server:
    """A listening peer; `seen` holds what was asked, `connections` counts accepted ones."""

    url: str = ""
    port: int = 0
    connections: int = 0
    seen: list[Peer] = field(default_factory=list)
    tasks: set[asyncio.Task[None]] = field(default_factory=set)
    writers: list[asyncio.StreamWriter] = field(default_factory=list)


@asynccontextmanager
async def serving(
    script: Script, context: ssl.SSLContext | None = None, *, blunt: bool = False
) -> AsyncIterator[Server]:
    """Serve every request of every connection by `script`; plain HTTP without a context.

    A blunt server hands the connection to `script` without waiting for a request.
    """
    server = Server()

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        server.tasks.add(task)
        server.writers.append(writer)
        server.connections += 1
        try:
            while blunt and not writer.is_closing():
                await script(Peer(b"", b"", writer, reader))
            while not writer.is_closing():
                head = await reader.readuntil(b"\r\n\r\n")
                peer = Peer(head, b"", writer, reader)
                peer.body = await reader.readexactly(int(peer.header("content-length") or 0))
                server.seen.append(peer)
                await script(peer)
        except (asyncio.IncompleteReadError, ConnectionError, ssl.SSLError):
            pass  # the client left, which is what these tests are about
        except asyncio.CancelledError:
            pass  # the test is over; asyncio's own callback would log a cancelled task as a crash
        finally:
            writer.close()

    listener = await asyncio.start_server(handle, "127.0.0.1", 0, ssl=context)
    server.port = listener.sockets[0].getsockname()[1]
    server.url = f"http{'s' if context else ''}://127.0.0.1:{server.port}"
    try:
        yield server
    finally:
        listener.close()
        for task in server.tasks:
            task.cancel()
        await asyncio.gather(*server.tasks, return_exceptions=True)
        for writer in server.writers:
            writer.transport.abort()
        for _ in range(3):
            await asyncio.sleep(0)  # aborted transports close their sockets in the next turns


class Authority:
    """A certificate authority made for one test session."""

    def __init__(self, folder: Path, title: str) -> None:
        self._folder, self._title = folder, title
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._certificate = self._sign(title, self._key.public_key(), None)
        self.ca_file = folder / f"{title}.pem"
        self.ca_file.write_bytes(self._certificate.public_bytes(serialization.Encoding.PEM))

    def _sign(
        self, title: str, key: ec.EllipticCurvePublicKey, name: str | None, days: int = 1
    ) -> x509.Certificate:
        now = datetime.now(UTC)
        builder = (
            x509.CertificateBuilder()
            .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, title)]))
            .issuer_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, self._title)]))
            .public_key(key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(days=10))
            .not_valid_after(now + timedelta(days=days))
            .add_extension(x509.BasicConstraints(ca=name is None, path_length=None), critical=True)
        )
        if name is not None:
            names = x509.SubjectAlternativeName([x509.DNSName(name)])
            builder = builder.add_extension(names, critical=False)
        return builder.sign(self._key, hashes.SHA256())

    def server_context(self, name: str = NAME, days: int = 1) -> ssl.SSLContext:
        """Return what a server with a leaf for `name` listens with; negative days: expired."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.leaf(name, days))
        return context

    def leaf(self, name: str = NAME, days: int = 1) -> Path:
        """Return a file with the key and the certificate of a server for `name`."""
        key = ec.generate_private_key(ec.SECP256R1())
        leaf = self._sign("leaf", key.public_key(), name, days)
        file = self._folder / f"{self._title}-leaf-{leaf.serial_number}.pem"
        file.write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            )
            + leaf.public_bytes(serialization.Encoding.PEM)
        )
        return file


def fingerprint(leaf: Path) -> str:
    """Return the SHA-256 fingerprint of the certificate in a file, 64 digits."""
    certificate = x509.load_pem_x509_certificate(leaf.read_bytes())
    return certificate.fingerprint(hashes.SHA256()).hex()


def listening(leaf: Path) -> ssl.SSLContext:
    """Return what a server with that file listens with."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(leaf)
    return context
