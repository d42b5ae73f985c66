"""Who does something at a station, as the audit and the rights know it.

Names of people stay outside the evidence: a person is an opaque id there, and whoever keeps the
accounts can say who that is.
"""

from dataclasses import dataclass
from enum import StrEnum


class Role(StrEnum):
    """What a person, or a program with a token, is here for; rights follow from it."""

    VIEWER = "viewer"
    OPERATOR = "operator"
    ENGINEER = "engineer"
    QUALITY = "quality"
    ADMIN = "admin"
    SERVICE = "service"


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts. `person` is the id of an account or token, or a word such as `unidentified`.

    `place` is where it was done: `panel`, `api`, `command line`, `button`.
    """

    person: str
    role: Role
    place: str

    def __str__(self) -> str:
        return f"{self.person} ({self.role}, {self.place})"


UNIDENTIFIED = "unidentified"
