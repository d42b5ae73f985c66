"""What the pages for engineers and quality share: who may look, what addresses hold, refusals.

A page is asked for by its address alone: filters and the place in a list are in it, so that it can
be sent to somebody else. What is unknown in an address is refused, not ignored.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from types import MappingProxyType
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from orchestrator.domain.errors import OrchestratorError
from orchestrator.web.callers import Door
from orchestrator.web.form_token import demand_form_token
from orchestrator.web.guard import SAFE_METHODS
from orchestrator.web.pages.render import Renderer
from orchestrator.web.problems import Refused, status_of
from orchestrator.web.rights import Right
from orchestrator.web.surface import Surface

Answer = Callable[[Request], Awaitable[Response]]
TEXT_LIMIT = 200
"""Longest value of a filter."""
IMMUTABLE = "private, max-age=31536000, immutable"
SEALED = {"Content-Security-Policy": "default-src 'none'; sandbox"}
"""For what was made from data: should a browser open it by itself, nothing in it works."""


class PageMaker:
    """Draws pages for those who have the right to see them."""

    def __init__(self, surface: Surface, static: Callable[[str], str]) -> None:
        self.surface = surface
        self._renderer = Renderer(static)

    def page(self, template: str, *, status: int = 200, **values: object) -> Response:
        """Return a page of `templates/office`."""
        known = {"station": self.surface.station, "title": self.surface.settings.title, **values}
        text = self._renderer.page(f"office/{template}", **known)
        return HTMLResponse(text, status_code=status)

    def picture(self, template: str, **values: object) -> Response:
        """Return a drawing that never changes."""
        text = self._renderer.page(f"office/{template}", **values)
        headers = {"Cache-Control": IMMUTABLE, **SEALED}
        return Response(text, media_type="image/svg+xml", headers=headers)

    def open_to(self, right: Right, operation: str, answer: Answer) -> Answer:
        """Return `answer` for those who have `right`; others, and faults, get a page that says why.

        `operation` is what a refusal is recorded under.
        """

        async def answered(request: Request) -> Response:
            door: Door = request.app.state.door
            try:
                caller = door.caller(request)
                await door.demand(caller, right, operation)
                if request.method not in SAFE_METHODS:
                    await demand_form_token(request, caller)
                return await answer(request)
            except OrchestratorError as error:
                return self._refusal(error)

        return answered

    def _refusal(self, error: OrchestratorError) -> Response:
        status, code = status_of(error)
        headers = error.headers if isinstance(error, Refused) else {}
        return self.refused(status, code, error.what, error.remedy, headers=headers)

    def refused(
        self,
        status: int,
        code: str,
        what: str,
        remedy: str,
        *,
        heading: str = "Not shown",
        headers: Mapping[str, str] = MappingProxyType({}),
    ) -> Response:
        """Return the page that says why something is not shown, and leads back to the panel."""
        answer = self.page(
            "refused.html", status=status, heading=heading, what=what, remedy=remedy, code=code
        )
        answer.headers.update(headers)
        return answer


def wants_page(request: Request) -> bool:
    """Say whether a person with a browser asks, and not a program or a script of a page."""
    return "text/html" in request.headers.get("accept", "")


def asked(request: Request, names: Sequence[str]) -> dict[str, str]:
    """Return the filters in the address, by `names`; what is left empty is not there.

    Raises Refused for names that are not among them, given twice, or with too long a value.
    """
    found: dict[str, str] = {}
    for name, value in request.query_params.multi_items():
        if name not in names or name in found or len(value) > TEXT_LIMIT:
            raise Refused(
                422,
                "query",
                f"The address has something that this page does not know: {name[:40]}.",
                f"Known here: {', '.join(names)}; each once, {TEXT_LIMIT} characters at most.",
            )
        found[name] = value.strip()
    return {name: value for name, value in found.items() if value}


def address(path: str, filters: Mapping[str, str], **changes: str | None) -> str:
    """Return the address of a list with these filters; a change to None leaves one out."""
    wanted = {**filters, **changes}
    query = urlencode({name: value for name, value in wanted.items() if value})
    return f"{path}?{query}" if query else path


def not_there(what: str) -> Refused:
    """Return the refusal of something that is not there; what was asked for is not repeated."""
    return Refused(404, "not_found", f"There is no such {what} here.", "Look for it in the list.")
