"""How a pretend portal says no: a status, and words in the forms that portals use.

`Refused` is raised by the state and by handlers; the server turns it into an answer. The document
describes none of it: statuses and words are those of a public implementation of the time, or what
its framework does by itself.
"""

from collections.abc import Mapping


class Refused(Exception):
    """The portal refuses. `words` go as a JSON string, `errors` as a problem by member."""

    def __init__(
        self,
        status: int,
        words: str = "",
        *,
        errors: Mapping[str, str] | None = None,
        retry_after: int | None = None,
    ) -> None:
        super().__init__(words)
        self.status = status
        self.words = words
        self.errors = dict(errors or {})
        self.retry_after = retry_after


def unknown(what: str, name: str) -> Refused:
    """Return the refusal for something that is not registered."""
    return Refused(404, f"no {what} with id {name} could be found")


def exists(name: str) -> Refused:
    """Return the refusal for an id that is registered already."""
    return Refused(400, f"A device with ID {name} already exists.")


def invalid(**errors: str) -> Refused:
    """Return the refusal for members that do not fit, by their names."""
    return Refused(400, errors=errors)
