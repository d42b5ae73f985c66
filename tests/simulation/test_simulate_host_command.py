"""`orchestrator simulate host`, and hosts in the factory, as a person runs them."""

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import anyio
import pytest
from pydantic import SecretStr
from typer.testing import CliRunner

from orchestrator.cli import main
from orchestrator.domain.errors import ConfigurationMistakes
from orchestrator.simulation.factory import run_factory
from orchestrator.simulation.hosts import plain_hosts
from orchestrator.simulation.rack import plain_boards
from orchestrator.systems.advantech_portal.auth import Account
from orchestrator.systems.advantech_portal.client import AdvantechHost
from orchestrator.transport.tls import pinned_context
from tests.patience import PATIENCE_SECONDS

ENGINEER = Account("engineer", SecretStr("Engineer-1"))


@contextmanager
def running(*options: str) -> Iterator[tuple["subprocess.Popen[str]", dict[str, Any]]]:
    """Start hosts and wait for their ready line."""
    command = [sys.executable, "-m", "orchestrator", "simulate", "host", *options]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        yield process, json.loads(process.stdout.readline())
    finally:
        process.kill()
        process.communicate()


async def test_hosts_run_until_they_are_stopped(tmp_path: Path) -> None:
    """One ready line, a world log that tells what was applied, and exit code 0."""
    spec, log = tmp_path / "hosts.toml", tmp_path / "world.jsonl"
    spec.write_text("[hosts]\nhosts = 2\nservice_seconds = 0\n", encoding="utf-8")
    options = ("--spec", str(spec), "--ca-file", str(tmp_path / "ca.pem"), "--seed", "3")
    first = ("--first-address", "127.0.45.2", "--world-log", str(log))
    with running(*options, *first) as (process, ready):
        assert [one["address"] for one in ready["hosts"]] == ["127.0.45.2", "127.0.45.3"]
        url = f"https://127.0.45.3:{ready['https_port']}"
        context = pinned_context(Path(ready["ca_file"]))
        async with AdvantechHost(url, context=context, account=ENGINEER) as host:
            await host.set_etp_user_data("lot 7", "")
            async with host.stream_events() as stream:
                await anext(stream)
                process.send_signal(signal.SIGTERM)
                with anyio.fail_after(PATIENCE_SECONDS):
                    assert await anyio.to_thread.run_sync(process.wait) == 0
    rows = [json.loads(line) for line in log.read_text(encoding="utf-8").splitlines()]
    (written,) = [row for row in rows if row["what"] == "etp_written"]
    assert written["device_id"] == ready["hosts"][1]["serial_number"]
    assert written["detail"] == {"user_space_1": "lot 7", "user_space_2": ""}


@pytest.mark.parametrize("where", ["host", "factory"])
def test_commands_that_are_stopped_at_once_leave_their_ready_line(
    where: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A model can be chosen; the factory has its hosts beside boards, cloud and portal."""

    @contextmanager
    def stopped() -> Iterator[anyio.Event]:
        event = anyio.Event()
        event.set()
        yield event

    monkeypatch.setattr("orchestrator.simulation.signals.asked_to_stop", stopped)
    monkeypatch.chdir(tmp_path)
    if where == "host":
        options = ["host", "--model", "UNO-137-E23BA", "--first-address", "127.0.46.2"]
    else:
        spec = tmp_path / "hosts.toml"
        spec.write_text("[[host]]\nmodel = 'UNO-137-E23BA'\naddress = '127.0.46.9'\n", "utf-8")
        options = ["factory", "--boards", "1", "--service-port", "0", "--hosts-spec", str(spec)]
        options += ["--first-address", "127.0.46.20"]
    result = CliRunner().invoke(main.app, ["simulate", *options])
    assert result.exit_code == 0, result.output
    told = json.loads(result.output)
    hosts = told["hosts"] if where == "host" else told["hosts"]["hosts"]
    assert [one["model"] for one in hosts] == ["UNO-137-E23BA"]


def test_an_unknown_model_is_a_usage_error() -> None:
    """The known ones are named."""
    result = CliRunner().invoke(main.app, ["simulate", "host", "--model", "UNO"])
    assert result.exit_code == 2
    assert "TPC-315-R873B" in result.output


def test_mistakes_of_a_hosts_file_reach_the_caller(tmp_path: Path) -> None:
    """The command line turns them into exit code 78."""
    path = tmp_path / "hosts.toml"
    path.write_text("[hots]\n", encoding="utf-8")
    result = CliRunner().invoke(main.app, ["simulate", "host", "--spec", str(path)])
    assert isinstance(result.exception, ConfigurationMistakes)


def test_the_reference_page_of_hosts_is_printed() -> None:
    """As it stands among the documents."""
    result = CliRunner().invoke(main.app, ["simulate", "reference", "hosts"])
    page = Path(__file__).resolve().parents[2] / "docs/reference/hosts-file.md"
    assert result.output == page.read_text(encoding="utf-8")


async def test_the_factory_has_hosts_beside_its_boards(tmp_path: Path) -> None:
    """The same ready line tells where they answer."""
    hosts = plain_hosts(2, first_address="127.0.47.100")
    async with run_factory(
        plain_boards(1), folder=tmp_path, first_address="127.0.47.2", hosts=hosts
    ) as factory:
        told = json.loads(factory.ready_line())["hosts"]
        assert [one["address"] for one in told["hosts"]] == ["127.0.47.100", "127.0.47.101"]
        assert factory.hosts is not None
        context = pinned_context(factory.hosts.ca_file)
        async with AdvantechHost(factory.hosts.url(1), context=context, account=ENGINEER) as host:
            assert (await host.get_host_info()).biosSerialNumber == hosts[1].serial
