"""Quality's pages in process: finding a unit, its whole life, its certificate."""

import re
from dataclasses import replace
from pathlib import Path
from urllib.parse import quote

import pytest

from orchestrator.station.office import NO_OFFICE
from orchestrator.web.application import create_application
from orchestrator.web.pages.timeline import MOST_MARKS, life
from tests.audit.rows import unit
from tests.web.pages_bench import CANARY, DEVICE, PagesBench, written
from tests.web.test_engineer_pages import ESCAPED


@pytest.mark.parametrize(
    ("name", "units"),
    [
        ("SN" + CANARY, ["U1"]),
        (DEVICE, ["U1"]),
        (DEVICE.upper(), ["U1"]),
        ("cd" * 64, ["U2"]),
        ("SN", []),
        ("%", []),
        ("' OR 1=1 --", []),
    ],
)
async def test_a_unit_is_found_by_its_whole_name(
    pages: PagesBench, name: str, units: list[str]
) -> None:
    """Serial number or device id, exactly; nothing in a name is a pattern or a query."""
    async with pages.browser() as browser:
        text = (await browser.get(f"/units?find={quote(name)}")).text
        assert re.findall(r'href="/units/(U\d)"', text) == units
        assert "<img src=x" not in text
        if not units:
            assert "it has to be the whole serial number" in text


async def test_the_life_of_a_unit_is_told_with_runs_requests_and_decisions(
    pages: PagesBench,
) -> None:
    """Marks for runs and decisions lead to their runs; the list has who decided and why."""
    async with pages.browser() as browser:
        text = (await browser.get("/units/U1")).text
    assert text.count('class="mark fail"') == 1
    assert text.count('class="mark pass"') == 1
    assert text.count('class="mark decided"') == 2
    assert "(decision by ada)" in text
    assert "looked " + ESCAPED in text
    assert 'href="/runs/R1"' in text
    assert "On hold" not in text
    order = [text.index(word) for word in ("registered", "finding", "run ended")]
    assert order[0] < order[1]


async def test_a_unit_of_which_nobody_knows_is_shown_on_hold(pages: PagesBench) -> None:
    """The last finding counts: an open question holds the unit, and its id is told."""
    async with pages.browser() as browser:
        text = (await browser.get("/units/U2")).text
    assert "On hold: nobody knows what became of I2" in text


async def test_a_certificate_is_a_download_named_here(pages: PagesBench) -> None:
    """The file holds what the station made for that unit; its name has nothing of the unit's."""
    async with pages.browser() as browser:
        answer = await browser.get("/units/U1/certificate")
        assert answer.json() == {"unit": "SN" + CANARY}
        assert re.fullmatch(
            r'attachment; filename="certificate-[0-9a-f]{16}\.json"',
            answer.headers["content-disposition"],
        )
        assert "sandbox" in answer.headers["content-security-policy"]
        assert (await browser.get("/units/nobody/certificate")).status_code == 404
        assert (await browser.get("/units/nobody")).status_code == 404


async def test_a_station_that_makes_no_certificates_offers_none(pages: PagesBench) -> None:
    """Without a way to make them there is no button, and the address leads nowhere."""
    surface = replace(pages.bench.surface, office=NO_OFFICE)
    bench = replace(pages.bench, surface=surface, application=create_application(surface))
    async with bench.browser() as browser:
        assert "Birth certificate" not in (await browser.get("/units/U1")).text
        assert (await browser.get("/units/U1/certificate")).status_code == 404
        assert (
            "Try on a simulated board"
            not in (await browser.get(f"/recipes/{pages.ready.plan.content_hash}")).text
        )


async def test_units_are_listed_page_by_page(tmp_path: Path) -> None:
    """The newest first, a hundred at a time, each once."""
    calls = [[unit(f"V{number:04}", f"S{number}")] for number in range(150)]
    pages = PagesBench(tmp_path, written(tmp_path, calls))
    async with pages.browser() as browser:
        text = (await browser.get("/units")).text
        first = re.findall(r'href="/units/(V\d+)"', text)
        more = re.search(r'rel="next" href="([^"]+)"', text)
        assert more is not None
        rest = re.findall(r'href="/units/(V\d+)"', (await browser.get(more[1])).text)
    assert first + rest == [f"V{number:04}" for number in reversed(range(150))]


def test_a_long_life_is_drawn_by_its_last_marks() -> None:
    """The drawing stays as wide as a screen, and says how much it leaves out."""
    row = {
        "occurred_at": "2026-11-21T02:00:00Z", "kind": "run ended", "run_id": "R1",
        "station_id": "st1", "slot": "1", "recipe": "guardian", "sequence": None, "step_id": None,
        "attempt": None, "outcome": "PASS", "duration_us": 1, "message": "", "detail": None,
        "intent_id": None, "entry": 1,
    }  # fmt: skip
    told = life([row] * (MOST_MARKS + 7))
    assert len(told.marks) == MOST_MARKS
    assert told.left_out == 7
    assert len(told.moments) == MOST_MARKS + 7
