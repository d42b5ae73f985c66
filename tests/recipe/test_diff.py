"""The difference of two recipes by meaning."""

import itertools
from collections.abc import Callable

import pytest

from orchestrator.recipe.diff import Change, differences
from orchestrator.recipe.plan import Plan

Planned = Callable[..., Plan]
RSSI = "steps.radio.measure.rssi_dbm"
BASE = """inputs:
  os: {type: text, default: a}
setup:
  - {uses: sphere.identify, id: identify}
main:
  - {uses: sphere.expect_os, id: os, with: {allowed: ["${{ inputs.os }}"]}}
  - {uses: radio.measure, id: radio, with: {channel: 11, gain: 1.5},
     measure: {rssi_dbm: {min: -80, unit: dBm}}}
  - {uses: sphere.restart, id: restart}
teardown:
  - {uses: sphere.identify, id: last}
"""


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("min: -80", "min: -70", Change("changed", f"{RSSI}.min", "-80", "-70")),
        ("min: -80", "min: -80, max: 0", Change("added", f"{RSSI}.max", "", "0")),
        ("gain: 1.5", "gain: 1.50", None),
        ("gain: 1.5", "gain: 2", Change("changed", "steps.radio.with.gain", "1.5", "2")),
        (", gain: 1.5", "", Change("removed", "steps.radio.with.gain", "1.5")),
        ("default: a", "default: b", Change("changed", "inputs.os.default", '"a"', '"b"')),
        ("id: restart", "id: restart, timeout: 3min",
         Change("changed", "steps.restart.timeout_seconds", '"90"', '"180"')),
        ("id: restart", "id: restart, retry: {times: 1}",
         Change("changed", "steps.restart.retry", "null",
                '{"on":["busy","link","timeout"],"times":1,"wait_seconds":"0"}')),
        ("  - {uses: sphere.restart, id: restart}\n", "",
         Change("removed", "steps.restart", "sphere.restart")),
        ("id: restart}\n", "id: restart}\n  - {uses: sphere.restart, id: more}\n",
         Change("added", "steps.more", "", "sphere.restart in main")),
        ("uses: sphere.restart", "name: Restart it, uses: sphere.restart",
         Change("changed", "steps.restart.name", '"Restart"', '"Restart it"')),
        ("  - {uses: sphere.restart, id: restart}\n",
         "  - parallel: [{uses: sphere.restart, id: restart}]\n",
         Change("moved", "steps.restart", "main", "main/parallel")),
    ],
)  # fmt: skip
def test_one_change_is_one_line(old: str, new: str, expected: Change | None, plan: Planned) -> None:
    """What was changed is found, and nothing else."""
    before, after = plan(BASE), plan(BASE.replace(old, new, 1))
    assert differences(before, after) == ((expected,) if expected else ())
    assert (before.content_hash == after.content_hash) == (expected is None)


def test_another_order_is_a_move(plan: Planned) -> None:
    """A step that stands elsewhere is moved, not removed and added."""
    lines = BASE.splitlines(keepends=True)
    restart = lines.pop(lines.index("  - {uses: sphere.restart, id: restart}\n"))
    lines.insert(lines.index("main:\n") + 1, restart)
    assert differences(plan(BASE), plan("".join(lines))) == (
        Change("moved", "steps.restart", "after radio", "after identify"),
    )


def test_another_section_is_a_move(plan: Planned) -> None:
    """From teardown to setup."""
    moved = BASE.replace("teardown:\n  - {uses: sphere.identify, id: last}\n", "").replace(
        "id: identify}\n", "id: identify}\n  - {uses: sphere.identify, id: last}\n"
    )
    assert differences(plan(BASE), plan(moved)) == (
        Change("moved", "steps.last", "teardown", "setup"),
    )


def test_every_other_hash_has_a_difference(plan: Planned) -> None:
    """Two recipes differ in words exactly when they differ in hash."""
    variants = [
        BASE,
        BASE.replace("11", "12"),
        BASE.replace("teardown", "# a remark\nteardown"),
        BASE.replace("sphere.restart", "sphere.identify"),
        BASE.replace("1.5", '"1.5"'),
        "description: x\n" + BASE,
        "for: {operation: X}\n" + BASE,
        BASE.replace("id: restart", "id: restart, required: false, if: inputs.os == 'a'"),
    ]
    plans = [plan(text) for text in variants]
    for one, two in itertools.combinations(plans, 2):
        assert (differences(one, two) == ()) == (one.content_hash == two.content_hash)
