"""The table of the pages for engineers and quality: address, method, right, and who answers."""

from collections.abc import Callable
from dataclasses import dataclass

from fastapi import FastAPI

from orchestrator.web.pages.engineer import EngineerPages
from orchestrator.web.pages.page_maker import Answer, PageMaker
from orchestrator.web.pages.quality import QualityPages
from orchestrator.web.rights import Right
from orchestrator.web.surface import Surface


@dataclass(frozen=True, slots=True)
class Page:
    """One row. `name` is what a refusal is recorded under."""

    name: str
    method: str
    path: str
    right: Right
    answer: Answer


def pages(maker: PageMaker) -> tuple[Page, ...]:
    """Return the table of one station."""
    engineer, quality = EngineerPages(maker), QualityPages(maker)
    look, draft = Right.LOOK, Right.DRAFT
    file = "{run}/%s/{sequence:int}/{name:path}"
    return (
        Page("page_recipes", "GET", "/recipes", look, engineer.recipes),
        Page("page_recipe", "GET", "/recipes/{content_hash}", look, engineer.recipe),
        Page("page_attempt", "POST", "/recipes/{content_hash}/trials", draft, engineer.attempt),
        Page("page_trial", "GET", "/trials/{trial}", look, engineer.trial),
        Page("page_runs", "GET", "/runs", look, engineer.runs),
        Page("page_run", "GET", "/runs/{run}", look, engineer.run),
        Page("page_run_tail", "GET", "/runs/{run}/tail", look, engineer.tail),
        Page("page_attachment", "GET", "/runs/" + file % "files", look, engineer.attachment),
        Page("page_series", "GET", "/runs/" + file % "series", look, engineer.series),
        Page("page_units", "GET", "/units", look, quality.units),
        Page("page_unit", "GET", "/units/{unit}", look, quality.unit),
        Page("page_certificate", "GET", "/units/{unit}/certificate", look, quality.certificate),
    )


def add_office_pages(
    application: FastAPI, surface: Surface, static: Callable[[str], str]
) -> tuple[Page, ...]:
    """Add the pages to `application`; return their table."""
    maker = PageMaker(surface, static)
    table = pages(maker)
    for row in table:
        answer = maker.open_to(row.right, row.name, row.answer)
        application.add_route(row.path, answer, methods=[row.method], include_in_schema=False)
    return table
