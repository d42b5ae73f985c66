"""`orchestrator recipe`: answers on stdout, exit codes, and little time."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from orchestrator.cli.recipe import app
from orchestrator.domain.errors import RecipeMistakes
from orchestrator.domain.shipped import shipped
from orchestrator.recipe.codes import all_codes
from tests.patience import PATIENCE_SECONDS

BROKEN = Path(__file__).parent / "broken"
HEAVY = ("anyio", "azuresphere_imagemetadata", "cryptography", "httpx", "rich", "sqlalchemy",
         "starlette", "structlog")  # fmt: skip
SOUND = """recipe: 1
name: sound
version: "1"
for: {part_number: P}
inputs: {os: {type: text, default: a}, fast: {type: boolean, default: true}}
secrets: {}
setup:
  - parallel: [{uses: sphere.identify}, {uses: sphere.expect_no_wifi_networks}]
main:
  - {uses: sphere.expect_os, with: {allowed: ["${{ inputs.os }}"]}, on_fail: continue}
  - {uses: sphere.restart, if: inputs.fast, required: false, retry: {times: 1, wait: 500ms},
     with: {within: 90s, poll: 250ms}, measure: {restart_seconds: {max: 60}}}
  - {uses: sphere.expect_capabilities, with: {exact: [1, 2]}}
  - {uses: sphere.set_manufacturing_state, with: {state: DeviceComplete}}
