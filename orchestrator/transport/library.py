"""HTTP for a vendor's library that brings its own protocol: to named hosts only, and bounded.

Libraries for sign-in take a client in the shape of `requests`, and call it from a thread. This one
follows nothing, unpacks nothing, reads no environment, and refuses every other host, so that what
a library decides to ask elsewhere does not leave the station.
"""

import ssl
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

import httpx

from orchestrator.domain.errors import OrchestratorError, StationMisuse, UnusableAnswer
from orchestrator.transport.faults import FOREIGN, fault_from
from orchestrator.transport.text import printable

_CAP_BYTES = 1 << 20
_SECONDS = 20.0

LibraryTransport = httpx.BaseTransport
"""What can stand in for the network below a library's client."""


@dataclass(frozen=True, slots=True)
class LibraryAnswer:
    """An answer in the shape that libraries read."""

    status_code: int
    text: str
    headers: Mapping[str, str]

    def raise_for_status(self) -> None:
        """Raise UnusableAnswer for a failure."""
        if self.status_code >= 400:
            raise UnusableAnswer(
                f"The sign-in service answered {self.status_code}",
                remedy="Try again; if it stays, check the sign-in's address in the settings",
                code=f"http.{self.status_code}",
            )


class AllowedHosts:
    """A client for a library. `hosts` are the names it may reach, by https alone."""

    def __init__(
        self,
        hosts: Collection[str],
        *,
        context: ssl.SSLContext,
        transport: LibraryTransport | None = None,
        seconds: float = _SECONDS,
    ) -> None:
        self._hosts = frozenset(host.lower() for host in hosts)
        self._http = httpx.Client(
            verify=context,
            transport=transport,
            trust_env=False,
            follow_redirects=False,
            timeout=seconds,
            headers={"Accept-Encoding": "identity"},
        )

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def get(self, url: str, **options: Any) -> LibraryAnswer:
        """Ask. Raises LinkFault, DeadlineExceeded, UnusableAnswer, StationMisuse."""
        return self._ask("GET", url, **options)

    def post(self, url: str, **options: Any) -> LibraryAnswer:
        """Send. Raises LinkFault, DeadlineExceeded, UnusableAnswer, StationMisuse."""
        return self._ask("POST", url, **options)

    def _ask(
        self,
        method: str,
        url: str,
        *,
        params: Mapping[str, str] | None = None,
        data: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        **_: Any,
    ) -> LibraryAnswer:
        try:
            target = httpx.URL(url)
            if target.scheme != "https" or target.host.lower() not in self._hosts:
                raise StationMisuse(
                    f"The sign-in wanted to ask {printable(target.host, 80)}, which is not allowed",
                    remedy="Check the sign-in's address in the settings",
                    code="host",
                )
            with self._http.stream(
                method, target, params=params, data=data, headers=headers
            ) as response:
                body = bytearray()
                # The stream itself, not iter_raw, which refuses answers made in memory.
                assert isinstance(response.stream, httpx.SyncByteStream)
                for piece in response.stream:
                    body += piece
                    if len(body) > _CAP_BYTES:
                        raise UnusableAnswer(
                            f"The sign-in service's answer is longer than {_CAP_BYTES} bytes",
                            remedy="Report it with this message",
                            code="answer.size",
                        )
        except FOREIGN as error:
            fault: OrchestratorError = fault_from(error)
            raise fault.at(peer=f"sign-in at {', '.join(sorted(self._hosts))}") from error
        if response.headers.get("content-encoding", "identity").lower() != "identity":
            raise UnusableAnswer(
                "The sign-in service's answer is packed, which was not asked for",
                remedy="Report it with this message",
                code="answer.encoding",
            )
        text = body.decode("utf-8", "replace")
        return LibraryAnswer(response.status_code, text, dict(response.headers))
