"""Questions that every part of a recipe is asked: is it a table, a list, a text, a known word?

Each returns what it found or None after it has reported what is wrong.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from typing import TypeVar

from orchestrator.recipe.mistakes import Report, did_you_mean
from orchestrator.recipe.nodes import Items, Node, Place, Table, Text, described, refused, ticked
from orchestrator.recipe.values import Misfit, boolean, integer

_IDENTIFIER = re.compile(r"[a-z][a-z0-9_]{0,63}")
_Value = TypeVar("_Value", int, bool, Decimal)


def table(
    report: Report,
    node: Node,
    what: str,
    allowed: Iterable[str] | None = None,
    required: Iterable[str] = (),
    *,
    context: int | None = None,
    hints: Mapping[str, str] | None = None,
) -> Table | None:
    """Return `node` if it is a table; report keys that are not `allowed` and missing ones.

    `what` names the part in messages; `allowed` of None takes any key. `hints` say what to write
    instead of keys that people bring from elsewhere.
    """
    if refused(node):
        return None
    if not isinstance(node, Table):
        report.error(
            "R016",
            node.place,
            f"{what} must be a table of keys, found {described(node)}",
            label="write `key: value` lines below it",
        )
        return None
    if allowed is not None:
        known = sorted(allowed)
        for entry in node.entries:
            if entry.key.value not in known:
                label, guess = did_you_mean(entry.key.value, known)
                report.error(
                    "R014",
                    entry.key.place,
                    f"unknown key {ticked(entry.key.value)}",
                    label=label or f"not a key of {what}",
                    allowed=known,
                    help=(hints or {}).get(entry.key.value, ""),
                    replacement=guess,
                    context=context,
                )
    for key in required:
        if node.entry(key) is None:
            missing_key(report, node, what, key)
    return node


def missing_key(report: Report, node: Table, what: str, key: str, help: str = "") -> None:  # noqa: A002 - the word of the message form
    """Report that the table `node` lacks `key`."""
    place = node.entries[0].key.place if node.entries else node.place
    report.error(
        "R015", place, f"{what} lacks the key `{key}`", label=f"`{key}` is missing here", help=help
    )


def items(report: Report, node: Node, what: str) -> tuple[Node, ...] | None:
    """Return the nodes of `node` if it is a list."""
    if refused(node):
        return None
    if isinstance(node, Items):
        return node.nodes
    report.error(
        "R016",
        node.place,
        f"{what} must be a list, found {described(node)}",
        label="write `- item` lines below it",
    )
    return None


def text(
    report: Report, node: Node, what: str, *, most: int = 200, empty: bool = False
) -> str | None:
    """Return the text of `node` if it is one of at most `most` characters."""
    if refused(node):
        return None
    if not isinstance(node, Text):
        report.error(
            "R016",
            node.place,
            f"{what} must be text, found {described(node)}",
            label="one text is expected here",
        )
        return None
    if not node.value.strip() and not empty:
        report.error("R022", node.place, f"{what} is empty", label="write a text here")
        return None
    if len(node.value) > most:
        report.error(
            "R022",
            node.place,
            f"{what} is longer than {most} characters",
            label=f"{len(node.value)} characters",
        )
        return None
    return node.value


def word(report: Report, node: Node, what: str, allowed: Iterable[str]) -> str | None:
    """Return the text of `node` if it is one of the `allowed` words."""
    value = text(report, node, what, most=10_000)
    choices = list(allowed)
    if value is None or value in choices:
        return value
    label, guess = did_you_mean(value, choices)
    report.error(
        "R017",
        node.place,
        f"{what} cannot be {ticked(value)}",
        label=label or "not one of the words allowed",
        allowed=choices,
        replacement=guess,
    )
    return None


def identifier(report: Report, key: Text, what: str) -> str | None:
    """Return the text of `key` if it can name something in expressions and columns."""
    if _IDENTIFIER.fullmatch(key.value):
        return key.value
    guess = re.sub(r"[^a-z0-9]+", "_", key.value.lower()).strip("_")[:64]
    sound = guess if _IDENTIFIER.fullmatch(guess) else None
    report.error(
        "R021",
        key.place,
        f"{ticked(key.value)} cannot name {what}",
        label=f"`{sound}` would do" if sound else "",
        help="begin with a small letter, go on with small letters, digits and `_`, at most 64",
        replacement=sound,
    )
    return None


def misfit(report: Report, place: Place, what: str, found: Misfit) -> None:
    """Report that a scalar is not of the kind that `what` needs."""
    report.error(
        "R027" if found.unit_missing else "R026",
        place,
        f"{what}: {found.reason}",
        label=f"write `{found.replacement}`" if found.replacement else "",
        replacement=found.replacement,
    )


def whole_number(report: Report, node: Node, what: str, low: int, high: int) -> int | None:
    """Return the whole number in `node` if it lies between `low` and `high`."""
    value = scalar(report, node, what, integer)
    if value is not None and not low <= value <= high:
        report.error(
            "R056",
            node.place,
            f"{what} must lie between {low} and {high}",
            label=f"{value} does not",
        )
        return None
    return value


def truth(report: Report, node: Node, what: str) -> bool | None:
    """Return the truth value in `node`."""
    return scalar(report, node, what, boolean)


def scalar(
    report: Report, node: Node, what: str, read: Callable[[str], _Value | Misfit]
) -> _Value | None:
    """Return what `read` makes of the text in `node`."""
    value = text(report, node, what, most=10_000)
    if value is None:
        return None
    found = read(value)
    if isinstance(found, Misfit):
        misfit(report, node.place, what, found)
        return None
    return found
