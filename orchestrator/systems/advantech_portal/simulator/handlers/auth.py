"""Category Authentication: tokens, the certificate to check them by, the admin password."""

import base64
import binascii

from orchestrator.systems.advantech_portal.simulator.accounts import Session
from orchestrator.systems.advantech_portal.simulator.call import COOKIE, Call, token_of
from orchestrator.systems.advantech_portal.simulator.host import SimulatedHost
from orchestrator.systems.advantech_portal.simulator.refusals import (
    LOGIN_INCOMPLETE,
    NO_TOKEN,
    PASSWORD_INCOMPLETE,
    Refused,
)
from orchestrator.transport.serving import Reply


def pong() -> Reply:
    """Return the answer to every ping."""
    return Reply(raw=b"pong", content_type="text/plain; charset=utf-8")


async def auth_ping(host: SimulatedHost, call: Call) -> Reply:
    """Say that the auth server is alive."""
    return pong()


async def auth_agent_info(host: SimulatedHost, call: Call) -> Reply:
    """Tell the version of the auth server."""
    return Reply({"version": host.spec.versions.auth_server})


async def auth_api_version(host: SimulatedHost, call: Call) -> Reply:
    """Tell the version of the API, as a number."""
    return Reply({"version": host.spec.versions.api})


async def get_token(host: SimulatedHost, call: Call) -> Reply:
    """Log in with basic authentication."""
    scheme, _, coded = call.request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "basic":
        raise Refused(NO_TOKEN)
    try:
        pair = base64.b64decode(coded.strip(), validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        raise Refused(LOGIN_INCOMPLETE) from None
    name, _, password = pair.partition(":")
    return _logged_in(host, _log_in(host, call, name, password))


async def login(host: SimulatedHost, call: Call) -> Reply:
    """Log in with a JSON body."""
    body = await call.members(LOGIN_INCOMPLETE)
    return _logged_in(host, _log_in(host, call, body["username"], body["password"]))


async def logout(host: SimulatedHost, call: Call) -> Reply:
    """Clear the cookie, and end the token where a logout does that."""
    host.accounts.log_out(token_of(call.request, query=False))
    cookie = f"{COOKIE}=; Path=/; Max-Age=0; HttpOnly; Secure"
    return Reply({"code": 200}, headers={"Set-Cookie": cookie})


async def get_certificate(host: SimulatedHost, call: Call) -> Reply:
    """Send the certificate that tokens can be checked by."""
    return Reply(
        raw=host.accounts.certificate,
        content_type="application/octet-stream",
        headers={
            "Content-Description": "File Transfer",
            "Content-Transfer-Encoding": "Binary",
            "Content-Disposition": "attachment; filename=cert.pem.crt",
        },
    )


async def change_admin_password(host: SimulatedHost, call: Call) -> Reply:
    """Change the password of the admin account."""
    body = await call.members(PASSWORD_INCOMPLETE)
    host.accounts.change_password(body["old"], body["new"])
    return Reply()


async def reset_admin_password(host: SimulatedHost, call: Call) -> Reply:
    """Give the admin account its default password again."""
    host.accounts.reset_password()
    return Reply()


def _log_in(host: SimulatedHost, call: Call, name: str, password: str) -> Session:
    return host.accounts.log_in(name, password, call.request.query.get("m", "0"))


def _logged_in(host: SimulatedHost, session: Session) -> Reply:
    headers = {}
    if host.spec.login_cookie:
        age = int(host.spec.token_seconds)
        headers["Set-Cookie"] = f"{COOKIE}={session.token}; Path=/; Max-Age={age}; HttpOnly; Secure"
    body = {"code": 200, "expire": session.expire, "token": session.token}
    return Reply(body, headers=headers)
