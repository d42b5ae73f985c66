"""The request loop of a pretend web service: route, fault, answer, and answers that are lost.

What the service knows and how it says no are its subclass's: the members without a body here.
"""

from abc import ABC, abstractmethod
from collections.abc import Sequence

from orchestrator.transport.endpoint import Endpoint
from orchestrator.transport.serving.faults import Fault
from orchestrator.transport.serving.routes import Routes, WrongMethod
from orchestrator.transport.serving.schedule import FaultPlan
from orchestrator.transport.serving.wire import (
    AnswerLost,
    Receive,
    Received,
    Reply,
    Scope,
    Send,
    TooLarge,
    send_reply,
)
from orchestrator.transport.serving.world import World

PAGE = b"<!DOCTYPE html><html><body><h1>Sign in to the network</h1></body></html>"
"""What a network that wants people to sign in answers in the place of the service."""


class Throttle:
    """Counts the requests of each second. `per_second` 0 admits all."""

    def __init__(self, world: World, per_second: int) -> None:
        self._world = world
        self._per_second = per_second
        self._second, self._in_second = 0, 0

    def admits(self) -> bool:
        """Count a request; False when this second has had enough of them."""
        if not self._per_second:
            return True
        second = int(self._world.clock.monotonic())
        if second != self._second:
            self._second, self._in_second = second, 0
        self._in_second += 1
        return self._in_second <= self._per_second


class PretendService(ABC):
    """An ASGI application that answers the rows of one table."""

    garbage: bytes
    """What the fault of that name answers: no JSON, but its beginning."""

    limit_bytes: int
    """The longest body that is read."""

    def __init__(self, table: Sequence[Endpoint], world: World, faults: FaultPlan[Fault]) -> None:
        self._routes = Routes(table, fold_case=True)
        self._world = world
        self.faults = faults

    @abstractmethod
    async def handle(self, row: Endpoint, request: Received) -> Reply:
        """Return what the service says, refusals included. Raises TooLarge."""

    @abstractmethod
    def no_path(self) -> Reply:
        """Return the answer to a path that no row has."""

    @abstractmethod
    def no_method(self, allowed: str) -> Reply:
        """Return the answer to a method that the path has not."""

    @abstractmethod
    def too_large(self) -> Reply:
        """Return the answer to a body beyond the limit."""

    @abstractmethod
    def struck(self, fault: Fault) -> Reply:
        """Return the answer of the faults `refuse` and `throttle`."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request. Raises AnswerLost where a real link would break."""
        if scope["type"] != "http":
            return
        raw = scope.get("raw_path") or scope["path"].encode()
        path = raw.decode("latin-1").partition("?")[0]
        try:
            route = self._routes.find(scope["method"], path)
        except WrongMethod as wrong:
            await send_reply(send, self.no_method(", ".join(wrong.allowed)))
            return
        if route is None:
            await send_reply(send, self.no_path())
            return
        request = Received(scope, receive, route.parameters, self.limit_bytes)
        await send_reply(send, await self._answer(route.row, request))

    async def _answer(self, row: Endpoint, request: Received) -> Reply:
        fault = self.faults.strike(row.name)
        if fault is not None:
            reply = await self._strike(fault, request)
            if reply is not None:
                return reply
        try:
            reply = await self.handle(row, request)
        except TooLarge:
            reply = self.too_large()
        if fault is not None and fault.kind == "lost_answer":
            raise AnswerLost("the answer is lost")
        return reply

    async def _strike(self, fault: Fault, request: Received) -> Reply | None:
        """Misbehave; None lets the request be handled. Raises AnswerLost for broken links."""
        match fault.kind:
            case "refuse" | "throttle":
                return self.struck(fault)
            case "drop":
                raise AnswerLost("the connection drops")
            case "hang":
                await request.wait_for_disconnect()
            case "garbage":
                return Reply(raw=self.garbage)
            case "page":
                return Reply(raw=PAGE, content_type="text/html")
            case "slow":
                await self._world.sleep(fault.seconds)
        return None
