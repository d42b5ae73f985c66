"""What the station API answers from the audit: runs, steps, units, recipes, as they were recorded.

Names follow the columns of the schema; texts that hold JSON there are objects here.
"""

from typing import Any

from orchestrator.domain.outcome import Outcome
from orchestrator.web.api.models import Answer, LoadedRecipe


class Run(Answer):
    """One run; `outcome` is null while it is open."""

    run_id: str
    station_id: str
    session_id: str
    slot: str
    port: str
    operation: str
    recipe_hash: str
    recipe: str
    recipe_version: str
    unit_id: str | None
    serial_number: str | None
    part_number: str | None
    revision: str | None
    device_id: str | None
    inputs: dict[str, Any]
    began_at: str
    outcome: Outcome | None
    ended_at: str | None
    duration_us: int | None
    first_failure: int | None
    message: str | None
    continues: str | None


class Runs(Answer):
    """Runs, the newest first."""

    items: list[Run]
    next: str | None


class Measurement(Answer):
    """A value with the limit that it was judged by."""

    name: str
    kind: str
    value: str
    uom: str
    limit_min: str | None
    limit_max: str | None
    limit_equal: str | None
    limit_pattern: str | None
    limit_one_of: str | None
    outcome: Outcome


class Attachment(Answer):
    """A file that a step made or read; its content has an address of its own."""

    name: str
    media_type: str
    sha256: str
    size_bytes: int


class Identity(Answer):
    """An identity as it was read from silicon."""

    unit_id: str | None
    system: str
    device_id: str
    read_at: str


class Step(Answer):
    """One attempt of a step; `outcome` is null while it runs."""

    run_id: str
    sequence: int
    section: str
    step_id: str
    name: str
    uses: str
    attempt: int
    irreversible: bool
    parameters: dict[str, Any]
    began_at: str
    outcome: Outcome | None
    ended_at: str | None
    duration_us: int | None
    error_class: str | None
    error_code: str | None
    message: str | None
    remedy: str | None
    measurements: list[Measurement]
    attachments: list[Attachment]
    identities: list[Identity]


class Steps(Answer):
    """The attempts of a run in their order."""

    items: list[Step]


class Unit(Answer):
    """A unit that the line has met."""

    unit_id: str
    serial_number: str | None
    part_number: str | None
    revision: str | None
    registered_at: str


class Units(Answer):
    """Units, the last one met first."""

    items: list[Unit]
    next: str | None


class KnownUnit(Unit):
    """A unit with its silicon and how many runs were opened for it."""

    device_ids: list[str]
    runs: int


class Happening(Answer):
    """One thing that happened to a unit."""

    occurred_at: str
    kind: str
    run_id: str | None
    station_id: str | None
    slot: str | None
    recipe: str | None
    sequence: int | None
    step_id: str | None
    attempt: int | None
    outcome: Outcome | None
    duration_us: int | None
    message: str | None
    detail: str | None
    intent_id: str | None


class History(Answer):
    """What ever happened to a unit, the oldest first."""

    items: list[Happening]


class HeldUnit(Answer):
    """A request of which nobody knows whether it was applied: its unit waits for a person."""

    intent_id: str
    run_id: str
    sequence: int
    unit_id: str | None
    serial_number: str | None
    system: str
    device_id: str
    kind: str
    parameters: dict[str, Any]
    began_at: str
    slot: str
    message: str | None
    found_at: str | None


class HeldUnits(Answer):
    """The units that are held, the oldest first."""

    items: list[HeldUnit]


class Recipe(Answer):
    """A recipe as it was loaded, with its text."""

    content_hash: str
    name: str
    version: str
    part_number: str
    revision: str
    operation: str
    text: str
    loaded_at: str


class Recipes(Answer):
    """The recipes that the station runs now."""

    items: list[LoadedRecipe]
