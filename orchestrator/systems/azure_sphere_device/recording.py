"""Records every read of a board, per item where a list names items, ready to be replayed.

Reading changes nothing on a board. A refusal is an answer like any other, so a locked board can be
recorded, too, and so can one that is older than a call. Shapes are not judged here: what does not
fit a model is what a recording is most wanted for.
"""

import hashlib
import ssl
from base64 import b64encode
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from orchestrator.domain.clock import Clock, SystemClock
from orchestrator.domain.errors import (
    DeadlineExceeded,
    LinkFault,
    OrchestratorError,
    StationMisuse,
    UnusableAnswer,
)
from orchestrator.systems.azure_sphere_device import endpoints
from orchestrator.systems.azure_sphere_device.client import SERVER_NAME, checks
from orchestrator.systems.azure_sphere_device.errors import refusal_from
from orchestrator.systems.azure_sphere_device.redaction import Hidden, Redaction
from orchestrator.transport.client import HttpClient, Transport
from orchestrator.transport.decode import read_json
from orchestrator.transport.endpoint import Endpoint
from orchestrator.transport.recording import (
    SCHEMA,
    Digest,
    Exchange,
    RecordedAnswer,
    Recording,
    RecordingTransport,
    network,
)
from orchestrator.transport.retry import RetryPolicy

SYSTEM = "azure_sphere_device"
VERSION_HEADER = "REST-API-Version"
APPLICATION = 10
MOST_ITEMS = 256
"""Of one list no more items are read; a board has far fewer."""

READS: tuple[Endpoint, ...] = tuple(
    row for row in endpoints.DEVICE_ENDPOINTS if row.method == "GET"
)
"""What a recording covers: every read of the table."""


@dataclass(frozen=True, slots=True)
class Items:
    """How the path parameters of a row are found: in the answer of the row `listed_by`."""

    listed_by: Endpoint
    parameters: Callable[[Any], Iterable[Mapping[str, str]]]


def _applications(body: Any) -> Iterable[Mapping[str, str]]:
    found = (part for part in body["components"] if part["image_type"] == APPLICATION)
    return (checks.component(part["uid"]) for part in found)


ITEMS: dict[str, Items] = {
    "get_app_quota": Items(endpoints.GET_IMAGES, _applications),
    "get_app_status": Items(endpoints.GET_IMAGES, _applications),
    "get_certificate": Items(
        endpoints.LIST_CERTIFICATES,
        lambda body: (checks.certificate(name) for name in body["identifiers"]),
    ),
    "get_connection_failure": Items(
        endpoints.LIST_CONNECTION_FAILURES,
        lambda body: (checks.network(each["networkId"]) for each in body["values"]),
    ),
    "get_network_interface": Items(
        endpoints.LIST_NETWORK_INTERFACES,
        lambda body: (checks.interface(each["interfaceName"]) for each in body["interfaces"]),
    ),
    "get_wifi_network": Items(
        endpoints.LIST_WIFI_NETWORKS,
        lambda body: (checks.network(each["id"]) for each in body["values"]),
    ),
}
"""The reads of single things, by the name of their row."""


async def record_board(
    address: str,
    *,
    context: ssl.SSLContext,
    https_port: int = 443,
    keep: Collection[Hidden] = (),
    transport: Transport | None = None,
    clock: Clock | None = None,
    retry: RetryPolicy | None = None,
) -> Recording:
    """Return the redacted answers of the board at `address` to all its reads.

    `keep` names what is not redacted; `transport` stands in for the network. Raises LinkFault or
    DeadlineExceeded when the board does not answer at all; later, single calls without an answer
    are listed in the recording's `unread`.
    """
    tape = RecordingTransport(transport or network(context), (VERSION_HEADER,))
    client = HttpClient(
        f"https://{address}:{https_port}",
        peer=f"board {address}",
        context=context,
        server_name=SERVER_NAME,
        transport=tape,
        refuse=refusal_from,
        retry=retry,
    )
    async with client:
        reader = _Reader(client, tape, Redaction(keep))
        await reader.read_all()
    return Recording(
        version=SCHEMA,
        system=SYSTEM,
        recorded_at=(clock or SystemClock()).now(),
        headers=reader.headers,
        answers={row.name: reader.answers[row.name] for row in READS if row.name in reader.answers},
        unread=reader.unread,
    )


