"""How commands speak: the answer on stdout, everything else on stderr.

Rows become a table, a JSON array or CSV. Colour only on a terminal that wants it. Imports little,
because every command loads it.
"""

import csv
import io
import json
import os
import sys
from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum
from typing import Any, TextIO

from orchestrator.domain.errors import OrchestratorError


class Format(StrEnum):
    """How a command that lists rows prints them."""

    TABLE = "table"
    JSON = "json"
    CSV = "csv"


Row = Mapping[str, Any]


def wants_colour(stream: TextIO) -> bool:
    """Say whether `stream` may be coloured: a terminal, without NO_COLOR or TERM=dumb.

    FORCE_COLOR switches colour on everywhere.
    """
    if os.environ.get("NO_COLOR"):
        return False
    if os.environ.get("FORCE_COLOR"):
        return True
    return stream.isatty() and os.environ.get("TERM") != "dumb"


def printable(text: str) -> str:
    """Return `text` with control characters escaped, so that a terminal only ever shows it."""
    return "".join(
        char if char.isprintable() else char.encode("unicode_escape").decode("ascii")
        for char in text
    )


def _escaped_json(text: str) -> str:
    """Escape what a terminal might obey; line breaks of the layout stay."""
    return "".join(
        char if char.isprintable() or char == "\n" else f"\\u{ord(char):04x}" for char in text
    )


def print_rows(rows: Sequence[Row], how: Format, columns: Sequence[str] | None = None) -> None:
    """Print `rows` on stdout. `columns` chooses and orders those of the table and of CSV.

    JSON is a plain array of objects with every member. An empty table says so on stderr.
    """
    names = list(columns) if columns is not None else _all_names(rows)
    if how is Format.JSON:
        text = json.dumps([dict(row) for row in rows], indent=2, ensure_ascii=False, default=str)
        emit(_escaped_json(text))
    elif how is Format.CSV:
        emit(_as_csv(rows, names), end="")
    elif rows:
        emit(_as_table(rows, names))
    else:
        say("nothing found")


def emit(text: str, end: str = "\n") -> None:
    """Write the answer to stdout, whatever its encoding can hold."""
    _write(sys.stdout, text + end)


def say(text: str) -> None:
    """Write a line for the person at the terminal to stderr."""
    _write(sys.stderr, text + "\n")


def show_error(error: OrchestratorError) -> None:
    """Write an error to stderr: what and where first, what to do as the last line."""
    places = ", ".join(f"{name} {place}" for name, place in error.where.items())
    # The mistakes of recipes come as a list in which each already says what it is.
    kind = "" if error.what.startswith(("error[", "warning[")) else "error: "
    say(kind + _lines(error.what + (f" ({places})" if places else "")))
    if error.remedy:
        say("  " + _lines(error.remedy))


def _lines(text: str) -> str:
    return "\n".join(printable(line) for line in text.split("\n"))


def _write(stream: TextIO, text: str) -> None:
    encoding = stream.encoding or "utf-8"
    stream.write(text.encode(encoding, "backslashreplace").decode(encoding))
    stream.flush()


def _all_names(rows: Iterable[Row]) -> list[str]:
    return list(dict.fromkeys(name for row in rows for name in row))


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, dict | list | tuple):
        return json.dumps(value, ensure_ascii=False, default=str)
    return str(value)


def _as_csv(rows: Sequence[Row], names: Sequence[str]) -> str:
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(names)
    writer.writerows(
        [_spreadsheet_safe(_lines(_cell(row.get(name)))) for name in names] for row in rows
    )
    return buffer.getvalue()


def _spreadsheet_safe(cell: str) -> str:
    # A spreadsheet runs cells that begin like a formula; device strings reach these cells.
    if cell[:1] in ("=", "+", "@", "\t", "\r") or (cell[:1] == "-" and not _is_number(cell)):
        return "'" + cell
    return cell


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True


def _as_table(rows: Sequence[Row], names: Sequence[str]) -> str:
    grid = [list(names), *([printable(_cell(row.get(name))) for name in names] for row in rows)]
    widths = [max(len(line[k]) for line in grid) for k in range(len(names))]
    lines = [
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        for line in grid
    ]
    lines.insert(1, "  ".join("-" * width for width in widths))
    return "\n".join(lines)
