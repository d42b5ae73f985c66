"""Repetition: only what is idempotent, only what may pass, only for a while."""

from collections.abc import Callable

import httpx
import pytest

from orchestrator.domain.errors import (
    ConnectionLost,
    DeadlineExceeded,
    ErrorClass,
    OrchestratorError,
    Refusal,
    Unreachable,
    UntrustedPeer,
    UnusableAnswer,
)
from orchestrator.transport.client import Answer, HttpClient
from orchestrator.transport.endpoint import Empty, Endpoint
from orchestrator.transport.retry import RetryPolicy, worth_repeating

READ = Endpoint("read", "", "T", "GET", "/x", Empty, idempotent=True)
WRITE = Endpoint("write", "", "T", "POST", "/x", Empty)
QUICK = RetryPolicy(
    attempts=4, first_wait_seconds=0.001, longest_wait_seconds=0.002, jitter_seconds=0.001
)


class Busy(Refusal):
    """The peer has no time."""

    error_class = ErrorClass.BUSY


def refuse(answer: Answer) -> OrchestratorError:
    """Read 503 as busy, everything else as no."""
    return Busy("busy") if answer.status == 503 else Refusal("no")


class Peer:
    """A transport that fails in a given way, `times` times, and counts what it is asked."""

    def __init__(self, failure: Callable[[], httpx.Response], times: int) -> None:
        self.failure, self.times, self.asked = failure, times, 0

    def answer(self, request: httpx.Request) -> httpx.Response:
        """Fail, or answer when it has failed often enough."""
        self.asked += 1
        return self.failure() if self.asked <= self.times else httpx.Response(200, json={})


def raising(error: Exception) -> Callable[[], httpx.Response]:
    """Return a failure that breaks the exchange."""

    def fail() -> httpx.Response:
        raise error

    return fail


def client(peer: Peer, policy: RetryPolicy = QUICK) -> HttpClient:
    """Return a client that speaks to `peer`."""
    return HttpClient(
        "http://peer",
        peer="p",
        transport=httpx.MockTransport(peer.answer),
        refuse=refuse,
        retry=policy,
    )


PASSING = {
    "refused": raising(httpx.ConnectError("refused")),
    "broken": raising(httpx.ReadError("reset")),
    "busy": lambda: httpx.Response(503),
}


@pytest.mark.parametrize("failure", PASSING.values(), ids=PASSING)
async def test_idempotent_call_is_repeated(failure: Callable[[], httpx.Response]) -> None:
    """What may pass is asked again until it does."""
    peer = Peer(failure, times=3)
    async with client(peer) as http:
        assert await http.call(READ) == Empty()
    assert peer.asked == 4


@pytest.mark.parametrize("failure", PASSING.values(), ids=PASSING)
async def test_other_call_is_sent_exactly_once(failure: Callable[[], httpx.Response]) -> None:
    """A call that is not idempotent is never repeated, whatever went wrong."""
    peer = Peer(failure, times=1)
    async with client(peer) as http:
        with pytest.raises((Unreachable, ConnectionLost, Busy)):
            await http.call(WRITE)
    assert peer.asked == 1


async def test_repetition_ends_after_the_agreed_attempts() -> None:
    """The last refusal is the one that is reported."""
    peer = Peer(lambda: httpx.Response(503), times=100)
    async with client(peer) as http:
        with pytest.raises(Busy, match=r"busy \(peer p, endpoint GET /x\)"):
            await http.call(READ)
    assert peer.asked == QUICK.attempts


async def test_repetition_is_logged_and_not_printed(
    capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    """Standard output belongs to data; the log says what was repeated and why."""
    caplog.set_level("INFO", "orchestrator.transport")
    async with client(Peer(lambda: httpx.Response(503), times=1)) as http:
        await http.call(READ)
    assert capsys.readouterr() == ("", "")
    assert "because: busy" in caplog.text


async def test_repetition_stays_within_the_deadline() -> None:
    """When time runs out in a pause, the error before the pause is reported."""
    peer = Peer(lambda: httpx.Response(503), times=100)
    patient = RetryPolicy(attempts=100, first_wait_seconds=60, longest_wait_seconds=60)
    async with client(peer, patient) as http:
        with pytest.raises(Busy):
            await http.call(READ, timeout_seconds=0.1)
    assert peer.asked == 1


@pytest.mark.parametrize(
    "failure",
    [
        lambda: httpx.Response(500),
        lambda: httpx.Response(200, content=b"{"),
        raising(httpx.ReadTimeout("slow")),
    ],
)
async def test_final_errors_are_not_repeated(failure: Callable[[], httpx.Response]) -> None:
    """A no, an unusable answer and a missed deadline stay what they are."""
    peer = Peer(failure, times=1)
    async with client(peer) as http:
        with pytest.raises((Refusal, UnusableAnswer, DeadlineExceeded)):
            await http.call(READ)
    assert peer.asked == 1


def test_untrusted_peer_is_not_asked_again() -> None:
    """A wrong certificate does not become right by asking again."""
    assert not worth_repeating(UntrustedPeer("wrong"))
    assert not worth_repeating(ValueError("not ours"))
    assert worth_repeating(Unreachable("gone"))
