"""Who asks, and whether they may: cookies and tokens become an actor with rights.

One object per station knows sessions, tokens and rates. Every sign-in and every refusal is an
event of the audit, with opaque ids; a flood of refusals is counted by the log alone.
"""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from http import HTTPStatus

from starlette.requests import Request

from orchestrator.domain.errors import AuditUnavailable
from orchestrator.domain.people import UNIDENTIFIED, Actor, Role
from orchestrator.station.commands import CommandRefused
from orchestrator.web.account_changes import changes
from orchestrator.web.guard import SAFE_METHODS
from orchestrator.web.people import SignInRefused
from orchestrator.web.people_file import Account
from orchestrator.web.problems import Refused
from orchestrator.web.rates import Rates
from orchestrator.web.rights import WORDS, Right, rights_of, who_has
from orchestrator.web.sessions import Session, Sessions, at_this_machine
from orchestrator.web.surface import Surface

UNSAFE_PER_SECOND = 20.0
READS_PER_SECOND = 200.0
_REFUSALS_PER_SECOND = 1.0
_REFUSALS_AT_ONCE = 100.0
COOKIE = "__Host-station"
LOOPBACK_COOKIE = "station"
"""Without TLS a browser takes no `__Host-` cookie; then only this machine is served."""

_OPERATORS_DO = frozenset({"POST", "PUT", "PATCH", "DELETE"})


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks: the actor that the station records, and what that one may do."""

    actor: Actor
    rights: frozenset[Right]
    address: str
    session: Session | None = None

    @property
    def signed_in(self) -> bool:
        """True when a person or a token stands behind it."""
        return self.actor.person != UNIDENTIFIED

    @property
    def here(self) -> bool:
        """True for somebody at this very machine."""
        return at_this_machine(self.address)

    @property
    def key(self) -> str:
        """What requests are counted by."""
        if self.session is not None:
            return self.session.digest
        return self.actor.person if self.signed_in else self.address


class Door:
    """Lets callers in, with the rights that they have. One per station."""

    def __init__(self, surface: Surface) -> None:
        self._surface = surface
        self._settings = surface.settings
        self.people = surface.people
        self.sessions = Sessions(
            surface.settings, surface.clock, surface.people.account, surface.shift_ends
        )
        self._unsafe = Rates(surface.clock, UNSAFE_PER_SECOND, UNSAFE_PER_SECOND)
        self._reads = Rates(surface.clock, READS_PER_SECOND, 2 * READS_PER_SECOND)
        self._register = surface.people.register()
        self._refusals = Rates(surface.clock, _REFUSALS_PER_SECOND, _REFUSALS_AT_ONCE)
        self.tls = surface.settings.tls
        self.cookie = COOKIE if self.tls else LOOPBACK_COOKIE

    def caller(self, request: Request) -> Caller:
        """Return who asks. Raises Refused for a token that is none, and for too many requests."""
        known: Caller | None = getattr(request.state, "caller", None)
        if known is None:
            known = self._identified(request)
            rates = self._reads if request.method in SAFE_METHODS else self._unsafe
            if not rates.admits(known.key):
                raise Refused(
                    HTTPStatus.TOO_MANY_REQUESTS,
                    "too_many",
                    "Too many requests came at once.",
                    "Wait a second, then try again.",
                    headers={"Retry-After": "1"},
                )
            request.state.caller = known
        return known

    def _identified(self, request: Request) -> Caller:
        address = request.client.host if request.client else ""
        authorization = request.headers.get("authorization")
        if authorization is not None:
            return self._by_token(authorization, address)
        session = self._by_cookie(request, address)
        if session is None:
            return self._nobody(request, address)
        return _of_session(session, address)

    def _by_token(self, authorization: str, address: str) -> Caller:
        scheme, _, text = authorization.partition(" ")
        token = self.people.token(text.strip()) if scheme.lower() == "bearer" else None
        if token is None:
            raise Refused(
                HTTPStatus.UNAUTHORIZED,
                "token",
                "This token is not known here, has expired or was revoked.",
                "Make a new one with: orchestrator people token",
                headers={"WWW-Authenticate": "Bearer"},
            )
        rights = rights_of(Role.SERVICE, frozenset(token.scopes))
        return Caller(Actor(token.token_id, Role.SERVICE, "api"), rights, address)

    def _by_cookie(self, request: Request, address: str) -> Session | None:
        secret = request.cookies.get(self.cookie)
        if not secret:
            return None
        return self.sessions.find(secret, address, doing=request.method in _OPERATORS_DO)

    def _nobody(self, request: Request, address: str) -> Caller:
        here = at_this_machine(address)
        place = "panel" if "sec-fetch-site" in request.headers else "api"
        if here and not self._settings.sign_in:
            actor = Actor(UNIDENTIFIED, Role.OPERATOR, place)
            return Caller(actor, rights_of(Role.OPERATOR), address)
        rights = rights_of(Role.VIEWER)
        if not here and self._settings.look != "anyone":
            rights = frozenset({Right.STOP})
        return Caller(Actor(UNIDENTIFIED, Role.VIEWER, place), rights, address)

    def may_still(self, request: Request, right: Right) -> bool:
        """Say whether who sent `request`, which is being answered since, has `right` now."""
        try:
            return right in self._identified(request).rights
        except Refused:
            return False

    async def demand(self, caller: Caller, right: Right, operation: str) -> None:
        """Return when `caller` has `right`; else record the refusal. Raises Refused."""
        await self._note_changes()
        if right in caller.rights:
            return
        actor = caller.actor
        detail = {
            "person": actor.person,
            "role": actor.role.value,
            "place": actor.place,
            "address": caller.address,
            "right": right.value,
            "operation": operation,
        }
        await self._note_refusal("refused", detail)
        if not caller.signed_in:
            raise Refused(
                HTTPStatus.UNAUTHORIZED,
                "sign_in",
                f"Whoever wants to {WORDS[right]} has to sign in.",
                "Scan your badge, or send a token.",
                headers={"WWW-Authenticate": "Bearer"},
            )
        raise Refused(
            HTTPStatus.FORBIDDEN,
            "rights",
            f"A {actor.role.value} may not {WORDS[right]}.",
            who_has(right, actor.role),
        )

    async def _note_changes(self) -> None:
        """Keep what somebody has changed about accounts since the last request."""
        now, before = self.people.register(), self._register
        if now is before:
            return
        self._register = now
        changed = changes(before, now)
        if not changed:
            return
        try:
            await self._surface.note("accounts_changed", changed)
        except AuditUnavailable:
            # Once more with the next request.
            self._register = before

    async def _note_refusal(self, kind: str, detail: Mapping[str, object]) -> None:
        """Record a refusal as long as there are not too many; it stands in any case."""
        self._surface.log.warning(kind, **detail)
        if not self._refusals.admits(""):
            return
        try:
            await self._surface.note(kind, detail)
        except AuditUnavailable:
            self._surface.log.warning("a refusal could not be recorded", **detail)

    async def sign_in(
        self, caller: Caller, *, badge: str, pin: str, name: str, password: str
    ) -> tuple[str, Session]:
        """Sign somebody in; return the secret for the cookie, and the session.

        The session that asked ends: nobody gets one that was known before. Raises Refused, and
        AuditUnavailable when the sign-in cannot be recorded.
        """
        how = "password" if password else "badge"
        try:
            account = await self._account(badge, pin, name, password)
        except SignInRefused as refusal:
            detail = {
                "reason": refusal.reason,
                "person": refusal.person or UNIDENTIFIED,
                "how": how,
                "address": caller.address,
            }
            await self._note_refusal("sign_in_refused", detail)
            raise _told(refusal) from None
        detail = {
            "person": account.person_id,
            "role": account.role.value,
            "how": how,
            "address": caller.address,
        }
        await self._surface.note("sign_in", detail)
        if Right.WORK in rights_of(account.role):
            # Two who sign in at the same moment are both signed in; one of them is shown.
            with suppress(CommandRefused):
                await self._surface.control.set_operator(
                    Actor(account.person_id, account.role, "panel")
                )
        if caller.session is not None:
            self.sessions.end(caller.session)
        return self.sessions.open(account, caller.address)

    def signed_in(self, caller: Caller, session: Session) -> Caller:
        """Return who `caller` is from now on."""
        return _of_session(session, caller.address)

    async def _account(self, badge: str, pin: str, name: str, password: str) -> Account:
        if password:
            return await self.people.by_password(password, name=name, badge=badge)
        alone = self._settings.badge_alone
        return await self.people.by_badge(badge, pin, badge_alone=alone)

    async def sign_out(self, caller: Caller) -> None:
        """End the session of `caller`; recorded as long as the audit can be written."""
        if caller.session is None:
            return
        self.sessions.end(caller.session)
        if self._works_here(caller.actor):
            with suppress(CommandRefused):
                await self._surface.control.clear_operator(caller.actor)
        detail = {"person": caller.actor.person, "address": caller.address}
        await self._note_refusal("sign_out", detail)

    async def sign_out_idle(self) -> None:
        """Sign out whose sessions have ended by themselves; to be called now and then."""
        for session in self.sessions.ran_out():
            actor = Actor(session.person_id, session.role, "panel")
            if self._works_here(actor) and not self.sessions.has(actor.person):
                with suppress(CommandRefused, AuditUnavailable):
                    await self._surface.control.clear_operator(actor)
            detail = {"person": actor.person, "address": session.client, "how": "ran_out"}
            await self._note_refusal("sign_out", detail)

    def _works_here(self, actor: Actor) -> bool:
        return self._surface.control.snapshot().shift.operator == actor.person


def _of_session(session: Session, address: str) -> Caller:
    actor = Actor(session.person_id, session.role, "panel")
    return Caller(actor, rights_of(session.role), address, session)


def _told(refusal: SignInRefused) -> Refused:
    status = HTTPStatus.TOO_MANY_REQUESTS if refusal.seconds else HTTPStatus.FORBIDDEN
    headers = {"Retry-After": f"{max(1, round(refusal.seconds))}"} if refusal.seconds else {}
    code = f"sign_in_{refusal.reason}"
    return Refused(status, code, f"{refusal.what}.", f"{refusal.remedy}.", headers=headers)
