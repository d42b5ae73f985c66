"""The steps that a person does: what is asked, what is measured, what fails the unit."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import pytest

from orchestrator.domain.errors import Mismatch, RecipeMistakes, StationMisuse
from orchestrator.domain.outcome import Outcome
from orchestrator.domain.people import Actor, Role
from orchestrator.domain.prompts import (
    AnswerSource,
    Operator,
    Prompt,
    PromptKind,
    Question,
    Reply,
)
from orchestrator.domain.records import MeasurementRow
from orchestrator.recipe.check import load_plan
from orchestrator.recipe.plan import Plan
from orchestrator.recipe.signature import MeasurementSignature, names_parameter, uom_of
from orchestrator.steps.generate import catalogue
from orchestrator.steps.operator import PATIENCE_SECONDS, picture_of
from orchestrator.steps.table import definitions
from tests.steps.conftest import Context, SteppingClock
from tests.steps.recipe_support import Notebook, run

WHO = Actor("p-17", Role.OPERATOR, "panel")
PNG = b"\x89PNG\r\n\x1a\nrest"


class Person:
    """Answers what is asked, in turn. Implements `Operator`."""

    def __init__(self, *answers: str | None) -> None:
        self.answers = list(answers)
        self.asked: list[Question] = []

    async def ask(self, question: Question) -> Reply:
        """Give the next answer; None says no."""
        self.asked.append(question)
        answer = self.answers.pop(0)
        return Reply(answer is not None, answer or "", WHO, AnswerSource.PRESSED)

    def open_prompts(self) -> Sequence[Prompt]:
        """Nothing waits: answers come at once."""
        return []


class Says(Person):
    """Says no, with a remark."""

    async def ask(self, question: Question) -> Reply:
        """Say no."""
        self.asked.append(question)
        return Reply(False, str(self.answers[0]), WHO, AnswerSource.TYPED)


def make_context(uses: str) -> Context:
    """Return a context that takes what the step has declared."""
    declared = definitions()[uses].signature.measurements
    return Context(SteppingClock(), declared=frozenset(each.name for each in declared))


async def done(person: Person, uses: str, **arguments: Any) -> dict[str, Any]:
    """Run a step with that person at the slot; return what it measured."""
    context = make_context(uses)
    await definitions()[uses].function(context, person, **arguments)
    return dict(context.measured)


OPTIONS: dict[str, dict[str, Any]] = {
    "operator.confirm": {},
    "operator.choose": {"options": ["a", "b"]},
    "operator.enter_number": {},
    "operator.enter_text": {},
    "operator.scan": {},
    "operator.checklist": {"items": ["one"]},
}


@pytest.mark.parametrize("uses", OPTIONS)
async def test_a_no_fails_the_unit_with_the_words_of_the_recipe(uses: str) -> None:
    """Whatever was asked; what the person adds stands behind it, and nothing is measured."""
    with pytest.raises(Mismatch, match="The cover is bent: left side"):
        await done(Says("left side"), uses, say="Look.", problem="The cover is bent",
                   **OPTIONS[uses])  # fmt: skip
    with pytest.raises(Mismatch, match=r"saw a problem \(Look\.\)"):
        await done(Person(None), uses, say="Look.", **OPTIONS[uses])


async def test_done_is_enough_for_a_confirmation() -> None:
    """It asks one plain question and measures nothing."""
    person = Person("")
    assert await done(person, "operator.confirm", say="Close the lid.") == {}
    assert person.asked == [Question(PromptKind.CONFIRM, "Close the lid.")]


async def test_a_choice_is_measured_and_judged() -> None:
    """Any answer passes unless the recipe says which are good."""
    options = ["green", "red", "dark"]
    asked = {"say": "Which LED?", "options": options}
    assert await done(Person("dark"), "operator.choose", **asked) == {"answer": "dark"}
    assert await done(Person("red"), "operator.choose", good=["red"], **asked) == {"answer": "red"}
    with pytest.raises(Mismatch, match="The answer is dark; it must be green or red"):
        await done(Person("dark"), "operator.choose", good=["green", "red"], **asked)
    with pytest.raises(Mismatch, match="The LED is dark"):
        await done(Person("dark"), "operator.choose", good=["red"], problem="The LED is dark",
                   **asked)  # fmt: skip


@pytest.mark.parametrize("good", [["blue"], []])
async def test_what_nobody_can_answer_well_is_a_mistake_of_the_recipe(good: list[str]) -> None:
    """Nobody is asked then."""
    person = Person("a")
    with pytest.raises(StationMisuse, match="nobody can answer"):
        await done(person, "operator.choose", say="Which?", options=["a", "b"], good=good)
    assert person.asked == []


async def test_a_number_is_asked_for_in_its_unit_and_measured() -> None:
    """What cannot be read at all is the desk's business, told by lowest and highest."""
    person = Person("3.30")
    span = {"lowest": Decimal(0), "highest": Decimal(30)}
    found = await done(person, "operator.enter_number", say="Read it.", uom="V", **span)
    assert found == {"value": Decimal("3.30")}
    [asked] = person.asked
    assert (asked.uom, asked.minimum, asked.maximum) == ("V", Decimal(0), Decimal(30))


