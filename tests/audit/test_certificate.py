"""Birth certificates: what they say, for whom there is none, and that no edit goes unnoticed."""

import json
from pathlib import Path
from random import Random

import pytest
from typer.testing import CliRunner

from orchestrator.audit.certificate import issue
from orchestrator.audit.database import reading
from orchestrator.audit.envelope import unseal
from orchestrator.audit.keys import create_key
from orchestrator.cli.main import app
from orchestrator.domain.errors import InputMistakes
from orchestrator.domain.records import FindingRow, Record, RunEndRow
from tests.audit import chained, tampering
from tests.audit.rows import at

KEY = chained.KEY


def audit_of(folder: Path, rows: list[Record]) -> str:
    """Make an audit of these rows and return its URL."""
    url = f"sqlite:///{folder / 'audit.db'}"
    chained.write(url, chained.chained(rows))
    return url


def issued(url: str, name: str) -> str:
    """Issue the certificate of a unit."""
    with reading(url) as connection:
        return issue(connection, name, KEY)


def test_a_certificate_says_what_was_tested_and_where_it_is_recorded(tmp_path: Path) -> None:
    """Unit, recipe, images, measurements, locks and the place in the chain are in it."""
    url = audit_of(tmp_path, chained.story(2))
    text = issued(url, "SN-0002")
    assert text == issued(url, chained.device(2).upper())
    statement = unseal(text, KEY.public_key)
    said = statement["predicate"]
    assert said["result"] == "PASSED"
    assert said["passedTests"] == ["measure", "lock"]
    assert said["failedTests"] == []
    assert said["unit"]["serial_number"] == "SN-0002"
    assert [each["digest"]["sha256"] for each in said["configuration"]] == [
        chained.RECIPE_HASH,
        chained.IMAGE,
    ]
    assert [(m["value"], m["limit_max"]) for m in said["measurements"]] == [("0.50", "0.6")]
    assert [each["state"] for each in said["irreversible"]] == ["applied"]
    assert said["chain"]["entry"] == 31
    assert said["chain"]["checkpoint"].startswith("orchestrator/line%201/E1\n31\n")
    assert "." not in str(said["run"]["duration_us"])


def _ended(outcome: str) -> list[Record]:
    rows = chained.story(1)
    return [row._replace(outcome=outcome) if isinstance(row, RunEndRow) else row for row in rows]


@pytest.mark.parametrize(
    ("rows", "name", "why"),
    [
        (chained.story(1), "SN-9", "no run of such a unit"),
        (_ended("FAIL"), "SN-0001", "ended FAIL"),
        (chained.story(1)[:-1], "SN-0001", "has not ended"),
        (
            [*chained.story(1), FindingRow("I1", 2, "unknown", "decision", "ada", "", at(60))],
            "SN-0001",
            "it is held",
        ),
    ],
    ids=["never met", "failed", "open", "held"],
)
def test_there_is_no_certificate_for_a_unit_that_did_not_pass(
    rows: list[Record], name: str, why: str, tmp_path: Path
) -> None:
    """The refusal says why."""
    url = audit_of(tmp_path, rows)
    with pytest.raises(InputMistakes, match=why):
        issued(url, name)


def test_a_key_of_another_station_signs_no_certificate(tmp_path: Path) -> None:
    """The chain must name the key."""
    url = audit_of(tmp_path, chained.story(1))
    with reading(url) as connection, pytest.raises(InputMistakes, match="not one of this audit"):
        issue(connection, "SN-0001", chained.OTHER_KEY)


def test_a_changed_measurement_gets_no_certificate(tmp_path: Path) -> None:
    """The rows of the run are hashed again before anything is signed."""
    url = audit_of(tmp_path, chained.story(2))
    connection = tampering.opened(tmp_path / "audit.db")
    connection.execute("UPDATE measurement SET value = '0.51' WHERE run_id = 'R1'")
    connection.close()
    with pytest.raises(InputMistakes, match="tampered with: changed: measurement 11"):
        issued(url, "SN-0001")
    issued(url, "SN-0002")


def test_every_edit_of_a_certificate_is_found(tmp_path: Path) -> None:
    """A thousand flipped, dropped and added characters: none is taken for the original."""
    text = issued(audit_of(tmp_path, chained.story(1)), "SN-0001")
    for seed in range(1000):
        chance = Random(seed)
        place = chance.randrange(len(text))
        changed = chance.choice([chr(ord(text[place]) ^ (1 << chance.randrange(5))), "", "A", " "])
        end = place + chance.randrange(2)
        edited = text[:place] + changed + text[end:]
        if edited == text:
            continue
        with pytest.raises(InputMistakes, match="proves nothing"):
            unseal(edited, KEY.public_key)
    with pytest.raises(InputMistakes, match="names key"):
        unseal(text, chained.OTHER_KEY.public_key)


def test_a_signed_text_that_is_no_certificate_is_refused(tmp_path: Path) -> None:
    """The key may sign other things one day."""
    from orchestrator.audit.envelope import seal

    for statement in ({}, {"_type": "x", "predicateType": "y"}):
        with pytest.raises(InputMistakes, match="no certificate"):
            unseal(seal(statement, KEY), KEY.public_key)


def test_the_commands_issue_and_prove_a_certificate(tmp_path: Path) -> None:
    """Exit codes: 0 proven, 1 refused; the public key alone is enough."""
    audit_of(tmp_path, chained.story(1))
    create_key(tmp_path, KEY)
    runner, where = CliRunner(), ["--data-dir", str(tmp_path)]
    file, public = tmp_path / "unit.json", str(tmp_path / "station.pub")
    done = runner.invoke(app, ["audit", "certificate", "SN-0001", *where, "--output", str(file)])
    assert done.exit_code == 0, done.output
    shown = runner.invoke(app, ["audit", "certificate", "SN-0001", *where])
    assert shown.stdout.encode() == file.read_bytes()
    (tmp_path / "audit.db").unlink()
    command = ["audit", "verify-certificate", str(file), "--public-key", public]
    assert "SN-0001" in runner.invoke(app, command).stdout
    said = json.loads(runner.invoke(app, [*command, "--format", "json"]).stdout)
    assert said["predicate"]["result"] == "PASSED"
    file.write_bytes(file.read_bytes().replace(b'"keyid"', b'"keyId"'))
    assert runner.invoke(app, command).exit_code == 1
    audit_of(tmp_path, _ended("FAIL"))
    assert runner.invoke(app, ["audit", "certificate", "SN-0001", *where]).exit_code == 1
