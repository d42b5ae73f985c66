"""Every kind of problem that the station tells of: its code, its title, and what it means.

The page `/help/problems/CODE` shows a row; a test finds each code that is used here.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response


@dataclass(frozen=True, slots=True)
class ProblemKind:
    """One kind: `title` in a few words, `about` what it means and what helps."""

    title: str
    about: str


_K = ProblemKind

KINDS: Mapping[str, ProblemKind] = MappingProxyType(
    {
        # What was asked
        "bad_request": _K(
            "Not readable",
            "The request is no proper HTTP, or its body is no text or nested too deeply.",
        ),
        "input": _K(
            "Does not fit",
            "A parameter or a member of the body is missing, has another form, or lies outside its "
            "limits, or the body is no JSON. `errors` names each place.",
        ),
        "query": _K(
            "Unknown parameter",
            "The address has a parameter that this operation does not know, or one twice. It is "
            "refused because a misspelt filter would answer too much.",
        ),
        "cursor": _K(
            "No cursor",
            "`after` is not what the page before gave as `next`, or belongs to another list.",
        ),
        "not_found": _K("Not there", "There is nothing with this name or id at this station."),
        "method": _K("Unknown method", "This address does not know that method."),
        "too_large": _K("Too large", "The body of a request has at most one MiB."),
        "headers": _K("Headers too large", "All headers of a request have at most 16 KiB."),
        "http": _K("Refused", "The request cannot be answered as it was sent."),
        # Who asks
        "host": _K(
            "Unknown host name",
            "Browsers may be made to ask a station under a foreign name. Only loopback names, "
            "`web.host` and `web.hosts` are answered.",
        ),
        "cross_site": _K(
            "From another site",
            "What changes something has to come from the station's own pages, or be JSON of a "
            "program, so that no other page can make a browser send it.",
        ),
        "form_token": _K(
            "Form of another session", "The page was loaded before the last sign-in, or elsewhere."
        ),
        "sign_in": _K("Sign in first", "Looking and stopping need nobody; this needs a person."),
        "rights": _K(
            "Not allowed", "The role of this person, or the scopes of this token, do not allow it."
        ),
        "token": _K(
            "Unknown token",
            "The token is not known here, has expired after its days, or was revoked.",
        ),
        "sign_in_incomplete": _K("Incomplete", "Badge and PIN, or name and password, are needed."),
        "sign_in_wrong": _K("Wrong", "Badge and PIN, or name and password, do not fit together."),
        "sign_in_paused": _K(
            "Wait", "After five wrong attempts nothing is looked at for thirty seconds."
        ),
        "sign_in_locked": _K(
            "Locked",
            "After ten wrong attempts a supervisor has to unlock the account: `orchestrator people "
            "unlock`.",
        ),
        "sign_in_crowd": _K("Try again", "Too many people sign in at the same moment."),
        "too_many": _K(
            "Too many requests", "Twenty commands a second are carried out for one caller."
        ),
        "too_many_streams": _K(
            "Too many streams", "One address may follow eight event streams at once."
        ),
        # What the station says
        "refused": _K("Refused", "The station does not do this now; the sentence says why."),
        "command_refused": _K("Not now", "The slot or the line is not in the state for this."),
        "answer_refused": _K(
            "Answer refused", "The answer does not fit its question, or somebody was faster."
        ),
        "scan_refused": _K(
            "Scan refused", "Nobody waits for this code; the sentence says for what."
        ),
        "decision_refused": _K("Decision refused", "Nothing is to be decided about this intent."),
        "busy": _K("Busy", "Somebody else is doing this."),
        "if_match": _K(
            "Say what it was",
            "Two people may change the same thing. Read it first and send its ETag as If-Match.",
        ),
        "changed": _K("Changed meanwhile", "It is not any more as it was when it was read."),
        "idempotency_key": _K(
            "Key used before", "The same Idempotency-Key came with another request."
        ),
        "audit_unavailable": _K(
            "No evidence", "Nothing is done that cannot be recorded. Stopping a slot still works."
        ),
        "configuration": _K(
            "Not set up", "A file that the station needs is damaged, or others can read it."
        ),
        "deadline": _K("Too slow", "The station did not get an answer in time."),
        "program": _K("Our fault", "The program itself failed. The station's log says more."),
    }
)


async def explain(request: Request) -> Response:
    """Answer what a kind of problem means, as plain text."""
    code = str(request.path_params["code"])
    kind = KINDS.get(code)
    if kind is None:
        return PlainTextResponse("There is no such kind of problem.\n", status_code=404)
    return PlainTextResponse(f"{code}: {kind.title}\n\n{kind.about}\n")
