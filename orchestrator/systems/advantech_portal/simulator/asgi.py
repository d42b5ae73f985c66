"""The host's server: routes from the table, versions, tokens, faults, answers, streams, sockets.

An ASGI application. On real sockets `orchestrator.simulation.hosts` serves it; in process a test
calls it through an ASGI transport and sees `LinkDropped` where a real client would see a broken
connection, and `NotReachable` while the host is down.
"""

import re
from collections.abc import Coroutine
from dataclasses import replace
from email.utils import format_datetime
from typing import Any

from orchestrator.systems.advantech_portal.endpoints import (
    ADMIN,
    BASIC,
    HOST_ENDPOINTS,
    OPEN,
    PERMISSION,
)
from orchestrator.systems.advantech_portal.simulator import refusals
from orchestrator.systems.advantech_portal.simulator.accounts import ADMIN_ACCOUNT, Session
from orchestrator.systems.advantech_portal.simulator.call import Call, token_of
from orchestrator.systems.advantech_portal.simulator.faults import Fault
from orchestrator.systems.advantech_portal.simulator.handlers import HANDLERS, STREAMS
from orchestrator.systems.advantech_portal.simulator.host import SimulatedHost
from orchestrator.systems.advantech_portal.simulator.refusals import LinkDropped, Refused
from orchestrator.systems.advantech_portal.simulator.sockets import (
    Socket,
    refuse_socket,
    run_desktop,
    run_terminal,
)
from orchestrator.systems.advantech_portal.simulator.streams import (
    EVENT_STREAM,
    Wanted,
    run_stream,
    stream_names,
)
from orchestrator.transport.endpoint import Endpoint
from orchestrator.transport.in_process import NotReachable
from orchestrator.transport.serving import (
    Receive,
    Received,
    Reply,
    Route,
    Routes,
    Scope,
    Send,
    WrongMethod,
    send_reply,
)
from orchestrator.transport.serving.server import PAGE
from orchestrator.transport.serving.wire import TooLarge

LIMIT_BYTES = 4 << 20
_GARBAGE = b'{"code": \xff\xfe, "name"'
_VERSION = re.compile(r"(auth-server|rest-server|portal-service|edgehub-agent) ([0-9.]+)")


