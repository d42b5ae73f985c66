"""A rack on real sockets, seen by a real client: addresses, certificates, links that break."""

import json
import ssl
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import anyio
import anyio.lowlevel
import httpx
import pytest

from orchestrator.domain.errors import StationBusy
from orchestrator.simulation.rack import Rack, WorldLog, plain_boards, run_rack
from orchestrator.simulation.sample_images import make_image
from orchestrator.simulation.sockets import listening_socket
from orchestrator.systems.azure_sphere_device.simulator import BoardSpec, Fault, Happening, World
from tests.patience import PATIENCE_SECONDS

LINK_BREAKS = (httpx.NetworkError, httpx.RemoteProtocolError)
OCTETS = {"content-type": "application/octet-stream"}
SNI = {"sni_hostname": "board.devices.sphere.azure.local"}
IMAGE = make_image(
    "sample",
    "11111111-0000-4000-8000-000000000001",
    "22222222-0000-4000-8000-000000000001",
    300_000,
)


class HandClock:
    """A clock that tests push; sleepers wake when their time has come."""

    def __init__(self) -> None:
        self.seconds = 1000.0
        self.slept = 0.0
        self.sleepers: list[tuple[float, anyio.Event]] = []

    def now(self) -> datetime:
        """Return any moment."""
        return datetime(2026, 11, 21, tzinfo=UTC)

    def monotonic(self) -> float:
        """Return the hand-set seconds."""
        return self.seconds

    async def sleep(self, seconds: float) -> None:
        """Wait until somebody pushes the clock far enough."""
        if seconds > 0:
            self.slept += seconds
            event = anyio.Event()
            self.sleepers.append((self.seconds + seconds, event))
            await event.wait()

    def push(self, seconds: float) -> None:
        """Let time pass."""
        self.seconds += seconds
        for moment, event in self.sleepers:
            if moment <= self.seconds:
                event.set()


async def eventually(check: Callable[[], bool | Awaitable[bool]]) -> None:
    """Return when `check` holds; fail after ten seconds."""
    with anyio.fail_after(PATIENCE_SECONDS):
        while True:
            held = check()
            if held if isinstance(held, bool) else await held:
                return
            await anyio.lowlevel.checkpoint()


def client(rack: Rack, number: int = 0, **options: Any) -> httpx.AsyncClient:
    """Return a client of one board that trusts the rack's CA alone."""
    return httpx.AsyncClient(
        base_url=f"https://{rack.slots[number].address}:{rack.https_port}",
        verify=ssl.create_default_context(cafile=str(rack.ca_file)),
        trust_env=False,
        timeout=options.pop("timeout", 10),
        **options,
    )


async def get(board: httpx.AsyncClient, path: str = "/status") -> httpx.Response:
    """Call a board by the name its certificate carries."""
    return await board.get(path, extensions=SNI)


async def stage(board: httpx.AsyncClient) -> httpx.Response:
    """Upload the sample image."""
    return await board.put("/update/stage", content=IMAGE, headers=OCTETS, extensions=SNI)


async def answers(rack: Rack, number: int = 0) -> bool:
    """Tell whether a board can be reached over a new connection."""
    async with client(rack, number) as board:
        try:
            await get(board)
        except httpx.TransportError:
            return False
        return True


async def test_every_board_has_its_own_address_and_identity() -> None:
    """The ready line says where; each address answers with the identity it was announced with."""
    async with run_rack(plain_boards(3)) as rack:
        ready = json.loads(rack.ready_line())
        assert ready["ready"] is True
        assert [board["address"] for board in ready["boards"]] == [
            "127.0.35.2",
            "127.0.35.3",
            "127.0.35.4",
        ]
        for number, announced in enumerate(ready["boards"]):
            async with client(rack, number) as board:
                reply = await get(board, "/device/security_state")
            assert reply.json()["deviceIdentifier"] == announced["device_id"]
            assert reply.headers["rest-api-version"] == "4.6.0"
        async with httpx.AsyncClient(trust_env=False) as service:
            devices = (await service.get(ready["service"] + "/api/service/devices")).json()
        assert [device["IpAddress"] for device in devices] == [
            board["address"] for board in ready["boards"]
        ]


async def test_the_certificate_names_the_kind_of_peer_only() -> None:
    """The name of boards is accepted, the bare address is not."""
    async with run_rack(plain_boards(1)) as rack, client(rack) as board:
        assert (await get(board)).status_code == 200
        async with client(rack) as other:
            with pytest.raises(httpx.ConnectError, match="certificate verify failed"):
                await other.get("/status")


async def test_an_untrusted_certificate_is_of_another_authority() -> None:
    """A client that pins the rack's CA refuses that board and no other."""
    specs = (BoardSpec(untrusted_certificate=True), BoardSpec(slot_path="1112"))
    async with run_rack(specs) as rack:
        async with client(rack, 0) as board:
            with pytest.raises(httpx.ConnectError, match="certificate verify failed"):
                await get(board)
        assert await answers(rack, 1)


