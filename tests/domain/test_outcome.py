"""Outcomes: which one is worse, and what a run comes to."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.domain.outcome import Outcome, run_outcome, worst

OUTCOMES = st.sampled_from(list(Outcome))


def test_nothing_at_all_is_a_pass() -> None:
    """A plan without steps has nothing against the unit."""
    assert worst([]) is Outcome.PASS


def test_skipped_does_not_count() -> None:
    """Skipped steps neither lower a run nor count as passed."""
    assert worst([Outcome.SKIPPED]) is Outcome.PASS
    assert worst([Outcome.SKIPPED, Outcome.FAIL]) is Outcome.FAIL
    assert not Outcome.SKIPPED.is_pass


@given(st.lists(OUTCOMES), st.lists(OUTCOMES))
def test_the_worst_does_not_depend_on_order(one: list[Outcome], two: list[Outcome]) -> None:
    """Order and grouping change nothing."""
    assert worst([*one, *two]) is worst([*two, *one]) is worst([worst(one), worst(two)])


@given(st.lists(OUTCOMES))
def test_a_fail_is_never_hidden_by_the_station(outcomes: list[Outcome]) -> None:
    """ERROR and TIMEOUT never outrank FAIL."""
    assert worst([*outcomes, Outcome.FAIL]) not in {Outcome.ERROR, Outcome.TIMEOUT}


@pytest.mark.parametrize(
    ("main", "teardown", "run"),
    [
        (Outcome.PASS, Outcome.PASS, Outcome.PASS),
        (Outcome.PASS, Outcome.FAIL, Outcome.ERROR),
        (Outcome.PASS, Outcome.TIMEOUT, Outcome.ERROR),
        (Outcome.FAIL, Outcome.ERROR, Outcome.FAIL),
        (Outcome.TIMEOUT, Outcome.PASS, Outcome.ERROR),
        (Outcome.ABORTED, Outcome.ERROR, Outcome.ABORTED),
    ],
)
def test_teardown_may_spoil_a_pass_and_hides_nothing(
    main: Outcome, teardown: Outcome, run: Outcome
) -> None:
    """What teardown came to can only turn PASS into ERROR."""
    assert run_outcome(main, teardown) is run
