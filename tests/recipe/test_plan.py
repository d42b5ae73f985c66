"""What a sound recipe becomes: typed arguments, ids, groups, includes, limits, one content hash."""

from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pytest

from orchestrator.domain.errors import ErrorClass
from orchestrator.domain.measurement import Limit
from orchestrator.recipe.check import load_plan
from orchestrator.recipe.mistakes import CheckResult
from orchestrator.recipe.plan import AppliesTo, Condition, Input, ParallelSteps, Plan, Reference
from orchestrator.recipe.signature import Catalogue

Planned = Callable[..., Plan]
Checked = Callable[..., CheckResult]
BROKEN = Path(__file__).parent / "broken"
IMAGE = (BROKEN / "files" / "app.imagepackage").read_bytes()
RADIO = "main:\n  - uses: radio.measure\n    with: {channel: 11}\n"


def messages(result: CheckResult) -> list[tuple[str, str]]:
    """Return code and message of every mistake."""
    return [(each.code, each.message) for each in result.mistakes]


def test_a_step_has_what_the_recipe_says(plan: Planned) -> None:
    """Arguments, retry, limits and time limit arrive typed."""
    (step,) = plan(
        """main:
  - name: Measure the radio
    uses: radio.measure
    with:
      channel: "11"
      gain: -1.50
      quiet: true
      band: high
      capture: 2MiB
      settle: 1.5min
      label: 22.10
    timeout: 2min
    retry: {times: 3, wait: 500ms, on: [busy]}
    on_fail: continue
    required: false
    measure:
      rssi_dbm: {min: -80, max: -20, unit: dBm}
      standard: {one_of: [b, g]}
      locked: {equal: true}
"""
    ).steps()
    assert dict(step.arguments) == {
        "channel": 11,
        "gain": Decimal("-1.50"),
        "quiet": True,
        "band": "high",
        "capture": 2 << 20,
        "settle": Decimal(90),
        "label": "22.10",
    }
    assert (step.id, step.name) == ("measure", "Measure the radio")
    assert step.timeout_seconds == Decimal(120)
    assert step.retry is not None
    assert (step.retry.times, step.retry.wait_seconds) == (3, Decimal("0.5"))
    assert step.retry.on == {ErrorClass.BUSY}
    assert (step.on_fail, step.required, step.irreversible) == ("continue", False, False)
    assert dict(step.limits) == {
        "rssi_dbm": Limit(min=Decimal(-80), max=Decimal(-20), uom="dBm"),
        "standard": Limit(one_of=("b", "g")),
        "locked": Limit(equal=True),
    }


def test_what_is_left_out_has_its_default(plan: Planned) -> None:
    """The signature's time limit, no retry, required, and a name made of the id."""
    (step,) = plan("main:\n  - uses: sphere.sideload\n    with: {images: []}\n").steps()
    assert step.timeout_seconds == Decimal(300)
    assert step.retry is None
    assert (step.on_fail, step.required) == ("stop", True)
    assert (step.id, step.name) == ("sideload", "Sideload")


def test_retry_without_classes_takes_the_usual_ones(plan: Planned) -> None:
    """Link, timeout and busy are retried at once unless told otherwise."""
    (step,) = plan("main:\n  - {uses: sphere.identify, retry: {times: 2}}\n").steps()
    assert step.retry is not None
    assert step.retry.on == {ErrorClass.LINK, ErrorClass.TIMEOUT, ErrorClass.BUSY}
    assert step.retry.wait_seconds == 0


def test_ids_are_made_of_the_step_and_kept_apart(plan: Planned) -> None:
    """The same step twice gets a number, and a written id is never taken away."""
    planned = plan(
        "setup:\n  - uses: sphere.identify\nmain:\n  - uses: sphere.identify\n"
        "  - {uses: sphere.restart, id: identify_2}\n  - uses: sphere.identify\n"
    )
    assert [step.id for step in planned.steps()] == [
        "identify",
        "identify_3",
        "identify_2",
        "identify_4",
    ]


