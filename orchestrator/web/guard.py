"""The outermost layer of the application: what is checked of every request before it is looked at.

Host names, sizes and where an unsafe request comes from are checked here; every answer, this
layer's own included, leaves with the security headers. A fault of the program ends its request
alone and is told to the log.
"""

from collections.abc import Iterable
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from structlog.typing import FilteringBoundLogger

from orchestrator.station.edge import Edge
from orchestrator.station.settings_web import LOOPBACK, WebSection
from orchestrator.web.headers import secured
from orchestrator.web.problems import our_fault, problem_at

BODY_BYTES = 1 << 20
"""The longest body of a request."""

HEADER_BYTES = 16 << 10
"""All headers of a request together."""

EVERY_ADDRESS = frozenset({"0.0.0.0", "::"})  # noqa: S104  # names that are never answered
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


class Guard:
    """Wraps an application; see above."""

    def __init__(self, app: ASGIApp, settings: WebSection, log: FilteringBoundLogger) -> None:
        self._app = app
        self._log = log
        self._tls = settings.tls
        named = {name.lower() for name in (*LOOPBACK, settings.host, *settings.hosts)}
        self._hosts = named - EVERY_ADDRESS

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request; anything else than HTTP is let go unanswered."""
        if scope["type"] != "http":
            return
        begun = complete = False

        async def secure(message: Message) -> None:
            nonlocal begun, complete
            if message["type"] == "http.response.start":
                begun = True
                headers = secured(message.get("headers", []), tls=self._tls)
                message = {**message, "headers": headers}
            await send(message)
            complete = message["type"] == "http.response.body" and not message.get("more_body")

        edge = Edge()
        with edge:
            await self._checked(scope, receive, secure)
        if edge.error is not None:
            self._log.error("web request failed", path=scope["path"], exc_info=edge.error)
            if complete:
                return
            if begun:
                # The other side must not take half an answer for a whole one.
                raise ConnectionError("the answer broke off") from edge.error
            await our_fault(scope["path"])(scope, receive, secure)

    async def _checked(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = Headers(scope=scope)
        wrong = (
            _wrong_size(headers)
            or _wrong_host(headers, self._hosts)
            or _wrong_origin(scope, headers)
        )
        if wrong is None:
            await self._app(scope, receive, send)
            return
        status, code, detail, remedy = wrong
        await problem_at(scope["path"], status, code, detail, remedy)(scope, receive, send)


Wrong = tuple[int, str, str, str]


def _wrong_size(headers: Headers) -> Wrong | None:
    if sum(len(name) + len(value) for name, value in headers.raw) > HEADER_BYTES:
        return 431, "headers", f"The headers have more than {HEADER_BYTES} bytes.", ""
    length = headers.get("content-length", "0")
    if not length.isascii() or not length.isdigit() or int(length[:12]) > BODY_BYTES:
        return 413, "too_large", f"The body has more than {BODY_BYTES} bytes.", "Send less."
    return None


def _wrong_host(headers: Headers, allowed: Iterable[str]) -> Wrong | None:
    given = headers.getlist("host")
    if len(given) == 1 and host_name(given[0]) in allowed:
        return None
    return (
        400,
        "host",
        "This station is not known under the host name that was asked for.",
        "Use the station's own address, or add the name to `web.hosts` in the settings.",
    )


def host_name(host: str) -> str:
    """Return the name in a Host header, lower case, without port and brackets; empty if none."""
    try:
        name = urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return ""
    return name if name and not set(host) & set("/?#@\\ ") else ""


def _wrong_origin(scope: Scope, headers: Headers) -> Wrong | None:
    """Refuse what another site makes a browser send (cross-site request forgery)."""
    if scope["method"] in SAFE_METHODS or _from_here(headers):
        return None
    return (
        403,
        "cross_site",
        "This request comes from another site, or does not say where it comes from.",
        "Send it from the station's own pages; programs send application/json.",
    )


def _from_here(headers: Headers) -> bool:
    site, origin = headers.get("sec-fetch-site"), headers.get("origin")
    if site is not None:
        return site == "same-origin"
    if origin is not None:
        scheme, _, place = origin.partition("://")
        return scheme in ("http", "https") and place == headers.get("host")
    # No browser: a page of another site can neither add a token nor send this type by itself.
    json = headers.get("content-type", "").partition(";")[0].strip().lower() == "application/json"
    return json or headers.get("authorization", "").startswith("Bearer ")
