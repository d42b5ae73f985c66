"""`orchestrator systems` as a person runs it: the catalogue, and recording a board."""

import csv
import io
import json
from collections.abc import Sequence
from pathlib import Path

import anyio
import pytest
from click.testing import Result
from typer.testing import CliRunner

from orchestrator.cli import systems
from orchestrator.cli.main import app
from orchestrator.cli.rooms import ROOMS, reference, room
from orchestrator.domain.errors import Unreachable
from orchestrator.simulation.answered import answered
from orchestrator.simulation.rack import Rack, run_rack
from orchestrator.simulation.rack_file import load_rack_file
from orchestrator.systems.azure_sphere_cloud.arm.endpoints import ARM_ENDPOINTS
from orchestrator.systems.azure_sphere_device.endpoints import (
    DEVICE_ENDPOINTS,
    LOCAL_OPERATIONS,
    SERVICE_ENDPOINTS,
)
from orchestrator.systems.azure_sphere_device.recording import SYSTEM
from orchestrator.systems.azure_sphere_device.simulator import (
    BoardSpec,
    LeftoverImage,
    SavedNetwork,
)
from orchestrator.transport.endpoint import Endpoint
from orchestrator.transport.recording import Recording, read_recording

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "reference" / "operations.md"
CHECKLISTS = ROOT / "tests" / "systems"


def run(*arguments: str) -> Result:
    """Run `orchestrator systems` in this process."""
    return CliRunner().invoke(app, ["systems", *arguments])


SUCCESSOR = {row.operation_id for row in ARM_ENDPOINTS}
"""Operations of a definition that no checklist holds."""


@pytest.mark.parametrize("system", [each.name for each in ROOMS])
def test_every_documented_operation_is_listed(system: str) -> None:
    """The catalogue is the checklist, and the calls that no document lists."""
    rows = json.loads(run("operations", "--system", system, "--format", "json").stdout)
    text = (CHECKLISTS / system / "operations.csv").read_text(encoding="utf-8")
    checklist = {row["operation_id"]: row for row in csv.DictReader(text.splitlines())}
    listed = {row["operation_id"]: row for row in rows if row["operation_id"]}
    assert listed.keys() - SUCCESSOR == checklist.keys()
    for name, wanted in checklist.items():
        assert [listed[name][each] for each in ("category", "method", "path")] == [
            wanted[each] for each in ("category", "method", "path")
        ]
    assert {row["system"] for row in rows} == {system}


def test_every_row_of_every_room_is_listed() -> None:
    """Without a system named, all of them are shown."""
    rows = json.loads(run("operations", "--format", "json").stdout)
    assert {row["system"] for row in rows} == {each.name for each in ROOMS}
    assert len(rows) == sum(len(each.operations()) for each in ROOMS)
    boards = [row for row in rows if row["system"] == SYSTEM]
    assert len(boards) == len(DEVICE_ENDPOINTS) + len(SERVICE_ENDPOINTS) + len(LOCAL_OPERATIONS)


def test_a_row_says_what_its_endpoint_says() -> None:
    """Version, lock, repeatability, client and simulator of one operation."""
    rows = json.loads(run("operations", "--system", SYSTEM, "--format", "json").stdout)
    by_id = {row["operation_id"]: row for row in rows}
    assert by_id["setManufacturingState"] == {
        "system": "azure_sphere_device",
        "category": "Manufacturing",
        "operation_id": "setManufacturingState",
        "method": "PUT",
        "path": "/device/manufacturing_state",
        "since": "3.1.0",
        "idempotent": False,
        "lock": "rest",
        "client_method": "SphereDevice.set_manufacturing_state",
        "simulated": True,
    }
    assert by_id["getActiveDeviceIpAddress"]["simulated"] is None


@pytest.mark.parametrize("how", ["table", "csv"])
def test_the_catalogue_is_a_table_or_csv(how: str) -> None:
    """Both have a line for each operation."""
    answer = run("operations", "--format", how).stdout
    assert "getWifiScan" in answer
    if how == "csv":
        rows = list(csv.DictReader(io.StringIO(answer)))
        assert {row["path"] for row in rows} >= {"/wifi/scan", ""}


def test_the_name_of_the_checklist_is_understood() -> None:
    """Hyphens and underscores name the same system; another name is a wrong command line."""
    assert room("azure-sphere-device") is room("azure_sphere_device")
    wrong = run("operations", "--system", "azure")
    assert wrong.exit_code == 2
    assert "azure_sphere_device" in wrong.stderr


def test_the_simulator_is_asked_what_it_answers() -> None:
    """Every row of both tables, and nothing of a system without a simulator."""
    rows = (*DEVICE_ENDPOINTS, *SERVICE_ENDPOINTS)
    assert answered(SYSTEM) == {row.name for row in rows}
    assert answered("unknown") == frozenset()


def test_a_call_without_a_handler_is_not_called_simulated(monkeypatch: pytest.MonkeyPatch) -> None:
    """The column follows the handlers, of the board and of the service."""
    path = "orchestrator.simulation.answered"
    handlers = {row.name: None for row in DEVICE_ENDPOINTS if row.name != "get_wifi_scan"}
    monkeypatch.setattr(f"{path}.HANDLERS", handlers)
    missing = Endpoint("get_more", "", "Devices", "GET", "/api/service/more", None)
    monkeypatch.setattr(f"{path}.SERVICE_ENDPOINTS", (*SERVICE_ENDPOINTS, missing))
    assert answered(SYSTEM) & {"get_wifi_scan", "get_more", "rescan_devices"} == {"rescan_devices"}


