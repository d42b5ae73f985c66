"""The token of a form: shows that the form came from a page of the one who sends it.

Browsers that say where a request comes from are judged by that (`guard`); the token is for those
that do not, and costs the others nothing. Whoever has no session has nothing that could be abused.
"""

from starlette.requests import Request

from orchestrator.web.callers import Caller
from orchestrator.web.problems import Refused
from orchestrator.web.sessions import same

FIELD = "form_token"


def form_token(caller: Caller) -> str:
    """Return what the form of a page for `caller` holds in the field `form_token`."""
    return caller.session.csrf if caller.session is not None else ""


async def demand_form_token(request: Request, caller: Caller) -> None:
    """Return when the form that was sent came from a page of `caller`. Raises Refused."""
    if caller.session is None:
        return
    form = await request.form(max_files=0, max_fields=20, max_part_size=4096)
    given = form.get(FIELD, "")
    if not isinstance(given, str) or not same(given, caller.session.csrf):
        raise Refused(
            403,
            "form_token",
            "This form does not come from a page of this session.",
            "Load the page again, then send the form.",
        )
