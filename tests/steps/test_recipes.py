"""The recipes of line and rework, run by the engine on simulated boards, good and bad ones."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from orchestrator.domain.outcome import Outcome
from orchestrator.domain.records import IdentityRow
from orchestrator.recipe.check import load_plan
from orchestrator.recipe.plan import Plan
from orchestrator.steps.generate import catalogue
from orchestrator.systems.azure_sphere_device.endpoints import DEVICE_ENDPOINTS
from orchestrator.systems.azure_sphere_device.image_package import inspect_image
from orchestrator.systems.azure_sphere_device.simulator import Fault, LeftoverImage
from tests.steps.recipe_support import SHIPPED, Notebook, impatient, run

FOREIGN = LeftoverImage(
    "factory-test",
    "deadbeef-0000-4000-8000-000000000001",
    "deadbeef-0000-4000-8000-000000000002",
)


@pytest.fixture(scope="module")
def load(recipes):
    """Load a shipped recipe as the station does."""

    def load(name: str) -> Plan:
        return impatient(load_plan(recipes / name, catalogue(), inspect_image))

    return load


@pytest.mark.parametrize("name", SHIPPED)
def test_the_shipped_recipes_have_no_mistake(recipes, name: str) -> None:
    """All load, carry the editor's comment, and name what they are for."""
    plan = load_plan(recipes / name, catalogue(), inspect_image)
    assert plan.text.startswith("# yaml-language-server: $schema=./recipe.schema.json")
    applies_to = plan.applies_to
    assert applies_to.part_number in {"GUARDIAN-100", "EDGE-200"} or applies_to.operation == "LIST"
    assert len({step.id for step in plan.steps()}) == len(list(plan.steps()))


async def test_a_good_board_ends_device_complete(bench, load) -> None:
    """Every step of the line passes once, and the board is locked for good."""
    plan, it, notebook = load("guardian-line.yaml"), bench(), Notebook()
    result = await run(plan, it, notebook)
    assert (result.outcome, result.message) == (Outcome.PASS, "")
    assert it.board.state == "DeviceComplete"
    assert notebook.ends() == {step.id: ["PASS"] for step in plan.steps()}
    assert notebook.measured("checks_passed") == "5"
    assert any(isinstance(row, IdentityRow) for row in notebook.rows)
    assert len(it.board.storage.installed) == 2


async def test_a_board_from_another_session_is_cleaned_and_passes(bench, load) -> None:
    """Foreign applications go, and a board that was stopped in Module1Complete goes on."""
    it = bench(images=(FOREIGN,), manufacturing_state="Module1Complete")
    result = await run(load("guardian-line.yaml"), it, Notebook())
    assert result.outcome is Outcome.PASS
    assert FOREIGN.component_id not in it.board.storage.installed


@pytest.mark.parametrize(
    "fault",
    [
        Fault("drop", calls=("stage_image",), times=1, at=0.5),
        Fault("busy", calls=("get_images",), times=2),
        Fault("reboot", calls=("stage_image",), skip=1, times=1, at=0.5),
        Fault("lost_answer", calls=("install_images",), times=1),
        Fault("garbage", calls=("get_device_status",), skip=6, times=1),
    ],
    ids=lambda fault: fault.kind,
)
async def test_what_passes_by_itself_is_tried_again(bench, load, fault: Fault) -> None:
    """A link that broke once and a board that is busy twice do not cost the board."""
    it, notebook = bench(faults=(fault,), boot_seconds=0.05), Notebook()
    result = await run(load("guardian-line.yaml"), it, notebook)
    assert (result.outcome, it.board.state) == (Outcome.PASS, "DeviceComplete"), result.message


BAD = {
    "wrong OS": ({"os_version": "22.09"}, Outcome.FAIL, "runs OS 22.09; it must run 22.11"),
    "test silicon": ({"security_state": "TEST"}, Outcome.FAIL, "security state is TEST"),
    "locked already": ({"manufacturing_state": "DeviceComplete"}, Outcome.FAIL, "DeviceComplete"),
    "state unreadable": ({"manufacturing_state": "Unknown"}, Outcome.ERROR, "cannot read its own"),
    "development capability": ({"capabilities": (11,)}, Outcome.FAIL, "11 (appDevelopment)"),
    "service capability": ({"capabilities": (13,)}, Outcome.FAIL, "13 (fieldServicing)"),
    "Wi-Fi left": ({"wifi_networks": ("FactoryNet",)}, Outcome.FAIL, "FactoryNet"),
    "Wi-Fi off": ({"wifi_up": False}, Outcome.ERROR, "Wi-Fi interface is off"),
    "updating": ({"update_seconds": 1e6}, Outcome.ERROR, "update from the cloud"),
    "flash full": ({"application_flash_bytes": 1024}, Outcome.FAIL, "room"),
    "slow link": ({"link_bytes_per_second": 4000}, Outcome.FAIL, "stage_rate"),
    "always busy": ({"faults": (Fault("busy"),)}, Outcome.ERROR, "busy"),
    "garbage": ({"faults": (Fault("garbage"),)}, Outcome.ERROR, "JSON"),
    "drops while staging": (
        {"faults": (Fault("drop", calls=("stage_image",), at=0.5),)}, Outcome.ERROR, "connection",
    ),
    "unreachable": ({"unreachable": True}, Outcome.ERROR, "connection"),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD)
