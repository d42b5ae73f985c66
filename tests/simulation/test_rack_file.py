"""A rack file is read whole or refused with everything that is wrong."""

import dataclasses
import re
from pathlib import Path

import pytest

from orchestrator.domain.errors import ConfigurationMistakes
from orchestrator.simulation.rack_file import (
    BOARD_KEYS,
    FAULT_KEYS,
    IMAGE_KEYS,
    load_rack_file,
)
from orchestrator.systems.azure_sphere_device.simulator import BoardSpec, Fault, LeftoverImage

ROOT = Path(__file__).resolve().parents[2]


def load(folder: Path, text: str, **options: int) -> tuple[BoardSpec, ...]:
    """Write a rack file and read it."""
    path = folder / "rack.toml"
    path.write_text(text, encoding="utf-8")
    return load_rack_file(path, **options)


def mistakes(folder: Path, text: str) -> list[str]:
    """Return the mistakes of a rack file, without the name of the file."""
    with pytest.raises(ConfigurationMistakes) as caught:
        load(folder, text)
    return [line.split("rack.toml: ", 1)[-1] for line in caught.value.what.splitlines()]


def test_an_empty_file_is_one_good_board(tmp_path: Path) -> None:
    """All keys may be left out."""
    assert load(tmp_path, "") == (BoardSpec(),)


def test_boards_take_the_defaults_of_the_rack(tmp_path: Path) -> None:
    """Their own keys win; the rest of the rack is filled up in the free slots."""
    specs = load(
        tmp_path,
        """
        [rack]
        boards = 4
        seed = 5
        os_version = "22.09"
        boot_seconds = 3
        [[board]]
        slot = "1112"
        os_version = "22.07"
        capabilities = [11, 13]
        wifi_networks = ["workshop"]
        [[board]]
        faults = [{ kind = "drop", calls = ["stage_image"], at = 0.5, times = 1 }]
        [[board.staged]]
        name = "forgotten"
        component_id = "11111111-0000-4000-8000-000000000002"
        image_id = "22222222-0000-4000-8000-000000000002"
        [[board.images]]
        name = "left"
        component_id = "11111111-0000-4000-8000-000000000001"
        image_id = "22222222-0000-4000-8000-000000000001"
        """,
    )
    assert [spec.slot_path for spec in specs] == ["1112", "1111", "1113", "1114"]
    assert [spec.os_version for spec in specs] == ["22.07", "22.09", "22.09", "22.09"]
    assert {spec.boot_seconds for spec in specs} == {3}
    assert {spec.seed for spec in specs} == {5}
    assert specs[0].capabilities == (11, 13)
    assert specs[0].wifi_networks == ("workshop",)
    assert specs[1].faults == (Fault("drop", ("stage_image",), times=1, at=0.5),)
    left = LeftoverImage(
        "left", "11111111-0000-4000-8000-000000000001", "22222222-0000-4000-8000-000000000001"
    )
    assert specs[1].images == (left,)
    assert [image.name for image in specs[1].staged] == ["forgotten"]


def test_the_command_line_wins(tmp_path: Path) -> None:
    """Number and seed come from outside, but no listed board is lost."""
    text = "[rack]\nboards = 3\nseed = 1\n[[board]]\n[[board]]\n"
    specs = load(tmp_path, text, boards=5, seed=9)
    assert len(specs) == 5
    assert {spec.seed for spec in specs} == {9}
    assert len(load(tmp_path, text, boards=1)) == 2


