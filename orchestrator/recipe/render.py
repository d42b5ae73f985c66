"""How mistakes look: text with the source line and carets for people, JSON for programs.

The form is rustc's: what, where, the line, the carets, what is allowed, what to do. Text from the
recipe is shown so that it cannot move the cursor or change colours.
"""

import json
import unicodedata
from collections.abc import Mapping, Sequence
from typing import Any

from orchestrator.recipe.mistakes import CheckResult, Mistake
from orchestrator.recipe.nodes import Place

_WIDEST = 100
_MOST_CONTEXT = 2
_BOLD, _RED, _YELLOW, _BLUE, _OFF = "\x1b[1m", "\x1b[1;31m", "\x1b[1;33m", "\x1b[1;34m", "\x1b[0m"

Sources = Mapping[str, tuple[str, ...]]


def as_text(result: CheckResult, *, colour: bool = False, closing: bool = True) -> str:
    """Return all mistakes of `result` as blocks of text, with the closing count if asked."""
    blocks = [_block(mistake, result.sources, colour) for mistake in result.mistakes]
    if closing:
        blocks.append(closing_line(result.errors, result.warnings, result.left_out))
    return "\n\n".join(blocks)


def closing_line(errors: int, warnings: int, left_out: int = 0) -> str:
    """Return the count that stands under all mistakes."""
    more = f" and {left_out} more that are not shown" if left_out else ""
    counts = f"{_counted(errors, 'error')}, {_counted(warnings, 'warning')}{more}."
    return f"{counts} Nothing was started." if errors else counts


def as_objects(result: CheckResult) -> list[dict[str, Any]]:
    """Return the mistakes as plain values with stable keys, for JSON."""
    return [_object(mistake) for mistake in result.mistakes]


def as_json(results: Sequence[CheckResult]) -> str:
    """Return the mistakes of several files, and what the sound ones became, as one JSON object."""
    mistakes = [each for result in results for each in as_objects(result)]
    counts = {
        "errors": sum(result.errors for result in results),
        "warnings": sum(result.warnings for result in results),
        "left_out": sum(result.left_out for result in results),
    }
    recipes = [_recipe(result) for result in results]
    answer = {"schema": 1, **counts, "recipes": recipes, "mistakes": mistakes}
    return json.dumps(answer, indent=2, ensure_ascii=False)


def _recipe(result: CheckResult) -> dict[str, Any]:
    plan = result.plan
    return {
        "file": next(iter(result.sources)),
        "sound": plan is not None,
        "name": plan.name if plan else None,
        "version": plan.version if plan else None,
        "content_hash": plan.content_hash if plan else None,
        "steps": sum(1 for _ in plan.steps()) if plan else None,
    }


def _object(mistake: Mistake) -> dict[str, Any]:
    place, outer = mistake.place, mistake.included_at
    return {
        "file": place.file,
        "line": place.line,
        "column": place.column,
        "end_line": place.end_line,
        "end_column": place.end_column,
        "severity": mistake.severity,
        "code": mistake.code,
        "message": mistake.message,
        "label": mistake.label,
        "allowed": list(mistake.allowed),
        "help": mistake.help or _explain(mistake),
        "replacement": mistake.replacement,
        "included_at": {"file": outer.file, "line": outer.line, "column": outer.column}
        if outer
        else None,
    }


def _counted(number: int, word: str) -> str:
    return f"{number} {word}" if number == 1 else f"{number} {word}s"


def _explain(mistake: Mistake) -> str:
    return f"orchestrator recipe explain {mistake.code}"


def _block(mistake: Mistake, sources: Sources, colour: bool) -> str:
    paint = _Paint(colour)
    places = _shown_lines(mistake)
    width = len(str(max(places)))
    head = paint.severity(mistake.severity, f"{mistake.severity}[{mistake.code}]")
    lines = [
        f"{head}{paint.bold(': ' + visible(mistake.message))}",
        f"{' ' * width}{paint.blue('-->')} {_where(mistake.place)}",
    ]
    lines += _excerpt(mistake, sources, width, paint)
    if mistake.included_at:
        outer = mistake.included_at
        lines.append(f"{' ' * width}{paint.blue(':::')} {_where(outer)}")
        lines += _marked(sources, width, paint, ((outer, "-", "included here"),), None)
    if mistake.allowed:
        lines.append(_note(width, paint, "allowed here: " + ", ".join(mistake.allowed)))
    lines.append(_note(width, paint, "help: " + visible(mistake.help or _explain(mistake))))
    return "\n".join(line.rstrip() for line in lines)


