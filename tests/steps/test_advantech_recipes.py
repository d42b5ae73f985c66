"""The shipped recipes of edge computers, run by the engine on good and bad ones."""

from pathlib import Path
from typing import Any

import anyio
import pytest

from orchestrator.domain.errors import RecipeMistakes
from orchestrator.domain.events import publish_nothing
from orchestrator.domain.outcome import Outcome
from orchestrator.domain.prompts import Operator
from orchestrator.domain.records import MeasurementRow
from orchestrator.domain.series import MEDIA_TYPE
from orchestrator.domain.unit import DeviceIdentity, Unit
from orchestrator.engine.run import EngineServices, RunControl, RunRequest, RunResult, execute
from orchestrator.recipe.check import load_plan
from orchestrator.recipe.plan import Plan
from orchestrator.steps.generate import catalogue
from orchestrator.steps.table import definitions
from orchestrator.systems.advantech_portal.client import AdvantechHost
from orchestrator.systems.advantech_portal.simulator import DiskAtStart, Excursion
from tests.engine.support import MemoryRecorder
from tests.steps.host_support import FakeOperator, HostBench
from tests.steps.service_support import LoopClock, virtual

RECIPES = Path(__file__).resolve().parents[2] / "recipes"


async def run(plan: Plan, it: HostBench, recorder: MemoryRecorder) -> RunResult:
    """Run the whole plan on the host."""

    async def read_identity() -> DeviceIdentity:
        return it.identity

    request = RunRequest(
        run_id="R",
        slot="P1",
        unit=Unit("SN-1", "EDGE-200"),
        identity=it.identity,
        inputs={name: each.default for name, each in plan.inputs.items()},
        secrets={},
        resources={AdvantechHost: it.client, Operator: it.operator},
        read_identity=read_identity,
        opening=(),
    )
    services = EngineServices(recorder, LoopClock(), definitions(), publish_nothing)
    return await execute(plan, request, services, RunControl())


def burn_in() -> Plan:
    """Load the recipe as a station does."""
    return load_plan(RECIPES / "edge-computer-burn-in.yaml", catalogue())


@virtual
async def test_a_good_computer_is_burned_in() -> None:
    """Half an hour, every sample kept, the display looked at, the pins as they were."""
    it, recorder = HostBench(), MemoryRecorder()
    before = list(it.host.pins.directions)
    result = await run(burn_in(), it, recorder)
    assert (result.outcome, result.message) == (Outcome.PASS, "")
    assert 1800 < anyio.current_time() < 1830
    measured = {row.name: row.value for row in recorder.all(MeasurementRow)}
    assert (measured["samples"], measured["missed"]) == ("1801", "0")
    assert len(it.operator.asked) == 1
    assert (it.host.pins.directions, it.host.panel.leds) == (before, [False] * 4)
    kinds = {row.media_type for row in recorder.rows if hasattr(row, "media_type")}
    assert kinds == {MEDIA_TYPE, "application/json", "image/png"}


BAD: dict[str, tuple[dict[str, Any], FakeOperator, str]] = {
    "another model": ({"model": "UNO-137-E23BA"}, FakeOperator(), "model is UNO-137-E23BA"),
    "no pins": ({"lacks": ("gpio",)}, FakeOperator(), "perif:gpio:count"),
    "reallocated sectors": ({"disks": (DiskAtStart(bad_sectors=3),)}, FakeOperator(), "5 shows 3"),
    "no plug": ({"loopback": False}, FakeOperator(), "when pin 0 is switched"),
    "bad display": ({}, FakeOperator(yes=False), "display 0 is not good"),
    "too hot": (
        {"excursions": (Excursion("CPU", 600.0, 60.0, 60.0),)}, FakeOperator(), "CPU shows",
    ),
    "weak supply": (
        {"excursions": (Excursion("12V", 60.0, 5.0, -1.0),)}, FakeOperator(), "12V shows",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD)
@virtual
async def test_a_bad_computer_does_not_pass_its_burn_in(name: str) -> None:
    """FAIL with what is wrong; the LED is off at the end whatever happened."""
    spec, operator, words = BAD[name]
    it, recorder = HostBench(**spec), MemoryRecorder()
    it.operator = operator
    result = await run(burn_in(), it, recorder)
    assert result.outcome is Outcome.FAIL, result.message
    assert words in result.message, result.message
    assert it.host.panel.leds[0] is False


@pytest.mark.parametrize(
    ("uses", "arguments", "missing"),
    [
        ("advantech.lock_etp", "password: key, user_space_1: a", "advantech.write_etp"),
        ("advantech.set_admin_password", "old: key, new: key", "advantech.expect_host"),
    ],
)
def test_what_cannot_be_undone_has_its_check_before_it(
    tmp_path: Path, uses: str, arguments: str, missing: str
) -> None:
    """A recipe that locks what it has not written is refused before any computer is touched."""
    recipe = tmp_path / "recipe.yaml"
    recipe.write_text(
        'recipe: 1\nname: r\nversion: "1"\nsecrets: [key]\nmain:\n'
        f"  - uses: advantech.login\n  - uses: {uses}\n    with: {{{arguments}}}\n",
        encoding="utf-8",
    )
    with pytest.raises(RecipeMistakes, match="R059") as caught:
        load_plan(recipe, catalogue())
    assert missing in caught.value.what
