"""The client of one board against the simulated board, and against stubborn answers."""

import json
import typing

import httpx
import pytest

from orchestrator.domain.errors import (
    ConnectionLost,
    ErrorClass,
    NotSupported,
    StationMisuse,
    UnusableAnswer,
)
from orchestrator.simulation.sample_images import make_image
from orchestrator.systems.azure_sphere_device import endpoints
from orchestrator.systems.azure_sphere_device.client import (
    SERVER_NAME,
    DeviceService,
    SphereDevice,
    stage_deadline_seconds,
)
from orchestrator.systems.azure_sphere_device.endpoints import DEVICE_ENDPOINTS
from orchestrator.systems.azure_sphere_device.errors import DeviceRefusal
from orchestrator.systems.azure_sphere_device.simulator import (
    BoardSpec,
    Fault,
    LocalService,
    Slot,
)
from orchestrator.transport.endpoint import Endpoint
from tests.systems.azure_sphere_device.calls import (
    COMPONENT,
    GIVEN,
    IMAGE,
    PATH,
    call,
    scripted,
    simulated,
)


@pytest.mark.parametrize("row", DEVICE_ENDPOINTS, ids=lambda row: row.name)
def test_methods_return_what_their_row_says(row: Endpoint) -> None:
    """A method's return annotation is the answer model of its row."""
    hints = typing.get_type_hints(getattr(SphereDevice, row.name))
    assert hints["return"] is (row.answer or bytes)


async def test_each_method_calls_its_own_row() -> None:
    """Method by method, the request has the method, path and body of the row of that name."""
    seen: list[tuple[str, str]] = []
    bodies: list[bytes] = []

    def handler(request: httpx.Request) -> httpx.Response:
        seen.append((request.method, request.url.path))
        bodies.append(request.read())
        return httpx.Response(500, json={"error": 10485766})

    async with scripted(handler) as device:
        for row in DEVICE_ENDPOINTS:
            with pytest.raises(DeviceRefusal, match=r"10\.6"):
                await call(device, row)
    assert seen == [(row.method, row.path.format_map(PATH)) for row in DEVICE_ENDPOINTS]
    for row, body in zip(DEVICE_ENDPOINTS, bodies, strict=True):
        wanted = GIVEN[row.name].body if row.name in GIVEN else None
        if wanted is not None:
            assert json.loads(body) == wanted
        elif row.request != "bytes":
            assert body == b""


async def test_version_is_asked_for_and_read_from_the_header() -> None:
    """The board's own version is what its reply names; without one there is no answer."""
    _, device = simulated(BoardSpec(os_version="22.09"))
    async with device:
        assert await device.get_device_rest_api_version() == "4.5.0"
    async with scripted(lambda _request: httpx.Response(200, json={"uptime": 1})) as nameless:
        with pytest.raises(UnusableAnswer, match=r"does not name .* \(peer board 127\.0\.35\.2"):
            await nameless.get_device_rest_api_version()


async def test_object_belongs_to_one_address() -> None:
    """The address is the one it was made with, and cannot be changed."""
    _, device = simulated(BoardSpec())
    async with device:
        assert device.address == "127.0.35.2"
        with pytest.raises(AttributeError):
            device.address = "127.0.35.3"  # type: ignore[misc]  # the very thing that must fail


async def test_reads_of_a_good_board() -> None:
    """The open and the closed reads of a Blank board answer their models."""
    board, device = simulated(BoardSpec(os_version="22.11"))
    async with device:
        assert device.api_version is None
        assert (await device.get_device_status()).uptime >= 90
        assert device.api_version == "4.6.0"
        assert (await device.get_os_version()).osversion == "22.11"
        assert (await device.get_security_state(fresh=True)).deviceIdentifier == board.device_id
        assert (await device.get_device_capabilities()).device_capabilities == [12]
        assert (await device.get_abi_versions()).ApplicationRuntime == 16
        assert (await device.get_manufacturing_state()).manufacturingState == "Blank"
        assert (await device.list_wifi_networks()).values == []
        assert (await device.get_app_status(COMPONENT.upper())).state == "notPresent"


async def test_sideload_and_lock_of_a_board() -> None:
    """Stage, install, look, delete, lock, and a locked board says that it is locked."""
    board, device = simulated(BoardSpec())
    content = make_image("app", COMPONENT, IMAGE, 150_000)
    steps: list[tuple[int, int]] = []
    async with device:
        await device.stage_image(content, lambda done, total: steps.append((done, total)))
        assert (await device.get_images()).has_staged_updates
        assert not (await device.install_images("Manual")).restartingSystem
        assert (await device.get_app_status(COMPONENT)).state == "stopped"
        assert (await device.set_app_status(COMPONENT, "start")).state == "running"
        assert not (await device.delete_image(COMPONENT)).restartingSystem
        await device.set_manufacturing_state("DeviceComplete")
        with pytest.raises(DeviceRefusal) as caught:
            await device.get_images()
    assert steps[-1] == (len(content), len(content))
    assert len(steps) == 3
    assert board.state == "DeviceComplete"
    assert caught.value.number == 10485778
    assert caught.value.status == 403
    assert caught.value.kind is ErrorClass.RIGHTS
    assert "The board is locked" in str(caught.value)
    assert "10.18" in str(caught.value)
    assert "peer board 127.0.35.2, endpoint GET /images" in str(caught.value)