async def test_no_bad_board_reaches_an_irreversible_step(bench, load, name: str) -> None:
    """Each ends FAIL or ERROR as its fault deserves, and its state has not moved."""
    spec, outcome, words = BAD[name]
    it, notebook = bench(**spec), Notebook()
    result = await run(load("guardian-line.yaml"), it, notebook)
    assert result.outcome is outcome, result.message
    assert words in result.message
    if outcome is Outcome.FAIL:  # a board's own number is an error by its vendor's word
        assert "error" not in result.message.replace("(error ", "(").lower()
    assert it.did("manufacturing_state") == 0
    assert not {"module1", "complete"} & set(notebook.ends())
    assert it.board.requests["set_manufacturing_state"] == 0


async def test_a_board_that_keeps_an_rf_test_capability_is_not_locked(bench, load) -> None:
    """What Blank hides shows in Module1Complete: the last lock is never set."""
    it = bench(capabilities=(12,))
    result = await run(load("guardian-line.yaml"), it, Notebook())
    assert result.outcome is Outcome.FAIL
    assert "12 (RF test mode)" in result.message
    assert it.board.state == "Module1Complete"


async def test_the_rework_recipe_cleans_a_board_and_locks_nothing(bench, load, image) -> None:
    """Installed and staged applications go; the state stays."""
    it = bench(images=(FOREIGN,))
    it.board.storage.stage(it.board.read_package(image("factory-ui", 9).content))
    result = await run(load("rework-clean.yaml"), it, Notebook())
    assert result.outcome is Outcome.PASS, result.message
    assert (it.board.storage.installed, it.board.storage.staged) == ({}, {})
    assert it.board.state == "Blank"


async def test_the_rework_recipe_reports_what_it_cannot_clean(bench, load) -> None:
    """Nothing but a person removes a capability; the applications are gone all the same."""
    it = bench(images=(FOREIGN,), capabilities=(11,), wifi_networks=("FactoryNet",))
    notebook = Notebook()
    result = await run(load("rework-clean.yaml"), it, notebook)
    assert result.outcome is Outcome.FAIL
    assert it.board.storage.installed == {}
    assert (notebook.ends()["wifi"], notebook.ends()["capabilities"]) == (["FAIL"], ["FAIL"])


WEATHER = st.builds(
    Fault,
    kind=st.sampled_from(["busy", "drop", "lost_answer", "reboot", "garbage", "refuse"]),
    calls=st.sampled_from([endpoint.name for endpoint in DEVICE_ENDPOINTS]).map(lambda it: (it,)),
    skip=st.integers(0, 6),
    times=st.integers(1, 4),
    at=st.sampled_from([0.0, 0.5, 1.0]),
)
BOARDS = st.fixed_dictionaries(
    {},
    optional={
        "images": st.just((FOREIGN,)),
        "manufacturing_state": st.just("Module1Complete"),
        "capabilities": st.just((11,)),
        "wifi_networks": st.just(("FactoryNet",)),
        "os_version": st.just("22.09"),
    },
)
GOOD = {"images", "manufacturing_state"}


@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(weather=st.lists(WEATHER, max_size=3), spec=BOARDS)
async def test_in_any_weather_pass_means_finished_and_bad_means_untouched(
    bench, load, weather: list[Fault], spec: dict[str, object]
) -> None:
    """PASS is said only of a locked board that is right; a bad board's state never moves."""
    it, notebook = bench(faults=tuple(weather), boot_seconds=0.05, **spec), Notebook()
    result = await run(load("guardian-line.yaml"), it, notebook)
    if result.outcome is Outcome.PASS:
        assert it.board.state == "DeviceComplete"
        assert len(it.board.storage.installed) == 2
        assert not it.board.own_capabilities
        assert not it.board.wifi_networks
        assert notebook.ends()["finalized"][-1] == "PASS"
    if not GOOD.issuperset(spec):
        assert result.outcome is not Outcome.PASS
        assert it.did("manufacturing_state") == 0
    assert it.did("manufacturing_state") <= 2
