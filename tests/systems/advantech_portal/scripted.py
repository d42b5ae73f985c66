"""A portal whose answers and events a test says moment by moment, without a network."""

import json
from collections import Counter, deque
from collections.abc import AsyncIterator
from typing import Any

import anyio
import httpx

from tests.systems.advantech_portal.hosts import login_result

_SMART = {"statusFlags": 0, "rawData": [0, 0, 0, 0, 0, 0]}


def smart(number: int, value: int, threshold: int = 0, name: str = "Vendor Specific") -> Any:
    """Return a S.M.A.R.T. attribute."""
    return {**_SMART, "id": number, "name": name, "value": value, "worst": value,
            "threshold": threshold}  # fmt: skip


def disk(*attributes: Any, name: str = "/dev/sda") -> Any:
    """Return a disk."""
    return {"name": name, "sizeBytes": 1, "partitions": [], "smartAttributes": list(attributes)}


def sensors(**celsius: float) -> Any:
    """Return the answer of the hardware monitor."""
    shown = [{"name": name, "value": value, "unit": "Celsius"} for name, value in celsius.items()]
    return {"temperature": shown}


async def let_pass(seconds: float) -> None:
    """Let virtual time pass."""
    await anyio.sleep(seconds)


class Stream(httpx.AsyncByteStream):
    """One open stream."""

    def __init__(self) -> None:
        self._pieces: deque[bytes | None] = deque()
        self._wake = anyio.Event()

    def push(self, piece: bytes | None) -> None:
        """Send a piece; None breaks the connection."""
        self._pieces.append(piece)
        self._wake.set()

    async def __aiter__(self) -> AsyncIterator[bytes]:
        while True:
            while self._pieces:
                piece = self._pieces.popleft()
                if piece is None:
                    raise httpx.ReadError("cut")
                yield piece
            self._wake = anyio.Event()
            await self._wake.wait()


class ScriptedPortal(httpx.AsyncBaseTransport):
    """Answers what its members say. `refuse` are statuses by path, `down` refuses everybody.

    `late` are seconds that the next answers of a path take on their way back.
    """

    def __init__(self) -> None:
        self.values: dict[str, Any] = {
            "hwmon": sensors(CPU=50),
            "perif/disk": [disk(smart(231, 90, 5))],
            "perif/redundant_power": {"vin1State": 1, "vin2State": 1},
            "perif/wdt": {"enabled": True, "type": "EC Watchdog", "timeoutInSeconds": 15,
                          "timeoutMaxInSeconds": 255, "timeoutMinInSeconds": 10},
            "service/ntp": {"status": "running"},
        }  # fmt: skip
        self.levels = [0] * 8
        self.directions = [1] * 8
        self.leds = [False] * 4
        self.refuse: dict[str, int] = {}
        self.down = False
        self.password = "canary-password"
        self.asked: Counter[str] = Counter()
        self.resumed: list[str] = []
        self.streams: list[Stream] = []
        self.seconds = 0.0
        self.late: dict[str, deque[float]] = {}

    def event(self, name: str, data: Any, number: str = "") -> None:
        """Send an event to everybody who listens."""
        head = f"id: {number}\n" if number else ""
        for stream in self.streams:
            stream.push(f"{head}event: {name}\ndata: {json.dumps(data)}\n\n".encode())

    def cut(self) -> None:
        """Break all streams."""
        for stream in self.streams:
            stream.push(None)
        self.streams.clear()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Answer one request."""
        if self.seconds:
            await anyio.sleep(self.seconds)
        if self.down:
            raise httpx.ConnectError("nobody")
        place = request.url.path.removeprefix("/platform/api/")
        self.asked[place] += 1
        if place in self.refuse:
            words = {"errors": {"Disk": "cannot be read"}} if self.refuse[place] == 422 else None
            return httpx.Response(self.refuse[place], json=words)
        body = json.loads(await request.aread() or b"null")
        if place == "/auth/login":
            fits = body["password"] == self.password
            refusal = {"Code": 401, "Message": "incorrect Username or Password"}
            return httpx.Response(200 if fits else 401, json=login_result() if fits else refusal)
        if place == "events":
            return self._stream(request)
        answer = self._pins(place, body) or httpx.Response(200, json=self.values[place])
        if self.late.get(place):
            await anyio.sleep(self.late[place].popleft())
        return answer

    def _stream(self, request: httpx.Request) -> httpx.Response:
        self.resumed.append(request.headers.get("last-event-id", ""))
        self.streams.append(Stream())
        kind = {"Content-Type": "text/event-stream"}
        return httpx.Response(200, headers=kind, stream=self.streams[-1])

    def _pins(self, place: str, body: Any) -> httpx.Response | None:
        parts = place.removeprefix("perif/").split("/")
        if parts == ["gpio", "all"]:
            pins = enumerate(zip(self.directions, self.levels, strict=True))
            return httpx.Response(
                200, json=[{"pin": k, "dir": d, "level": v} for k, (d, v) in pins]
            )
        if parts[0] == "gpio":
            kept = self.directions if parts[2] == "dir" else self.levels
            kept[int(parts[1])] = body[parts[2]]
        elif parts[0] == "led":
            self.leds[int(parts[1])] = body["status"]
        else:
            return None
        return httpx.Response(200)
