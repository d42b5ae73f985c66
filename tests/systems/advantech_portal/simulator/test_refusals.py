"""Every way in which a host says no: one request each, its status and one of four bodies."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

import pytest

from orchestrator.systems.advantech_portal.simulator.refusals import ROWS, RefusalRow
from tests.systems.advantech_portal.simulator.bench import ADMIN, VIEWER, Answer, Bench

Try = Callable[[Bench], Awaitable[Answer]]
PERIF, NET, CONTROL = "/platform/api/perif", "/platform/api/networking", "/platform/api/control"
ETP, HUB = "/platform/api/etp/userdata", "/edgehub/api"
ADDRESS = {
    "ipAddress": "192.0.2.7",
    "subnetMask": "255.255.255.0",
    "defaultGateway": "192.0.2.1",
    "primaryDNS": "192.0.2.1",
}


def asked(method: str, path: str, body: object = None, **spec: Any) -> tuple[Try, dict[str, Any]]:
    """Make one request with the engineer's token."""

    async def act(bench: Bench) -> Answer:
        await bench.log_in()
        return await bench.ask(method, path, body)

    return act, spec


def login(name: str, password: str, m: str = "0") -> tuple[Try, dict[str, Any]]:
    """Try to log in."""

    async def act(bench: Bench) -> Answer:
        body = {"username": name, "password": password}
        return await bench.ask("POST", f"/auth/login?m={m}", body)

    return act, {}


def as_admin(method: str, path: str, body: object = None) -> tuple[Try, dict[str, Any]]:
    """Make one request with the admin's token."""

    async def act(bench: Bench) -> Answer:
        await bench.log_in(ADMIN, 2)
        return await bench.ask(method, path, body)

    return act, {}


async def _locked_out(bench: Bench) -> Answer:
    for _ in range(5):
        await bench.try_to_log_in(("viewer", "wrong"))
    return await bench.try_to_log_in(VIEWER)


async def _expired(bench: Bench) -> Answer:
    await bench.log_in()
    bench.watch.seconds += 3600
    return await bench.ask("GET", "/platform/api/hwmon")


async def _viewer_reboots(bench: Bench) -> Answer:
    await bench.log_in(VIEWER)
    return await bench.ask("POST", f"{CONTROL}/reboot")


async def _too_much(bench: Bench) -> Answer:
    await bench.log_in()
    return await bench.ask("PUT", f"{PERIF}/led/0", raw=bytes((4 << 20) + 1))


async def _core_killed(bench: Bench) -> Answer:
    await bench.log_in()
    return await bench.ask("DELETE", "/platform/api/processes/1")


async def _no_mac(bench: Bench) -> Answer:
    await bench.log_in()
    bench.host.network.interfaces.clear()
    return await bench.ask("GET", f"{HUB}/macaddr")


async def _nobody_prepared(bench: Bench) -> Answer:
    from orchestrator.transport.in_process_stream import InProcessSocket, SocketRefused

    await bench.log_in()
    url = "wss://127.0.36.2/platform/api/rdesk/5b306b78-d720-4dac-984e-a1f1ca9cd963"
    with pytest.raises(SocketRefused) as refused:
        async with InProcessSocket(bench.app, url, {"Authorization": f"Bearer {bench.token}"}):
            raise AssertionError
    import httpx

    return Answer(refused.value.status, refused.value.body, httpx.Headers())


