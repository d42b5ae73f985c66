"""Every row of the table is answered as boards answer it, refusals included."""

from collections.abc import Callable
from typing import Any

import pytest

from orchestrator.systems.azure_sphere_device.endpoints import DEVICE_ENDPOINTS
from orchestrator.systems.azure_sphere_device.simulator import (
    BoardSpec,
    LeftoverImage,
    os_catalogue,
)
from orchestrator.systems.azure_sphere_device.simulator.handlers import HANDLERS
from orchestrator.systems.azure_sphere_device.simulator.refusals import RefusalRow
from orchestrator.systems.azure_sphere_device.simulator.spec import slot_path

APP = "11111111-0000-4000-8000-000000000001"
UNKNOWN = "99999999-0000-4000-8000-000000000009"


def test_every_row_has_a_handler_of_its_name() -> None:
    """The table, the handlers and nothing else."""
    assert set(HANDLERS) == {row.name for row in DEVICE_ENDPOINTS}


def test_a_good_board_answers_every_get(full_bench: Any, fill: Any) -> None:
    """Each answer fits the row's model and carries the API version."""
    bench = full_bench(capabilities=(11,))
    for row in DEVICE_ENDPOINTS:
        if row.method != "GET":
            continue
        reply = bench.call("GET", fill(row))
        assert reply.status == 200, row.label
        assert reply.headers["rest-api-version"] == "4.6.0"
        if row.answer is not None:
            row.answer.model_validate_json(reply.body)


def test_the_identity_comes_from_seed_slot_and_generation() -> None:
    """The same place on the same rack is the same board; a swapped one is another."""
    first = BoardSpec(seed=7).identity
    assert first == BoardSpec(seed=7).identity
    assert len(first) == 128
    others = {BoardSpec(seed=8).identity, BoardSpec(seed=7, generation=1).identity}
    assert first not in others
    assert BoardSpec(device_id="AB" * 64).identity == "ab" * 64


def test_slot_paths_count_hub_ports() -> None:
    """Four ports to a hub, and no path twice."""
    assert [slot_path(index) for index in range(5)] == ["1111", "1112", "1113", "1114", "1121"]
    assert len({slot_path(index) for index in range(1000)}) == 1000


@pytest.mark.parametrize(
    ("method", "path", "expected"),
    [
        ("GET", "/nowhere", (404, 15728642)),
        ("DELETE", "/status", (405, 15728641)),
        ("GET", "/app/status/no-guid", (400, 14680079)),
        ("DELETE", "/app/image/no-guid", (400, 14680079)),
    ],
)
def test_wrong_addresses_are_refused(
    bench: Any, method: str, path: str, expected: tuple[int, int]
) -> None:
    """Unknown paths, wrong methods and broken component ids have their own numbers."""
    assert bench.call(method, path).error == expected


@pytest.mark.parametrize(
    ("body", "content_type", "expected"),
    [
        (b"{", "application/json", (400, 10485761)),
        (b"[" * 60000, "application/json", (400, 10485761)),
        (b"{}", "application/json", (400, 10485762)),
        (b'{"manufacturingState": "Blank"}', "application/json", (400, 10485762)),
        (b'{"manufacturingState": "Module1Complete"}', "text/plain", (415, 10485761)),
        (b" " * 70000, "application/json", (413, 10485777)),
    ],
)
def test_bodies_that_do_not_fit_are_refused(
    bench: Any, body: bytes, content_type: str, expected: tuple[int, int]
) -> None:
    """No JSON, JSON of another shape, a wrong media type and too much of it."""
    reply = bench.call("PUT", "/device/manufacturing_state", body, content_type)
    assert reply.error == expected
    assert bench.board.state == "Blank"


def test_refusals_can_be_given_other_numbers(new_bench: Callable[..., Any]) -> None:
    """What is assumed of a refusal is a switch."""
    row = RefusalRow("locked", 409, 13)
    bench = new_bench(manufacturing_state="DeviceComplete", refusals=(row,))
    assert bench.call("GET", "/images").error == (409, 13)
    assert bench.call("GET", "/nowhere").error == (404, 15728642)


def test_what_nobody_knows_of_locks_is_a_switch(new_bench: Callable[..., Any]) -> None:
    """Which capability reopens what, and whether the state itself is closed."""
    complete = {"manufacturing_state": "DeviceComplete"}
    narrow = new_bench(**complete, capabilities=(13,), closed_to_servicing=("stage_image",))
    assert narrow.call("GET", "/images").status == 200
    assert narrow.stage(b"").error == (403, 10485778)
    closed = new_bench(**complete, capabilities=(13,), reopening_capabilities=(11,))
    assert closed.call("GET", "/images").error == (403, 10485778)
    again = new_bench(**complete, state_change_locked=False)
    assert again.set_state("DeviceComplete").status == 200
    assert again.set_state("Module1Complete").error == (400, 10485762)


def test_unknown_json_keys_are_ignored(bench: Any) -> None:
    """Boards take a body with members they do not know."""
    body = {"manufacturingState": "Module1Complete", "later": 1}
    assert bench.call("PUT", "/device/manufacturing_state", body).status == 200
    assert bench.board.state == "Module1Complete"


