"""Where the tiles stand on the screen, and how large a millimetre is there.

Up to `ON_A_PAGE` tiles share a page; more slots make more pages, and the page turns to the slot
that needs a person. Where the settings know the grid of the fixture each tile has a place on it.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass

from orchestrator.station.settings_screen import GRID, ON_A_PAGE, Place, ScreenSection

PAGE_OF_MANY = 32
_MM_PER_INCH = 25.4


@dataclass(frozen=True, slots=True)
class Layout:
    """How so many tiles are laid out. `size` is the class of their letters.

    `placed`: each stands where `style` puts it, and not just behind the one before.
    """

    columns: int
    rows: int
    size: str
    placed: bool = False

    @property
    def classes(self) -> str:
        """The classes of the list of tiles."""
        placed = " placed" if self.placed else ""
        return f"tiles {self.size} columns-{self.columns} rows-{self.rows}{placed}"


def layout(count: int, screen: ScreenSection, *, whole: bool = True) -> Layout:
    """Return the layout of `count` tiles as the fixture has them, as far as the settings know it.

    `whole` is False where they are but one page of many slots.
    """
    count = max(1, count)
    if screen.places and whole:
        rows = max(screen.rows, *(row for row, _ in _places(screen, count)))
        return _layout(screen.columns, rows, placed=True)
    wide = min(screen.columns or _columns(count), GRID, count)
    return _layout(wide, math.ceil(count / wide))


def _layout(columns: int, rows: int, *, placed: bool = False) -> Layout:
    return Layout(columns, min(rows, GRID), _size(columns, rows), placed)


def style(screen: ScreenSection) -> str:
    """Return the style sheet of that screen: its millimetre, and the places of its tiles."""
    lines = [f":root {{ --mm: {pixels_per_mm(screen)}px; }}"]
    if screen.places:
        lines += (
            f".placed > :nth-child({number}) {{ grid-area: {row} / {column}; }}"
            for number, (row, column) in enumerate(_places(screen, ON_A_PAGE), 1)
        )
    return "\n".join([*lines, ""])


def _places(screen: ScreenSection, count: int) -> Iterator[Place]:
    """Return where `count` tiles stand; those without a place on the grid stand below it."""
    on_grid = screen.places[:count]
    yield from on_grid
    for number in range(count - len(on_grid)):
        row, column = divmod(number, screen.columns)
        yield screen.rows + row + 1, column + 1


def _columns(count: int) -> int:
    if count == 2:
        return 2
    return math.ceil(math.sqrt(count))


def _size(columns: int, rows: int) -> str:
    if columns == rows == 1:
        return "one"
    if columns <= 3 and rows <= 2:
        return "four"
    return "sixteen" if columns <= 4 and rows <= 4 else "sixtyfour"


def pages(count: int) -> int:
    """Return on how many pages so many tiles stand."""
    return 1 if count <= ON_A_PAGE else math.ceil(count / PAGE_OF_MANY)


def pixels_per_mm(screen: ScreenSection) -> float:
    """Return how many CSS pixels one millimetre has on that screen, within reason."""
    diagonal = math.hypot(screen.width_pixels, screen.height_pixels)
    return round(min(12.0, max(2.0, diagonal / (screen.diagonal_inches * _MM_PER_INCH))), 2)
