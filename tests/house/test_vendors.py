"""Which unit is worked on is known to rooms and steps; the station and the engine never ask."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2] / "orchestrator"
VENDORS = re.compile(r"sphere|azure|advantech|edgehub|iot_hub", re.IGNORECASE)
# Settings name what a person may write; nobody else may look at those names.
BLIND = [
    path
    for floor in ("station", "engine")
    for path in sorted((ROOT / floor).rglob("*.py"))
    if not path.name.startswith("settings")
]


@pytest.mark.parametrize("path", BLIND, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_neither_station_nor_engine_names_a_vendor(path: Path) -> None:
    """Another kind of unit is a room, steps and a section of settings, and nothing here."""
    found = [
        f"{number}: {line.strip()}"
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1)
        if VENDORS.search(line)
    ]
    assert not found, found