def test_an_older_api_lacks_newer_calls(new_bench: Callable[..., Any]) -> None:
    """A call that came later is an unknown address."""
    old = new_bench(os_version="22.07")
    assert old.call("GET", "/osversion").error == (404, 15728642)
    assert old.call("GET", "/status").headers["rest-api-version"] == "4.4.0"
    assert new_bench(os_version="22.09").call("GET", "/osversion").json == {"osversion": "22.09"}
    assert new_bench(api_version="4.10.0").call("GET", "/osversion").status == 200


def test_the_state_moves_forward_only(bench: Any) -> None:
    """The same state again is a success; a step back is refused even with a capability."""
    assert bench.set_state("Module1Complete").json == {}
    assert bench.set_state("Module1Complete").json == {}
    bench.board.own_capabilities.add(11)
    assert bench.set_state("DeviceComplete").json == {}
    assert bench.set_state("Module1Complete").error == (400, 10485762)
    state = "manufacturing_state"
    assert bench.facts() == [state, f"{state}_again", state]
    assert bench.truth[-1].detail == {"from": "Module1Complete", "to": "DeviceComplete"}


def test_a_jump_to_device_complete_is_a_switch(new_bench: Callable[..., Any]) -> None:
    """Allowed unless the spec says otherwise; an unknown state moves nowhere."""
    assert new_bench().set_state("DeviceComplete").status == 200
    strict = new_bench(direct_device_complete=False)
    assert strict.set_state("DeviceComplete").error == (400, 10485762)
    lost = new_bench(manufacturing_state="Unknown")
    assert lost.set_state("Module1Complete").status == 400


def test_when_rf_test_mode_ends_is_a_switch(new_bench: Callable[..., Any]) -> None:
    """With Blank unless the spec names other states; a capability file shows it in any state."""
    path, shown = "/device/capabilities", {"device_capabilities": [12]}
    bench = new_bench()
    assert bench.call("GET", path).json == shown
    bench.set_state("Module1Complete")
    assert bench.call("GET", path).json == {"device_capabilities": []}
    late = new_bench(
        manufacturing_state="Module1Complete", rf_test_states=("Blank", "Module1Complete")
    )
    assert late.call("GET", path).json == shown
    late.set_state("DeviceComplete")
    assert late.call("GET", path).json == {"device_capabilities": []}
    filed = new_bench(manufacturing_state="Module1Complete", capabilities=(12,))
    assert filed.call("GET", path).json == shown


@pytest.mark.parametrize("row", DEVICE_ENDPOINTS, ids=lambda row: row.name)
def test_device_complete_locks_what_real_boards_lock(full_bench: Any, fill: Any, row: Any) -> None:
    """Open calls stay open, all others answer 403 with 10.18, until 11 or 13 reopens them.

    What needs capability 11 is closed without it in every state.
    """
    complete = {"manufacturing_state": "DeviceComplete"}
    locked = full_bench(**complete).call(row.method, fill(row))
    development = row.lock == "development"
    if row.lock == "open":
        assert locked.status == 200
    else:
        assert locked.error == (403, 10485778)
    for spec, capability in ((complete, 11), (complete, 13), ({}, 11), ({}, 13), ({}, 12)):
        reply = full_bench(**spec, capabilities=(capability,)).call(row.method, fill(row))
        assert (reply.status == 403) == (development and capability != 11)


def test_the_seven_open_reads_are_those_of_the_authorizer() -> None:
    """Nothing else is open on a locked board."""
    assert sorted(row.label for row in DEVICE_ENDPOINTS if row.lock == "open") == [
        "GET /abi_versions",
        "GET /device/capabilities",
        "GET /device/manufacturing_state",
        "GET /device/security_state",
        "GET /net/status",
        "GET /osversion",
        "GET /status",
    ]


@pytest.mark.parametrize("version", ["3.1.0", "4.0.0", "4.1.0", "4.3.0", "4.5.0", "4.6.0"])
def test_the_api_version_decides_which_calls_exist(
    full_bench: Any, fill: Any, version: str
) -> None:
    """A call that came later is an unknown address, every other one is answered."""
    for row in DEVICE_ENDPOINTS:
        reply = full_bench(api_version=version, capabilities=(11,)).call(row.method, fill(row))
        known = tuple(map(int, version.split("."))) >= tuple(
            map(int, (row.since or "0").split("."))
        )
        unknown = reply.status == 404 and reply.error == (404, 15728642)
        assert unknown != known, row.label
        assert reply.headers["rest-api-version"] == version


def test_members_come_and_go_with_the_api_version(full_bench: Any) -> None:
    """Keys, hardware addresses, power savings and the restart flag have their versions."""

    def members(version: str, path: str) -> set[str]:
        return set(full_bench(api_version=version).call("GET", path).json)

    assert "generalPublicKey" in members("3.1.0", "/device/security_state")
    assert "generalPublicKey" not in members("4.0.0", "/device/security_state")
    assert "hardwareAddress" not in members("4.2.0", "/net/interfaces/wlan0")
    assert "hardwareAddress" in members("4.3.0", "/net/interfaces/wlan0")
    assert "powerSavingsState" not in members("4.5.0", "/wifi/interface")
    assert "powerSavingsState" in members("4.6.0", "/wifi/interface")


