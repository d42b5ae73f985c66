"""The local device communication service, and the slots whose boards it lists.

Beside the two calls of the real service it answers `/simulator/...`, by which tests and demos
plug boards in and out of a running rack and look at what they really are.
"""

import dataclasses
from collections.abc import Callable, Sequence

from orchestrator.systems.azure_sphere_device import models
from orchestrator.systems.azure_sphere_device.endpoints import SERVICE_ENDPOINTS
from orchestrator.systems.azure_sphere_device.simulator import refusals
from orchestrator.systems.azure_sphere_device.simulator.asgi import BoardServer, match
from orchestrator.systems.azure_sphere_device.simulator.board import SimulatedBoard
from orchestrator.systems.azure_sphere_device.simulator.packages import Keystore
from orchestrator.systems.azure_sphere_device.simulator.refusals import Refused
from orchestrator.systems.azure_sphere_device.simulator.spec import BoardSpec
from orchestrator.systems.azure_sphere_device.simulator.wire import (
    Answer,
    Receive,
    Scope,
    Send,
    send_answer,
)
from orchestrator.systems.azure_sphere_device.simulator.world import World

_BOARDS = "/simulator/boards"


class Slot:
    """A place on the fixture: a USB path, an address, and the board that sits there or did.

    `watchers` are called whenever the link of the board in this slot may have changed.
    """

    def __init__(
        self,
        spec: BoardSpec,
        address: str,
        world: World | None = None,
        trusted: Keystore | None = None,
    ) -> None:
        self.path = spec.slot_path
        self.address = address
        self.watchers: list[Callable[[], None]] = []
        self._world = world or World()
        self._trusted = trusted
        self.board = self._new_board(spec)
        self.app = BoardServer(lambda: self.board)

    @property
    def listed(self) -> bool:
        """True when the service lists this slot's board."""
        board = self.board
        running = board.seconds_until_up == 0
        return board.attached and (running or board.spec.listed_while_restarting)

    def detach(self) -> None:
        """Pull the board out; nothing happens when there is none."""
        if self.board.attached:
            self.board.detach()

    def attach(self) -> None:
        """Plug the board in again; it starts and keeps what is on its flash."""
        if not self.board.attached:
            self.board.attach()

    def swap(self, spec: BoardSpec | None = None) -> None:
        """Put another board into the slot at once: a fresh one like the first, or as `spec` says.

        The address stays, so only the identity in silicon tells the two apart.
        """
        before = self.board
        self.detach()
        before.watchers.clear()
        fresh = spec or dataclasses.replace(
            before.spec, device_id="", generation=before.spec.generation + 1
        )
        self.board = self._new_board(fresh)
        self.board.attached = False
        self.board.attach()

    def facts(self) -> dict[str, object]:
        """Return what the board in this slot really is, for the control calls."""
        board = self.board
        return {
            "slot_path": self.path,
            "address": self.address,
            "device_id": board.device_id,
            "attached": board.attached,
            "link_up": board.link_up,
            "manufacturing_state": board.state,
            "capabilities": board.capabilities,
            "uptime_seconds": board.uptime_seconds,
            "installed": {
                component_id: component.state
                for component_id, component in board.storage.installed.items()
            },
            "staged": sorted(board.storage.staged),
            "certificates": board.certificates.identifiers,
            "wifi_networks": board.wifi_networks,
            "proxy": board.network.proxy is not None,
            "requests": dict(board.requests),
        }

    def _new_board(self, spec: BoardSpec) -> SimulatedBoard:
        board = SimulatedBoard(spec, self._world, self._trusted)
        board.watchers.append(self._link_changed)
        return board

    def _link_changed(self) -> None:
        for watcher in list(self.watchers):
            watcher()


class LocalService:
    """The ASGI application of the service on the station's own PC."""

    def __init__(self, slots: Sequence[Slot]) -> None:
        self.slots = {slot.path: slot for slot in slots}

    async def __call__(self, scope: Scope, _receive: Receive, send: Send) -> None:
        """Answer one request; nothing here reads a body."""
        try:
            answer = self._answer(scope["method"], scope["path"])
        except Refused as refusal:
            answer = Answer({"error": refusal.row.number}, refusal.row.status)
        await send_answer(send, answer, [])

    def attached(self) -> list[dict[str, str]]:
        """Return the list as the service spells it."""
        return [
            models.AttachedDevice(
                IpAddress=slot.address, DeviceConnectionPath=slot.path
            ).model_dump()
            for slot in self.slots.values()
            if slot.listed
        ]

    def _answer(self, method: str, path: str) -> Answer:
        if path.startswith(_BOARDS):
            return self._control(method, path)
        row, _ = match(SERVICE_ENDPOINTS, method, path)
        handlers: dict[str, Callable[[], Answer]] = {
            "get_attached_devices": lambda: Answer(self.attached()),
            "rescan_devices": lambda: Answer(len(self.attached())),
        }
        return handlers[row.name]()

    def _control(self, method: str, path: str) -> Answer:
        """`GET /simulator/boards`, `POST /simulator/boards/{slot}/{detach|attach|swap}`."""
        if (method, path) == ("GET", _BOARDS):
            return Answer([slot.facts() for slot in self.slots.values()])
        where, _, verb = path.removeprefix(_BOARDS).lstrip("/").partition("/")
        slot = self.slots.get(where)
        if slot is None or verb not in {"detach", "attach", "swap"}:
            raise Refused(refusals.UNKNOWN_URI)
        if method != "POST":
            raise Refused(refusals.WRONG_METHOD)
        acts: dict[str, Callable[[], None]] = {
            "detach": slot.detach,
            "attach": slot.attach,
            "swap": slot.swap,
        }
        acts[verb]()
        return Answer(slot.facts())
