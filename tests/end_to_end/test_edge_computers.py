"""Edge computers on a whole station: provisioned once and for all, whatever happens to the link."""

from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import anyio
import pytest

from orchestrator.domain.outcome import Outcome
from orchestrator.domain.series import MEDIA_TYPE, read_series
from tests.end_to_end.edge_line import (
    SECRETS,
    Line,
    Outage,
    Setting,
    at_work,
    look_at_displays,
    operations,
    template,
)

SOON, MINUTES = 40.0, 150.0
LOCK, PASSWORD = "/platform/api/etp/userdata/lockstatus", "/auth/user/admin/password"
SERIAL = "KSA0000042"
DATA = {"user_space_1": SERIAL, "user_space_2": "WO-4711"}
SPEC = {"serial_number": "KSA0000042"}


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return an empty audit that every test begins with a copy of."""
    return template(tmp_path_factory.mktemp("empty"))


@cache
def asked() -> list[str]:
    """Return what a clean run asks the computer, in its order."""
    with TemporaryDirectory() as folder:
        return operations(Path(folder))


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Make one test of each operation of a first, clean run: its request is lost, or its answer.

    Of a question it makes no difference which.
    """
    if "applied" not in metafunc.fixturenames:
        return
    chosen = range(len(asked()))
    if "for_minutes" in metafunc.function.__name__:
        lock, password = (asked().index(f"PUT {path}") for path in (LOCK, PASSWORD))
        chosen = range(lock - 3, password + 3)
    stories = [
        (number, applied)
        for number in chosen
        for applied in (False, True)
        if not (applied and asked()[number].startswith("GET"))
    ]
    lost = {False: "request lost", True: "answer lost"}
    names = [f"{number:02d} {asked()[number]} {lost[applied]}" for number, applied in stories]
    metafunc.parametrize(("number", "applied"), stories, ids=names)


def check_provisioned(line: Line) -> None:
    """See that the computer is as the recipe makes it, and was locked once with the right data."""
    host = line.wire.network.hosts[0]
    assert line.did("etp_locked") == [DATA]
    assert line.did("etp_locked_again") == []
    assert line.did("etp_unlocked") == []
    assert host.etp.spaces == tuple(DATA.values())
    assert host.accounts.admin_password == SECRETS["admin_password"]
    assert host.accounts.locked_until == {}
    assert host.edgehub.connected
    assert host.network.interfaces[3].address == "10.20.0.10"
    held = line.ask(
        "SELECT intent_id FROM finding f WHERE state = 'unknown' AND number ="
        " (SELECT max(number) FROM finding g WHERE g.intent_id = f.intent_id)"
    )
    assert held == []


async def until_passed(line: Line) -> None:
    """Run, then run again: the second run must pass."""
    await line.run()
    second = await line.run()
    assert second.outcome is Outcome.PASS, second.message
    check_provisioned(line)


def test_a_link_lost_at_any_operation_costs_nothing(
    tmp_path: Path, empty: Path, number: int, applied: bool
) -> None:
    """Afterwards a second run passes, and ETP was locked exactly once with the right data."""
    setting = Setting(SPEC, outage=Outage(number, applied, SOON))
    at_work(tmp_path, empty, setting, until_passed)


def test_a_computer_gone_for_minutes_is_asked_when_it_is_back(
    tmp_path: Path, empty: Path, number: int, applied: bool
) -> None:
    """Nobody decides anything: an open intent waits for the computer, whose answer counts."""
    setting = Setting(SPEC, outage=Outage(number, applied, MINUTES))
    at_work(tmp_path, empty, setting, until_passed)


def test_a_computer_is_provisioned_by_one_run(tmp_path: Path, empty: Path) -> None:
    """Every step passes once; no secret is in audit or log; a second run changes nothing."""

    async def work(line: Line) -> None:
        verdict = await line.run()
        assert (verdict.outcome, verdict.message) == (Outcome.PASS, "")
        check_provisioned(line)
        ends = line.ask("SELECT outcome, count(*) FROM step_end GROUP BY 1")
        assert ends == [("PASS", 18)]
        written = line.written()
        assert not [value for value in SECRETS.values() if value in written]
        assert line.ask("SELECT DISTINCT device_id FROM identity") == [(SERIAL.lower(),)]
        did = [each.what for each in line.happened]
        await until_passed(line)
        more = [each.what for each in line.happened][len(did) :]
        assert {"etp_written", "etp_locked", "password_changed"}.isdisjoint(more)
        assert "etp_written" in did

    at_work(tmp_path, empty, Setting(SPEC), work)


def test_ten_computers_are_provisioned_side_by_side(tmp_path: Path, empty: Path) -> None:
    """Each is locked once with its own serial number."""

    async def work(line: Line) -> None:
        await line.run(boards=10)
        assert [verdict.outcome for verdict in line.verdicts] == [Outcome.PASS] * 10
        hosts = line.wire.network.hosts
        locked = {str(detail["user_space_1"]) for detail in line.did("etp_locked")}
        assert locked == {host.serial for host in hosts}
        assert len(line.did("etp_locked")) == 10

    at_work(tmp_path, empty, Setting(hosts=10), work)


def test_computers_are_burned_in_side_by_side(tmp_path: Path, empty: Path) -> None:
    """Half an hour each, all at once: every sample of every sensor is in the audit."""

    async def work(line: Line) -> None:
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(look_at_displays, line)
            await line.run(boards=3)
            tasks.cancel_scope.cancel()
        assert [verdict.outcome for verdict in line.verdicts] == [Outcome.PASS] * 3
        files = line.ask(f"SELECT content FROM attachment WHERE media_type = '{MEDIA_TYPE}'")
        kept = [len(read_series(content).samples) for (content,) in files]
        assert kept == [1801] * 24
        pictures = line.ask("SELECT count(*) FROM attachment WHERE media_type = 'image/png'")
        assert pictures == [(3,)]
        answered = line.ask("SELECT count(*) FROM event WHERE kind = 'prompt_answered'")
        assert answered == [(3,)]

    setting = Setting(
        recipe="edge-computer-burn-in.yaml", operation="BURN_IN", hosts=3, inputs={}, secrets={}
    )
    at_work(tmp_path, empty, setting, work)
