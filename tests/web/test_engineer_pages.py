"""The engineer's pages in process: recipes, runs, waterfall, attachments, series, trials."""

import html
import re
from dataclasses import replace
from pathlib import Path
from urllib.parse import quote

import anyio
import pytest

from orchestrator.domain.errors import StationBusy
from orchestrator.domain.people import Role
from orchestrator.domain.series import read_series
from orchestrator.simulation.trial import try_recipe
from orchestrator.station.office import Office, Trial
from orchestrator.station.recipes import ReadyRecipe
from orchestrator.station.settings_web import WebSection
from orchestrator.web.application import create_application
from orchestrator.web.pages.chart import MOST_POINTS, chart, thinned
from orchestrator.web.pages.waterfall import waterfall
from orchestrator.web.pages.words import duration, limits, pretty, within
from orchestrator.web.problems import Refused
from orchestrator.web.trials import TRIALS_KEPT, Trials
from tests.web.pages_bench import CANARY, PagesBench, many_runs, series, written

ESCAPED = html.escape(CANARY, quote=True).replace("&quot;", "&#34;").replace("&#x27;", "&#39;")
PLACES = ("/recipes", "/runs", "/runs/R1", "/runs/R2", "/runs/R3", "/runs/R3/tail", "/units",
          "/units/U1", "/units/U2")  # fmt: skip


async def test_every_page_is_shown_to_everybody_with_no_style_or_script_in_it(
    pages: PagesBench,
) -> None:
    """Nobody has to sign in to look; nothing in a page needs more than the policy allows."""
    async with pages.browser() as browser:
        for place in PLACES:
            answer = await browser.get(place)
            assert answer.status_code == 200, place
            assert answer.headers["content-type"] == "text/html; charset=utf-8"
            assert "style-src 'self'" in answer.headers["content-security-policy"]
            assert not re.search(r"\sstyle=|<style|<script>|\son\w+=\"", answer.text), place
            assert "<img src=x" not in answer.text
            assert "49" not in re.findall(r"svg/onload=alert\(2\)&gt;(.{4})", answer.text)


async def test_strings_of_boards_and_recipes_are_shown_as_they_are(pages: PagesBench) -> None:
    """A canary in serial number, step, message, remedy, parameter, event and measurement."""
    async with pages.browser() as browser:
        text = (await browser.get("/runs/R1")).text
        assert text.count(ESCAPED) >= 8
        assert "SN" + ESCAPED in (await browser.get("/runs")).text
        assert ESCAPED in (await browser.get("/recipes")).text


async def test_a_run_is_a_waterfall_with_tries_limits_and_log(pages: PagesBench) -> None:
    """Each step has a line with a bar per try; a value has its limits, an event its line."""
    async with pages.browser() as browser:
        text = (await browser.get("/runs/R1")).text
    assert text.count('class="bar ') == 3
    assert "after 1 more: busy.4" in text
    assert "[-80 … -20]" in text
    assert 'aria-label="at -10 % of the range"' in text
    assert "prompt_answered" in text
    opened = r"<details data-step=.main/check. open><summary>details<span class=.unseen.> of Check"
    assert re.search(opened, text)
    assert "hx-get" not in text


async def test_an_open_run_follows_itself_until_it_has_ended(pages: PagesBench) -> None:
    """The part that grows asks for itself every second; one that has ended does not."""
    async with pages.browser() as browser:
        assert (
            'hx-get="/runs/R3/tail" hx-trigger="every 1s"' in (await browser.get("/runs/R3")).text
        )
        tail = (await browser.get("/runs/R3/tail")).text
        assert tail.startswith('<div id="tail" hx-get=')
        assert "running" in tail
        assert (await browser.get("/runs/R2/tail")).text.startswith('<div id="tail">')