async def test_the_name_in_the_certificate_is_a_switch() -> None:
    """A client that looks for the name that all boards have refuses another one."""
    specs = (BoardSpec(certificate_name="board.example"), BoardSpec(slot_path="1112"))
    async with run_rack(specs) as rack:
        async with client(rack, 0) as board:
            with pytest.raises(httpx.ConnectError, match="certificate verify failed"):
                await get(board)
        assert await answers(rack, 1)


async def test_an_unreachable_board_is_listed_and_refuses_connections() -> None:
    """The service knows it, nobody answers."""
    async with run_rack((BoardSpec(unreachable=True),)) as rack, client(rack) as board:
        assert len(rack.service.attached()) == 1
        with pytest.raises(httpx.ConnectError, match=r"refused|attempts failed"):
            await get(board)


async def test_a_stage_that_drops_breaks_in_the_middle() -> None:
    """The client loses the connection; nothing is staged; the next attempt succeeds."""
    truth: list[Happening] = []
    fault = Fault("drop", calls=("stage_image",), times=1, at=0.5)
    world = World(report=truth.append)
    async with run_rack((BoardSpec(faults=(fault,)),), world=world) as rack, client(rack) as board:
        with pytest.raises(LINK_BREAKS):
            await stage(board)
        assert truth == []
        assert (await stage(board)).status_code == 200
    assert [happening.what for happening in truth] == ["staged"]


async def test_a_lost_answer_was_applied() -> None:
    """The connection breaks instead of an answer, and the board is locked."""
    fault = Fault("lost_answer", calls=("set_manufacturing_state",))
    async with run_rack((BoardSpec(faults=(fault,)),)) as rack, client(rack) as board:
        with pytest.raises(LINK_BREAKS):
            await board.put(
                "/device/manufacturing_state",
                json={"manufacturingState": "DeviceComplete"},
                extensions=SNI,
            )
        state = await get(board, "/device/manufacturing_state")
        assert state.json() == {"manufacturingState": "DeviceComplete"}


async def test_a_hanging_board_times_out_and_spares_the_others() -> None:
    """It takes the request and never answers."""
    specs = (BoardSpec(faults=(Fault("hang"),)), BoardSpec(slot_path="1112"))
    async with run_rack(specs) as rack, client(rack, 0, timeout=0.2) as board:
        with pytest.raises(httpx.ReadTimeout):
            await get(board)
        assert await answers(rack, 1)


async def test_garbage_arrives_as_garbage() -> None:
    """A good status around bytes that are no JSON."""
    async with run_rack((BoardSpec(faults=(Fault("garbage"),)),)) as rack, client(rack) as board:
        reply = await get(board)
        assert reply.status_code == 200
        with pytest.raises(ValueError, match=r"codec|Expecting"):
            reply.json()


async def test_a_slow_link_holds_the_sender_back() -> None:
    """The upload is not taken before the link had time for all of it."""
    clock = HandClock()
    world = World(clock, clock.sleep)
    specs = (BoardSpec(link_bytes_per_second=100_000),)
    async with run_rack(specs, world=world) as rack, client(rack) as board:
        replies: list[int] = []

        async def upload() -> None:
            replies.append((await stage(board)).status_code)

        async with anyio.create_task_group() as tasks:
            tasks.start_soon(upload)
            await eventually(lambda: bool(clock.sleepers))
            assert replies == []

            def push_until_taken() -> bool:
                clock.push(0.1)
                return bool(replies)

            await eventually(push_until_taken)
    assert replies == [200]
    assert clock.slept == pytest.approx((len(IMAGE) + 2) / 100_000)


async def test_a_restart_refuses_connections_until_the_board_is_up() -> None:
    """The answer comes, then the link is gone; after the boot time uptime is small."""
    clock = HandClock()
    spec = BoardSpec(restart_delay_seconds=0, boot_seconds=20)
    world = World(clock, clock.sleep)
    async with run_rack((spec,), world=world) as rack, client(rack) as board:
        assert (await get(board)).json() == {"uptime": 90}
        reply = await board.post("/restart", extensions=SNI)
        assert reply.json() == {"restartingSystem": True}
        await eventually(lambda: not rack.boards[0].link_up)
        assert not await answers(rack)
        clock.push(21)
        await eventually(lambda: answers(rack))
        assert (await get(board)).json() == {"uptime": 1}


async def test_a_reboot_in_the_middle_of_a_stage_cuts_the_connection() -> None:
    """The client sees it break, and the board comes back without the image."""
    clock = HandClock()
    fault = Fault("reboot", calls=("stage_image",), times=1, at=0.3)
    world = World(clock, clock.sleep)
    async with run_rack((BoardSpec(faults=(fault,)),), world=world) as rack, client(rack) as board:
        with pytest.raises(LINK_BREAKS):
            await stage(board)
        assert not await answers(rack)
        clock.push(5)
        await eventually(lambda: answers(rack))
        assert (await get(board, "/images")).json()["has_staged_updates"] is False


