"""The pretend cloud's server: routes from the table, sign-in, throttle, faults, answers."""

from collections.abc import Awaitable, Callable, Mapping, Sequence

from orchestrator.systems.azure_sphere_cloud.endpoints import ENDPOINTS
from orchestrator.systems.azure_sphere_cloud.simulator import refusals
from orchestrator.systems.azure_sphere_cloud.simulator.handlers import HANDLERS
from orchestrator.systems.azure_sphere_cloud.simulator.handlers.asked import Asked
from orchestrator.systems.azure_sphere_cloud.simulator.refusals import RefusalRow, Refused
from orchestrator.systems.azure_sphere_cloud.simulator.state import Cloud
from orchestrator.transport.endpoint import Endpoint
from orchestrator.transport.serving import (
    AnswerLost,
    Fault,
    FaultPlan,
    Receive,
    Received,
    Reply,
    Routes,
    Scope,
    Send,
    WrongMethod,
    send_reply,
)
from orchestrator.transport.serving.wire import TooLarge

_LIMIT_BYTES = 64 << 20
_PAGE = b"<!DOCTYPE html><html><body><h1>Sign in to the network</h1></body></html>"


class CloudServer:
    """The ASGI application in front of one cloud: the public API, or what a subclass serves."""

    table: Sequence[Endpoint] = ENDPOINTS
    handlers: Mapping[str, Callable[[Asked], Awaitable[Reply]]] = HANDLERS
    asked: type[Asked] = Asked

    def error_body(self, row: RefusalRow, detail: str) -> object:
        """Return the body of a refusal: the usual array."""
        one = {"ErrorCode": row.name, "Title": row.title, "Status": row.status}
        return [{**one, "Detail": detail} if detail else one]

    def __init__(self, cloud: Cloud, faults: FaultPlan[Fault] | None = None) -> None:
        self.cloud = cloud
        self.faults = faults or FaultPlan(cloud.spec.faults, f"cloud/{cloud.spec.seed}")
        self._routes = Routes(self.table, fold_case=True)
        self._second, self._in_second = 0, 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request. Raises AnswerLost where a real link would break."""
        if scope["type"] != "http":
            return
        raw = scope.get("raw_path") or scope["path"].encode()
        path = raw.decode("latin-1").partition("?")[0]
        try:
            route = self._routes.find(scope["method"], path)
        except WrongMethod as wrong:
            reply = self._no(Refused(refusals.WRONG_METHOD), {"allow": ", ".join(wrong.allowed)})
            await send_reply(send, reply)
            return
        if route is None:
            await send_reply(send, self._no(Refused(refusals.NO_PATH)))
            return
        request = Received(scope, receive, route.parameters, _LIMIT_BYTES)
        reply, lost = await self._answer(route.row, request)
        if lost:
            raise AnswerLost("the answer is lost")
        await send_reply(send, reply)

    async def _answer(self, row: Endpoint, request: Received) -> tuple[Reply, bool]:
        """Return the reply, and whether it is lost on its way."""
        fault = self.faults.strike(row.name)
        if fault is not None:
            struck = await self._strike(fault, request)
            if struck is not None:
                return struck, False
        try:
            self._admit(request)
            if self.cloud.spec.answer_seconds:
                await self.cloud.world.sleep(self.cloud.spec.answer_seconds)
            self.cloud.advance()
            reply = await self.handlers[row.name](self.asked(self.cloud, request))
            self.cloud.advance()
        except Refused as refusal:
            reply = self._no(refusal)
        except TooLarge:
            reply = self._no(Refused(refusals.TOO_LARGE))
        return reply, fault is not None and fault.kind == "lost_answer"

    def _admit(self, request: Received) -> None:
        """Refuse strangers, and those who ask too often. Raises Refused."""
        spec = self.cloud.spec
        if not self.cloud.admits(request.bearer):
            raise Refused(refusals.UNAUTHORIZED)
        if spec.requests_per_second:
            second = int(self.cloud.world.clock.monotonic())
            if second != self._second:
                self._second, self._in_second = second, 0
            self._in_second += 1
            if self._in_second > spec.requests_per_second:
                raise Refused(refusals.THROTTLED, retry_after=spec.retry_after)

    async def _strike(self, fault: Fault, request: Received) -> Reply | None:
        """Misbehave; None lets the request be handled. Raises AnswerLost for broken links."""
        match fault.kind:
            case "refuse":
                row = RefusalRow("Fault", fault.status, "The rehearsal wants it so.")
                return self._no(Refused(row, retry_after=fault.retry_after))
            case "throttle":
                return self._no(Refused(refusals.THROTTLED, retry_after=fault.retry_after))
            case "drop":
                raise AnswerLost("the connection drops")
            case "hang":
                await request.wait_for_disconnect()
            case "garbage":
                return Reply(raw=b'{"Items": \xff\xfe')
            case "page":
                return Reply(raw=_PAGE, content_type="text/html")
            case "slow":
                await self.cloud.world.sleep(fault.seconds)
        return None

    def _no(self, refusal: Refused, headers: Mapping[str, str] | None = None) -> Reply:
        more = {} if refusal.retry_after is None else {"retry-after": refusal.retry_after}
        body = self.error_body(refusal.row, refusal.detail)
        return Reply(body, refusal.row.status, headers={**(headers or {}), **more})
