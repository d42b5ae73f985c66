"""Turns the bytes of an answer into a model, or says exactly why it does not fit.

Stricter than the standard library, because peers are not trusted: no NaN or Infinity, no number
that a database could not hold, no repeated member, no endless nesting.
"""

import json
import math
from typing import Any

from pydantic import BaseModel, RootModel, ValidationError

from orchestrator.domain.errors import UnusableAnswer
from orchestrator.transport.text import excerpt, printable

MAX_DEPTH = 32
_SMALLEST, _LARGEST = -(2**63), 2**64 - 1
_SHOWN_MISTAKES = 3
NOT_SHOWN = "not shown here, since it may hold a secret"


def _refuse_constant(name: str) -> float:
    raise ValueError(f"{name} is no number in JSON")


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(f"number {printable(text, 40)} is too large")
    return number


def _whole(text: str) -> int:
    number = int(text) if len(text) <= 20 else _LARGEST + 1
    if not _SMALLEST <= number <= _LARGEST:
        raise ValueError(f"number {printable(text, 40)} does not fit into 64 bits")
    return number


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) < len(pairs):
        # Not with count(): a long hostile answer would hold up every other board.
        seen: set[str] = set()
        for name, _ in pairs:
            if name in seen:
                raise ValueError(f'member "{printable(name, 40)}" appears twice')
            seen.add(name)
    return members


_NESTING = (dict, list)


def _check_depth(value: object) -> None:
    level = [value]
    for _ in range(MAX_DEPTH):
        # A tuple made once: `dict | list` would be put together for every value.
        inner = [v for v in level if isinstance(v, _NESTING)]
        level = [c for v in inner for c in (v.values() if isinstance(v, dict) else v)]
        if not level:
            return
    raise ValueError(f"nested deeper than {MAX_DEPTH} levels")


_DECODER = json.JSONDecoder(
    parse_constant=_refuse_constant,
    parse_float=_finite,
    parse_int=_whole,
    object_pairs_hook=_unique,
)


def read_json(body: bytes, *, confidential: bool = False) -> Any:
    """Return what `body` holds. Raises UnusableAnswer, quiet about a confidential body."""
    try:
        value = _DECODER.decode(body.decode("utf-8"))
        # What opens so few brackets cannot be nested too deeply.
        if body.count(b"[") + body.count(b"{") >= MAX_DEPTH:
            _check_depth(value)
    except (ValueError, RecursionError) as error:
        reason = printable(str(error)) if isinstance(error, ValueError) else "nested too deeply"
        shown = f"{reason}; it begins with {excerpt(body, 80)}"
        raise UnusableAnswer(
            f"The answer is not usable JSON: {NOT_SHOWN if confidential else shown}",
            remedy="Try again; if it stays, set the unit aside and report this message",
            code="answer.json",
        ) from (None if confidential else error)
    return value


def _place(location: tuple[int | str, ...]) -> str:
    steps = (f"[{s}]" if isinstance(s, int) else f".{printable(s, 60)}" for s in location)
    return "$" + "".join(steps)


def _shown(value: object) -> str:
    # Objects and lists stay out of messages: they are long and may hold what nobody should read.
    return type(value).__name__ if isinstance(value, dict | list) else printable(repr(value), 60)


def read_model(model: type[BaseModel], body: bytes, *, confidential: bool = False) -> BaseModel:
    """Return `body` as `model`. Raises UnusableAnswer naming the JSON paths that do not fit.

    No body at all counts as `{}`, which fits a model without required members.
    `confidential` keeps what the body holds out of the message, and unknown members, in which a
    peer may repeat a secret, out of the model.
    """
    is_empty = not body.strip() and not any(f.is_required() for f in model.model_fields.values())
    value = {} if is_empty else read_json(body, confidential=confidential)
    if confidential and isinstance(value, dict) and not issubclass(model, RootModel):
        value = {name: value[name] for name in value.keys() & model.model_fields.keys()}
    try:
        return model.model_validate(value)
    except ValidationError as error:
        mistakes = error.errors(include_url=False)
        shown = "; ".join(
            f"{_place(m['loc'])}: {printable(m['msg'], 120)}, got "
            + (type(m["input"]).__name__ if confidential else _shown(m["input"]))
            for m in mistakes[:_SHOWN_MISTAKES]
        )
        more = len(mistakes) - _SHOWN_MISTAKES
        rest = f" and {more} more" if more > 0 else ""
        raise UnusableAnswer(
            f"The answer does not have the agreed members: {shown}{rest}",
            remedy="The unit may run a version that this program does not know; report it",
            code="answer.members",
        ) from (None if confidential else error)


def read_text(body: bytes, content_type: str, *, confidential: bool = False) -> str:
    """Return an answer that is one text, plain or as a JSON string. Raises UnusableAnswer."""
    if content_type.partition(";")[0].strip().lower() == "application/json":
        value = read_json(body, confidential=confidential)
        if isinstance(value, str):
            return value
        shown = NOT_SHOWN if confidential else excerpt(body, 80)
        raise UnusableAnswer(
            f"The answer is no text: {shown}",
            remedy="Report it with this message",
            code="answer.text",
        )
    try:
        return body.decode("utf-8")
    except UnicodeDecodeError:
        raise UnusableAnswer(
            "The answer is no text in UTF-8",
            remedy="Report it with this message",
            code="answer.text",
        ) from None