LESS = {"model": "ARK-1124H-S6A1"}
LOCK = {"etp_password": "12345678"}
CASES: dict[str, tuple[Try, dict[str, Any]]] = {
    "no_token": (lambda bench: bench.ask("GET", "/platform/api/hwmon"), {}),
    "bad_token": (lambda bench: bench.ask("GET", "/platform/api/hwmon", token="x"), {}),
    "expired_token": (_expired, {}),
    "login_failed": login("engineer", "wrong"),
    "login_incomplete": login("engineer", ""),
    "account_locked": (_locked_out, {}),
    "bad_account_type": login("engineer", "Engineer-1", "1"),
    "default_password": as_admin("GET", "/platform/api/hwmon"),
    "not_admin": asked("DELETE", "/auth/user/admin/password"),
    "wrong_old_password": as_admin("PUT", "/auth/user/admin/password", {"old": "x", "new": "y"}),
    "bad_new_password": as_admin(
        "PUT", "/auth/user/admin/password", {"old": ADMIN[1], "new": ADMIN[1]}
    ),
    "password_incomplete": as_admin("PUT", "/auth/user/admin/password", {"old": ADMIN[1]}),
    "no_permission": (_viewer_reboots, {}),
    "not_available": asked("GET", "/platform/api/hwmon", **LESS),
    "no_device_data": asked("GET", "/platform/api/etp/devicedata", **LESS),
    "etp_not_supported": asked("GET", ETP, **LESS),
    "no_display": asked("GET", "/platform/api/host/screenshot/1"),
    "unknown_service": asked("GET", "/platform/api/service/nobody"),
    "service_disabled": asked("PUT", "/platform/api/service/bluetooth", {"action": "start"}),
    "service_incomplete": asked("PUT", "/platform/api/service/ssh", {"action": "kick"}),
    "bad_led": asked("GET", f"{PERIF}/led/4"),
    "led_incomplete": asked("PUT", f"{PERIF}/led/0", {}),
    "watchdog_incomplete": asked("PUT", f"{PERIF}/wdt", {"seconds": 15}),
    "watchdog_range": asked("PUT", f"{PERIF}/wdt/timeout", {"seconds": 9}),
    "bad_pin": asked("GET", f"{PERIF}/gpio/8"),
    "gpio_incomplete": asked("PUT", f"{PERIF}/gpio/0/level", {"level": 2}),
    "not_an_output": asked("PUT", f"{PERIF}/gpio/7/level", {"level": 1}),
    "no_brightness": asked("GET", f"{PERIF}/brightness", **LESS),
    "brightness_incomplete": asked("PUT", f"{PERIF}/brightness", {}),
    "brightness_range": asked("PUT", f"{PERIF}/brightness", {"value": 10}),
    "route_incomplete": asked("POST", f"{NET}/interfaces/route", {"ipv6": False}),
    "route_empty": asked("POST", f"{NET}/interfaces/route", {"ipv6": False, "sortedGUIDList": []}),
    "unknown_route": asked(
        "POST", f"{NET}/interfaces/route", {"ipv6": False, "sortedGUIDList": ["x"]}
    ),
    "ipv4_incomplete": asked("PUT", f"{NET}/ipv4config/2", {"ipAddress": "192.0.2.7"}),
    "unknown_interface": asked("DELETE", f"{NET}/ipv4config/99"),
    "bad_address": asked("PUT", f"{NET}/ipv4config/2", {**ADDRESS, "subnetMask": "255.0.255.0"}),
    "unknown_adapter": asked("GET", f"{NET}/wifi/networks/nobody"),
    "empty_profile": asked("DELETE", f"{NET}/wifi/interface/wlp4s0/profile/%20"),
    "unknown_profile": asked("DELETE", f"{NET}/wifi/interface/wlp4s0/profile/nobody"),
    "bad_pid": asked("DELETE", "/platform/api/processes/one"),
    "unknown_pid": asked("DELETE", "/platform/api/processes/999999"),
    "protected_pid": (_core_killed, {}),
    "display_fixed": asked("PUT", f"{CONTROL}/display", {"status": "on"}, **LESS),
    "display_incomplete": asked("PUT", f"{CONTROL}/display", {"status": "dim"}),
    "no_desktop": asked("POST", "/platform/api/rdesk/config", **LESS),
    "unknown_desktop": (_nobody_prepared, {}),
    "no_upgrade": asked("GET", "/platform/api/rdesk/5b306b78-d720-4dac-984e-a1f1ca9cd963"),
    "etp_incomplete": asked("PUT", ETP, {"userSpace1": "x"}),
    "space_too_long": asked("PUT", ETP, {"userSpace1": "ä" * 65, "userSpace2": ""}),
    "etp_password_length": asked("PUT", f"{ETP}/lockstatus", {"locked": True, "password": "9" * 9}),
    "etp_locked": asked("PUT", ETP, {"userSpace1": "", "userSpace2": ""}, **LOCK),
    "etp_wrong_password": asked(
        "PUT", f"{ETP}/lockstatus", {"locked": False, "password": "x"}, **LOCK
    ),
    "no_mac_address": (_no_mac, {}),
    "no_connection_setting": asked("POST", f"{HUB}/connection", {"op": "connect"}),
    "connection_invalid": asked("POST", f"{HUB}/connection", {"op": "jump"}),
    "data_invalid": asked("POST", f"{HUB}/data", {}),
    "not_connected": asked("POST", f"{HUB}/data", {"tag": 1}),
    "apphub_missing": asked("GET", f"{HUB}/apphub/status", **LESS),
    "apphub_unavailable": asked("PUT", f"{HUB}/apphub/service", {"action": "stop"}, **LESS),
    "apphub_action": asked("PUT", f"{HUB}/apphub/service", {}),
    "apphub_log_invalid": asked("PUT", f"{HUB}/apphub/log/config", {}),
    "edgebus_missing": asked("GET", f"{HUB}/edgebus/status", **LESS),
    "edgebus_unavailable": asked("PUT", f"{HUB}/edgebus/config", {"enabled": True}, **LESS),
    "edgebus_invalid": asked("PUT", f"{HUB}/edgebus/config", {}),
    "no_pem": asked("POST", f"{HUB}/pem/temp"),
    "bootstrap_invalid": asked("PUT", f"{HUB}/bootstrap/config", {"tenantToken": " "}),
    "no_path": asked("GET", "/platform/api/nothing"),
    "no_method": asked("POST", "/platform/api/hwmon"),
    "too_large": (_too_much, {}),
}


