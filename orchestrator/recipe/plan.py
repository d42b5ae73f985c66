"""The frozen plan: what a checked recipe becomes, ready to run and known by its content hash.

Everything in it is immutable and typed; the only things left open are references to inputs, unit
and earlier steps, which are known when a run begins.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from types import MappingProxyType
from typing import Literal

from orchestrator.domain.errors import ErrorClass
from orchestrator.domain.measurement import Limit

SectionName = Literal["setup", "main", "teardown"]
InputKind = Literal["text", "integer", "number", "boolean", "choice"]
Scalar = str | int | Decimal | bool

LIST_OPERATION = "LIST"
"""The operation of recipes that work on lists of ids, without a unit at hand; no station's."""


@dataclass(frozen=True, slots=True)
class Reference:
    """A value that is looked up when the step begins: `${{ inputs.os_version }}`.

    `path` is the dotted name without the braces: `inputs.X`, `unit.serial_number`,
    `unit.part_number`, `unit.revision`.
    """

    path: str


Argument = Scalar | Reference | tuple["Scalar | Reference", ...]


@dataclass(frozen=True, slots=True)
class Condition:
    """A checked `if:` expression. `text` is what the author wrote; see `recipe.expression`."""

    text: str


@dataclass(frozen=True, slots=True)
class Retry:
    """Try again: at most `times` further attempts, `wait_seconds` apart, after these errors."""

    times: int
    wait_seconds: Decimal
    on: frozenset[ErrorClass]


@dataclass(frozen=True, slots=True)
class PlannedStep:
    """One step as it will run. `arguments` are typed by the step's signature."""

    id: str
    name: str
    uses: str
    arguments: Mapping[str, Argument] = field(default_factory=lambda: MappingProxyType({}))
    condition: Condition | None = None
    timeout_seconds: Decimal = Decimal(30)
    retry: Retry | None = None
    on_fail: Literal["stop", "continue"] = "stop"
    required: bool = True
    irreversible: bool = False
    limits: Mapping[str, Limit] = field(default_factory=lambda: MappingProxyType({}))


@dataclass(frozen=True, slots=True)
class ParallelSteps:
    """A `parallel:` group: its steps run side by side; the group ends when all have ended."""

    id: str
    steps: tuple[PlannedStep, ...]


@dataclass(frozen=True, slots=True)
class Input:
    """A declared input of the recipe. `source` says who provides it."""

    name: str
    kind: InputKind
    description: str = ""
    default: Scalar | None = None
    choices: tuple[str, ...] = ()
    source: Literal["settings", "scan", "station", "work_order"] = "settings"


@dataclass(frozen=True, slots=True)
class Artifact:
    """A file the recipe consumes: read once, hashed, kept in memory and shared by all units."""

    name: str
    file: str
    sha256: str
    content: bytes
    facts: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    """What the file says of itself, e.g. component_id, image_id, image_type of an image."""


@dataclass(frozen=True, slots=True)
class AppliesTo:
    """Which units and operation a recipe is for. Empty means any."""

    part_number: str = ""
    revision: str = ""
    operation: str = ""


@dataclass(frozen=True, slots=True)
class Plan:
    """A checked recipe, frozen. Two plans with the same `content_hash` do the same."""

    name: str
    version: str
    description: str
    applies_to: AppliesTo
    inputs: Mapping[str, Input]
    secrets: tuple[str, ...]
    artifacts: Mapping[str, Artifact]
    setup: tuple[PlannedStep | ParallelSteps, ...]
    main: tuple[PlannedStep | ParallelSteps, ...]
    teardown: tuple[PlannedStep | ParallelSteps, ...]
    content_hash: str
    text: str
    """The recipe file as it was written."""
    resolved: str
    """Canonical JSON of the plan with includes expanded: what the content hash is taken over."""

    def section(self, name: SectionName) -> tuple[PlannedStep | ParallelSteps, ...]:
        """Return the steps and groups of one section, in order."""
        return {"setup": self.setup, "main": self.main, "teardown": self.teardown}[name]

    def steps(self) -> Iterator[PlannedStep]:
        """Yield every planned step of all sections, groups opened, in order."""
        for item in (*self.setup, *self.main, *self.teardown):
            yield from item.steps if isinstance(item, ParallelSteps) else (item,)
