"""A rack file is read whole or refused with everything that is wrong."""

import dataclasses
import re
import tomllib
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from orchestrator.domain.errors import ConfigurationMistakes
from orchestrator.simulation.rack_file import load_rack_file
from orchestrator.simulation.rack_keys import BOARD_KEYS
from orchestrator.simulation.rack_lines import find_lines, line_of
from orchestrator.simulation.rack_reference import reference
from orchestrator.simulation.rack_values import TableKey
from orchestrator.systems.azure_sphere_device.simulator import (
    BoardSpec,
    Fault,
    LeftoverImage,
    ProxySetting,
    RadioNetwork,
    SavedNetwork,
    StoredCertificate,
)
from orchestrator.systems.azure_sphere_device.simulator.inferences import INFERENCES
from orchestrator.systems.azure_sphere_device.simulator.refusals import ROWS

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
    return [line.split("rack.toml:", 1)[-1] for line in caught.value.what.splitlines()]


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


WRONG = """[rack]
bords = 3
seed = -1
[[board]]
os_version = 22.11
manufacturing_state = "Finished"
capabilities = "11"
unreachable = 1
wifi_networks = ["a", { sid = "b", psk = "secret" }, 3]
[[board]]
slot = "1111"
faults = [
  # a ] and a = in a comment
  { kind = "drp", calls = ["stage", "PUT /update/stag"], at = 2 },
  { times = 1, nth = 0 },
]
images = [{ name = "x", component_id = "no" }]
radio = { ssid = "x" }
refusals = { lockd = {}, busy = { eror = "10.6" }, unknown_uri = {}, locked = 409 }
[[board]]
slot = "1111"
[board.image_type_limits]
board = 4
[[board.certificates]]
identifier = 'with \\ "quotes"'
"""


def test_all_mistakes_come_at_once(tmp_path: Path) -> None:
    """Each with its line, its place, what is allowed and what was probably meant."""
    found = mistakes(tmp_path, WRONG)
    kinds = "busy, refuse, drop, lost_answer, reboot, hang, garbage, slow, late"
    states = "Blank, Module1Complete, DeviceComplete, Unknown"
    calls = 'calls such as "stage_image" or "PUT /update/stage"'
    given = "['stage', 'PUT /update/stag']"
    expected = f"""\
2: rack: unknown key bords; did you mean boards?
3: rack.seed: -1 is not allowed; it must be a whole number from 0 upward
5: board 1.os_version: 22.11 is not allowed; it must be a version such as 22.11 or 4.6.0
6: board 1.manufacturing_state: 'Finished' is not allowed; it must be one of {states}
7: board 1.capabilities: '11' is not allowed; it must be a list of whole numbers, for instance [11]
8: board 1.unreachable: 1 is not allowed; it must be true or false
9: board 1.wifi_networks 2: unknown key sid; did you mean ssid?
9: board 1.wifi_networks 2.psk: what stands here is not allowed; it must be 8 to 63 characters
9: board 1.wifi_networks 2: ssid is missing; it must be a text of 1 to 32 characters
9: board 1.wifi_networks 3: 3 is not allowed; it must be a text of 1 to 32 characters
14: board 2.faults 1.kind: 'drp' is not allowed; it must be one of {kinds}; did you mean drop?
14: board 2.faults 1.calls: {given} is not allowed; it must be {calls}; did you mean stage_image?
14: board 2.faults 1.at: 2 is not allowed; it must be a number from 0 to 1, or "40 %"
15: board 2.faults 2.nth: 0 is not allowed; it must be a turn such as 3, or a list such as [1, 3]
15: board 2.faults 2: kind is missing; it must be one of {kinds}
17: board 2.images 1.component_id: 'no' is not allowed; it must be a GUID
17: board 2.images 1: image_id is missing; it must be a GUID
18: board 2.radio: must be a list of tables
19: board 2.refusals.lockd: is not a refusal that may be replaced; did you mean locked?
19: board 2.refusals.busy: unknown key eror; did you mean error?
19: board 2.refusals.unknown_uri: is not a refusal that may be replaced
19: board 2.refusals.locked: 409 is not allowed; it must be a table such as {{ status = 400, error \
= "7.18" }}
23: board 3.image_type_limits.board: is not the number of an image type
25: board 3.certificates 1.identifier: 'with \\\\ "quotes"' is not allowed; it must be 1 to 16 of \
A-Za-z0-9._-
21: board 3.slot: '1111' is the slot of board 2"""
    assert found == expected.splitlines()


