"""Answers are read more strictly than JSON libraries do by themselves."""

import json
import tracemalloc
from contextlib import suppress
from time import process_time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.domain.errors import UnusableAnswer
from orchestrator.transport.decode import MAX_DEPTH, read_json, read_model
from orchestrator.transport.endpoint import Empty, WireModel
from orchestrator.transport.text import excerpt, printable


class Inner(WireModel):
    """A member that counts."""

    count: int
    share: float


class Outer(WireModel):
    """A list of such."""

    inner: list[Inner]


class Five(WireModel):
    """A model with more members than a message shows."""

    a: int
    b: int
    c: int
    d: int
    e: int


REFUSED = {
    "nan": (b"[NaN]", "NaN"),
    "infinity": (b"[-Infinity]", "-Infinity"),
    "too large a float": (b"[1e999]", "too large"),
    "too large an integer": (b"[18446744073709551616]", "64 bits"),
    "a thousand digits": (b"[" + b"9" * 10_000 + b"]", "64 bits"),
    "member twice": (b'{"a": 1, "a": 2}', '"a" appears twice'),
    "deep": (b"[" * 40 + b"]" * 40, "nested deeper"),
    "very deep": (b"[" * 100_000, "nested too deeply"),
    "not utf-8": (b'{"a": "\xff"}', "utf-8"),
    "cut": (b'{"a": ', "Expecting value"),
    "html": (b"<h1>busy\x07</h1>", "Expecting value"),
}


@pytest.mark.parametrize(("body", "message"), REFUSED.values(), ids=REFUSED)
def test_unusable_json_is_refused_with_its_reason(body: bytes, message: str) -> None:
    """Each kind of bad JSON is named, and nothing of it reaches a terminal unescaped."""
    with pytest.raises(UnusableAnswer, match=message) as caught:
        read_json(body)
    assert str(caught.value).isprintable()
    assert len(str(caught.value)) < 500


def test_numbers_up_to_64_bits_pass() -> None:
    """Counters of a board use all 64 bits."""
    assert read_json(b"[18446744073709551615, -9223372036854775808, 0.5]")[0] == 2**64 - 1


def test_allowed_depth_passes() -> None:
    """The deepest allowed nesting is read."""
    read_json(b"[" * MAX_DEPTH + b"]" * MAX_DEPTH)


@given(st.recursive(st.none() | st.booleans() | st.integers(0, 99) | st.text(), st.lists))
def test_ordinary_json_is_read_as_it_is(value: object) -> None:
    """Strictness does not change what is fine."""
    assert read_json(json.dumps(value, ensure_ascii=False).encode("utf-8", "replace")) is not ...


@given(st.binary(max_size=200))
def test_any_bytes_end_as_value_or_as_typed_error(body: bytes) -> None:
    """No sequence of bytes escapes as another exception."""
    with suppress(UnusableAnswer):
        read_model(Outer, body)


def test_wrong_members_are_named_by_their_path() -> None:
    """A person finds the member that does not fit, and how many more there are."""
    body = b'{"inner": [{"count": 1, "share": 0.5}, {"count": "1", "share": true}, {}, {}]}'
    with pytest.raises(UnusableAnswer) as caught:
        read_model(Outer, body)
    text = str(caught.value)
    assert "$.inner[1].count: Input should be a valid integer, got '1'" in text
    assert "$.inner[1].share: Input should be a valid number, got True" in text
    assert "inner[2]" not in text  # a list is left at its first unfit item


def test_number_of_further_mistakes_is_told() -> None:
    """Three mistakes are shown, the others counted."""
    with pytest.raises(UnusableAnswer, match=r"\$\.c: Field required, got dict and 2 more"):
        read_model(Five, b"{}")


@pytest.mark.parametrize("item", [b"0", b"{}", b'{"count": "x", "share": {}}'])
def test_a_megabyte_of_mistakes_costs_little(item: bytes) -> None:
    """A hostile list is left at its first unfit item, in time and memory."""
    body = b'{"inner": [' + b",".join([item] * ((1 << 20) // len(item) - 1)) + b"]}"
    tracemalloc.start()
    try:
        with pytest.raises(UnusableAnswer, match=r"\$\.inner\[0\]"):
            read_model(Outer, body)
        assert tracemalloc.get_traced_memory()[1] < 50 << 20
    finally:
        tracemalloc.stop()


def test_a_late_repeated_member_is_found_at_once() -> None:
    """The search for the repeated name does not grow with the square of the answer."""
    names = [f'"{number:05x}":0' for number in range(90_000)]
    began = process_time()
    with pytest.raises(UnusableAnswer, match='member "15f8f" appears twice'):
        read_json(("{" + ",".join([*names, names[-1]]) + "}").encode())
    assert process_time() - began < 30


def test_no_body_counts_as_success_only_where_nothing_is_expected() -> None:
    """An empty answer is fine for a call that answers nothing, and for no other."""
    assert read_model(Empty, b" ") == Empty()
    with pytest.raises(UnusableAnswer, match="begins with \\(empty\\)"):
        read_model(Outer, b"")


@given(st.text(max_size=400), st.integers(1, 300))
def test_printable_text_is_printable_and_short(text: str, limit: int) -> None:
    """Nothing unprintable remains, and length is bounded even when all is escaped."""
    shown = printable(text, limit)
    assert shown.isprintable()
    assert len(shown) <= 10 * limit + 1


def test_direction_marks_and_half_characters_are_escaped() -> None:
    """Text cannot turn round a line or break an encoder."""
    assert printable("a\u202eb\ud800\x1b") == r"a\u202eb\ud800\x1b"
    assert excerpt(b"\xffabc\n") == "\ufffdabc\\n"


class Quiet(WireModel):
    """A model that may come with nothing."""

    count: int | None = None


def test_no_body_fits_a_model_without_required_members() -> None:
    """A peer that has nothing to say may say nothing."""
    assert read_model(Quiet, b"") == Quiet()


@pytest.mark.parametrize(
    "body", [b'{"count": "hush"}', b'["hush"]', b'"hush', b'{"hush": 1, "hush": 2}']
)
def test_confidential_answer_is_not_quoted(body: bytes) -> None:
    """The message names the place of the mistake, and neither it nor its cause holds the value."""
    with pytest.raises(UnusableAnswer) as caught:
        read_model(Quiet, body, confidential=True)
    assert "hush" not in str(caught.value)
    assert caught.value.__cause__ is None


def test_confidential_answer_keeps_no_unknown_members() -> None:
    """A peer may repeat a secret under any name."""
    answer = read_model(Quiet, b'{"count": 1, "echo": "hush"}', confidential=True)
    assert answer == Quiet(count=1)
    assert not answer.model_extra
