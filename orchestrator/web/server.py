"""Serves the application beside a running station, and ends with it within two seconds.

The sockets are bound before the station starts, so that a port in use is told at once. Streams of
events are ended by ourselves; whoever does not read is cut.
"""

import asyncio
import errno
import os
import socket
import ssl
import stat
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import anyio
from cryptography import x509
from fastapi import FastAPI
from structlog.typing import FilteringBoundLogger
from uvicorn.server import ServerState

from orchestrator.domain.errors import ConfigurationMistakes, StationBusy
from orchestrator.station.settings_web import WebSection
from orchestrator.web.application import create_application
from orchestrator.web.protocol import (
    RECEIVE_SECONDS,
    Connections,
    GuardedProtocol,
    connection_log,
    http_config,
)
from orchestrator.web.surface import Surface

HANDSHAKE_SECONDS = 10.0
CAUTION_DAYS = 30
"""So many days before its end people hear of the certificate."""
GRACE_SECONDS = 0.5
"""How long streams may take to say goodbye, and then again answers to be finished."""

TIDY_SECONDS = 15.0
"""So often people are signed out whose session has ended by itself."""

_BACKLOG = 128


@dataclass(frozen=True, slots=True)
class Bound:
    """Listening sockets, and the address that a browser is given."""

    sockets: Sequence[socket.socket]
    address: str
    context: ssl.SSLContext | None


def bind(settings: WebSection) -> Bound:
    """Return sockets that listen where the settings say.

    Raises StationBusy when the port is in use, ConfigurationMistakes when the address is none of
    this machine's or the certificate cannot be used.
    """
    context = tls_context(settings)
    hosts = ["127.0.0.1", "::1"] if settings.host == "localhost" else [settings.host]
    sockets = [_listen(hosts[0], settings.port)]
    port = sockets[0].getsockname()[1]
    for host in hosts[1:]:
        # A machine without IPv6 has one loopback address less.
        with suppress(ConfigurationMistakes):
            sockets.append(_listen(host, port))
    scheme = "https" if context is not None else "http"
    shown = f"[{settings.host}]" if ":" in settings.host else settings.host
    return Bound(sockets, f"{scheme}://{shown}:{port}", context)


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        # With the protocol named asyncio sends small answers at once.
        listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    except OSError as refusal:
        raise _not_bound(host, port, refusal) from None
    try:
        if os.name == "posix":
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        listener.bind((host, port))
        listener.listen(_BACKLOG)
        listener.setblocking(False)
    except OSError as refusal:
        listener.close()
        raise _not_bound(host, port, refusal) from None
    return listener


def _not_bound(host: str, port: int, refusal: OSError) -> ConfigurationMistakes | StationBusy:
    if refusal.errno in {errno.EADDRINUSE, errno.EACCES}:
        return StationBusy(
            f"the panel cannot listen on {host}, port {port}: {refusal.strerror}",
            remedy="Stop the program that uses the port, or set another `web.port`",
        )
    return ConfigurationMistakes(
        f"`web.host`: {host} is no address of this machine",
        remedy="Name an address of this machine, or localhost",
    )


def tls_context(settings: WebSection) -> ssl.SSLContext | None:
    """Return the server side of TLS, None where plain HTTP is served.

    Raises ConfigurationMistakes when certificate or key cannot be used, or others can read the key.
    """
    if settings.tls_certificate is None or settings.tls_key is None:
        return None
    _demand_private(settings.tls_key)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    try:
        context.load_cert_chain(settings.tls_certificate, settings.tls_key)
    except (OSError, ssl.SSLError) as refusal:
        raise ConfigurationMistakes(
            f"the certificate of the panel cannot be used: {refusal.strerror or refusal}",
            remedy="Correct `web.tls_certificate` and `web.tls_key`",
        ) from None
    return context


def certificate_caution(settings: WebSection, now: datetime) -> str:
    """Say that the certificate of the panel ends soon or has ended; empty while it is good.

    Browsers judge by themselves; the station goes on in any case.
    """
    if settings.tls_certificate is None:
        return ""
    content = settings.tls_certificate.read_bytes()
    days = (x509.load_pem_x509_certificate(content).not_valid_after_utc - now).days
    if days >= CAUTION_DAYS:
        return ""
    when = f"ends in {days} days" if days >= 0 else "has ended"
    return f"The certificate of the panel {when}: browsers will refuse it. Put a new one in place"


def _demand_private(key: Path) -> None:
    """Refuse a key that everybody on this machine can read."""
    try:
        mode = key.stat().st_mode
    except OSError as refusal:
        raise ConfigurationMistakes(
            f"`web.tls_key`: {key} cannot be read: {refusal.strerror}",
            remedy="Name the key of the panel's certificate",
        ) from None
    if os.name == "posix" and mode & (stat.S_IROTH | stat.S_IWOTH):
        raise ConfigurationMistakes(
            f"`web.tls_key`: everybody on this machine can read {key}",
            remedy=f"Take the rights away: chmod 600 {key}",
        )


class WebServer:
    """Serves one application on bound sockets. Use it once.

    A request must have come completely within `receive_seconds`.
    """

    def __init__(
        self,
        bound: Bound,
        application: FastAPI,
        settings: WebSection,
        log: FilteringBoundLogger,
        *,
        receive_seconds: float = RECEIVE_SECONDS,
    ) -> None:
        self._bound = bound
        self._application = application
        self._log = log
        self._state = ServerState()
        self._connections = Connections(
            settings.connections, settings.connections_per_client, receive_seconds
        )

    @property
    def address(self) -> str:
        """The address that a browser is given."""
        return self._bound.address

    async def run(self) -> None:
        """Serve until cancelled; then end what is open, within two seconds."""
        config = http_config(self._application)
        logger = connection_log(self._log)
        context = self._bound.context

        def connect() -> GuardedProtocol:
            return GuardedProtocol(
                config, self._state, logger, self._connections, tls=context is not None
            )

        loop = asyncio.get_running_loop()
        servers = [
            await loop.create_server(
                connect,
                sock=listener,
                ssl=context,
                ssl_handshake_timeout=HANDSHAKE_SECONDS if context is not None else None,
            )
            for listener in self._bound.sockets
        ]
        try:
            await self._tidy()
        finally:
            for server in servers:
                server.close()
            with anyio.CancelScope(shield=True):
                await self._end()

    async def _tidy(self) -> None:
        while True:
            await anyio.sleep(TIDY_SECONDS)
            try:
                await self._application.state.door.sign_out_idle()
            except ConfigurationMistakes as damaged:
                self._log.warning("sessions were not looked through", why=damaged.what)

    async def _end(self) -> None:
        self._application.state.streams.close()
        for connection in list(self._state.connections):
            connection.shutdown()
        await self._finished(GRACE_SECONDS)
        for connection in list(self._state.connections):
            connection.transport.abort()
        await self._finished(GRACE_SECONDS)
        for task in self._state.tasks:
            task.cancel()
        await self._finished(GRACE_SECONDS)

    async def _finished(self, seconds: float) -> None:
        if self._state.tasks:
            await asyncio.wait(list(self._state.tasks), timeout=seconds)


def make_server(surface: Surface) -> WebServer:
    """Return the server of the panel and the API of one station, its sockets bound.

    Raises what `bind` raises.
    """
    application = create_application(surface)
    return WebServer(bind(surface.settings), application, surface.settings, surface.log)
