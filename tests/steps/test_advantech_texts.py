"""What recipes and computers write, read apart: limits, terminal output."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.domain.errors import StationMisuse
from orchestrator.steps.advantech_bands import Band, band_findings, read_bands
from orchestrator.steps.terminal_text import LONGEST_LINE, finished, plain_lines

D = Decimal


def test_limits_are_read_with_the_names_that_hosts_give() -> None:
    """A name may have blanks and numbers in it; either end may be open."""
    assert read_bands(["12V 11.4..12.6", "5V Standby -5.25..5", "CPU ..85", " FAN0   500.. "]) == [
        Band("12V", D("11.4"), D("12.6")),
        Band("5V Standby", D("-5.25"), D(5)),
        Band("CPU", None, D(85)),
        Band("FAN0", D(500), None),
    ]
    assert str(read_bands(["CPU 1..85"])[0]) == "1..85"


@pytest.mark.parametrize(
    "text", ["", "CPU", "CPU ..", "CPU 9..8", "..85", "CPU 1e3..", "CPU NaN..", "CPU 1 .. 2 x"]
)
def test_what_is_no_limit_is_the_recipes_mistake(text: str) -> None:
    """ERROR with an example of how to write one."""
    with pytest.raises(StationMisuse, match="no limit") as caught:
        read_bands([text])
    assert "12V 11.4..12.6" in caught.value.remedy


def test_a_name_is_limited_once() -> None:
    """Two limits of one sensor would hide one of them."""
    with pytest.raises(StationMisuse, match="stands twice"):
        read_bands(["CPU ..85", "CPU 1.."])


@given(
    st.decimals(-1000, 1000, places=3), st.decimals(-1000, 1000, places=3),
    st.decimals(-1000, 1000, places=3),
)  # fmt: skip
def test_both_ends_count_as_within(one: Decimal, other: Decimal, value: Decimal) -> None:
    """A value is refused exactly when it lies outside, and a sentence names it."""
    low, high = sorted((one, other))
    band = Band("S", low, high)
    findings = band_findings("sensor", {"S": (value, "Volt")}, [band])
    assert bool(findings) is not (low <= value <= high)
    assert all(f"S shows {value:f} Volt" in each.what for each in findings)


def test_a_missing_sensor_is_no_good_sensor() -> None:
    """It is named, with those that are there."""
    (found,) = band_findings("sensor", {"A": (D(1), ""), "B": (D(1), "")}, [Band("C", D(1), None)])
    assert found.what == "The host has no sensor C; there: A, B"


def test_control_sequences_are_left_out_of_lines() -> None:
    """Colours, titles, cursors, erased letters: nothing is carried out, the words stay."""
    output = (
        b"\x1b]0;pc: shell\x07\x1b[?2004h\x1b[01;32mroot@pc\x1b[00m:~# ls\r\n"
        b"\x1b(Bred \x1b[31mx\x1b[0m\rgo\xffne  \r\nab\x08c\x1b]8;;http://evil\x1b\\link\n\x1b[2J"
    )
    assert plain_lines(output) == ["root@pc:~# ls", "red x", "go\ufffdne", "aclink", ""]


@given(st.binary(max_size=300))
def test_no_output_brings_the_reader_down(output: bytes) -> None:
    """Whatever a host writes becomes printable lines of bounded length."""
    for line in plain_lines(output * 3):
        assert len(line) <= LONGEST_LINE
        assert all(letter.isprintable() or letter == "\t" for letter in line)
        assert "\x1b" not in line


SIGNS = [
    b"a",
    b"\n",
    b"\r\n",
    b"\x1b]0;t",
    b"\x07",
    b"\x1b\\",
    b"\x1b[1m",
    b"\x08",
    b"\xe2\x9c\x93",
    b"\x1b",
]


@given(st.lists(st.sampled_from(SIGNS), max_size=40).map(b"".join))
def test_finished_lines_are_the_same_however_much_comes_later(output: bytes) -> None:
    """Reading on behind them gives the lines that the whole output gives."""
    end = finished(output)
    assert plain_lines(output[:end])[:-1] + plain_lines(output[end:]) == plain_lines(output)


def test_a_line_without_an_end_is_finished_some_day() -> None:
    """What nobody looks at any more is not kept for another look."""
    assert finished(b"x" * 1000) == 0
    assert finished(b"x" * 10_000) == 10_000
