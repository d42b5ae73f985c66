"""Signing in and out, and looking after accounts. Adding people is the command line's."""

from typing import Annotated

from fastapi import Path
from starlette.responses import Response

from orchestrator.web.api.models import Done, Me, People, Person, SignIn, Word
from orchestrator.web.api.parts import AtDoor, By, Here, JustOnce, not_found
from orchestrator.web.callers import Caller, Door
from orchestrator.web.people_file import Account
from orchestrator.web.problems import Refused

PersonId = Annotated[Word, Path(description="Id of the account.")]


async def get_session(by: By, door: AtDoor) -> Me:
    """Say who asks, and what that one may do."""
    return _me(by, door)


def _me(by: Caller, door: Door) -> Me:
    account = door.people.account(by.actor.person)
    return Me(
        person=by.actor.person,
        name=account.name if account is not None else "",
        role=by.actor.role,
        signed_in=by.signed_in,
        rights=sorted(by.rights),
        ends_in_seconds=door.sessions.remaining(by.session) if by.session is not None else None,
        form_token=by.session.csrf if by.session is not None else "",
    )


async def sign_in(proof: SignIn, by: By, door: AtDoor, response: Response) -> Me:
    """Sign in by badge and PIN, or by password. The session before it ends."""
    if not (proof.badge or proof.name) or (proof.name and not proof.password):
        raise Refused(
            422,
            "sign_in_incomplete",
            "Badge and PIN, or name and password, are needed.",
            "Scan the badge, then type the PIN.",
        )
    secret, session = await door.sign_in(
        by, badge=proof.badge, pin=proof.pin, name=proof.name, password=proof.password
    )
    set_cookie(door, response, secret)
    return _me(door.signed_in(by, session), door)


def set_cookie(door: Door, response: Response, secret: str) -> None:
    """Give the browser the secret of its session, out of reach for scripts and other sites."""
    response.set_cookie(
        door.cookie, secret, path="/", secure=door.tls, httponly=True, samesite="strict"
    )


async def sign_out(by: By, door: AtDoor, response: Response) -> Done:
    """End the session."""
    await door.sign_out(by)
    response.delete_cookie(door.cookie, path="/", secure=door.tls, httponly=True, samesite="strict")
    return Done(says="Signed out.")


async def list_people(here: Here) -> People:
    """Return all accounts, without what checks them."""
    return People(items=[_person(account) for account in here.people.accounts()])


def _person(account: Account) -> Person:
    return Person(
        person_id=account.person_id,
        name=account.name,
        role=account.role,
        disabled=account.disabled,
        locked=account.locked,
        has_badge=bool(account.badge),
        made_at=account.made_at,
    )


async def unlock_person(person: PersonId, here: Here, by: By, once: JustOnce) -> Done:
    """Let somebody who was locked out try again."""

    async def act() -> str:
        if await here.people.unlock(person) is None:
            raise not_found("account", "List the accounts to see their ids.")
        await here.note("person_unlocked", {"person": person, "by": by.actor.person})
        return f"{person} may sign in again."

    return await once.says(act)


async def disable_person(person: PersonId, here: Here, by: By, once: JustOnce) -> Done:
    """End everything that somebody may do, at once."""

    async def act() -> str:
        if await here.people.disable(person) is None:
            raise not_found("account", "List the accounts to see their ids.")
        await here.note("person_disabled", {"person": person, "by": by.actor.person})
        return f"{person} may do nothing any more."

    return await once.says(act)