async def test_boards_come_and_go_by_the_control_calls() -> None:
    """A pulled board cuts its connections; a swapped one answers with another identity."""
    clock = HandClock()
    world = World(clock, clock.sleep)
    async with (
        run_rack(plain_boards(1), world=world) as rack,
        httpx.AsyncClient(base_url=rack.service_url, trust_env=False) as service,
    ):
        old = rack.boards[0].device_id
        assert (await service.post("/simulator/boards/1111/detach")).status_code == 200
        assert (await service.get("/api/service/devices")).json() == []
        assert not await answers(rack)
        assert (await service.post("/simulator/boards/1111/swap")).status_code == 200
        clock.push(2)
        await eventually(lambda: answers(rack))
        async with client(rack) as board:
            identity = (await get(board, "/device/security_state")).json()["deviceIdentifier"]
        assert identity == rack.slot("1111").board.device_id
        assert identity != old


async def test_boards_come_and_go_by_schedule() -> None:
    """One comes late, one leaves, one does both."""
    clock = HandClock()
    specs = (
        BoardSpec(slot_path="1111", attach_after_seconds=10),
        BoardSpec(slot_path="1112", detach_after_seconds=20),
        BoardSpec(slot_path="1113", attach_after_seconds=10, detach_after_seconds=30),
    )

    def listed() -> list[str]:
        return [entry["DeviceConnectionPath"] for entry in rack.service.attached()]

    async with run_rack(specs, world=World(clock, clock.sleep)) as rack:
        assert listed() == ["1112"]
        assert not await answers(rack, 0)
        # Each slot of the schedule is asleep before time moves.
        await eventually(lambda: len(clock.sleepers) >= 3)
        clock.push(10)
        await eventually(lambda: listed() == ["1111", "1112", "1113"])
        clock.push(2)
        await eventually(lambda: answers(rack, 0))
        clock.push(10)
        await eventually(lambda: listed() == ["1111", "1113"])
        clock.push(10)
        await eventually(lambda: listed() == ["1111"])


async def test_pulling_a_board_frees_a_hanging_client() -> None:
    """Whoever waits for an answer loses the connection; the port is free afterwards."""
    specs = (BoardSpec(faults=(Fault("hang", calls=("get_os_version",)),)),)
    lost: list[str] = []
    async with run_rack(specs) as rack, client(rack) as board, anyio.create_task_group() as tasks:
        assert (await get(board)).status_code == 200

        async def hang() -> None:
            try:
                await get(board, "/osversion")
            except httpx.TransportError as error:
                lost.append(type(error).__name__)

        tasks.start_soon(hang)
        await eventually(lambda: rack.boards[0].requests["get_os_version"] == 1)
        address, port = rack.slots[0].address, rack.https_port
        rack.slots[0].detach()
    assert lost
    listening_socket(address, port).close()


async def test_cancelling_a_sleeping_request_is_silent(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """A request that waits for the board's time ends with the rack and logs nothing."""
    clock = HandClock()
    spec = BoardSpec(answer_seconds=60)
    reached = anyio.Event()

    async def call(rack: Rack) -> None:
        async with client(rack) as board:
            with pytest.raises(httpx.TransportError):
                await get(board)
        reached.set()

    async with anyio.create_task_group() as tasks:
        async with run_rack((spec,), world=World(clock, clock.sleep)) as rack:
            tasks.start_soon(call, rack)
            await eventually(lambda: bool(clock.sleepers))
        with anyio.fail_after(PATIENCE_SECONDS):
            await reached.wait()
    assert caplog.records == []


async def test_a_taken_port_is_named() -> None:
    """The error says which port of which address."""
    with (
        listening_socket("127.0.35.2", 0) as taken,
        listening_socket("127.0.0.1", 0) as service,
    ):
        port = taken.getsockname()[1]
        with pytest.raises(StationBusy, match=f"port {port} of 127.0.35.2 is already in use"):
            async with run_rack(plain_boards(2), https_port=port):
                raise AssertionError("it started")
        port = service.getsockname()[1]
        with pytest.raises(StationBusy, match=f"port {port} of 127.0.0.1"):
            async with run_rack(plain_boards(1), service_port=port):
                raise AssertionError("it started")


async def test_a_large_rack_starts_and_answers() -> None:
    """250 boards on as many addresses of one port."""
    async with run_rack(plain_boards(250)) as rack:
        assert len({slot.address for slot in rack.slots}) == 250
        assert await answers(rack, 0)
        assert await answers(rack, 249)


async def test_the_world_log_tells_what_was_applied(tmp_path: Path) -> None:
    """One JSON line per change, readable at once, appended to what was there."""
    path = tmp_path / "world.jsonl"
    path.write_text('{"before": true}\n', encoding="utf-8")
    with WorldLog(path) as log:
        async with run_rack(
            plain_boards(1), world=World(report=log), ca_file=tmp_path / "ca"
        ) as rack:
            rack.boards[0].set_state("Module1Complete")
            line = json.loads(path.read_text(encoding="utf-8").splitlines()[1])
            assert rack.ca_file == tmp_path / "ca"
    assert line["what"] == "manufacturing_state"
    assert line["detail"] == {"from": "Blank", "to": "Module1Complete"}
    assert line["device_id"] == BoardSpec().identity
    assert line["at"].endswith("Z")
