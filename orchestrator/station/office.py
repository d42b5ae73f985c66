"""What the pages for engineers and quality ask of a station besides its audit, as plain values.

`app` and whoever starts the station fill it in; a station without one of them says so on the page.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from orchestrator.station.recipes import ReadyRecipe


@dataclass(frozen=True, slots=True)
class CheckedFile:
    """A recipe file as it is now, which may be other than what was loaded at the start.

    `content_hash` is that of its plan, empty when it has errors. `text` are its mistakes with the
    lines they are in, empty without any.
    """

    file: str
    content_hash: str
    errors: int
    warnings: int
    text: str


@dataclass(frozen=True, slots=True)
class Trial:
    """How a recipe went on a simulated board. Nothing of it is in the audit.

    `outcome` and `message` are as a run's; `began_at` is RFC 3339 in UTC. `steps` are rows like
    those that the audit keeps of a run (`audit.queries.steps`). `note` is what was pretended.
    """

    recipe: str
    version: str
    content_hash: str
    outcome: str
    message: str
    began_at: str
    duration_us: int
    steps: Sequence[Mapping[str, Any]] = ()
    note: str = ""


TryRecipe = Callable[[ReadyRecipe], Awaitable[Trial]]
"""Runs a recipe on a simulated board. Raises OrchestratorError when it cannot even begin."""


async def _no_files() -> Sequence[CheckedFile]:
    return ()


@dataclass(frozen=True, slots=True)
class Office:
    """The doors. `certificate` makes the signed certificate of a unit by serial or device id.

    It raises InputMistakes that says why there is none. `files` checks the recipe files anew.
    None: this station has it not.
    """

    files: Callable[[], Awaitable[Sequence[CheckedFile]]] = field(default=_no_files)
    certificate: Callable[[str], Awaitable[str]] | None = None
    attempt: TryRecipe | None = None


NO_OFFICE = Office()
"""A station that has none of it."""
