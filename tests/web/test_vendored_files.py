"""Files of others are what `vendor.toml` says, and templates write nothing past the escaping."""

import hashlib
import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
WEB = ROOT / "orchestrator" / "web"
FOLDERS = (WEB / "static" / "vendor", ROOT / "tests" / "browser" / "vendor")
OURS = [
    path
    for path in sorted(WEB.rglob("*"))
    if path.suffix in {".html", ".js", ".py", ".css", ".svg"} and "vendor" not in path.parts
]
MEMBERS = {"path", "name", "version", "source", "licence", "licence_file", "sha256"}


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda path: path.parent.name)
def test_every_vendored_file_is_the_one_that_is_named(folder: Path) -> None:
    """Each file has a row with its licence, and the hash of the row."""
    rows = tomllib.loads((folder / "vendor.toml").read_text(encoding="utf-8"))["file"]
    assert {row["path"] for row in rows} | {"vendor.toml"} == {
        path.name for path in folder.iterdir()
    }
    for row in rows:
        assert set(row) == MEMBERS, row
        content = (folder / row["path"]).read_bytes()
        assert hashlib.sha256(content).hexdigest() == row["sha256"], row["path"]
        assert (folder / row["licence_file"]).is_file()
        assert row["version"] in row["source"]


def test_browsers_load_little() -> None:
    """All files of others that a page loads have less than 160 kB together."""
    found = (path for path in FOLDERS[0].iterdir() if path.suffix in {".js", ".woff2"})
    assert sum(path.stat().st_size for path in found) < 160_000


@pytest.mark.parametrize("path", OURS, ids=lambda path: path.name)
def test_nothing_gets_around_the_escaping(path: Path) -> None:
    """No template and no script writes HTML that is not escaped, and no page has script in it."""
    text = path.read_text(encoding="utf-8")
    assert not re.search(r"\|\s*safe\b|autoescape\s+false|Markup\(", text)
    assert not re.search(
        r"innerHTML\s*=|outerHTML\s*=|insertAdjacentHTML|document\.write|eval\(", text
    )
    if path.suffix == ".html":
        assert not re.search(r"\son[a-z]+=|hx-on|javascript:|<script(?![^>]*\ssrc=)", text)
        assert not re.search(r"\sstyle=", text)


@pytest.mark.parametrize("path", OURS, ids=lambda path: path.name)
def test_nothing_is_loaded_from_elsewhere(path: Path) -> None:
    """No file names an address on another machine."""
    text = path.read_text(encoding="utf-8").replace("http://www.w3.org/2000/svg", "")
    if path.suffix != ".py":
        assert not re.search(r"https?://|//[a-z0-9.-]+\.[a-z]{2,}/", text)
