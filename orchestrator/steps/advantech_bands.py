"""Limits for what each model names in its own way: sensors, S.M.A.R.T. attributes.

A recipe's limits belong to measurements whose names every run knows. What only a host can name is
limited by texts: `12V 11.4..12.6`, `FAN0 500..`, `CPU ..85`. The step compares, and the texts stand
in the audit among its parameters.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from orchestrator.domain.errors import StationMisuse
from orchestrator.domain.measurement import as_text
from orchestrator.steps.findings import Finding

_NUMBER = r"-?\d{1,15}(?:\.\d{1,9})?"
_BAND = re.compile(rf"(\S.{{0,60}}?)\s+({_NUMBER})?\.\.({_NUMBER})?")


@dataclass(frozen=True, slots=True)
class Band:
    """What `name` may be, both ends inclusive; an end that is None is open."""

    name: str
    low: Decimal | None
    high: Decimal | None

    def holds(self, value: Decimal) -> bool:
        """Say whether `value` lies within."""
        return (self.low is None or value >= self.low) and (self.high is None or value <= self.high)

    def __str__(self) -> str:
        low, high = ("" if end is None else as_text(end) for end in (self.low, self.high))
        return f"{low}..{high}"


def read_bands(texts: Sequence[str]) -> list[Band]:
    """Return the limits that a recipe wrote, `NAME LOW..HIGH` each.

    Raises StationMisuse for a text that is none, for a band without any value in it, and for a name
    that stands twice.
    """
    bands: list[Band] = []
    for text in texts:
        found = _BAND.fullmatch(text.strip())
        low, high = (
            (None, None)
            if found is None
            else (None if end is None else Decimal(end) for end in found.group(2, 3))
        )
        twice = found is not None and any(each.name == found.group(1) for each in bands)
        crossed = low is not None and high is not None and low > high
        if found is None or (low is None and high is None) or twice or crossed:
            raise StationMisuse(
                f'"{text[:80]}" is no limit' + (": its name stands twice" if twice else ""),
                remedy="Write NAME LOW..HIGH in the recipe, such as 12V 11.4..12.6 or CPU ..85",
                code="NO_LIMIT",
            )
        bands.append(Band(found.group(1), low, high))
    return bands


def band_findings(
    what: str, values: Mapping[str, tuple[Decimal, str]], bands: Sequence[Band]
) -> list[Finding]:
    """Judge `values`, a number and its unit by name; `what` says what they are values of.

    A limit for something that is not there is a finding, too: a missing sensor is no good sensor.
    """
    findings = []
    for band in bands:
        if band.name not in values:
            there = ", ".join(sorted(values)) or "none"
            findings.append(
                Finding(
                    f"The host has no {what} {band.name}; there: {there}",
                    "Check that it is the model that the recipe is for, then set the host aside",
                    "NOT_THERE",
                )
            )
            continue
        value, unit = values[band.name]
        if not band.holds(value):
            shown = f"{as_text(value)} {unit}".strip()
            findings.append(
                Finding(
                    f"The {what} {band.name} shows {shown}; it must be {band}",
                    "Set the host aside; check its cooling, supply and disks",
                    "OUT_OF_LIMITS",
                )
            )
    return findings
