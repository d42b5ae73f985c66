"""The operator's page: all slots at a glance, the detail of one, the live stream, the card.

What a slot's detail says of measurements comes from the audit; while that is lost the detail says
less, and the tiles go on.
"""

from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from functools import partial

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from orchestrator.domain.errors import AuditUnavailable
from orchestrator.domain.prompts import Picture as PromptPicture
from orchestrator.domain.prompts import Question
from orchestrator.station.snapshot import SlotSnapshot
from orchestrator.web.barcodes import CHECK_CODE, labels, sheet
from orchestrator.web.callers import Door
from orchestrator.web.live import Live, LiveResponse, wanted_language
from orchestrator.web.pages.evidence import RunEvidence, read_evidence
from orchestrator.web.pages.layout import style
from orchestrator.web.pages.page_maker import not_there
from orchestrator.web.pages.render import Renderer
from orchestrator.web.pages.view import key_of, tile
from orchestrator.web.problems import problem_at
from orchestrator.web.rights import Right
from orchestrator.web.surface import Surface
from orchestrator.web.texts import Texts, language, languages, next_language

Answer = Callable[[Request], Awaitable[Response]]
_PICTURES = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp"})


class OperatorPages:
    """The pages of one station. `static` returns the address of a shipped file."""

    def __init__(self, surface: Surface, static: Callable[[str], str]) -> None:
        self._surface = surface
        self._renderer = Renderer(static, surface.settings.screen)
        self._live = Live(
            surface.hub,
            surface.clock,
            surface.control.snapshot,
            self._renderer,
            surface.settings.title,
            per_client=surface.settings.streams_per_client,
        )

    def routes(self) -> Mapping[str, Answer]:
        """Return what answers which path."""
        return {
            "/": self.panel,
            "/live": self.live,
            "/slots/{key}": self.detail,
            "/pictures/{sha256}": self.picture,
            "/screen.css": self.screen,
            "/barcodes": self.barcodes,
        }

    async def panel(self, request: Request) -> Response:
        """Return the whole page."""
        texts = self._texts(request)
        picture = self._live.refreshed(texts)
        return self._page(
            "panel.html",
            texts,
            picture=picture,
            layout=self._renderer.layout(picture),
            clock=self._live.clock(),
            next_language=next_language(texts.code),
            languages=list(languages().values()),
            check_code=CHECK_CODE,
            kiosk="kiosk" in request.query_params,
            gap=self._surface.settings.scan_gap_milliseconds,
            again=round(self._surface.scanner.again_seconds * 1000),
        )

    async def live(self, request: Request) -> Response:
        """Return the stream of what changes."""
        if not self._live.admits(request.client.host if request.client else ""):
            detail = "Too many pages of this station are open here. Close some."
            return problem_at(request.url.path, 429, "too_many", detail)
        door: Door = request.app.state.door
        may_look = partial(door.may_still, request, Right.LOOK)
        return LiveResponse(self._live, self._texts(request), may_look)

    async def detail(self, request: Request) -> Response:
        """Return what the page shows of one slot above the tiles. Raises Refused for no slot."""
        texts = self._texts(request)
        slot = self._slot(request.path_params["key"])
        if slot is None:
            raise not_there("slot")
        evidence = await self._evidence(slot, texts)
        codes = labels(texts, self._surface.scanner, [slot.name])
        return self._page(
            "detail.html",
            texts,
            slot=slot,
            tile=tile(slot, texts),
            limits=_limits(slot.prompts[0].question, texts) if slot.prompts else "",
            evidence=evidence,
            left=self._left(slot),
            slot_code=codes[0].code if codes else "",
            kiosk="kiosk" in request.query_params,
        )

    async def picture(self, request: Request) -> Response:
        """Return a picture that somebody is asked to look at now."""
        wanted = request.path_params["sha256"]
        found = next((each for each in self._pictures() if each.sha256 == wanted), None)
        if found is None or found.media_type not in _PICTURES:
            return problem_at(request.url.path, 404, "not_found", "There is no such picture.")
        return Response(found.content, media_type=found.media_type)

    async def screen(self, request: Request) -> Response:
        """Return what is special about this station's screen, as a style sheet."""
        del request
        return Response(style(self._surface.settings.screen), media_type="text/css")

    async def barcodes(self, request: Request) -> Response:
        """Return the sheet of command codes, for printing."""
        texts = self._texts(request)
        names = [slot.name for slot in self._surface.control.snapshot().slots]
        here = self._surface
        return HTMLResponse(sheet(self._renderer, texts, here.station, names, here.scanner))

    def _page(self, template: str, texts: Texts, **values: object) -> Response:
        return HTMLResponse(self._renderer.page(template, texts=texts.sections, **values))

    def _texts(self, request: Request) -> Texts:
        return language(wanted_language(request), self._surface.settings.language)

    def _slot(self, key: str) -> SlotSnapshot | None:
        slots = self._surface.control.snapshot().slots
        return next((slot for slot in slots if key_of(slot.name) == key), None)

    def _left(self, slot: SlotSnapshot) -> dict[str, int]:
        """Return how many seconds the open questions of a slot still wait."""
        now = self._surface.clock.now()
        return {
            each.prompt_id: max(
                0,
                round(each.seconds - (now - datetime.fromisoformat(each.asked_at)).total_seconds()),
            )
            for each in slot.prompts
            if each.seconds is not None
        }

    def _pictures(self) -> list[PromptPicture]:
        prompts = self._surface.control.snapshot().prompts
        return [each.question.picture for each in prompts if each.question.picture is not None]

    async def _evidence(self, slot: SlotSnapshot, texts: Texts) -> RunEvidence:
        if not slot.run_id:
            return RunEvidence()
        try:
            return await read_evidence(self._surface.reads, slot.run_id, slot.steps, texts)
        except AuditUnavailable:
            return RunEvidence()


def _limits(question: Question, texts: Texts) -> str:
    """Write what a number may be; empty without limits."""
    low, high = question.minimum, question.maximum
    if low is not None and high is not None:
        return texts.say("prompt", "between", low=low, high=high, uom=question.uom)
    if low is not None:
        return texts.say("detail", "at_least", low=f"{low} {question.uom}")
    return texts.say("detail", "at_most", high=f"{high} {question.uom}") if high is not None else ""
