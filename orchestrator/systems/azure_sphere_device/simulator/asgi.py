"""The board's server: routes from the endpoint table, gates, faults, answers.

An ASGI application. On real sockets the rack serves it; in process a test calls it through an
ASGI transport and sees `LinkDropped` where a real client would see a broken connection.
"""

import re
from collections.abc import Callable
from contextlib import suppress
from functools import lru_cache, partial

from orchestrator.systems.azure_sphere_device.endpoints import (
    DEVELOPMENT,
    DEVICE_ENDPOINTS,
    OPEN,
)
from orchestrator.systems.azure_sphere_device.simulator import refusals
from orchestrator.systems.azure_sphere_device.simulator.board import SimulatedBoard
from orchestrator.systems.azure_sphere_device.simulator.faults import Fault
from orchestrator.systems.azure_sphere_device.simulator.handlers import HANDLERS, Handler
from orchestrator.systems.azure_sphere_device.simulator.refusals import (
    LinkDropped,
    RefusalRow,
    Refused,
)
from orchestrator.systems.azure_sphere_device.simulator.wire import (
    Answer,
    Receive,
    Request,
    Scope,
    Send,
    send_answer,
)
from orchestrator.transport.endpoint import Endpoint

FOR_GOOD = ("set_manufacturing_state",)
"""The calls (rows) that a board cannot undo: the world is told of every request for them."""

_LATE_CAP_BYTES = 1 << 16
_TYPES_SINCE = "4.2.0"
_GARBAGE = b'{"error": \xff\xfe, "uptime"'


@lru_cache(maxsize=4)
def _routes(table: tuple[Endpoint, ...]) -> list[tuple[re.Pattern[str], dict[str, Endpoint]]]:
    """Return one pattern per path with its rows by method."""
    paths: dict[str, dict[str, Endpoint]] = {}
    for row in table:
        paths.setdefault(row.path, {})[row.method] = row
    return [
        (re.compile(re.sub(r"\\{(\w+)\\}", r"(?P<\1>[^/]+)", re.escape(path))), rows)
        for path, rows in paths.items()
    ]


def match(table: tuple[Endpoint, ...], method: str, path: str) -> tuple[Endpoint, dict[str, str]]:
    """Return the row of a request and the parameters of its path. Raises Refused (15.1, 15.2)."""
    for pattern, rows in _routes(table):
        found = pattern.fullmatch(path)
        if found is None:
            continue
        if method not in rows:
            raise Refused(refusals.WRONG_METHOD)
        return rows[method], found.groupdict()
    raise Refused(refusals.UNKNOWN_URI)


class BoardServer:
    """The ASGI application in front of the board that `current` names at the time."""

    def __init__(
        self,
        current: Callable[[], SimulatedBoard],
        table: tuple[Endpoint, ...] = DEVICE_ENDPOINTS,
        handlers: dict[str, Handler] | None = None,
    ) -> None:
        self._current = current
        self._table = table
        self._handlers = {row.name: (handlers or HANDLERS)[row.name] for row in table}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request. Raises LinkDropped where a real link would break."""
        board = self._current()
        if not board.link_up:
            raise LinkDropped("the board does not answer")
        try:
            row, parameters = match(self._table, scope["method"], scope["path"])
        except Refused as refusal:
            await self._send(board, send, _no(board.refusal(refusal.row)))
            return
        request = Request(
            scope,
            receive,
            parameters,
            lambda size: _pace(board, size),
            judges_types=board.since(_TYPES_SINCE),
        )
        board.requests[row.name] += 1
        answer = await self._answer(board, row, request)
        await self._send(board, send, answer)
        if answer.restart:
            await board.world.sleep(board.spec.restart_delay_seconds)
            board.reboot(answer.restart)

    async def _answer(self, board: SimulatedBoard, row: Endpoint, request: Request) -> Answer:
        fault = board.faults.strike(row.name)
        if row.name in FOR_GOOD:
            board.receive(row.name, fault.kind if fault is not None else "")
        if fault is not None:
            struck = await _strike(board, fault, request)
            if struck is not None:
                return struck
            if fault.kind == "late":
                await request.read(_LATE_CAP_BYTES)
                later = partial(self._apply_late, board, row, request, fault.seconds)
                raise LinkDropped("the connection drops before the request is applied", later)
        await board.spend(board.spec.answer_seconds)
        answer = await self._handle(board, row, request)
        if fault is not None and fault.kind == "lost_answer":
            raise LinkDropped("the answer is lost")
        return answer

    async def _handle(self, board: SimulatedBoard, row: Endpoint, request: Request) -> Answer:
        try:
            _gate(board, row)
            return await self._handlers[row.name](board, request)
        except Refused as refusal:
            return _no(board.refusal(refusal.row))

    async def _apply_late(
        self, board: SimulatedBoard, row: Endpoint, request: Request, seconds: float
    ) -> None:
        """Apply a request whose client has gone; a board that went down meanwhile forgets it."""
        with suppress(LinkDropped):
            await board.spend(seconds)
            await self._handle(board, row, request)

    async def _send(self, board: SimulatedBoard, send: Send, answer: Answer) -> None:
        await _pace(board, len(answer.body))
        headers = [(b"rest-api-version", board.api_version.encode())]
        await send_answer(send, answer, headers)


def board_app(board: SimulatedBoard) -> BoardServer:
    """Return the ASGI application of one board."""
    return BoardServer(lambda: board)


def _no(row: RefusalRow) -> Answer:
    return Answer({"error": row.number}, row.status)


def _gate(board: SimulatedBoard, row: Endpoint) -> None:
    """Refuse what this API version does not know and what the board's lock closes."""
    if not board.since(row.since):
        raise Refused(refusals.UNKNOWN_URI)
    if row.lock == DEVELOPMENT and not board.may_develop:
        raise Refused(refusals.LOCKED)
    if row.lock not in {OPEN, DEVELOPMENT} and board.closes(row.name):
        raise Refused(refusals.LOCKED)


async def _pace(board: SimulatedBoard, size: int) -> None:
    """Take the time that `size` bytes need on this board's link."""
    rate = board.spec.link_bytes_per_second
    await board.spend(size / rate if rate else 0)


async def _strike(board: SimulatedBoard, fault: Fault, request: Request) -> Answer | None:
    """Misbehave; None lets the request be handled. Raises LinkDropped for broken links."""
    match fault.kind:
        case "busy" | "refuse":
            return _no(RefusalRow(fault.kind, fault.status, fault.error))
        case "garbage":
            return Answer(raw=_GARBAGE)
        case "hang":
            await request.wait_for_disconnect()
        case "drop":
            await request.read_part(fault.at)
            raise LinkDropped("the connection drops")
        case "reboot":
            await request.read_part(fault.at)
            board.reboot("by itself")
            raise LinkDropped("the board restarts by itself")
        case "slow":
            await board.spend(fault.seconds)
    return None
