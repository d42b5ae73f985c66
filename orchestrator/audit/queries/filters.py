"""What every question shares: plain rows, and the filters that narrow a question."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    ColumnElement,
    CompoundSelect,
    Connection,
    Executable,
    Select,
    or_,
    select,
    union,
)

from orchestrator.audit.moments import since_text, until_text
from orchestrator.audit.tables import RUN_VIEW, identity, run, unit
from orchestrator.domain.outcome import Outcome

Row = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Filters:
    """What narrows a question; what is None does not.

    `since` and `until` are dates (UTC) or RFC 3339 times with zone, both inclusive, and compare
    with the begin of a run. `recipe` is its name or its content hash.
    """

    station: str | None = None
    slot: str | None = None
    recipe: str | None = None
    outcome: Outcome | None = None
    since: str | None = None
    until: str | None = None
    serial: str | None = None

    def conditions(self) -> list[ColumnElement[bool]]:
        """Return the conditions on `run_view`. Raises InputMistakes for a time that is none."""
        view = RUN_VIEW.c
        equal = (
            (view.station_id, self.station),
            (view.slot, self.slot),
            (view.outcome, None if self.outcome is None else self.outcome.value),
        )
        found = [column == wanted for column, wanted in equal if wanted is not None]
        if self.recipe is not None:
            found.append(or_(view.recipe == self.recipe, view.recipe_hash == self.recipe))
        if self.serial is not None:
            with_serial = select(unit.c.unit_id).where(unit.c.serial_number == self.serial)
            found.append(view.run_id.in_(runs_of(with_serial)))
        if self.since is not None:
            found.append(view.began_at >= since_text(self.since))
        if self.until is not None:
            found.append(view.began_at <= until_text(self.until))
        return found


EVERYTHING = Filters()


def runs_of(unit_ids: Select[str], *more: Select[str]) -> CompoundSelect[str]:
    """Select the runs of units, and `more`, by the indexes; `run_view.unit_id` has none."""
    opened_with = select(run.c.run_id).where(run.c.unit_id.in_(unit_ids))
    identified = select(identity.c.run_id).where(identity.c.unit_id.in_(unit_ids))
    return union(opened_with, identified, *more)


def rows_of(connection: Connection, query: Executable, **values: object) -> list[Row]:
    """Return the rows of `query` as dicts; `values` are those of its parameters."""
    found = connection.execute(query, values)
    names = tuple(found.keys())
    return [dict(zip(names, row, strict=True)) for row in found]
