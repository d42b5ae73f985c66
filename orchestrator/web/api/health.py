"""Whether the station lives and is ready, which program it is, and its counters."""

import platform

from starlette.requests import Request
from starlette.responses import Response

from orchestrator import __version__
from orchestrator.web.api.models import Health, Version
from orchestrator.web.api.parts import Here
from orchestrator.web.metrics import CONTENT_TYPE, Metrics

_NOT_READY = frozenset({"audit", "disk", "clock"})
"""The reasons of the line that make a station not ready; others are somebody's decision."""


async def health_live() -> Health:
    """Say that the station's program answers."""
    return Health(status="live")


async def health_ready(here: Here, response: Response) -> Health:
    """Say whether the station could take a board: audit, disk, clock. Status 503: it could not."""
    snapshot = here.control.snapshot()
    problems = [each.sentence for each in snapshot.reasons if each.kind in _NOT_READY]
    if not snapshot.audit.writable and not problems:
        problems = [snapshot.audit.why or "The audit cannot be written."]
    if problems:
        response.status_code = 503
    return Health(status="not ready" if problems else "ready", problems=problems)


async def get_version() -> Version:
    """Say which program this is."""
    return Version(version=__version__, python=platform.python_version(), api="v1")


async def get_metrics(request: Request, here: Here) -> Response:
    """Return the counters in the text format of Prometheus."""
    metrics: Metrics = request.app.state.metrics
    return Response(metrics.text(here.control.snapshot()), media_type=CONTENT_TYPE)