async def test_texts_and_codes_are_measured() -> None:
    """With the pattern that the answer has to match."""
    shape = {"pattern": "LOT-[0-9]+", "looks_like": "LOT-1"}
    person = Person("LOT-7", "LOT-8")
    assert await done(person, "operator.enter_text", say="Type.", **shape) == {"text": "LOT-7"}
    assert await done(person, "operator.scan", say="Scan.", **shape) == {"code": "LOT-8"}
    assert [each.kind for each in person.asked] == [PromptKind.TEXT, PromptKind.SCAN]
    assert {each.pattern for each in person.asked} == {"LOT-[0-9]+"}


async def test_another_code_than_the_one_wanted_fails_the_unit() -> None:
    """Its label belongs to another unit; what was scanned is measured all the same."""
    context = make_context("operator.scan")
    with pytest.raises(Mismatch, match="The code is SN-2; it must be SN-1"):
        await definitions()["operator.scan"].function(
            context, Person("SN-2"), say="Scan.", equals="SN-1"
        )
    assert context.measured == {"code": "SN-2"}
    assert await done(Person("SN-1"), "operator.scan", say="Scan.", equals="SN-1")


async def test_a_picture_is_shown_and_the_answer_judged(artifact) -> None:
    """The picture is the recipe's own, known by its hash."""
    shown = artifact("picture", PNG)
    asked = {"say": "Like this?", "picture": shown, "options": ["yes", "no"], "good": ["yes"]}
    person = Person("yes")
    assert await done(person, "operator.look", **asked) == {"answer": "yes"}
    picture = person.asked[0].picture
    assert picture is not None
    assert (picture.media_type, picture.content) == ("image/png", PNG)
    with pytest.raises(Mismatch, match="it must be yes"):
        await done(Person("no"), "operator.look", **asked)


@pytest.mark.parametrize("content", [b"<svg onload=alert(1)>", b"", b"%PDF-1.7"])
def test_only_pictures_are_shown(artifact, content: bytes) -> None:
    """What a browser might carry out is none."""
    with pytest.raises(StationMisuse, match="no picture"):
        picture_of(artifact("picture", content))


async def test_a_list_that_is_ticked_counts_its_lines() -> None:
    """All of them were shown."""
    person = Person("")
    items = ["Seal is in.", "Screws are in."]
    assert await done(person, "operator.checklist", say="Check.", items=items) == {"lines": 2}
    assert person.asked[0].options == tuple(items)


def test_people_get_minutes() -> None:
    """Every one of these steps waits longer than a machine would."""
    mine = [each for name, each in definitions().items() if name.startswith("operator.")]
    assert len(mine) == 7
    assert {each.signature.timeout_seconds for each in mine} == {PATIENCE_SECONDS}
    assert all(list(each.needs.values()) == [Operator] for each in mine)


@pytest.fixture(scope="module")
def plan(recipes) -> Plan:
    """Load the shipped recipe."""
    return load_plan(recipes / "operator-check.yaml", catalogue())


GOOD = ("", "LOT-123456", "as in the picture", "3.31", "")


async def test_the_shipped_recipe_asks_and_judges(bench, plan: Plan) -> None:
    """The voltage is measured in volt, with its limit, and a bad one fails the board."""
    notebook = Notebook()
    result = await run(plan, bench(), notebook, operator=Person(*GOOD))
    assert (result.outcome, result.message) == (Outcome.PASS, "")
    [voltage] = [
        row for row in notebook.rows if isinstance(row, MeasurementRow) and row.name == "value"
    ]
    assert (voltage.value, voltage.uom, voltage.limit_min) == ("3.31", "V", "3.2")
    bad = await run(plan, bench(), Notebook(), operator=Person(*GOOD[:3], "5.02"))
    assert bad.outcome is Outcome.FAIL
    assert "5.02 V, must be between 3.2 and 3.4 V" in bad.message


def test_a_limit_in_another_unit_is_a_mistake(recipes, tmp_path) -> None:
    """The unit of the limit is the one that the number is asked for in."""
    text = (recipes / "operator-check.yaml").read_text(encoding="utf-8")
    file = tmp_path / "mine.yaml"
    (tmp_path / "images").mkdir()
    picture = (recipes / "images" / "label-and-led.png").read_bytes()
    (tmp_path / "images" / "label-and-led.png").write_bytes(picture)
    file.write_text(text.replace("max: 3.4, unit: V", "max: 3.4, unit: mV"), encoding="utf-8")
    with pytest.raises(RecipeMistakes, match="is measured in `V`, not in `mV`"):
        load_plan(file, catalogue())


def test_a_unit_may_come_from_a_parameter() -> None:
    """Only a text that stands in the recipe counts; anything else means no unit."""
    given, own = MeasurementSignature("v", "", uom="{uom}"), MeasurementSignature("v", "", uom="s")
    assert names_parameter(given.uom)
    assert not names_parameter(own.uom)
    assert uom_of(given, {"uom": "V"}) == "V"
    assert uom_of(given, {"uom": 5}) == uom_of(given, {}) == ""
    assert uom_of(own, {"uom": "V"}) == "s"
