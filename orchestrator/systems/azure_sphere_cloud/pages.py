"""Reads a list to its end, page by page, and notices when it has none.

A token that comes a second time would be followed for ever; so would pages that never stop.
"""

from collections.abc import Awaitable, Callable
from typing import TypeVar

from orchestrator.domain.errors import UnusableAnswer

MOST_PAGES = 2000
MOST_ITEMS = 500_000

Item = TypeVar("Item")


async def every(
    read: Callable[[str | None], Awaitable[tuple[list[Item], str | None]]],
    what: str,
    *,
    most_pages: int = MOST_PAGES,
    most_items: int = MOST_ITEMS,
) -> list[Item]:
    """Return all items; `read` takes a token (None for the first page) and returns the next one.

    Raises UnusableAnswer for a token that repeats and for a list beyond the caps, and whatever
    `read` raises. Empty pages are followed: a service may filter after it has cut the page.
    """
    found: list[Item] = []
    token: str | None = None
    met: set[str] = set()
    for _ in range(most_pages):
        items, token = await read(token)
        found += items
        if not token:
            return found
        if token in met or len(found) > most_items:
            break
        met.add(token)
    raise UnusableAnswer(
        f"The cloud's list of {what} does not end: {len(found)} read in {len(met) + 1} pages",
        remedy="Report it with this message",
        code="paging.endless",
    )
