"""Looking into the audit: runs with their steps and files, units with their life, recipes."""

import json
from typing import Annotated, Any
from urllib.parse import quote

from fastapi import Path, Query
from starlette.requests import Request
from starlette.responses import Response

from orchestrator.audit import queries
from orchestrator.audit.queries import Filters
from orchestrator.domain.outcome import Outcome
from orchestrator.web.api.cursors import PAGE_ROWS, read_number, write_cursor
from orchestrator.web.api.evidence import (
    HeldUnits,
    History,
    KnownUnit,
    Recipe,
    Recipes,
    Run,
    Runs,
    Steps,
    Unit,
    Units,
)
from orchestrator.web.api.models import LoadedRecipe, Word
from orchestrator.web.api.parts import Here, not_changed, not_found, tag
from orchestrator.web.api.station import After, Limit

RunId = Annotated[Word, Path(description="Id of the run.")]
UnitId = Annotated[Word, Path(description="Id of the unit.")]
_SAFE = frozenset({"image/png", "image/jpeg", "text/plain"})
"""Media types of attachments that are told as they are; anything else is just bytes."""


async def list_runs(
    *,
    here: Here,
    slot: Annotated[Word | None, Query(description="Only runs of this slot.")] = None,
    recipe: Annotated[Word | None, Query(description="Name or content hash.")] = None,
    outcome: Annotated[Outcome | None, Query(description="Only runs that ended so.")] = None,
    since: Annotated[
        Word | None, Query(description="Date (UTC) or RFC 3339 time: began then or later.")
    ] = None,
    until: Annotated[
        Word | None, Query(description="Date (UTC) or RFC 3339 time: began then or before.")
    ] = None,
    serial: Annotated[Word | None, Query(description="Only runs of this serial number.")] = None,
    limit: Limit = PAGE_ROWS,
    after: After = None,
) -> Runs:
    """Return the runs of this station, the newest first."""
    filters = Filters(
        station=here.station,
        slot=slot,
        recipe=recipe,
        outcome=outcome,
        since=since,
        until=until,
        serial=serial,
    )
    below = read_number("runs", after)
    rows = await here.reads.read(queries.runs_page, filters, limit + 1, below)
    return Runs(items=[run_view(row) for row in rows[:limit]], next=_next("runs", rows, limit))


def _next(listed: str, rows: list[dict[str, Any]], limit: int) -> str | None:
    return write_cursor(listed, rows[limit - 1]["entry"]) if len(rows) > limit else None


def run_view(row: dict[str, Any]) -> Run:
    """Return a row of `run_view` as the API shows it."""
    return Run.model_validate({**row, "inputs": json.loads(row["inputs"])})


async def get_run(run: RunId, here: Here, request: Request, response: Response) -> Any:
    """Return one run; one that has ended never changes."""
    row = await here.reads.read(queries.run_row, run)
    if row is None:
        raise not_found("run", "List the runs to see their ids.")
    if row["end_entry"] is not None:
        etag = tag("run", run, row["entry"], row["end_entry"])
        if not_changed(request, response, etag):
            return Response(status_code=304, headers=dict(response.headers))
    return run_view(row)


async def list_run_steps(run: RunId, here: Here) -> Steps:
    """Return what a run did, step by step, with what it measured."""
    if await here.reads.read(queries.run_row, run) is None:
        raise not_found("run", "List the runs to see their ids.")
    rows = await here.reads.read(queries.steps, run)
    shown = [{**row, "parameters": json.loads(row["parameters"])} for row in rows]
    return Steps.model_validate({"items": shown})


async def get_run_attachment(
    run: RunId,
    sequence: Annotated[int, Path(ge=0, le=1 << 31, description="Number of the step.")],
    name: Annotated[Word, Path(description="Name of the attachment.")],
    here: Here,
) -> Response:
    """Return what is in an attachment, as a download."""
    row = await here.reads.read(queries.attachment_row, run, sequence, name)
    if row is None:
        raise not_found("attachment", "The steps of the run name theirs.")
    kind = row["media_type"] if row["media_type"] in _SAFE else "application/octet-stream"
    headers = {
        # A name from a step is data: it is written in a form that cannot end the header.
        "Content-Disposition": f"attachment; filename*=UTF-8''{quote(name, safe='')}",
        "Content-Security-Policy": "default-src 'none'; sandbox",
        "Cache-Control": "private, max-age=31536000, immutable",
        "ETag": f'"{row["sha256"]}"',
    }
    return Response(row["content"], media_type=kind, headers=headers)


async def list_units(
    here: Here,
    serial: Annotated[Word | None, Query(description="Exactly this serial number.")] = None,
    device_id: Annotated[Word | None, Query(description="Exactly this silicon.")] = None,
    limit: Limit = PAGE_ROWS,
    after: After = None,
) -> Units:
    """Return the units that the line has met, the last one first."""
    below = read_number("units", after)
    rows = await here.reads.read(
        queries.units_page, limit + 1, below, serial=serial, device_id=device_id
    )
    items = [Unit.model_validate(row) for row in rows[:limit]]
    return Units(items=items, next=_next("units", rows, limit))


async def get_unit(unit: UnitId, here: Here) -> KnownUnit:
    """Return one unit with its silicon."""
    return KnownUnit.model_validate(await _unit(here, unit))


async def list_unit_history(unit: UnitId, here: Here) -> History:
    """Return what ever happened to a unit, the oldest first."""
    row = await _unit(here, unit)
    names = [name for name in (row["serial_number"], *row["device_ids"]) if name]
    rows = await here.reads.read(queries.unit_history, names[0]) if names else []
    return History.model_validate({"items": rows})


async def _unit(here: Here, unit: str) -> dict[str, Any]:
    row = await here.reads.read(queries.unit_row, unit)
    if row is None:
        raise not_found("unit", "List the units to see their ids.")
    return row


async def list_holds(here: Here) -> HeldUnits:
    """Return the requests of which nobody knows whether they were applied, the oldest first."""
    rows = await here.reads.read(queries.holds)
    shown = [{**row, "parameters": json.loads(row["parameters"])} for row in rows]
    return HeldUnits.model_validate({"items": shown})


async def list_recipes(here: Here) -> Recipes:
    """Return the recipes that the station runs now."""
    plans = [ready.plan for ready in here.shelf.plans]
    return Recipes(items=[LoadedRecipe.model_validate(plan) for plan in plans])


async def get_recipe(
    content_hash: Annotated[Word, Path(description="Content hash of the recipe.")],
    here: Here,
    request: Request,
    response: Response,
) -> Any:
    """Return a recipe that was ever loaded here, with its text; it never changes."""
    row = await here.reads.read(queries.recipe_row, content_hash)
    if row is None:
        raise not_found("recipe", "List the recipes, or look into a run, to see their hashes.")
    if not_changed(request, response, tag("recipe", content_hash)):
        return Response(status_code=304, headers=dict(response.headers))
    return Recipe.model_validate({**row, "content_hash": row["recipe_hash"]})
