"""The list of runs: filters from the address, how many ended how, one page of rows.

A page goes on behind the key of its last row, so that a run which is opened meanwhile never shifts
it. Counting looks at every run in the filter, so it happens only where a begin is given.
"""

from collections.abc import Mapping
from typing import Any

from orchestrator.audit import queries
from orchestrator.audit.queries import Filters, Row
from orchestrator.domain.errors import InputMistakes
from orchestrator.domain.outcome import Outcome
from orchestrator.web.api.cursors import read_number, write_cursor
from orchestrator.web.pages.page_maker import address
from orchestrator.web.pages.words import duration, short
from orchestrator.web.surface import Reads

FILTERS = ("since", "until", "outcome", "slot", "recipe", "serial")
ROWS = 100
PATH = "/runs"


class RunList:
    """The runs of one station."""

    def __init__(self, reads: Reads, station: str) -> None:
        self._reads = reads
        self._station = station

    async def page(self, given: Mapping[str, str]) -> dict[str, Any]:
        """Return what one page shows. Raises Refused for a cursor, InputMistakes for a time."""
        filters = self._filters(given)
        below = read_number("runs", given.get("after"))
        rows = await self._reads.read(queries.runs_page, filters, ROWS + 1, below)
        wanted = {name: value for name, value in given.items() if name != "after"}
        more = len(rows) > ROWS
        last = write_cursor("runs", rows[ROWS - 1]["entry"]) if more else None
        return {
            "rows": [_shown(row) for row in rows[:ROWS]],
            "given": {name: wanted.get(name, "") for name in FILTERS},
            "outcomes": [each.value for each in Outcome],
            "facets": await self._facets(filters, wanted),
            "first": address(PATH, wanted) if below is not None else "",
            "next": address(PATH, wanted, after=last) if more else "",
            "data": address("/api/v1/runs", {**wanted, **_cursor(given)}),
        }

    def _filters(self, given: Mapping[str, str]) -> Filters:
        outcome = given.get("outcome")
        if outcome is not None and outcome not in set(Outcome):
            raise InputMistakes(
                "there is no such outcome", remedy=f"Choose one of: {', '.join(Outcome)}"
            )
        return Filters(
            station=self._station,
            slot=given.get("slot"),
            recipe=given.get("recipe"),
            outcome=Outcome(outcome) if outcome else None,
            since=given.get("since"),
            until=given.get("until"),
            serial=given.get("serial"),
        )

    async def _facets(
        self, filters: Filters, wanted: Mapping[str, str]
    ) -> list[tuple[str, int, str]]:
        """Return outcome, number of runs, and the address of the list with them alone."""
        if filters.since is None:
            return []
        rows = await self._reads.read(queries.counts, filters)
        return [
            (row["outcome"] or "open", row["runs"], address(PATH, wanted, outcome=row["outcome"]))
            for row in rows
        ]


def _cursor(given: Mapping[str, str]) -> dict[str, str]:
    return {"after": given["after"]} if "after" in given else {}


def _shown(row: Row) -> dict[str, Any]:
    taken = None if row["duration_us"] is None else row["duration_us"] / 1_000_000
    return {**row, "began": short(row["began_at"]), "taken": duration(taken)}
