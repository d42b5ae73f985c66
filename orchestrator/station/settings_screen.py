"""What can be set about the screen at the station, and where its tiles stand.

`rows` and `columns` together are the grid of the fixture: each slot has a place on it, in the order
of the `[[slot]]` entries. How a grid is drawn is the panel's.
"""

from collections.abc import Iterator
from typing import Literal

from pydantic import Field, ValidationError
from pydantic_core import InitErrorDetails, PydanticCustomError

from orchestrator.station.settings_base import Section

Place = tuple[int, int]
"""Row and column on the fixture, each from 1 at the top left."""

GRID = 16
"""Most rows, and most columns, of a grid."""
ON_A_PAGE = 64
"""Most tiles that share a page; more slots make several pages, which have no grid."""

Mistake = tuple[tuple[str | int, ...], str]


class ScreenSection(Section):
    """The screen at the station, so that a button has the size of a glove."""

    diagonal_inches: float = Field(
        default=24.0, ge=5, le=100, description="Diagonal of the screen in inches."
    )
    width_pixels: int = Field(default=1920, ge=320, le=15360, description="Width in pixels.")
    height_pixels: int = Field(default=1080, ge=240, le=8640, description="Height in pixels.")
    columns: int = Field(
        default=0, ge=0, le=64, description="Tiles side by side, as on the fixture; 0: by count."
    )
    rows: int = Field(
        default=0,
        ge=0,
        le=GRID,
        description="Tiles one below the other; 0: as many as are needed. Together with `columns` "
        "it is the grid of the fixture, on which the `[[slot]]` entries take one place after the "
        "other.",
    )
    order: Literal["rows", "columns", "serpentine"] = Field(
        default="rows",
        description="How slots are numbered on the grid: `rows`: to the right, then down; "
        "`columns`: down, then to the right; `serpentine`: the first row to the right, the next "
        "one back to the left, and so on.",
    )
    gaps: list[Place] = Field(
        default=[],
        max_length=GRID * GRID,
        description="Places of the grid without a slot, each as `[row, column]` from 1 at the top "
        "left, for instance `[[1, 3], [2, 3]]`.",
    )

    @property
    def places(self) -> tuple[Place, ...]:
        """The places that hold slots, in the order of their numbers; none without a grid."""
        gaps = set(self.gaps)
        return tuple(place for place in self._numbered() if place not in gaps)

    def _numbered(self) -> Iterator[Place]:
        if self.order == "columns":
            yield from ((row, col) for col in _upto(self.columns) for row in _upto(self.rows))
            return
        for row in _upto(self.rows):
            back = self.order == "serpentine" and row % 2 == 0
            line = [(row, column) for column in _upto(self.columns)]
            yield from reversed(line) if back else line

    def check(self, named: int | None) -> None:
        """Refuse a grid that does not fit the fixture, every mistake at its place.

        `named` is the number of `[[slot]]` entries, None where it is not known. Raises
        ValidationError with places below `web`.
        """
        mistakes = [*self._without_grid(), *self._outside()]
        if named is not None and self._grid:
            mistakes += self._too_small(named)
        if mistakes:
            raise ValidationError.from_exception_data(
                "web", [_detail(where, says) for where, says in mistakes]
            )

    @property
    def _grid(self) -> bool:
        return bool(self.rows and self.columns)

    def _without_grid(self) -> Iterator[Mistake]:
        if self._grid:
            return
        missing = " and ".join(f"`{key}`" for key in ("rows", "columns") if not getattr(self, key))
        for key, asks in (
            ("rows", self.rows > 0),
            ("order", self.order != "rows"),
            ("gaps", bool(self.gaps)),
        ):
            if asks:
                yield (key,), f"`{key}` is about a grid: give {missing} too"

    def _outside(self) -> Iterator[Mistake]:
        if not self._grid:
            return
        if self.columns > GRID:
            yield ("columns",), f"a grid has at most {GRID} columns, not {self.columns}"
        for number, (row, column) in enumerate(self.gaps):
            where = ("gaps", number)
            if not (1 <= row <= self.rows and 1 <= column <= self.columns):
                yield where, f"[{row}, {column}] lies outside of the grid ({self._size})"
            elif (row, column) in self.gaps[:number]:
                yield where, f"[{row}, {column}] is there twice"

    def _too_small(self, named: int) -> Iterator[Mistake]:
        room = len(self.places)
        if not named:
            yield ("rows",), "no [[slot]] entry names a slot, so none has a place on the grid"
        elif named > ON_A_PAGE:
            yield (
                ("rows",),
                f"{named} [[slot]] entries are too many: a grid holds {ON_A_PAGE} slots",
            )
        elif room < named:
            gaps = f", gaps = {self.rows * self.columns - room}" if self.gaps else ""
            grid = f"the grid ({self._size}{gaps}) has {room}"
            yield ("rows",), f"{named} [[slot]] entries need a place each, {grid}"

    @property
    def _size(self) -> str:
        return f"rows = {self.rows}, columns = {self.columns}"


def _upto(last: int) -> range:
    return range(1, last + 1)


def _detail(where: tuple[str | int, ...], says: str) -> InitErrorDetails:
    fault = PydanticCustomError("grid", "{says}", {"says": says})
    return InitErrorDetails(type=fault, loc=("screen", *where), input=None)
