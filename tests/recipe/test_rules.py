"""Small rules with many cases: patterns, paths, values, suggestions, the catalogue as JSON."""

import re
import time
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.recipe.catalogue import catalogue_from_json, catalogue_to_json
from orchestrator.recipe.check.patterns import pattern_fault
from orchestrator.recipe.mistakes import nearest
from orchestrator.recipe.nodes import ticked
from orchestrator.recipe.paths import inside
from orchestrator.recipe.signature import Catalogue
from orchestrator.recipe.values import (
    Misfit,
    boolean,
    duration,
    integer,
    number,
    plain_decimal,
    size,
    spelled_duration,
)


@pytest.mark.parametrize(
    "pattern",
    [r"[0-9]+(\.[0-9]+)*", r"[A-Z]{2}-\d{6}", r"(?:ab|cd)", r"v\d+\.\d+(-rc\d+)?", r"(ab){3}",
     r"^guardian-.*$", r"[]a]+", r"[^]]*", r"\[x\]", r"(?P<year>\d{4})-\d\d", r".*a.*b.*", r"",
     r"(,[a-z]+)+", r"( [A-Z][a-z]+[0-9]?)*", r"[a-z|]+",
     r"\d+\.\d+\.\d+(-[a-z]+)?(\+[a-z0-9]+)?", r"\(\d+\)", r"(a)(b)?", r"a{1}", r"x{2,3}"],
)  # fmt: skip
def test_sound_patterns_are_taken(pattern: str) -> None:
    """What people write for versions, serial numbers and names is fine."""
    assert pattern_fault(pattern) is None


@pytest.mark.parametrize(
    "pattern",
    [r"(a+)+", r"(a*)*b", r"([a-z]+)*", r"(a|a)*", r"(a|b|ab)*c", r"((a+)b?)+", r"(.*)*",
     r"(\w+\s?)*",
     r"(a+){10}", r"(a?){30}a{30}", r"(x+x+)+y", r"(?:a+)+", r"(?P<n>a+)+", r"(\d+\d)+",
     r"((ab)+)+",
     r"(.a+)+", r".*.*.*.*", r"a*a*a*a*", r"(a)\1", r"(?=a)b", r"(?i)a", r"(", r"[z-a]", r"a{2,1}",
     r"*a", r"(?:ab?b?)+c", r"(?:ab?bb?)+c", r"(?:a[bc]?c?)+d", r"(?:ab?\Bb?)+c",
     r"(?:ab?()b?)+c", r"(?:ab?c{0}b?)+c", r"(?:ab?(?:cb)?b?)+c", r"[a-z]*a[a-z]*a[a-z]*a[a-z]*ax",
     "a" * 201,
     "(" * 120 + "a" + ")" * 120 + "("],
)  # fmt: skip
def test_patterns_that_break_or_never_end_are_refused(pattern: str) -> None:
    """Nested repeats, alternatives under a repeat and what does not compile."""
    assert pattern_fault(pattern)


PIECES = st.sampled_from(
    [
        "a",
        "b",
        "[ab]",
        ".",
        r"\d",
        "(a",
        "(",
        ")",
        ")*",
        ")+",
        "*",
        "+",
        "?",
        "{2}",
        "{1,}",
        "|",
        r"\.",
    ]
)


@given(st.lists(PIECES, max_size=10))
def test_a_pattern_that_is_taken_ends_soon(pieces: list[str]) -> None:
    """No pattern that passes takes long on texts made to trap it."""
    pattern = "".join(pieces)
    if pattern_fault(pattern):
        return
    compiled = re.compile(pattern)
    began = time.process_time()
    for text in ("a" * 28 + "!", "ab" * 14 + "!", "1" * 28 + "!", "a.b." * 7 + "!"):
        compiled.fullmatch(text)
    assert time.process_time() - began < 10


@pytest.mark.parametrize(
    "name", ["a.bin", "images/app-1.0.imagepackage", "a b/c (1).bin", "con1.x"]
)
def test_plain_paths_are_inside(tmp_path: Path, name: str) -> None:
    """Files beside the recipe and below are allowed, there or not."""
    assert inside(tmp_path, name) == tmp_path / name


@pytest.mark.parametrize(
    "name",
    ["", "..", "../a", "a/../../b", "a/..", "./a", "/etc/passwd", "//host/share", "a//b", "a/",
     "C:/a",
     "C:\\a", "\\\\host\\share\\a", "a\\b", "a:stream", "CON", "con.txt", "a/NUL", "lpt1", "a.",
     "a ",
     "a\x00b", "a\nb", "a" * 241, "\u0430.bin", "~/a", "$HOME/a", "%TEMP%/a", "a*", "a?", "file:///a"],
)  # fmt: skip
def test_other_paths_are_refused(tmp_path: Path, name: str) -> None:
    """Whatever leaves the folder, or means something else on another system, has a reason."""
    reason = inside(tmp_path, name)
    assert isinstance(reason, str)
    assert reason


