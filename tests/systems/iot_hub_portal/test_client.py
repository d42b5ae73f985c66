"""The client of a portal against a pretend one that keeps state and misbehaves."""

import httpx
import pytest

from orchestrator.domain.errors import (
    ConnectionLost,
    DeadlineExceeded,
    ErrorClass,
    LinkFault,
    OrchestratorError,
    StationMisuse,
    UnusableAnswer,
)
from orchestrator.systems.iot_hub_portal import models
from orchestrator.systems.iot_hub_portal.client import IotHubPortal
from orchestrator.systems.iot_hub_portal.endpoints import PORTAL_ENDPOINTS
from orchestrator.systems.iot_hub_portal.errors import AlreadyThere, NotThere, PortalRefusal
from orchestrator.systems.iot_hub_portal.simulator import PortalSpec
from orchestrator.transport.endpoint import Endpoint
from orchestrator.transport.serving import Fault
from tests.systems.iot_hub_portal.portals import (
    CALLS,
    CONCENTRATOR,
    DEVICE,
    DEVICE_MODEL,
    GATEWAY,
    KEY,
    MODEL,
    PICTURE,
    QUICK,
    Bench,
    concentrator,
    device,
    gateway,
)


async def test_a_device_lives_and_dies() -> None:
    """Registered, listed, connected after a while, commanded, changed and deleted."""
    bench = Bench()
    portal = bench.client
    await portal.create_device(device())
    assert (await portal.get_device(DEVICE)).isConnected is False
    bench.watch.seconds += 5
    shown = await portal.get_device(DEVICE.lower())
    assert shown.isConnected
    assert shown.commands == [models.Command(commandId="reboot", frame="A0FF")]
    await portal.execute_device_command(DEVICE, "reboot")
    await portal.update_device(device(deviceName="Renamed", isEnabled=False))
    listed = await portal.list_devices()
    assert [(one.deviceName, one.isEnabled, one.isConnected) for one in listed] == [
        ("Renamed", False, False)
    ]
    await portal.delete_device(DEVICE)
    with pytest.raises(NotThere):
        await portal.get_device(DEVICE)
    assert [one.what for one in bench.happened] == [
        "device_created",
        "command_sent",
        "device_changed",
        "device_deleted",
    ]


async def test_second_creation_is_refused_as_such() -> None:
    """An id that is registered is told from other refusals, whatever kind of thing has it."""
    bench = await Bench().filled()
    with pytest.raises(AlreadyThere) as caught:
        await bench.client.create_device(device())
    assert caught.value.kind is ErrorClass.INPUT
    with pytest.raises(AlreadyThere):
        await bench.client.create_concentrator(concentrator())
    with pytest.raises(AlreadyThere):
        await bench.client.create_gateway(gateway())
    assert max(bench.portal.applied.values()) == 1


async def test_lost_answer_of_a_creation_leaves_unknown_and_is_not_repeated() -> None:
    """The portal has acted; the client says that it does not know, and asking tells."""
    bench = Bench(faults=[Fault("lost_answer", calls=("create_device",))])
    with pytest.raises(OrchestratorError) as caught:
        await bench.client.create_device(device())
    assert caught.value.leaves_unknown
    assert bench.portal.applied["device_created", DEVICE] == 1
    assert len(bench.exchanges) == 1
    assert (await bench.client.get_device(DEVICE, fresh=True)).deviceID == DEVICE


async def test_lost_answer_of_a_read_is_asked_again() -> None:
    """A read is repeated until it is answered."""
    bench = await Bench(faults=[Fault("lost_answer", calls=("get_device",), times=2)]).filled()
    assert (await bench.client.get_device(DEVICE)).deviceID == DEVICE


async def test_throttled_creation_is_sent_again() -> None:
    """429 says that nothing was done, so even a creation is sent again, and made once."""
    bench = Bench(faults=[Fault("throttle", calls=("create_device",), times=2, retry_after="0")])
    await bench.client.create_device(device())
    assert bench.portal.applied["device_created", DEVICE] == 1
    assert [exchange.status for exchange in bench.exchanges] == [429, 429, 200]


