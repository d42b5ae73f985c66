"""Looking after accounts and tokens from the command line: adding, listing, removing, unlocking.

Works whether the station runs or not; a running one sees the changed file with the next request.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from orchestrator.domain.clock import Clock, timestamp
from orchestrator.domain.errors import InputMistakes
from orchestrator.domain.people import Role
from orchestrator.web.people import BY_BADGE, checked_scopes, expiry
from orchestrator.web.people_file import Account, PeopleFile, Register, Token, new_id
from orchestrator.web.secrecy import Hashing, new_token, token_digest, weak_password, weak_pin

MOST_PEOPLE = 2000
MOST_TOKENS = 200


@dataclass(frozen=True, slots=True)
class Proof:
    """What a person is to sign in with."""

    badge: str = field(default="", repr=False)
    pin: str = field(default="", repr=False)
    password: str = field(default="", repr=False)


class AccountRefused(InputMistakes):
    """This account or token is not made; the sentence says why."""


class Accounts:
    """The people and tokens in one data folder."""

    def __init__(self, file: PeopleFile, clock: Clock, hashing: Hashing | None = None) -> None:
        self._file = file
        self._clock = clock
        self._given = hashing

    @property
    def _hashing(self) -> Hashing:
        if self._given is None:
            self._given = Hashing(self._file.pepper())
        return self._given

    def demand_new(self, name: str, role: Role) -> None:
        """Return when a person of that name can be added. Raises AccountRefused."""
        if role is Role.SERVICE:
            raise AccountRefused(
                "a service is no person", remedy="Make a token: orchestrator people token"
            )
        if not name.strip() or len(name) > 64 or not name.isprintable():
            raise AccountRefused(
                "a name has 1 to 64 printable characters", remedy="Give another --name"
            )
        folded = name.strip().casefold()
        people = self._file.read().people
        if any(each.name.casefold() == folded and not each.disabled for each in people):
            raise AccountRefused(
                f"there is already somebody called {name.strip()}",
                remedy="Give another --name, or remove the old account first",
            )
        if len(people) >= MOST_PEOPLE:
            raise AccountRefused(
                f"there are {len(people)} accounts already", remedy="Start a new people.json"
            )

    def add(self, name: str, role: Role, proof: Proof) -> Account:
        """Add a person. Raises AccountRefused for a weak secret, or a badge that is taken."""
        self.demand_new(name, role)
        why = _weak(role, proof, name)
        if why:
            raise AccountRefused(why, remedy="Choose another one")
        person = new_id("P")
        made = Account(
            person_id=person,
            name=name.strip(),
            role=role,
            badge=self._hashing.badge(proof.badge) if proof.badge else "",
            pin=self._hashing.make(person, proof.pin) if proof.pin else "",
            password=self._hashing.make(person, proof.password) if proof.password else "",
            made_at=timestamp(self._clock.now()),
        )

        def make(register: Register) -> Register:
            taken = {each.badge for each in register.people if each.badge and not each.disabled}
            if made.badge in taken:
                raise AccountRefused(
                    "this badge belongs to somebody already", remedy="Scan another badge"
                )
            return register.model_copy(update={"people": (*register.people, made)})

        self._file.change(make)
        return made

    def rows(self) -> list[dict[str, Any]]:
        """Return a row per person, without anything that checks them."""
        return [
            {
                "person_id": each.person_id,
                "name": each.name,
                "role": each.role.value,
                "badge": bool(each.badge),
                "state": "removed" if each.disabled else "locked" if each.locked else "ok",
                "made_at": each.made_at,
            }
            for each in self._file.read().people
        ]

    def token_rows(self) -> list[dict[str, Any]]:
        """Return a row per token, without the token."""
        now = timestamp(self._clock.now())
        return [
            {
                "token_id": each.token_id,
                "name": each.name,
                "scopes": " ".join(each.scopes),
                "made_at": each.made_at,
                "expires_at": each.expires_at,
                "last_used_at": each.last_used_at,
                "state": _state(each, now),
            }
            for each in self._file.read().tokens
        ]

    def remove(self, found: str) -> bool:
        """Disable a person or revoke a token; False when there is none with that id."""
        return self._update(found, {"disabled": True}, {"revoked": True})

    def unlock(self, person: str) -> bool:
        """Let a person try again; False when there is none with that id."""
        return self._update(person, {"locked": False}, None)

    def _update(
        self, found: str, of_person: dict[str, Any], of_token: dict[str, Any] | None
    ) -> bool:
        register = self._file.read()
        ids = {each.person_id for each in register.people}
        if of_token is not None:
            ids |= {each.token_id for each in register.tokens}
        if found not in ids:
            return False

        def make(register: Register) -> Register:
            people = tuple(
                each.model_copy(update=of_person) if each.person_id == found else each
                for each in register.people
            )
            tokens = tuple(
                each.model_copy(update=of_token or {}) if each.token_id == found else each
                for each in register.tokens
            )
            return register.model_copy(update={"people": people, "tokens": tokens})

        self._file.change(make)
        return True

    def add_token(self, name: str, scopes: Sequence[str], days: int) -> tuple[Token, str]:
        """Make a token; return it and its text, which is kept nowhere. Raises AccountRefused."""
        try:
            given, ends = checked_scopes(scopes), expiry(self._clock.now(), days)
        except ValueError as mistake:
            raise AccountRefused(str(mistake), remedy="Correct --scope or --days") from None
        if not name.strip() or len(name) > 64 or not name.isprintable():
            raise AccountRefused(
                "a name has 1 to 64 printable characters", remedy="Give another --name"
            )
        secret = new_token()
        made = Token(
            token_id=new_id("T"),
            name=name.strip(),
            scopes=given,
            digest=token_digest(secret),
            made_at=timestamp(self._clock.now()),
            expires_at=ends,
        )

        def make(register: Register) -> Register:
            now = timestamp(self._clock.now())
            tokens = [each for each in register.tokens if _state(each, now) == "ok"]
            if len(tokens) >= MOST_TOKENS:
                raise AccountRefused(
                    f"there are {len(tokens)} tokens already",
                    remedy="Remove some: orchestrator people list --tokens",
                )
            return register.model_copy(update={"tokens": (*register.tokens, made)})

        self._file.change(make)
        return made, secret


def _weak(role: Role, proof: Proof, name: str) -> str:
    if role in BY_BADGE:
        if not 4 <= len(proof.badge) <= 128 or not proof.badge.isprintable():
            return "a badge has 4 to 128 printable characters"
        return weak_pin(proof.pin, proof.badge)
    return weak_password(proof.password, name)


def _state(token: Token, now: str) -> str:
    if token.revoked:
        return "removed"
    return "ok" if now < token.expires_at else "expired"
