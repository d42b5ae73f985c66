"""Where each foreign exception of an HTTP exchange has its place in the house's error tree.

One table, read from top to bottom: the first row that fits decides. What certainly was not sent
becomes Unreachable or UntrustedPeer; what may have been sent becomes ConnectionLost or
DeadlineExceeded; an answer that is no HTTP becomes UnusableAnswer.
"""

import ssl
from collections.abc import Iterator

import httpx

from orchestrator.domain.errors import (
    ConnectionLost,
    DeadlineExceeded,
    OrchestratorError,
    StationMisuse,
    Unreachable,
    UntrustedPeer,
    UnusableAnswer,
)
from orchestrator.transport.text import printable
from orchestrator.transport.tls import FingerprintMismatch

FOREIGN = (
    httpx.HTTPError,
    httpx.InvalidURL,
    httpx.CookieConflict,
    httpx.StreamError,
    OSError,  # ssl.SSLError in the middle of a stream passes through httpx as it is
)
"""What an exchange can raise that is not ours."""

_CHECK_LINK = "Check the cable and whether the unit has power"
_CHECK_PEER = "Note what was attached and report it with this message"
_REPORT = "This is a defect of the program: report it with this message"

Place = tuple[tuple[type[Exception], ...], type[OrchestratorError], str, str]

_PLACES: tuple[Place, ...] = (
    (
        (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError),
        Unreachable,
        "No connection could be made",
        _CHECK_LINK,
    ),
    (
        (httpx.TimeoutException,),
        DeadlineExceeded,
        "No complete answer came in time",
        _CHECK_LINK,
    ),
    (
        (httpx.NetworkError,),
        ConnectionLost,
        "The connection broke during the exchange",
        _CHECK_LINK,
    ),
    (
        (
            httpx.RemoteProtocolError,
            httpx.DecodingError,
            httpx.TooManyRedirects,
            httpx.HTTPStatusError,
        ),
        UnusableAnswer,
        "The answer is not HTTP as agreed",
        _CHECK_PEER,
    ),
    (
        (
            httpx.LocalProtocolError,
            httpx.UnsupportedProtocol,
            httpx.InvalidURL,
            httpx.CookieConflict,
            httpx.StreamError,
        ),
        StationMisuse,
        "The request could not be written",
        _REPORT,
    ),
    (
        (httpx.HTTPError, OSError),
        ConnectionLost,
        "The connection broke during the exchange",
        _CHECK_LINK,
    ),
)

# The peer closed in the middle; httpx has no class of its own for it.
_BROKE_OFF = ("disconnected without sending", "closed connection without sending")


def _causes(error: BaseException) -> Iterator[BaseException]:
    """Yield `error` and what it stands for.

    httpcore's pool cuts the chain (`raise ... from None`) but carries the cause as an argument.
    `__context__` is not followed: it may lead to an error that somebody is already handling.
    """
    seen: BaseException | None = error
    while seen is not None:
        yield seen
        carried = (part for part in seen.args if isinstance(part, BaseException))
        seen = seen.__cause__ or next(carried, None)


def untrusted(error: BaseException) -> UntrustedPeer | None:
    """Tell a peer that could not prove itself from one that did not answer."""
    for cause in _causes(error):
        if isinstance(cause, FingerprintMismatch):
            return UntrustedPeer(
                f"The peer's certificate was refused: {cause}",
                remedy="Compare it with what the unit itself shows; only if they are the same,"
                " put it into the settings",
                code="tls.fingerprint",
            )
        if isinstance(cause, ssl.SSLCertVerificationError):
            reason = getattr(cause, "verify_message", "") or str(cause)
            return UntrustedPeer(
                f"The peer's certificate was refused: {printable(reason)}",
                remedy="Check the pinned certificate file in the settings and what is attached",
                code="tls.certificate",
            )
        if isinstance(cause, ssl.SSLEOFError | ssl.SSLZeroReturnError | ssl.SSLSyscallError):
            return None  # the link broke in the handshake: nobody has shown a wrong certificate
        if isinstance(cause, ssl.SSLError):
            reason = getattr(cause, "reason", "") or str(cause)
            return UntrustedPeer(
                f"No secure connection came about: {printable(reason)}",
                remedy="Check that the address and port belong to a unit of this kind",
                code="tls.handshake",
            )
    return None


def fault_from(error: Exception) -> OrchestratorError:
    """Return the error of our tree that stands for `error`, which is one of FOREIGN."""
    if isinstance(error, httpx.ConnectError) and (unproven := untrusted(error)):
        return unproven
    detail = printable(str(error)) or type(error).__name__
    if isinstance(error, httpx.RemoteProtocolError) and any(s in detail for s in _BROKE_OFF):
        return ConnectionLost(
            f"The peer closed the connection before its answer was complete: {detail}",
            remedy=_CHECK_LINK,
        )
    for foreign, ours, what, remedy in _PLACES:
        if isinstance(error, foreign):
            return ours(f"{what}: {detail}", remedy=remedy)
    return ConnectionLost(f"The exchange failed: {detail}", remedy=_CHECK_LINK)
