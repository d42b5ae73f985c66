"""The recipes of this station, and the rule by which one is chosen for a unit.

Exactly one must fit; anything else blocks the slot with a sentence. `prepare.py` makes them ready.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from orchestrator.domain.unit import Unit
from orchestrator.engine.step import Secret
from orchestrator.recipe.plan import AppliesTo, Plan, Scalar
from orchestrator.station.serials import SlotBlocked


@dataclass(frozen=True, slots=True)
class ReadyRecipe:
    """A plan with everything that this station gives to it."""

    plan: Plan
    inputs: Mapping[str, Scalar]
    secrets: Mapping[str, Secret]


@dataclass(frozen=True, slots=True)
class RecipeShelf:
    """All plans of this station, and the rule by which one is chosen."""

    plans: Sequence[ReadyRecipe]
    operation: str

    def choose(self, unit: Unit) -> ReadyRecipe:
        """Return the one plan for `unit` at this station's operation.

        Raises SlotBlocked when none fits or when more than one does.
        """
        fitting = [p for p in self.plans if _fits(p.plan.applies_to, unit, self.operation)]
        if len(fitting) == 1:
            return fitting[0]
        wanted = _describe(unit.part_number, unit.revision, self.operation)
        if not fitting:
            offered = "; ".join(_offer(prepared.plan) for prepared in self.plans)
            raise SlotBlocked(
                f"No recipe fits {wanted}. Recipes here: {offered}",
                remedy="Correct `unit`, `station.operation` or `recipes.files` in the settings",
            )
        names = " and ".join(prepared.plan.name for prepared in fitting)
        raise SlotBlocked(
            f"{len(fitting)} recipes fit {wanted}: {names}",
            remedy="Leave exactly one of them in `recipes.files`",
        )

    def secrets_of(self, recipe_hash: str) -> Mapping[str, Secret]:
        """Return the secrets of that very recipe, none when this station has another one now."""
        found = (each.secrets for each in self.plans if each.plan.content_hash == recipe_hash)
        return next(found, {})


def _fits(target: AppliesTo, unit: Unit, operation: str) -> bool:
    return (
        target.part_number in ("", unit.part_number or "")
        and target.revision in ("", unit.revision or "")
        and target.operation in ("", operation)
    )


def _describe(part_number: str | None, revision: str | None, operation: str) -> str:
    parts = [
        f"part number {part_number or '(none)'}",
        *([f"revision {revision}"] if revision else []),
        f"operation {operation or '(none)'}",
    ]
    return ", ".join(parts)


def _offer(plan: Plan) -> str:
    target = plan.applies_to
    place = [
        f"{word} {value}"
        for word, value in (
            ("part number", target.part_number),
            ("revision", target.revision),
            ("operation", target.operation),
        )
        if value
    ]
    return f"{plan.name} ({', '.join(place) or 'any unit'})"
