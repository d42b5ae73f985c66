"""Who may do what on a host: accounts, wrong passwords, tokens that end, the admin password."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone

from orchestrator.systems.advantech_portal.simulator.part import Report
from orchestrator.systems.advantech_portal.simulator.refusals import (
    ACCOUNT_LOCKED,
    BAD_ACCOUNT_TYPE,
    BAD_NEW,
    BAD_TOKEN,
    EXPIRED_TOKEN,
    LOGIN_FAILED,
    LOGIN_INCOMPLETE,
    NO_TOKEN,
    WRONG_OLD,
    Refused,
)
from orchestrator.systems.advantech_portal.simulator.spec import HostSpec
from orchestrator.systems.advantech_portal.simulator.starting import FACTORY_PASSWORD
from orchestrator.systems.advantech_portal.simulator.tokens import Signer

OS_ACCOUNT, ADMIN_ACCOUNT = 0, 2
ADMIN = "admin"

_MOST_SESSIONS = 1000


@dataclass(frozen=True, slots=True)
class Session:
    """A token that was given, and to whom. Moments are the host's own seconds."""

    account: str
    account_type: int
    administrator: bool
    ends_at: float
    expire: str
    token: str


class Accounts:
    """The accounts of one host, and every token that is out."""

    def __init__(
        self,
        spec: HostSpec,
        report: Report,
        now: Callable[[], float],
        wall: Callable[[], datetime],
    ) -> None:
        self._spec = spec
        self._report = report
        self._now = now
        self._wall = wall
        self._signer = Signer(spec.name, spec.digest("token key"))
        self._zone = timezone(timedelta(minutes=spec.utc_offset_minutes))
        self._given = 0
        self.admin_password = spec.admin_password
        self.sessions: dict[str, Session] = {}
        self.wrong: Counter[tuple[int, str]] = Counter()
        self.locked_until: dict[tuple[int, str], float] = {}

    @property
    def certificate(self) -> bytes:
        """The certificate that tokens can be checked by, PEM."""
        return self._signer.certificate

    @property
    def has_default_password(self) -> bool:
        """True while nobody has changed the admin password."""
        return self.admin_password == FACTORY_PASSWORD

    def log_in(self, name: str, password: str, account_type: str) -> Session:
        """Return a new token. Raises Refused."""
        if account_type not in {"0", "2"}:
            raise Refused(BAD_ACCOUNT_TYPE)
        if not name or not password:
            raise Refused(LOGIN_INCOMPLETE)
        who = (int(account_type), name)
        if self._now() < self.locked_until.get(who, 0.0):
            raise Refused(ACCOUNT_LOCKED)
        administrator = self._verified(who, password)
        if administrator is None:
            self._count_wrong(who)
            raise Refused(LOGIN_FAILED)
        self.wrong.pop(who, None)
        self._report("logged_in", account=name, account_type=who[0])
        return self._give(who, administrator=administrator)

    def session(self, token: str | None) -> Session:
        """Return whose token it is. Raises Refused."""
        if not token:
            raise Refused(NO_TOKEN)
        found = self.sessions.get(token)
        if found is None:
            raise Refused(BAD_TOKEN)
        if self._now() >= found.ends_at:
            raise Refused(EXPIRED_TOKEN)
        return found

    def log_out(self, token: str | None) -> None:
        """End a token where a logout does that."""
        if self._spec.logout_ends_token and token:
            self.sessions.pop(token, None)

    def expire_all(self) -> None:
        """Let every token end now."""
        now = self._now()
        for token, one in self.sessions.items():
            self.sessions[token] = Session(
                one.account, one.account_type, one.administrator, now, one.expire, token
            )

    def change_password(self, old: str, new: str) -> None:
        """Change the admin password. Raises Refused."""
        if old != self.admin_password:
            raise Refused(WRONG_OLD)
        length = len(new.encode("utf-8", "surrogatepass"))
        if not 1 <= length <= self._spec.longest_password_bytes or new == old:
            raise Refused(BAD_NEW)
        self._set(new)
        self._report("password_changed", account=ADMIN)

    def reset_password(self) -> None:
        """Give the admin account its default password again."""
        self._set(FACTORY_PASSWORD)
        self._report("password_reset", account=ADMIN)

    def start_up(self) -> None:
        """Forget what a restart forgets."""
        if not self._spec.tokens_survive_reboot:
            self.sessions.clear()

    def _verified(self, who: tuple[int, str], password: str) -> bool | None:
        """Tell whether the account is an administrator; None when name or password is wrong."""
        kind, name = who
        if kind == ADMIN_ACCOUNT:
            return True if name == ADMIN and password == self.admin_password else None
        for account in self._spec.accounts:
            if (account.name, account.password) == (name, password):
                return account.administrator
        return None

    def _count_wrong(self, who: tuple[int, str]) -> None:
        known = {account.name for account in self._spec.accounts}
        if who[1] not in (known if who[0] == OS_ACCOUNT else {ADMIN}):
            return
        self.wrong[who] += 1
        most = self._spec.attempts_before_lock
        if most and self.wrong[who] >= most:
            self.wrong.pop(who)
            self.locked_until[who] = self._now() + self._spec.lock_seconds
            self._report("account_locked", account=who[1], account_type=who[0])

    def _give(self, who: tuple[int, str], *, administrator: bool) -> Session:
        self._forget_ended()
        self._given += 1
        ends = self._wall() + timedelta(seconds=self._spec.token_seconds)
        claims: dict[str, object] = {
            "id": who[1],
            "m": who[0],
            "exp": int(ends.timestamp()),
            "orig_iat": int(self._wall().timestamp()),
            "jti": self._given,
        }
        token = self._signer.sign(claims)
        expire = ends.astimezone(self._zone).isoformat("T", "seconds")
        ends_at = self._now() + self._spec.token_seconds
        session = Session(who[1], who[0], administrator, ends_at, expire, token)
        self.sessions[token] = session
        return session

    def _forget_ended(self) -> None:
        """Keep the number of tokens within bounds: the oldest go first, ended ones before."""
        if len(self.sessions) >= _MOST_SESSIONS:
            ended = [t for t, one in self.sessions.items() if one.ends_at <= self._now()]
            for token in ended or list(self.sessions)[:100]:
                del self.sessions[token]

    def _set(self, password: str) -> None:
        self.admin_password = password
        if self._spec.password_change_ends_tokens:
            mine = [t for t, one in self.sessions.items() if one.account_type == ADMIN_ACCOUNT]
            for token in mine:
                del self.sessions[token]
