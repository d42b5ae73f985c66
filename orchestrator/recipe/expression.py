"""The closed little language of `if:`: comparisons joined by and, or, not. No calls, no templates.

    inputs.region == 'eu' and steps.expect_os.outcome == 'PASS'
    not (unit.revision in ['A', 'B']) or inputs.build >= 7

Names are `inputs.X`, `unit.serial_number|part_number|revision` and `steps.ID.outcome`. Literals
are text in quotes, plain decimals, `true` and `false`. `parse` says where a text is wrong; the
names and kinds are checked by `recipe.check.conditions`; `evaluate` runs it when the step begins.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from orchestrator.domain.errors import StationMisuse
from orchestrator.recipe.plan import Condition

MOST_CHARACTERS = 500
MOST_DEPTH = 20

Comparison = Literal["==", "!=", "<", "<=", ">", ">=", "in", "not in"]
_ORDER = ("<", "<=", ">", ">=")
_TOKENS = re.compile(
    r"""\s*(?:
        (?P<text>'[^']*'|"[^"]*")
      | (?P<number>-?(?:0|[1-9][0-9]{0,17})(?:\.[0-9]{1,12})?(?![\w.]))
      | (?P<name>[A-Za-z_][A-Za-z0-9_]*(?:\.[A-Za-z_][A-Za-z0-9_]*)*)
      | (?P<sign>==|!=|<=|>=|<|>|\(|\)|\[|\]|,)
    )""",
    re.VERBOSE,
)
_WORDS = ("and", "or", "not", "in", "true", "false")
_INSTEAD = {"=": "==", "&&": "and", "||": "or", "!": "not", "&": "and", "|": "or"}


@dataclass(frozen=True, slots=True)
class Literally:
    """A value that stands in the text. `at` counts its characters from 0."""

    value: str | Decimal | bool
    at: int


@dataclass(frozen=True, slots=True)
class Name:
    """A value that is looked up."""

    path: str
    at: int


@dataclass(frozen=True, slots=True)
class Compare:
    """Two operands and how they are compared; `in` has a tuple of literals on its right."""

    left: Literally | Name
    how: Comparison
    right: "Literally | Name | tuple[Literally, ...]"
    at: int


@dataclass(frozen=True, slots=True)
class Not:
    """The opposite."""

    inner: "Expression"


@dataclass(frozen=True, slots=True)
class Joined:
    """All (`and`) or any (`or`) of its parts."""

    how: Literal["and", "or"]
    parts: tuple["Expression", ...]


Expression = Literally | Name | Compare | Not | Joined


class NotUnderstood(ValueError):
    """The text is no expression. `at` is the character, from 0; `hint` says what would be."""

    def __init__(self, reason: str, at: int, length: int = 1, hint: str = "") -> None:
        super().__init__(reason)
        self.reason = reason
        self.at = at
        self.length = length
        self.hint = hint


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str
    text: str
    at: int


def parse(text: str) -> Expression:
    """Return the expression that `text` is. Raises NotUnderstood."""
    if len(text) > MOST_CHARACTERS:
        raise NotUnderstood(f"longer than {MOST_CHARACTERS} characters", 0, len(text))
    return _Parser(text).whole()


def names(expression: Expression) -> Iterator[Name]:
    """Yield every name that `expression` looks up, from left to right."""
    if isinstance(expression, Name):
        yield expression
    elif isinstance(expression, Not):
        yield from names(expression.inner)
    elif isinstance(expression, Joined):
        for part in expression.parts:
            yield from names(part)
    elif isinstance(expression, Compare):
        yield from names(expression.left)
        if isinstance(expression.right, Name):
            yield expression.right


def evaluate(condition: Condition, scope: Mapping[str, object]) -> bool:
    """Say whether `condition` holds. `scope` has the dotted names and their values.

    A value of None equals nothing and lies in no list. Raises StationMisuse when a name is not in
    `scope` or a value has another kind than the check was told.
    """
    try:
        return _truth(parse(condition.text), scope)
    except (NotUnderstood, KeyError, TypeError) as error:
        raise StationMisuse(
            f"the condition `{condition.text}` cannot be decided: {error}",
            remedy="Check the recipe again with `orchestrator recipe check`",
        ) from error


def _truth(expression: Expression, scope: Mapping[str, object]) -> bool:
    if isinstance(expression, Not):
        return not _truth(expression.inner, scope)
    if isinstance(expression, Joined):
        truths = (_truth(part, scope) for part in expression.parts)
        return all(truths) if expression.how == "and" else any(truths)
    if isinstance(expression, Compare):
        return _compare(expression, scope)
    value = _value(expression, scope)
    if not isinstance(value, bool):
        raise TypeError(f"{value!r} is neither true nor false")
    return value


def _compare(comparison: Compare, scope: Mapping[str, object]) -> bool:
    left = _value(comparison.left, scope)
    if isinstance(comparison.right, tuple):
        found = any(_equal(left, item.value) for item in comparison.right)
        return found if comparison.how == "in" else not found
    right = _value(comparison.right, scope)
    if comparison.how in ("==", "!="):
        return _equal(left, right) == (comparison.how == "==")
    if not _is_number(left) or not _is_number(right):
        raise TypeError(f"{left!r} and {right!r} have no order")
    assert isinstance(left, int | Decimal)
    assert isinstance(right, int | Decimal)
    return {
        "<": left < right,
        "<=": left <= right,
        ">": left > right,
        ">=": left >= right,
    }[comparison.how]


def _equal(left: object, right: object) -> bool:
    # In Python True equals 1; here a truth value is no number.
    return isinstance(left, bool) == isinstance(right, bool) and left == right


def _is_number(value: object) -> bool:
    return isinstance(value, int | Decimal) and not isinstance(value, bool)


def _value(operand: Literally | Name, scope: Mapping[str, object]) -> object:
    return operand.value if isinstance(operand, Literally) else scope[operand.path]


class _Parser:
    """Recursive descent over the tokens; depth is limited."""

    def __init__(self, text: str) -> None:
        self._tokens = list(_tokens(text))
        self._end = _Token("end", "", len(text))
        self._next = 0
        self._depth = 0

    def whole(self) -> Expression:
        expression = self._either()
        rest = self._peek()
        if rest.kind != "end":
            raise NotUnderstood(f"`{rest.text}` does not belong here", rest.at, len(rest.text))
        return expression

    def _either(self) -> Expression:
        self._depth += 1
        if self._depth > MOST_DEPTH:
            raise NotUnderstood(f"nested more than {MOST_DEPTH} levels deep", self._peek().at)
        parts = [self._both()]
        while self._accept("or"):
            parts.append(self._both())
        self._depth -= 1
        return parts[0] if len(parts) == 1 else Joined("or", tuple(parts))

    def _both(self) -> Expression:
        parts = [self._negated()]
        while self._accept("and"):
            parts.append(self._negated())
        return parts[0] if len(parts) == 1 else Joined("and", tuple(parts))

    def _negated(self) -> Expression:
        negations = 0
        while self._accept("not"):
            negations += 1
        inner = self._comparison()
        return Not(inner) if negations % 2 else inner

    def _comparison(self) -> Expression:
        if self._accept("("):
            inner = self._either()
            self._expect(")")
            return inner
        left = self._operand()
        sign = self._peek()
        if sign.text in ("==", "!=", *_ORDER) and sign.kind == "sign":
            self._next += 1
            return Compare(left, sign.text, self._operand(), sign.at)  # type: ignore[arg-type]  # one of Comparison, by the line above
        if self._accept("in"):
            return Compare(left, "in", self._list(), sign.at)
        if self._accept("not"):
            self._expect("in")
            return Compare(left, "not in", self._list(), sign.at)
        return left

    def _list(self) -> tuple[Literally, ...]:
        self._expect("[")
        items = [self._literal()]
        while self._accept(","):
            items.append(self._literal())
        self._expect("]")
        return tuple(items)

    def _literal(self) -> Literally:
        operand = self._operand()
        if isinstance(operand, Name):
            raise NotUnderstood(
                f"a list holds values only, `{operand.path}` is a name",
                operand.at,
                len(operand.path),
                "put text into quotes",
            )
        return operand

    def _operand(self) -> Literally | Name:
        token = self._peek()
        self._next += 1
        if token.kind == "text":
            return Literally(token.text[1:-1], token.at)
        if token.kind == "number":
            return Literally(Decimal(token.text), token.at)
        if token.kind == "name" and token.text in ("true", "false"):
            return Literally(token.text == "true", token.at)
        if token.kind == "name" and token.text not in _WORDS:
            return Name(token.text, token.at)
        what = f"before `{token.text}`" if token.text else "at the end"
        raise NotUnderstood(f"a name or a value is missing {what}", token.at, len(token.text) or 1)

    def _peek(self) -> _Token:
        return self._tokens[self._next] if self._next < len(self._tokens) else self._end

    def _accept(self, text: str) -> bool:
        token = self._peek()
        if token.text == text and token.kind in ("sign", "name"):
            self._next += 1
            return True
        return False

    def _expect(self, text: str) -> None:
        token = self._peek()
        if not self._accept(text):
            raise NotUnderstood(f"`{text}` is missing", token.at, len(token.text) or 1)


def _tokens(text: str) -> Iterator[_Token]:
    at = 0
    while text[at:].strip():
        match = _TOKENS.match(text, at)
        if match is None or match.lastgroup is None:
            raise _unknown(text, at + len(text[at:]) - len(text[at:].lstrip()))
        yield _Token(match.lastgroup, match[match.lastgroup], match.start(match.lastgroup))
        at = match.end()


def _unknown(text: str, at: int) -> NotUnderstood:
    for sign in ("&&", "||", "=", "!", "&", "|"):
        if text.startswith(sign, at):
            return NotUnderstood(
                f"`{sign}` is not known here", at, len(sign), f"write `{_INSTEAD[sign]}`"
            )
    if text[at] in "'\"":
        return NotUnderstood("the quote is not closed", at, len(text) - at)
    if text.startswith(("${{", "{{"), at):
        return NotUnderstood("braces are not needed here", at, 3, "write the name alone")
    return NotUnderstood(f"`{text[at]}` is not known here", at)
