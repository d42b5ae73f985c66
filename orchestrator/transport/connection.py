"""What every connection to a peer has in common, whether answers or event streams come over it.

Nothing from the environment, no cookies, nothing packed, nothing followed.
"""

import ssl
from http.cookiejar import DefaultCookiePolicy

import httpx

from orchestrator.domain.errors import UnusableAnswer
from orchestrator.transport.text import printable


def new_connection(
    context: ssl.SSLContext,
    transport: httpx.AsyncBaseTransport | None,
    server_name: str | None,
    keep: int,
) -> httpx.AsyncClient:
    """Return a client of the library that keeps `keep` connections open."""
    client = httpx.AsyncClient(
        verify=context,
        transport=transport,
        trust_env=False,
        follow_redirects=False,
        event_hooks={"response": [check_head]},
        limits=httpx.Limits(max_keepalive_connections=keep, max_connections=None),
        headers={
            "Accept": "application/json",
            "Accept-Encoding": "identity",
            **({"Host": server_name} if server_name else {}),
        },
    )
    client.cookies.jar.set_policy(DefaultCookiePolicy(allowed_domains=[]))
    return client


async def check_head(response: httpx.Response) -> None:
    """Refuse what would have to be unpacked or followed, before its body is read.

    As a hook it comes before httpx takes a `Location` apart, which fails in ways of its own.
    """
    encoding = response.headers.get("content-encoding", "identity")
    if encoding.lower() != "identity":
        raise UnusableAnswer(
            f"The answer is packed as {printable(encoding, 40)}, which was not asked for",
            remedy="Report it with this message",
            code="answer.encoding",
        )
    if 300 <= response.status_code < 400:
        target = printable(response.headers.get("location", "nowhere"), 80)
        raise UnusableAnswer(
            f"The peer answered {response.status_code} and pointed to {target}; not followed",
            remedy="Check that the address belongs to a unit of this kind",
            code="answer.redirect",
        )
