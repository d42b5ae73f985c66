"""Who somebody is: badge and PIN, name and password, tokens of programs, judged one at a time.

Every wrong attempt costs the same time and gets the same words, whether the badge exists or not.
What people may do is `rights`' business, and how long they stay signed in `sessions`'.
"""

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta

import anyio
from anyio.to_thread import run_sync

from orchestrator.domain.clock import Clock, timestamp
from orchestrator.domain.errors import OrchestratorError, StationBusy
from orchestrator.domain.people import Role
from orchestrator.web.attempts import Attempts
from orchestrator.web.people_file import Account, PeopleFile, Register, Token
from orchestrator.web.rights import SCOPES
from orchestrator.web.secrecy import TOKEN_PREFIX, Hashing, token_digest

BY_BADGE = frozenset({Role.VIEWER, Role.OPERATOR})
"""The roles that sign in by badge and PIN; all others need their password."""

USED_AGAIN_SECONDS = 300.0
"""The last use of a token is written down at most so often."""

_WAITING = 16


class SignInRefused(OrchestratorError):
    """Nobody was signed in. `reason` is for the audit, `person` an id where one is known."""

    def __init__(self, what: str, *, remedy: str, reason: str, person: str = "") -> None:
        super().__init__(what, remedy=remedy)
        self.reason = reason
        self.person = person
        self.seconds = 0.0
        """After how long another attempt is looked at."""


@dataclass(frozen=True, slots=True)
class _Claim:
    """Who somebody claims to be: the account, if there is one, and what proves it."""

    key: str
    account: Account | None
    secret: str
    kept: str
    enough: bool = False


