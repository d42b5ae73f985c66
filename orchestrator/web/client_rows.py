"""The operations of the station API as rows of the house's own client; a test compares both.

Signing in is not among them: programs have tokens. Every command may be repeated, because the
station carries out what has the same Idempotency-Key once.
"""

from collections.abc import Mapping
from types import MappingProxyType

from orchestrator.transport.endpoint import Endpoint
from orchestrator.web.api import evidence, models

_PICTURE_BYTES = 8 << 20
_LIST_BYTES = 16 << 20


def _get(name: str, path: str, answer: type[models.Answer], cap: int = _LIST_BYTES) -> Endpoint:
    return Endpoint(
        name, name, "Station", "GET", path, answer, idempotent=True, answer_cap_bytes=cap
    )


def _bytes(name: str, path: str) -> Endpoint:
    return Endpoint(
        name, name, "Station", "GET", path, None, idempotent=True, answer_cap_bytes=_PICTURE_BYTES
    )


def _post(
    name: str,
    path: str,
    answer: type[models.Answer] = models.Done,
    request: type[models.Asked] | None = None,
) -> Endpoint:
    return Endpoint(name, name, "Station", "POST", path, answer, request, idempotent=True)


_ROWS: tuple[Endpoint, ...] = (
    _get("get_station", "/station", models.Station),
    _get("list_slots", "/slots", models.Slots),
    _get("get_slot", "/slots/{slot}", models.Slot),
    Endpoint("follow_events", "follow_events", "Station", "GET", "/events", None, door="SSE"),
    _get("list_prompts", "/prompts", models.Prompts),
    _get("get_prompt", "/prompts/{prompt}", models.Prompt),
    _bytes("get_prompt_picture", "/prompts/{prompt}/picture"),
    _post("answer_prompt", "/prompts/{prompt}/answer", request=models.PromptAnswer),
    _post("scan", "/scans", models.Scanned, models.Scan),
    _post("start_slot", "/slots/{slot}/start"),
    _post("stop_slot", "/slots/{slot}/stop"),
    _get("get_slot_hold", "/slots/{slot}/hold", models.Held),
    Endpoint(
        "hold_slot", "hold_slot", "Station", "PUT", "/slots/{slot}/hold", models.Done,
        models.HoldOrder, idempotent=True,
    ),
    Endpoint(
        "release_slot", "release_slot", "Station", "DELETE", "/slots/{slot}/hold", models.Done,
        idempotent=True,
    ),
    _get("get_line_hold", "/line/hold", models.Held),
    Endpoint(
        "hold_line", "hold_line", "Station", "PUT", "/line/hold", models.Done, models.HoldOrder,
        idempotent=True,
    ),
    Endpoint(
        "release_line", "release_line", "Station", "DELETE", "/line/hold", models.Done,
        idempotent=True,
    ),
    _get("list_runs", "/runs", evidence.Runs),
    _get("get_run", "/runs/{run}", evidence.Run),
    _get("list_run_steps", "/runs/{run}/steps", evidence.Steps),
    _bytes("get_run_attachment", "/runs/{run}/attachments/{sequence}/{name}"),
    _get("list_units", "/units", evidence.Units),
    _get("get_unit", "/units/{unit}", evidence.KnownUnit),
    _get("list_unit_history", "/units/{unit}/history", evidence.History),
    _get("list_holds", "/holds", evidence.HeldUnits),
    _get("list_recipes", "/recipes", evidence.Recipes),
    _get("get_recipe", "/recipes/{content_hash}", evidence.Recipe),
    _get("get_session", "/session", models.Me),
    _get("health_live", "/health/live", models.Health),
    Endpoint(
        "health_ready", "health_ready", "Station", "GET", "/health/ready", models.Health,
        idempotent=True, success=(200, 503),
    ),
    _get("get_version", "/version", models.Version),
    Endpoint(
        "get_metrics", "get_metrics", "Station", "GET", "/metrics", "text", idempotent=True
    ),
)  # fmt: skip

ROWS: Mapping[str, Endpoint] = MappingProxyType({row.name: row for row in _ROWS})
"""The operations by their names."""

NOT_FOR_PROGRAMS = frozenset(
    {
        "decide_hold",
        "sign_in",
        "sign_out",
        "list_people",
        "unlock_person",
        "disable_person",
        "try_recipe",
        "get_trial",
    }
)
"""Operations that take a person: the client has no method for them."""
