"""Who stays signed in, how long, and where."""

from pathlib import Path

import httpx
import pytest

from orchestrator.domain.people import Role
from orchestrator.station.settings_web import WebSection
from orchestrator.web.accounts import Accounts
from orchestrator.web.people_file import PeopleFile
from tests.web.bench import Bench, make_bench

MINUTE = 60.0


def plant(browser: httpx.AsyncClient, secret: str) -> None:
    """Put the cookie of a session into a browser."""
    # A jar of cookies calls hosts without a dot so; under "localhost" the cookie is never sent.
    browser.cookies.set("station", secret, domain="localhost.local")


async def me(browser: httpx.AsyncClient) -> dict[str, object]:
    """Return who the station takes the browser for."""
    answer = await browser.get("/api/v1/session")
    found: dict[str, object] = answer.json()
    return found


async def test_signing_in_says_who_and_what(bench: Bench) -> None:
    """A session knows its person, the rights, and when it ends."""
    async with bench.signed_in(Role.OPERATOR) as browser:
        found = await me(browser)
    assert found["person"] == bench.people[Role.OPERATOR].person_id
    assert found["name"] == "operator"
    assert found["rights"] == ["look", "metrics", "stop", "work"]
    assert found["ends_in_seconds"] == 600.0
    assert found["form_token"]


async def test_a_session_gets_a_new_secret_at_sign_in(bench: Bench) -> None:
    """A secret that was known before opens nothing, and the one before ends (fixation)."""
    async with bench.browser() as browser:
        plant(browser, "planted")
        first = await browser.post("/api/v1/session", json=bench.proof(Role.OPERATOR))
        secret = first.cookies["station"]
        assert secret != "planted"
        assert len(secret) >= 43
        browser.cookies.clear()
        plant(browser, secret)
        second = await browser.post("/api/v1/session", json=bench.proof(Role.ENGINEER))
        assert second.cookies["station"] != secret
        browser.cookies.clear()
        plant(browser, secret)
        assert (await me(browser))["signed_in"] is False


@pytest.mark.parametrize("tls", [False, True])
async def test_the_cookie_is_out_of_reach(tmp_path: Path, story: str, tls: bool) -> None:
    """Scripts and other sites never get the cookie; with TLS it has the strict name."""
    files = {"tls_certificate": Path("c.pem"), "tls_key": Path("k.pem")} if tls else {}
    bench = make_bench(tmp_path, story, WebSection(**files))  # type: ignore[arg-type]  # two paths
    async with bench.browser(origin="https://localhost" if tls else "http://localhost") as browser:
        answer = await browser.post("/api/v1/session", json=bench.proof(Role.OPERATOR))
    cookie = answer.headers["set-cookie"]
    name, *flags = cookie.split("; ")
    assert name.startswith("__Host-station=" if tls else "station=")
    assert {"HttpOnly", "Path=/", "SameSite=strict"} <= set(flags)
    assert ("Secure" in flags) == tls
    assert not [flag for flag in flags if flag.startswith(("Domain", "Expires", "Max-Age"))]
    assert ("strict-transport-security" in answer.headers) == tls


@pytest.mark.parametrize(("role", "minutes"), [(Role.OPERATOR, 10), (Role.ENGINEER, 30)])
async def test_who_does_nothing_is_signed_out(bench: Bench, role: Role, minutes: int) -> None:
    """Looking keeps nobody signed in, doing does; a badge is needed again afterwards."""
    async with bench.signed_in(role) as browser:
        for _ in range(3):
            bench.clock.seconds += (minutes - 1) * MINUTE
            assert (await browser.post("/api/v1/slots/1/start", json={})).status_code == 200
        for _ in range(minutes - 1):
            bench.clock.seconds += MINUTE
            assert (await me(browser))["signed_in"]
        bench.clock.seconds += MINUTE
        assert (await me(browser))["signed_in"] is False
        assert (await browser.post("/api/v1/slots/1/start", json={})).status_code == 401


