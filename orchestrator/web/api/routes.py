"""Makes routes of the table of operations, and describes them as OpenAPI."""

from typing import Any

from fastapi import Depends, FastAPI
from starlette.responses import Response

from orchestrator.web.api import PREFIX
from orchestrator.web.api.models import Snapshot
from orchestrator.web.api.parts import Allowed
from orchestrator.web.api.table import AT_ROOT, OPERATIONS, Operation
from orchestrator.web.problems import MEDIA_TYPE, Problem

_PROBLEM = {"content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}}
_BYTES = {"type": "string", "format": "binary"}


def add_api(application: FastAPI) -> None:
    """Add the routes of the API to `application`."""
    for row in OPERATIONS:
        _add(application, row, PREFIX + row.path, shown=True)
        if row.name in AT_ROOT:
            _add(application, row, row.path, shown=False)


def _add(application: FastAPI, row: Operation, path: str, *, shown: bool) -> None:
    more: dict[str, Any] = {}
    if row.kind != "json":
        more["response_class"] = Response
    application.add_api_route(
        path,
        row.handler,
        methods=[row.method],
        operation_id=row.name if shown else None,
        name=row.name,
        response_model=row.answer,
        dependencies=[Depends(Allowed(row.name, row.right))],
        responses=_responses(row),
        include_in_schema=shown,
        openapi_extra={"x-right": row.right.value if row.right is not None else "by code"},
        **more,
    )


def _responses(row: Operation) -> dict[int | str, dict[str, Any]]:
    found: dict[int | str, dict[str, Any]] = {
        "4XX": {"description": "Refused.", **_PROBLEM},
        "5XX": {"description": "The station could not.", **_PROBLEM},
    }
    if row.fixed:
        found[304] = {"description": "Still the same."}
    if row.kind == "bytes":
        found[200] = {"content": {"*/*": {"schema": _BYTES}}, "description": "The content."}
    if row.kind == "stream":
        text = {"schema": {"type": "string"}}
        found[200] = {"content": {"text/event-stream": text}, "description": "Events."}
    if row.kind == "text":
        text = {"schema": {"type": "string"}}
        found[200] = {"content": {"text/plain": text}, "description": "The counters."}
    if row.name == "health_ready":
        found[503] = {"model": row.answer, "description": "Not ready; `problems` says why."}
    return found


def describe(application: FastAPI) -> dict[str, Any]:
    """Return the OpenAPI document of the API."""
    document = application.openapi()
    schemas = document["components"]["schemas"]
    # What is answered besides the answers of the routes: refusals, and the first event of a stream.
    for model in (Problem, Snapshot):
        schema = model.model_json_schema(ref_template="#/components/schemas/{model}")
        schemas.update(schema.pop("$defs", {}))
        schemas[model.__name__] = schema
    document["components"]["securitySchemes"] = {
        "token": {"type": "http", "scheme": "bearer", "description": "orchestrator people token"},
        "session": {"type": "apiKey", "in": "cookie", "name": "__Host-station"},
    }
    document["security"] = [{}, {"token": []}, {"session": []}]
    return document
