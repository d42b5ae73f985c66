"""Puts the application together: API, pages, files, and the guard around all of them.

In production there is no documentation route: the interface description lies in
`docs/reference/station-api.json`.
"""

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp

from orchestrator import __version__
from orchestrator.domain.errors import OrchestratorError
from orchestrator.web.api.parts import Memory
from orchestrator.web.api.routes import add_api
from orchestrator.web.callers import Door
from orchestrator.web.guard import BODY_BYTES, Guard
from orchestrator.web.metrics import Metrics
from orchestrator.web.pages.adding import add_pages
from orchestrator.web.problem_kinds import explain
from orchestrator.web.problems import house_error, http_error, unknown_error, wrong_input
from orchestrator.web.static_files import read_static_files
from orchestrator.web.streams import Streams
from orchestrator.web.surface import Surface
from orchestrator.web.trials import Trials


class StationApplication(FastAPI):
    """FastAPI with the guard outside of everything, so that no answer leaves without it."""

    def build_middleware_stack(self) -> ASGIApp:
        """Return the layers around the routes."""
        inner = super().build_middleware_stack()
        surface: Surface | None = getattr(self.state, "surface", None)
        return inner if surface is None else Guard(inner, surface.settings, surface.log)


def bare_application() -> FastAPI:
    """Return the application with its API and without a station, for its description."""
    application = StationApplication(
        title="Station API",
        version=__version__,
        description="What programs and the panel ask a station, and what they have it do.",
        openapi_url=None,
        redirect_slashes=False,
        max_body_size=BODY_BYTES,
    )
    application.add_exception_handler(OrchestratorError, house_error)
    application.add_exception_handler(RequestValidationError, wrong_input)
    application.add_exception_handler(HTTPException, http_error)
    application.add_exception_handler(Exception, unknown_error)
    add_api(application)
    return application


def create_application(surface: Surface) -> FastAPI:
    """Return the application of one station.

    `app.state` has `surface`, `door` (who asks), `streams` and `static`.
    """
    application = bare_application()
    application.state.surface = surface
    application.state.door = Door(surface)
    application.state.streams = Streams(
        surface.hub, surface.session, surface.settings.streams_per_client
    )
    application.state.memory = Memory(surface.clock)
    application.state.trials = Trials(surface)
    application.state.metrics = metrics = Metrics(
        station=surface.station,
        operation=surface.shelf.operation,
        part=surface.part_number,
        clock=surface.clock,
        figures=surface.figures,
    )
    surface.hub.watch(metrics.take)
    application.state.static = static = read_static_files()
    application.add_route("/static/{path:path}", static.serve, include_in_schema=False)
    application.add_route("/help/problems/{code}", explain, include_in_schema=False)
    add_pages(application, surface)
    return application