async def test_an_attachment_is_a_sealed_download_under_a_name_made_here(
    pages: PagesBench,
) -> None:
    """Whatever it is called and claims to be, a browser saves it and runs nothing."""
    async with pages.browser() as browser:
        link = re.search(r'href="(/runs/R1/files/2/x\.html)"', (await browser.get("/runs/R1")).text)
        assert link is not None
        answer = await browser.get(link[1])
        assert answer.content == b"<script>alert(3)</script>"
        assert answer.headers["content-type"] == "application/octet-stream"
        assert answer.headers["content-security-policy"] == "default-src 'none'; sandbox"
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert re.fullmatch(
            r'attachment; filename="R1-2-[0-9a-f]{12}\.bin"', answer.headers["content-disposition"]
        )
        for missing in ("/runs/R1/files/9/x.html", "/runs/R1/files/2/..%2fx", "/runs/R9/files/2/a"):
            assert (await browser.get(missing)).status_code == 404


async def test_a_series_is_drawn_and_anything_else_is_not(pages: PagesBench) -> None:
    """The drawing names quantity, unit and extremes; a file that is no series is refused."""
    name = quote("series/a b.json", safe="")
    async with pages.browser() as browser:
        assert f'src="/runs/R1/series/2/{name}"' in (await browser.get("/runs/R1")).text
        answer = await browser.get(f"/runs/R1/series/2/{name}")
        assert answer.headers["content-type"].startswith("image/svg+xml")
        assert "sandbox" in answer.headers["content-security-policy"]
        assert ">99.5</text>" in answer.text
        assert "<img" not in answer.text
        assert (await browser.get("/runs/R1/series/2/no-series.json")).status_code == 409
        assert (await browser.get("/runs/R1/series/2/x.html")).status_code == 404


async def test_filters_are_in_the_address_and_count_what_they_find(pages: PagesBench) -> None:
    """Each filter narrows the list; with a begin the outcomes are counted and linked."""
    async with pages.browser() as browser:

        async def found(query: str) -> set[str]:
            text = (await browser.get(f"/runs?{query}")).text
            return set(re.findall(r'href="/runs/(R\d)"', text))

        assert await found("") == {"R1", "R2", "R3"}
        assert await found("outcome=FAIL&slot=&recipe=") == {"R1"}
        assert await found("slot=2") == {"R2"}
        assert await found("recipe=nobody") == set()
        assert await found(f"serial={quote('SN' + CANARY)}") == {"R1", "R2"}
        assert await found("until=2026-11-20") == set()
        text = (await browser.get("/runs?since=2026-11-20")).text
        assert 'href="/runs?since=2026-11-20&amp;outcome=FAIL">FAIL 1</a>' in text
        assert "open 1" in text


@pytest.mark.parametrize(
    ("address", "status"),
    [
        ("/runs?outcome=SHINY", 422),
        ("/runs?since=yesterday", 422),
        ("/runs?colour=red", 422),
        ("/runs?slot=1&slot=2", 422),
        ("/runs?slot=" + "x" * 300, 422),
        ("/runs?after=nonsense", 422),
        ("/recipes?x=1", 422),
        ("/runs/nobody", 404),
        ("/recipes/nobody", 404),
        ("/trials/nobody", 404),
        ("/runs/R1/files/99999999999/x.html", 404),
    ],
)
async def test_what_cannot_be_shown_is_refused_on_a_page(
    pages: PagesBench, address: str, status: int
) -> None:
    """The page says what is wrong and what to do; what was asked is never markup."""
    async with pages.browser() as browser:
        answer = await browser.get(address)
        assert answer.status_code == status
        assert 'role="alert"' in answer.text


async def test_lists_go_on_behind_their_last_row(tmp_path: Path) -> None:
    """Pages of a hundred, each run once, the newest first."""
    pages = PagesBench(tmp_path, written(tmp_path, many_runs(205)))
    seen: list[str] = []
    async with pages.browser() as browser:
        address: str | None = "/runs?slot=1"
        while address is not None:
            text = (await browser.get(address)).text
            seen += re.findall(r'href="/runs/(M\d+)"', text)
            more = re.search(r'rel="next" href="([^"]+)"', text)
            address = html.unescape(more[1]) if more else None
    assert seen == sorted(seen, reverse=True)
    assert len(seen) == len(set(seen)) == 205


