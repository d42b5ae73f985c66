"""Adds the pages to the application: as routes, and in place of refusals that a browser gets.

Nothing else of the pages imports this, so that each of them can be imported by itself.
"""

from fastapi import FastAPI
from starlette.exceptions import HTTPException

from orchestrator.domain.errors import OrchestratorError
from orchestrator.web.pages.office import add_office_pages
from orchestrator.web.pages.operator import OperatorPages
from orchestrator.web.pages.page_maker import PageMaker
from orchestrator.web.pages.refusals import in_a_page
from orchestrator.web.pages.sign_in import PATH, SignInPage, looking
from orchestrator.web.problems import house_error, http_error
from orchestrator.web.surface import Surface


def add_pages(application: FastAPI, surface: Surface) -> None:
    """Add the pages of the panel to `application`."""
    static = application.state.static.address
    for path, answer in OperatorPages(surface, static).routes().items():
        shown = looking(answer, "page_panel")
        application.add_route(path, shown, methods=["GET"], include_in_schema=False)
    form = SignInPage(surface, static)
    application.add_route(PATH, form.show, methods=["GET"], include_in_schema=False)
    application.add_route(PATH, form.take, methods=["POST"], include_in_schema=False)
    maker = PageMaker(surface, static)
    application.add_exception_handler(HTTPException, in_a_page(http_error, maker))
    application.add_exception_handler(OrchestratorError, in_a_page(house_error, maker))
    application.state.office = add_office_pages(application, surface, static)
