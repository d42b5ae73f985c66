"""Where the tiles stand on the screen, and how large a millimetre is there.

Up to `PAGE` tiles share a page; more slots make more pages, and the page turns to the slot that
needs a person.
"""

import math
from dataclasses import dataclass

from orchestrator.station.settings_web import ScreenSection

PAGE = 64
PAGE_OF_MANY = 32
_MM_PER_INCH = 25.4
_MOST_COLUMNS = 16


@dataclass(frozen=True, slots=True)
class Layout:
    """How so many tiles are laid out. `size` is the class of their letters."""

    columns: int
    rows: int
    size: str

    @property
    def classes(self) -> str:
        """The classes of the list of tiles."""
        return f"tiles {self.size} columns-{self.columns} rows-{self.rows}"


def layout(count: int, columns: int = 0) -> Layout:
    """Return the layout of `count` tiles, `columns` side by side when the fixture says so."""
    count = max(1, count)
    wide = min(columns or _columns(count), _MOST_COLUMNS, count)
    rows = math.ceil(count / wide)
    return Layout(wide, min(rows, _MOST_COLUMNS), _size(wide, rows))


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
    return 1 if count <= PAGE else math.ceil(count / PAGE_OF_MANY)


def pixels_per_mm(screen: ScreenSection) -> float:
    """Return how many CSS pixels one millimetre has on that screen, within reason."""
    diagonal = math.hypot(screen.width_pixels, screen.height_pixels)
    return round(min(12.0, max(2.0, diagonal / (screen.diagonal_inches * _MM_PER_INCH))), 2)