class HostApp:
    """The ASGI application of one host."""

    def __init__(self, host: SimulatedHost) -> None:
        self.host = host

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, or serve a stream or WebSocket. Raises LinkDropped, NotReachable."""
        if scope["type"] not in {"http", "websocket"}:
            return
        if not self.host.link_up:
            raise NotReachable("the host does not answer")
        if scope["type"] == "websocket":
            await self._socket(scope, receive, send)
            return
        try:
            row, parameters = _route(scope)
        except Refused as refusal:
            await send_reply(send, self._no(refusal))
            return
        request = Received(scope, receive, parameters, LIMIT_BYTES)
        self.host.requests[row.name] += 1
        fault = self.host.faults.strike(row.name)
        reply = await self._struck(fault, row, request) if fault is not None else None
        if reply is not None:
            await send_reply(send, self._headed(reply))
        elif row.door == "SSE":
            await self._stream(row, request, fault, send)
        else:
            reply = await self._answered(row, request)
            if fault is not None and fault.kind in {"lost_answer", "cut"}:
                raise LinkDropped("the answer is lost")
            await send_reply(send, self._headed(reply))

    # Answers ------------------------------------------------------------------------------------

    async def _answered(self, row: Endpoint, request: Received) -> Reply:
        host = self.host
        if host.frozen_since is not None:
            await request.wait_for_disconnect()
        await host.spend(host.spec.answer_seconds)
        return await self._handled(row, request)

    async def _handled(self, row: Endpoint, request: Received) -> Reply:
        try:
            session = self._admitted(row, request)
            handler = HANDLERS.get(row.name)
            if handler is None:
                raise Refused(refusals.NO_UPGRADE)
            return await handler(self.host, Call(row, request, session))
        except Refused as refusal:
            return self._no(refusal)
        except TooLarge:
            return self._no(Refused(refusals.TOO_LARGE))

    async def _stream(
        self, row: Endpoint, request: Received, fault: Fault | None, send: Send
    ) -> None:
        host = self.host
        try:
            self._admitted(row, request)
            names = stream_names(host, STREAMS[row.name])
            if not names:
                raise Refused(refusals.NOT_AVAILABLE)
        except Refused as refusal:
            await send_reply(send, self._no(refusal))
            return
        single = row.name != "stream_events"
        wanted = Wanted(names, single, request.headers.get("last-event-id"))
        await run_stream(host, wanted, fault, self._date(), send)

    async def _socket(self, scope: Scope, receive: Receive, send: Send) -> None:
        host = self.host
        request = Received({**scope, "method": "GET"}, receive, {}, LIMIT_BYTES)
        try:
            row, parameters = _route({**scope, "method": "GET"}, door="WebSocket")
            host.requests[row.name] += 1
            fault = host.faults.strike(row.name)
            reply = await self._struck(fault, row, request) if fault is not None else None
            if reply is not None:
                await refuse_socket(scope, reply, receive, send)
                return
            self._admitted(row, request)
            socket = Socket(host, fault, receive, send)
            if row.name == "open_terminal":
                await run_terminal(host, socket, list(scope.get("subprotocols", [])))
                return
            prepared = host.desktops.open(parameters["id"])
            if prepared is None:
                raise Refused(refusals.UNKNOWN_DESKTOP)
            await run_desktop(host, socket, prepared)
        except Refused as refusal:
            await refuse_socket(scope, self._no(refusal), receive, send)

    # Gates --------------------------------------------------------------------------------------

    def _admitted(self, row: Endpoint, request: Received) -> Session | None:
        """Return whose token a request carries. Raises Refused."""
        host = self.host
        if not _is_there(row, host):
            raise Refused(refusals.NO_PATH)
        if row.lock in {OPEN, BASIC}:
            return None
        query = row.name == "stream_events" or (
            row.door == "SSE" and host.spec.query_token_everywhere
        )
        try:
            session = host.accounts.session(token_of(request, query=query))
        except Refused as refusal:
            if row.lock != ADMIN:
                raise
            # The calls of the admin password write their errors small.
            raise Refused(replace(refusal.row, form="small")) from None
        _permit(row, session, host)
        return session

    # Faults -------------------------------------------------------------------------------------

    async def _struck(self, fault: Fault, row: Endpoint, request: Received) -> Reply | None:
        """Misbehave; None lets the request be handled. Raises LinkDropped for broken links."""
        if fault.kind in {"refuse", "empty", "garbage", "page"}:
            return _instead(fault)
        match fault.kind:
            case "slow":
                await self.host.spend(fault.seconds)
            case "freeze" | "hang":
                if fault.kind == "freeze":
                    self.host.freeze()
                await request.wait_for_disconnect()
            case "drop":
                raise LinkDropped("the connection drops")
            case "reboot":
                self.host.reboot("by itself")
                raise LinkDropped("the host restarts by itself")
            case "late":
                await request.body()
                self.host.soon(fault.seconds, lambda: _at_once(self._handled(row, request)))
                raise LinkDropped("the connection drops before the request is applied")
        return None

    def _no(self, refusal: Refused) -> Reply:
        row = self.host.refusal(refusal.row)
        if row.form == "text":
            text = (refusal.words or row.words).encode()
            return Reply(status=row.status, raw=text, content_type="text/plain; charset=utf-8")
        return self._headed(Reply(row.body(refusal.words), row.status))

    def _headed(self, reply: Reply) -> Reply:
        return replace(reply, headers={**reply.headers, **self._date()})

    def _date(self) -> dict[str, str]:
        return {"Date": format_datetime(self.host.wall(), usegmt=True)}


def _instead(fault: Fault) -> Reply:
    """Return what a fault answers in the place of the host."""
    match fault.kind:
        case "refuse":
            return Reply({"message": fault.words} if fault.words else None, fault.status)
        case "garbage":
            return Reply(raw=_GARBAGE)
        case "page":
            return Reply(raw=PAGE, content_type="text/html")
    return Reply()


def _at_once(work: Coroutine[Any, Any, Reply]) -> None:
    """Run what never waits to its end."""
    try:
        work.send(None)
    except StopIteration:
        return
    work.close()
    raise AssertionError("what happens late must not wait")


def _permit(row: Endpoint, session: Session, host: SimulatedHost) -> None:
    """Refuse what the account may not do. Raises Refused."""
    is_admin = session.account_type == ADMIN_ACCOUNT
    if row.lock == ADMIN:
        if not is_admin:
            raise Refused(refusals.NOT_ADMIN)
        return
    if is_admin and host.accounts.has_default_password and host.spec.default_password_closes:
        raise Refused(refusals.DEFAULT_PASSWORD)
    if row.lock == PERMISSION and not session.administrator:
        raise Refused(refusals.NO_PERMISSION)


_CALLS = Routes([row for row in HOST_ENDPOINTS if not row.door])
_DOORS = {
    door: Routes([row for row in HOST_ENDPOINTS if row.door == door])
    for door in ("SSE", "WebSocket")
}


def _route(scope: Scope, door: str = "") -> Route:
    """Return what a request asks for. Raises Refused.

    A stream is asked for by its media type; the combined one has no other answer.
    """
    raw = scope.get("raw_path") or scope["path"].encode()
    path = raw.decode("latin-1").partition("?")[0]
    accept = dict(scope["headers"]).get(b"accept", b"").decode("latin-1")
    doors = [door] if door else ["SSE", "", "WebSocket"]
    if not door and EVENT_STREAM not in accept:
        doors = ["", "SSE", "WebSocket"]
    allowed: set[str] = set()
    for name in doors:
        routes = _DOORS[name] if name else _CALLS
        try:
            found = routes.find(scope["method"], path)
        except WrongMethod as wrong:
            allowed |= set(wrong.allowed)
            continue
        if found is not None:
            return found
    raise Refused(refusals.NO_METHOD if allowed else refusals.NO_PATH)


def _is_there(row: Endpoint, host: SimulatedHost) -> bool:
    """Tell whether the host's components are new enough for a row."""
    mine = host.spec.versions
    for component, wanted in _VERSION.findall(row.since):
        has = getattr(mine, component.replace("-", "_")).removeprefix("v")
        if _numbers(has) < _numbers(wanted):
            return False
    return True


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split(".") if part.isdigit())
