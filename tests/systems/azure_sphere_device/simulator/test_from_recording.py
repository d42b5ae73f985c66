"""A board that starts from a recording answers like the board that was recorded."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from orchestrator.domain.errors import ConfigurationMistakes, InputMistakes
from orchestrator.simulation.rack_file import load_rack_file
from orchestrator.systems.azure_sphere_device.endpoints import DEVICE_ENDPOINTS
from orchestrator.systems.azure_sphere_device.simulator import BoardSpec
from orchestrator.systems.azure_sphere_device.simulator.recording import SYSTEM
from orchestrator.transport.recording import RecordedAnswer, Recording, read_recording

FOLDER = Path(__file__).parents[1] / "recordings"
FILES = sorted(FOLDER.glob("*.json"))
ROWS = {row.name: row for row in DEVICE_ENDPOINTS}
MOMENT = "2026-11-21T00:00:00Z"


def recording(answers: dict[str, Any], **more: Any) -> Recording:
    """Make a recording by hand."""
    bodies = {
        name: body if isinstance(body, list) else {"status": 200, "body": body}
        for name, body in answers.items()
    }
    document = {"schema": 1, "system": SYSTEM, "recorded_at": MOMENT, "answers": bodies}
    return Recording.model_validate({**document, **more})


def answers_of(kept: Recording) -> list[tuple[str, RecordedAnswer]]:
    """Return every recorded answer with its row's name."""
    return [
        (name, answer)
        for name, found in kept.answers.items()
        for answer in (found if isinstance(found, list) else [found])
    ]


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_every_recorded_answer_comes_back(new_bench: Callable[..., Any], file: Path) -> None:
    """Status and body of every read, refusals of a locked board included."""
    kept = read_recording(file, SYSTEM)
    bench = new_bench(**vars_of(BoardSpec.from_recording(kept)))
    for name, answer in answers_of(kept):
        row = ROWS[name]
        reply = bench.call(row.method, row.path.format(**(answer.path or {})))
        assert reply.status == answer.status, row.label
        if answer.digest is not None:
            assert len(reply.body) == answer.digest.size_bytes, row.label
        else:
            assert reply.json == answer.body, row.label
        assert reply.headers["rest-api-version"] == kept.headers["REST-API-Version"]


def vars_of(spec: BoardSpec) -> dict[str, Any]:
    """Return the members of a spec."""
    return {name: getattr(spec, name) for name in BoardSpec.__dataclass_fields__}


def test_the_board_lives_on_from_there(new_bench: Callable[..., Any]) -> None:
    """What was recorded is a start, not a script."""
    kept = read_recording(FOLDER / "blank.json", SYSTEM)
    bench = new_bench(**vars_of(BoardSpec.from_recording(kept)))
    networks = bench.call("GET", "/wifi/config/networks").json["values"]
    for network in networks:
        path = f"/wifi/config/networks/{network['id']}"
        assert bench.call("DELETE", path).status == 200
    assert bench.call("GET", "/wifi/config/networks").json == {"values": []}
    assert bench.call("DELETE", "/net/proxy").status == 200
    assert bench.call("GET", "/net/status").json["proxy"] == "disabled"
    assert bench.sideload(component="33333333-0000-4000-8000-000000000001").status == 200
    assert bench.set_state("DeviceComplete").status == 200


def test_a_connected_board_starts_connected(new_bench: Callable[..., Any]) -> None:
    """With the address and the frequency that were recorded."""
    network = {
        "id": 3,
        "ssid": "line",
        "configState": "enabled",
        "connectionState": "connected",
        "securityState": "psk",
        "targetedScan": False,
    }
    state = {"id": 3, "ssid": "line", "ip_address": "10.1.2.3", "freq": 5220}
    failure = {
        "timestamp": "2000-01-01T00:04:37+0000",
        "networkId": 1,
        "ssid": "old",
        "error": "WrongKey",
        "configState": "disabled",
        "connectionState": "disconnected",
    }
    kept = recording(
        {
            "list_wifi_networks": {"values": [network]},
            "get_wifi_interface_state": {**state, "powerSavingsState": "enabled"},
            "list_connection_failures": {"values": [failure]},
        }
    )
    bench = new_bench(**vars_of(BoardSpec.from_recording(kept)))
    assert bench.call("GET", "/wifi/config/networks").json["values"] == [network]
    told = bench.call("GET", "/wifi/interface").json
    assert {name: told[name] for name in state} == state
    assert told["powerSavingsState"] == "enabled"
    assert bench.call("GET", "/wifi/diagnostics/networks").json["values"] == [failure]


