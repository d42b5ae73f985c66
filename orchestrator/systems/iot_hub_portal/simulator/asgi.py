"""The pretend portal's server: routes from the table, sign-in, throttle, faults, answers."""

from orchestrator.systems.iot_hub_portal.endpoints import GET_OIDC_SETTINGS, PORTAL_ENDPOINTS
from orchestrator.systems.iot_hub_portal.simulator.handlers import HANDLERS
from orchestrator.systems.iot_hub_portal.simulator.refusals import Refused
from orchestrator.systems.iot_hub_portal.simulator.state import Portal
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

_LIMIT_BYTES = 2 << 20
_PAGE = b"<!DOCTYPE html><html><body><h1>Sign in to the network</h1></body></html>"


class PortalServer:
    """The ASGI application in front of one portal."""

    def __init__(self, portal: Portal, faults: FaultPlan[Fault] | None = None) -> None:
        self.portal = portal
        self.faults = faults or FaultPlan(source=f"portal/{portal.spec.seed}")
        self._routes = Routes(PORTAL_ENDPOINTS, fold_case=True)
        self._second = 0
        self._in_second = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request. Raises AnswerLost where a real link would break."""
        if scope["type"] != "http":
            return
        path = scope.get("raw_path", scope["path"].encode()).decode("latin-1")
        try:
            route = self._routes.find(scope["method"], path)
        except WrongMethod as wrong:
            await send_reply(send, Reply(status=405, headers={"allow": ", ".join(wrong.allowed)}))
            return
        if route is None:
            await send_reply(send, Reply(status=404))
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
            self._admit(row, request)
            await self.portal.world.sleep(self.portal.spec.answer_seconds)
            reply = await HANDLERS[row.name](self.portal, request)
        except Refused as refusal:
            reply = _no(refusal)
        except TooLarge:
            reply = Reply(status=413)
        return reply, fault is not None and fault.kind == "lost_answer"

    def _admit(self, row: Endpoint, request: Received) -> None:
        """Refuse strangers, and those who ask too often. Raises Refused."""
        spec, now = self.portal.spec, self.portal.world.clock.monotonic()
        if spec.tokens and row is not GET_OIDC_SETTINGS:
            valid_until = spec.tokens.get(request.bearer or "")
            if valid_until is None or now >= valid_until:
                raise Refused(401)
        if spec.requests_per_second:
            second = int(now)
            if second != self._second:
                self._second, self._in_second = second, 0
            self._in_second += 1
            if self._in_second > spec.requests_per_second:
                raise Refused(429, retry_after=1)

    async def _strike(self, fault: Fault, request: Received) -> Reply | None:
        """Misbehave; None lets the request be handled. Raises AnswerLost for broken links."""
        match fault.kind:
            case "refuse":
                return Reply(status=fault.status)
            case "throttle":
                headers = {} if fault.retry_after is None else {"retry-after": fault.retry_after}
                return Reply(status=429, headers=headers)
            case "drop":
                raise AnswerLost("the connection drops")
            case "hang":
                await request.wait_for_disconnect()
            case "garbage":
                return Reply(raw=b'{"deviceID": \xff\xfe')
            case "page":
                return Reply(raw=_PAGE, content_type="text/html")
            case "slow":
                await self.portal.world.sleep(fault.seconds)
        return None


def _no(refusal: Refused) -> Reply:
    headers = {} if refusal.retry_after is None else {"retry-after": str(refusal.retry_after)}
    if refusal.errors:
        problem = {
            "title": "One or more validation errors occurred.",
            "status": refusal.status,
            "errors": {name: [what] for name, what in refusal.errors.items()},
        }
        return Reply(
            problem, refusal.status, content_type="application/problem+json", headers=headers
        )
    return Reply(refusal.words or None, refusal.status, headers=headers)