class People:
    """The people and programs of one station."""

    def __init__(self, file: PeopleFile, hashing: Hashing, clock: Clock) -> None:
        self._file = file
        self._hashing = hashing
        self._clock = clock
        self._attempts = Attempts(clock)
        self._turn = anyio.Lock()
        self._waiting = 0
        self._used: dict[str, float] = {}
        self._locked: set[str] = set()

    def register(self) -> Register:
        """Return all people and tokens; the same object while nothing has changed."""
        return self._file.read()

    def accounts(self) -> Sequence[Account]:
        """Return all accounts. Raises ConfigurationMistakes when the file is damaged."""
        return self._file.read().people

    def account(self, person_id: str) -> Account | None:
        """Return an account that may be used; None when it is disabled or unknown."""
        for account in self.accounts():
            if account.person_id == person_id:
                return None if account.disabled else account
        return None

    async def by_badge(self, badge: str, pin: str, *, badge_alone: bool = False) -> Account:
        """Return whose badge and PIN these are. Raises SignInRefused.

        With `badge_alone` operators need no PIN.
        """
        key = self._hashing.badge(badge)
        account = self._one(lambda each: bool(each.badge) and each.badge == key)
        if account is not None and account.role not in BY_BADGE:
            account = None
        kept = account.pin if account is not None else ""
        enough = badge_alone and account is not None
        return await self._judged(_Claim(key, account, pin, kept, enough))

    async def by_password(self, password: str, *, name: str = "", badge: str = "") -> Account:
        """Return whose name, or badge, and password these are. Raises SignInRefused."""
        folded = name.strip().casefold()
        key = self._hashing.badge(badge) if badge else self._hashing.name(name)

        def fits(each: Account) -> bool:
            return each.badge == key if badge else each.name.casefold() == folded

        account = self._one(fits)
        kept = account.password if account is not None else ""
        return await self._judged(_Claim(key, account, password, kept))

    def token(self, text: str) -> Token | None:
        """Return the token that `text` is, when it may be used now."""
        if not text.startswith(TOKEN_PREFIX):
            return None
        digest = token_digest(text)
        now = timestamp(self._clock.now())
        for token in self._file.read().tokens:
            if token.digest == digest and not token.revoked and now < token.expires_at:
                self._note_use(token, now)
                return token
        return None

    async def unlock(self, person_id: str) -> Account | None:
        """Let somebody try again; None when there is no such person."""
        return await run_sync(self._changed, person_id, {"locked": False})

    async def disable(self, person_id: str) -> Account | None:
        """End all that somebody may do; None when there is no such person."""
        return await run_sync(self._changed, person_id, {"disabled": True})

    def _one(self, fits: Callable[[Account], bool]) -> Account | None:
        return next((each for each in self.accounts() if not each.disabled and fits(each)), None)

    async def _judged(self, claim: _Claim) -> Account:
        if self._waiting >= _WAITING:
            raise _refused("Too many people sign in at once", "Try again in a moment", "crowd")
        self._waiting += 1
        try:
            async with self._turn:
                return await self._judge(claim)
        finally:
            self._waiting -= 1

    async def _judge(self, claim: _Claim) -> Account:
        account = claim.account
        person = account.person_id if account is not None else ""
        if account is not None and not account.locked and claim.key in self._locked:
            # A supervisor has unlocked it in the file.
            self._locked.discard(claim.key)
            self._attempts.forget(claim.key)
        if self._attempts.locked(claim.key) or (account is not None and account.locked):
            raise _refused(
                "This badge or name is locked after too many wrong attempts",
                "Ask a supervisor to unlock it: orchestrator people unlock",
                "locked",
                person,
            )
        pause = self._attempts.pause(claim.key)
        if pause:
            refused = _refused(
                "Too many wrong attempts", f"Try again in {pause:.0f} s", "paused", person
            )
            refused.seconds = pause
            raise refused
        # Without an account, or one without such a secret, a check takes as long and is wrong.
        right = claim.enough or await run_sync(self._hashing.fits, person, claim.secret, claim.kept)
        if account is None or not right or not (claim.kept or claim.enough):
            await self._note_wrong(claim)
            raise _refused("This is wrong", "Try again", "wrong", person)
        self._attempts.forget(claim.key)
        return account

    async def _note_wrong(self, claim: _Claim) -> None:
        self._attempts.wrong(claim.key)
        if claim.account is not None and self._attempts.locked(claim.key):
            await run_sync(self._changed, claim.account.person_id, {"locked": True})
            self._locked.add(claim.key)

    def _changed(self, person_id: str, update: dict[str, bool]) -> Account | None:
        found: list[Account] = []

        def make(register: Register) -> Register:
            people = list(register.people)
            for number, account in enumerate(people):
                if account.person_id == person_id:
                    people[number] = account.model_copy(update=update)
                    found.append(people[number])
            return register.model_copy(update={"people": tuple(people)})

        self._file.change(make)
        return found[0] if found else None

    def _note_use(self, token: Token, now: str) -> None:
        """Write down the last use, at most every few minutes."""
        seconds = self._clock.monotonic()
        if seconds - self._used.get(token.token_id, float("-inf")) < USED_AGAIN_SECONDS:
            return
        self._used[token.token_id] = seconds
        # Only for people to see: a full disk keeps no program out.
        with suppress(OSError, StationBusy):
            self._file.change(lambda register: _used_at(register, token.token_id, now))


def _used_at(register: Register, token_id: str, now: str) -> Register:
    tokens = tuple(
        each.model_copy(update={"last_used_at": now}) if each.token_id == token_id else each
        for each in register.tokens
    )
    return register.model_copy(update={"tokens": tokens})


def _refused(what: str, remedy: str, reason: str, person: str = "") -> SignInRefused:
    return SignInRefused(what, remedy=remedy, reason=reason, person=person)


LONGEST_DAYS = 90


def expiry(now: datetime, days: int) -> str:
    """Return when a token made now ends. Raises ValueError for more than 90 days."""
    if not 1 <= days <= LONGEST_DAYS:
        raise ValueError(f"a token is good for 1 to {LONGEST_DAYS} days")
    return timestamp(now + timedelta(days=days))


def checked_scopes(scopes: Sequence[str]) -> tuple[str, ...]:
    """Return the scopes of a token, each once. Raises ValueError for one that is none."""
    unknown = sorted(set(scopes) - set(SCOPES))
    if unknown or not scopes:
        raise ValueError(f"scopes are {', '.join(SCOPES)}; given {', '.join(unknown) or 'none'}")
    return tuple(dict.fromkeys(scopes))
