"""The station API as a table: every operation, its route, the right it takes, who answers it.

Routes, the interface description, the client's methods and the test of rights are made from it.
The name of an operation is its id, and the name of the client's method.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from orchestrator.web.api import (
    commands,
    events,
    evidence,
    health,
    models,
    people,
    records,
    scans,
    station,
    trials,
)
from orchestrator.web.rights import Right

Method = Literal["GET", "POST", "PUT", "DELETE"]
Kind = Literal["json", "bytes", "text", "stream"]


@dataclass(frozen=True, slots=True)
class Operation:
    """One row. `right` None: the handler decides itself. `answer` is the model of `json`.

    `gone` is true where what is asked for may not be there, `fixed` where the answer may be kept
    and asked for with If-None-Match.
    """

    name: str
    method: Method
    path: str
    right: Right | None
    handler: Callable[..., Any]
    answer: type[models.Answer] | None = None
    kind: Kind = "json"
    fixed: bool = False


_L, _W, _H, _P = Right.LOOK, Right.WORK, Right.HOLD, Right.PEOPLE

OPERATIONS: tuple[Operation, ...] = (
    # Station
    Operation("get_station", "GET", "/station", _L, station.get_station, models.Station),
    Operation("list_slots", "GET", "/slots", _L, station.list_slots, models.Slots),
    Operation("get_slot", "GET", "/slots/{slot}", _L, station.get_slot, models.Slot),
    Operation("follow_events", "GET", "/events", _L, events.follow_events, kind="stream"),
    # Prompts and scans
    Operation("list_prompts", "GET", "/prompts", _L, station.list_prompts, models.Prompts),
    Operation("get_prompt", "GET", "/prompts/{prompt}", _L, station.get_prompt, models.Prompt),
    Operation(
        "get_prompt_picture",
        "GET",
        "/prompts/{prompt}/picture",
        _L,
        station.get_prompt_picture,
        kind="bytes",
    ),
    Operation(
        "answer_prompt", "POST", "/prompts/{prompt}/answer", _W, commands.answer_prompt, models.Done
    ),
    Operation("scan", "POST", "/scans", None, scans.scan, models.Scanned),
    # Commands
    Operation("start_slot", "POST", "/slots/{slot}/start", _W, commands.start_slot, models.Done),
    Operation(
        "stop_slot", "POST", "/slots/{slot}/stop", Right.STOP, commands.stop_slot, models.Done
    ),
    Operation(
        "get_slot_hold", "GET", "/slots/{slot}/hold", _L, commands.get_slot_hold, models.Held
    ),
    Operation("hold_slot", "PUT", "/slots/{slot}/hold", _H, commands.hold_slot, models.Done),
    Operation(
        "release_slot", "DELETE", "/slots/{slot}/hold", _H, commands.release_slot, models.Done
    ),
    Operation("get_line_hold", "GET", "/line/hold", _L, commands.get_line_hold, models.Held),
    Operation("hold_line", "PUT", "/line/hold", _H, commands.hold_line, models.Done),
    Operation("release_line", "DELETE", "/line/hold", _H, commands.release_line, models.Done),
    # Evidence
    Operation("list_runs", "GET", "/runs", _L, records.list_runs, evidence.Runs),
    Operation("get_run", "GET", "/runs/{run}", _L, records.get_run, evidence.Run, fixed=True),
    Operation(
        "list_run_steps", "GET", "/runs/{run}/steps", _L, records.list_run_steps, evidence.Steps
    ),
    Operation(
        "get_run_attachment",
        "GET",
        "/runs/{run}/attachments/{sequence}/{name}",
        _L,
        records.get_run_attachment,
        kind="bytes",
    ),
    Operation("list_units", "GET", "/units", _L, records.list_units, evidence.Units),
    Operation("get_unit", "GET", "/units/{unit}", _L, records.get_unit, evidence.KnownUnit),
    Operation(
        "list_unit_history",
        "GET",
        "/units/{unit}/history",
        _L,
        records.list_unit_history,
        evidence.History,
    ),
    Operation("list_holds", "GET", "/holds", _L, records.list_holds, evidence.HeldUnits),
    Operation(
        "decide_hold",
        "POST",
        "/holds/{intent}/decision",
        Right.DECIDE,
        commands.decide_hold,
        models.Done,
    ),
    Operation("list_recipes", "GET", "/recipes", _L, records.list_recipes, evidence.Recipes),
    Operation(
        "get_recipe",
        "GET",
        "/recipes/{content_hash}",
        _L,
        records.get_recipe,
        evidence.Recipe,
        fixed=True,
    ),
    Operation(
        "try_recipe",
        "POST",
        "/recipes/{content_hash}/trials",
        Right.DRAFT,
        trials.try_recipe,
        trials.Trial,
    ),
    Operation("get_trial", "GET", "/trials/{trial}", _L, trials.get_trial, trials.Trial),
    # People
    Operation("get_session", "GET", "/session", Right.STOP, people.get_session, models.Me),
    Operation("sign_in", "POST", "/session", Right.STOP, people.sign_in, models.Me),
    Operation("sign_out", "DELETE", "/session", Right.STOP, people.sign_out, models.Done),
    Operation("list_people", "GET", "/people", _P, people.list_people, models.People),
    Operation(
        "unlock_person", "POST", "/people/{person}/unlock", _P, people.unlock_person, models.Done
    ),
    Operation(
        "disable_person", "POST", "/people/{person}/disable", _P, people.disable_person, models.Done
    ),
    # Health
    Operation("health_live", "GET", "/health/live", Right.STOP, health.health_live, models.Health),
    Operation(
        "health_ready", "GET", "/health/ready", Right.STOP, health.health_ready, models.Health
    ),
    Operation("get_version", "GET", "/version", Right.STOP, health.get_version, models.Version),
    Operation("get_metrics", "GET", "/metrics", Right.METRICS, health.get_metrics, kind="text"),
)
"""Right.STOP is what everybody has: these routes need nobody signed in."""

AT_ROOT = frozenset({"health_live", "health_ready", "get_version", "get_metrics"})
"""Operations that are also answered without the prefix, where monitors look for them."""