def test_everything_of_a_board_can_be_described(tmp_path: Path) -> None:
    """Nested tables, maps, calls as method and path, percentages and dotted numbers."""
    (spec,) = load(
        tmp_path,
        """
        [[board]]
        wifi_networks = ["a", { ssid = "b", psk = "123456789", enabled = false }]
        refusals = { locked = { status = 409 }, busy = { error = "10.6" } }
        image_type_limits = { 21 = 65536 }
        closed_to_servicing = "GET /wifi/scan"
        proxy = { address = "proxy.example", no_proxy_addresses = ["here"] }
        certificates = [{ identifier = "left" }]
        radio = [{ ssid = "", hidden = true }]
        [[board.faults]]
        kind = "drop"
        calls = "PUT /update/stage"
        nth = 3
        at = "40 %"
        [[board.faults]]
        kind = "refuse"
        calls = ["get_images", "GET /app/status/{componentID}"]
        nth = [1, 2]
        probability = "5 %"
        error = "7.39"
        """,
    )
    assert spec.wifi_networks == ("a", SavedNetwork("b", psk="123456789", enabled=False))
    assert "123456789" not in repr(spec)
    assert [(row.name, row.status, row.number) for row in spec.refusals] == [
        ("locked", 409, 10485778),
        ("busy", 503, 10485766),
    ]
    assert spec.image_type_limits == ((21, 65536),)
    assert spec.closed_to_servicing == ("get_wifi_scan",)
    assert spec.proxy == ProxySetting("proxy.example", no_proxy_addresses=("here",))
    assert spec.certificates == (StoredCertificate("left"),)
    assert spec.radio == (RadioNetwork("", hidden=True),)
    calls = ("get_images", "get_app_status")
    assert spec.faults == (
        Fault("drop", ("stage_image",), nth=(3,), at=0.4),
        Fault("refuse", calls, nth=(1, 2), probability=0.05, error=7340071),
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("[racks]\n", "1: the file: unknown key racks; did you mean rack?"),
        ("rack = 3\n", "1: rack: must be a table, written [rack]"),
        ("[board]\nslot = '1'\n", "1: board: must be a list of tables"),
        ("[[board]]\nfaults = 'drop'\n", "2: board 1.faults: must be a list of tables"),
        ("[[board]]\nproxy = 'x'\n", "2: board 1.proxy: must be a table, written [proxy]"),
        ("[[board]]\nslot = 'left'\n", "2: board 1.slot: 'left' is not allowed; it must be a USB"),
        ("[[board]]\nboot_seconds = nan\n", "2: board 1.boot_seconds: nan is not allowed"),
        ("[[board]]\nboot_seconds = true\n", "2: board 1.boot_seconds: True is not allowed"),
        (f"[[board]]\ndevice_id = '{'g' * 128}'\n", "2: board 1.device_id: '" + "g" * 56 + "..."),
        ("[rack]\nslot = '1111'\n", "2: rack: unknown key slot; known are"),
        ("[rack]\nboards = 1001\n", "2: rack.boards: 1001 is not allowed; it must be a whole"),
        ("[rack]\n'wifi_up' = 2\n", "2: rack.wifi_up: 2 is not allowed"),
        ("rack.wifi_up = 2\n", "1: rack.wifi_up: 2 is not allowed"),
        ('[rack]\nx = """\n]\n"""\nwifi_up = 2', "2: rack: unknown key x; known are"),
        ("rack = { seed = 1, wifi_up = 2 }\n", "1: rack.wifi_up: 2 is not allowed"),
    ],
)
def test_shapes_are_checked(tmp_path: Path, text: str, expected: str) -> None:
    """Said plainly, with the line."""
    assert mistakes(tmp_path, text)[0].startswith(expected)


