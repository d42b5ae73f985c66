"""Steps that a person does: confirm, choose, enter, scan, look, tick a list.

The person is asked in the tile of the slot, and the answer is in the audit before the step goes on.
Whoever says that there is a problem fails the unit; whoever says nothing in time lets the step end
as TIMEOUT. Each asks once, before anything else.
"""

import hashlib
from decimal import Decimal

from orchestrator.domain.errors import Mismatch, StationMisuse
from orchestrator.domain.prompts import Operator, Picture, PromptKind, Question, Reply
from orchestrator.engine.step import Measures, StepContext, step
from orchestrator.recipe.plan import Artifact
from orchestrator.steps.findings import words

PATIENCE_SECONDS = 300
"""How long a person may take where the recipe says nothing else."""

_PICTURES = {
    b"\x89PNG\r\n\x1a\n": "image/png",
    b"\xff\xd8\xff": "image/jpeg",
    b"GIF8": "image/gif",
}


async def _ask(operator: Operator, question: Question, problem: str | None) -> Reply:
    """Return the answer. Raises Mismatch when the person says that there is a problem."""
    reply = await operator.ask(question)
    if reply.yes:
        return reply
    said = f": {reply.text}" if reply.text else ""
    raise Mismatch(
        f"{problem or f'The person at the slot saw a problem ({question.sentence})'}{said}",
        remedy="Set the board aside",
        code="OPERATOR_NO",
    )


@step(
    "operator.confirm",
    summary="Tells the person at the slot to do something and waits until it is done.",
    timeout_seconds=PATIENCE_SECONDS,
)
async def confirm(
    ctx: StepContext, operator: Operator, *, say: str, problem: str | None = None
) -> None:
    """Wait for "done". A "no" fails the unit.

    Args:
        say: What to do, at most two short sentences.
        problem: What is wrong with the unit when the person says no.
    """
    del ctx
    await _ask(operator, Question(PromptKind.CONFIRM, say), problem)


@step(
    "operator.choose",
    summary="Has the person at the slot choose one of several answers.",
    measures=(Measures("answer", "What was chosen", kind="text"),),
    timeout_seconds=PATIENCE_SECONDS,
)
async def choose(
    ctx: StepContext,
    operator: Operator,
    *,
    say: str,
    options: list[str],
    good: list[str] | None = None,
    problem: str | None = None,
) -> None:
    """Measure the answer; one that is not `good` fails the unit.

    Args:
        say: What to decide, at most two short sentences.
        options: The answers, two or more, in the order in which they are shown.
        good: Answers that pass; without it all of them do.
        problem: What is wrong with the unit when the person says no, or answers otherwise.
    """
    _check_good(options, good)
    question = Question(PromptKind.CHOOSE, say, options=tuple(options))
    reply = await _ask(operator, question, problem)
    ctx.measure("answer", reply.text)
    _judge(reply.text, good, problem)


@step(
    "operator.enter_number",
    summary="Has the person at the slot read a number from an instrument and enter it.",
    measures=(Measures("value", "What was entered", uom="{uom}"),),
    timeout_seconds=PATIENCE_SECONDS,
)
async def enter_number(
    ctx: StepContext,
    operator: Operator,
    *,
    say: str,
    uom: str = "",
    lowest: Decimal | None = None,
    highest: Decimal | None = None,
    problem: str | None = None,
) -> None:
    """Measure the number; `measure:` judges it. One that cannot be is asked for again.

    Args:
        say: What to read and where, at most two short sentences.
        uom: Unit that the number is entered in, and that its limits are in.
        lowest: Least number that can be read at all; a smaller one is a slip.
        highest: Greatest number that can be read at all.
        problem: What is wrong with the unit when the person says no.
    """
    question = Question(PromptKind.NUMBER, say, uom=uom, minimum=lowest, maximum=highest)
    reply = await _ask(operator, question, problem)
    ctx.measure("value", Decimal(reply.text))


@step(
    "operator.enter_text",
    summary="Has the person at the slot enter a text.",
    measures=(Measures("text", "What was entered", kind="text"),),
    timeout_seconds=PATIENCE_SECONDS,
)
async def enter_text(
    ctx: StepContext,
    operator: Operator,
    *,
    say: str,
    pattern: str = "",
    looks_like: str = "",
    problem: str | None = None,
) -> None:
    """Measure the text; one that does not match is asked for again.

    Args:
        say: What to enter, at most two short sentences.
        pattern: Regular expression that the whole text matches; without it any text will do.
        looks_like: An example for the person.
        problem: What is wrong with the unit when the person says no.
    """
    question = Question(PromptKind.TEXT, say, pattern=pattern, looks_like=looks_like)
    reply = await _ask(operator, question, problem)
    ctx.measure("text", reply.text)