def test_media_types_are_judged_since_4_2(full_bench: Any) -> None:
    """Before that a board takes the body for what it should be."""
    body = b'{"manufacturingState": "Module1Complete"}'
    for version, status in (("4.1.0", 200), ("4.2.0", 415)):
        bench = full_bench(api_version=version)
        path = "/device/manufacturing_state"
        assert bench.call("PUT", path, body, "text/plain").status == status
        assert bench.call("POST", "/restart", b"", "image/png").status == status
    assert full_bench().call("POST", "/restart", b"", "text/plain").status == 200


def test_a_blank_board_always_shows_rf_test(bench: Any) -> None:
    """Capability 12 is there in Blank and gone afterwards."""
    path = "/device/capabilities"
    assert bench.call("GET", path).json == {"device_capabilities": [12]}
    bench.set_state("Module1Complete")
    assert bench.call("GET", path).json == {"device_capabilities": []}


def test_an_unknown_application_gets_three_answers(bench: Any) -> None:
    """Reading says notPresent, changing is a conflict, deleting succeeds."""
    assert bench.call("GET", f"/app/status/{UNKNOWN}").json == {"state": "notPresent"}
    change = bench.call("PATCH", f"/app/status/{UNKNOWN}", {"trigger": "stop"})
    assert change.error == (409, 14680076)
    assert bench.call("DELETE", f"/app/image/{UNKNOWN}").json == {}
    assert bench.facts() == []


def test_applications_start_stop_and_debug(new_bench: Callable[..., Any]) -> None:
    """Debugging needs the debug server; ids are not case-sensitive."""
    server = LeftoverImage("gdbserver", UNKNOWN, UNKNOWN)
    for bench, debug in ((new_bench(), 409), (new_bench(images=(server,)), 200)):
        bench.sideload()
        path = f"/app/status/{APP.upper()}"
        assert bench.call("GET", path).json == {"state": "running"}
        assert bench.call("PATCH", path, {"trigger": "stop"}).json == {"state": "stopped"}
        assert bench.call("PATCH", path, {"trigger": "jump"}).error == (400, 10485762)
        started = bench.call("PATCH", path, {"trigger": "startDebug"})
        assert started.status == debug
        if debug == 409:
            assert started.error == (409, 3145738)
        else:
            assert started.json == {"state": "debugging", "gdbPort": 2345, "outPort": 2342}
    assert bench.facts()[-2:] == ["app_status", "app_status"]


def test_app_control_may_need_the_capability(new_bench: Callable[..., Any]) -> None:
    """A switch makes start, stop and delete ask for capability 11."""
    bench = new_bench(app_control_needs_capability=True)
    bench.sideload()
    path = f"/app/status/{APP}"
    assert bench.call("PATCH", path, {"trigger": "stop"}).error == (403, 1048596)
    assert bench.call("DELETE", f"/app/image/{APP}").error == (403, 7340069)
    bench.board.own_capabilities.add(11)
    assert bench.call("PATCH", path, {"trigger": "stop"}).status == 200
    assert bench.call("DELETE", f"/app/image/{APP}").status == 200


def test_wifi_networks_cannot_be_told_with_the_interface_down(
    new_bench: Callable[..., Any],
) -> None:
    """A list while wlan0 is up, an error of its own while it is down."""
    path = "/wifi/config/networks"
    left = new_bench(wifi_networks=("workshop", "lab")).call("GET", path).json["values"]
    assert [(net["id"], net["ssid"]) for net in left] == [(0, "workshop"), (1, "lab")]
    assert new_bench(wifi_up=False).call("GET", path).error == (500, 13631506)


def test_a_restart_drops_the_link_and_resets_uptime(bench: Any) -> None:
    """The answer comes first; while the board starts it is unreachable; then uptime is small."""
    assert bench.call("GET", "/status").json == {"uptime": 90}
    assert bench.call("POST", "/restart").json == {"restartingSystem": True}
    assert not bench.board.link_up
    with pytest.raises(ConnectionError):
        bench.call("GET", "/status")
    bench.clock.seconds += 1.0
    assert bench.call("GET", "/status").json == {"uptime": 0}
    assert bench.facts() == ["restart"]


def test_the_os_is_seen_in_the_image_list(new_bench: Callable[..., Any]) -> None:
    """The catalogue names exactly the release whose images a board lists."""
    releases: Any = os_catalogue()["versions"]
    listed = {
        (part["uid"], image["uid"])
        for part in new_bench(os_version="22.09").images()["components"]
        for image in part["images"]
    }
    fitting = [
        release["name"]
        for release in releases
        if {(pair["cid"], pair["iid"]) for pair in release["images"]} <= listed
    ]
    assert fitting == ["22.09"]
