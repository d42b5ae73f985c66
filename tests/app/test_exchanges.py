"""Who is told of what the station's clients exchange, from the settings on."""

from pathlib import Path
from typing import Any

import pytest

from orchestrator.app.fixtures import make_fixture
from orchestrator.app.host import make_host
from orchestrator.app.services import SERVICES, open_services
from orchestrator.domain.clock import SystemClock
from orchestrator.domain.errors import LinkFault, OrchestratorError
from orchestrator.domain.fixture import Attached
from orchestrator.simulation.certificates import make_authority
from orchestrator.station.figures import Outside
from orchestrator.station.settings import Settings
from orchestrator.systems.azure_sphere_cloud.cloud import SphereCloud
from orchestrator.systems.iot_hub_portal.client import IotHubPortal
from tests.transport.peers import reply, serving
from tests.transport.test_client import answering

TENANT = "00000000-0000-0000-0000-00000000000a"
REFUSAL = answering(reply(b"", "400 Bad Request"))


def nothing(text: str) -> None:
    """Tell nobody how to sign in."""
    del text


def settings(folder: Path, **sections: Any) -> Settings:
    """Return settings with that in them."""
    (folder / "ca.pem").write_bytes(make_authority().pem)
    (folder / "secret").write_text("a-secret", encoding="utf-8")
    station = {"name": "s", "data_dir": folder, **sections.pop("station", {})}
    boards = {"azure_sphere": {"ca_file": folder / "ca.pem", **sections.pop("boards", {})}}
    return Settings.model_validate(
        {
            "station": station,
            "recipes": {"files": [folder / "none.yaml"]},
            "fixture": boards,
            **sections,
        }
    )


async def closed_port() -> int:
    """Return a port at which nobody listens."""
    async with serving(REFUSAL) as server:
        return server.port


CLOUDS: list[dict[str, Any]] = [
    {"tenant": TENANT},
    {"service": "resource_manager", "subscription": TENANT, "resource_group": "g", "catalog": "c"},
]


@pytest.mark.parametrize("cloud", CLOUDS, ids=["public", "successor"])
async def test_services_are_told_by_their_names(tmp_path: Path, cloud: dict[str, Any]) -> None:
    """Cloud and portal each count under the system that they belong to, by the row's name."""
    outside = Outside(SystemClock(), SERVICES)
    token = {"token": {"file": tmp_path / "secret"}}
    async with serving(REFUSAL) as server:
        found = settings(
            tmp_path,
            cloud={**cloud, "url": server.url, "sign_in": token},
            portal={"url": server.url, **token},
        )
        async with open_services(found, nothing, outside.of) as services:
            sphere: Any = services[SphereCloud]
            with pytest.raises(OrchestratorError):
                await sphere.check_access()
            assert [system for system, _ in outside.errors] == ["azure_sphere_cloud"]
            portal: Any = services[IotHubPortal]
            with pytest.raises(OrchestratorError):
                await portal.list_concentrators()
    assert [(each.name, each.works) for each in outside.systems()] == [
        ("azure_sphere_cloud", True),
        ("iot_hub_portal", True),
    ]
    assert outside.errors["iot_hub_portal", "http.4xx"] == 1
    assert ("iot_hub_portal", "list_concentrators") in outside.seconds


async def test_boards_and_their_service_are_told(tmp_path: Path) -> None:
    """Looking at the fixture and asking a board both count; the address is in no name."""
    outside = Outside(SystemClock())
    async with serving(REFUSAL) as server:
        boards = {"service_url": server.url, "https_port": await closed_port()}
        found = settings(tmp_path, boards=boards)
        fixture = make_fixture(found, outside.of)
        with pytest.raises(OrchestratorError):
            await fixture.attached()
        with pytest.raises(LinkFault):
            async with fixture.connect(Attached("P1", "127.0.0.1")) as link:
                await link.identity()
    names = {"get_attached_devices", "get_security_state"}
    assert set(outside.seconds) == {("azure_sphere_device", name) for name in names}


async def test_computers_are_told_but_not_silent_places(tmp_path: Path) -> None:
    """Asking a computer counts, and so does the station's own; looks at silent places do not."""
    outside = Outside(SystemClock())
    account = {
        "username": "engineer",
        "password": {"file": tmp_path / "secret"},
        "fingerprints": ["ab" * 32],
    }
    address = f"127.0.0.1:{await closed_port()}"
    found = settings(
        tmp_path,
        fixture={"advantech": {"hosts": {"P1": address}, **account}},
        station={"host": {"address": address, "account": "system", **account}},
    )
    fixture = make_fixture(found, outside.of)
    await fixture.attached()
    assert not outside.seconds
    async with fixture.connect(Attached("P1", address)) as link:
        with pytest.raises(LinkFault):
            await link.identity()
    asked = outside.errors["advantech_portal", "link"]
    assert asked
    assert found.station.host is not None
    async with make_host(found.station.host, outside.of) as host:
        with pytest.raises(LinkFault):
            await host.platform_ping()
    assert outside.errors == {("advantech_portal", "link"): asked + 1}
