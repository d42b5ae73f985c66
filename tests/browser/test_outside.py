"""The line at the top in a real browser: outside services, at both sizes, in both languages."""

from pathlib import Path

import pytest
from playwright.async_api import expect

from orchestrator.station.snapshot import AuditHealth, SystemSnapshot
from tests.browser.browsing import BIG, SMALL, panel, showing, violations
from tests.browser.samples import samples
from tests.browser.stage import chromium, paper_panel

_VENDOR = Path(__file__).parent / "vendor"
AXE = (_VENDOR / "axe.min.js").read_text(encoding="utf-8")
NOON = "2026-11-21T12:00:00.000000Z"
AWAY = tuple(
    SystemSnapshot(name, works=False, since=NOON)
    for name in ("azure_sphere_cloud", "iot_hub_portal")
)
# Items of the header that leave the page, or that lie on each other.
CROWDED = """
() => {
  const all = [...document.querySelectorAll('.head .item, .head .who > *')].map(item =>
    [item.textContent.trim(), item.getBoundingClientRect()]).filter(([, box]) => box.width);
  const out = all.filter(([, box]) => box.left < 0 || box.right > innerWidth + 1);
  const on = all.filter(([, one], place) => all.slice(place + 1).some(([, other]) =>
    one.left < other.right - 1 && other.left < one.right - 1
    && one.top < other.bottom - 1 && other.top < one.bottom - 1));
  return [...out, ...on].map(([text]) => text);
}
"""


async def test_a_service_that_is_away_is_told_while_one_looks(tmp_path: Path) -> None:
    """Its lamp turns in the open page and back, in words and symbol; the checker finds nothing."""
    async with showing(tmp_path, samples(4)) as (stage, shown):
        head = shown.page.locator("#head")
        assert "loud" not in await head.inner_text()
        stage.control.systems = AWAY
        stage.control.tell()
        bad = head.locator(".bad")
        await expect(bad).to_have_count(2)
        await expect(bad.first).to_contain_text("No cloud since ")
        await expect(bad.first.locator(".symbol.fail")).to_be_visible()
        await expect(bad.last).to_contain_text("No portal since ")
        await shown.page.evaluate(AXE)
        assert await violations(shown) == []
        stage.control.systems = (SystemSnapshot("azure_sphere_cloud", works=True, since=NOON),)
        stage.control.tell()
        await expect(bad).to_have_count(0)
        await expect(head.get_by_text("Cloud", exact=True).locator(".symbol.pass")).to_be_visible()
        assert shown.problems == []


@pytest.mark.parametrize("view", [BIG, SMALL], ids=["big", "small"])
async def test_a_header_with_everything_wrong_stays_on_the_page(
    tmp_path: Path, view: dict[str, int]
) -> None:
    """Nothing is cut, nothing lies on anything else and the page does not scroll, however long."""
    async with paper_panel(tmp_path, samples(64)) as stage, chromium() as browser:
        stage.control.systems = AWAY
        stage.control.audit = AuditHealth(writable=False, waiting=1234)
        for language in ("en", "de"):
            async with panel(browser, f"{stage.address}?language={language}", view) as shown:
                assert await shown.page.evaluate(CROWDED) == []
                page = await shown.page.evaluate(
                    "[document.documentElement.scrollHeight, document.documentElement.scrollWidth]"
                )
                assert page == [view["height"], view["width"]]
