"""Whether an `if:` makes sense in its recipe: its names are there and its kinds compare."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Literal

from orchestrator.domain.outcome import Outcome
from orchestrator.recipe.check import shape
from orchestrator.recipe.check.context import UNIT_NAMES, Check
from orchestrator.recipe.expression import (
    Compare,
    Expression,
    Joined,
    Literally,
    Name,
    Not,
    NotUnderstood,
    names,
    parse,
)
from orchestrator.recipe.mistakes import did_you_mean
from orchestrator.recipe.nodes import Node, Place, Text
from orchestrator.recipe.plan import Condition

Kind = Literal["text", "number", "boolean"]
OUTCOMES = tuple(outcome.value for outcome in Outcome)
_INPUT_KINDS: Mapping[str, Kind] = {
    "text": "text",
    "choice": "text",
    "integer": "number",
    "number": "number",
    "boolean": "boolean",
}


def read_condition(
    check: Check, node: Node, earlier: list[str], later: list[str]
) -> Condition | None:
    """Return the condition in `node`.

    `earlier` are the ids of steps whose outcome is known by then, `later` all others.
    """
    text = shape.text(check.report, node, "`if`", most=10_000)
    if text is None or not isinstance(node, Text):
        return None
    try:
        expression = parse(text)
    except NotUnderstood as fault:
        check.report.error(
            "R041",
            _within(node, fault.at, fault.length),
            f"the condition is not understood: {fault.reason}",
            label=fault.hint,
        )
        return None
    known = [*check.reference_names(), *(f"steps.{each}.outcome" for each in earlier)]
    sound = True
    for name in names(expression):
        check.used.add(name.path)
        if name.path not in known:
            _unknown(check, node, name, known, later)
            sound = False
        elif _declared_wrongly(check, name):
            sound = False
    if not sound:
        return None
    return Condition(text) if _Kinds(check, node).whole(expression) else None


def _declared_wrongly(check: Check, name: Name) -> bool:
    return name.path.startswith("inputs.") and name.path.removeprefix("inputs.") not in check.inputs


def _unknown(check: Check, node: Text, name: Name, known: list[str], later: list[str]) -> None:
    place = _within(node, name.at, len(name.path))
    parts = name.path.split(".")
    if parts[0] == "steps" and len(parts) == 3 and parts[2] == "outcome" and parts[1] in later:
        check.report.error(
            "R042",
            place,
            f"step `{parts[1]}` has not ended when this is decided",
            label="runs later, or side by side",
            help="refer to steps above this one",
        )
        return
    label, guess = did_you_mean(name.path, known)
    check.report.error(
        "R042",
        place,
        f"`{name.path}` is not known to conditions",
        label=label or "put text into quotes",
        allowed=known,
        replacement=guess,
    )


def _within(node: Text, at: int, length: int) -> Place:
    """Return the place of some characters of the text in `node`."""
    place = node.place
    width = place.end_column - place.column
    offset = 1 if node.quoted else 0
    if place.line != place.end_line or width != len(node.value) + 2 * offset:
        return place  # folded or with escapes: characters cannot be counted
    column = place.column + offset + at
    return Place(place.file, place.line, column, place.line, column + length)


class _Kinds:
    """Checks the kinds of one condition; each method says whether its part is sound."""

    def __init__(self, check: Check, node: Text) -> None:
        self._check = check
        self._node = node

    def whole(self, expression: Expression) -> bool:
        """Check an expression that must be true or false."""
        if isinstance(expression, Not):
            return self.whole(expression.inner)
        if isinstance(expression, Joined):
            return sum(not self.whole(part) for part in expression.parts) == 0
        if isinstance(expression, Compare):
            return self._compare(expression)
        if self._kind(expression) == "boolean":
            return True
        word = expression.path if isinstance(expression, Name) else str(expression.value)
        self._error(expression.at, len(word), "this is neither true nor false", "compare it")
        return False

    def _compare(self, compare: Compare) -> bool:
        left = self._kind(compare.left)
        rights = compare.right if isinstance(compare.right, tuple) else (compare.right,)
        for right in rights:
            kind = self._kind(right)
            if kind != left:
                self._error(
                    compare.at,
                    len(compare.how),
                    "the two sides do not compare",
                    f"{left} and {kind}",
                )
                return False
            if not self._possible(compare.left, right) or not self._possible(right, compare.left):
                return False
        if compare.how in ("<", "<=", ">", ">=") and left != "number":
            self._error(compare.at, len(compare.how), f"a {left} has no order", "use == or !=")
            return False
        return True

    def _possible(self, name: Literally | Name, value: Literally | Name) -> bool:
        """Say whether `name` can ever be `value`, where the words are known."""
        if not isinstance(name, Name) or not isinstance(value, Literally):
            return True
        allowed = OUTCOMES if name.path.startswith("steps.") else ()
        if name.path.startswith("inputs."):
            allowed = self._check.inputs[name.path.removeprefix("inputs.")].choices
        word = value.value
        if not allowed or word in allowed or not isinstance(word, str):
            return True
        label, guess = did_you_mean(word, allowed)
        if guess is None:
            label, guess = did_you_mean(word.upper(), allowed)
        self._check.report.error(
            "R043",
            _within(self._node, value.at, len(word) + 2),
            f"`{name.path}` can never be `{word}`",
            label=label,
            allowed=allowed,
            replacement=guess and f"'{guess}'",
        )
        return False

    def _kind(self, operand: Literally | Name) -> Kind:
        if isinstance(operand, Name):
            if operand.path in UNIT_NAMES or operand.path.startswith("steps."):
                return "text"
            return _INPUT_KINDS[self._check.inputs[operand.path.removeprefix("inputs.")].kind]
        if isinstance(operand.value, bool):
            return "boolean"
        return "number" if isinstance(operand.value, Decimal) else "text"

    def _error(self, at: int, length: int, message: str, label: str) -> None:
        self._check.report.error("R043", _within(self._node, at, length), message, label=label)
