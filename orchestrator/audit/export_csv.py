"""Rows as CSV that a spreadsheet can be given: RFC 4180, and no cell that it would execute.

Texts are always quoted and numbers never, so that a program can tell an empty text (`""`) from a
missing value (nothing). A text that begins like a formula gets an apostrophe before it, as OWASP
advises, and so does one that begins with an apostrophe: whoever takes one apostrophe away where a
text begins with one has the text that was stored.
"""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from sqlalchemy import Column

_DANGEROUS = tuple("=+-@\t\r\n|%＝＋－＠'")  # noqa: RUF001  # spreadsheets take the wide ones too


def cell(value: Any) -> str:
    """Return one cell as it stands in the file. Bytes become hexadecimal, booleans true, false."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    text = bytes(value).hex() if isinstance(value, bytes | memoryview) else str(value)
    if text.startswith(_DANGEROUS):
        text = "'" + text
    return '"' + text.replace('"', '""') + '"'


def write_csv(
    file: Path, columns: Sequence[Column[Any]], blocks: Iterable[Sequence[Sequence[Any]]]
) -> int:
    """Write a header and the rows; return how many rows they were. Raises OSError."""
    rows = 0
    with file.open("w", encoding="utf-8", newline="") as out:
        out.write(",".join(cell(column.name) for column in columns) + "\r\n")
        for block in blocks:
            out.writelines(",".join(map(cell, row)) + "\r\n" for row in block)
            rows += len(block)
    return rows