"""


def run(*arguments: str | Path) -> Result:
    """Run the command in this process."""
    return CliRunner().invoke(app, [str(each) for each in arguments])


@pytest.fixture
def sound(tmp_path: Path) -> Path:
    """Return a sound recipe that uses much of the language."""
    path = tmp_path / "sound.yaml"
    path.write_text(SOUND, encoding="utf-8")
    return path


def test_sound_recipes_are_named_with_their_hash(sound: Path) -> None:
    """Exit code 0, one line per recipe."""
    done = run("check", sound, "guardian-line")
    assert done.exit_code == 0
    first, second = done.stdout.splitlines()
    assert first.startswith(f"{sound}: sound 1, 6 steps, sound, hash ")
    assert "guardian-line 1.0" in second


def test_mistakes_of_all_files_are_shown(sound: Path) -> None:
    """Exit code 65, every block, one count at the end."""
    done = run("check", BROKEN / "r014-unknown-key.yaml", sound, BROKEN / "r028-out-of-range.yaml")
    assert done.exit_code == 65
    assert "error[R014]: unknown key `timout`" in done.stdout
    assert f"{sound}: sound 1" in done.stdout
    assert done.stdout.endswith("\n3 errors, 0 warnings. Nothing was started.\n")
    assert "\x1b" not in done.stdout


def test_colour_comes_only_when_it_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    """FORCE_COLOR colours what is no terminal."""
    monkeypatch.setenv("FORCE_COLOR", "1")
    done = run("check", BROKEN / "r014-unknown-key.yaml")
    assert "\x1b[1;31merror[R014]" in done.stdout


def test_warnings_leave_the_exit_code_alone(sound: Path) -> None:
    """A recipe with warnings runs."""
    sound.write_text(SOUND.replace("secrets: {}", "secrets: [token]"), encoding="utf-8")
    done = run("check", sound)
    assert done.exit_code == 0
    assert "warning[R054]" in done.stdout
    assert done.stdout.endswith("0 errors, 1 warning.\n")


def test_json_is_one_object(sound: Path) -> None:
    """Programs read recipes and mistakes from one document."""
    done = run("check", "--format", "json", sound, BROKEN / "r014-unknown-key.yaml")
    assert done.exit_code == 65
    answer = json.loads(done.stdout)
    assert (answer["schema"], answer["errors"], answer["warnings"]) == (1, 1, 0)
    assert [each["sound"] for each in answer["recipes"]] == [True, False]
    (mistake,) = answer["mistakes"]
    assert (mistake["line"], mistake["column"], mistake["end_column"]) == (7, 5, 11)
    assert (mistake["code"], mistake["replacement"]) == ("R014", "timeout")


def test_a_missing_file_is_a_mistake_of_the_recipe() -> None:
    """What cannot be read is 65, not a traceback."""
    done = run("check", "no-such-recipe")
    assert done.exit_code == 65
    assert "error[R001]" in done.stdout


def test_images_of_shipped_recipes_are_inspected() -> None:
    """`show` says what the image packages say of themselves."""
    done = run("show", "guardian-line")
    assert done.exit_code == 0
    assert "component_id" in done.stdout
    assert "signature other" in done.stdout


def test_show_tells_the_whole_plan(sound: Path) -> None:
    """Inputs, groups, arguments, limits, conditions and nature of every step."""
    done = run("show", sound)
    assert done.exit_code == 0
    for words in (
        "input    fast: boolean from settings, default true",
        "parallel: side by side",
        "   3  expect_os  sphere.expect_os  (Expect os)",
        "allowed = [${{ inputs.os }}]",
        "exact = [1, 2]",
        "poll = 0.25",
        "restart_seconds must be at most 60 s",
        "1 more tries after busy, link, timeout, 500ms apart; only if inputs.fast; not required",
        "goes on when it fails",
        "irreversible",
    ):
        assert words in done.stdout


def test_show_as_json_holds_what_is_hashed(sound: Path) -> None:
    """The resolved plan, its hash and the facts of its files."""
    answer = json.loads(run("show", "--format", "json", sound).stdout)
    assert len(answer["content_hash"]) == 64
    assert answer["plan"]["main"][0]["uses"] == "sphere.expect_os"
    assert answer["files"] == {}


def test_show_of_a_broken_recipe_raises_its_mistakes() -> None:
    """The process edge turns them into exit code 65."""
    done = run("show", BROKEN / "r014-unknown-key.yaml")
    assert isinstance(done.exception, RecipeMistakes)


def test_diff_answers_by_exit_code(sound: Path, tmp_path: Path) -> None:
    """0 when both do the same, 1 when not; remarks do not count."""
    other = tmp_path / "other.yaml"
    other.write_text(SOUND.replace("main:", "# a remark\nmain:"), encoding="utf-8")
    same = run("diff", sound, other)
    assert (same.exit_code, same.stdout) == (0, "Both recipes do the same.\n")
    other.write_text(SOUND.replace("max: 60", "max: 50"), encoding="utf-8")
    differs = run("diff", sound, other)
    assert differs.exit_code == 1
    assert differs.stdout == "~ steps.restart.measure.restart_seconds.max: 60 -> 50\n"
    answer = json.loads(run("diff", "--format", "json", sound, other).stdout)
    assert answer["changes"][0]["kind"] == "changed"


def test_steps_lists_and_describes() -> None:
    """All steps as rows; one with its parameters and measurements."""
    assert "sphere.sideload" in run("steps").stdout
    one = run("steps", "sphere.expect_app_status").stdout
    assert "running|stopped" in one
    assert "wait_seconds" in one
    assert "irreversible, time limit" in run("steps", "sphere.set_manufacturing_state").stdout
    rows = json.loads(run("steps", "--format", "json").stdout)
    assert {"name", "parameters", "measurements", "irreversible"} <= rows[0].keys()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("steps", "sphere.sidelaod"), "did you mean `sphere.sideload`?"),
        (("steps", "zzz"), "lists all"),
        (("explain", "R999"), "there is no code `R999`"),
        (("check",), "Missing argument"),
        (("check", "--format", "xml", "a"), "xml"),
    ],
)
def test_wrong_arguments_are_a_wrong_command_line(arguments: tuple[str, ...], words: str) -> None:
    """Exit code 2 with what would be right."""
    done = run(*arguments)
    assert done.exit_code == 2
    assert words in done.output


def test_every_code_is_explained() -> None:
    """By its code in any case, and all of them as a table."""
    assert "Wrong:" in run("explain", "r014").stdout
    assert len(run("explain").stdout.splitlines()) == len(all_codes()) + 2
    assert run("explain", "--markdown").stdout.startswith("# Mistakes in recipes")


def test_the_schema_is_printed_or_written(tmp_path: Path) -> None:
    """Both flavours land in the folder; stdout has one."""
    assert json.loads(run("schema").stdout)["$schema"].endswith("2020-12/schema")
    assert "draft-07" in json.loads(run("schema", "--draft-07").stdout)["$schema"]
    assert run("schema", "--write", tmp_path / "a" / "b").exit_code == 0
    for file in ("recipe.schema.json", "recipe.draft-07.schema.json"):
        written = (tmp_path / "a" / "b" / file).read_bytes()
        assert written == (shipped("recipes") / file).read_bytes()


def loaded(program: str) -> set[str]:
    """Return the modules that a new process has loaded after `program`."""
    done = subprocess.run(
        [sys.executable, "-c", f"{program}\nimport sys\nprint('\\n' + ' '.join(sys.modules))"],
        capture_output=True,
        text=True,
        check=True,
        timeout=PATIENCE_SECONDS,
    )
    return set(done.stdout.splitlines()[-1].split())


def test_a_broken_recipe_is_answered_without_heavy_modules() -> None:
    """Only the language is loaded: no network, database, signing or drawing packages.

    What the library of the command line loads for itself does not count.
    """
    bare = (
        "import typer\napp = typer.Typer(rich_markup_mode=None)\n"
        "@app.command()\ndef one(a: list[str], b: str = 'x') -> None: ...\n"
        "app(['a'], standalone_mode=False)"
    )
    ours = (
        "from orchestrator.cli.recipe import app\n"
        f"app(['check', {str(BROKEN / 'all-at-once.yaml')!r}], standalone_mode=False)"
    )
    own = loaded(ours) - loaded(bare)
    assert {name for name in own if name.split(".")[0] in {*HEAVY, "pydantic"}} == set()
    assert "orchestrator.recipe.codes" not in own
    assert "orchestrator.steps.table" not in own
    assert len(own) < 90
