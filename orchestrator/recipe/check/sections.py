"""The three lists of steps: what stands in them, includes opened, groups found, ids given.

Steps come out as drafts in the order in which they run; `recipe.check.steps` reads each of them.
An included file is a table with `steps:`; its steps stand where the include stood.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import get_args

from orchestrator.recipe.check import head, shape
from orchestrator.recipe.check.context import Check
from orchestrator.recipe.nodes import Node, Place, Table, Text, ticked
from orchestrator.recipe.paths import inside
from orchestrator.recipe.plan import SectionName
from orchestrator.recipe.reader import read_file

SECTIONS: tuple[SectionName, ...] = get_args(SectionName)
STEP_KEYS = (
    "id",
    "name",
    "uses",
    "with",
    "if",
    "timeout",
    "retry",
    "on_fail",
    "required",
    "measure",
)
STEP_HINTS = {
    "needs": "steps run in the order in which they are written; use `if` and steps.ID.outcome",
    "when": "write `if`",
    "run": "steps are named by `uses`; recipes run no programs of their own",
    "args": "write `with`",
    "limits": "write `measure`",
    "retries": "write `retry: {times: 3, wait: 5s}`",
    "irreversible": "the step itself says so; a recipe cannot change it",
}
GROUP_KEYS = ("parallel", "id")
INCLUDE_KEYS = ("recipe", "description", "steps")
MOST_STEPS = 500
_ID = re.compile(r"[a-z][a-z0-9_]{0,63}")


@dataclass(slots=True)
class Draft:
    """A step as it was written. `group` is shared by the steps of one `parallel:`."""

    table: Table
    section: SectionName
    included_at: Place | None
    group: "DraftGroup | None" = None
    id: str = ""


@dataclass(slots=True)
class DraftGroup:
    """A `parallel:` group as it was written."""

    table: Table
    steps: list[Draft] = field(default_factory=list)
    id: str = ""


DraftItem = Draft | DraftGroup


class SectionReader:
    """Reads the three lists of one recipe. Each included file is read once."""

    def __init__(self, check: Check, shown: str) -> None:
        self._check = check
        self._shown = shown
        self._files: dict[str, tuple[Node, ...]] = {}
        self._count = 0

    def read(self, root: Table) -> dict[SectionName, list[DraftItem]]:
        """Return the drafts of all sections, with their ids given."""
        sections: dict[SectionName, list[DraftItem]] = {name: [] for name in SECTIONS}
        for name in SECTIONS:
            entry = root.entry(name)
            if entry is None:
                continue
            nodes = shape.items(self._check.report, entry.value, f"`{name}`")
            if nodes is None:
                continue
            if not nodes and name == "main":
                self._check.report.error(
                    "R020", entry.key.place, "`main` has no steps", label="a recipe does something"
                )
            sections[name] = list(self._items(nodes, name))
        give_ids(self._check, sections)
        return sections

    def _items(self, nodes: tuple[Node, ...], section: SectionName) -> Iterator[DraftItem]:
        for node in nodes:
            if isinstance(node, Table) and node.entry("include"):
                yield from self._include(node, section)
            elif isinstance(node, Table) and node.entry("parallel"):
                group = self._group(node, section)
                if group:
                    yield group
            else:
                draft = self._step(node, section)
                if draft:
                    yield draft

    def _step(self, node: Node, section: SectionName) -> Draft | None:
        report = self._check.report
        found = shape.table(
            report, node, "a step", STEP_KEYS, ("uses",), context=node.place.line, hints=STEP_HINTS
        )
        self._count += 1
        if found is None:
            return None
        if self._count > MOST_STEPS:
            if self._count == MOST_STEPS + 1:
                report.error("R008", node.place, f"the recipe has more than {MOST_STEPS} steps")
            return None
        return Draft(found, section, report.included_at)

    def _group(self, node: Table, section: SectionName) -> DraftGroup | None:
        report = self._check.report
        shape.table(report, node, "a parallel group", GROUP_KEYS)
        entry = node.entry("parallel")
        assert entry is not None
        nodes = shape.items(report, entry.value, "`parallel`")
        if nodes is None:
            return None
        if not nodes:
            report.error("R020", entry.key.place, "`parallel` has no steps")
            return None
        group = DraftGroup(node)
        for each in nodes:
            inner = (
                each.entry("parallel") or each.entry("include") if isinstance(each, Table) else None
            )
            if inner:
                report.error(
                    "R058",
                    inner.key.place,
                    f"`{inner.key.value}` cannot stand inside `parallel`",
                    label="only steps can",
                )
                continue
            draft = self._step(each, section)
            if draft:
                draft.group = group
                group.steps.append(draft)
        return group

    def _include(self, node: Table, section: SectionName) -> Iterator[DraftItem]:
        report = self._check.report
        shape.table(report, node, "an include", ("include",))
        entry = node.entry("include")
        assert entry is not None
        if report.included_at is not None:
            report.error(
                "R055",
                entry.key.place,
                "an included file cannot include another one",
                label="one level is enough to read",
                help="include both files from the recipe",
            )
            return
        written = shape.text(report, entry.value, "`include`", most=240)
        if written is None:
            return
        path = inside(self._check.folder, written)
        if isinstance(path, str):
            report.error(
                "R048",
                entry.value.place,
                f"`{written}` is not a file a recipe may name",
                label=path,
            )
            return
        if not path.is_file():
            report.error(
                "R055",
                entry.value.place,
                f"there is no file `{written}`",
                label=f"looked in {self._check.folder}",
                help="paths begin in the recipe's folder",
            )
            return
        report.included_at = Place(
            self._shown,
            entry.key.place.line,
            entry.key.place.column,
            entry.value.place.end_line,
            entry.value.place.end_column,
        )
        yield from self._items(self._steps_of(written), section)
        report.included_at = None

    def _steps_of(self, written: str) -> tuple[Node, ...]:
        if written not in self._files:
            self._files[written] = ()
            shown = re.sub(r"[^/\\]*$", "", self._shown) + written
            path = self._check.folder.joinpath(*written.split("/"))
            root = read_file(path, shown, self._check.report)
            self._files[written] = self._included(root, shown)
        return self._files[written]

    def _included(self, root: Node | None, shown: str) -> tuple[Node, ...]:
        report = self._check.report
        if root is None:
            if not report.sources.get(shown) or report.sources[shown] == ("",):
                report.error("R020", Place(shown, 1, 1, 1, 1), "the included file is empty")
            return ()
        found = shape.table(report, root, "an included file", INCLUDE_KEYS, ("steps",))
        if found is None or not head.language_version(report, found, first=False):
            return ()
        head.description(report, found)
        steps = found.get("steps")
        return (steps is not None and shape.items(report, steps, "`steps`")) or ()


def give_ids(check: Check, sections: dict[SectionName, list[DraftItem]]) -> None:
    """Give every draft its id: the one written, else one made of the step's name."""
    everything: list[DraftItem] = []
    for items in sections.values():
        for item in items:
            everything.append(item)
            if isinstance(item, DraftGroup):
                everything.extend(item.steps)
    taken: dict[str, Place] = {}
    for item in everything:
        _written_id(check, item, taken)
    for item in everything:
        if not item.id:
            item.id = _free(_base(item), taken)
            taken[item.id] = item.table.place


def _written_id(check: Check, item: DraftItem, taken: dict[str, Place]) -> None:
    node = item.table.get("id")
    if node is None:
        return
    check.report.included_at = item.included_at if isinstance(item, Draft) else None
    value = shape.text(check.report, node, "`id`")
    if value and isinstance(node, Text) and shape.identifier(check.report, node, "a step"):
        if value in taken:
            first = taken[value]
            shown = first.file == node.place.file and first != node.place
            check.report.error(
                "R029",
                node.place,
                f"id {ticked(value)} stands twice",
                label="another step has this id",
                also=((first, "first here"),) if shown else (),
                help="choose another one; ids name steps in conditions and in the audit",
            )
        else:
            taken[value] = node.place
            item.id = value
    check.report.included_at = None


def _base(item: DraftItem) -> str:
    if isinstance(item, DraftGroup):
        return "parallel"
    uses = item.table.get("uses")
    last = uses.value.rpartition(".")[2] if isinstance(uses, Text) else ""
    return last if _ID.fullmatch(last) and len(last) <= 56 else "step"


def _free(base: str, taken: dict[str, Place]) -> str:
    if base not in taken:
        return base
    number = 2
    while f"{base}_{number}" in taken:
        number += 1
    return f"{base}_{number}"
