"""What people see: the pages of the panel, added to the application as routes.

Reading is all that happens here; whatever a page has done goes through the API.
"""

from fastapi import FastAPI

from orchestrator.web.pages.office import add_office_pages
from orchestrator.web.pages.operator import OperatorPages
from orchestrator.web.surface import Surface


def add_pages(application: FastAPI, surface: Surface) -> None:
    """Add the pages of the panel to `application`."""
    pages = OperatorPages(surface, application.state.static.address)
    for path, answer in pages.routes().items():
        application.add_route(path, answer, methods=["GET"], include_in_schema=False)
    application.state.office = add_office_pages(
        application, surface, application.state.static.address
    )
