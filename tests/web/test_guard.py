"""What is checked of every request, and what every answer carries."""

import json
from collections.abc import AsyncIterator

import httpx
import pytest
from starlette.requests import Request
from starlette.responses import StreamingResponse

from orchestrator.domain.people import Role
from orchestrator.station.settings_web import WebSection
from orchestrator.web.guard import BODY_BYTES, host_name
from orchestrator.web.headers import POLICY, SECURITY_HEADERS
from tests.web.bench import Bench, make_bench

CANARY = '"><svg/onload=alert(1)>'


def checked(answer: httpx.Response) -> httpx.Response:
    """Return an answer that carries what every answer carries."""
    for name, value in SECURITY_HEADERS.items():
        assert answer.headers.get_list(name) == [value], name
    assert len(answer.headers.get_list("cache-control")) == 1
    assert "server" not in answer.headers
    return answer


async def test_every_answer_carries_the_security_headers(bench: Bench) -> None:
    """Answers, refusals, files and faults of the program leave with the same headers."""

    def broken() -> None:
        raise RuntimeError("a secret of the inside")

    bench.control.before = broken
    async with bench.browser() as browser:
        seen = [
            checked(await browser.get("/api/v1/station")).status_code,
            checked(await browser.get("/api/v1/nothing")).status_code,
            checked(await browser.get("/api/v1/slots/99")).status_code,
            checked(await browser.post("/api/v1/station", json={})).status_code,
            checked(await browser.get("/api/v1/runs?limit=0")).status_code,
            checked(await browser.get("/static/0000/none.css")).status_code,
            checked(await browser.get("/api/v1/people")).status_code,
            checked(await browser.get("/health/live", headers={"host": "evil"})).status_code,
        ]
        fault = checked(await browser.post("/api/v1/slots/1/stop", json={}))
    assert seen == [200, 404, 404, 405, 422, 404, 401, 400]
    assert (fault.status_code, fault.json()["code"]) == (500, "program")
    assert "secret of the inside" not in fault.text
    assert "secret of the inside" in bench.log.getvalue()
    assert "unsafe" not in POLICY


async def test_half_an_answer_is_not_taken_for_a_whole_one(bench: Bench) -> None:
    """A fault within an answer breaks the connection; a WebSocket is not answered at all."""

    async def half(request: Request) -> StreamingResponse:
        async def pieces() -> AsyncIterator[bytes]:
            yield b"half"
            raise RuntimeError("within")

        return StreamingResponse(pieces())

    bench.application.add_route("/half", half)
    async with bench.browser() as browser:
        with pytest.raises(ConnectionError):
            await browser.get("/half")
    sent: list[object] = []

    async def send(message: object) -> None:
        sent.append(message)

    async def receive() -> dict[str, str]:
        return {"type": "websocket.connect"}

    await bench.application({"type": "websocket", "path": "/", "headers": []}, receive, send)  # type: ignore[arg-type]  # whatever comes
    assert sent == []


async def test_a_refusal_is_a_problem(bench: Bench) -> None:
    """A refusal says what happened, where, and what to do, as RFC 9457 has it."""
    async with bench.browser() as browser:
        answer = await browser.get("/api/v1/slots/99")
        page = await browser.get(answer.json()["type"])
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json() == {
        "type": "/help/problems/not_found",
        "title": "Not there",
        "status": 404,
        "detail": "There is no such slot.",
        "instance": "/api/v1/slots/99",
        "code": "not_found",
        "what_to_do": "List the slots to see their names.",
        "errors": [],
    }
    assert page.status_code == 200
    assert "not_found" in page.text


@pytest.mark.parametrize("host", ["evil.example", "localhost.evil", "", "127.0.0.1@evil", "a b",
                                  "localhost/x", "[::1", "0.0.0.0",
                                  "127.0.0.1.nip.io"])  # fmt: skip
async def test_another_host_name_is_refused(bench: Bench, host: str) -> None:
    """A name that is not the station's is refused everywhere: DNS rebinding ends here."""
    async with bench.browser() as browser:
        for path in ("/api/v1/station", "/api/v1/events", "/", "/health/live"):
            answer = await browser.get(path, headers={"host": host})
            assert answer.status_code == 400, path
            assert answer.json()["code"] == "host"


