"""A station as a process, with its panel: watched, stopped and ended through its API."""

import json
import re
import signal
import subprocess
import sys
from pathlib import Path

import anyio
import pytest
from anyio.to_thread import run_sync
from pydantic import SecretStr

from orchestrator.app import check_station
from orchestrator.domain.clock import SystemClock
from orchestrator.domain.errors import Refusal
from orchestrator.simulation.rack import run_rack
from orchestrator.systems.azure_sphere_device.simulator import BoardSpec
from orchestrator.web.accounts import Accounts
from orchestrator.web.client import StationApi
from orchestrator.web.people_file import PeopleFile
from tests.end_to_end.test_station import FAST, ask, hanging, station, write_settings
from tests.patience import PATIENCE_SECONDS

WEB = '[web]\nhost = "localhost"\nport = 0\n'


async def test_a_board_is_followed_through_the_api(tmp_path: Path) -> None:
    """A run is seen from the first step to its verdict, stopped by anybody, and on record."""
    accounts = Accounts(PeopleFile(tmp_path), SystemClock())
    token = accounts.add_token("test", ["work", "hold", "metrics"], 1)[1]
    specs = (BoardSpec(slot_path="1111", **FAST), hanging("1112", "get_images"))
    async with run_rack(specs) as rack:
        config = write_settings(tmp_path, rack)
        config.write_text(WEB + config.read_text(encoding="utf-8"), encoding="utf-8")
        async with station(config) as running:
            address = (await running.until(lambda line: line["event"] == "panel"))["address"]
            await running.until(lambda line: line.get("step") == "delete")
            async with StationApi(address, token=SecretStr(token)) as api:
                await passed(api, "1111")
                assert (await api.health_ready()).status == "ready"
                assert (await api.stop_slot("1112")).says == "Slot 1112: stopped"
                await api.hold_slot("1111", "Broken pin")
                with pytest.raises(Refusal, match="already closed"):
                    await api.hold_slot("1111", "Again")
                assert (await api.get_slot("1111")).closed == "Broken pin"
                runs = (await api.list_runs({"slot": "1111"})).items
                assert runs[0].outcome == "PASS"
                assert (await api.list_run_steps(runs[0].run_id)).items
                await measured(api)
                shown = await run_sync(status, address)
                assert shown["ready"]
                async with StationApi(address) as nobody:
                    with pytest.raises(Refusal, match="has to sign in"):
                        await nobody.start_slot("1112")
                    events = nobody.follow_events()
                    assert (await anext(events)).name == "snapshot"
                    running.process.send_signal(signal.SIGTERM)
                    names = [event.name async for event in events]
                    assert names[-1] == "bye"
            assert await running.ended() == 143
    kinds = dict(ask(tmp_path, "SELECT kind, count(*) FROM event GROUP BY 1"))
    assert (kinds["command"], kinds["refused"]) == (2, 2)
    (person,) = {
        json.loads(detail)["person"]
        for (detail,) in ask(tmp_path, "SELECT detail FROM event WHERE kind = 'command'")
    }
    assert person.startswith("T-")


async def measured(api: StationApi) -> None:
    """Return when the counters have the run, its commits and what was asked of its board."""
    found = await api.get_metrics()
    assert 'outcome="PASS"' in found
    assert re.search(r"^orchestrator_audit_commit_seconds_count [1-9]", found, re.MULTILINE)
    board = 'endpoint="get_security_state",system="azure_sphere_device"'
    assert f"orchestrator_external_seconds_count{{{board}}}" in found


async def passed(api: StationApi, slot: str) -> None:
    """Return when a slot shows PASS."""
    async for event in api.follow_events():
        found = json.loads(event.data)
        slots = found["slots"] if event.name == "snapshot" else [found]
        for each in slots:
            if (each.get("name") or each.get("slot")) == slot and each.get("state") == "PASS":
                return


def status(address: str) -> dict[str, object]:
    """Return what `orchestrator station status --json` says."""
    command = [sys.executable, "-m", "orchestrator", "station", "status", "--url", address]
    done = subprocess.run(
        [*command, "--json"], capture_output=True, text=True, check=False, timeout=PATIENCE_SECONDS
    )
    assert done.returncode == 0, done.stderr
    found: dict[str, object] = json.loads(done.stdout)
    return found


@pytest.mark.parametrize(
    ("section", "says", "code"),
    [
        ('[web]\nhost = "0.0.0.0"\n', "tls_certificate", 78),
        ('[web]\nhost = "0.0.0.0"\ntls_certificate = "c"\ntls_key = "k"\n', "no account yet", 78),
        ("[web]\nport = {port}\n", "cannot listen", 75),
    ],
)
async def test_a_station_that_may_not_serve_does_not_start(
    tmp_path: Path, section: str, says: str, code: int
) -> None:
    """Without TLS, without people or without its port the daemon refuses, with a sentence."""
    listener = await anyio.create_tcp_listener(local_host="127.0.0.1")
    async with listener, run_rack((BoardSpec(slot_path="1111", **FAST),)) as rack:
        port = listener.extra(anyio.abc.SocketAttribute.local_port)
        config = write_settings(tmp_path, rack)
        text = section.replace("{port}", str(port)) + config.read_text(encoding="utf-8")
        config.write_text(text, encoding="utf-8")
        command = [sys.executable, "-m", "orchestrator", "station", "run", "--config", str(config)]
        done = await run_sync(
            lambda: subprocess.run(
                command, capture_output=True, text=True, check=False, timeout=PATIENCE_SECONDS
            )
        )
    assert done.returncode == code, done.stderr
    assert says in done.stderr


async def test_the_check_looks_at_the_panel(tmp_path: Path) -> None:
    """`station check` says what would keep the panel from being served, and how to mend it."""
    async with run_rack((BoardSpec(slot_path="1111", **FAST),)) as rack:
        config = write_settings(tmp_path, rack)
        bare = config.read_text(encoding="utf-8")
        found: dict[str, str] = {}
        for name, section in (
            ("none", ""),
            ("plain", WEB),
            ("tls", '[web]\ntls_certificate = "c.pem"\ntls_key = "k.pem"\n'),
        ):
            config.write_text(section + bare, encoding="utf-8")
            lines = {line.what: str(line.fault or "ok") for line in await check_station(config)}
            found[name] = lines.get("panel", "not looked at")
    assert (found["none"], found["plain"]) == ("not looked at", "ok")
    assert "k.pem cannot be read" in found["tls"]
