"""The commands `audit` and `db`: rows for programs, columns for people, sentences for mistakes."""

import csv
import io
import json
from pathlib import Path

import anyio
import pytest
from typer.testing import CliRunner, Result

from orchestrator.audit.location import sqlite_url
from orchestrator.audit.tables import SCHEMA_REVISION
from orchestrator.cli import audit, db
from orchestrator.cli.exit_codes import ExitCode, exit_code_for
from orchestrator.domain.errors import OrchestratorError
from tests.audit.test_queries import DEVICE, story


@pytest.fixture
def data_dir(tmp_path: Path) -> str:
    """A data directory with the story of the questions in it."""

    async def write() -> None:
        async with story(sqlite_url(tmp_path)):
            return

    anyio.run(write)
    return str(tmp_path)


def ask(*words: str) -> Result:
    """Run one command of the noun that comes first."""
    noun, *rest = words
    return CliRunner().invoke({"audit": audit.app, "db": db.app}[noun], rest)


def test_runs_as_json_are_an_array_of_rows(data_dir: str) -> None:
    """Column names as in the schema, outcomes in upper case, null while a run is open."""
    result = ask("audit", "runs", "--data-dir", data_dir, "--format", "json")
    assert result.exit_code == 0
    rows = json.loads(result.stdout)
    assert [row["outcome"] for row in rows] == [None, "ERROR", "FAIL", "PASS"]
    assert rows[0]["run_id"] == "R4"
    assert rows[0]["serial_number"] == "SN2"


def test_runs_are_narrowed_by_options(data_dir: str) -> None:
    """Outcomes may be typed in lower case; a URL works as well as a folder."""
    url = sqlite_url(Path(data_dir))
    options = ["--outcome", "fail", "--slot", "2", "--since", "2026-11-21", "--limit", "5"]
    result = ask("audit", "runs", "--database-url", url, *options, "--format", "csv")
    (row,) = csv.DictReader(io.StringIO(result.stdout))
    assert (row["run_id"], row["outcome"]) == ("R2", "FAIL")


@pytest.mark.parametrize("question", ["runs", "failures"])
def test_csv_names_its_columns_also_when_nothing_is_found(data_dir: str, question: str) -> None:
    """A program that reads the file meets the same columns on a day without rows."""
    some = ask("audit", question, "--data-dir", data_dir, "--format", "csv")
    none = ask("audit", question, "--data-dir", data_dir, "--format", "csv", "--slot", "nowhere")
    assert none.exit_code == 0
    assert none.stdout == some.stdout.splitlines(keepends=True)[0]


def test_runs_as_a_table_are_for_people(data_dir: str) -> None:
    """Durations in seconds, and a word when there are more rows."""
    result = ask("audit", "runs", "--data-dir", data_dir, "--limit", "2")
    assert "8.000" in result.stdout
    assert "2026-11-21T02:00:30Z" in result.stdout
    assert "--limit" in result.stderr
    nothing = ask("audit", "runs", "--data-dir", data_dir, "--station", "nowhere")
    assert nothing.exit_code == 0
    assert nothing.stdout == ""


def test_a_run_as_json_is_an_array_of_steps(data_dir: str) -> None:
    """Each step attempt has its timing and its measurements."""
    result = ask("audit", "run", "r1", "--data-dir", data_dir, "--format", "json")
    steps = json.loads(result.stdout)
    assert [step["sequence"] for step in steps] == [1, 2]
    assert steps[0]["duration_us"] == 1_000_000
    assert [value["name"] for value in steps[0]["measurements"]] == ["amps", "volts"]


def test_a_run_as_a_table_has_a_head_steps_and_measurements(data_dir: str) -> None:
    """What the run was, what it did, what it measured and against which limits."""
    result = ask("audit", "run", "R1", "--data-dir", data_dir)
    assert f"device_id       {DEVICE}" in result.stdout
    assert ">= 0.4, <= 0.6" in result.stdout
    assert "PASS" in result.stdout
    no_measurement = ask("audit", "run", "R2", "--data-dir", data_dir)
    assert "wrong image" in no_measurement.stdout
    assert "limits" not in no_measurement.stdout


def test_a_unit_is_shown_by_either_name(data_dir: str) -> None:
    """Serial number and device id lead to the same rows."""
    by_serial = ask("audit", "unit", "SN1", "--data-dir", data_dir, "--format", "json")
    by_silicon = ask("audit", "unit", DEVICE, "--data-dir", data_dir, "--format", "json")
    assert by_serial.stdout == by_silicon.stdout
    assert json.loads(by_serial.stdout)[0]["kind"] == "registered"
    assert "run ended" in ask("audit", "unit", "SN1", "--data-dir", data_dir).stdout


