"""What a browser is shown of a refusal, and what a program is told of a body that is none."""

import pytest

from orchestrator.domain.people import Role
from orchestrator.web.problems import MEDIA_TYPE
from tests.web.bench import Bench
from tests.web.test_guard import CANARY, checked

BROWSER = {"accept": "text/html,application/xhtml+xml,*/*;q=0.8"}


@pytest.mark.parametrize(
    "path", ["/nowhere", "/runs/R1/none", f"/{CANARY}", "/api", "/static/none.css", "/slots/none"]
)
async def test_a_browser_is_led_back_from_nowhere(bench: Bench, path: str) -> None:
    """Where nothing is, a person gets a page that says so and leads home, a program a problem."""
    async with bench.browser() as browser:
        page = checked(await browser.get(path, headers=BROWSER))
        problem = checked(await browser.get(path))
        nothing = checked(await browser.head(path, headers=BROWSER))
    assert (page.status_code, problem.status_code, nothing.status_code) == (404, 404, 404)
    assert page.headers["content-type"].startswith("text/html")
    assert "There is no" in page.text
    assert '<a class="button" href="/">' in page.text
    assert "svg/onload" not in page.text
    assert problem.headers["content-type"] == MEDIA_TYPE
    assert problem.json()["code"] == "not_found"
    assert problem.json()["detail"] in page.text


async def test_operations_answer_everybody_alike(bench: Bench) -> None:
    """Under the API a browser gets the problem that the description promises."""
    async with bench.browser() as browser:
        for path in ("/api/v1/nowhere", "/api/v1/runs/nobody", "/api/v1/runs?limit=0"):
            answer = checked(await browser.get(path, headers=BROWSER))
            assert answer.headers["content-type"] == MEDIA_TYPE, path


async def test_a_wrong_method_and_a_missing_right_have_their_page(bench: Bench) -> None:
    """A page that cannot be sent to, or not be seen, says so with its status and headers."""
    token = {"authorization": f"Bearer {bench.tokens['metrics']}"}
    async with bench.browser() as browser:
        method = checked(await browser.post("/runs", headers=BROWSER))
        right = checked(await browser.get("/", headers=BROWSER | token))
        told = checked(await browser.get("/", headers=token))
    assert method.status_code == 405
    assert "GET" in method.headers["allow"]
    assert "Unknown method" in method.text
    assert right.status_code == told.status_code == 403
    assert "Not allowed" in right.text
    assert told.json()["code"] == "rights"


@pytest.mark.parametrize(
    ("body", "pointer", "message"),
    [
        (b"{", "", "This is no JSON: it goes wrong at character 2"),
        (b"nope", "", "This is no JSON: it goes wrong at character 1"),
        (b'{"code": ]', "", "This is no JSON: it goes wrong at character 10"),
        (b'{"code": "SN1"} x', "", "This is no JSON: it goes wrong at character 17"),
        (b"", "", "Field required"),
        (b"[]", "", ""),
        (b"{}", "/code", "Field required"),
        (b'{"code": 5}', "/code", ""),
        (b'{"code": "SN1", "a/b~c": 1}', "/a~1b~0c", ""),
    ],
)
async def test_a_wrong_body_is_pointed_at(
    bench: Bench, body: bytes, pointer: str, message: str
) -> None:
    """The pointer leads to what is wrong; a body that is no JSON is wrong as a whole."""
    async with bench.signed_in(Role.OPERATOR) as browser:
        headers = {"content-type": "application/json"}
        answer = await browser.post("/api/v1/scans", content=body, headers=headers)
    assert (answer.status_code, answer.headers["content-type"]) == (422, MEDIA_TYPE)
    (found,) = answer.json()["errors"]
    assert found["pointer"] == pointer
    assert message in found["message"]
