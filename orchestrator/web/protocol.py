"""One connection of a browser or a program: deadlines for what it sends, and caps on how many.

uvicorn's own class waits for ever for the rest of a request. Here a request has to be complete
some seconds after the connection was opened, or after its first byte on a kept connection.
"""

import logging
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import h11
from starlette.types import ASGIApp
from structlog.typing import FilteringBoundLogger
from uvicorn.config import Config
from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.server import ServerState

from orchestrator.web.headers import secured

RECEIVE_SECONDS = 10.0
"""A request must have come completely within so long."""

KEEP_ALIVE_SECONDS = 30
_FULL = b"This station has too many connections open. Close some pages."


@dataclass(slots=True)
class Connections:
    """How many connections are open, in all and of each address, and how many there may be."""

    limit: int
    limit_per_client: int
    receive_seconds: float = RECEIVE_SECONDS
    open: Counter[str] = field(default_factory=Counter)

    def admit(self, client: str) -> bool:
        """Count a connection; False when there are too many, counted all the same."""
        self.open[client] += 1
        return self.open.total() <= self.limit and self.open[client] <= self.limit_per_client

    def leave(self, client: str) -> None:
        """Forget a connection."""
        self.open[client] -= 1
        if not self.open[client]:
            del self.open[client]


def http_config(application: ASGIApp) -> Config:
    """Return uvicorn's settings: no lifespan, no log of its own, no trust in proxies."""
    config = Config(
        application,
        interface="asgi3",
        lifespan="off",
        http="h11",
        ws="none",
        log_config=None,
        access_log=False,
        proxy_headers=False,
        server_header=False,
        date_header=False,
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
        h11_max_incomplete_event_size=16 << 10,
    )
    config.load()
    return config


class _Told(logging.Handler):
    """Hands what uvicorn says of a connection to the station's log."""

    def __init__(self, log: FilteringBoundLogger) -> None:
        super().__init__(logging.WARNING)
        self._log = log

    def emit(self, record: logging.LogRecord) -> None:
        """Write one line; what a client sent is not part of it."""
        self._log.info("web connection", message=record.getMessage().strip())


def connection_log(log: FilteringBoundLogger) -> logging.Logger:
    """Return a logger for uvicorn's classes that ends in the station's log."""
    # An object of its own: the loggers of the process are nobody's to configure.
    logger = logging.Logger("web", logging.WARNING)  # noqa: LOG001  # see above
    logger.addHandler(_Told(log))
    return logger


class GuardedProtocol(H11Protocol):
    """One connection, with a deadline for each of its requests."""

    def __init__(
        self,
        config: Config,
        state: ServerState,
        logger: logging.Logger,
        connections: Connections,
        *,
        tls: bool,
    ) -> None:
        super().__init__(config, state, {})
        self.logger = logger
        self._places = connections
        self._tls = tls
        self._deadline: Any = None

    def connection_made(self, transport: Any) -> None:
        """Take the connection, or tell that there are too many."""
        super().connection_made(transport)
        if self._places.admit(self._address):
            self._arm()
        else:
            self._answer(503, _FULL)

    def connection_lost(self, exc: Exception | None) -> None:
        """Give the place to somebody else."""
        self._disarm()
        self._places.leave(self._address)
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Take bytes; from the first one of a request on the deadline runs."""
        if self.transport.is_closing():
            return
        self._arm()
        super().data_received(data)
        self._judge()

    def on_response_complete(self) -> None:
        """Go on with the next request, which may be here already."""
        super().on_response_complete()
        self._judge()

    def send_400_response(self, msg: str) -> None:
        """Refuse what is no HTTP."""
        self._answer(400, msg.encode("ascii", "replace"))

    @property
    def _address(self) -> str:
        return self.client[0] if self.client else ""

    def _judge(self) -> None:
        """Let the clock run while a part of a request is here, and no longer."""
        waiting = self.conn.their_state is h11.SEND_BODY
        begun = self.conn.their_state is h11.IDLE and bool(self.conn.trailing_data[0])
        if waiting or begun:
            self._arm()
        else:
            self._disarm()

    def _arm(self) -> None:
        if self._deadline is None:
            self._deadline = self.loop.call_later(self._places.receive_seconds, self._expired)

    def _disarm(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _expired(self) -> None:
        self._deadline = None
        if self.conn.our_state in {h11.IDLE, h11.SEND_RESPONSE}:
            self._answer(408, b"The request did not come in time.")
        else:
            self.transport.abort()

    def _answer(self, status: int, text: bytes) -> None:
        """Answer for the application and close the connection."""
        lines = [
            (b"content-type", b"text/plain; charset=utf-8"),
            (b"content-length", str(len(text)).encode()),
            (b"connection", b"close"),
        ]
        head = b"HTTP/1.1 %d \r\n" % status
        for name, value in secured(lines, tls=self._tls):
            head += name + b": " + value + b"\r\n"
        self.transport.write(head + b"\r\n" + text)
        self.transport.close()