class _Reader:
    """Makes the calls and keeps what came back."""

    def __init__(self, client: HttpClient, tape: RecordingTransport, redaction: Redaction) -> None:
        self._client = client
        self._tape = tape
        self._redaction = redaction
        self._heard: dict[str, Exchange] = {}
        self.headers: dict[str, str] = {}
        self.answers: dict[str, RecordedAnswer | list[RecordedAnswer]] = {}
        self.unread: dict[str, str] = {}

    async def read_all(self) -> None:
        """Read lists and single values first, then each thing that a list names."""
        # First, since every board answers it: a board that is not there ends everything here.
        await self._ask(endpoints.GET_DEVICE_STATUS, {})
        for row in READS:
            if row.name not in ITEMS:
                answer = await self._read(row, {})
                if answer is not None:
                    self.answers[row.name] = answer
        for row in READS:
            if row.name in ITEMS:
                read = [await self._read(row, path) for path in self._items(row)]
                self.answers[row.name] = [answer for answer in read if answer is not None]

    def _items(self, row: Endpoint) -> list[Mapping[str, str]]:
        """Return the parameters of everything that the row's list names, none if it is refused."""
        items = ITEMS[row.name]
        heard = self._heard.get(items.listed_by.name)
        if heard is None or heard.status not in items.listed_by.success:
            return []
        try:
            return list(items.parameters(read_json(heard.body)))[:MOST_ITEMS]
        except (UnusableAnswer, StationMisuse, LookupError, TypeError) as error:
            self.unread[row.name] = (
                f"the answer to {items.listed_by.label} does not name its items as agreed: "
                f"{type(error).__name__}"
            )
            return []

    async def _read(self, row: Endpoint, path: Mapping[str, str]) -> RecordedAnswer | None:
        """Return the redacted answer to one call; None, with the reason noted, without any."""
        try:
            heard = await self._ask(row, path)
        except (LinkFault, DeadlineExceeded, UnusableAnswer) as error:
            call = f"{row.name} {' '.join(path.values())}".rstrip()
            self.unread[self._redaction.text(call)] = self._redaction.text(error.what)
            return None
        if not path:
            self._heard[row.name] = heard
        return self._answer(row, path, heard)

    async def _ask(self, row: Endpoint, path: Mapping[str, str]) -> Exchange:
        """Return what came back, be it a refusal. Raises the error of a call without an answer."""
        before = len(self._tape.exchanges)
        try:
            await self._client.call(replace(row, answer=None), path=path)
        except OrchestratorError:
            if len(self._tape.exchanges) == before:
                raise
        heard = self._tape.exchanges[-1]
        self._tape.exchanges.clear()
        self.headers = {**self.headers, **heard.headers}
        return heard

    def _answer(self, row: Endpoint, path: Mapping[str, str], heard: Exchange) -> RecordedAnswer:
        members: dict[str, Any] = {"status": heard.status}
        if path:
            members["path"] = {name: self._redaction.text(text) for name, text in path.items()}
        return RecordedAnswer.model_validate(members | self._content(row, heard))

    def _content(self, row: Endpoint, heard: Exchange) -> dict[str, Any]:
        if not heard.body:
            return {}
        try:
            if row.answer is not None or heard.status not in row.success:
                return {"body": self._redaction.body(row.name, read_json(heard.body))}
        except UnusableAnswer:
            return self._bytes(heard.body)
        return self._bytes(heard.body)

    def _bytes(self, content: bytes) -> dict[str, Any]:
        if self._redaction.keeps(Hidden.BLOB):
            return {"base64": b64encode(content).decode()}
        digest = hashlib.sha256(content).hexdigest()
        return {"digest": Digest(size_bytes=len(content), sha256=digest)}
