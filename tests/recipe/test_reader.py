"""Any bytes at all: the check answers with mistakes, soon, and never falls over."""

import time
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from orchestrator.recipe.check import check_recipe
from orchestrator.recipe.mistakes import CheckResult, Report
from orchestrator.recipe.nodes import Items, Node, Table, Text
from orchestrator.recipe.reader import MOST_BYTES, read_bytes
from orchestrator.recipe.render import as_json, as_text
from orchestrator.recipe.signature import Catalogue

HEAD = 'recipe: 1\nname: a\nversion: "1"\n'
SLOWEST_SECONDS = 15.0
K = MOST_BYTES - len(HEAD) - 20
BOMBS = {
    "lists in lists": "main: " + "[" * K,
    "tables in tables": "main: " + "{a: " * (K // 4),
    "keys on keys": "? " * (K // 2),
    "dashes": "- " * (K // 2),
    "a long list": "main: [" + "a," * (K // 2),
    "many keys": "".join(f"k{n}: 1\n" for n in range(K // 10)),
    "the same key": "a: 1\n" * (K // 5),
    "one long word": "main: " + "a" * K,
    "many words": "main: " + "a " * (K // 2),
    "one long text": "main: |\n" + " a\n" * (K // 3),
    "escapes": 'main: "' + "\\x07" * (K // 4) + '"',
    "blank lines": "\n" * K,
    "remarks": "#\n" * (K // 2),
    "anchors": "main:\n" + "".join(f"- &a{n} x\n" for n in range(K // 12)),
    "doubled aliases": "a: &a [x, x]\n" + "".join(
        f"b{n}: &b{n} [*a, *a, *a, *a]\n" for n in range(900)
    ),
    "a list in itself": "main: &a [*a]",
    "control characters": "\x00" * K,
    "colons": "a: b: " * (K // 6),
    "steps": "main:\n" + "- uses: sphere.identfy\n" * 3_000,
    "names without sense": "main:\n" + "- {usse: a, tiemout: 3, wiht: b}\n" * 480,
}  # fmt: skip


@pytest.mark.parametrize("name", BOMBS)
def test_a_bomb_is_answered_soon(name: str, check: Callable[..., CheckResult]) -> None:
    """No text of the size allowed keeps the check busy, and the process lives."""
    began = time.process_time()
    result = check(BOMBS[name])
    text = as_text(result)
    assert time.process_time() - began < SLOWEST_SECONDS
    assert result.errors
    assert len(text) < 100_000


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(content=st.binary(max_size=300))
def test_no_bytes_break_the_check(content: bytes, catalogue: Catalogue, tmp_path: Path) -> None:
    """Random bytes bring mistakes, or nothing worse."""
    path = tmp_path / "any.yaml"
    path.write_bytes(content)
    result = check_recipe(path, catalogue)
    assert result.plan is None
    assert as_text(result)
    assert as_json([result])


def tokens() -> st.SearchStrategy[str]:
    """Return pieces that recipes are made of, and pieces that YAML trips over."""
    return st.sampled_from(
        ["recipe: 1", "name: a", "main:", "setup:", "  - ", "- ", "uses: sphere.identify", "with:",
         "{", "}", "[", "]", ",", ": ", "\n", "  ", "\t", "&a ", "*a", "!!str ", "<<", "|\n",
         ">-\n",
         "'", '"', "#", "---\n", "...\n", "%YAML 9.9\n", "? ", "parallel:", "include: x.yaml",
         "measure:", "rssi_dbm:", "min: 1", "if: ", "inputs.a", "retry:", "times: 3", "timeout: 3s",
         "${{ inputs.a }}", "artifacts:", "file: x", "é", "\u2028", "\x00", "~", "\\", "@", "`"]
    )  # fmt: skip


@settings(max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(pieces=st.lists(tokens(), max_size=40), headed=st.booleans())
def test_no_yaml_breaks_the_check(
    pieces: list[str], headed: bool, catalogue: Catalogue, tmp_path: Path
) -> None:
    """Text that looks like a recipe is read or refused; places lie within the text."""
    path = tmp_path / "any.yaml"
    path.write_bytes(((HEAD if headed else "") + "".join(pieces)).encode())
    result = check_recipe(path, catalogue)
    assert as_text(result)
    assert as_json([result])
    lines = result.sources[str(path)]
    for mistake in result.mistakes:
        assert 1 <= mistake.place.line <= max(1, len(lines)) + 1
        assert mistake.place.column >= 1
        assert mistake.message


def plain(node: Node) -> object:
    """Return the values of a tree without its places."""
    if isinstance(node, Text):
        return node.value
    if isinstance(node, Items):
        return [plain(each) for each in node.nodes]
    return {entry.key.value: plain(entry.value) for entry in node.entries}


WORDS = st.text(
    st.characters(codec="utf-8", categories=("L", "N", "P", "S")), min_size=1, max_size=8
).filter(lambda word: word != "<<" and "\ufdd0" not in word)


@settings(max_examples=100)
@given(
    st.recursive(
        WORDS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(WORDS, inner, max_size=4)
    ).filter(lambda value: not isinstance(value, str))
)
def test_what_was_written_is_what_is_read(value: object) -> None:
    """Trees of text survive being written by another program, in block and in flow style."""
    for flow in (False, True):
        text = yaml.safe_dump(value, default_flow_style=flow, allow_unicode=True)
        report = Report()
        root = read_bytes(text.encode(), "any.yaml", report)
        assert root is not None
        assert not report.failed
        assert plain(root) == value


def test_places_count_characters_from_one() -> None:
    """Columns count characters, not bytes; the end is the column behind the last one."""
    report = Report()
    root = read_bytes("ключ: [ä, 'bc']\nb:\n  - c\n".encode(), "a.yaml", report)
    assert isinstance(root, Table)
    first, second = root.entries
    assert (first.key.place.column, first.key.place.end_column) == (1, 5)
    assert isinstance(first.value, Items)
    assert (first.value.place.column, first.value.place.end_column) == (7, 16)
    quoted = first.value.nodes[1]
    assert (quoted.place.column, quoted.place.end_column) == (11, 15)
    assert isinstance(second.value, Items)
    assert (second.value.place.end_line, second.value.place.end_column) == (3, 6)


def test_nothing_of_the_source_reaches_the_terminal(check: Callable[..., CheckResult]) -> None:
    """Escape sequences and other control characters of a recipe are shown, never sent."""
    result = check(b"recipe: 1\nname: \x1b[31mred\x1b[0m\n")
    assert "\x1b" not in as_text(result)
    assert "\x1b[1;31merror[R005]" in as_text(result, colour=True)


def test_a_folder_is_no_recipe(catalogue: Catalogue, tmp_path: Path) -> None:
    """What is there and cannot be read is a mistake like any other."""
    result = check_recipe(tmp_path, catalogue)
    assert [each.code for each in result.mistakes] == ["R001"]
