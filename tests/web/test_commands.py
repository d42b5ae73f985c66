"""`orchestrator people` and `orchestrator station status` at the command line."""

import json
from pathlib import Path
from typing import Any

from anyio.to_thread import run_sync
from typer.testing import CliRunner

from orchestrator.cli.main import app
from orchestrator.domain.errors import ConfigurationMistakes, InputMistakes
from orchestrator.station.snapshot import AuditHealth
from orchestrator.web.people_file import PeopleFile
from tests.web.bench import PASSWORD, PIN, Bench
from tests.web.test_server import serving


def command(*words: str, given: str = "") -> Any:
    """Run the command line and return its result."""
    return CliRunner().invoke(app, [*words], input=given)


def people(folder: Path, *words: str, given: str = "") -> Any:
    """Run `orchestrator people` in a data folder."""
    return command("people", *words, "--data-dir", str(folder), given=given)


def add(folder: Path, name: str, role: str, *secrets: str) -> Any:
    """Add somebody with the secrets from standard input."""
    given = "".join(f"{secret}\n" for secret in secrets)
    return people(folder, "add", "--name", name, "--role", role, "--stdin", given=given)


def test_people_are_added_listed_and_removed(tmp_path: Path) -> None:
    """The id is printed and listed; who was removed stays in the list for the audit."""
    ana = add(tmp_path, "Ana", "operator", "B-4417", PIN)
    eve = add(tmp_path, "Eve", "engineer", PASSWORD)
    assert (ana.exit_code, eve.exit_code) == (0, 0)
    person = ana.stdout.strip()
    assert people(tmp_path, "remove", person).exit_code == 0
    assert people(tmp_path, "unlock", eve.stdout.strip()).exit_code == 0
    assert people(tmp_path, "unlock", "P-ZZZZZZZZ").exit_code == 1
    listed = json.loads(people(tmp_path, "list", "--format", "json").stdout)
    assert [(each["person_id"], each["name"], each["state"]) for each in listed] == [
        (person, "Ana", "removed"),
        (eve.stdout.strip(), "Eve", "ok"),
    ]
    for secret in (PIN, PASSWORD, "B-4417", "argon2"):
        assert secret not in people(tmp_path, "list", "--format", "json").stdout


def test_weak_secrets_are_refused_with_the_reason(tmp_path: Path) -> None:
    """A trivial PIN is refused with a sentence; nothing was added."""
    result = add(tmp_path, "Ana", "operator", "B-4417", "123456")
    assert isinstance(result.exception, InputMistakes)
    assert "row of digits" in str(result.exception)
    assert PeopleFile(tmp_path).read().people == ()


def test_a_secret_is_never_an_argument(tmp_path: Path) -> None:
    """Without a terminal and without --stdin nothing is guessed, and the flag is named."""
    result = people(tmp_path, "add", "--name", "Ana", "--role", "operator")
    assert result.exit_code == 2
    assert "--stdin" in result.stderr
    for word in ("--pin", "--password", "--badge"):
        assert people(tmp_path, "add", word, "x").exit_code == 2


def test_a_token_is_shown_once(tmp_path: Path) -> None:
    """The token is the only thing on standard output; later only its id and scopes are seen."""
    made = people(tmp_path, "token", "--name", "printer", "--scope", "look", "--scope", "work")
    token = made.stdout.strip()
    assert token.startswith("orc_")
    assert "shown only now" in made.stderr
    listed = people(tmp_path, "list", "--tokens", "--format", "json").stdout
    assert token not in listed
    found = json.loads(listed)[0]
    assert (found["name"], found["scopes"], found["state"]) == ("printer", "look work", "ok")
    assert people(tmp_path, "remove", found["token_id"]).exit_code == 0
    assert '"removed"' in people(tmp_path, "list", "--tokens", "--format", "json").stdout
    wrong = people(tmp_path, "token", "--name", "x", "--scope", "everything")
    assert isinstance(wrong.exception, InputMistakes)


def test_the_settings_name_the_folder(tmp_path: Path) -> None:
    """With --config the data folder of the station is used, and never both."""
    config = tmp_path / "station.toml"
    config.write_text(
        '[station]\nname = "s"\ndata_dir = "d"\n[recipes]\nfiles = ["r.yaml"]\n'
        '[fixture.azure_sphere]\nca_file = "ca.pem"\n',
        encoding="utf-8",
    )
    given = f"{PASSWORD}\n"
    words = ("people", "add", "--name", "Eve", "--role", "admin", "--stdin")
    assert command(*words, "--config", str(config), given=given).exit_code == 0
    assert PeopleFile(tmp_path / "d").read().people[0].name == "Eve"
    assert people(tmp_path, "list", "--config", str(config)).exit_code == 2
    status = command("station", "status", "--config", str(config))
    assert isinstance(status.exception, ConfigurationMistakes)
    assert "no panel" in str(status.exception)


async def test_status_says_what_the_station_does(bench: Bench, tmp_path: Path) -> None:
    """One JSON object for programs, a table for people, and the exit code says readiness."""
    token = tmp_path / "token"
    token.write_text(bench.tokens["look"] + "\n", encoding="ascii")
    async with serving(bench) as server:
        words = ("station", "status", "--url", server.address, "--token-file", str(token))
        shown = await run_sync(lambda: command(*words, "--json"))
        table = await run_sync(lambda: command(*words))
        bench.control.audit = AuditHealth(writable=False, why="The disk is full.")
        lost = await run_sync(lambda: command(*words))
    found = json.loads(shown.stdout)
    assert (shown.exit_code, found["schema"], found["ready"]) == (0, 1, True)
    assert [slot["name"] for slot in found["slots"]] == ["1", "2"]
    assert "RUN" in table.stdout
    assert "3 passed" in table.stderr
    assert lost.exit_code == 1
    assert "The disk is full." in lost.stderr


def test_both_addresses_are_one_too_many(tmp_path: Path) -> None:
    """Settings and address together are a mistake of the command line."""
    words = ("station", "status", "--config", str(tmp_path), "--url", "http://localhost")
    assert command(*words).exit_code == 2