async def test_own_names_are_answered(tmp_path: object, bench: Bench, story: str) -> None:
    """Loopback names and those of the settings are answered, with any port and in any case."""
    async with bench.browser() as browser:
        for host in ("localhost", "LOCALHOST:8460", "127.0.0.1:1", "[::1]:8460"):
            answer = await browser.get("/health/live", headers={"host": host})
            assert answer.status_code == 200, host
        refused = await browser.get("/health/live", headers={"host": "line-1.example"})
    assert refused.status_code == 400
    named = make_bench(tmp_path, story, WebSection(hosts=["Line-1.example"]))  # type: ignore[arg-type]  # a path
    async with named.browser() as browser:
        answer = await browser.get("/health/live", headers={"host": "line-1.EXAMPLE:443"})
    assert answer.status_code == 200


def test_names_of_hosts() -> None:
    """Only what is a host name is one."""
    assert host_name("Station:8460") == "station"
    assert host_name("[::1]:80") == "::1"
    assert [host_name(bad) for bad in ("a/b", "a@b", "a?b", "[x", "a b", "")] == [""] * 6


CROSS = [
    {"sec-fetch-site": "cross-site"},
    {"sec-fetch-site": "same-site"},
    {"sec-fetch-site": "none"},
    {"origin": "http://evil.example"},
    {"origin": "null"},
    {"origin": "http://localhost:9999"},
    {"origin": "ftp://localhost"},
    {"origin": "http://["},
    {"sec-fetch-site": "cross-site", "origin": "http://localhost"},
    {"content-type": "application/x-www-form-urlencoded"},
    {"content-type": "text/plain"},
    {"content-type": "multipart/form-data; boundary=x"},
    {"content-type": "text/plain; application/json"},
    {},
]


@pytest.mark.parametrize("headers", CROSS, ids=json.dumps)
async def test_another_site_cannot_act(bench: Bench, headers: dict[str, str]) -> None:
    """Nothing that a browser sends for another site reaches the station, signed in or not."""
    async with bench.signed_in(Role.OPERATOR) as browser:
        del browser.headers["sec-fetch-site"]
        for method, path in (
            ("POST", "/api/v1/slots/1/stop"),
            ("POST", "/api/v1/slots/1/start"),
            ("DELETE", "/api/v1/session"),
            ("PUT", "/api/v1/line/hold"),
        ):
            body = b'{"reason":"x"}'
            sent = {"content-type": "text/plain", **headers} if headers else {}
            answer = await browser.request(method, path, content=body, headers=sent)
            assert answer.status_code == 403, path
            assert answer.json()["code"] == "cross_site"
        del browser.headers["accept"]
        answer = await browser.get("/api/v1/session")
    assert bench.control.done == []
    assert answer.json()["signed_in"]


SAME = [
    {"sec-fetch-site": "same-origin"},
    {"origin": "http://localhost"},
    {"sec-fetch-site": "same-origin", "origin": "http://localhost"},
    {},
]


@pytest.mark.parametrize("headers", SAME, ids=json.dumps)
async def test_own_pages_and_programs_act(bench: Bench, headers: dict[str, str]) -> None:
    """The station's own pages act, and so do programs, which send JSON."""
    async with bench.browser() as browser:
        del browser.headers["sec-fetch-site"]
        answer = await browser.post("/api/v1/slots/1/stop", json={}, headers=headers)
    assert answer.status_code == 200


async def test_only_json_is_read(bench: Bench) -> None:
    """A body of another type is not taken for JSON, even from the own origin."""
    async with bench.signed_in(Role.OPERATOR) as browser:
        for kind in ("text/plain", "application/x-www-form-urlencoded", ""):
            answer = await browser.post(
                "/api/v1/prompts/Q1/answer", content=b'{"yes":true}', headers={"content-type": kind}
            )
            assert answer.status_code == 422, kind
    assert bench.control.done == []


