"""The README's promises: its commands run, one after the other, and its files exist."""

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from tests.patience import PATIENCE_SECONDS

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
CONSOLE = re.compile(r"```console\n(.*?)```", re.DOTALL)


def commands(text: str) -> list[str]:
    """Return the lines that a reader would type, in order."""
    return [
        line.removeprefix("$ ")
        for block in CONSOLE.findall(text)
        for line in block.splitlines()
        if line.startswith("$ ")
    ]


def test_every_command_of_the_readme_runs(tmp_path: Path) -> None:
    """Typed in their order in an empty folder, the commands give the exit codes they should."""
    found = commands(README)
    assert any(" demo" in command for command in found)
    for command in found:
        words = shlex.split(command, comments=True)
        assert words[0] == "orchestrator", command
        done = subprocess.run(
            [sys.executable, "-m", *words],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
            timeout=PATIENCE_SECONDS,
        )
        expected = 1 if "--faults" in words else 0
        assert done.returncode == expected, f"{command}\n{done.stdout}\n{done.stderr}"


def test_the_recipe_shown_is_the_recipe_shipped() -> None:
    """The lines of the first screen stand in the file that it names."""
    shown = re.findall(r"```yaml\n(.*?)```", README, re.DOTALL)
    assert shown
    shipped = (ROOT / "recipes" / "guardian-line.yaml").read_text(encoding="utf-8")
    for lines in shown:
        assert lines in shipped


@pytest.mark.parametrize("page", sorted(ROOT.glob("*.md")) + sorted((ROOT / "docs").rglob("*.md")))
def test_links_between_pages_lead_somewhere(page: Path) -> None:
    """A relative link names a file that exists."""
    text = page.read_text(encoding="utf-8")
    for target in re.findall(r"\]\((?!https?:|#|mailto:)([^)#]+)", text):
        assert (page.parent / target).exists(), f"{page.name}: {target}"
