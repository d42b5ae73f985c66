"""The grid of the fixture in the settings: every mistake in it is told before a station starts."""

from pathlib import Path

import pytest

from tests.station.test_settings import MINIMAL, told_with

GRID = """\
[[slot]]
name = "A"
port = "1"
[[slot]]
name = "B"
port = "2"
[[slot]]
name = "C"
port = "3"
[web.screen]
"""


@pytest.mark.parametrize(
    ("screen", "expected"),
    [
        ("rows = 2\ncolumns = 2\ngaps = [[1, 2]]\n", []),
        (
            'order = "serpentine"\ngaps = [[1, 1]]\n',
            [
                "`order` is about a grid: give `rows` and `columns` too",
                "`gaps` is about a grid: give `rows` and `columns` too",
            ],
        ),
        ("rows = 2\n", ["`rows` is about a grid: give `columns` too"]),
        (
            "rows = 1\ncolumns = 3\ngaps = [[1, 4], [0, 1], [1, 2], [1, 2]]\n",
            [
                "`web.screen.gaps[1]` is wrong",
                "[1, 4] lies outside of the grid (rows = 1, columns = 3)",
                "[0, 1] lies outside of the grid",
                "[1, 2] is there twice",
                "3 [[slot]] entries need a place each",
                "the grid (rows = 1, columns = 3, gaps = 1) has 2",
            ],
        ),
        ("rows = 1\ncolumns = 20\n", ["a grid has at most 16 columns, not 20"]),
    ],
)
def test_a_grid_fits_the_fixture(tmp_path: Path, screen: str, expected: list[str]) -> None:
    """Everything that is wrong with where tiles stand is told at once, each at its line."""
    said = told_with(tmp_path, GRID + screen)
    assert [each for each in expected if each not in said] == []
    places = [line for line in said.splitlines() if line.startswith("  --> ")]
    assert all(int(line.rpartition(":")[2]) > MINIMAL.count("\n") + 9 for line in places)
    assert bool(said) == bool(expected)


def test_slots_on_a_grid_have_names_and_share_a_page(tmp_path: Path) -> None:
    """Slots that appear by themselves, or more than a page holds, have no place on a grid."""
    grid = "[web.screen]\nrows = 16\ncolumns = 16\n"
    many = "".join(f'[[slot]]\nname = "{n}"\nport = "{n}"\n' for n in range(65))
    assert "no [[slot]] entry names a slot" in told_with(tmp_path, grid)
    assert "65 [[slot]] entries are too many: a grid holds 64 slots" in told_with(
        tmp_path, many + grid
    )
