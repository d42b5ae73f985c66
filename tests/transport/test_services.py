"""What services of the network need beyond a board: authorization, pace, lists, forms, text."""

import asyncio
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

import anyio
import httpx
import pytest

from orchestrator.domain.errors import (
    ErrorClass,
    OrchestratorError,
    Refusal,
    StationMisuse,
    UnusableAnswer,
)
from orchestrator.transport.body import Form, FormFile
from orchestrator.transport.client import Answer, HttpClient
from orchestrator.transport.endpoint import Empty, Endpoint, WireRoot
from orchestrator.transport.rate import RateLimit
from orchestrator.transport.retry import RetryPolicy, retry_after
from tests.patience import PATIENCE_SECONDS
from tests.transport.peers import Peer, reply, serving


class Ids(WireRoot[list[str]]):
    """A bare list."""


class Name(WireRoot[str]):
    """A bare text."""


LIST = Endpoint("list", "", "T", "GET", "/ids", Ids, idempotent=True)
PUT = Endpoint("put", "", "T", "PUT", "/ids", Empty, Ids)
POST = Endpoint("post", "", "T", "POST", "/ids", Empty)
TEXT = Endpoint("text", "", "T", "GET", "/text", "text", idempotent=True)
UPLOAD = Endpoint("upload", "", "T", "POST", "/upload", Empty, "multipart")
QUICK = RetryPolicy(first_wait_seconds=0.001, longest_wait_seconds=0.002, jitter_seconds=0.001)
Script = Callable[[httpx.Request], httpx.Response]


class Busy(Refusal):
    """Come back later."""

    error_class = ErrorClass.BUSY


def refuse(answer: Answer) -> OrchestratorError:
    """Read what puts a request off as busy."""
    return Busy("busy") if answer.status in {429, 503} else Refusal(f"no: {answer.status}")


def client(*scripts: Script, seen: list[httpx.Request] | None = None, **options: Any) -> HttpClient:
    """Return a client whose peer answers by one script after the other, the last one for ever."""
    left = list(scripts)

    def answer(request: httpx.Request) -> httpx.Response:
        if seen is not None:
            seen.append(request)
        return (left.pop(0) if len(left) > 1 else left[0])(request)

    transport = httpx.MockTransport(answer)
    options = {"retry": QUICK, "refuse": refuse, "peer": "p", **options}
    return HttpClient("http://peer", transport=transport, **options)


