"""The line at the top of the panel: which outside services work, in each language."""

from datetime import datetime

import pytest

from orchestrator.station.hub import Hub
from orchestrator.station.snapshot import SystemSnapshot
from orchestrator.web.pages.render import Renderer
from orchestrator.web.pages.view import Service, picture
from orchestrator.web.texts import Texts, language, languages
from tests.browser.stage import PaperControl
from tests.web.bench import Bench

NOON = "2026-11-21T12:00:00.000000Z"
SINCE = datetime.fromisoformat(NOON).astimezone().strftime("%H:%M")
CLOUD = SystemSnapshot("azure_sphere_cloud", works=True, since=NOON)
PORTAL = SystemSnapshot("iot_hub_portal", works=False, since=NOON)


def shown(texts: Texts, *systems: SystemSnapshot) -> tuple[Service, ...]:
    """Return what the header says of `systems`."""
    control = PaperControl(Hub(), systems=systems)
    return picture(control.snapshot(), texts).head.services


def test_a_service_that_works_has_its_name_and_another_one_the_time() -> None:
    """What nobody has asked yet is not shown at all."""
    english = language("en")
    assert shown(english) == ()
    assert shown(english, CLOUD, PORTAL) == (
        Service("Cloud", works=True),
        Service(f"No portal since {SINCE}", works=False),
    )
    assert shown(language("de"), PORTAL) == (Service(f"Kein Portal seit {SINCE}", works=False),)


@pytest.mark.parametrize("texts", languages().values(), ids=lambda texts: texts.code)
def test_no_two_states_read_the_same(texts: Texts) -> None:
    """Each service and each state has words of its own: nobody needs to see symbol or colour."""
    away = SystemSnapshot("azure_sphere_cloud", works=False, since=NOON)
    back = SystemSnapshot("iot_hub_portal", works=True, since=NOON)
    words = [shown(texts, each)[0].text for each in (CLOUD, away, back, PORTAL)]
    assert len(set(words)) == 4
    assert [SINCE in text for text in words] == [False, True, False, True]


def test_a_turn_of_a_service_draws_the_header_anew() -> None:
    """The head is drawn with symbol and words when a service turns, and only then."""
    renderer, texts = Renderer(str), language("en")
    control = PaperControl(Hub(), systems=(CLOUD,))
    before = picture(control.snapshot(), texts)
    assert "head" not in renderer.pieces(texts, before, picture(control.snapshot(), texts))
    control.systems = (CLOUD, PORTAL)
    found = renderer.pieces(texts, before, picture(control.snapshot(), texts))["head"]
    assert 'Cloud <i class="symbol pass" aria-hidden="true">' in found
    assert f'bad">No portal since {SINCE} <i class="symbol fail" aria-hidden="true">' in found


async def test_programs_are_told_the_same(bench: Bench) -> None:
    """The API has each service with its state and since when it is so."""
    bench.control.systems = (PORTAL,)
    async with bench.browser() as browser:
        found = (await browser.get("/api/v1/station")).json()["systems"]
    assert found == [{"name": "iot_hub_portal", "works": False, "since": NOON}]
