"""The card of command codes: right codes, for the patterns of this station, in one file."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
from ppf.datamatrix import DataMatrix
from typer.testing import CliRunner

from orchestrator.cli.main import app
from orchestrator.station.settings_floor import ScannerSection
from orchestrator.web.barcodes import CHECK_CODE, code_path, commands, labels, sheet_alone
from orchestrator.web.texts import language

ENGLISH = language("en")


def fields(path: str) -> set[tuple[int, int]]:
    """Return the dark fields that a path paints."""
    return {(int(x), int(y)) for x, y in re.findall(r"M(\d+) (\d+)h1v1h-1z", path)}


def test_a_code_is_painted_field_by_field() -> None:
    """The path has exactly the dark fields of the code, with two light ones around."""
    path, size = code_path("%YES")
    matrix = DataMatrix("%YES").matrix
    assert size == len(matrix) + 4
    dark = {(x + 2, y + 2) for y, row in enumerate(matrix) for x, bit in enumerate(row) if bit}
    assert fields(path) == dark


def test_only_ascii_becomes_a_code() -> None:
    """Letters that a DataMatrix cannot carry are refused, and such a slot gets no label."""
    with pytest.raises(ValueError, match="ASCII"):
        code_path("Prüfplatz")
    names = ["1", "Prüfplatz", "A-2"]
    assert [each.code for each in labels(ENGLISH, ScannerSection(), names)] == [
        "%SLOT-1",
        "%SLOT-A-2",
    ]


def test_only_codes_that_the_station_knows_are_printed() -> None:
    """With other patterns in the settings, codes that would not be recognised are left out."""
    plain = [each.code for each in commands(ENGLISH, ScannerSection())]
    assert plain[0] == "%YES"
    assert plain[-1] == CHECK_CODE
    assert {"%NO", "%STOP", "%RETRY", "%HELP", "%LANGUAGE"} <= set(plain)
    other = ScannerSection(command=r"!(?P<command>[A-Z]+)", slot=r"!S(?P<slot>\d+)")
    assert [each.code for each in commands(ENGLISH, other)] == [CHECK_CODE]
    assert labels(ENGLISH, other, ["1"]) == []


def test_the_sheet_stands_alone() -> None:
    """It needs no other file, has no script, and shows what is written as it is."""
    html = sheet_alone("de", "<b>07", ["1"], ScannerSection())
    assert "&lt;b&gt;07" in html
    assert "Nächste Sprache" in html
    assert not re.search(r"<script|<link|src=|url\(", html)
    assert html.count("<svg") == len(commands(ENGLISH, ScannerSection())) + 1


def test_the_command_line_prints_it(tmp_path: Path) -> None:
    """`orchestrator station barcodes` writes the sheet of these settings."""
    (tmp_path / "station.toml").write_text(
        '[station]\nname = "st7"\n[recipes]\nfiles = ["r.yaml"]\n'
        '[fixture.azure_sphere]\nca_file = "ca.pem"\n'
        '[[slot]]\nname = "left"\nport = "1-1"\n'
    )
    command = ["station", "barcodes", "--config", str(tmp_path / "station.toml")]
    result = CliRunner().invoke(app, command)
    assert result.exit_code == 0, result.output
    assert result.output.startswith("<!DOCTYPE html>")
    assert "%SLOT-left" in result.output
    assert "st7" in result.output


def test_the_card_is_printed_by_a_program_of_its_own(tmp_path: Path) -> None:
    """The command works where nothing of the panel has been loaded before."""
    config = tmp_path / "station.toml"
    words = [sys.executable, "-m", "orchestrator", "station"]
    subprocess.run([*words, "init", "--config", config], check=True, capture_output=True)
    printed = subprocess.run(
        [*words, "barcodes", "--config", config], check=False, capture_output=True, text=True
    )
    assert printed.returncode == 0, printed.stderr
    assert "<svg" in printed.stdout