def test_every_refusal_is_tried() -> None:
    """The cases below are the rows of the table."""
    assert CASES.keys() == ROWS.keys()


@pytest.mark.parametrize("name", ROWS)
async def test_a_refusal_has_its_status_and_body(name: str) -> None:
    """The body has one of the four documented forms, or is none, or plain text."""
    row = ROWS[name]
    act, spec = CASES[name]
    answer = await act(Bench(**spec))
    assert answer.status == row.status
    if row.form in {"none", "text"}:
        assert answer.body == (row.words.encode() if row.form == "text" else b"")
        return
    said = answer.said
    words = said["errors"][row.key] if row.form == "errors" else None
    if row.form == "errors":
        assert said == {"errors": {row.key: words}}
    else:
        assert said == row.body(said.get("Message") or said["message"])
    assert (words or said) != ""


@pytest.mark.parametrize("name", [name for name, row in ROWS.items() if not row.documented])
async def test_what_is_not_documented_is_a_switch(name: str) -> None:
    """A host's spec may give such a refusal another status and other words."""
    own = replace(ROWS[name], status=418, form="message", words="no")
    act, spec = CASES[name]
    answer = await act(Bench(**spec, refusals=(own,)))
    assert answer.status == 418


async def test_the_admin_calls_write_their_errors_small() -> None:
    """A refused token of the admin password has small letters, all others have capitals."""
    bench = Bench()
    assert (await bench.ask("DELETE", "/auth/user/admin/password")).said.keys() == {
        "code",
        "message",
    }
    assert (await bench.ask("GET", "/platform/api/hwmon")).said.keys() == {"Code", "Message"}


async def test_no_refusal_quotes_what_was_given() -> None:
    """A body with a secret of the wrong form is refused without repeating it."""
    bench = await Bench().log_in()
    for path, body in (
        (f"{ETP}/lockstatus", {"locked": "canary", "password": 7}),
        (f"{HUB}/bootstrap/config", {"tenantToken": ["canary"]}),
    ):
        answer = await bench.ask("PUT", path, body)
        assert answer.status == 422
        assert b"canary" not in answer.body


def test_a_row_without_words_has_no_body() -> None:
    """Neither a form of its own nor an empty text becomes JSON."""
    assert RefusalRow("x", 404, "none").body("words") is None
    assert RefusalRow("x", 404, "text").body("words") is None


async def test_a_component_that_is_too_old_lacks_its_calls() -> None:
    """What came with a newer version is no path of an older one."""
    from orchestrator.systems.advantech_portal.simulator import Versions

    bench = await Bench(versions=Versions(rest_server="v0.15.1", edgehub_agent="v1.0.1")).log_in()
    assert (await bench.ask("GET", f"{PERIF}/gpio/count")).status == 200
    assert (await bench.ask("GET", f"{PERIF}/brightness")).status == 404
    assert (await bench.ask("GET", f"{HUB}/profile")).status == 200
    assert (await bench.ask("POST", f"{HUB}/pem/temp")).status == 404
