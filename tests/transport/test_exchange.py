"""What is told of each exchange: the row, how long it took, and a word of a bounded list."""

import pytest

from orchestrator.domain.errors import OrchestratorError
from orchestrator.transport.client import HttpClient
from orchestrator.transport.exchange import Exchange
from orchestrator.transport.retry import RetryPolicy
from tests.transport.peers import Peer, Script, reply, serving
from tests.transport.test_client import ANSWER, GET, GET_ONE, answering, breaking_off, silent

ONCE = RetryPolicy(attempts=1)
PAGE = reply(b"<html>", headers=b"Content-Type: text/html\r\n")


async def told_by(script: Script, *, seconds: float = 5.0) -> list[Exchange]:
    """Return what is told of one call that is not answered as agreed."""
    told: list[Exchange] = []
    async with (
        serving(script) as server,
        HttpClient(server.url, peer="p", retry=ONCE, exchanged=told.append) as client,
    ):
        with pytest.raises(OrchestratorError):
            await client.call(GET, timeout_seconds=seconds)
    return told


async def test_a_good_answer_is_told_by_the_name_of_its_row() -> None:
    """Neither path nor parameter is in it, whatever was asked about."""
    told: list[Exchange] = []
    async with (
        serving(answering(ANSWER)) as server,
        HttpClient(server.url, peer="p", exchanged=told.append) as client,
    ):
        await client.call(GET_ONE, path={"id": "SN-CANARY"})
        await client.call(GET, fresh=True)
    assert [(one.endpoint, one.code, one.works) for one in told] == [
        ("get_one", "", True),
        ("get_thing", "", True),
    ]
    assert all(0 <= one.seconds < 5 for one in told)
    assert "CANARY" not in repr(told)


@pytest.mark.parametrize(
    ("script", "code", "works"),
    [
        (answering(reply(b"gone", "404 Not Found")), "http.4xx", True),
        (answering(reply(b"who?", "401 Unauthorized")), "http.4xx", False),
        (answering(reply(b"", "500 Internal Server Error")), "http.5xx", False),
        (answering(PAGE), "answer.html", False),
        (answering(reply(b'{"name": 7}')), "answer.members", False),
        (breaking_off(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{"), "link", False),
        (answering(b"nonsense\r\n\r\n"), "answer", False),
    ],
)
async def test_what_went_wrong_is_one_word(script: Script, code: str, works: bool) -> None:
    """A refusal of one thing shows a system at work; no usable answer shows the contrary."""
    told = await told_by(script)
    assert [(one.code, one.works) for one in told] == [(code, works)]


async def test_an_answer_that_is_too_long_is_told() -> None:
    """A reply beyond the cap of its row counts like one that cannot be read."""
    told = await told_by(answering(reply(b"x" * (GET.answer_cap_bytes + 1))))
    assert [(one.code, one.works) for one in told] == [("answer.size", False)]


async def test_a_missed_deadline_is_told_with_the_time_it_took() -> None:
    """Silence counts as an exchange that lasted until its caller gave up."""
    (told,) = await told_by(silent, seconds=0.2)
    assert (told.code, told.works) == ("deadline", False)
    assert told.seconds > 0.15


async def test_every_attempt_is_an_exchange() -> None:
    """A call that is repeated is told of as often as it went out, its pauses left out."""
    told: list[Exchange] = []

    async def script(peer: Peer) -> None:
        first = len(server.seen) == 1
        await peer.send(reply(b"", "429 Too Many Requests") if first else ANSWER)

    policy = RetryPolicy(attempts=2, first_wait_seconds=0.01, jitter_seconds=0.0)
    async with (
        serving(script) as server,
        HttpClient(server.url, peer="p", retry=policy, exchanged=told.append) as client,
    ):
        await client.call(GET)
    assert [one.code for one in told] == ["http.4xx", ""]


async def test_nobody_listening_is_told() -> None:
    """A refused connection is an exchange that did not work."""
    told: list[Exchange] = []
    async with serving(silent) as server:
        url = server.url
    async with HttpClient(url, peer="p", retry=ONCE, exchanged=told.append) as client:
        with pytest.raises(OrchestratorError):
            await client.call(GET)
    assert [(one.code, one.works) for one in told] == [("link", False)]
