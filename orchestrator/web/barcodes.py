"""The card of command codes: a sheet to print, with one DataMatrix for each command and slot.

A code is printed only when the station's own patterns recognise it. DataMatrix takes ASCII alone,
so a slot whose name has other letters gets no code.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from ppf.datamatrix import DataMatrix

from orchestrator.station.settings_floor import ScannerSection
from orchestrator.web.pages.render import Renderer
from orchestrator.web.texts import Texts, language

COMMANDS = ("YES", "NO", "STOP", "RETRY", "START", "HELP", "LANGUAGE", "TYPE", "CLOSE", "OUT")
CHECK_CODE = "%CHECK-_/:yz0O1I"
"""Read by a scanner with another keyboard layout, it comes out different."""

_QUIET = 2


@dataclass(frozen=True, slots=True)
class Code:
    """One code of the sheet: what it says, for people and for scanners."""

    label: str
    code: str
    path: str
    size: int


@cache
def code_path(text: str) -> tuple[str, int]:
    """Return the dark fields of the DataMatrix of `text` as an SVG path, and its side length.

    Raises ValueError for text that is not ASCII.
    """
    if not text.isascii():
        raise ValueError("a DataMatrix takes ASCII alone")
    matrix = DataMatrix(text).matrix
    path = "".join(
        f"M{x + _QUIET} {y + _QUIET}h1v1h-1z"
        for y, row in enumerate(matrix)
        for x, dark in enumerate(row)
        if dark
    )
    return path, len(matrix) + 2 * _QUIET


def commands(texts: Texts, scanner: ScannerSection) -> list[Code]:
    """Return the codes of the commands that `scanner` recognises, and the check code."""
    known = [word for word in COMMANDS if _names(scanner.command, "command", f"%{word}", word)]
    found = [_code(texts["sheet"][word], f"%{word}") for word in known]
    return [*found, _code(texts["sheet"]["CHECK"], CHECK_CODE)]


def labels(texts: Texts, scanner: ScannerSection, slots: Sequence[str]) -> list[Code]:
    """Return the labels of the slots that `scanner` recognises."""
    return [
        _code(texts.say("tile", "slot", slot=name), f"%SLOT-{name}")
        for name in slots
        if name.isascii() and _names(scanner.slot, "slot", f"%SLOT-{name}", name)
    ]


def _names(pattern: str, group: str, code: str, wanted: str) -> bool:
    found = re.fullmatch(pattern, code)
    return found is not None and found.group(group) == wanted


def _code(label: str, text: str) -> Code:
    path, size = code_path(text)
    return Code(label, text, path, size)


def sheet(
    renderer: Renderer, texts: Texts, station: str, slots: Sequence[str], scanner: ScannerSection
) -> str:
    """Return the sheet as a page of the station."""
    return _drawn(renderer, texts, station, slots, scanner, style="")


def sheet_alone(code: str, station: str, slots: Sequence[str], scanner: ScannerSection) -> str:
    """Return the sheet in the language `code` as a file of its own, without a station."""
    style = (files("orchestrator.web") / "static" / "card.css").read_text("utf-8")
    return _drawn(Renderer(str), language(code), station, slots, scanner, style=style)


def _drawn(
    renderer: Renderer,
    texts: Texts,
    station: str,
    slots: Sequence[str],
    scanner: ScannerSection,
    *,
    style: str,
) -> str:
    return renderer.page(
        "card.html",
        texts=texts.sections,
        station=station,
        commands=commands(texts, scanner),
        labels=labels(texts, scanner, slots),
        style=style,
    )