@given(st.text(max_size=40))
def test_no_path_leaves_the_folder(name: str) -> None:
    """A path that is allowed always lies below the root."""
    found = inside(Path("root"), name)
    if isinstance(found, Path):
        assert found.resolve().is_relative_to(Path("root").resolve())


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("30s", "30"),
        ("2min", "120"),
        ("1h", "3600"),
        ("500ms", "0.5"),
        ("1.5s", "1.5"),
        ("0s", "0"),
    ],
)
def test_durations_become_seconds(text: str, seconds: str) -> None:
    """One spelling each."""
    assert duration(text) == Decimal(seconds)


@pytest.mark.parametrize(
    ("text", "written"),
    [("30", "30s"), ("2 min", "2min"), ("5 Seconds", "5s"), ("1H", "1h"), ("3m", "3min"),
     ("1_000", "1000s"), ("007s", "7s"), (" 5s", "5s"), ("0.5", "0.5s"), ("00.5s", "0.5s")],
)  # fmt: skip
def test_other_spellings_of_durations_are_corrected(text: str, written: str) -> None:
    """The replacement is what the check would take."""
    found = duration(text)
    assert isinstance(found, Misfit)
    assert found.replacement == written
    assert isinstance(duration(written), Decimal)


@pytest.mark.parametrize("text", ["", "s", "-5s", "1d", "1e3s", "1s30", "٣s", "9999999999s", "inf"])
def test_what_is_no_duration_is_refused(text: str) -> None:
    """Negative, compound, exotic and endless durations do not exist."""
    assert isinstance(duration(text), Misfit)


@pytest.mark.parametrize(
    ("text", "count"), [("0B", 0), ("1kB", 1000), ("1KiB", 1024), ("2MiB", 2 << 20), ("1GB", 10**9)]
)
def test_sizes_become_bytes(text: str, count: int) -> None:
    """Decimal and binary units mean what they say."""
    assert size(text) == count


@pytest.mark.parametrize(
    ("text", "written"), [("64KB", "64kB"), ("1mib", "1MiB"), ("5 bytes", "5B"), ("10", "10KiB")]
)
def test_other_spellings_of_sizes_are_corrected(text: str, written: str) -> None:
    """The replacement is what the check would take."""
    found = size(text)
    assert isinstance(found, Misfit)
    assert found.replacement == written


@pytest.mark.parametrize("text", ["1", "-5", "+7", "0", "9223372036854775807"])
def test_whole_numbers_are_read(text: str) -> None:
    """Signs are fine, up to 64 bits."""
    assert integer(text) == int(text)


@pytest.mark.parametrize(
    "text", ["", "1.0", "01", "1_0", "0x1F", "1e3", "٣", "9223372036854775808", "1 000", "--1"]
)
def test_other_whole_numbers_are_refused(text: str) -> None:
    """Octal, hexadecimal, exponents and foreign digits are not guessed."""
    assert isinstance(integer(text), Misfit)


@pytest.mark.parametrize(
    "text", ["nan", ".nan", "inf", "-inf", "1e999", "1.", ".5", "1,5", "0x1p3"]
)
def test_numbers_are_finite_and_plain(text: str) -> None:
    """What is no finite decimal never becomes a limit."""
    assert isinstance(number(text), Misfit)


@given(
    st.decimals(
        allow_nan=False, allow_infinity=False, places=6, min_value=-(10**9), max_value=10**9
    )
)
def test_decimals_survive_their_spelling(value: Decimal) -> None:
    """A decimal written plainly is read back as the same value."""
    assert number(plain_decimal(value)) == value
    if value >= 0 and value < 10**8:
        assert duration(spelled_duration(value)) == value or value < Decimal("0.001")


def test_truth_has_two_words() -> None:
    """`yes` and `off` are corrected, not guessed; other words have no correction."""
    assert boolean("true") is True
    assert boolean("false") is False
    assert boolean("Yes") == Misfit("neither `true` nor `false`", "true")
    assert boolean("off") == Misfit("neither `true` nor `false`", "false")
    assert boolean("maybe") == Misfit("neither `true` nor `false`", None)


def test_suggestions_come_only_when_they_are_near() -> None:
    """A guess that is far off would mislead."""
    assert nearest("timout", ["timeout", "times"]) == "timeout"
    assert nearest("zzz", ["timeout", "times"]) is None
    assert nearest("a" * 100_000, ["timeout"]) is None


def test_long_and_many_line_text_is_shortened() -> None:
    """A message stays one line."""
    assert ticked("a\nb   c") == "`a b c`"
    assert len(ticked("x" * 500)) == 62


def test_the_catalogue_survives_json(catalogue: Catalogue) -> None:
    """Signatures written and read again are the same, and the text is stable."""
    text = catalogue_to_json(catalogue)
    assert dict(catalogue_from_json(text)) == dict(catalogue)
    assert catalogue_to_json(catalogue_from_json(text)) == text


@pytest.mark.parametrize("text", ['{"schema": 2, "steps": []}', "{}", "nothing"])
def test_another_catalogue_is_refused(text: str) -> None:
    """A catalogue of another schema is not half read."""
    with pytest.raises(ValueError, match=r"catalogue|Expecting"):
        catalogue_from_json(text)