def test_failures_are_listed(data_dir: str) -> None:
    """The step, how often, and the last message."""
    result = ask("audit", "failures", "--data-dir", data_dir, "--recipe", "other")
    assert "link broke again" in result.stdout
    rows = json.loads(ask("audit", "failures", "--data-dir", data_dir, "--format", "json").stdout)
    assert {row["step_id"] for row in rows} == {"stage"}


@pytest.mark.parametrize("words", [["run", "NONE"], ["unit", "nobody"]])
def test_what_is_not_there_is_answered_no(data_dir: str, words: list[str]) -> None:
    """Exit code 1 and a sentence on stderr, nothing on stdout."""
    result = ask("audit", *words, "--data-dir", data_dir)
    assert result.exit_code == ExitCode.NO
    assert words[1] in result.stderr
    assert result.stdout == ""


@pytest.mark.parametrize(
    "words",
    [
        ["audit", "runs", "--data-dir", "x", "--since", "yesterday"],
        ["audit", "runs", "--data-dir", "x", "--limit", "0"],
        ["audit", "runs", "--data-dir", "x", "--outcome", "good"],
        ["audit", "runs", "--data-dir", "x", "--database-url", "sqlite:///x"],
        ["audit", "runs"],
        ["db", "check"],
    ],
)
def test_a_wrong_command_line_says_so(
    data_dir: str, words: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Exit code 2."""
    monkeypatch.chdir(Path(data_dir).parent)
    found = [data_dir if word == "x" else word for word in words]
    assert ask(*found).exit_code == ExitCode.USAGE


def test_the_folder_data_is_meant_when_it_is_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever stands beside the data directory need not name it."""
    assert ask("db", "upgrade", "--data-dir", str(tmp_path / "data")).exit_code == 0
    monkeypatch.chdir(tmp_path)
    assert ask("db", "current").stdout == f"{SCHEMA_REVISION}\n"


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["audit", "runs", "--data-dir", "nowhere"], ExitCode.UNAVAILABLE),
        (["db", "check", "--data-dir", "nowhere"], ExitCode.UNAVAILABLE),
        (["audit", "runs", "--database-url", "mysql://x"], ExitCode.CONFIGURATION),
    ],
)
def test_a_database_that_cannot_be_read_has_its_exit_code(words: list[str], code: ExitCode) -> None:
    """The error reaches the edge of the program, where it becomes sentence and code."""
    error = ask(*words).exception
    assert isinstance(error, OrchestratorError)
    assert exit_code_for(error) == code
    assert error.remedy


def test_upgrade_current_and_check_of_a_new_database(tmp_path: Path) -> None:
    """Made, then nothing to do, then sound."""
    folder = ("--data-dir", str(tmp_path))
    assert ask("db", "upgrade", *folder).stdout == f"schema none -> {SCHEMA_REVISION}\n"
    assert "nothing to do" in ask("db", "upgrade", *folder).stdout
    assert ask("db", "current", *folder).stdout == f"{SCHEMA_REVISION}\n"
    lines = ask("db", "check", *folder).stdout.splitlines()
    names = ["schema", "pages", "references", "constraints", "triggers", "chain"]
    assert [line.split()[:2] for line in lines] == [[name, "ok,"] for name in names]


def test_a_check_that_finds_something_answers_no(tmp_path: Path) -> None:
    """Each finding is a line on stdout."""
    import sqlite3

    folder = ("--data-dir", str(tmp_path))
    ask("db", "upgrade", *folder)
    file = sqlite3.connect(tmp_path / "audit.db")
    with file:
        file.execute("DROP INDEX ix_run_recipe_hash")
    file.close()
    result = ask("db", "check", *folder)
    assert result.exit_code == ExitCode.NO
    assert "ix_run_recipe_hash" in result.stdout
    file = sqlite3.connect(tmp_path / "audit.db")
    with file:
        file.execute("UPDATE alembic_version SET version_num = '0000'")
    file.close()
    assert ask("db", "current", *folder).exit_code == ExitCode.NO


def test_the_page_is_printed() -> None:
    """The reference of the documentation comes from here."""
    assert ask("db", "reference").stdout.startswith("# The audit database")