def test_a_group_keeps_its_steps_together(plan: Planned) -> None:
    """`parallel` becomes one item of its section with an id of its own."""
    planned = plan(
        "main:\n  - parallel:\n      - uses: sphere.identify\n      - uses: sphere.expect_os\n"
        "        with: {allowed: [a]}\n  - id: both\n    parallel: [{uses: sphere.restart}]\n"
    )
    first, second = planned.main
    assert isinstance(first, ParallelSteps)
    assert isinstance(second, ParallelSteps)
    assert (first.id, second.id) == ("parallel", "both")
    assert [step.id for step in first.steps] == ["identify", "expect_os"]


def test_an_include_stands_for_its_steps(plan: Planned) -> None:
    """The plan and its hash are those of the same steps written out."""
    part = b"recipe: 1\ndescription: How we begin\nsteps:\n  - uses: sphere.identify\n"
    opened = plan("main:\n  - include: parts/a.yaml\n  - uses: sphere.restart\n",
                  {"parts/a.yaml": part})  # fmt: skip
    written = plan("main:\n  - uses: sphere.identify\n  - uses: sphere.restart\n")
    assert opened.main == written.main
    assert opened.content_hash == written.content_hash
    other = plan(
        "main:\n  - include: parts/a.yaml\n  - uses: sphere.restart\n",
        {"parts/a.yaml": part.replace(b"identify", b"restart")},
    )
    assert other.content_hash != opened.content_hash


def test_declarations_are_kept(plan: Planned) -> None:
    """Inputs, secrets, conditions and what the recipe is for arrive as they were written."""
    planned = plan(
        """description: All of it
for: {part_number: GUARDIAN-100, revision: B, operation: PROGRAM}
inputs:
  region: {type: choice, choices: [low, high], default: low, from: station}
  build: {type: integer, default: 7, description: Of the firmware}
  gain: {type: number}
secrets: {token: Signs in}
main:
  - uses: radio.measure
    with: {channel: "${{ inputs.build }}", gain: "${{inputs.gain}}", band: "${{ inputs.region }}"}
  - uses: radio.measure
    with: {channel: 1, label: "${{ unit.serial_number }}"}
    if: inputs.region == 'low' and steps.measure.outcome == 'PASS'
    required: false
  - uses: portal.register
    with: {token: token}
"""
    )
    assert planned.applies_to == AppliesTo("GUARDIAN-100", "B", "PROGRAM")
    assert planned.inputs["region"] == Input(
        "region", "choice", default="low", choices=("low", "high"), source="station"
    )
    assert planned.inputs["build"].default == 7
    assert planned.secrets == ("token",)
    first, second, third = planned.steps()
    assert first.arguments["channel"] == Reference("inputs.build")
    assert second.condition == Condition(
        "inputs.region == 'low' and steps.measure.outcome == 'PASS'"
    )
    assert third.arguments["token"] == "token"
    assert third.irreversible


def test_the_bytes_that_are_hashed_are_kept(plan: Planned, tmp_path: Path) -> None:
    """A file that changes after loading changes nothing of the plan."""
    text = (
        "artifacts:\n  app: {file: app.imagepackage, sha256: "
        "A788A8BA955F78EFA0FD73F6F37C22799A04BF088515867747095BBE9C1AD0F1}\n"
        "main:\n  - uses: sphere.sideload\n    with: {images: [app]}\n"
    )
    planned = plan(text, {"app.imagepackage": IMAGE})
    (tmp_path / "app.imagepackage").write_bytes(b"another")
    artifact = planned.artifacts["app"]
    assert artifact.content == IMAGE
    assert artifact.sha256.startswith("a788a8ba")
    assert artifact.facts["component_id"] == "11111111-2222-3333-4444-555555555555"
    assert artifact.facts["signature"] == "other"


def test_a_file_that_is_no_image_is_not_inspected(check: Checked) -> None:
    """`type: file` takes any bytes, and nobody asks them who they are."""
    result = check(
        "artifacts:\n  os: {file: os.json, type: file, sha256: "
        "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a}\n"
        "main:\n  - uses: sphere.expect_os\n    with: {allowed: [a], catalogue: os}\n",
        {"os.json": b"{}"},
    )
    assert messages(result) == []
    assert result.plan is not None
    assert dict(result.plan.artifacts["os"].facts) == {}


def test_without_an_inspector_images_are_only_hashed(check: Checked) -> None:
    """A check that cannot read images still compares their bytes."""
    result = check(
        "artifacts:\n  app: {file: a, sha256: "
        "ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb}\n"
        "main:\n  - uses: sphere.sideload\n    with: {images: [app]}\n",
        {"a": b"a"},
        inspect=None,
    )
    assert messages(result) == []


