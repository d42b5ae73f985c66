"""The engineer's pages: recipes with their source and check, runs, one run as a waterfall, trials.

Looking is free at the station as everywhere; trying a recipe on a simulated board is the
engineer's right (`web.trials`).
"""

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote

import anyio
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from orchestrator.audit import queries
from orchestrator.audit.queries import Row
from orchestrator.audit.queries.looking import run_events, run_intents, usual_seconds
from orchestrator.domain.series import MEDIA_TYPE as SERIES
from orchestrator.domain.series import read_series
from orchestrator.recipe.plan import Plan
from orchestrator.station.office import CheckedFile
from orchestrator.station.recipes import ReadyRecipe
from orchestrator.web.api.trials import trials_of
from orchestrator.web.form_token import form_token
from orchestrator.web.pages.chart import chart
from orchestrator.web.pages.page_maker import IMMUTABLE, SEALED, PageMaker, asked, not_there
from orchestrator.web.pages.run_list import FILTERS, RunList
from orchestrator.web.pages.waterfall import Waterfall, waterfall
from orchestrator.web.pages.words import duration, local, pretty, seconds_between

_ENDINGS = {
    "text/plain": "txt", "application/json": "json", SERIES: "json", "image/png": "png",
    "image/jpeg": "jpg",
}  # fmt: skip