def status(code: int, content: object = None, **headers: str) -> Script:
    """Return a script that answers so."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return lambda _: httpx.Response(code, json={} if content is None else content, headers=named)


async def test_query_and_headers_are_sent() -> None:
    """Parameters behind the question mark are quoted; those that are None are left out."""
    seen: list[httpx.Request] = []
    async with client(status(200, []), seen=seen) as http:
        await http.call(LIST, query={"a b": "x&y", "n": 3, "no": None}, headers={"X-Next": "t"})
    assert seen[0].url.raw_path == b"/ids?a+b=x%26y&n=3"
    assert seen[0].headers["x-next"] == "t"


@pytest.mark.parametrize("value", ["a\r\nEvil: 1", "\u00e4", "\x00"])
async def test_header_that_cannot_be_sent_is_refused_without_its_value(value: str) -> None:
    """A line break in a token cannot become a header of its own, and is not shown."""
    async with client(status(200, [])) as http:
        with pytest.raises(StationMisuse, match="The header X-Next") as caught:
            await http.call(LIST, headers={"X-Next": value})
    assert value not in str(caught.value)


@pytest.mark.parametrize("body", [Ids(["a", "b"]), ["a", "b"], ("a", "b")])
async def test_bare_lists_go_both_ways(body: Any) -> None:
    """A body that is no object is a model of its root, or simply a list."""
    seen: list[httpx.Request] = []
    async with client(status(200), status(200, ["c"]), seen=seen) as http:
        await http.call(PUT, body=body)
        assert seen[0].content == b'["a","b"]'
        assert seen[0].headers["content-type"] == "application/json"
        assert (await http.call(LIST)).root == ["c"]


async def test_bare_text_and_wrong_lists() -> None:
    """A bare string is written as JSON; an unfit item is named by its place."""
    seen: list[httpx.Request] = []
    async with client(status(200), status(200, ["c", 1]), seen=seen) as http:
        await http.call(PUT, body=Name("x"))
        assert seen[0].content == b'"x"'
        with pytest.raises(UnusableAnswer, match=r"\$\[1\]"):
            await http.call(LIST)


async def test_form_is_sent_as_multipart() -> None:
    """A file of a form arrives with its field, name, type and bytes."""

    async def script(peer: Peer) -> None:
        await peer.send(reply(b"{}"))

    async with serving(script) as server, HttpClient(server.url, peer="p") as http:
        await http.call(UPLOAD, body=Form((FormFile("file", "a.png", b"\x89PNG", "image/png"),)))
    peer = server.seen[0]
    assert (peer.header("content-type") or "").startswith("multipart/form-data; boundary=")
    assert b'name="file"; filename="a.png"' in peer.body
    assert b"Content-Type: image/png\r\n\r\n\x89PNG\r\n" in peer.body


@pytest.mark.parametrize(
    ("kind", "content"), [("text/plain; charset=utf-8", "ä\n"), ("application/json", '"ä\\n"')]
)
async def test_text_comes_plain_or_as_json(kind: str, content: str) -> None:
    """A text is the same whichever way the peer writes it."""
    seen: list[httpx.Request] = []
    answer = httpx.Response(200, content=content.encode(), headers={"content-type": kind})
    async with client(lambda _: answer, seen=seen) as http:
        assert await http.call(TEXT) == "ä\n"
    assert seen[0].headers["accept"].startswith("text/plain")


@pytest.mark.parametrize(
    ("kind", "content"), [("text/plain", b"\xff"), ("application/json", b"[1]")]
)
async def test_text_that_is_none_is_refused(kind: str, content: bytes) -> None:
    """Bytes that are no text, and JSON that is no string, are unusable answers."""
    answer = httpx.Response(200, content=content, headers={"content-type": kind})
    async with client(lambda _: answer) as http:
        with pytest.raises(UnusableAnswer, match="no text"):
            await http.call(TEXT)


@pytest.mark.parametrize("row", [LIST, TEXT])
async def test_web_page_is_no_answer(row: Endpoint) -> None:
    """The sign-in page of a hotel network is told from an answer."""
    answer = httpx.Response(200, html="<html>Welcome</html>")
    async with client(lambda _: answer) as http:
        with pytest.raises(UnusableAnswer, match="A web page came"):
            await http.call(row)


class Tokens:
    """Hands out numbered tokens; a refused one is followed by the next."""

    def __init__(self, fault: OrchestratorError | None = None) -> None:
        self.number, self.fault = 1, fault
        self.told: list[Mapping[str, str]] = []

    async def __call__(self, refused: Mapping[str, str] | None = None) -> Mapping[str, str]:
        """Return the current token."""
        if refused is not None:
            self.told.append(refused)
            self.number += 1
        if self.fault:
            raise self.fault
        return {"Authorization": f"Bearer {self.number}"}


async def test_refused_token_is_renewed_once_even_for_a_write() -> None:
    """401 means that nothing was done, so the call is made once more with the new token."""
    tokens, seen = Tokens(), list[httpx.Request]()
    async with client(status(401), status(200), seen=seen, authorize=tokens) as http:
        await http.call(POST)
    assert [r.headers["authorization"] for r in seen] == ["Bearer 1", "Bearer 2"]
    assert tokens.told == [{"Authorization": "Bearer 1"}]


async def test_second_401_is_a_refusal() -> None:
    """A peer that refuses the new token as well is not asked a third time."""
    seen: list[httpx.Request] = []
    async with client(status(401), seen=seen, authorize=Tokens()) as http:
        with pytest.raises(Refusal, match="no: 401"):
            await http.call(LIST)
    assert len(seen) == 2


async def test_without_authorization_401_is_final_and_a_failed_sign_in_sends_nothing() -> None:
    """What cannot be renewed is not repeated; what cannot be authorized does not leave."""
    seen: list[httpx.Request] = []
    async with client(status(401), seen=seen) as http:
        with pytest.raises(Refusal):
            await http.call(LIST)
    assert len(seen) == 1
    async with client(status(200), seen=seen, authorize=Tokens(Refusal("signed out"))) as http:
        with pytest.raises(Refusal, match="signed out"):
            await http.call(LIST)
    assert len(seen) == 1


@pytest.mark.parametrize("row", [LIST, POST], ids=["read", "write"])
@pytest.mark.parametrize("hint", [None, "0", "nonsense", "-5", "Thu, 01 Jan 1970 00:00:00 GMT"])
async def test_429_is_repeated_for_every_call(row: Endpoint, hint: str | None) -> None:
    """Too many requests means that this one was not applied."""
    seen: list[httpx.Request] = []
    busy = status(429, **({"retry_after": hint} if hint else {}))
    good = status(200, [] if row is LIST else {})
    async with client(busy, busy, good, seen=seen) as http:
        await http.call(row)
    assert len(seen) == 3


async def test_503_with_a_hint_is_repeated_for_reads_alone() -> None:
    """An unavailable service may have applied a write before it gave up."""
    seen: list[httpx.Request] = []
    async with client(status(503, retry_after="0"), status(200, []), seen=seen) as http:
        await http.call(LIST)
    async with client(status(503, retry_after="0"), seen=seen) as http:
        with pytest.raises(Busy):
            await http.call(POST)
    assert len(seen) == 3


async def test_hint_is_capped_and_a_pause_beyond_the_deadline_is_not_begun() -> None:
    """A billion seconds become the cap; when that is too long the refusal comes at once."""
    policy = RetryPolicy(first_wait_seconds=0.001, jitter_seconds=0.0, longest_hint_seconds=0.01)
    async with client(status(429, retry_after="1000000000"), status(200), retry=policy) as http:
        with anyio.fail_after(PATIENCE_SECONDS):
            await http.call(POST)
    async with client(status(429, retry_after="1000000000"), status(200)) as http:
        with anyio.fail_after(PATIENCE_SECONDS), pytest.raises(Busy):
            await http.call(POST, timeout_seconds=30)


def test_retry_after_is_read_in_both_forms() -> None:
    """Seconds, a date in any age, and nothing else."""
    now = datetime(2026, 11, 21, 12, tzinfo=UTC)
    assert retry_after("17", now) == 17
    assert retry_after("Sat, 21 Nov 2026 12:00:30 GMT", now) == 30
    assert retry_after("Sat, 21 Nov 2026 12:00:30 -0000", now) == 30
    assert retry_after("Sat, 21 Nov 2020 12:00:00 GMT", now) == 0
    assert retry_after("9" * 5000, now) == 999999999999
    for nonsense in (None, "", "-1", "soon", "1.5", "\u0663", "Sat, 99 Nov 2026 12:00:30 GMT"):
        assert retry_after(nonsense, now) is None


async def test_several_connections_are_kept_and_are_the_most_there_are() -> None:
    """Nine calls at once over three connections, and the next nine over the same three."""
    together = asyncio.Barrier(3)

    async def script(peer: Peer) -> None:
        await together.wait()
        await peer.send(reply(b"[]"))

    async with (
        serving(script) as server,
        HttpClient(server.url, peer="p", connections=3) as http,
    ):
        for _ in range(2):
            async with anyio.create_task_group() as group:
                for _ in range(9):
                    group.start_soon(http.call, LIST)
        assert server.connections == 3


async def test_clients_of_one_system_wait_together_and_rest_together() -> None:
    """One 429 holds up the other client; a row of failures stops both without asking."""
    limit = RateLimit("the service", per_second=1000, failures=3, longest_hold_seconds=0.05)
    seen: list[httpx.Request] = []
    policy = RetryPolicy(attempts=1)
    first = client(status(429, retry_after="30"), status(500), retry=policy, limit=limit)
    async with first, client(status(200, []), seen=seen, limit=limit) as second:
        with pytest.raises(Busy):
            await first.call(POST)
        began = anyio.current_time()
        await second.call(LIST)
        assert anyio.current_time() - began >= 0.04
        for _ in range(3):
            with pytest.raises(Refusal):
                await first.call(POST)
        with pytest.raises(OrchestratorError, match="failed 3 times in a row") as caught:
            await second.call(LIST)
        assert not caught.value.leaves_unknown
    assert len(seen) == 1


async def test_headers_of_one_call_reach_its_caller_alone() -> None:
    """Two calls at once do not mix up what their answers say."""

    def answer(request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, json=[], headers={"X-Was": request.url.query.decode()})

    heard: dict[str, str] = {}

    async def ask(http: HttpClient, name: str) -> None:
        def note(headers: Mapping[str, str]) -> None:
            heard[name] = headers["x-was"]

        await http.call(LIST, query={"n": name}, heard=note)

    async with client(answer) as http, anyio.create_task_group() as group:
        group.start_soon(ask, http, "1")
        group.start_soon(ask, http, "2")
    assert heard == {"1": "n=1", "2": "n=2"}
