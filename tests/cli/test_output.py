"""How commands print: rows in three forms, safe for terminals and spreadsheets."""

import csv
import io
import json
import sys

import pytest

from orchestrator.cli.output import (
    Format,
    emit,
    print_rows,
    printable,
    show_error,
    wants_colour,
)
from orchestrator.domain.errors import RecipeMistakes, StationFault

ROWS = [
    {"slot": "1", "message": "=cmd|' /C calc'!A0", "rssi": "-71", "steps": ["a", "b"]},
    {"slot": "2", "message": None, "rssi": "-x", "steps": []},
]


def test_json_is_a_plain_array(capsys: pytest.CaptureFixture[str]) -> None:
    """Every member of every row, as it is."""
    print_rows(ROWS, Format.JSON, ["slot"])
    assert json.loads(capsys.readouterr().out) == ROWS


def test_csv_runs_nothing_in_a_spreadsheet(capsys: pytest.CaptureFixture[str]) -> None:
    """Cells that would be formulas are marked as text; negative numbers stay numbers."""
    print_rows(ROWS, Format.CSV)
    read = list(csv.reader(io.StringIO(capsys.readouterr().out)))
    assert read == [
        ["slot", "message", "rssi", "steps"],
        ["1", "'=cmd|' /C calc'!A0", "-71", '["a", "b"]'],
        ["2", "", "'-x", "[]"],
    ]


def test_a_table_shows_control_characters_and_never_obeys_them(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """What a board sends cannot move the cursor of a terminal."""
    print_rows([{"name": "a\x1b[2Jb\r\nc"}], Format.TABLE)
    text = capsys.readouterr().out
    assert "\\x1b[2Jb\\r\\nc" in text
    assert "\x1b" not in text


@pytest.mark.parametrize("how", [Format.JSON, Format.CSV])
def test_no_form_lets_a_terminal_be_commanded(
    capsys: pytest.CaptureFixture[str], how: Format
) -> None:
    """Escapes, C1 commands and text that runs backwards are shown, and JSON still reads back."""
    rows = [{"name": "a\x1b[2J\x9b1m\u202eb\x7f"}]
    print_rows(rows, how)
    text = capsys.readouterr().out
    assert all(char.isprintable() or char == "\n" for char in text)
    if how is Format.JSON:
        assert json.loads(text) == rows


def test_an_empty_table_says_so_beside_the_answer(capsys: pytest.CaptureFixture[str]) -> None:
    """Nothing found is no error, and nothing is printed where a program reads."""
    print_rows([], Format.TABLE)
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err == "nothing found\n"


def test_text_fits_the_encoding_of_the_output(monkeypatch: pytest.MonkeyPatch) -> None:
    """A terminal that lacks a character gets its escape instead of a crash."""
    raw = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(raw, encoding="ascii", newline="\n"))
    emit("5 µs ✔")
    assert raw.getvalue() == b"5 \\xb5s \\u2714\n"


def test_an_error_ends_with_what_to_do(capsys: pytest.CaptureFixture[str]) -> None:
    """What and where first, the action last."""
    show_error(StationFault("the board\x07 hung", remedy="Pull it", where={"slot": "3"}))
    assert capsys.readouterr().err == "error: the board\\x07 hung (slot 3)\n  Pull it\n"


def test_the_mistakes_of_a_recipe_are_not_called_errors_twice(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Each entry of the list already says what it is."""
    show_error(RecipeMistakes("error[R015]: `version` is missing", remedy="Correct it"))
    assert capsys.readouterr().err == "error[R015]: `version` is missing\n  Correct it\n"


@pytest.mark.parametrize(
    ("environment", "terminal", "wanted"),
    [
        ({}, True, True),
        ({}, False, False),
        ({"NO_COLOR": "1", "FORCE_COLOR": "1"}, True, False),
        ({"FORCE_COLOR": "1"}, False, True),
        ({"TERM": "dumb"}, True, False),
    ],
)
def test_colour_is_for_terminals_that_want_it(
    monkeypatch: pytest.MonkeyPatch, environment: dict[str, str], terminal: bool, wanted: bool
) -> None:
    """NO_COLOR wins over everything, FORCE_COLOR over the rest."""
    monkeypatch.setenv("TERM", "xterm")
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    stream = io.StringIO()
    monkeypatch.setattr(stream, "isatty", lambda: terminal)
    assert wants_colour(stream) is wanted


def test_printable_keeps_letters_of_all_languages() -> None:
    """Only what does not print is escaped."""
    assert printable("Größe 大\u202e") == "Größe 大\\u202e"
