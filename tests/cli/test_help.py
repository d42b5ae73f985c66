"""The help of every command: an example that is right."""

import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.main import get_command

from orchestrator.cli.main import app


def walk(command: Any, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Yield every command and group with the words that lead to it."""
    yield path, command
    for name, child in getattr(command, "commands", {}).items():
        yield from walk(child, (*path, name))


COMMANDS = tuple(walk(get_command(app), ("orchestrator",)))


@pytest.mark.parametrize(
    ("path", "command"), COMMANDS, ids=[" ".join(path) for path, _ in COMMANDS]
)
def test_each_help_shows_an_example_that_the_command_line_takes(
    path: tuple[str, ...], command: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The example begins with the command itself, and its options and values are understood."""
    monkeypatch.chdir(tmp_path)
    Path("ca.pem").write_text("", encoding="utf-8")
    _, _, example = str(command.help).partition("Example: ")
    words = shlex.split(example.partition("\n\n")[0].partition(" > ")[0])
    assert tuple(words[: len(path)]) == path
    found, rest = get_command(app), words[1:]
    while hasattr(found, "commands"):
        name, *rest = rest
        found = found.commands[name]
    assert found.make_context(name, rest).command is found