def _shown_lines(mistake: Mistake) -> list[int]:
    lines = [mistake.place.line, *(place.line for place, _ in mistake.also)]
    return [*lines, mistake.included_at.line] if mistake.included_at else lines


def _where(place: Place) -> str:
    return f"{visible(place.file)}:{place.line}:{place.column}"


def _note(width: int, paint: "_Paint", text: str) -> str:
    return f"{' ' * width} {paint.blue('=')} {text}"


def _excerpt(mistake: Mistake, sources: Sources, width: int, paint: "_Paint") -> list[str]:
    marks = [(mistake.place, "^", mistake.label)]
    marks += [
        (place, "^" if place.line == mistake.place.line else "-", label)
        for place, label in mistake.also
        if place.file == mistake.place.file
    ]
    return _marked(sources, width, paint, tuple(marks), mistake.context)


def _marked(
    sources: Sources,
    width: int,
    paint: "_Paint",
    marks: tuple[tuple[Place, str, str], ...],
    context: int | None,
) -> list[str]:
    """Return the lines of `marks` in order, each with its carets and the last label below it."""
    source = sources.get(marks[0][0].file, ())
    numbers = sorted({place.line for place, _, _ in marks})
    bar = f"{' ' * width} {paint.blue('|')}"
    if not source or not any("".join(source[number - 1 : number]) for number in numbers):
        return [bar]
    lines = [bar]
    previous = 0
    for number in numbers:
        if context and number == marks[0][0].line:
            shown = range(max(context, number - _MOST_CONTEXT, previous + 1), number)
            lines += [_source_line(above, source, width, paint) for above in shown]
        elif previous and number > previous + 1:
            lines.append("...")
        here = [mark for mark in marks if mark[0].line == number]
        lines += _carets(number, source, here, width, paint)
        previous = number
    return [*lines, bar]


def _source_line(number: int, source: tuple[str, ...], width: int, paint: "_Paint") -> str:
    text = visible(source[number - 1])[:_WIDEST]
    return f"{paint.blue(f'{number:>{width}} |')} {text}"


def _carets(
    number: int,
    source: tuple[str, ...],
    marks: list[tuple[Place, str, str]],
    width: int,
    paint: "_Paint",
) -> list[str]:
    """Return one source line and the line of carets below it."""
    text = source[number - 1]
    first = min(place.column for place, _, _ in marks) - 1
    cut = max(0, first - _WIDEST // 2) if len(text) > _WIDEST else 0
    window = text[cut : cut + _WIDEST]
    front = "..." if cut else ""
    back = "..." if len(text) > cut + _WIDEST else ""
    shown = f"{paint.blue(f'{number:>{width}} |')} {front}{visible(window)}{back}"
    row = front and "   "
    label = ""
    for place, sign, words in sorted(marks, key=lambda mark: mark[0].column):
        begin = place.column - 1 - cut
        stop = (place.end_column - 1 if place.end_line == number else len(text.rstrip())) - cut
        begin, stop = min(begin, len(window)), min(stop, len(window))
        row = row.ljust(len(front) + _cells(window[:begin]))
        row += sign * max(1, _cells(window[begin:stop]))
        label = words if words or not label else label
    marked = f"{row} {label}" if label else row
    return [shown, f"{' ' * width} {paint.blue('|')} {paint.red(visible(marked))}"]


def _cells(text: str) -> int:
    """Return how many columns of a terminal `text` takes."""
    return sum(
        0 if unicodedata.combining(char) else 2 if unicodedata.east_asian_width(char) in "WF" else 1
        for char in text
    )


def visible(text: str) -> str:
    """Return `text` with whatever a terminal would not show in its place as one character each."""
    return "".join(
        char
        if char.isprintable() or unicodedata.combining(char)
        else " "
        if char.isspace()
        else "\ufffd"
        for char in text
    )


class _Paint:
    """Wraps text into colours, or leaves it alone."""

    def __init__(self, on: bool) -> None:
        self._on = on

    def _wrap(self, colour: str, text: str) -> str:
        return f"{colour}{text}{_OFF}" if self._on else text

    def bold(self, text: str) -> str:
        return self._wrap(_BOLD, text)

    def blue(self, text: str) -> str:
        return self._wrap(_BLUE, text)

    def red(self, text: str) -> str:
        return self._wrap(_RED, text)

    def severity(self, word: str, text: str) -> str:
        return self._wrap(_RED if word == "error" else _YELLOW, text)
