"""The client that a vendor's library gets: named hosts, https, nothing followed."""

import httpx
import pytest

from orchestrator.domain.errors import StationMisuse, UnusableAnswer
from orchestrator.transport.library import AllowedHosts
from orchestrator.transport.tls import public_context


def client(answer: httpx.Response, seen: list[httpx.Request]) -> AllowedHosts:
    """Return a client for one host."""

    def answering(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return answer

    transport = httpx.MockTransport(answering)
    return AllowedHosts({"login.example"}, context=public_context(), transport=transport)


@pytest.mark.parametrize(
    "url",
    [
        "https://evil.example/x",
        "http://login.example/x",
        "https://login.example.evil.example/x",
        "https://login.example@evil.example/x",
        "file:///etc/passwd",
        "//login.example/x",
    ],
)
def test_other_hosts_are_not_asked(url: str) -> None:
    """What a library decides to ask elsewhere does not leave the machine."""
    seen: list[httpx.Request] = []
    with pytest.raises(StationMisuse, match="not allowed"):
        client(httpx.Response(200), seen).get(url)
    assert not seen


def test_answer_has_the_shape_that_libraries_read() -> None:
    """Status, text and headers; a form and parameters go out as they should."""
    seen: list[httpx.Request] = []
    http = client(httpx.Response(200, json={"a": 1}, headers={"x": "y"}), seen)
    answer = http.post("https://LOGIN.example/t", data={"b": "ä"}, params={"c": "d"}, timeout=3)
    assert (answer.status_code, answer.text, answer.headers["x"]) == (200, '{"a":1}', "y")
    assert seen[0].content == b"b=%C3%A4"
    assert seen[0].url.query == b"c=d"
    answer.raise_for_status()
    http.close()


def test_redirect_is_an_answer_and_not_followed() -> None:
    """One request goes out, and the library gets to see the redirect."""
    seen: list[httpx.Request] = []
    http = client(httpx.Response(302, headers={"location": "https://evil.example/"}), seen)
    assert http.get("https://login.example/x").status_code == 302
    assert len(seen) == 1


def test_failure_raises_when_the_library_asks_for_it() -> None:
    """As requests does, with an error of ours."""
    answer = client(httpx.Response(500), []).get("https://login.example/x")
    with pytest.raises(UnusableAnswer, match="answered 500"):
        answer.raise_for_status()