class EngineerPages:
    """Recipes, runs and trials of one station."""

    def __init__(self, maker: PageMaker) -> None:
        self._maker = maker
        self._surface = maker.surface
        self._reads = maker.surface.reads
        self._list = RunList(maker.surface.reads, maker.surface.station)

    # Recipes

    async def recipes(self, request: Request) -> Response:
        """Show what was loaded, and what the files say now."""
        asked(request, ())
        files = await self._surface.office.files()
        return self._maker.page(
            "recipes.html",
            ready=[_described(each) for each in self._surface.shelf.plans],
            operation=self._surface.shelf.operation,
            files=files,
            changed=_changed(files, {each.plan.content_hash for each in self._surface.shelf.plans}),
        )

    async def recipe(self, request: Request) -> Response:
        """Show one recipe with its source; also one that was only loaded in the past."""
        asked(request, ())
        wanted = request.path_params["content_hash"]
        row = await self._reads.read(queries.recipe_row, wanted)
        ready = self._ready(wanted)
        if row is None and ready is None:
            raise not_there("recipe")
        plan = ready.plan if ready is not None else None
        text = plan.text if plan is not None else str(row["text"] if row else "")
        return self._maker.page(
            "recipe.html",
            recipe=plan if plan is not None else row,
            content_hash=wanted,
            loaded=ready is not None,
            loaded_at=local(row["loaded_at"]) if row is not None else "",
            lines=list(enumerate(text.splitlines(), 1)),
            steps=_planned(plan) if plan is not None else (),
            inputs=_shown_inputs(ready) if ready is not None else {},
            form_token=form_token(request.app.state.door.caller(request)),
            may_try=ready is not None and self._surface.office.attempt is not None,
        )

    def _ready(self, content_hash: str) -> ReadyRecipe | None:
        plans = self._surface.shelf.plans
        return next((each for each in plans if each.plan.content_hash == content_hash), None)

    # Runs

    async def runs(self, request: Request) -> Response:
        """List runs, page by page; the filters are in the address."""
        given = asked(request, (*FILTERS, "after"))
        return self._maker.page("runs.html", **await self._list.page(given))

    async def run(self, request: Request) -> Response:
        """Show one run."""
        asked(request, ())
        row = await self._row(request)
        return self._maker.page("run.html", **await self._told(row))

    async def tail(self, request: Request) -> Response:
        """Return the part of a run's page that grows while it runs."""
        asked(request, ())
        row = await self._row(request)
        return self._maker.page("run_tail.html", **await self._told(row))

    async def _row(self, request: Request) -> Row:
        row = await self._reads.read(queries.run_row, request.path_params["run"])
        if row is None:
            raise not_there("run")
        return row

    async def _told(self, row: Row) -> dict[str, Any]:
        run_id = row["run_id"]
        steps = await self._reads.read(queries.steps, run_id)
        ready = self._ready(row["recipe_hash"])
        usual = await self._reads.read(usual_seconds, row["recipe_hash"])
        running = row["outcome"] is None
        plan = ready.plan if ready is not None else None
        return {
            "run": row,
            "running": running,
            "began": local(row["began_at"]),
            "taken": duration(self._seconds(row)),
            "inputs": pretty(row["inputs"]),
            "falls": self._falls(row, steps, usual, plan),
            "events": [
                {**each, "at": local(each["occurred_at"]), "says": pretty(each["detail"])}
                for each in await self._reads.read(run_events, run_id)
            ],
            "intents": [
                {**each, "at": local(each["found_at"] or each["began_at"])}
                for each in await self._reads.read(run_intents, run_id)
            ],
            "quoted": quote,
        }

    def _falls(
        self, row: Row, steps: list[Row], usual: Mapping[str, float], plan: Plan | None
    ) -> Waterfall:
        return waterfall(steps, row["began_at"], self._seconds(row), plan=plan, usual=usual)

    def _seconds(self, row: Row) -> float:
        """Return how long a run took, or takes by now."""
        if row["duration_us"] is not None:
            return float(row["duration_us"]) / 1_000_000
        now = self._surface.clock.now().isoformat()
        return max(0.0, seconds_between(row["began_at"], now))

    # What steps left

    async def attachment(self, request: Request) -> Response:
        """Return an attachment as a download under a name that was made here."""
        row = await self._attached(request)
        ending = _ENDINGS.get(row["media_type"], "bin")
        name = f"{row['run_id']}-{row['sequence']}-{row['sha256'][:12]}.{ending}"
        headers = {
            "Content-Disposition": f'attachment; filename="{name}"',
            "Cache-Control": IMMUTABLE,
            **SEALED,
        }
        return Response(row["content"], media_type="application/octet-stream", headers=headers)

    async def series(self, request: Request) -> Response:
        """Return the drawing of a measurement series."""
        row = await self._attached(request)
        if row["media_type"] != SERIES:
            raise not_there("series")
        drawn = await anyio.to_thread.run_sync(lambda: chart(read_series(row["content"])))
        return self._maker.picture("series.svg", chart=drawn)

    async def _attached(self, request: Request) -> Row:
        asked(request, ())
        place = request.path_params
        sequence = place["sequence"] if place["sequence"] < 1 << 31 else 0
        row = await self._reads.read(queries.attachment_row, place["run"], sequence, place["name"])
        if row is None:
            raise not_there("attachment")
        return row

    # Trials

    async def attempt(self, request: Request) -> Response:
        """Try a recipe on a simulated board, then show how it went."""
        kept = await trials_of(request).attempt(request.path_params["content_hash"])
        return RedirectResponse(f"/trials/{kept.trial_id}", status_code=303)

    async def trial(self, request: Request) -> Response:
        """Show how a trial went."""
        asked(request, ())
        trial = trials_of(request).get(request.path_params["trial"]).trial
        seconds = trial.duration_us / 1_000_000
        ready = self._ready(trial.content_hash)
        plan = ready.plan if ready is not None else None
        return self._maker.page(
            "trial.html",
            trial=trial,
            taken=duration(seconds),
            falls=waterfall(trial.steps, trial.began_at, seconds, plan=plan),
        )


def _described(ready: ReadyRecipe) -> dict[str, object]:
    plan = ready.plan
    steps = list(plan.steps())
    return {
        "plan": plan,
        "steps": len(steps),
        "irreversible": sum(step.irreversible for step in steps),
    }


def _planned(plan: Plan) -> list[dict[str, object]]:
    return [
        {
            "id": step.id,
            "name": step.name,
            "uses": step.uses,
            "irreversible": step.irreversible,
            "seconds": duration(float(step.timeout_seconds)),
            "limits": ", ".join(step.limits),
        }
        for step in plan.steps()
    ]


def _shown_inputs(ready: ReadyRecipe) -> dict[str, str]:
    """Return what the recipe is given; of secrets that they are there."""
    shown = {name: str(value) for name, value in ready.inputs.items()}
    return {**shown, **dict.fromkeys(ready.secrets, "(secret)")}


def _changed(files: Sequence[CheckedFile], loaded: set[str]) -> bool:
    """Tell whether a file is other than what was loaded."""
    return any(each.content_hash not in loaded for each in files)
