"""Who may do what: the table of rights, by role, and the scopes of tokens.

Looking needs nothing and stopping needs nobody; everything else needs a person or a token. Nobody
has a right to change or delete evidence, so there is none for it here.
"""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType

from orchestrator.domain.people import Role


class Right(StrEnum):
    """Something that the panel or a program may do at a station."""

    STOP = "stop"
    """Stop the run of a slot. Everybody, signed in or not: an emergency asks for no badge."""
    LOOK = "look"
    """See tiles, runs, units and recipes of this station."""
    WORK = "work"
    """Start, answer prompts, scan."""
    HOLD = "hold"
    """Close and open slots, and the line."""
    DRAFT = "draft"
    """Try a recipe on simulated boards."""
    DECIDE = "decide"
    """Say what became of a request that left a unit on hold."""
    METRICS = "metrics"
    """Read the counters."""
    PEOPLE = "people"
    """See accounts, unlock and disable them."""


_R = Role
RIGHTS: Mapping[Right, frozenset[Role]] = MappingProxyType(
    {
        Right.STOP: frozenset(Role),
        Right.LOOK: frozenset(Role) - {_R.SERVICE},
        Right.WORK: frozenset({_R.OPERATOR, _R.ENGINEER}),
        Right.HOLD: frozenset({_R.ENGINEER, _R.QUALITY}),
        Right.DRAFT: frozenset({_R.ENGINEER}),
        Right.DECIDE: frozenset({_R.QUALITY}),
        Right.METRICS: frozenset(Role) - {_R.SERVICE},
        Right.PEOPLE: frozenset({_R.ADMIN}),
    }
)
"""Which roles have a right. A service has those of its token's scopes besides."""

SCOPES: Mapping[str, frozenset[Right]] = MappingProxyType(
    {
        "look": frozenset({Right.LOOK}),
        "work": frozenset({Right.LOOK, Right.WORK}),
        "hold": frozenset({Right.LOOK, Right.HOLD}),
        "metrics": frozenset({Right.METRICS}),
    }
)
"""What a token may be given; it has nothing that is not listed here."""

WORDS: Mapping[Right, str] = MappingProxyType(
    {
        Right.STOP: "stop a slot",
        Right.LOOK: "look",
        Right.WORK: "start, answer and scan",
        Right.HOLD: "close and open slots",
        Right.DRAFT: "try a recipe",
        Right.DECIDE: "decide about a unit",
        Right.METRICS: "read the counters",
        Right.PEOPLE: "look after accounts",
    }
)
"""How a refusal names a right."""


def rights_of(role: Role, scopes: frozenset[str] = frozenset()) -> frozenset[Right]:
    """Return the rights of `role`, and of the scopes of a service's token."""
    own = {right for right, roles in RIGHTS.items() if role in roles}
    if role is Role.SERVICE:
        for scope in scopes:
            own |= SCOPES.get(scope, frozenset())
    return frozenset(own)


def who_has(right: Right, role: Role) -> str:
    """Say who has `right`, for the refusal of somebody with the role `role`."""
    scopes = [scope for scope, rights in SCOPES.items() if right in rights]
    if role is Role.SERVICE and scopes:
        return f"A token needs the scope {' or '.join(scopes)}."
    return f"This is for: {', '.join(each.value for each in Role if each in RIGHTS[right])}."
