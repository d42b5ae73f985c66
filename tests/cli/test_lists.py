"""The commands that work lists: what is read, previewed, shown, written and answered."""

import csv
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from typer.testing import CliRunner

from orchestrator.app import lists
from orchestrator.app.lists import KINDS, read_list
from orchestrator.cli.exit_codes import ExitCode, exit_code_for
from orchestrator.cli.main import app
from orchestrator.domain.errors import InputMistakes, OrchestratorError
from orchestrator.domain.outcome import Outcome
from orchestrator.station.listed import LineOutcome, Listed

CLAIM = KINDS["claim"]
HEAD = "DeviceId,ProductName,DeviceGroupName"
TOKEN, SECRET = "canary-token-8d1", "canary-portal-6f2"
SETTINGS = """\
[station]
name = "office"
data_dir = "data"
[cloud]
tenant = "5f2c7c1e-0d3b-4c55-9a52-1f6f0a7d9e01"
[cloud.sign_in]
token = { env = "CLOUD_TOKEN" }
secret = { env = "CLOUD_TOKEN" }
[portal]
url = "http://127.0.0.1:1"
oidc_client = "client"
oidc_secret = { file = "portal.secret" }
"""

Work = Callable[..., Result]


def device(number: int) -> str:
    """Return a device id."""
    return f"{number:0128x}"


def listed(folder: Path, content: str | bytes) -> Path:
    """Write a list."""
    path = folder / "devices.csv"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


@pytest.fixture
def work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Work:
    """Run `cloud claim` in this process on a list whose lines end as told."""
    monkeypatch.setenv("CLOUD_TOKEN", TOKEN)
    (tmp_path / "portal.secret").write_text(SECRET)
    (tmp_path / "station.toml").write_text(SETTINGS)

    def run(outcomes: Sequence[Outcome], *options: str) -> Result:
        body = "\n".join([HEAD, *(f"{device(n)},P,G" for n in range(len(outcomes)))])
        path = listed(tmp_path, body)

        async def pretend(
            _settings: Any, _kind: Any, lines: Sequence[Listed], noted: Any, **rest: Any
        ) -> list[LineOutcome]:
            rest["log"].error("refused", token=TOKEN, words=f"{SECRET} is wrong")
            made = [
                LineOutcome(line.line, line.identity.device_id, outcome, "\x1b[2Jwhy", "R")
                for line, outcome in zip(lines, outcomes, strict=True)
            ]
            for each in made:
                noted(each)
            return made

        monkeypatch.setattr(lists, "run_list", pretend)
        command = ["cloud", "claim", "--csv", str(path), "--config", str(tmp_path / "station.toml")]
        return CliRunner().invoke(app, [*command, *options])

    return run


@pytest.mark.parametrize("bad", [Outcome.FAIL, Outcome.ERROR, Outcome.ABORTED])
def test_the_exit_code_is_one_when_only_the_last_line_did_not_pass(
    work: Work, bad: Outcome
) -> None:
    """Whatever it came to; and zero when all passed."""
    answer = work([Outcome.PASS] * 3 + [bad])
    assert answer.exit_code == ExitCode.NO
    assert f"line 5: {bad.value}" in answer.stderr
    assert work([Outcome.PASS] * 4).exit_code == ExitCode.YES


def test_no_secret_of_the_services_is_in_the_log(work: Work) -> None:
    """What the services' own errors may repeat is starred, from a file or a variable."""
    answer = work([Outcome.PASS])
    assert "refused" in answer.stderr
    assert TOKEN not in answer.output + answer.stderr
    assert SECRET not in answer.output + answer.stderr


def test_many_failures_are_counted_and_the_first_are_shown(work: Work, tmp_path: Path) -> None:
    """A screen is not flooded; the result has them all, and nothing that a terminal obeys."""
    result = tmp_path / "result.csv"
    answer = work([Outcome.FAIL] * 50, "--result", str(result))
    assert "and 30 more; see all with --result" in answer.stderr
    assert "50 lines: 50 FAIL; 0 done before" in answer.stdout
    assert "\x1b" not in answer.output + result.read_text()
    rows = list(csv.DictReader(result.read_text().splitlines()))
    assert [row["line"] for row in rows] == [str(n) for n in range(2, 52)]
    assert "of 50 lines" in answer.stderr


def test_a_result_that_cannot_be_written_stops_before_the_work(work: Work, tmp_path: Path) -> None:
    """Nothing is done whose outcome could not be kept."""
    answer = work([Outcome.PASS], "--result", str(tmp_path / "none" / "result.csv"))
    assert isinstance(answer.exception, OrchestratorError)
    assert exit_code_for(answer.exception) == ExitCode.BAD_INPUT
    assert "cannot be written" in answer.exception.what
    assert "of 1 lines" not in answer.stderr


def test_a_list_as_spreadsheets_write_it(tmp_path: Path) -> None:
    """A byte order mark, CRLF, spaces, more columns, blank lines and upper case are taken."""
    text = (
        f"\ufeffNote,{HEAD}\r\nx, {device(10).upper()} , Pump ,Line 7\r\n\r\n,{device(2)},A,B\r\n"
    )
    lines = read_list(listed(tmp_path, text), CLAIM)
    assert [(each.line, each.identity.device_id) for each in lines] == [
        (2, device(10)),
        (4, device(2)),
    ]
    assert lines[0].inputs == {"product": "Pump", "device_group": "Line 7"}


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "has no column DeviceId, ProductName, DeviceGroupName"),
        (b"\xff\xfe\x00", "is no UTF-8 text"),
        ("DeviceID,ProductName,DeviceGroupName", "has no column DeviceId"),
        (f"{HEAD}\n{device(1)},{'x' * 200_000},G", "is no CSV"),
        (f'{HEAD}\n{device(1)},"P,G', "DeviceGroupName is empty"),
        (f"{HEAD}\n{'a' * 127},P,G", "128 hexadecimal digits"),
        (f"{HEAD}\n" + "\uff11" * 128 + ",P,G", "is no DeviceId"),
        (f"{HEAD}\n,,", "is no DeviceId"),
        (f"{HEAD}\n" + "x,P,G\n" * 60, "and 10 more"),
        (f"{HEAD}\n" + f"{device(1)},P,G\n" * 100_001, "100001 lines"),
    ],
    ids=range(10),
)
def test_what_is_no_list_is_a_mistake_with_a_sentence(
    tmp_path: Path, content: str | bytes, words: str
) -> None:
    """Empty, binary, misspelt, endless and cut files."""
    with pytest.raises(InputMistakes) as caught:
        read_list(listed(tmp_path, content), CLAIM)
    assert words in caught.value.what
    assert caught.value.remedy
    assert len(caught.value.what) < 5000


def test_a_list_that_is_not_there(tmp_path: Path) -> None:
    """A missing file and a folder are told by name."""
    for path in (tmp_path / "none.csv", tmp_path):
        with pytest.raises(InputMistakes, match="cannot be read"):
            read_list(path, CLAIM)


def test_a_list_for_the_portal_has_its_own_columns(tmp_path: Path) -> None:
    """LoRa ids have 16 digits."""
    text = "DeviceId,DeviceName,ModelId\n00DF3A5C7E9B1D20,Unit 7,m"
    (line,) = read_list(listed(tmp_path, text), KINDS["register"])
    assert line.identity.device_id == "00df3a5c7e9b1d20"
    assert line.inputs == {"name": "Unit 7", "model": "m"}
