"""The check of a recipe: a file in, every mistake at once or a frozen plan out. Works offline.

Each file of this folder checks one part; none stops at its first mistake. Parts that few recipes
need, or that only a sound one reaches, are imported where they are needed: a broken recipe must be
answered at once.
"""

from collections.abc import Mapping
from pathlib import Path

from orchestrator.domain.errors import RecipeMistakes
from orchestrator.recipe.check import declarations, head
from orchestrator.recipe.check.context import Check, Inspect
from orchestrator.recipe.check.order import check_order
from orchestrator.recipe.check.sections import Draft, DraftGroup, DraftItem, SectionReader
from orchestrator.recipe.check.steps import read_step
from orchestrator.recipe.mistakes import CheckResult, Report
from orchestrator.recipe.nodes import Place, Table
from orchestrator.recipe.plan import ParallelSteps, Plan, PlannedStep, SectionName
from orchestrator.recipe.reader import read_file
from orchestrator.recipe.render import as_text
from orchestrator.recipe.signature import Catalogue

__all__ = ["Inspect", "check_recipe", "load_plan"]


def load_plan(path: Path, catalogue: Catalogue, inspect: Inspect | None = None) -> Plan:
    """Return the plan of the recipe at `path`.

    Raises RecipeMistakes with all mistakes as text, source lines included.
    """
    result = check_recipe(path, catalogue, inspect)
    if result.plan is None:
        raise RecipeMistakes(
            as_text(result), remedy=f"Correct {path} and check it with `orchestrator recipe check`"
        )
    return result.plan


def check_recipe(path: Path, catalogue: Catalogue, inspect: Inspect | None = None) -> CheckResult:
    """Check the recipe at `path` against `catalogue`; mistakes are data, nothing is raised.

    `inspect` reads what image artifacts say of themselves; without it they are only hashed. Files
    that the recipe names are read from its folder and below.
    """
    report = Report()
    shown = str(path)
    root = read_file(path, shown, report)
    if root is None and report.failed:
        return report.result(None)
    table = head.recipe_table(report, root, shown)
    if table is None:
        return report.result(None)
    plan = _check(Check(report, catalogue, path.parent, inspect), table, shown)
    return report.result(plan)


def _check(check: Check, root: Table, shown: str) -> Plan | None:
    report = check.report
    name, version = head.name(report, root), head.version(report, root)
    description, applies_to = head.description(report, root), head.applies_to(report, root)
    declarations.read_inputs(check, root)
    declarations.read_secrets(check, root)
    if root.get("artifacts") is not None:
        from orchestrator.recipe.check.artifacts import read_artifacts

        read_artifacts(check, root)
    drafts = SectionReader(check, shown).read(root)
    sections = _sections(check, drafts)
    if check.artifacts:
        from orchestrator.recipe.check.facts import check_facts

        check_facts(check, root, _flat(drafts))
    check_order(check, _flat(drafts), applies_to.operation)
    if report.failed:
        return None
    _unused(check)
    from orchestrator.recipe.build import Ingredients, build_plan

    return build_plan(
        Ingredients(
            name=name,
            version=version,
            description=description,
            applies_to=applies_to,
            inputs=check.inputs,
            secrets=tuple(sorted(check.secrets_at)),
            artifacts=check.artifacts,
            sections=sections,
            text="\n".join(report.sources[shown]),
        )
    )


def _flat(drafts: Mapping[SectionName, list[DraftItem]]) -> list[Draft]:
    flat = []
    for items in drafts.values():
        for item in items:
            flat.extend(item.steps if isinstance(item, DraftGroup) else [item])
    return flat


def _sections(
    check: Check, drafts: Mapping[SectionName, list[DraftItem]]
) -> dict[SectionName, tuple[PlannedStep | ParallelSteps, ...]]:
    later = [draft.id for draft in _flat(drafts)]
    earlier: list[str] = []
    sections: dict[SectionName, tuple[PlannedStep | ParallelSteps, ...]] = {}
    for name, items in drafts.items():
        planned: list[PlannedStep | ParallelSteps] = []
        for item in items:
            members = item.steps if isinstance(item, DraftGroup) else [item]
            steps = [read_step(check, each, earlier, later) for each in members]
            sound = tuple(each for each in steps if each is not None)
            for each in members:
                later.remove(each.id)
                earlier.append(each.id)
            if isinstance(item, DraftGroup):
                planned.append(ParallelSteps(item.id, sound))
            else:
                planned.extend(sound)
        sections[name] = tuple(planned)
    return sections


def _unused(check: Check) -> None:
    # Only of a sound recipe is it known what it uses.
    declared: tuple[tuple[str, str, Mapping[str, Place]], ...] = (
        ("input", "inputs.", check.inputs_at),
        ("secret", "", check.secrets_at),
        ("artifact", "", check.artifacts_at),
    )
    for what, prefix, places in declared:
        for name, place in places.items():
            if prefix + name not in check.used:
                check.report.warning(
                    "R054", place, f"{what} `{name}` is not used", label="no step refers to it"
                )