async def test_restart_announces_itself() -> None:
    """The reply to a restart comes before the board goes down."""
    _, device = simulated(BoardSpec(boot_seconds=0))
    async with device:
        assert (await device.restart_device()).restartingSystem
        assert (await device.get_device_status()).uptime < 90


async def test_busy_board_is_asked_again_only_for_what_may_be_repeated() -> None:
    """A read outlasts a busy board; setting the state is sent once."""
    busy = Fault("busy", calls=("get_images", "set_manufacturing_state"), times=2)
    board, device = simulated(BoardSpec(faults=(busy,)))
    async with device:
        await device.get_images()
        assert board.requests["get_images"] == 3
        board.faults.add(busy)
        with pytest.raises(DeviceRefusal) as caught:
            await device.set_manufacturing_state("Module1Complete")
    assert caught.value.kind is ErrorClass.BUSY
    assert board.requests["set_manufacturing_state"] == 1
    assert board.state == "Blank"


async def test_lost_answer_to_an_irreversible_call_is_not_repeated() -> None:
    """The board has applied the request; whoever asked must probe, not send again."""
    lost = Fault("lost_answer", calls=("set_manufacturing_state",))
    board, device = simulated(BoardSpec(faults=(lost,)))
    async with device:
        with pytest.raises(ConnectionLost):
            await device.set_manufacturing_state("Module1Complete")
    assert board.requests["set_manufacturing_state"] == 1
    assert board.state == "Module1Complete"


async def test_call_that_the_board_is_too_old_for_is_not_sent() -> None:
    """Once a board has named its version, younger calls are refused with a sentence."""
    board, device = simulated(BoardSpec(os_version="22.07"))
    async with device:
        await device.get_device_status()
        with pytest.raises(NotSupported) as caught:
            await device.get_os_version()
    assert caught.value.what == (
        "GET /osversion needs device API 4.5.0, this board answers 4.4.0; "
        "update the OS or use expect_os with an OS catalogue"
    )
    assert caught.value.where == {"peer": "board 127.0.35.2"}
    assert board.requests["get_os_version"] == 0