async def test_nobody_stays_longer_than_a_shift(bench: Bench) -> None:
    """After twelve hours everybody signs in again, however busy."""
    async with bench.signed_in(Role.OPERATOR) as browser:
        for _ in range(12 * 12 - 1):
            bench.clock.seconds += 5 * MINUTE
            assert (await browser.post("/api/v1/slots/1/stop", json={})).status_code == 200
            assert (await me(browser))["signed_in"]
        bench.clock.seconds += 5 * MINUTE
        assert (await me(browser))["signed_in"] is False


async def test_a_disabled_account_ends_at_once(bench: Bench, tmp_path: Path) -> None:
    """Who is removed while signed in may do nothing with the next request."""
    async with bench.signed_in(Role.OPERATOR) as browser:
        person = bench.people[Role.OPERATOR].person_id
        assert Accounts(PeopleFile(tmp_path), bench.clock).remove(person)
        assert (await browser.post("/api/v1/slots/1/start", json={})).status_code == 401
        assert (await me(browser))["signed_in"] is False


async def test_another_role_needs_another_sign_in(bench: Bench, tmp_path: Path) -> None:
    """A session does not grow with the role of its account."""
    file = PeopleFile(tmp_path)
    async with bench.signed_in(Role.VIEWER) as browser:
        file.change(
            lambda found: found.model_copy(
                update={
                    "people": tuple(
                        each.model_copy(update={"role": Role.ADMIN}) for each in found.people
                    )
                }
            )
        )
        assert (await browser.get("/api/v1/people")).status_code == 401


async def test_a_stolen_cookie_is_good_for_nothing(bench: Bench) -> None:
    """A session belongs to the address that it was opened from, and to this start."""
    async with bench.signed_in(Role.OPERATOR) as browser:
        secret = browser.cookies["station"]
        async with bench.browser(address="10.0.0.7") as thief:
            plant(thief, secret)
            assert (await me(thief))["signed_in"] is False
        assert (await me(browser))["signed_in"]


async def test_signing_out_ends_the_session(bench: Bench) -> None:
    """After signing out the old cookie opens nothing, and doing so twice is no mistake."""
    async with bench.signed_in(Role.OPERATOR) as browser:
        secret = browser.cookies["station"]
        assert (await browser.delete("/api/v1/session")).status_code == 200
        assert "station" not in browser.cookies
        plant(browser, secret)
        assert (await me(browser))["signed_in"] is False
        assert (await browser.delete("/api/v1/session")).status_code == 200


async def test_one_person_has_so_many_sessions(bench: Bench) -> None:
    """The oldest session of a person ends when there are too many of them."""
    async with bench.signed_in(Role.OPERATOR) as first:
        for _ in range(8):
            bench.clock.seconds += 1
            async with bench.browser() as other:
                await other.post("/api/v1/session", json=bench.proof(Role.OPERATOR))
        assert (await me(first))["signed_in"] is False


async def test_without_sign_in_this_machine_works(tmp_path: Path, story: str) -> None:
    """Where the settings ask for no sign-in, this machine works as an operator, others look."""
    bench = make_bench(tmp_path, story, WebSection(sign_in=False))
    async with bench.browser() as here, bench.browser(address="10.0.0.7") as there:
        assert (await here.post("/api/v1/slots/1/start", json={})).status_code == 200
        assert (await here.put("/api/v1/line/hold", json={"reason": "x"})).status_code == 401
        assert (await there.post("/api/v1/slots/1/start", json={})).status_code == 401
        assert (await there.get("/api/v1/station")).status_code == 200


