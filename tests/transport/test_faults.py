"""Every exception of the HTTP library has its place in our tree."""

import ssl

import httpx
import pytest

from orchestrator.domain.errors import (
    ConnectionLost,
    DeadlineExceeded,
    LinkFault,
    StationFault,
    StationMisuse,
    Unreachable,
    UntrustedPeer,
    UnusableAnswer,
)
from orchestrator.transport.client import HttpClient
from orchestrator.transport.endpoint import Empty, Endpoint
from orchestrator.transport.faults import FOREIGN, fault_from

WRITE = Endpoint("write", "", "T", "POST", "/x", Empty)

EXPECTED: dict[str, type[StationFault]] = {
    "CloseError": ConnectionLost,
    "ConnectError": Unreachable,
    "ConnectTimeout": Unreachable,
    "CookieConflict": StationMisuse,
    "DecodingError": UnusableAnswer,
    "HTTPError": ConnectionLost,
    "HTTPStatusError": UnusableAnswer,
    "InvalidURL": StationMisuse,
    "LocalProtocolError": StationMisuse,
    "NetworkError": ConnectionLost,
    "PoolTimeout": Unreachable,
    "ProtocolError": ConnectionLost,
    "ProxyError": Unreachable,
    "ReadError": ConnectionLost,
    "ReadTimeout": DeadlineExceeded,
    "RemoteProtocolError": UnusableAnswer,
    "RequestError": ConnectionLost,
    "RequestNotRead": StationMisuse,
    "ResponseNotRead": StationMisuse,
    "StreamClosed": StationMisuse,
    "StreamConsumed": StationMisuse,
    "StreamError": StationMisuse,
    "TimeoutException": DeadlineExceeded,
    "TooManyRedirects": UnusableAnswer,
    "TransportError": ConnectionLost,
    "UnsupportedProtocol": StationMisuse,
    "WriteError": ConnectionLost,
    "WriteTimeout": DeadlineExceeded,
}


def made(kind: type[Exception]) -> Exception:
    """Return an exception of `kind`, however its constructor looks."""
    if kind is httpx.HTTPStatusError:
        request = httpx.Request("GET", "http://x")
        return httpx.HTTPStatusError("x", request=request, response=httpx.Response(500))
    if kind in {httpx.StreamClosed, httpx.StreamConsumed}:
        return kind()
    if kind in {httpx.RequestNotRead, httpx.ResponseNotRead}:
        return kind()
    return kind("words of the library")


def library_exceptions() -> list[type[Exception]]:
    """Return every exception class that httpx makes public."""
    public = (getattr(httpx, name) for name in httpx.__all__)
    return [kind for kind in public if isinstance(kind, type) and issubclass(kind, Exception)]


def test_table_of_this_test_is_complete() -> None:
    """A new version of the library with another exception fails here."""
    assert {kind.__name__ for kind in library_exceptions()} == set(EXPECTED)


@pytest.mark.parametrize("kind", library_exceptions(), ids=lambda kind: kind.__name__)
async def test_thrown_exception_arrives_as_ours(kind: type[Exception]) -> None:
    """Thrown in the middle of a call, each one leaves it as the agreed error with its place."""

    def handler(request: httpx.Request) -> httpx.Response:
        raise made(kind)

    transport = httpx.MockTransport(handler)
    async with HttpClient("http://x", peer="board 7", transport=transport) as client:
        with pytest.raises(StationFault) as caught:
            await client.call(WRITE)
    assert type(caught.value) is EXPECTED[kind.__name__]
    assert caught.value.where == {"peer": "board 7", "endpoint": "POST /x"}
    assert isinstance(caught.value.__cause__, kind)
    assert issubclass(kind, FOREIGN)


def connect_error(cause: Exception) -> httpx.ConnectError:
    """Return a failed connection with its cause, as the library chains them."""
    error = httpx.ConnectError("failed")
    error.__cause__ = cause
    return error


def test_tls_failures_are_told_from_silence() -> None:
    """A refused certificate, a failed handshake and a handshake that broke off are three things."""
    wrong = ssl.SSLCertVerificationError(1, "verify failed")
    assert fault_from(connect_error(wrong)).code == "tls.certificate"
    assert fault_from(connect_error(ssl.SSLError(1, "wrong version"))).code == "tls.handshake"
    assert type(fault_from(connect_error(ssl.SSLEOFError(8, "eof")))) is Unreachable
    assert type(fault_from(connect_error(OSError(111, "refused")))) is Unreachable


def test_raw_tls_error_in_a_stream_is_a_lost_connection() -> None:
    """What passes through the library unwrapped still has a place."""
    assert type(fault_from(ssl.SSLError(1, "bad record mac"))) is ConnectionLost
    assert not isinstance(fault_from(ssl.SSLError(1, "bad record mac")), UntrustedPeer)


def test_peer_that_closed_is_a_link_fault() -> None:
    """The library's protocol error for a closed connection is a matter of the link."""
    closed = httpx.RemoteProtocolError("Server disconnected without sending a response.")
    assert isinstance(fault_from(closed), LinkFault)
    assert fault_from(Exception("stranger")).what.startswith("The exchange failed")