@pytest.mark.parametrize("row", [r for r in DEVICE_ENDPOINTS if r.since], ids=lambda row: row.name)
async def test_every_row_with_a_version_waits_for_it(row: Endpoint) -> None:
    """A board of the oldest recorded version gets none of the younger calls."""
    answer = httpx.Response(200, json={"uptime": 1}, headers={"REST-API-Version": "1.1.9"})
    seen: list[httpx.Request] = []

    def handler(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return answer

    async with scripted(handler) as device:
        await device.get_device_status()
        with pytest.raises(NotSupported, match=f"needs device API {row.since}, .* answers 1.1.9; "):
            await call(device, row)
    assert len(seen) == 1


@pytest.mark.parametrize("wish", [True, False])
async def test_power_saving_is_not_sent_to_boards_that_would_ignore_it(wish: bool) -> None:
    """The version is asked for first when it is not known; old boards get no such wish."""
    seen: list[tuple[str, str]] = []

    def handler(request: httpx.Request) -> httpx.Response:
        seen.append((request.method, request.url.path))
        return httpx.Response(200, json={"uptime": 1}, headers={"REST-API-Version": "4.5.0"})

    async with scripted(handler) as device:
        with pytest.raises(NotSupported, match=r"needs device API 4\.6\.0.*; update the OS \("):
            await device.change_wifi_interface_state(enable_power_savings=wish)
        await device.change_wifi_interface_state(reload_config=True)
    assert seen == [("GET", "/status"), ("PATCH", "/wifi/interface")]


async def test_version_belongs_to_the_board() -> None:
    """An old board beside a new one decides nothing for the new one."""
    _, old = simulated(BoardSpec(os_version="21.08"))
    _, new = simulated(BoardSpec(os_version="22.11"))
    async with old, new:
        await new.get_device_status()
        await old.get_device_status()
        assert (old.api_version, new.api_version) == ("4.2.0", "4.6.0")
        assert (await new.get_os_version()).osversion == "22.11"


async def test_call_of_an_unknown_version_is_tried() -> None:
    """Without a known version the board itself decides, and says no in its words."""
    _, device = simulated(BoardSpec(os_version="22.07"))
    async with device:
        with pytest.raises(DeviceRefusal, match="does not know this request"):
            await device.get_os_version()


@pytest.mark.parametrize("header", ["", "four", "4.6", "4.6.0; rm -rf", "99999999.0.0"])
async def test_strange_version_headers_are_ignored(header: str) -> None:
    """A version that is none neither breaks a call nor closes one."""
    answer = httpx.Response(200, json={"uptime": 1}, headers={"REST-API-Version": header})
    async with scripted(lambda _request: answer) as device:
        await device.get_device_status()
        assert device.api_version is None


async def test_requests_carry_the_pinned_name() -> None:
    """Host and TLS name are the ones that every board's certificate carries."""
    seen: list[httpx.Request] = []

    def handler(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(200, json={"uptime": 1})

    async with scripted(handler) as device:
        await device.get_device_status()
    assert seen[0].headers["host"] == SERVER_NAME
    assert seen[0].extensions["sni_hostname"] == SERVER_NAME
    assert seen[0].url.host == "127.0.35.2"


@pytest.mark.parametrize("component_id", ["", "../restart", "x" * 36, "\x1b[31m"])
async def test_junk_component_id_is_not_sent(component_id: str) -> None:
    """A component id that is none is a mistake of the caller, told without control characters."""
    board, device = simulated(BoardSpec())
    async with device:
        with pytest.raises(StationMisuse, match="no component id") as caught:
            await device.delete_image(component_id)
    assert str(caught.value).isprintable()
    assert not board.requests


UNREADABLE = {
    "empty": b"",
    "html": b"<html>\x1b[2J</html>",
    "array": b"[1]",
    "other member": b'{"code": 5}',
    "text for a number": b'{"error": "5"}',
}


@pytest.mark.parametrize("body", UNREADABLE.values(), ids=UNREADABLE)
async def test_refusal_without_a_number_is_an_unusable_answer(body: bytes) -> None:
    """A body in no agreed form neither crashes nor counts as the product's fault."""
    answer = httpx.Response(500, content=body)
    async with scripted(lambda _request: answer) as device:
        with pytest.raises(UnusableAnswer, match="answered 500 without an error number") as caught:
            await device.get_images()
    assert str(caught.value).isprintable()


async def test_garbage_in_a_success_is_an_unusable_answer() -> None:
    """A board that answers nonsense is reported with the place of the nonsense."""
    _, device = simulated(BoardSpec(faults=(Fault("garbage", calls=("get_device_status",)),)))
    async with device:
        with pytest.raises(UnusableAnswer, match="GET /status"):
            await device.get_device_status()


def test_stage_deadline_follows_the_size() -> None:
    """A megabyte needs 13 seconds at 80 kB/s and gets half as much again and a base."""
    assert stage_deadline_seconds(0) == 20
    assert stage_deadline_seconds(1_000_000) == pytest.approx(38.75)


async def test_stage_uses_its_own_deadline() -> None:
    """The deadline of an upload is the one for its size, not the row's."""
    seen: list[float] = []

    def handler(request: httpx.Request) -> httpx.Response:
        seen.append(request.extensions["timeout"]["read"])
        return httpx.Response(200, json={})

    async with scripted(handler) as device:
        await device.stage_image(bytes(800_000))
    assert seen == [35.0]


async def test_service_lists_and_rescans() -> None:
    """The local service's two calls return what is attached and how many."""
    slots = [Slot(BoardSpec(slot_path=path), f"127.0.35.{n}") for n, path in ((2, "1"), (3, "2"))]
    transport = httpx.ASGITransport(LocalService(slots))
    async with DeviceService("http://localhost:48938", transport=transport) as service:
        slots[0].detach()
        listed = await service.get_attached_devices()
        assert [(d.DeviceConnectionPath, d.IpAddress) for d in listed] == [("2", "127.0.35.3")]
        assert await service.rescan_devices() == 1


@pytest.mark.parametrize("body", [b"true", b'"1"', b"[]"])
async def test_service_count_must_be_a_number(body: bytes) -> None:
    """The bare number of a rescan is read strictly."""
    answer = httpx.Response(200, content=body)
    transport = httpx.MockTransport(lambda _request: answer)
    async with DeviceService("http://localhost:1", transport=transport) as service:
        with pytest.raises(UnusableAnswer, match=r"service http://localhost:1"):
            await service.rescan_devices()


def test_irreversible_rows_are_not_idempotent() -> None:
    """What may happen only once is never repeated by the transport."""
    assert not endpoints.SET_MANUFACTURING_STATE.idempotent
    assert not endpoints.RESTART_DEVICE.idempotent
    assert not endpoints.INSTALL_IMAGES.idempotent


def test_rows_whose_repetition_would_be_refused_are_not_idempotent() -> None:
    """Removing twice is refused the second time, and adding twice adds two."""
    assert not endpoints.REMOVE_CERTIFICATE.idempotent
    assert not endpoints.REMOVE_WIFI_NETWORK.idempotent
    assert not endpoints.ADD_CERTIFICATE.idempotent
    assert not endpoints.ADD_WIFI_NETWORK.idempotent


async def test_created_is_a_success_where_boards_create() -> None:
    """Adding a Wi-Fi network is answered with 201, and by some with 200."""
    network = {
        "id": 0,
        "configState": "enabled",
        "connectionState": "unknown",
        "securityState": "open",
        "targetedScan": False,
    }
    for status in (200, 201):
        answer = httpx.Response(status, json=network)
        async with scripted(lambda _request, answer=answer: answer) as device:
            assert (await device.add_wifi_network("x", security_state="open")).id == 0
    async with scripted(lambda _request: httpx.Response(201, json={"uptime": 1})) as device:
        with pytest.raises(UnusableAnswer, match="answered 201"):
            await device.get_device_status()