async def test_a_recipe_has_its_source_with_line_numbers_and_its_hash(pages: PagesBench) -> None:
    """The loaded one shows steps and source; one of the past is shown as the audit kept it."""
    plan = pages.ready.plan
    async with pages.browser() as browser:
        text = (await browser.get("/recipes")).text
        assert "A file is other than what is loaded" in text
        assert "1 errors, 0 warnings" in text
        text = (await browser.get(f"/recipes/{plan.content_hash}")).text
        assert plan.content_hash in text
        assert len(re.findall(r'id="line-\d+"', text)) == len(plan.text.splitlines())
        assert "Try on a simulated board" in text
        text = (await browser.get("/recipes/H1")).text
        assert "not loaded now" in text
        assert "Try on" not in text


async def test_a_trial_is_the_engineers_and_is_shown_as_a_waterfall(pages: PagesBench) -> None:
    """Others are refused, which is recorded; the result is shown, and the audit has no run more."""
    address = f"/recipes/{pages.ready.plan.content_hash}/trials"
    async with pages.browser() as browser:
        nobody = await browser.post(address)
        assert (nobody.status_code, 'href="/sign-in"' in nobody.text) == (401, True)
    for role in (Role.OPERATOR, Role.QUALITY, Role.ADMIN):
        async with pages.signed_in(role) as browser:
            assert (await browser.post(address)).status_code == 403
    assert pages.bench.kinds().count("refused") == 4
    assert pages.tried == []
    async with pages.signed_in(Role.ENGINEER) as browser:
        for token in ("", "another"):
            answer = await browser.post(address, data={"form_token": token})
            assert (answer.status_code, pages.tried) == (403, [])
        page = await browser.get(address.removesuffix("/trials"))
        found = re.search(r'name="form_token" value="([^"]+)"', page.text)
        assert found is not None
        form = {"form_token": found[1]}
        answer = await browser.post(address, data=form)
        assert answer.status_code == 303
        text = (await browser.get(answer.headers["location"])).text
        assert "Nothing of this is in the audit" in text
        assert ESCAPED in text
        assert text.count("not run") >= 10
        assert (await browser.post("/recipes/H1/trials", data=form)).status_code == 404
    assert pages.tried == [pages.ready.plan.content_hash]


async def test_a_trial_by_the_api_tells_the_same_as_its_page(pages: PagesBench) -> None:
    """The answer has the steps as the evidence of a run has them; its id leads to the page."""
    content_hash = pages.ready.plan.content_hash
    surface = replace(
        pages.bench.surface, office=replace(pages.bench.surface.office, attempt=try_recipe)
    )
    bench = replace(pages.bench, surface=surface, application=create_application(surface))
    async with bench.signed_in(Role.ENGINEER) as browser:
        told = (await browser.post(f"/api/v1/recipes/{content_hash}/trials")).json()
        assert told["outcome"] == "PASS"
        assert told["steps"][0]["uses"] == "sphere.identify"
        again = await browser.get(f"/api/v1/trials/{told['trial_id']}")
        assert again.json() == told
        page = await browser.get(f"/trials/{told['trial_id']}")
        assert page.text.count('class="bar pass"') == len(told["steps"])


async def test_one_trial_at_a_time_and_the_last_ones_are_kept(pages: PagesBench) -> None:
    """A second one is told to wait; the oldest is forgotten when there are many."""
    begun, may_end = anyio.Event(), anyio.Event()
    attempt = pages.bench.surface.office.attempt
    assert attempt is not None

    async def slow(ready: ReadyRecipe) -> Trial:
        begun.set()
        await may_end.wait()
        return await attempt(ready)

    surface = replace(pages.bench.surface, office=Office(attempt=slow))
    trials, content_hash = Trials(surface), pages.ready.plan.content_hash
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(trials.attempt, content_hash)
        await begun.wait()
        with pytest.raises(StationBusy, match="another trial"):
            await trials.attempt(content_hash)
        may_end.set()
    first = await trials.attempt(content_hash)
    assert trials.get(first.trial_id) is first
    for _ in range(TRIALS_KEPT):
        await trials.attempt(content_hash)
    with pytest.raises(Refused, match="not kept"):
        trials.get(first.trial_id)


