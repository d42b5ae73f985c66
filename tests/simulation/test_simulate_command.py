"""`orchestrator simulate` as a person runs it."""

import hashlib
import json
import signal
import socket
import ssl
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import anyio
import pytest
from typer.testing import CliRunner

from orchestrator.cli import simulate
from orchestrator.domain.errors import ConfigurationMistakes, StationFault
from orchestrator.simulation.signals import asked_to_stop
from orchestrator.systems.azure_sphere_device.simulator import BoardSpec
from orchestrator.systems.azure_sphere_device.simulator.packages import (
    read_package,
    sample_keystore,
)
from tests.patience import PATIENCE_SECONDS

ROOT = Path(__file__).resolve().parents[2]
COMPONENT, IMAGE = "11111111-0000-4000-8000-000000000001", "22222222-0000-4000-8000-000000000001"
RUN = [sys.executable, "-c", "from orchestrator.cli.simulate import app; app()", "rack"]


@contextmanager
def running(*options: str) -> Iterator[tuple["subprocess.Popen[str]", dict[str, Any]]]:
    """Start a rack and wait for its ready line."""
    process = subprocess.Popen([*RUN, *options], stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        yield process, json.loads(process.stdout.readline())
    finally:
        process.kill()
        process.communicate()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_stops_the_rack_with_clients_connected(number: int, tmp_path: Path) -> None:
    """One ready line, an upload under way, a stop within two seconds and exit code 0."""
    ca, log = tmp_path / "ca.pem", tmp_path / "world.jsonl"
    rack_file = tmp_path / "rack.toml"
    rack_file.write_text("[[board]]\n[[board]]\nattach_after_seconds = 0.01\n", encoding="utf-8")
    options = ("--rack", str(rack_file), "--https-port", "0", "--service-port", "0")
    with running(*options, "--ca-file", str(ca), "--world-log", str(log)) as (process, ready):
        assert ready["ca_file"] == str(ca)
        assert [board["slot_path"] for board in ready["boards"]] == ["1111", "1112"]
        context = ssl.create_default_context(cafile=str(ca))
        address = (ready["boards"][0]["address"], ready["https_port"])
        name = "x.devices.sphere.azure.local"
        with (
            socket.create_connection(address) as plain,
            context.wrap_socket(plain, server_hostname=name) as board,
        ):
            board.sendall(b"PUT /update/stage HTTP/1.1\r\nhost: x\r\ncontent-length: 9999\r\n\r\nx")
            process.send_signal(number)
            assert process.wait(timeout=PATIENCE_SECONDS) == 0


async def test_the_first_signal_sets_the_event() -> None:
    """Both ways of asking; the handlers of before come back."""
    before = signal.getsignal(signal.SIGTERM)
    for number in (signal.SIGTERM, signal.SIGINT):
        with asked_to_stop() as stop, anyio.fail_after(PATIENCE_SECONDS):
            signal.raise_signal(number)
            await stop.wait()
    assert signal.getsignal(signal.SIGTERM) is before


def test_a_rack_that_is_stopped_at_once_leaves_its_ready_line(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Without a rack file the boards are plain ones; the seed changes who they are."""

    @contextmanager
    def stopped() -> Iterator[anyio.Event]:
        event = anyio.Event()
        event.set()
        yield event

    monkeypatch.setattr("orchestrator.simulation.signals.asked_to_stop", stopped)
    options = ["--boards", "2", "--https-port", "0", "--service-port", "0", "--seed", "3"]
    log = ["--world-log", str(tmp_path / "world.jsonl")]
    result = CliRunner().invoke(simulate.app, ["rack", *options, *log])
    assert result.exit_code == 0, result.output
    boards = json.loads(result.output)["boards"]
    assert boards[1]["device_id"] == BoardSpec(slot_path="1112", seed=3).identity


def test_the_image_command_writes_a_package(tmp_path: Path) -> None:
    """Its facts are printed as one JSON line."""
    path = tmp_path / "blink.imagepackage"
    options = ["--name", "blink", "--component", COMPONENT, "--image", IMAGE, "--size", "5000"]
    result = CliRunner().invoke(
        simulate.app, ["image", *options, "--sign", "sdk", "--output", str(path)]
    )
    assert result.exit_code == 0, result.output
    facts = json.loads(result.output)
    assert facts["component_id"] == COMPONENT
    assert facts["sha256"] == hashlib.sha256(path.read_bytes()).hexdigest()
    assert facts["size_bytes"] == path.stat().st_size


def test_an_image_may_ask_for_storage_and_be_temporary(tmp_path: Path) -> None:
    """Its manifest and its flag are what a board reads."""
    path = tmp_path / "blink.imagepackage"
    options = ["--name", "blink", "--component", COMPONENT, "--image", IMAGE, "--output", str(path)]
    result = CliRunner().invoke(
        simulate.app, ["image", *options, "--mutable-storage", "8", "--temporary"]
    )
    assert result.exit_code == 0, result.output
    package = read_package(path.read_bytes(), sample_keystore())
    assert package.mutable_storage_kb == 8
    assert package.remove_at_boot is True


def test_the_reference_page_is_printed() -> None:
    """As it stands among the documents."""
    result = CliRunner().invoke(simulate.app, ["reference"])
    assert result.output == (ROOT / "docs/reference/rack-file.md").read_text(encoding="utf-8")


def test_a_broken_guid_is_a_usage_error(tmp_path: Path) -> None:
    """It names the option and shows the form."""
    options = ["--name", "x", "--component", "7", "--image", IMAGE, "--output", str(tmp_path / "x")]
    result = CliRunner().invoke(simulate.app, ["image", *options])
    assert result.exit_code == 2
    assert "--component: '7' is no GUID" in result.output


def test_the_os_versions_are_printed() -> None:
    """In the form of the vendor's list."""
    result = CliRunner().invoke(simulate.app, ["os-versions"])
    versions = json.loads(result.output)["versions"]
    assert "22.11" in [version["name"] for version in versions]
    assert set(versions[0]["images"][0]) == {"cid", "iid"}


def test_mistakes_of_a_rack_file_reach_the_caller(tmp_path: Path) -> None:
    """The command raises what the command line turns into exit code 78."""
    path = tmp_path / "rack.toml"
    path.write_text("[rack]\nbords = 1\n", encoding="utf-8")
    result = CliRunner().invoke(simulate.app, ["rack", "--rack", str(path)])
    assert isinstance(result.exception, ConfigurationMistakes)


def test_without_rights_for_443_any_free_port_is_taken(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The reason is said on stderr; a port that was asked for is never replaced."""

    def refuse(address: str, port: int) -> None:
        raise StationFault(f"this user may not listen on port {port}")

    monkeypatch.setattr("orchestrator.simulation.sockets.listening_socket", refuse)
    assert simulate._port(None, "127.0.35.2") == 0
    assert "may not listen on port 443; taking any free port" in capsys.readouterr().err
    assert simulate._port(443, "127.0.35.2") == 443
