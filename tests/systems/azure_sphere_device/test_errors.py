"""Device error numbers: complete, decoded, and sorted by what a person can do."""

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.domain.errors import ErrorClass, ProductFault, StationFault, UnusableAnswer
from orchestrator.systems.azure_sphere_device.endpoints import GET_IMAGES
from orchestrator.systems.azure_sphere_device.error_catalogue import BOARD_FAULTS, ROWS, Row
from orchestrator.systems.azure_sphere_device.errors import (
    CATEGORIES,
    BoardFault,
    DeviceRefusal,
    decode,
    refusal_from,
)
from orchestrator.transport.client import Answer
from tests.systems.azure_sphere_device.calls import scripted

DOCUMENTED = """
    13 1048578 1048579 1048591 1048596 1048601 2097153 2097155 2097156 2097157 2097158 2097159
    2097161 2097162 2097165 2097167 2097168 2097169 2097170 2097173 2097174 2097175 2097176
    2097177 2097178 2097180 2097181 2097182 2097183 2097184 2097185 2097186 2097187 2097188
    2097189 2097190 2097191 2097192 2097193 2097194 2097195 2097196 2097197 2097198 2097199
    2097200 2097201 2097202 3145729 3145735 3145738 4194306 5242883 5242884 5242887 5242888
    5242895 5242896 7340047 7340050 7340056 7340069 7340071 7340079 10485761 10485765 10485766
    10485772 10485776 13631489 13631490 13631491 13631492 13631496 13631499 13631503 13631504
    13631505 13631506 13631507 13631510 13631511 13631512 13631513 14680076 14680081 14680082
    15728642 15728644 31457286 31457294 31457295 38797314 38797315 38797316 38797319 38797323
    38797324 38797325 38797326 38797327 38797328 38797329 38797330 38797331 38797332 38797333
"""
"""The numbers that the vendor's own clients know."""


def answer(body: bytes, status: int = 500) -> Answer:
    """Return a board's unsuccessful answer."""
    return Answer(GET_IMAGES, status, {}, body)


def test_catalogue_holds_every_documented_number() -> None:
    """What the vendor's clients know, this table knows, and more."""
    numbers = {row.number for row in ROWS}
    assert {int(text) for text in DOCUMENTED.split()} <= numbers
    assert {3145750, 7340034, 7340072, 10485778, 16777219, 18874369} <= numbers


def test_rows_are_unique_and_in_order() -> None:
    """A person finds a number where it belongs, once."""
    numbers = [row.number for row in ROWS]
    assert numbers == sorted(set(numbers))


@pytest.mark.parametrize("row", ROWS, ids=lambda row: str(row.number))
def test_every_row_tells_an_operator_what_happened_and_what_to_do(row: Row) -> None:
    """Sentence and remedy are plain sentences without a full stop, the class is decided."""
    for text in (row.sentence, row.remedy):
        assert text[0].isupper()
        assert not text.endswith(".")
        assert len(text) < 100
    assert row.category in CATEGORIES
    error = DeviceRefusal(row.number)
    assert error.kind is row.error_class
    assert f"error {row.category}.{row.id}" in str(error)
    assert f", {row.number})" in str(error)


@pytest.mark.parametrize(
    ("number", "kind"),
    [
        (10485765, ErrorClass.BUSY),
        (13631505, ErrorClass.BUSY),
        (7340071, ErrorClass.BUSY),
        (3145735, ErrorClass.BOARD),
        (7340047, ErrorClass.RIGHTS),
        (10485778, ErrorClass.RIGHTS),
        (13, ErrorClass.RIGHTS),
        (2097153, ErrorClass.IMAGE),
        (3145750, ErrorClass.IMAGE),
        (16777219, ErrorClass.IMAGE),
        (13631513, ErrorClass.INPUT),
    ],
)
def test_number_decides_what_can_be_done(number: int, kind: ErrorClass) -> None:
    """The classes that decide about retries and about stopping a lot are the agreed ones."""
    assert decode(number).error_class is kind


