"""What a scanned code is: recognised by the patterns of the settings, which never overlap."""

import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from itertools import combinations

from orchestrator.station.patterns import NotComparable, shared
from orchestrator.station.settings_floor import GROUPS, ScannerSection


class CodeKind(StrEnum):
    """What a code stands for. `OTHER` matches no pattern; a prompt may still want it."""

    SERIAL = "serial"
    SLOT = "slot"
    BADGE = "badge"
    WORK_ORDER = "work_order"
    BIN = "bin"
    COMMAND = "command"
    ADDRESS = "address"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Code:
    """A code as it was read. `value` is what the pattern's group holds, else all."""

    kind: CodeKind
    text: str
    value: str


def pattern_of(scanner: ScannerSection, serial: str) -> dict[CodeKind, str]:
    """Return the patterns that are set, by what they recognise."""
    found = {
        CodeKind.SERIAL: serial,
        CodeKind.SLOT: scanner.slot,
        CodeKind.BADGE: scanner.badge,
        CodeKind.WORK_ORDER: scanner.work_order,
        CodeKind.BIN: scanner.bin,
        CodeKind.COMMAND: scanner.command,
        CodeKind.ADDRESS: scanner.address,
    }
    return {kind: pattern for kind, pattern in found.items() if pattern}


def mistakes_of(patterns: Mapping[CodeKind, str]) -> list[str]:
    """Say in a sentence each which patterns cannot be told apart."""
    found = []
    for (one, first), (other, second) in combinations(patterns.items(), 2):
        try:
            both = shared(first, second)
        except NotComparable as why:
            found.append(f"the patterns of {one} and {other} cannot be compared: {why}")
            continue
        if both is not None:
            found.append(f"a {one} and a {other} could be the same code, for instance {both!r}")
    return found


def taken_for(scanner: ScannerSection, wanted: str) -> Iterator[tuple[CodeKind, str]]:
    """Yield what codes of the form `wanted` would be taken for before any prompt gets them.

    Each with such a code. A form that cannot be compared yields nothing.
    """
    for kind in (CodeKind.SLOT, CodeKind.BADGE, CodeKind.COMMAND):
        pattern = pattern_of(scanner, "").get(kind)
        with suppress(NotComparable):
            both = shared(pattern, wanted) if pattern is not None else None
            if both is not None:
                yield kind, both


class Codes:
    """Tells codes apart."""

    def __init__(self, patterns: Mapping[CodeKind, str]) -> None:
        self._patterns = {kind: re.compile(pattern) for kind, pattern in patterns.items()}

    def read(self, text: str) -> Code:
        """Return what `text` is."""
        for kind, pattern in self._patterns.items():
            match = pattern.fullmatch(text)
            if match is not None:
                group = GROUPS.get(kind)
                return Code(kind, text, match[group] if group is not None else text)
        return Code(CodeKind.OTHER, text, text)
