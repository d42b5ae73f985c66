"""The house rules that a machine can check, on every file of the package and of the tests."""

import ast
import re
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
FILE_LIMIT, FILE_HARD_STOP, FUNCTION_LIMIT = 400, 500, 60
PACKAGE = sorted((ROOT / "orchestrator").rglob("*.py"))
TESTS = sorted((ROOT / "tests").rglob("*.py"))
MIGRATIONS = sorted((ROOT / "migrations").rglob("*.py"))
# Data, not code: one row per vendor error number.
OVER_THE_LIMIT: dict[str, str] = {}


def name(path: Path) -> str:
    """Name a file as people do."""
    return path.relative_to(ROOT).as_posix()


@cache
def tree(path: Path) -> ast.Module:
    """Parse a file once."""
    return ast.parse(path.read_text(encoding="utf-8"))


def functions(path: Path) -> list[ast.FunctionDef | ast.AsyncFunctionDef]:
    """List all functions of a file, nested ones too."""
    return [
        node
        for node in ast.walk(tree(path))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    ]


@pytest.mark.parametrize("path", PACKAGE + TESTS + MIGRATIONS, ids=name)
def test_a_file_stays_readable(path: Path) -> None:
    """No file passes the limit of lines, and no function passes its own."""
    lines = len(path.read_text(encoding="utf-8").splitlines())
    allowed = FILE_HARD_STOP if name(path) in OVER_THE_LIMIT else FILE_LIMIT
    assert lines <= allowed, f"{name(path)} has {lines} lines"
    for node in functions(path):
        length = (node.end_lineno or node.lineno) - node.lineno + 1
        assert length <= FUNCTION_LIMIT, f"{name(path)}: {node.name} has {length} lines"


@pytest.mark.parametrize("path", PACKAGE + MIGRATIONS, ids=name)
def test_a_module_opens_with_a_paragraph(path: Path) -> None:
    """Every module says what it is for."""
    text = ast.get_docstring(tree(path))
    assert text, f"{name(path)} has no opening paragraph"
    assert len(text) > 40, f"{name(path)}: the opening paragraph says too little"


# Its contexts compare fingerprints in the handshake itself; tests/transport/test_fingerprint.py.
PINS_BY_FINGERPRINT = {"orchestrator/transport/tls.py"}


@pytest.mark.parametrize("path", PACKAGE, ids=name)
def test_no_shortcut_is_left_in_the_package(path: Path) -> None:
    """No print, no unfinished mark, no swallowed error, no switched-off certificate check."""
    text = path.read_text(encoding="utf-8")
    if name(path) in PINS_BY_FINGERPRINT:
        text = text.replace("verify_mode = ssl.CERT_NONE", "", 1)
    assert not re.search(r"\b(TODO|FIXME|XXX|HACK)\b", text)
    assert not re.search(r"verify\s*=\s*False|CERT_NONE|shell\s*=\s*True|time\.sleep", text)
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            assert node.func.id not in {"print", "eval", "exec"}, f"{name(path)}:{node.lineno}"
        if isinstance(node, ast.ExceptHandler):
            silent = all(isinstance(part, ast.Pass) for part in node.body)
            assert not silent, f"{name(path)}:{node.lineno} swallows an error"


def reraises(node: ast.ExceptHandler) -> bool:
    """Tell whether a handler only cleans up and lets the error go on."""
    last = node.body[-1]
    return isinstance(last, ast.Raise) and last.exc is None


def test_the_package_has_one_broad_except() -> None:
    """A bug of a step ends that step; nowhere else is an unknown exception caught."""
    broad = [
        f"{name(path)}:{node.lineno}"
        for path in PACKAGE
        for node in ast.walk(tree(path))
        if isinstance(node, ast.ExceptHandler)
        and not reraises(node)
        and (
            node.type is None
            or (isinstance(node.type, ast.Name) and node.type.id in {"Exception", "BaseException"})
        )
    ]
    assert len(broad) <= 1, broad


@pytest.mark.parametrize("path", PACKAGE, ids=name)
def test_asyncio_stays_behind_anyio(path: Path) -> None:
    """Only the writer's futures and servers' sockets need asyncio itself."""
    # checks.py has the call that carries such a future to the writer: it names its type.
    # web/server.py opens uvicorn's connections with a deadline for the handshake of TLS.
    allowed = {
        "orchestrator/audit/writer.py",
        "orchestrator/audit/checks.py",
        "orchestrator/web/server.py",
    }
    imported = any(
        (
            isinstance(node, ast.Import)
            and any(a.name.split(".")[0] == "asyncio" for a in node.names)
        )
        or (isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "asyncio")
        for node in ast.walk(tree(path))
    )
    assert (
        not imported or name(path) in allowed or name(path).startswith("orchestrator/simulation/")
    )


@pytest.mark.parametrize("path", [p for p in TESTS if p.name.startswith("test_")], ids=name)
def test_every_test_says_what_it_shows(path: Path) -> None:
    """Each test's docstring is a sentence, and no test sleeps to wait for something."""
    for node in functions(path):
        if node.name.startswith("test_"):
            text = ast.get_docstring(node)
            assert text, f"{name(path)}: {node.name} has no docstring"
            assert text.rstrip().endswith("."), f"{name(path)}: {node.name}: no sentence"
    text = path.read_text(encoding="utf-8")
    assert not re.search(r"time\.sleep\(|asyncio\.sleep\((?!0\))|anyio\.sleep\((?!0\))", text) or (
        path == Path(__file__)
    ), name(path)


def test_no_package_index_is_named_anywhere() -> None:
    """No file names the host of a package index."""
    hosts = re.compile(
        r"pypi\.org|pythonhosted\.org|registry\.npmjs|deb\.debian\.org", re.IGNORECASE
    )
    here = Path(__file__)
    for path in ROOT.rglob("*"):
        parts = path.relative_to(ROOT).parts
        if path == here or not path.is_file() or parts[0].startswith((".venv", ".git", ".bench")):
            continue
        if path.suffix in {".py", ".md", ".toml", ".txt", ".yaml", ".yml", ".sh", ".json", ""}:
            assert not hosts.search(path.read_text(encoding="utf-8", errors="ignore")), name(path)


def test_the_top_level_holds_what_the_plan_says() -> None:
    """Nothing but the agreed folders and files stands at the top."""
    agreed = {
        "pyproject.toml", "README.md", "orchestrator", "recipes", "migrations", "tests", "config",
        "deploy", ".ci", "docs", "LICENSE", "CHANGELOG.md", "CONTRIBUTING.md", "constraints.txt",
    }  # fmt: skip
    found = {path.name for path in ROOT.iterdir()}
    assert agreed <= found, agreed - found
    stray = {entry for entry in found - agreed if not entry.startswith(".")}
    assert stray <= {"build", "dist", "htmlcov"}, stray
