"""Serves pretend web services (cloud, portal) on real sockets, with TLS as the real ones have.

One authority per process signs the certificate of `localhost`; whoever is to trust it gets the
file.
"""

import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from orchestrator.simulation.certificates import board_context, make_authority
from orchestrator.simulation.listener import Application, HttpListener, close_all, http_config
from orchestrator.simulation.sockets import listening_socket

ADDRESS = "127.0.0.1"
NAME = "localhost"


@dataclass(frozen=True, slots=True)
class Trust:
    """The authority that signs the services of this process: its file, and the server's side."""

    ca_file: Path
    context: ssl.SSLContext


def make_trust(ca_file: Path) -> Trust:
    """Make an authority, write its certificate to `ca_file` and sign one for `localhost`."""
    authority = make_authority("Pretend web services")
    ca_file.write_bytes(authority.pem)
    return Trust(ca_file.absolute(), board_context(authority, NAME))


@asynccontextmanager
async def serve(app: Application, trust: Trust, *, port: int = 0) -> AsyncIterator[str]:
    """Serve `app` until the block ends and give its URL. Port 0 means any free one.

    Raises StationBusy when the port is taken, StationFault when it cannot be had.
    """
    socket = listening_socket(ADDRESS, port)
    url = f"https://{NAME}:{socket.getsockname()[1]}"
    listener = HttpListener(app, http_config(), trust.context)
    await listener.open(socket)
    try:
        yield url
    finally:
        await close_all([listener])
