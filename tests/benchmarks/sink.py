"""A TLS server that takes whatever is put and answers `{}`: as little server as possible.

    python -m tests.benchmarks.sink FOLDER   (writes ca.pem there; prints its port when it listens)

It listens on all of 127.0.0.0/8, so that every board of a benchmark has an address of its own.
"""

import asyncio
import sys
from pathlib import Path

from orchestrator.simulation.certificates import board_context, make_authority

ANSWER = (
    b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n"
    b"REST-API-Version: 4.6.0\r\n\r\n{}"
)


class Sink(asyncio.BufferedProtocol):
    """Counts the bytes of a body and forgets them; all connections share one buffer."""

    _buffer = memoryview(bytearray(256 * 1024))

    def __init__(self) -> None:
        self._head, self._missing = b"", 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Remember where to answer."""
        self._transport = transport

    def get_buffer(self, _size: int) -> memoryview:
        """Lend the buffer for the next bytes."""
        return self._buffer

    def buffer_updated(self, count: int) -> None:
        """Take `count` bytes; answer when a request is complete."""
        if not self._missing:
            self._head += bytes(self._buffer[:count])
            head, found, body = self._head.partition(b"\r\n\r\n")
            if not found:
                return
            self._head = b""
            _, _, rest = head.lower().partition(b"content-length:")
            self._missing = int(rest.partition(b"\r\n")[0] or 0)
            count = len(body)
        self._missing -= count
        if not self._missing:
            self._transport.write(ANSWER)  # type: ignore[attr-defined]  # a stream's transport


async def serve(folder: Path) -> None:
    """Serve until killed."""
    authority = make_authority()
    (folder / "ca.pem").write_bytes(authority.pem)
    server = await asyncio.get_running_loop().create_server(
        Sink, "0.0.0.0", 0, ssl=board_context(authority), backlog=512
    )
    sys.stdout.write(f"{server.sockets[0].getsockname()[1]}\n")
    sys.stdout.flush()
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(serve(Path(sys.argv[1])))
