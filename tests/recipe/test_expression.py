"""Conditions: what they may say, what they come to, and that nothing else is ever evaluated."""

import contextlib
from collections.abc import Callable
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.domain.errors import StationMisuse
from orchestrator.recipe.expression import Name, NotUnderstood, evaluate, names, parse
from orchestrator.recipe.mistakes import CheckResult
from orchestrator.recipe.plan import Condition

SCOPE = {
    "inputs.region": "eu",
    "inputs.build": 7,
    "inputs.gain": Decimal("1.5"),
    "inputs.fast": True,
    "unit.revision": None,
    "unit.part_number": "GUARDIAN-100",
    "steps.look.outcome": "PASS",
}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("inputs.fast", True),
        ("not inputs.fast", False),
        ("not not inputs.fast", True),
        ("true", True),
        ("inputs.region == 'eu'", True),
        ('inputs.region != "eu"', False),
        ("inputs.build >= 7", True),
        ("inputs.build < 7", False),
        ("inputs.build > 6.5 and inputs.build <= 7.0", True),
        ("inputs.gain == 1.50", True),
        ("-1 < inputs.gain", True),
        ("inputs.region in ['us', 'eu']", True),
        ("inputs.region not in ['us', 'eu']", False),
        ("inputs.build in [6, 7]", True),
        ("steps.look.outcome == 'PASS'", True),
        ("false or inputs.region == 'eu' and false", False),
        ("(false or inputs.region == 'eu') and inputs.fast", True),
        ("not (inputs.region == 'eu')", False),
        ("unit.revision == 'A'", False),
        ("unit.revision != 'A'", True),
        ("unit.revision in ['A', 'B']", False),
        ("inputs.fast == true", True),
        ("inputs.region == unit.part_number", False),
    ],
)
def test_a_condition_comes_to_what_it_says(text: str, expected: bool) -> None:
    """Comparisons, lists, and, or, not and parentheses mean what people expect."""
    assert evaluate(Condition(text), SCOPE) is expected


@pytest.mark.parametrize(
    "text",
    ["", "inputs.region ==", "a b", "1 +1", "f(x)", "__import__('os')", "a.b[0]", "x == y == z",
     "'open", "in ['a']", "a in 'b'", "a in []", "not", "()", "a and or b", "a = b", "x is None",
     "lambda: 1", "inputs.a == 007", "inputs..a", "(" * 30 + "true" + ")" * 30, "a" * 501],
)  # fmt: skip
def test_anything_else_is_not_understood(text: str) -> None:
    """There are no calls, no arithmetic, no attributes beyond the closed list of names."""
    with pytest.raises(NotUnderstood) as caught:
        parse(text)
    assert 0 <= caught.value.at <= len(text)


@pytest.mark.parametrize(
    "text", ["inputs.unknown", "inputs.region", "inputs.region < 'b'", "inputs.fast > 1", "a b"]
)
def test_a_condition_that_cannot_be_decided_is_the_stations_fault(text: str) -> None:
    """A name that is missing at run time ends as StationMisuse, never as True."""
    with pytest.raises(StationMisuse, match="cannot be decided"):
        evaluate(Condition(text), SCOPE)


def test_truth_is_no_number() -> None:
    """In Python True equals 1; here it does not."""
    assert evaluate(Condition("inputs.fast == inputs.one"), {**SCOPE, "inputs.one": 1}) is False


def test_names_are_found_from_left_to_right() -> None:
    """Every name that is looked up is reported with its place."""
    text = "a.b == c.d and not (e.f in ['x'])"
    assert list(names(parse(text))) == [Name("a.b", 0), Name("c.d", 7), Name("e.f", 20)]


@given(st.text(max_size=60) | st.from_regex(r"[a-z. =<>!'()\[\]0-9]{1,40}", fullmatch=True))
def test_no_text_breaks_the_parser(text: str) -> None:
    """Random text is understood or refused, and nothing else happens."""
    with contextlib.suppress(NotUnderstood):
        list(names(parse(text)))


def condition(text: str) -> str:
    """Return a recipe with this condition at its third step."""
    return (
        "inputs:\n  region: {type: choice, choices: [eu, us]}\n  fast: {type: boolean}\n"
        "main:\n  - {uses: sphere.identify, id: one}\n"
        "  - parallel:\n      - {uses: sphere.identify, id: two}\n"
        f"      - uses: sphere.restart\n        id: three\n        required: false\n"
        f"        if: >-\n          {text}\n"
    )


@pytest.mark.parametrize(
    "text",
    ["inputs.fast and inputs.region != 'us'", "steps.one.outcome in ['PASS', 'SKIPPED']",
     "inputs.fast == false", "unit.serial_number == unit.part_number"],
)  # fmt: skip
def test_sound_conditions_pass_the_check(text: str, check: Callable[..., CheckResult]) -> None:
    """What the language offers is accepted."""
    result = check(condition(text))
    assert [each.message for each in result.mistakes if each.severity == "error"] == []


@pytest.mark.parametrize(
    ("text", "code"),
    [("steps.two.outcome == 'PASS'", "R042"), ("steps.one.result == 'PASS'", "R042"),
     ("inputs.region", "R043"), ("'text'", "R043"), ("7 and true", "R043"),
     ("'north' == inputs.region", "R043"), ("not (inputs.fast == 'yes')", "R043"),
     ("inputs.fast or inputs.region < 3", "R043")],
)  # fmt: skip
def test_conditions_without_sense_are_mistakes(
    text: str, code: str, check: Callable[..., CheckResult]
) -> None:
    """Unknown names, kinds that do not compare and words that never come are found."""
    assert code in [each.code for each in check(condition(text)).mistakes]