def test_the_page_is_made_from_the_tables() -> None:
    """Stale? orchestrator systems operations --markdown > docs/reference/operations.md."""
    assert run("operations", "--markdown").stdout == reference()
    assert PAGE.read_text(encoding="utf-8") == reference()


BOARD = BoardSpec(
    capabilities=(11,),
    images=(
        LeftoverImage(
            "blink",
            "11111111-0000-4000-8000-000000000001",
            "22222222-0000-4000-8000-000000000001",
        ),
    ),
    wifi_networks=(SavedNetwork("Works Hall 3", psk="key-of-the-line"),),
)


async def record(rack: Rack, out: Path, *more: str) -> Result:
    """Record the first board of a rack by the command, in a thread of its own."""
    arguments = ["record", SYSTEM, "--address", rack.slots[0].address, "--ca-file"]
    arguments += [str(rack.ca_file), "--https-port", str(rack.https_port), "--out", str(out), *more]
    return await anyio.to_thread.run_sync(lambda: run(*arguments))


def reads(recording: Recording) -> dict[str, object]:
    """Return what does not depend on the time or on bytes that were left out."""
    passing = {"get_device_status", "get_diagnostic_log", "get_error_report_data"}
    return {name: answer for name, answer in recording.answers.items() if name not in passing}


async def test_a_recorded_board_lives_on_in_a_rack(tmp_path: Path) -> None:
    """Board, recording, rack file, board, recording: over real sockets both tell the same."""
    first, second = tmp_path / "first.json", tmp_path / "second.json"
    async with run_rack([BOARD]) as rack:
        done = await record(rack, first)
    assert done.exit_code == 0, done.stderr
    assert done.stdout == ""
    assert f"wrote {first}" in done.stderr
    assert "Works Hall 3" not in first.read_text(encoding="utf-8")

    file = tmp_path / "rack.toml"
    file.write_text('[[board]]\nrecording = "first.json"\n', encoding="utf-8")
    async with run_rack(load_rack_file(file)) as rack:
        assert (await record(rack, second)).exit_code == 0
    before, after = read_recording(first, SYSTEM), read_recording(second, SYSTEM)
    assert after.headers == before.headers == {"REST-API-Version": "4.6.0"}
    assert reads(after) == reads(before)


async def test_a_locked_board_is_recorded_with_its_refusals(tmp_path: Path) -> None:
    """What the board refuses is named and is no failure; what is to be kept is kept."""
    spec = BoardSpec(manufacturing_state="DeviceComplete")
    async with run_rack([spec]) as rack:
        done = await record(rack, tmp_path / "board.json", "--keep", "device-id")
    assert done.exit_code == 0, done.stderr
    assert "refused by the board: get_memory_statistics" in done.stderr
    assert spec.identity in (tmp_path / "board.json").read_text(encoding="utf-8")


async def test_a_board_that_is_not_there_writes_nothing(tmp_path: Path) -> None:
    """The error goes to the edge of the command line, which makes 69 of it."""
    out = tmp_path / "board.json"
    async with run_rack([BoardSpec(unreachable=True)]) as rack:
        done = await record(rack, out)
    assert isinstance(done.exception, Unreachable)
    assert not out.exists()


def test_calls_without_an_answer_are_named(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """A recording with gaps is written and is not called whole: exit code 1."""
    recording = Recording.model_validate(
        {
            "schema": 1,
            "system": SYSTEM,
            "recorded_at": "2026-11-21T02:00:00Z",
            "answers": {"get_wifi_network": [{"path": {"id": "0"}, "status": 200, "body": {}}]},
            "unread": {"get_images": "The connection broke"},
        }
    )
    with pytest.raises(systems.typer.Exit) as caught:
        systems._tell(tmp_path / "board.json", recording)
    assert caught.value.exit_code == 1
    said = capsys.readouterr().err
    assert "board.json: 1 answers" in said
    assert "not read: get_images: The connection broke" in said


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"--keep": "everything"}, "device-id"),
        ({"--address": "board.example"}, "no IPv4 address"),
        ({"--out": "none/board.json"}, "there is no folder"),
        ({"--ca-file": "none.pem"}, "does not exist"),
        ({"SYSTEM": "toaster"}, "there is no system"),
    ],
)
def test_a_wrong_command_line_reads_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, changes: dict[str, str], why: str
) -> None:
    """Exit code 2 and what is allowed, before any board is asked."""
    monkeypatch.chdir(tmp_path)
    ca = ROOT / "tests" / "cli" / "test_systems.py"
    if "--ca-file" not in changes:
        monkeypatch.setattr("orchestrator.transport.tls.pinned_context", lambda _file: None)
    options = {"--address": "127.0.35.2", "--ca-file": str(ca), "--out": "board.json"} | changes
    system = options.pop("SYSTEM", SYSTEM)
    arguments: Sequence[str] = [part for pair in options.items() for part in pair]
    wrong = run("record", system, *arguments)
    assert wrong.exit_code == 2
    assert why in " ".join(wrong.stderr.replace("│", " ").split())
