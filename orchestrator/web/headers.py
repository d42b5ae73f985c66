"""The headers that every answer carries, pages and refusals alike.

Nothing but the station's own files is loaded, framed or sent to; nothing is kept by a browser that
does not say so itself.
"""

from collections.abc import Mapping, Sequence
from types import MappingProxyType

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "font-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'"
)
"""What a page may load: files of the station alone, no script in the page itself."""

SECURITY_HEADERS: Mapping[str, str] = MappingProxyType(
    {
        "Content-Security-Policy": POLICY,
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "no-referrer",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Permissions-Policy": (
            "camera=(), microphone=(), geolocation=(), usb=(), serial=(), payment=()"
        ),
    }
)
"""On every answer."""

STRICT_TRANSPORT = "max-age=31536000"
"""Only where TLS is served."""

NOT_KEPT = "no-store"
"""What an answer says about caches that says nothing itself."""

RawHeaders = Sequence[tuple[bytes, bytes]]


def secured(headers: RawHeaders, *, tls: bool) -> list[tuple[bytes, bytes]]:
    """Return `headers` of an answer with those that every answer carries.

    An answer may say itself how it is cached, and may narrow the policy; all else is set here.
    """
    present = {name.lower() for name, _ in headers}
    added = {name.lower().encode(): value.encode() for name, value in SECURITY_HEADERS.items()}
    added[b"cache-control"] = NOT_KEPT.encode()
    if tls:
        added[b"strict-transport-security"] = STRICT_TRANSPORT.encode()
    return [*headers, *((name, value) for name, value in added.items() if name not in present)]
