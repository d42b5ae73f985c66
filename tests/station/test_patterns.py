"""Codes stay apart: two patterns that could match one code are found, with that code."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.station.codes import CodeKind, mistakes_of, pattern_of
from orchestrator.station.patterns import NotComparable, shared
from orchestrator.station.settings_floor import ScannerSection

APART = [
    ("A[0-9]{3}", "A[0-9]{4}"),
    ("%.+", "[^%].*"),
    ("B-[A-Z]+", "B-[0-9]+"),
    ("(?:AB)*", "(?:AB)*A"),
    (r"\d+", r"\D+"),
    (r"\w+", r"\W+"),
    (r"\s+", r"\S+"),
    ("a|b|cd", "c|d"),
    ("^x$", "y"),
    ("[^a-z]+", "[a-z]+"),
    ("x?y", "x?z"),
]
TOGETHER = [
    ("A[0-9]{3,4}", "A[0-9]{4,5}"),
    (".*", "anything"),
    ("[A-Z]{2}-.+", "AZ-[0-9]{6}"),
    (r"\d{6,10}|B-\w+", "B-[A-Z]{2}"),
    ("(?:ab|a)(?:c|bcd)", "a(?:bc|x)d?"),
    ("[\u03b1-\u03bc]", "[\u03ba-\u03c9]"),
    ("x+?", "xx"),
    ("(?P<slot>[^%]+)", "[a-f]"),
]


@pytest.mark.parametrize(("first", "second"), APART)
def test_what_has_nothing_in_common(first: str, second: str) -> None:
    """Whichever comes first."""
    assert shared(first, second) is None
    assert shared(second, first) is None


@pytest.mark.parametrize(("first", "second"), TOGETHER)
def test_what_has_a_code_in_common_is_told_with_it(first: str, second: str) -> None:
    """The code that is named matches both as a whole."""
    code = shared(first, second)
    assert code
    assert re.fullmatch(first, code)
    assert re.fullmatch(second, code)


_ATOMS = st.sampled_from(["a", "b", "[ab]", "[^a]", ".", r"\d", "c?", "a*", "b+", "b{1,2}", "a|b"])
_PATTERNS = st.lists(_ATOMS, min_size=1, max_size=4).map(
    lambda atoms: "".join(f"(?:{atom})" for atom in atoms)
)


@given(_PATTERNS, _PATTERNS, st.lists(st.text("abc1", min_size=1, max_size=4), max_size=20))
def test_no_code_is_overlooked(first: str, second: str, words: list[str]) -> None:
    """What is found matches both; where nothing is found no word matches both."""
    code = shared(first, second)
    if code is not None:
        assert re.fullmatch(first, code)
        assert re.fullmatch(second, code)
        return
    assert not [w for w in words if re.fullmatch(first, w) and re.fullmatch(second, w)]


@pytest.mark.parametrize("pattern", ["(?=a)b", r"(a)\1", "(?i)a", r"a\b", "(?:[ab]{100}){100}"])
def test_what_no_code_needs_is_refused(pattern: str) -> None:
    """Look-around, back-references, flags, huge repetitions."""
    with pytest.raises(NotComparable):
        shared(pattern, "a")


def test_the_usual_patterns_are_apart() -> None:
    """A station may be started with what is there."""
    assert mistakes_of(pattern_of(ScannerSection(), "AZ-[0-9]{6}")) == []
    assert mistakes_of(pattern_of(ScannerSection(), "")) == []


def test_every_mistake_is_told_with_a_code() -> None:
    """Which two, and what both would match."""
    told = mistakes_of(
        {CodeKind.SERIAL: "[A-Z0-9-]+", CodeKind.BADGE: "B-[0-9]", CodeKind.BIN: "(?=x)y"}
    )
    assert told == [
        "a serial and a badge could be the same code, for instance 'B-0'",
        "the patterns of serial and bin cannot be compared: it looks around or back",
        "the patterns of badge and bin cannot be compared: it looks around or back",
    ]
