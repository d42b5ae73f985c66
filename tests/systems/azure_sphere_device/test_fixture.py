"""The fixture of Azure Sphere boards, in process and once over real sockets."""

from contextlib import AbstractAsyncContextManager
from pathlib import Path

import httpx
import pytest

from orchestrator.domain.errors import (
    ConfigurationMistakes,
    Unreachable,
    UntrustedPeer,
    UnusableAnswer,
)
from orchestrator.domain.fixture import Attached, Fixture, UnitLink
from orchestrator.domain.unit import DeviceIdentity
from orchestrator.simulation.certificates import make_authority
from orchestrator.simulation.rack import run_rack
from orchestrator.systems.azure_sphere_device.client import SphereDevice
from orchestrator.systems.azure_sphere_device.fixture import SphereFixture
from orchestrator.systems.azure_sphere_device.simulator import BoardSpec, LocalService, Slot
from tests.transport.peers import Authority, Peer, reply, serving

SERVICE = "http://localhost:48938"


@pytest.fixture(scope="module")
def ca_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A pinned certificate that nobody presents in process."""
    from cryptography.hazmat.primitives.serialization import Encoding

    file = tmp_path_factory.mktemp("ca") / "ca.pem"
    file.write_bytes(make_authority().certificate.public_bytes(Encoding.PEM))
    return file


def in_process(ca_file: Path, slots: list[Slot]) -> SphereFixture:
    """Return a fixture whose service and boards run in this process."""
    transports = {
        f"https://{slot.address}:443": httpx.ASGITransport(slot.app) for slot in slots
    } | {SERVICE: httpx.ASGITransport(LocalService(slots))}
    return SphereFixture(service_url=SERVICE, ca_file=ca_file, transports=transports.get)


async def test_fixture_lists_ports_and_addresses(ca_file: Path) -> None:
    """The USB path is the port; a board that was pulled is not listed."""
    slots = [
        Slot(BoardSpec(slot_path=p), a) for p, a in (("11", "127.0.35.2"), ("12", "127.0.35.3"))
    ]
    fixture: Fixture = in_process(ca_file, slots)
    await fixture.rescan()
    assert await fixture.attached() == [Attached("11", "127.0.35.2"), Attached("12", "127.0.35.3")]
    slots[0].detach()
    assert await fixture.attached() == [Attached("12", "127.0.35.3")]


async def test_link_gives_the_client_and_the_identity(ca_file: Path) -> None:
    """A step may ask for the board's client; the identity is the silicon's, in lower case."""
    slot = Slot(BoardSpec(device_id="AB" * 64), "127.0.35.2")
    fixture = in_process(ca_file, [slot])
    async with fixture.connect(Attached("1111", "127.0.35.2")) as link:
        assert await link.identity() == DeviceIdentity("azure_sphere", "ab" * 64)
        device = link.resources[SphereDevice]
        assert isinstance(device, SphereDevice)
        assert (await device.get_device_status()).uptime >= 0


@pytest.mark.parametrize("address", ["board.example", "127.0.35.2:80/", "\x1b[2J", "::1"])
async def test_listed_address_must_be_an_address(ca_file: Path, address: str) -> None:
    """A service cannot send the station to an arbitrary place."""
    listing = [{"IpAddress": address, "DeviceConnectionPath": "1"}]
    transport = httpx.MockTransport(lambda _request: httpx.Response(200, json=listing))
    fixture = SphereFixture(service_url=SERVICE, ca_file=ca_file, transports=lambda _url: transport)
    with pytest.raises(UnusableAnswer, match="no IPv4 address") as caught:
        await fixture.attached()
    assert str(caught.value).isprintable()


async def test_a_service_that_is_down_is_not_blamed_on_a_cable(ca_file: Path) -> None:
    """The remedy is about the service and its address, not about a board."""

    def refuse(_request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("refused")

    transport = httpx.MockTransport(refuse)
    fixture = SphereFixture(service_url=SERVICE, ca_file=ca_file, transports=lambda _url: transport)
    with pytest.raises(Unreachable) as caught:
        await fixture.attached()
    assert "local device service" in caught.value.remedy


async def test_missing_certificate_file_shows_at_start(tmp_path: Path) -> None:
    """A wrong path is found before the first board."""
    with pytest.raises(ConfigurationMistakes):
        SphereFixture(service_url=SERVICE, ca_file=tmp_path / "none.pem")


async def test_irreversible_request_and_identity_use_fresh_connections(tmp_path: Path) -> None:
    """An answer that waits on the kept connection reaches neither of them."""
    authority = Authority(tmp_path, "pinned")
    identity = b'{"securityState": "SECURE", "deviceIdentifier": "%s"}' % (b"a" * 128)
    swapped = identity.replace(b"a" * 128, b"b" * 128)

    async def script(peer: Peer) -> None:
        if b" /status " in peer.head:
            await peer.send(reply(b'{"uptime": 1}'), reply(swapped))
        else:
            await peer.send(reply(identity if b" /device/security_state " in peer.head else b"{}"))

    async with serving(script, authority.server_context()) as server:
        fixture = SphereFixture(
            service_url=SERVICE, ca_file=authority.ca_file, https_port=server.port
        )
        async with fixture.connect(Attached("1", "127.0.0.1")) as link:
            device = link.resources[SphereDevice]
            assert isinstance(device, SphereDevice)
            await device.get_device_status()
            assert (await link.identity()).device_id == "a" * 128
            assert server.connections == 2
            await device.set_manufacturing_state("Module1Complete")
            assert server.connections == 3


async def test_real_rack_is_listed_reached_and_verified(ca_file: Path) -> None:
    """Over sockets and TLS the fixture reaches each board; another pinned file refuses them."""
    specs = [
        BoardSpec(slot_path="1111"),
        BoardSpec(slot_path="1112", untrusted_certificate=True),
        BoardSpec(slot_path="1113", unreachable=True),
    ]

    def link(fixture: SphereFixture, place: Attached) -> AbstractAsyncContextManager[UnitLink]:
        return fixture.connect(place)

    async with run_rack(specs, first_address="127.0.77.2") as rack:
        fixture = SphereFixture(
            service_url=rack.service_url, ca_file=rack.ca_file, https_port=rack.https_port
        )
        good, untrusted, unreachable = await fixture.attached()
        async with link(fixture, good) as unit:
            assert (await unit.identity()).device_id == rack.slots[0].board.device_id
            device = unit.resources[SphereDevice]
            assert isinstance(device, SphereDevice)
            assert (await device.get_device_status()).uptime >= 0
        async with link(fixture, untrusted) as unit:
            with pytest.raises(UntrustedPeer):
                await unit.identity()
        async with link(fixture, unreachable) as unit:
            with pytest.raises(Unreachable):
                await unit.identity()
        stranger = SphereFixture(
            service_url=rack.service_url, ca_file=ca_file, https_port=rack.https_port
        )
        async with link(stranger, good) as unit:
            with pytest.raises(UntrustedPeer):
                await unit.identity()
