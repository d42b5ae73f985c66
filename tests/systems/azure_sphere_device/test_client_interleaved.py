"""Two boards, two tasks, many calls at once: nobody ever gets the other board's answer."""

import itertools
from contextlib import AsyncExitStack

import anyio
import anyio.lowlevel
import httpx

from orchestrator.simulation.rack import run_rack
from orchestrator.systems.azure_sphere_device.client import SphereDevice
from orchestrator.systems.azure_sphere_device.simulator import BoardSpec, SimulatedBoard, board_app
from orchestrator.transport.tls import pinned_context

IN_PROCESS_CALLS, SOCKET_CALLS = 10_000, 2_000
VERSIONS = {"old": "22.07", "new": "22.11"}


class Pause(httpx.AsyncBaseTransport):
    """Lets the other task go on before each answer, so that calls really interleave."""

    def __init__(self, inner: httpx.AsyncBaseTransport, turns: list[str], name: str) -> None:
        self._inner, self._turns, self._name = inner, turns, name

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Pass the request on and wait one turn with the answer in hand."""
        self._turns.append(self._name)
        response = await self._inner.handle_async_request(request)
        await anyio.lowlevel.checkpoint()
        return response


async def ask(device: SphereDevice, identity: str, api: str, calls: int, wrong: list[str]) -> None:
    """Ask for what tells the boards apart, in turn, and note every answer of another board."""
    for number in range(calls):
        if number % 2:
            answered = (await device.get_security_state()).deviceIdentifier
            wrong.extend([answered] if answered != identity else [])
        else:
            answered = await device.get_device_rest_api_version()
            wrong.extend([answered] if answered != api else [])
        # Let the other board's answer come in before looking at what this object remembers.
        await anyio.lowlevel.checkpoint()
        if device.api_version != api:
            wrong.append(f"version {device.api_version}")


async def both(clients: dict[str, tuple[SphereDevice, str, str]], calls: int) -> list[str]:
    """Ask both boards at once, half of the calls each; return the wrong answers."""
    wrong: list[str] = []
    async with anyio.create_task_group() as tasks:
        for device, identity, api in clients.values():
            tasks.start_soon(ask, device, identity, api, calls // 2, wrong)
    return wrong


async def test_ten_thousand_calls_in_process() -> None:
    """10,000 calls of two tasks to two boards, changing turns at each call: no mix-up."""
    turns: list[str] = []
    clients: dict[str, tuple[SphereDevice, str, str]] = {}
    for name, version in VERSIONS.items():
        board = SimulatedBoard(BoardSpec(slot_path=name, os_version=version))
        transport = Pause(httpx.ASGITransport(board_app(board)), turns, name)
        device = SphereDevice("127.0.35.2", context=None, transport=transport)
        clients[name] = (device, board.device_id, board.api_version)
    assert clients["old"][1:] != clients["new"][1:]
    assert await both(clients, IN_PROCESS_CALLS) == []
    assert len(turns) == IN_PROCESS_CALLS
    changes = sum(one != other for one, other in itertools.pairwise(turns))
    assert changes > IN_PROCESS_CALLS // 2


async def test_calls_over_real_sockets() -> None:
    """The same over kept TLS connections to two addresses of this machine."""
    specs = [BoardSpec(slot_path=name, os_version=version) for name, version in VERSIONS.items()]
    async with run_rack(specs, first_address="127.0.78.2") as rack, AsyncExitStack() as stack:
        context = pinned_context(rack.ca_file)
        clients: dict[str, tuple[SphereDevice, str, str]] = {}
        for slot in rack.slots:
            device = SphereDevice(slot.address, context=context, https_port=rack.https_port)
            await stack.enter_async_context(device)
            clients[slot.address] = (device, slot.board.device_id, slot.board.api_version)
        assert len(clients) == len(VERSIONS)
        assert await both(clients, SOCKET_CALLS) == []
