"""Pages for browsers that ask for what is not there, or that are refused elsewhere.

The page tells the problem that a program would get at the same address. Operations of the API
answer everybody as their description says, browsers too.
"""

from collections.abc import Awaitable, Callable
from http import HTTPStatus

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from orchestrator.web.pages.page_maker import PageMaker, wants_page
from orchestrator.web.problems import ProblemAnswer

Told = Callable[[Request, Exception], Awaitable[ProblemAnswer]]
Shown = Callable[[Request, Exception], Awaitable[Response]]
_FOR_PROGRAMS = "/api/"


def in_a_page(told: Told, maker: PageMaker) -> Shown:
    """Return a handler of errors that shows browsers in a page what `told` tells programs."""

    async def shown(request: Request, error: Exception) -> Response:
        answer = await told(request, error)
        if request.url.path.startswith(_FOR_PROGRAMS) or not wants_page(request):
            return answer
        problem = answer.problem
        nowhere = isinstance(error, HTTPException) and problem.status == HTTPStatus.NOT_FOUND
        return maker.refused(
            problem.status,
            problem.code,
            problem.detail,
            problem.what_to_do,
            heading="There is no such page" if nowhere else problem.title,
            headers=answer.extra,
        )

    return shown
