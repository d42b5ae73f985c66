"""Signing in without the panel: a plain form, for browsers that may not look before.

Where the settings let anybody look, the panel signs people in itself. Elsewhere other machines see
this page and nothing else until somebody has signed in.
"""

from collections.abc import Callable
from http import HTTPStatus

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from orchestrator.domain.errors import OrchestratorError
from orchestrator.web.api.people import set_cookie
from orchestrator.web.callers import Door
from orchestrator.web.pages.page_maker import Answer, PageMaker, wants_page
from orchestrator.web.problems import Refused, status_of
from orchestrator.web.rights import Right
from orchestrator.web.surface import Surface

PATH = "/sign-in"
_LONGEST = 256


def looking(answer: Answer, operation: str) -> Answer:
    """Return `answer` for those who may look; a page of anybody else becomes the form."""

    async def answered(request: Request) -> Response:
        door: Door = request.app.state.door
        try:
            await door.demand(door.caller(request), Right.LOOK, operation)
        except Refused as refusal:
            if wants_page(request) and refusal.status == HTTPStatus.UNAUTHORIZED:
                return RedirectResponse(PATH, status_code=303)
            raise
        return await answer(request)

    return answered


class SignInPage:
    """The form of one station. `static` returns the address of a shipped file."""

    def __init__(self, surface: Surface, static: Callable[[str], str]) -> None:
        self._maker = PageMaker(surface, static)

    async def show(self, request: Request) -> Response:
        """Show the form."""
        del request
        return self._maker.page("sign_in.html", refused="")

    async def take(self, request: Request) -> Response:
        """Sign in by what the form says, then show the panel."""
        door: Door = request.app.state.door
        form = await request.form(max_files=0, max_fields=8, max_part_size=4096)
        given = {
            name: value[:_LONGEST]
            for name in ("badge", "pin", "name", "password")
            if isinstance(value := form.get(name, ""), str)
        }
        try:
            secret, _ = await door.sign_in(
                door.caller(request),
                badge=given.get("badge", ""),
                pin=given.get("pin", ""),
                name=given.get("name", ""),
                password=given.get("password", ""),
            )
        except OrchestratorError as error:
            status, _ = status_of(error)
            refused = f"{error.what} {error.remedy}".strip()
            return self._maker.page("sign_in.html", status=status, refused=refused)
        answer = RedirectResponse("/", status_code=303)
        set_cookie(door, answer, secret)
        return answer
