"""What an answer to a question must look like: pure judgements, each with its own sentence."""

import re
from decimal import Decimal, InvalidOperation
from functools import lru_cache

from orchestrator.domain.errors import StationFault, StationMisuse
from orchestrator.domain.prompts import PromptKind, Question
from orchestrator.recipe.check.patterns import pattern_fault

LONGEST = 256
"""Most characters of an answer."""
_PLAIN = frozenset({PromptKind.CONFIRM, PromptKind.CHECKLIST})
_CHOICES = frozenset({PromptKind.CHOOSE, PromptKind.LOOK})


class AnswerRefused(StationFault):
    """This answer does not count; the sentence says why. The question stays as it was."""


def check_question(question: Question) -> None:
    """Return when somebody can answer `question`. Raises StationMisuse."""
    kind, options = question.kind, question.options
    wrong = ""
    if not question.sentence.strip():
        wrong = "it has no sentence"
    elif kind in _CHOICES and len(set(options)) < 2:
        wrong = "it needs two different options"
    elif kind is PromptKind.CHECKLIST and not options:
        wrong = "it has nothing to tick"
    elif kind is PromptKind.LOOK and question.picture is None:
        wrong = "it has no picture"
    elif len(set(options)) != len(options):
        wrong = "an option is there twice"
    elif (fault := pattern_fault(question.pattern)) is not None:
        wrong = f"its pattern cannot be used: {fault}"
    if wrong:
        raise StationMisuse(
            f"the question {question.sentence!r} cannot be answered: {wrong}",
            remedy="Correct the step's parameters in the recipe",
        )


@lru_cache(maxsize=256)
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern)


def checked(question: Question, text: str, *, yes: bool) -> str:
    """Return the answer as it counts. Raises AnswerRefused when it does not fit the question.

    A "no" always fits; its text is kept as it was given.
    """
    if len(text) > LONGEST or not text.isprintable():
        raise AnswerRefused(
            f"An answer has at most {LONGEST} printable characters", remedy="Answer again"
        )
    text = text.strip()
    if not yes or question.kind in _PLAIN:
        return text
    if question.kind in _CHOICES:
        return _choice(question, text)
    if question.kind is PromptKind.NUMBER:
        return _number(question, text)
    return _code(question, text)


def _choice(question: Question, text: str) -> str:
    if text not in question.options:
        raise AnswerRefused(
            f"{text!r} is none of the answers", remedy=f"Choose {', '.join(question.options)}"
        )
    return text


def _number(question: Question, text: str) -> str:
    try:
        number = Decimal(text.replace(",", "."))
    except InvalidOperation:
        number = Decimal("NaN")
    if not number.is_finite() or abs(number.adjusted()) > LONGEST:
        raise AnswerRefused(f"{text!r} is no number", remedy="Type the number again")
    low, high = question.minimum, question.maximum
    if (low is not None and number < low) or (high is not None and number > high):
        raise AnswerRefused(
            f"{number} {question.uom} cannot be: it is {_span(question)}".replace("  ", " "),
            remedy="Type the number again",
        )
    return format(number, "f")


def _span(question: Question) -> str:
    low, high, uom = question.minimum, question.maximum, question.uom
    words = {
        (True, True): f"{low} to {high} {uom}",
        (True, False): f"at least {low} {uom}",
        (False, True): f"at most {high} {uom}",
    }
    return words[low is not None, high is not None].strip()


def _code(question: Question, text: str) -> str:
    if fits(question.pattern, text):
        return text
    raise AnswerRefused(unlike(question.looks_like, text), remedy="Scan again")


def fits(pattern: str, text: str) -> bool:
    """Say whether the whole `text` matches `pattern`; without a pattern any text does."""
    return bool(text) and (not pattern or _compiled(pattern).fullmatch(text) is not None)


def unlike(looks_like: str, text: str) -> str:
    """Say that `text` is not what was expected, in one sentence."""
    if not text:
        return "The answer is empty"
    wanted = f"The code should look like {looks_like}" if looks_like else "This is another code"
    return f'{wanted}. I read "{text}"'
