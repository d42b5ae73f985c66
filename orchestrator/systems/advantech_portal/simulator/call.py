"""One request as the handlers see it: row, parameters, who asks, and a checked body."""

import json
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, ValidationError

from orchestrator.systems.advantech_portal.simulator.accounts import Session
from orchestrator.systems.advantech_portal.simulator.refusals import RefusalRow, Refused
from orchestrator.transport.endpoint import Endpoint
from orchestrator.transport.serving import Received

COOKIE = "jwt"


@dataclass(frozen=True, slots=True)
class Call:
    """A request to one row. `session` is whose token it carries, None where none is needed."""

    row: Endpoint
    request: Received
    session: Session | None

    def parameter(self, name: str) -> str:
        """Return a parameter of the path."""
        return self.request.parameters[name]

    async def members(self, refusal: RefusalRow) -> dict[str, Any]:
        """Return the body, which must fit the row's model. Raises Refused with `refusal`."""
        model = self.row.request
        assert isinstance(model, type)
        assert issubclass(model, BaseModel)
        body = await self.request.body()
        try:
            model.model_validate_json(body)
            found = json.loads(body)
        except ValidationError as error:
            raise Refused(refusal, _words(error)) from None
        except (ValueError, RecursionError):
            raise Refused(refusal) from None
        assert isinstance(found, dict)
        return found


def token_of(request: Received, *, query: bool) -> str | None:
    """Return the token of a request: from its header, its cookie, or, where told, its query."""
    if request.bearer:
        return request.bearer
    for part in request.headers.get("cookie", "").split(";"):
        name, _, value = part.strip().partition("=")
        if name == COOKIE and value:
            return str(value)
    return request.query.get("token") if query else None


def _words(error: ValidationError) -> str:
    """Say what does not fit, without saying what was given."""
    first = error.errors(include_url=False, include_input=False, include_context=False)[0]
    where = ".".join(str(part) for part in first["loc"]) or "body"
    kind = "required" if first["type"] == "missing" else first["type"]
    return f"Field validation for '{where[:80]}' failed on the '{kind}' tag"
