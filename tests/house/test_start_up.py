"""The command line answers at once because it loads nothing that a question does not need."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.patience import PATIENCE_SECONDS

HEAVY = {
    "alembic", "anyio", "asyncio", "azuresphere_imagemetadata", "cryptography", "httpx", "pydantic",
    "rich", "sqlalchemy", "starlette", "structlog", "uvicorn",
}  # fmt: skip
BROKEN_RECIPE = Path(__file__).resolve().parents[1] / "recipe" / "broken"
PROGRAM = """
import json, sys
sys.argv = ["orchestrator", *json.loads(sys.argv[1])]
from orchestrator.cli.main import main
try:
    main()
finally:
    print(json.dumps(sorted({name.partition(".")[0] for name in sys.modules})), file=sys.stderr)
"""


def loaded_by(*arguments: str) -> tuple[int, set[str]]:
    """Run the command line in a new process; return its exit code and the packages it loaded."""
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, json.dumps(arguments)],
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE_SECONDS,
    )
    return done.returncode, set(json.loads(done.stderr.splitlines()[-1]))


@pytest.mark.parametrize(
    "arguments",
    [
        ["--help"],
        ["--version"],
        ["demo", "--help"],
        ["station", "--help"],
        ["systems", "record", "--help"],
        ["audit", "runs", "--help"],
        ["recipe", "check", "--help"],
        ["simulate", "rack", "--help"],
    ],
    ids=" ".join,
)
def test_a_question_loads_no_heavy_package(arguments: list[str]) -> None:
    """Help and version start neither database, network nor web packages."""
    code, loaded = loaded_by(*arguments)
    assert code == 0
    assert loaded & HEAVY == set()


def test_a_broken_recipe_is_answered_without_heavy_packages() -> None:
    """Checking a recipe with mistakes needs the language alone."""
    code, loaded = loaded_by("recipe", "check", str(min(BROKEN_RECIPE.glob("*.yaml"))))
    assert code == 65
    assert loaded & HEAVY == set()
