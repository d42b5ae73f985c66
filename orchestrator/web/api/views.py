"""The station's snapshot as the API shows it, and its events as they go over the wire."""

import json
import re
from collections import Counter
from dataclasses import fields
from typing import Any

from pydantic_core import to_jsonable_python

from orchestrator.domain.events import Event, PromptOpened, StationNotice
from orchestrator.domain.prompts import Prompt as OpenPrompt
from orchestrator.station.snapshot import SlotSnapshot, StationSnapshot
from orchestrator.web.api.models import Prompt, Slot, Snapshot, Station

_WORD = re.compile(r"(?<!^)(?=[A-Z])")


def station_view(snapshot: StationSnapshot) -> Station:
    """Return the station as a whole."""
    states = Counter(slot.state for slot in snapshot.slots)
    members = {
        field.name: getattr(snapshot, field.name)
        for field in fields(snapshot)
        if field.name not in {"slots", "prompts"}
    }
    return Station.model_validate({**members, "states": states})


def slot_view(slot: SlotSnapshot) -> Slot:
    """Return one slot."""
    members = {field.name: getattr(slot, field.name) for field in fields(slot)}
    return Slot.model_validate({**members, "prompts": [each.prompt_id for each in slot.prompts]})


def prompt_view(prompt: OpenPrompt) -> Prompt:
    """Return one open prompt; its picture is an address."""
    question = prompt.question
    picture = f"/prompts/{prompt.prompt_id}/picture" if question.picture is not None else None
    return Prompt(
        prompt_id=prompt.prompt_id,
        slot=prompt.slot,
        run_id=prompt.run_id,
        step_id=prompt.step_id,
        asked_at=prompt.asked_at,
        seconds=prompt.seconds,
        kind=question.kind,
        sentence=question.sentence,
        options=list(question.options),
        uom=question.uom,
        minimum=question.minimum,
        maximum=question.maximum,
        pattern=question.pattern,
        looks_like=question.looks_like,
        picture=picture,
    )


def snapshot_view(snapshot: StationSnapshot) -> Snapshot:
    """Return everything that a screen shows."""
    return Snapshot(
        station=station_view(snapshot),
        slots=[slot_view(slot) for slot in snapshot.slots],
        prompts=[prompt_view(prompt) for prompt in snapshot.prompts],
    )


def event_name(event: Event) -> str:
    """Return the name of an event in a stream: `slot_changed`, `run_started` ..."""
    return "notice" if isinstance(event, StationNotice) else _snake(type(event).__name__)


def _snake(name: str) -> str:
    return _WORD.sub("_", name).lower()


def event_data(event: Event) -> str:
    """Return an event as one line of JSON, so that no value can break the stream."""
    if isinstance(event, PromptOpened):
        members: dict[str, Any] = {"slot": event.slot, "prompt": prompt_view(event.prompt)}
    else:
        members = {field.name: getattr(event, field.name) for field in fields(event)}
    return json.dumps(to_jsonable_python(members))
