"""What a host is at its start: models, features, ids, and a switch for each open question."""

from dataclasses import fields

import pytest

from orchestrator.systems.advantech_portal.endpoints import EVENTS, HOST_ENDPOINTS
from orchestrator.systems.advantech_portal.simulator import (
    ANSWERED,
    FULL,
    HANDLERS,
    MODELS,
    HostSpec,
    Port,
)
from orchestrator.systems.advantech_portal.simulator.catalogue import FEATURES
from orchestrator.systems.advantech_portal.simulator.handlers import SOCKETS, STREAMS
from orchestrator.systems.advantech_portal.simulator.inferences import INFERENCES
from tests.systems.advantech_portal.simulator.bench import Bench


def test_every_row_has_one_answer() -> None:
    """Plain calls have a handler, event streams a list of events, WebSockets a door."""
    assert list(HANDLERS) == [row.name for row in HOST_ENDPOINTS if not row.door]
    assert set(STREAMS) == {row.name for row in HOST_ENDPOINTS if row.door == "SSE"}
    assert set(SOCKETS) == {row.name for row in HOST_ENDPOINTS if row.door == "WebSocket"}
    assert {row.name for row in HOST_ENDPOINTS} == ANSWERED
    assert STREAMS["stream_events"] == tuple(event.name for event in EVENTS)


@pytest.mark.parametrize("inference", INFERENCES, ids=lambda one: one.name)
def test_an_open_question_is_a_switch_of_the_spec(inference: object) -> None:
    """With the default that the table tells."""
    defaults = {field.name: field.default for field in fields(HostSpec)}
    assert defaults[inference.name] == inference.default  # type: ignore[attr-defined]
    assert inference.decides  # type: ignore[attr-defined]
    assert inference.source  # type: ignore[attr-defined]


def test_hosts_differ_by_seed_and_index_and_stay_the_same() -> None:
    """Serial number, addresses and ids are made from both."""
    hosts = [HostSpec(seed=seed, index=index) for seed in (0, 1) for index in range(50)]
    assert len({spec.serial for spec in hosts}) == 100
    assert len({spec.guid("host") for spec in hosts}) == 100
    assert HostSpec(seed=1, index=7).serial == hosts[57].serial
    assert HostSpec(serial_number="KSA1").serial == "KSA1"
    assert HostSpec(hostname="line-pc").name == "line-pc"


def test_no_secret_is_shown() -> None:
    """Neither of the accounts nor of the admin password nor of the lock."""
    spec = HostSpec(admin_password="canary-1", etp_password="canary-2")
    assert "canary" not in repr(spec)
    assert "Engineer-1" not in repr(spec)


@pytest.mark.parametrize("feature", FEATURES)
def test_a_feature_can_be_taken_away(feature: str) -> None:
    """The full model has every one."""
    assert HostSpec().has(feature)
    assert not HostSpec(lacks=(feature,)).has(feature)
    assert HostSpec(model="something new").kind is FULL


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("os", ["linux", "windows"])
async def test_the_profile_tells_what_there_is(model: str, os: str) -> None:
    """A function is named as there when its calls answer, and the other way round."""
    bench = await Bench(model=model, os=os).log_in()
    profile = await bench.get("/edgehub/api/profile")
    assert profile["model:name"] == model
    assert profile["os"] == os
    perif = "/platform/api/perif"
    for name, path in (
        ("hwmon", "/platform/api/hwmon"),
        ("perif:disk", f"{perif}/disk"),
        ("perif:led", f"{perif}/led"),
        ("perif:wdt", f"{perif}/wdt"),
        ("perif:gpio:all", f"{perif}/gpio/all"),
        ("perif:brightness", f"{perif}/brightness"),
        ("apphub", "/edgehub/api/apphub/status"),
        ("host:display:count", "/platform/api/host/screenshot/0"),
    ):
        answer = await bench.ask("GET", path)
        assert (answer.status == 200) is bool(profile[name]), name
    assert (
        len(await bench.get("/platform/api/networking/interfaces"))
        == profile["networking:interfaces"]
    )


async def test_windows_and_linux_name_interfaces_differently() -> None:
    """GUIDs in braces and type 6, or names and type 1; Wi-Fi is 71 on both."""
    ports = (Port("127.0.36.2"), Port("192.0.2.4", 23, "192.0.2.1", dhcp=False))
    path = "/platform/api/networking/interfaces"
    linux = await (await Bench(ports=ports).log_in()).get(path)
    windows = await (await Bench(os="windows", ports=ports).log_in()).get(path)
    assert [one["typeId"] for one in linux] == [1, 1, 71]
    assert [one["typeId"] for one in windows] == [6, 6, 71]
    assert linux[0]["uuid"] == linux[0]["name"]
    assert windows[0]["uuid"].startswith("{")
    assert linux[1]["addresses"] == ["192.0.2.4/23"]
    assert [one["isDefault"] for one in linux] == [True, False, False]


async def test_the_order_of_routes_decides_which_interface_is_the_default() -> None:
    """The most preferred one comes first."""
    bench = await Bench().log_in()
    path = "/platform/api/networking/interfaces"
    names = [one["uuid"] for one in await bench.get(path)]
    order = {"ipv6": False, "sortedGUIDList": [names[1], names[0]]}
    assert (await bench.ask("POST", f"{path}/route", order)).status == 201
    assert [one["isDefault"] for one in await bench.get(path)] == [False, True, False]


async def test_a_screenshot_is_a_picture_in_both_forms() -> None:
    """A display that is off is black."""
    bench = await Bench(first_display=1).log_in()
    shot = "/platform/api/host/screenshot"
    assert (await bench.ask("GET", f"{shot}/0")).status == 422
    lit = await bench.ask("GET", f"{shot}/1/file")
    assert lit.headers["content-type"] == "image/png"
    assert lit.body.startswith(b"\x89PNG\r\n\x1a\n")
    assert lit.body.endswith(b"IEND\xaeB`\x82")
    await bench.ask("PUT", "/platform/api/control/display", {"status": "off"})
    dark = await bench.ask("GET", f"{shot}/1/file")
    assert dark.body != lit.body
    assert (await bench.get(f"{shot}/1"))["mediaType"] == "image/png"
