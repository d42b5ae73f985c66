"""Who is signed in: sessions in memory, known by 256 random bits, ended by time or by disabling.

They belong to this start of the daemon and to the address that they were opened from. The cookie
holds the random bits and nothing else; only their digest is kept here.
"""

import hashlib
import hmac
import secrets
from collections.abc import Callable
from dataclasses import dataclass

from orchestrator.domain.clock import Clock
from orchestrator.domain.people import Role
from orchestrator.station.settings_web import LOOPBACK, WebSection
from orchestrator.web.people_file import Account

MOST = 1000
_MOST_PER_PERSON = 8
_MINUTE = 60.0


@dataclass(slots=True)
class Session:
    """One person at one browser. Times are monotonic seconds."""

    digest: str
    person_id: str
    role: Role
    client: str
    csrf: str
    ends: float
    idle_seconds: float
    seen: float


Known = Callable[[str], Account | None]
"""Returns an account that may be used."""


class Sessions:
    """All sessions of one daemon. `shift_ends` is in how many seconds the shift ends, if it does.

    `settings` say how long a session lives at most, and how long without any doing.
    """

    def __init__(
        self,
        settings: WebSection,
        clock: Clock,
        known: Known,
        shift_ends: Callable[[], float | None] = lambda: None,
    ) -> None:
        self._settings = settings
        self._clock = clock
        self._known = known
        self._shift_ends = shift_ends
        self._sessions: dict[str, Session] = {}
        self._ran_out: list[Session] = []

    def open(self, account: Account, client: str) -> tuple[str, Session]:
        """Sign `account` in from the address `client`; return the new secret and its session."""
        self._clear()
        self._make_room(account.person_id)
        secret = secrets.token_urlsafe(32)
        now = self._clock.monotonic()
        minutes = (
            self._settings.operator_idle_minutes
            if account.role is Role.OPERATOR
            else self._settings.idle_minutes
        )
        longest = self._settings.session_hours * 60 * _MINUTE
        session = Session(
            digest=_digest(secret),
            person_id=account.person_id,
            role=account.role,
            client=client,
            csrf=secrets.token_urlsafe(24),
            ends=now + min(longest, self._shift_ends() or longest),
            idle_seconds=minutes * _MINUTE,
            seen=now,
        )
        self._sessions[session.digest] = session
        return secret, session

    def find(self, secret: str, client: str, *, doing: bool) -> Session | None:
        """Return the session that `secret` opens from the address `client`, if it still lives.

        `doing` keeps it alive; looking alone does not, since pages look by themselves.
        """
        session = self._sessions.get(_digest(secret))
        if session is None or not _one_place(session.client, client):
            return None
        if not self._lives(session):
            self._run_out(session)
            return None
        if doing:
            session.seen = self._clock.monotonic()
        return session

    def end(self, session: Session) -> None:
        """Sign out."""
        self._sessions.pop(session.digest, None)

    def ran_out(self) -> list[Session]:
        """Return the sessions that have ended by themselves since the last call."""
        self._clear()
        found, self._ran_out = self._ran_out, []
        return found

    def has(self, person_id: str) -> bool:
        """Say whether somebody is signed in anywhere."""
        return any(each.person_id == person_id for each in self._sessions.values())

    def _run_out(self, session: Session) -> None:
        self.end(session)
        self._ran_out.append(session)

    def remaining(self, session: Session) -> float:
        """Return in how many seconds the session ends if nothing is done."""
        ends = min(session.ends, session.seen + session.idle_seconds)
        return max(0.0, ends - self._clock.monotonic())

    def _lives(self, session: Session) -> bool:
        account = self._known(session.person_id)
        same = account is not None and account.role is session.role
        return same and self.remaining(session) > 0

    def _clear(self) -> None:
        for session in [each for each in self._sessions.values() if not self._lives(each)]:
            self._run_out(session)

    def _make_room(self, person_id: str) -> None:
        """Forget the oldest of one person with too many, and of all when there are too many."""
        theirs = [each for each in self._sessions.values() if each.person_id == person_id]
        for session in theirs[: max(0, len(theirs) - _MOST_PER_PERSON + 1)]:
            self.end(session)
        while len(self._sessions) >= MOST:
            self.end(next(iter(self._sessions.values())))


def at_this_machine(address: str) -> bool:
    """Say whether `address` is one of the machine that the station runs on."""
    return address in LOOPBACK or address.startswith("127.")


def _one_place(one: str, other: str) -> bool:
    # A browser may reach `localhost` by IPv4 for one request and by IPv6 for the next.
    return one == other or (at_this_machine(one) and at_this_machine(other))


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


def same(given: str, wanted: str) -> bool:
    """Compare two secrets in the same time, however much of them is alike."""
    return hmac.compare_digest(given.encode(), wanted.encode())