def test_locked_board_reads_as_one_sentence() -> None:
    """The most frequent refusal of a line, as the operator sees it."""
    error = refusal_from(answer(b'{"error": 10485778}', 403))
    assert str(error) == (
        "The board is locked and refused the request (error 10.18 CommandAuthorizationFailed, "
        "10485778). The board is DeviceComplete or lacks a capability; read its state first"
    )
    assert isinstance(error, DeviceRefusal)
    assert isinstance(error, StationFault)
    assert (error.number, error.code, error.status) == (10485778, "10485778", 403)


@pytest.mark.parametrize("number", sorted(BOARD_FAULTS))
def test_board_without_room_is_a_fault_of_the_product(number: int) -> None:
    """A full flash or certificate store sets the unit aside: FAIL, not ERROR."""
    error = refusal_from(answer(b'{"error": %d}' % number))
    assert isinstance(error, BoardFault)
    assert isinstance(error, ProductFault)
    assert error.kind is ErrorClass.BOARD
    assert error.number == number
    assert f"(board code {error.meaning.numbers})" in str(error)
    assert "error" not in str(error).lower()
    assert {7340034, 14680082, 38797323} == BOARD_FAULTS


def test_unknown_number_of_a_known_part_names_the_part() -> None:
    """A number that no list holds still gets both forms and its category."""
    error = DeviceRefusal(7 << 20 | 999)
    assert "unlisted number of its image update part (error 7.999, 7341031)" in str(error)
    assert error.kind is ErrorClass.REPORT


@given(st.integers(-(2**31), 2**31 - 1))
def test_every_int32_decodes(number: int) -> None:
    """No number a board can send breaks the decoding."""
    meaning = decode(number)
    assert str(number) in meaning.label
    assert meaning.sentence
    category, identifier = meaning.dotted.split(".")
    assert int(category) << 20 | int(identifier) == number & 0xFFFFFFFF


def test_body_without_a_number_is_no_refusal() -> None:
    """Without a number nobody knows what the board meant."""
    assert isinstance(refusal_from(answer(b"")), UnusableAnswer)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: str(row.number))
async def test_what_is_repeated_follows_the_table(row: Row) -> None:
    """A read is repeated for numbers of class busy and for no other; a write for none."""
    seen: list[str] = []

    def handler(request: httpx.Request) -> httpx.Response:
        seen.append(request.method)
        return httpx.Response(500, json={"error": row.number})

    async with scripted(handler) as device:
        for ask in (device.get_images, device.restart_device):
            with pytest.raises((DeviceRefusal, BoardFault), match=f", {row.number}\\)"):
                await ask()
    assert seen.count("GET") == (4 if row.error_class is ErrorClass.BUSY else 1)
    assert seen.count("POST") == 1


@pytest.mark.parametrize("number", [2**31, -(2**31) - 1, 2**63])
def test_number_beyond_32_bits_is_no_error_number(number: int) -> None:
    """A board's numbers are int32; anything else is an answer that nobody agreed on."""
    error = refusal_from(answer(b'{"error": %d}' % number))
    assert isinstance(error, UnusableAnswer)


def test_negative_number_is_shown_in_both_forms() -> None:
    """The upper bit belongs to the category, as it does for the board."""
    assert decode(-1).label == "error 4095.1048575, -1"
    assert decode(99 << 20 | 7).label == "error 99.7, 103809031"


@pytest.mark.parametrize(
    ("status", "unknown"), [(400, False), (403, False), (500, True), (503, True)]
)
def test_a_board_that_fails_by_itself_may_have_acted(status: int, unknown: bool) -> None:
    """A refusal with a 5xx status leaves open whether the request was applied."""
    assert DeviceRefusal(10485766, status).leaves_unknown is unknown