@pytest.mark.parametrize("status", [500, 502, 503, 504])
async def test_failing_portal_is_busy_and_leaves_unknown(status: int) -> None:
    """A portal's own failure at a creation is no refusal of the values, and nothing is certain."""
    bench = Bench(faults=[Fault("refuse", calls=("create_device",), status=status)])
    with pytest.raises(PortalRefusal) as caught:
        await bench.client.create_device(device())
    assert caught.value.kind is ErrorClass.BUSY
    assert caught.value.leaves_unknown
    assert caught.value.remedy


@pytest.mark.parametrize("row", PORTAL_ENDPOINTS, ids=lambda row: row.name)
async def test_web_page_is_no_answer(row: Endpoint) -> None:
    """The login page of a network is never taken for success."""
    bench = await Bench().filled()
    bench.server.faults.add(Fault("page", calls=(row.name,)))
    with pytest.raises(UnusableAnswer):
        await CALLS[row.name](bench.client)


@pytest.mark.parametrize("kind", ["garbage", "drop", "hang"])
async def test_broken_exchanges_are_typed(kind: str) -> None:
    """Nonsense, a broken link and silence end as errors of the house's tree, in time."""
    bench = await Bench().filled()
    bench.server.faults.add(Fault(kind, calls=("list_gateways", "get_device")))  # type: ignore[arg-type]  # a word of the table
    bench.client._http._connect_seconds = 0.1
    with pytest.raises((LinkFault, UnusableAnswer, DeadlineExceeded)):
        await bench.client._http.call(PORTAL_ENDPOINTS[23], timeout_seconds=0.05)


async def test_registry_that_refused_behind_a_success_is_heard() -> None:
    """A portal answers 200 although its registry refused: the bulk result is read."""

    async def answer(request: httpx.Request) -> httpx.Response:
        errors = [{"deviceId": GATEWAY, "errorCode": "DeviceAlreadyExists", "errorStatus": "no"}]
        return httpx.Response(200, json={"isSuccessful": False, "errors": errors, "warnings": []})

    async with IotHubPortal(
        "https://portal.test", transport=httpx.MockTransport(answer), retry=QUICK
    ) as portal:
        with pytest.raises(PortalRefusal, match="DeviceAlreadyExists"):
            await portal.create_gateway(gateway())


async def test_token_is_asked_for_and_its_end_is_said() -> None:
    """Without a token, with a foreign one and after its end the portal refuses, in words."""
    bench = Bench(PortalSpec(tokens={"good": 1010.0}))
    for token in (None, "foreign"):
        bench.token = token
        with pytest.raises(PortalRefusal) as caught:
            await bench.client.list_devices()
        assert caught.value.kind is ErrorClass.RIGHTS
    bench.token = "good"
    assert await bench.client.list_devices() == []
    bench.watch.seconds += 20
    with pytest.raises(PortalRefusal, match="sign-in"):
        await bench.client.list_devices()
    assert (await bench.client.get_oidc_settings()).clientId


async def test_model_in_use_cannot_be_deleted() -> None:
    """The portal's words come with the refusal; without its device the model goes."""
    bench = await Bench().filled()
    with pytest.raises(PortalRefusal, match="in use"):
        await bench.client.delete_device_model(MODEL)
    await bench.client.delete_device(DEVICE)
    await bench.client.delete_device_model(MODEL)
    with pytest.raises(NotThere):
        await bench.client.get_device_model(MODEL)


async def test_picture_is_uploaded_and_forgotten() -> None:
    """The address of a picture comes as a text or as a JSON string."""
    client = Bench().client
    stock = await client.get_device_model_avatar(MODEL)
    own = await client.set_device_model_avatar(MODEL, PICTURE)
    assert own != stock
    assert await client.get_device_model_avatar(MODEL) == own
    assert (await client.get_device_model(MODEL)).imageUrl == own
    await client.delete_device_model_avatar(MODEL)
    await client.delete_device_model_avatar(MODEL)
    assert await client.get_device_model_avatar(MODEL) == stock


async def test_gateway_and_its_modules() -> None:
    """A gateway shows its modules, answers methods, and gives its key as a secret."""
    bench = await Bench().filled()
    shown = await bench.client.get_gateway(GATEWAY)
    assert shown.connectionState == "Connected"
    assert shown.symmetricKey is None
    module = models.GatewayModule(moduleName="edgeAgent")
    result = await bench.client.execute_gateway_module_method(GATEWAY, "RestartModule", module)
    assert result.status == 200
    assert (
        await bench.client.execute_gateway_module_method(GATEWAY, "dance", module)
    ).status == 400
    key = await bench.client.get_gateway_connection_string(GATEWAY, "edge")
    assert len(key.get_secret_value()) == 44
    assert key.get_secret_value() not in repr(key)


