"""Measured values and the one judge."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.domain.errors import StationMisuse
from orchestrator.domain.measurement import Limit, Value, as_text, judge, measured
from orchestrator.domain.outcome import Outcome

FINITE = st.decimals(allow_nan=False, allow_infinity=False, places=3)


@given(FINITE, FINITE, FINITE)
def test_a_number_passes_inside_its_limits_and_on_them(
    value: Decimal, one: Decimal, other: Decimal
) -> None:
    """Both limits are inclusive, everything outside fails."""
    low, high = min(one, other), max(one, other)
    inside = low <= value <= high
    assert judge(value, Limit(min=low, max=high)).is_pass is inside
    assert judge(low, Limit(min=low, max=high)) is Outcome.PASS
    assert judge(high, Limit(min=low, max=high)) is Outcome.PASS


@pytest.mark.parametrize(
    "value", [float("nan"), float("inf"), Decimal("NaN"), Decimal("-Infinity")]
)
def test_what_is_no_number_is_refused(value: float | Decimal) -> None:
    """NaN and infinities never become a measurement."""
    with pytest.raises(StationMisuse, match="no number"):
        measured(value)


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_float_becomes_the_decimal_that_people_see(value: float) -> None:
    """A float is kept as it prints, so 0.1 stays 0.1."""
    kept = measured(value)
    assert isinstance(kept, Decimal)
    assert float(kept) == value
    assert measured(0.1) == Decimal("0.1")


@pytest.mark.parametrize(
    ("value", "limit", "passes"),
    [
        ("22.09", Limit(equal="22.09"), True),
        ("22.9", Limit(equal="22.09"), False),
        (True, Limit(equal=True), True),
        ("AB12", Limit(pattern="[A-Z]{2}[0-9]{2}"), True),
        ("AB12x", Limit(pattern="[A-Z]{2}[0-9]{2}"), False),
        (3, Limit(one_of=(1, 3)), True),
        (2, Limit(one_of=(1, 3)), False),
        (Decimal("1.50"), Limit(equal=Decimal("1.5")), True),
        (5, None, True),
        (5, Limit(min=Decimal(6)), False),
        (5, Limit(max=Decimal(4)), False),
    ],
)
def test_each_kind_of_limit(value: Value, limit: Limit | None, passes: bool) -> None:
    """Equal compares by value, a pattern covers the whole text, one_of lists the values."""
    assert judge(value, limit).is_pass is passes


def test_a_text_cannot_be_judged_by_a_number() -> None:
    """That is the recipe's fault and must not look like the product's."""
    with pytest.raises(StationMisuse, match="no number"):
        judge("strong", Limit(min=Decimal(-80)))


def test_a_limit_says_itself_in_words() -> None:
    """The operator reads the limit in the sentence."""
    assert Limit(min=Decimal(-80), max=Decimal(-20), uom="dBm").describe() == (
        "must be between -80 and -20 dBm"
    )
    assert Limit(min=Decimal(1)).describe() == "must be at least 1"
    assert Limit(max=Decimal(1), pattern="1+").describe() == "must be at most 1 and of the form 1+"
    assert Limit(equal=1, one_of=(1, 2)).describe() == "must be equal to 1 and one of 1, 2"
    assert Limit().describe() == "has no limit"
    assert Limit(equal=True).describe() == "must be equal to true"
    assert Limit(min=Decimal("1E+3")).describe() == "must be at least 1000"


@pytest.mark.parametrize(
    ("value", "limit"),
    [
        (True, Limit(equal=Decimal(1))),
        ("1", Limit(equal=Decimal(1))),
        (1, Limit(equal=True)),
        (0, Limit(one_of=(False,))),
        ("a" * 501, Limit(pattern="a*")),
    ],
)
def test_a_limit_of_another_kind_is_the_stations_fault(value: Value, limit: Limit) -> None:
    """Neither PASS because True is 1, nor FAIL of a product that nobody could judge."""
    with pytest.raises(StationMisuse):
        judge(value, limit)


def test_a_pattern_sees_what_the_audit_keeps() -> None:
    """A boolean is `true`, a number is written plainly."""
    assert judge(True, Limit(pattern="true")) is Outcome.PASS
    assert judge(Decimal("1E+3"), Limit(pattern="1000")) is Outcome.PASS


def test_values_are_written_in_plain_notation() -> None:
    """No exponent and no Python spelling reaches the audit."""
    written = [as_text(value) for value in (Decimal("1E+3"), True, False, 7, "x")]
    assert written == ["1000", "true", "false", "7", "x"]
