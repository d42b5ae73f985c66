"""Looking at the station: the whole, its slots, the prompts that are open."""

from typing import Annotated

from fastapi import Path, Query
from starlette.responses import Response

from orchestrator.domain.prompts import Prompt as OpenPrompt
from orchestrator.web.api.cursors import MOST_ROWS, read_name, write_cursor
from orchestrator.web.api.models import Prompt, Prompts, Slot, Slots, Station, Word
from orchestrator.web.api.parts import Here, not_found, slot_of
from orchestrator.web.api.views import prompt_view, slot_view, station_view
from orchestrator.web.surface import Surface

Limit = Annotated[int, Query(ge=1, le=MOST_ROWS, description="Most rows of the answer.")]
After = Annotated[
    str | None, Query(max_length=400, description="What `next` of the page before says.")
]
SlotName = Annotated[Word, Path(description="Name of the slot, as on the fixture.")]
PromptId = Annotated[Word, Path(description="Id of the prompt.")]


async def get_station(here: Here) -> Station:
    """Return the station as a whole: counters, health, what holds it up."""
    return station_view(here.control.snapshot())


async def list_slots(here: Here, limit: Limit = MOST_ROWS, after: After = None) -> Slots:
    """Return the slots in their order."""
    slots = here.control.snapshot().slots
    behind = read_name("slots", after)
    names = [slot.name for slot in slots]
    begin = names.index(behind) + 1 if behind in names else 0
    if behind is not None and behind not in names:
        raise not_found("slot to go on behind", "Begin without `after`.")
    page = slots[begin : begin + limit]
    more = begin + limit < len(slots)
    return Slots(
        items=[slot_view(slot) for slot in page],
        next=write_cursor("slots", page[-1].name) if more else None,
    )


async def get_slot(slot: SlotName, here: Here) -> Slot:
    """Return one slot."""
    return slot_view(slot_of(here.control.snapshot(), slot))


async def list_prompts(here: Here) -> Prompts:
    """Return the open prompts of all slots, the oldest first."""
    return Prompts(items=[prompt_view(each) for each in here.control.snapshot().prompts])


async def get_prompt(prompt: PromptId, here: Here) -> Prompt:
    """Return one open prompt."""
    return prompt_view(open_prompt(here, prompt))


async def get_prompt_picture(prompt: PromptId, here: Here) -> Response:
    """Return the picture that belongs to a prompt."""
    picture = open_prompt(here, prompt).question.picture
    if picture is None:
        raise not_found("picture", "This prompt has none.")
    # Shown by pages, never run by a browser that opens it by itself.
    headers = {
        "Content-Security-Policy": "default-src 'none'; style-src 'none'; sandbox",
        "Cache-Control": "private, max-age=86400, immutable",
    }
    return Response(picture.content, media_type=picture.media_type, headers=headers)


def open_prompt(here: Surface, prompt_id: str) -> OpenPrompt:
    """Return the prompt with this id. Raises Refused when it is not open."""
    found: OpenPrompt
    for found in here.control.snapshot().prompts:
        if found.prompt_id == prompt_id:
            return found
    raise not_found("open prompt", "It was answered, or its step is over.")