async def test_router_configuration_becomes_the_stock_one() -> None:
    """What is sent as router configuration is replaced by the region's."""
    bench = Bench()
    given = concentrator().model_copy(
        update={"routerConfig": models.RouterConfig(region="made up", netID=[1])}
    )
    await bench.client.create_concentrator(given)
    shown = await bench.client.get_concentrator(CONCENTRATOR)
    assert shown.routerConfig is not None
    assert shown.routerConfig.region == "EU_863_870"


async def test_secrets_are_in_no_message() -> None:
    """The application key is in no error and no representation, whatever the portal repeats."""
    bench = await Bench().filled()
    body = device()
    assert KEY not in repr(body) + str(body)

    async def echo(request: httpx.Request) -> httpx.Response:
        return httpx.Response(400, content=request.content)

    async with IotHubPortal(
        "https://portal.test", transport=httpx.MockTransport(echo), retry=QUICK
    ) as portal:
        for call in (portal.create_device(body), portal.update_device(body)):
            with pytest.raises(PortalRefusal) as caught:
                await call
            assert KEY not in str(caught.value) + repr(caught.value.__dict__)
    bench.server.faults.add(Fault("garbage"))
    with pytest.raises(UnusableAnswer) as unreadable:
        await bench.client.get_device(DEVICE)
    assert KEY not in str(unreadable.value)


@pytest.mark.parametrize(
    "name", ["", "00DF", "00DF3A5C7E9B1D2G", "../../../../etc", "00DF3A5C7E9B1D20/x"]
)
async def test_ids_that_no_portal_takes_are_not_sent(name: str) -> None:
    """A device id that is none is refused before a request."""
    bench = Bench()
    with pytest.raises(StationMisuse, match="device id"):
        await bench.client.get_device(name)
    assert bench.exchanges == []


@pytest.mark.parametrize("name", ["", ".", "..", "a/b", "x" * 129, "a b"])
async def test_gateway_ids_that_no_hub_takes_are_not_sent(name: str) -> None:
    """A gateway id that is none is refused before a request."""
    bench = Bench()
    with pytest.raises(StationMisuse, match="gateway id"):
        await bench.client.get_gateway(name)
    assert bench.exchanges == []


async def test_other_limits_are_checked_before_a_request() -> None:
    """Ports, pictures and models without an id are refused here."""
    bench = Bench()
    with pytest.raises(StationMisuse, match="LoRa port"):
        await bench.client.add_model_command(MODEL, name="x", frame="00", port=224)
    with pytest.raises(StationMisuse, match="PNG"):
        await bench.client.set_device_model_avatar(MODEL, b"GIF89a")
    with pytest.raises(StationMisuse, match="bytes"):
        await bench.client.set_device_model_avatar(MODEL, PICTURE + bytes(1 << 20))
    with pytest.raises(StationMisuse, match="without an id"):
        await bench.client.update_device_model(DEVICE_MODEL.model_copy(update={"modelId": None}))
    assert bench.exchanges == []


async def test_validation_errors_name_their_members() -> None:
    """What the portal says about single members is part of the sentence."""
    bench = Bench()
    bad = concentrator().model_copy(update={"loraRegion": "MARS"})
    with pytest.raises(PortalRefusal, match="LoraRegion: The region MARS"):
        await bench.client.create_concentrator(bad)


async def test_link_faults_name_portal_and_call() -> None:
    """Whoever reads the message knows which portal and which call it was."""

    async def gone(request: httpx.Request) -> httpx.Response:
        raise httpx.ReadError("reset")

    async with IotHubPortal(
        "https://portal.test", transport=httpx.MockTransport(gone), retry=QUICK
    ) as portal:
        with pytest.raises(ConnectionLost) as caught:
            await portal.create_device(device())
    assert caught.value.where == {
        "peer": "portal https://portal.test",
        "endpoint": "POST /api/Devices",
    }