def test_all_mistakes_come_at_once(tmp_path: Path) -> None:
    """Each with its place, what is allowed and what was probably meant."""
    found = mistakes(
        tmp_path,
        """
        [rack]
        bords = 3
        seed = -1
        [[board]]
        os_version = 22.11
        manufacturing_state = "Finished"
        capabilities = "11"
        unreachable = 1
        [[board]]
        slot = "1111"
        faults = [{ kind = "drp", calls = ["stage"], at = 2 }, { times = 1 }]
        images = [{ name = "x", component_id = "no" }]
        [[board]]
        slot = "1111"
        """,
    )
    kinds = "busy, refuse, drop, lost_answer, reboot, hang, garbage, slow"
    states = "Blank, Module1Complete, DeviceComplete, Unknown"
    calls = [line for line in found if line.startswith("board 2.faults 1.calls")]
    assert len(calls) == 1
    expected = f"""\
rack: unknown key bords; did you mean boards?
rack.seed: -1 is not allowed; it must be a whole number from 0 upward
board 1.os_version: 22.11 is not allowed; it must be a version such as 22.11 or 4.6.0
board 1.manufacturing_state: 'Finished' is not allowed; it must be one of {states}
board 1.capabilities: '11' is not allowed; it must be a list of whole numbers, for instance [11]
board 1.unreachable: 1 is not allowed; it must be true or false
board 2.images 1.component_id: 'no' is not allowed; it must be a GUID
board 2.images 1: image_id is missing; it must be a GUID
board 2.faults 1.kind: 'drp' is not allowed; it must be one of {kinds}
{calls[0]}
board 2.faults 1.at: 2 is not allowed; it must be a number from 0 to 1
board 2.faults 2: kind is missing; it must be one of {kinds}
board 3.slot: '1111' is the slot of board 2"""
    assert found == expected.splitlines()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("[racks]\n", "the file: unknown key racks; did you mean rack?"),
        ("rack = 3\n", "rack: must be a table, written [rack]"),
        ("[board]\nslot = '1'\n", "board: must be a list of tables"),
        ("[[board]]\nfaults = 'drop'\n", "board 1.faults: must be a list of tables"),
        ("[[board]]\nslot = 'left'\n", "board 1.slot: 'left' is not allowed; it must be a USB"),
        ("[[board]]\nboot_seconds = nan\n", "board 1.boot_seconds: nan is not allowed"),
        ("[[board]]\nboot_seconds = true\n", "board 1.boot_seconds: True is not allowed"),
        (f"[[board]]\ndevice_id = '{'g' * 128}'\n", "board 1.device_id: '" + "g" * 56 + "..."),
        ("[rack]\nslot = '1111'\n", "rack: unknown key slot; known are"),
        ("[rack]\nboards = 1001\n", "rack.boards: 1001 is not allowed; it must be a whole number"),
    ],
)
def test_shapes_are_checked(tmp_path: Path, text: str, expected: str) -> None:
    """One mistake, said plainly."""
    found = mistakes(tmp_path, text)
    assert len(found) == 1
    assert found[0].startswith(expected)


def test_a_file_that_is_no_toml_or_not_there_is_named(tmp_path: Path) -> None:
    """The error says which file and why."""
    with pytest.raises(ConfigurationMistakes, match=r"cannot be read: .*file .*rack\.toml"):
        load(tmp_path, "[rack")
    with pytest.raises(ConfigurationMistakes, match="No such file"):
        load_rack_file(tmp_path / "missing.toml")


def test_every_member_of_a_board_can_be_written() -> None:
    """No member of the spec is forgotten by the language of the file."""
    members = {field.name for field in dataclasses.fields(BoardSpec)}
    assert (
        set(BOARD_KEYS)
        | {
            "slot_path",
            "seed",
            "generation",
            "images",
            "staged",
            "faults",
        }
        == members
    )
    assert set(FAULT_KEYS) == {field.name for field in dataclasses.fields(Fault)}
    assert set(IMAGE_KEYS) == {field.name for field in dataclasses.fields(LeftoverImage)}


def test_the_reference_page_explains_every_key() -> None:
    """Board, fault and image keys, with the default that the spec has."""
    page = (ROOT / "docs/reference/rack-file.md").read_text(encoding="utf-8")
    for key in (*BOARD_KEYS, *FAULT_KEYS, *IMAGE_KEYS):
        assert f"`{key}`" in page, key
    rows = dict(re.findall(r"^\| `(\w+)` \| (\w[\w.]*) \|", page, flags=re.MULTILINE))
    for field in dataclasses.fields(BoardSpec):
        default = field.default
        if field.name in rows and isinstance(default, bool | int | float):
            assert rows[field.name] == f"{default:g}" or rows[field.name] == str(default).lower()


def test_the_example_is_a_good_rack_file() -> None:
    """It loads, and shows every kind of fault that needs no number."""
    specs = load_rack_file(ROOT / "config/rack.example.toml")
    assert len(specs) == 16
    kinds = {fault.kind for spec in specs for fault in spec.faults}
    assert kinds == {"drop", "busy", "garbage", "hang", "reboot", "lost_answer"}