STAGED_PART = {
    "uid": "44444444-0000-4000-8000-000000000001",
    "image_type": 10,
    "is_update_staged": True,
    "does_image_type_require_restart": False,
    "name": "forgotten",
    "images": [],
}
OS_PART = {
    **STAGED_PART,
    "uid": "44444444-0000-4000-8000-000000000002",
    "image_type": 7,
    "images": [
        {
            "uid": "44444444-0000-4000-8000-000000000003",
            "length_in_bytes": 4096,
            "uncompressed_length_in_bytes": 4096,
            "replica_type": 1,
        }
    ],
}


@pytest.mark.parametrize(
    ("parts", "installed"),
    [
        ([], "8d0f2c4e-3f0b-4b58-9c39-6a1d5a1f7e02"),
        ([STAGED_PART], STAGED_PART["uid"]),
        ([OS_PART], "8d0f2c4e-3f0b-4b58-9c39-6a1d5a1f7e02"),
    ],
    ids=["nothing named", "an application", "a part of the OS"],
)
def test_staged_leftovers_stay_staged(
    new_bench: Callable[..., Any], parts: list[Any], installed: str
) -> None:
    """Whether or not the board told what is staged; the next install installs something."""
    flags = {"is_ota_update_in_progress": False, "restart_required": False}
    kept = recording({"get_images": {**flags, "has_staged_updates": True, "components": parts}})
    bench = new_bench(**vars_of(BoardSpec.from_recording(kept)))
    assert bench.images()["has_staged_updates"] is True
    assert bench.call("POST", "/update/install").status == 200
    listed = bench.images()
    assert listed["has_staged_updates"] is False
    assert installed in {part["uid"] for part in listed["components"]}


def test_a_blank_board_without_rf_test_stays_so(new_bench: Callable[..., Any]) -> None:
    """What was recorded outranks what boards are thought to show."""
    kept = recording(
        {
            "get_manufacturing_state": {"manufacturingState": "Blank"},
            "get_device_capabilities": {"device_capabilities": [11]},
        }
    )
    bench = new_bench(**vars_of(BoardSpec.from_recording(kept)))
    told = bench.call("GET", "/device/capabilities").json
    assert told == {"device_capabilities": [11]}


def test_blobs_that_were_kept_come_back(new_bench: Callable[..., Any]) -> None:
    """Byte for byte."""
    kept = recording(
        {
            "get_diagnostic_log": [],
            "get_error_report_data": [],
        }
    )
    answers = {"get_diagnostic_log": RecordedAnswer(status=200, base64="AAECAw==")}
    spec = BoardSpec.from_recording(kept.model_copy(update={"answers": answers}))
    assert new_bench(**vars_of(spec)).call("GET", "/log").body == b"\0\1\2\3"


@pytest.mark.parametrize(
    ("answers", "more", "reason"),
    [
        ({}, {"system": "other"}, "it is one of other"),
        ({"get_images": {"components": 3}}, {}, "get_images does not fit at is_ota_update"),
        ({"get_device_status": 3}, {}, "does not fit at its top"),
    ],
)
def test_recordings_that_do_not_fit_are_named(answers: Any, more: Any, reason: str) -> None:
    """With the call and the place."""
    with pytest.raises(InputMistakes, match=reason):
        BoardSpec.from_recording(recording(answers, **more))


def test_bytes_that_are_none_are_named() -> None:
    """Not taken for an empty log."""
    broken = {"get_diagnostic_log": RecordedAnswer(status=200, base64="!")}
    kept = recording({}).model_copy(update={"answers": broken})
    with pytest.raises(InputMistakes, match="the bytes of get_diagnostic_log are no base64"):
        BoardSpec.from_recording(kept)


def test_a_rack_file_names_recordings(tmp_path: Path) -> None:
    """On a board it brings the identity; for all boards each keeps its own."""
    name = FOLDER / "blank.json"
    (tmp_path / "blank.json").write_text(name.read_text())
    rack = tmp_path / "rack.toml"
    rack.write_text(
        "[[board]]\nrecording = 'blank.json'\nmanufacturing_state = 'Module1Complete'\n"
    )
    (spec,) = load_rack_file(rack)
    recorded = json.loads(name.read_text())["answers"]["get_security_state"]["body"]
    assert spec.identity == recorded["deviceIdentifier"]
    assert spec.manufacturing_state == "Module1Complete"
    rack.write_text("[rack]\nboards = 3\nrecording = 'blank.json'\n")
    assert len({spec.identity for spec in load_rack_file(rack)}) == 3
    rack.write_text("[[board]]\nrecording = 'missing.json'\n")
    with pytest.raises(InputMistakes, match=r"missing\.json"):
        load_rack_file(rack)
    rack.write_text("[[board]]\nrecording = 3\n")
    with pytest.raises(ConfigurationMistakes, match=r"rack\.toml:2: board 1\.recording: 3"):
        load_rack_file(rack)
