"""The first lines of a recipe: language version, name, version, description, what it is for."""

import re

from orchestrator.recipe import LANGUAGE_VERSION
from orchestrator.recipe.check import shape
from orchestrator.recipe.mistakes import Report
from orchestrator.recipe.nodes import Node, Place, Table, described, ticked
from orchestrator.recipe.plan import AppliesTo

RECIPE_KEYS = (
    "recipe",
    "name",
    "version",
    "description",
    "for",
    "inputs",
    "secrets",
    "artifacts",
    "setup",
    "main",
    "teardown",
)
RECIPE_HINTS = {
    "includes": "write `- include: FILE` as an item of setup, main or teardown",
    "include": "write `- include: FILE` as an item of setup, main or teardown",
    "steps": "write the steps under `main`; `steps` belongs to included files",
    "on": "write `for` with part_number, revision and operation",
}
FOR_KEYS = ("part_number", "revision", "operation")
_NAME = r"[A-Za-z0-9][A-Za-z0-9 ._+-]{0,63}"
_VERSION = r"[A-Za-z0-9][A-Za-z0-9._+-]{0,31}"


def recipe_table(report: Report, root: Node | None, shown: str) -> Table | None:
    """Return the outermost table if this is a recipe in a version that this program reads."""
    if root is None or (not isinstance(root, Table) and described(root) == "nothing"):
        _empty(report, shown)
        return None
    if not isinstance(root, Table):
        report.error(
            "R016",
            root.place,
            f"a recipe must be a table of keys, found {described(root)}",
            label="the first line is `recipe: 1`",
        )
        return None
    if not language_version(report, root, first=True):
        return None
    required = ("name", "version", "main")
    return shape.table(report, root, "a recipe", RECIPE_KEYS, required, hints=RECIPE_HINTS)


def language_version(report: Report, root: Table, *, first: bool) -> bool:
    """Say whether `root` may be read on: `recipe: 1` is its `first` key, or is absent if not."""
    entry = root.entry("recipe")
    if entry is None:
        if first and root.entries:
            report.error(
                "R018",
                root.entries[0].key.place,
                "the first key of a recipe is `recipe: 1`",
                label="`recipe: 1` is missing in front of this",
            )
        return not first or bool(root.entries)
    value = shape.text(report, entry.value, "the language version")
    if value is not None and value != str(LANGUAGE_VERSION):
        newer = value.isdecimal() and value.isascii() and len(value) < 4
        report.error(
            "R019",
            entry.value.place,
            f"language version {ticked(value)} is not known to this program",
            label=f"this program reads version {LANGUAGE_VERSION}",
            help="use a newer program, or write `recipe: 1`" if newer else "write `recipe: 1`",
            replacement=str(LANGUAGE_VERSION),
        )
        return not newer
    if root.entries[0].key.value != "recipe":
        report.error(
            "R018",
            entry.key.place,
            "`recipe` must be the first key",
            label="move this line to the top",
        )
    return True


def name(report: Report, root: Table) -> str:
    """Return the name of the recipe, an empty text when it has no sound one."""
    return _short(report, root, "name", _NAME, "letters, digits, space and `. _ + -`, at most 64")


def version(report: Report, root: Table) -> str:
    """Return the version of the recipe, an empty text when it has no sound one."""
    return _short(report, root, "version", _VERSION, "letters, digits and `. _ + -`, at most 32")


def description(report: Report, root: Table) -> str:
    """Return the description of the recipe, which may be left out."""
    node = root.get("description")
    return (node and shape.text(report, node, "`description`", most=2000)) or ""


def applies_to(report: Report, root: Table) -> AppliesTo:
    """Return which units and operation the recipe is for."""
    node = root.get("for")
    found = node and shape.table(report, node, "`for`", FOR_KEYS)
    if not isinstance(found, Table):
        return AppliesTo()
    values = {}
    for key in FOR_KEYS:
        value = found.get(key)
        values[key] = (value and shape.text(report, value, f"`{key}`", most=64)) or ""
    return AppliesTo(**values)


def _short(report: Report, root: Table, key: str, form: str, words: str) -> str:
    node = root.get(key)
    value = node and shape.text(report, node, f"`{key}`")
    if node is None or not isinstance(value, str):
        return ""
    if not re.fullmatch(form, value):
        report.error(
            "R021",
            node.place,
            f"{ticked(value)} cannot be the {key} of a recipe",
            help=words,
        )
    return value


def _empty(report: Report, shown: str) -> None:
    report.error(
        "R020", Place(shown, 1, 1, 1, 1), "the file is empty", help="begin with `recipe: 1`"
    )
