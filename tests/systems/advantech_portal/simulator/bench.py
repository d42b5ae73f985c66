"""A pretend host that is asked with plain requests: no client of ours between test and host."""

import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx

from orchestrator.systems.advantech_portal.simulator import HostApp, HostSpec, SimulatedHost
from orchestrator.transport.in_process_stream import StreamingTransport
from orchestrator.transport.serving import Happening, World

ENGINEER, VIEWER = ("engineer", "Engineer-1"), ("viewer", "Viewer-1")
ADMIN = ("admin", "p@ssw0rd")
URL = "https://127.0.36.2"


class Watch:
    """A clock that stands still until a sleep, or a test, moves it."""

    def __init__(self) -> None:
        self.seconds = 1000.0

    def now(self) -> datetime:
        """Return wall time."""
        return datetime(2026, 11, 21, tzinfo=UTC) + timedelta(seconds=self.seconds)

    def monotonic(self) -> float:
        """Return the seconds."""
        return self.seconds

    async def sleep(self, seconds: float) -> None:
        """Let the time pass at once."""
        self.seconds += seconds


@dataclass(frozen=True)
class Answer:
    """What came back: `said` is the JSON value of the body, None without one."""

    status: int
    body: bytes
    headers: httpx.Headers

    @property
    def said(self) -> Any:
        """The JSON value of the body."""
        return json.loads(self.body) if self.body else None


class Bench:
    """A host on a clock of its own; everything that really happened is in `happened`."""

    def __init__(self, **members: Any) -> None:
        self.watch = Watch()
        self.happened: list[Happening] = []
        world = World(self.watch, self.watch.sleep, self.happened.append)
        self.host = SimulatedHost(HostSpec(**members), world)
        self.app = HostApp(self.host)
        self.token = ""

    async def log_in(self, account: tuple[str, str] = ENGINEER, m: int = 0) -> "Bench":
        """Log in, so that all further requests carry the token."""
        answer = await self.try_to_log_in(account, m)
        assert answer.status == 200, answer
        self.token = answer.said["token"]
        return self

    async def try_to_log_in(self, account: tuple[str, str], m: int = 0) -> Answer:
        """Return what the host says to a login."""
        body = {"username": account[0], "password": account[1]}
        return await self.ask("POST", f"/auth/login?m={m}", body, token="")

    async def ask(
        self,
        method: str,
        path: str,
        body: object = None,
        *,
        token: str | None = None,
        headers: Mapping[str, str] | None = None,
        raw: bytes | None = None,
    ) -> Answer:
        """Send a request. Raises httpx.ConnectError, ReadError where the link breaks."""
        sent = dict(headers or {})
        given = self.token if token is None else token
        if given:
            sent["Authorization"] = f"Bearer {given}"
        content = raw
        if body is not None:
            content = json.dumps(body).encode()
            sent["Content-Type"] = "application/json"
        async with httpx.AsyncClient(transport=StreamingTransport(self.app)) as http:
            answer = await http.request(method, URL + path, content=content, headers=sent)
        return Answer(answer.status_code, answer.content, answer.headers)

    async def get(self, path: str) -> Any:
        """Return the value of a successful GET."""
        answer = await self.ask("GET", path)
        assert answer.status == 200, answer
        return answer.said

    @asynccontextmanager
    async def stream(
        self, path: str = "/platform/api/events", last_id: str = ""
    ) -> AsyncIterator[AsyncIterator[dict[str, str]]]:
        """Open an event stream and give its events as they are on the wire."""
        asked = {"Accept": "text/event-stream", "Authorization": f"Bearer {self.token}"}
        asked |= {"Last-Event-ID": last_id} if last_id else {}
        headers = {name: value.encode("latin-1") for name, value in asked.items()}
        async with (
            httpx.AsyncClient(transport=StreamingTransport(self.app)) as http,
            http.stream("GET", URL + path, headers=headers) as answer,
        ):
            assert answer.status_code == 200, await answer.aread()
            yield _events(answer)

    def told(self, *names: str) -> list[Happening]:
        """Return what happened under these names."""
        return [one for one in self.happened if one.what in names]


async def _events(answer: httpx.Response) -> AsyncIterator[dict[str, str]]:
    event: dict[str, str] = {}
    async for line in answer.aiter_lines():
        if not line:
            yield event
            event = {}
            continue
        name, _, value = line.partition(": ")
        event[name] = value