async def test_other_machines_see_a_page_only_signed_in_where_the_settings_say_so(
    tmp_path: Path, lives: str
) -> None:
    """Every page of the table is refused to nobody, and recorded; a trial is never for nobody."""
    settings = WebSection(look="signed_in")
    bench = PagesBench(tmp_path, lives, settings).bench
    table = bench.application.state.office
    assert len(table) == 12
    async with bench.browser("10.0.0.9") as browser:
        for row in table:
            place = re.sub(r"\{sequence:int\}", "1", row.path)
            place = re.sub(r"\{[a-z_:]+\}", "x", place)
            answer = await browser.request(row.method, place)
            assert answer.status_code == 401, row.name
            assert "has to sign in" in answer.text
    assert bench.kinds().count("refused") == len(table)


async def test_a_trial_is_not_started_by_another_site(pages: PagesBench) -> None:
    """What a page of another site makes the browser send is refused before anybody is asked."""
    address = f"/recipes/{pages.ready.plan.content_hash}/trials"
    async with pages.signed_in(Role.ENGINEER) as browser:
        answer = await browser.post(address, headers={"sec-fetch-site": "cross-site"})
        assert answer.status_code == 403
    assert pages.tried == []


def test_no_peak_of_a_series_is_lost() -> None:
    """A long series is thinned to what a browser draws, its extremes included."""
    made = read_series(series(20_000))
    kept = thinned(made.samples)
    assert len(kept) <= MOST_POINTS
    assert kept == sorted(kept)
    drawn = chart(made)
    assert drawn.high == "99.5"
    assert drawn.count == 20_000
    assert ",0.0" in drawn.points
    assert chart(read_series(series(0))).points == ""


def test_a_clock_that_was_set_back_breaks_no_drawing() -> None:
    """A step that seems to begin before its run stands at the left edge."""
    row = {
        "section": "main", "step_id": "a", "name": "A", "uses": "x", "irreversible": False,
        "attempt": 1, "sequence": 1, "parameters": "{}", "began_at": "2026-11-21T01:00:00Z",
        "outcome": "PASS", "duration_us": 500_000, "error_class": "", "error_code": "",
        "message": "", "remedy": "", "measurements": [], "attachments": [], "identities": [],
    }  # fmt: skip
    drawn = waterfall([row], "2026-11-21T02:00:00Z", 1.0)
    (bar,) = drawn.lines[0].bars
    assert bar.x == 0
    assert 0 < bar.width <= 1000


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(None, ""), (0.44, "0.44 s"), (59.94, "59.9 s"), (125, "2:05"), (3725, "1:02:05")],
)
def test_lengths_of_time_are_written_for_people(seconds: float | None, text: str) -> None:
    """Seconds with a tenth, then minutes, then hours."""
    assert duration(seconds) == text


NO_LIMITS = dict.fromkeys(
    ("limit_min", "limit_max", "limit_equal", "limit_pattern", "limit_one_of")
)


@pytest.mark.parametrize(
    ("given", "text"),
    [
        ({}, ""),
        ({"limit_min": "1"}, "≥ 1"),
        ({"limit_max": "2"}, "≤ 2"),
        ({"limit_min": "1", "limit_max": "2"}, "[1 … 2]"),
        ({"limit_equal": "on"}, "= on"),
        ({"limit_pattern": "a+"}, "matches a+"),
        ({"limit_one_of": '["a", 2]'}, "one of a, 2"),
    ],
)
def test_limits_are_written_for_people(given: dict[str, str], text: str) -> None:
    """Each kind of limit has its form."""
    assert limits({**NO_LIMITS, **given}) == text


def test_a_value_is_placed_between_its_limits_only_where_that_means_something() -> None:
    """Texts, open ranges, empty ranges and texts that are no numbers have no place."""
    row = {**NO_LIMITS, "kind": "number", "value": "1.5", "limit_min": "1", "limit_max": "2"}
    assert within(row) == 0.5
    assert within({**row, "kind": "text"}) is None
    assert within({**row, "limit_max": None}) is None
    assert within({**row, "limit_max": "1"}) is None
    assert within({**row, "value": "x"}) is None


def test_details_of_events_are_written_for_people() -> None:
    """JSON objects become words, anything else stays what it is."""
    assert pretty('{"a":"b","c":[1,"d"]}') == 'a b, c [1, "d"]'
    assert pretty("[1]") == "[1]"
    assert pretty("plain") == "plain"