async def test_looking_may_need_a_sign_in_from_afar(tmp_path: Path, story: str) -> None:
    """With `look = "signed_in"` other machines see nothing without a sign-in, but may stop."""
    bench = make_bench(tmp_path, story, WebSection(look="signed_in"))
    async with bench.browser() as here, bench.browser(address="10.0.0.7") as there:
        assert (await here.get("/api/v1/station")).status_code == 200
        assert (await there.get("/api/v1/station")).status_code == 401
        for path in ("/", "/live", "/slots/1", "/barcodes", "/runs", "/units", "/recipes"):
            assert (await there.get(path)).status_code == 401, path
        page = await there.get("/", headers={"accept": "text/html"})
        assert (page.status_code, page.headers["location"]) == (303, "/sign-in")
        assert (await there.get("/sign-in")).status_code == 200
        assert (await there.post("/api/v1/slots/1/stop", json={})).status_code == 200
        wrong = await there.post("/sign-in", data={"badge": "B-viewer", "pin": "111112"})
        assert (wrong.status_code, "This is wrong" in wrong.text) == (403, True)
        signed = await there.post("/sign-in", data=bench.proof(Role.VIEWER))
        assert (signed.status_code, signed.headers["location"]) == (303, "/")
        assert (await there.get("/api/v1/station")).status_code == 200
        assert (await there.get("/", headers={"accept": "text/html"})).status_code == 200


async def test_a_badge_alone_where_that_is_enough(tmp_path: Path, story: str, bench: Bench) -> None:
    """A scanned badge signs in where the settings allow it; a typed one needs the PIN."""
    alone = make_bench(tmp_path / "b", story, WebSection(badge_alone=True))
    async with alone.browser() as browser:
        typed = await browser.post("/api/v1/scans", json={"code": "B-operator", "source": "typed"})
        assert typed.json()["action"] == "badge"
        scanned = await browser.post("/api/v1/scans", json={"code": "B-operator"})
        assert scanned.json()["action"] == "signed_in"
        assert (await me(browser))["role"] == "operator"
        engineer = await browser.post("/api/v1/scans", json={"code": "B-engineer"})
        assert engineer.status_code == 403
    async with bench.browser() as browser:
        asked = await browser.post("/api/v1/scans", json={"code": "B-operator"})
        assert asked.json() == {
            "action": "badge", "slot": "", "value": "", "says": "Type your PIN.",
        }  # fmt: skip
        assert (await me(browser))["signed_in"] is False


async def test_who_did_nothing_for_long_works_here_no_more(bench: Bench) -> None:
    """The end of an idle session is kept, and the shift names its person no longer."""
    door = bench.application.state.door
    ana = bench.people[Role.OPERATOR].person_id
    async with bench.signed_in(Role.OPERATOR) as browser:
        bench.clock.seconds += 9 * MINUTE
        await door.sign_out_idle()
        assert bench.control.operator == ana
        bench.clock.seconds += 2 * MINUTE
        assert (await me(browser))["signed_in"] is False
        await door.sign_out_idle()
    assert bench.control.operator == ""
    assert bench.notes[-1] == (
        "sign_out", {"person": ana, "address": "127.0.0.1", "how": "ran_out"},
    )  # fmt: skip
    await door.sign_out_idle()
    assert bench.kinds().count("sign_out") == 1


async def test_who_is_signed_in_elsewhere_still_works_here(bench: Bench) -> None:
    """One idle browser of somebody signs the other one out of nothing."""
    async with bench.signed_in(Role.OPERATOR):
        bench.clock.seconds += 9 * MINUTE
        async with bench.signed_in(Role.OPERATOR):
            bench.clock.seconds += 2 * MINUTE
            await bench.application.state.door.sign_out_idle()
            assert bench.control.operator == bench.people[Role.OPERATOR].person_id


async def test_this_machine_has_more_than_one_address(bench: Bench) -> None:
    """A browser that reaches localhost by IPv6 now and by IPv4 next stays signed in."""
    async with bench.signed_in(Role.OPERATOR) as browser, bench.browser("::1") as same:
        plant(same, browser.cookies["station"])
        assert (await me(same))["signed_in"] is True