@given(
    st.recursive(
        st.one_of(
            st.integers(), st.booleans(), st.sampled_from(["'a'", '"b # ]"', "[ ]", "'x=1'"])
        ),
        lambda inner: st.one_of(
            st.lists(inner, max_size=3).map(lambda items: f"[\n{', '.join(map(_toml, items))} ]"),
            st.lists(inner, max_size=3).map(
                lambda items: (
                    "{ " + ", ".join(f"k{n} = {_toml(v)}" for n, v in enumerate(items)) + " }"
                )
            ),
        ),
        max_leaves=8,
    )
)
@settings(max_examples=150, deadline=None)
def test_every_key_has_its_line(value: object) -> None:
    """Whatever stands before a key, its line is found."""
    text = f"[a]\nfirst = {_toml(value)} # = [\n\n[[b]]\n[[b]]\nlast.'of all' = {_toml(value)}\n"
    tomllib.loads(text)
    lines = find_lines(text)
    at = text.splitlines().index(next(line for line in text.splitlines() if "last." in line)) + 1
    assert lines["a", "first"] == 2
    assert lines["b", 1, "last", "of all"] == at
    assert line_of(lines, ("b", 1, "missing", 3)) == at - 1
    assert line_of(lines, ("nowhere",)) == 1


def _toml(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def test_a_file_that_is_no_toml_or_not_there_is_named(tmp_path: Path) -> None:
    """The error says which file and why."""
    with pytest.raises(ConfigurationMistakes, match=r"cannot be read: .*file .*rack\.toml"):
        load(tmp_path, "[rack")
    with pytest.raises(ConfigurationMistakes, match="No such file"):
        load_rack_file(tmp_path / "missing.toml")


def test_every_member_of_a_board_can_be_written() -> None:
    """No member of the spec is forgotten by the language of the file."""
    members = {field.name for field in dataclasses.fields(BoardSpec)}
    from_elsewhere = {"slot_path", "seed", "generation", "recorded"}
    assert set(BOARD_KEYS) - {"recording"} == members - from_elsewhere
    for key in BOARD_KEYS.values():
        if isinstance(key, TableKey):
            assert set(key.keys) == {field.name for field in dataclasses.fields(key.make)}


def test_every_open_question_has_a_switch_with_its_default() -> None:
    """The table of open questions and the spec agree."""
    defaults = {field.name: field.default for field in dataclasses.fields(BoardSpec)}
    for inference in INFERENCES:
        assert inference.name in BOARD_KEYS
        assert defaults[inference.name] == inference.default, inference.name
        assert inference.decides
        assert inference.source
    assert len({inference.name for inference in INFERENCES}) == len(INFERENCES)


def test_the_reference_page_is_made_from_the_tables() -> None:
    """`orchestrator simulate reference` prints it."""
    page = (ROOT / "docs/reference/rack-file.md").read_text(encoding="utf-8")
    assert page == reference()
    for inference in INFERENCES:
        assert page.count(f"| `{inference.name}` |") == 2, inference.name
    assert page.count("| proven |") == len([row for row in ROWS.values() if row.proven])


def test_the_faults_that_the_page_shows_are_good(tmp_path: Path) -> None:
    """Each can be copied into a rack file."""
    shown = re.findall(r"`(\{ kind = .*?\})`", reference())
    assert len(shown) >= 5
    file = tmp_path / "rack.toml"
    file.write_text(f"[[board]]\nfaults = [{', '.join(shown)}]\n")
    (spec,) = load_rack_file(file)
    assert len(spec.faults) == len(shown)
    assert spec.faults[-1] == Fault("refuse", ("install_images",), status=500, error=1048601)


def test_the_example_is_a_good_rack_file() -> None:
    """It loads, and shows every kind of fault that needs no number."""
    specs = load_rack_file(ROOT / "config/rack.example.toml")
    assert len(specs) == 20
    kinds = {fault.kind for spec in specs for fault in spec.faults}
    assert kinds == {"drop", "busy", "garbage", "hang", "reboot", "lost_answer"}