async def test_bodies_and_headers_have_a_limit(bench: Bench) -> None:
    """A body of more than one MiB is refused, with and without a length; so are long headers."""

    async def pieces() -> object:
        for _ in range(5):
            yield b" " * (BODY_BYTES // 4)

    async with bench.browser() as browser:
        with_length = await browser.post("/api/v1/scans", content=b" " * (BODY_BYTES + 1))
        without = await browser.post(
            "/api/v1/scans",
            content=pieces(),  # type: ignore[arg-type]  # an asynchronous iterator
            headers={"content-type": "application/json"},
        )
        odd = await browser.get("/health/live", headers={"content-length": "-1"})
        long = await browser.get("/health/live", headers={"x-long": "a" * (17 << 10)})
    assert [a.status_code for a in (with_length, without, odd, long)] == [413, 413, 413, 431]
    for answer in (with_length, without, odd, long):
        assert answer.headers["content-type"] == "application/problem+json"
        checked(answer)


async def test_what_was_sent_is_never_repeated(bench: Bench) -> None:
    """Refusals name the place of a mistake, not what stood there; the log keeps its lines."""
    async with bench.signed_in(Role.OPERATOR) as browser:
        answers = [
            await browser.post("/api/v1/scans", json={"code": CANARY * 40}),
            await browser.post("/api/v1/prompts/Q1/answer", json={"yes": CANARY, CANARY: 1}),
            await browser.get("/api/v1/runs", params={"limit": CANARY}),
            await browser.get("/api/v1/runs", params={"after": CANARY}),
            await browser.post("/api/v1/session", json={"badge": "B-1", "pin": CANARY * 9}),
        ]
        split = await browser.get("/api/v1/slots/x%0d%0aSet-Cookie:%20a=b")
    for answer in answers:
        assert answer.status_code in {422, 403}, answer.text
        values = [*answer.json().values()]
        assert all(CANARY not in str(value) for value in values if not isinstance(value, list))
    assert split.status_code == 422
    assert "set-cookie" not in split.headers
    lines = bench.log.getvalue().splitlines()
    assert all(json.loads(line)["level"] for line in lines)


async def test_unknown_query_parameters_are_refused(bench: Bench) -> None:
    """A misspelt filter is a mistake, not everything; so is one that is given twice."""
    async with bench.browser() as browser:
        unknown = await browser.get("/api/v1/runs?serail=SN1")
        twice = await browser.get("/api/v1/runs?serial=SN1&serial=SN2")
        none = await browser.get("/api/v1/station?x=1")
    for answer in (unknown, twice, none):
        assert answer.status_code == 422
        assert answer.json()["code"] == "query"
    assert "serial" in unknown.json()["what_to_do"]


@pytest.mark.parametrize("path", ["/static/../application.py", "/static/%2e%2e/application.py",
                                  "/static/..%5capplication.py", "/static//etc/passwd",
                                  "/static/%2fetc%2fpasswd", "/static/x/../../people.json",
                                  "/static/", "/static"])  # fmt: skip
async def test_no_path_leads_out_of_the_files(bench: Bench, path: str) -> None:
    """Files are looked up by address, so that no path leads anywhere else."""
    async with bench.browser() as browser:
        answer = await browser.get(path)
    assert answer.status_code == 404


async def test_files_may_be_kept_for_ever(bench: Bench) -> None:
    """The address of a file names its content, so a browser need not ask again."""
    address = bench.application.state.static.address("base.css")
    async with bench.browser() as browser:
        answer = await browser.get(address)
    assert answer.status_code == 200
    assert "immutable" in answer.headers["cache-control"]
    assert answer.headers["content-type"].startswith("text/css")


async def test_whoever_asks_too_often_is_slowed_down(bench: Bench) -> None:
    """Twenty commands at once are carried out, the next one waits; another browser does not."""
    async with bench.browser() as browser, bench.browser(address="127.0.0.2") as other:
        codes = [
            (await browser.post("/api/v1/slots/1/stop", json={})).status_code for _ in range(21)
        ]
        beside = await other.post("/api/v1/slots/1/stop", json={})
        bench.clock.seconds += 1
        later = await browser.post("/api/v1/slots/1/stop", json={})
    assert codes == [200] * 20 + [429]
    assert (beside.status_code, later.status_code) == (200, 200)


async def test_a_forwarded_address_is_not_believed(bench: Bench) -> None:
    """The audit has the address of the socket, whatever a header says."""
    async with bench.browser(address="10.1.2.3") as browser:
        headers = {"x-forwarded-for": "127.0.0.1", "forwarded": "for=127.0.0.1"}
        await browser.post("/api/v1/slots/1/start", json={}, headers=headers)
    assert bench.notes[-1][1]["address"] == "10.1.2.3"
