"""What the checks of one recipe share: the report, the catalogue, and what was declared so far."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from orchestrator.recipe.mistakes import Report
from orchestrator.recipe.nodes import Place
from orchestrator.recipe.plan import Artifact, Input
from orchestrator.recipe.signature import Catalogue

Inspect = Callable[[bytes], Mapping[str, str]]
"""Reads what a file says of itself (`Artifact.facts`); raises InputMistakes for junk."""

UNIT_NAMES = ("unit.part_number", "unit.revision", "unit.serial_number")


@dataclass(slots=True)
class Check:
    """One check of one recipe.

    `inputs`, `secrets` and `artifacts` are what could be read of the declarations; the `*_at` have
    the place of every declared name, sound or not. `used` are names that some step refers to.
    """

    report: Report
    catalogue: Catalogue
    folder: Path
    inspect: Inspect | None
    inputs: dict[str, Input] = field(default_factory=dict)
    artifacts: dict[str, Artifact] = field(default_factory=dict)
    inputs_at: dict[str, Place] = field(default_factory=dict)
    secrets_at: dict[str, Place] = field(default_factory=dict)
    artifacts_at: dict[str, Place] = field(default_factory=dict)
    used: set[str] = field(default_factory=set)

    def reference_names(self) -> list[str]:
        """Return every name that `${{ ... }}` may hold in this recipe."""
        return [*(f"inputs.{name}" for name in self.inputs_at), *UNIT_NAMES]