def test_a_link_out_of_the_folder_is_refused(check: Checked, tmp_path: Path) -> None:
    """What a path leads to counts, not how it is spelled."""
    outside = tmp_path.parent / "outside.imagepackage"
    outside.write_bytes(IMAGE)
    try:
        (tmp_path / "app.imagepackage").symlink_to(outside)
    except OSError:
        pytest.skip("this system makes no links")
    result = check("artifacts:\n  app: {file: app.imagepackage, sha256: abc}\n" + RADIO)
    assert messages(result) == [("R048", "`app.imagepackage` is not a file a recipe may name")]
    assert result.mistakes[0].label == "a link leads out of the recipe's folder"


@pytest.mark.parametrize(
    "value", ["22.10", "off", "1e3", "0o17", "12:30", "~", "=", "no", "null", "2026-11-21", "1_000"]
)
def test_text_stays_the_text_that_was_written(plan: Planned, value: str) -> None:
    """What YAML readers turn into numbers, dates and truth is text where text is wanted."""
    (step,) = plan(f"main:\n  - uses: sphere.expect_os\n    with: {{allowed: [{value}]}}\n").steps()
    assert step.arguments["allowed"] == (value,)


def test_quotes_make_no_difference(plan: Planned) -> None:
    """A value is typed by the step, quoted or not."""
    quoted = RADIO.replace("11", "'11'").replace("main", '"main"')
    assert plan(quoted).content_hash == plan(RADIO).content_hash


@pytest.mark.parametrize(
    "other",
    [
        RADIO.replace("11", "12"),
        RADIO + "    timeout: 21s\n",
        RADIO + "    measure: {frames: {min: 1}}\n",
        RADIO + "    retry: {times: 1}\n",
        RADIO + "    required: false\n",
        RADIO + "    name: Other\n",
        RADIO.replace("main", "setup") + RADIO,
        "for: {operation: X}\n" + RADIO,
    ],
)
def test_the_hash_changes_with_the_meaning(plan: Planned, other: str) -> None:
    """Whatever a run would do or record differently makes another recipe."""
    assert plan(other).content_hash != plan(RADIO).content_hash


def test_the_same_number_has_the_same_hash(plan: Planned) -> None:
    """How a decimal or a duration is spelled does not count."""
    one = RADIO.replace("}", ", gain: 1.50, settle: 90s}")
    two = RADIO.replace("}", ", gain: 1.5, settle: 1.5min}")
    assert plan(one).content_hash == plan(two).content_hash


def test_a_number_is_not_the_text_that_looks_like_it(plan: Planned) -> None:
    """`gain: 1` and a default `"1"` of text stay apart in the hash."""
    number = plan("inputs:\n  a: {type: number, default: 1}\n" + RADIO.replace(
        "}", ', gain: "${{ inputs.a }}"}'))  # fmt: skip
    assert '"default":{"number":"1"}' in number.resolved


def test_loading_returns_the_plan(catalogue: Catalogue, tmp_path: Path) -> None:
    """Who loads a sound recipe gets its plan with the text as it was written."""
    text = 'recipe: 1\nname: a\nversion: "1"\n# a remark\n' + RADIO
    (tmp_path / "a.yaml").write_text(text, encoding="utf-8")
    planned = load_plan(tmp_path / "a.yaml", catalogue)
    assert planned.text == text
    assert planned.section("main") == planned.main


def test_carriage_returns_make_no_difference(check: Checked) -> None:
    """A recipe saved on Windows is the same recipe."""
    text = 'recipe: 1\nname: a\nversion: "1"\n' + RADIO
    one, two = check(text.encode()), check(text.replace("\n", "\r\n").encode())
    assert one.plan is not None
    assert two.plan is not None
    assert one.plan.content_hash == two.plan.content_hash


def test_an_input_that_is_wrong_is_reported_once(check: Checked) -> None:
    """References to a broken declaration are not reported a second time."""
    result = check(
        "inputs:\n  a: {type: numbr}\n  b: 3\nmain:\n  - uses: radio.measure\n"
        "    with: {channel: '${{ inputs.b }}'}\n    if: inputs.b == 3\n    required: false\n"
    )
    assert [each.code for each in result.mistakes] == ["R017", "R016"]