@step(
    "operator.scan",
    summary="Has the person at the slot scan a code.",
    measures=(Measures("code", "What was scanned", kind="text"),),
    timeout_seconds=PATIENCE_SECONDS,
)
async def scan(
    ctx: StepContext,
    operator: Operator,
    *,
    say: str,
    pattern: str = "",
    looks_like: str = "",
    equals: str | None = None,
    problem: str | None = None,
) -> None:
    """Measure the code. One that does not match is asked for again, another one fails the unit.

    Args:
        say: Which code to scan, at most two short sentences.
        pattern: Regular expression that the whole code matches; without it any code will do.
        looks_like: An example for the person.
        equals: The very code that it must be, for instance the unit's serial number.
        problem: What is wrong with the unit when the person says no.
    """
    question = Question(PromptKind.SCAN, say, pattern=pattern, looks_like=looks_like)
    reply = await _ask(operator, question, problem)
    ctx.measure("code", reply.text)
    if equals is not None and reply.text != equals:
        raise Mismatch(
            f"The code is {reply.text}; it must be {equals}",
            remedy="Set the board aside; its label belongs to another one",
            code="OTHER_CODE",
        )


@step(
    "operator.look",
    summary="Shows the person at the slot a picture to compare the unit with.",
    measures=(Measures("answer", "What was seen", kind="text"),),
    timeout_seconds=PATIENCE_SECONDS,
)
async def look(
    ctx: StepContext,
    operator: Operator,
    *,
    say: str,
    picture: Artifact,
    options: list[str],
    good: list[str],
    problem: str | None = None,
) -> None:
    """Measure the answer; one that is not `good` fails the unit.

    Args:
        say: What to look at, at most two short sentences.
        picture: The picture (PNG, JPEG or GIF); an artifact with `type: file`.
        options: The answers, two or more, in the order in which they are shown.
        good: Answers that pass.
        problem: What is wrong with the unit when the person says no, or answers otherwise.
    """
    _check_good(options, good)
    question = Question(PromptKind.LOOK, say, options=tuple(options), picture=picture_of(picture))
    reply = await _ask(operator, question, problem)
    ctx.measure("answer", reply.text)
    _judge(reply.text, good, problem)


@step(
    "operator.checklist",
    summary="Has the person at the slot tick every line of a list.",
    measures=(Measures("lines", "How many lines the list has"),),
    timeout_seconds=PATIENCE_SECONDS,
)
async def checklist(
    ctx: StepContext,
    operator: Operator,
    *,
    say: str,
    items: list[str],
    problem: str | None = None,
) -> None:
    """Wait until all is ticked. A "no" fails the unit and names the line, if the person does.

    Args:
        say: What the list is about, at most two short sentences.
        items: The lines, each a short sentence.
        problem: What is wrong with the unit when the person says no.
    """
    await _ask(operator, Question(PromptKind.CHECKLIST, say, options=tuple(items)), problem)
    ctx.measure("lines", len(items))


def picture_of(artifact: Artifact) -> Picture:
    """Return the picture that `artifact` holds. Raises StationMisuse for what is none."""
    for begin, media_type in _PICTURES.items():
        if artifact.content.startswith(begin):
            return Picture(
                artifact.content, media_type, hashlib.sha256(artifact.content).hexdigest()
            )
    raise StationMisuse(
        f"The file {artifact.file} is no picture that can be shown",
        remedy="Give a PNG, JPEG or GIF file in the recipe",
    )


def _check_good(options: list[str], good: list[str] | None) -> None:
    strange = sorted(set(good or ()) - set(options))
    if strange or good == []:
        what = f"{words(strange)} is none of the answers" if strange else "no answer is good"
        raise StationMisuse(
            f"The recipe asks for what nobody can answer: {what}",
            remedy="List the good answers among `options` in the recipe",
        )


def _judge(answer: str, good: list[str] | None, problem: str | None) -> None:
    if good is None or answer in good:
        return
    raise Mismatch(
        problem or f"The answer is {answer}; it must be {words(good)}",
        remedy="Set the board aside",
        code="OTHER_ANSWER",
    )
