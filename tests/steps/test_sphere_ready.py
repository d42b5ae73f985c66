"""The five checks: all of them, in the only state that allows all, and reported together."""

import json

import pytest

from orchestrator.domain.errors import ConnectionLost, Mismatch, NotSupported, StationMisuse
from orchestrator.steps.findings import RF_TEST_SERVER
from orchestrator.systems.azure_sphere_device.errors import DeviceRefusal
from orchestrator.systems.azure_sphere_device.simulator import Fault, LeftoverImage, os_catalogue

FOREIGN = LeftoverImage(
    "factory-test",
    "deadbeef-0000-4000-8000-000000000001",
    "deadbeef-0000-4000-8000-000000000002",
)


@pytest.fixture
def ready(bench, image):
    """Make a bench with a board that passes all five checks, and what the recipe says of it."""
    app = image("app", 1)
    held = LeftoverImage("app", app.facts["component_id"], app.facts["image_id"])

    def make(**spec):
        images = (held, *spec.pop("images", ()))
        it = bench(**{"manufacturing_state": "Module1Complete", "images": images, **spec})
        return it, {"allowed_os": ["22.11"], "images": [app]}

    return make


async def test_a_good_board_passes_all_five(ready) -> None:
    """Five checks are counted, and what each found is measured."""
    it, arguments = ready()
    assert await it.run("sphere.ready_check", **arguments) == {
        "checks_passed": 5,
        "manufacturing_state": "Module1Complete",
        "capabilities": "none",
        "os_version": "22.11",
        "application_images": 1,
        "wifi_networks": 0,
    }


@pytest.mark.parametrize(
    ("state", "reason"), [("Blank", "capabilities"), ("DeviceComplete", "images and Wi-Fi")]
)
async def test_in_another_state_the_board_fails_and_the_reason_is_said(
    ready, state: str, reason: str
) -> None:
    """No check is skipped silently: where not all can be made, the step does not pass."""
    it, arguments = ready(manufacturing_state=state)
    with pytest.raises(Mismatch, match=f"The board is {state}; .*{reason}.*none of the five"):
        await it.run("sphere.ready_check", **arguments)


async def test_all_broken_checks_stand_in_one_message(ready) -> None:
    """An operator sees everything that is wrong at once."""
    it, arguments = ready(
        capabilities=(11,), os_version="22.09", images=(FOREIGN,), wifi_networks=("FactoryNet",)
    )
    with pytest.raises(Mismatch) as caught:
        await it.run("sphere.ready_check", **arguments)
    for part in ("11 (appDevelopment)", "runs OS 22.09", "factory-test", "FactoryNet"):
        assert part in caught.value.what
    assert it.ctx.measured["checks_passed"] == 1


@pytest.mark.parametrize(
    ("spec", "code"),
    [
        ({"capabilities": (13,)}, "CAPABILITIES_DIFFER"),
        ({"os_version": "24.03"}, "OS_NOT_ALLOWED"),
        ({"images": (FOREIGN,)}, "IMAGE_EXTRA"),
        ({"staged": (FOREIGN,)}, "STAGED_LEFT"),
        ({"rf_test_states": ("Blank", "Module1Complete")}, "CAPABILITIES_DIFFER"),
        ({"wifi_networks": ("FactoryNet",)}, "WIFI_LEFT"),
        (
            {"images": (LeftoverImage("rf", RF_TEST_SERVER, FOREIGN.image_id),)},
            "RF_TEST_LEFT IMAGE_EXTRA",
        ),
    ],
)
async def test_each_check_alone_fails_the_board(ready, spec, code: str) -> None:
    """One broken check is enough, and only it is named."""
    it, arguments = ready(**spec)
    with pytest.raises(Mismatch) as caught:
        await it.run("sphere.ready_check", **arguments)
    assert caught.value.code == code


async def test_a_missing_image_fails_the_board(ready, image) -> None:
    """The set of images must be exact in both directions."""
    it, arguments = ready()
    arguments["images"].append(image("ui", 2))
    with pytest.raises(Mismatch, match="lacks the application ui"):
        await it.run("sphere.ready_check", **arguments)


async def test_wifi_that_cannot_be_read_is_no_pass(ready) -> None:
    """While Wi-Fi is off nobody knows its networks: ERROR, with four checks counted."""
    it, arguments = ready(wifi_up=False)
    with pytest.raises(DeviceRefusal, match="Wi-Fi interface is off"):
        await it.run("sphere.ready_check", **arguments)
    assert it.ctx.measured["checks_passed"] == 4


async def test_a_product_fault_outranks_what_could_not_be_read(ready) -> None:
    """A bad board is FAIL, and the message still says what nobody could check."""
    it, arguments = ready(wifi_up=False, capabilities=(11,))
    with pytest.raises(Mismatch, match=r"appDevelopment.*Wi-Fi could not be checked"):
        await it.run("sphere.ready_check", **arguments)
    assert it.ctx.measured["checks_passed"] == 3


async def test_a_lost_link_ends_the_check_as_an_error(ready) -> None:
    """What the station did not hear is not held against the board."""
    it, arguments = ready(faults=(Fault("drop", calls=("list_wifi_networks",)),))
    with pytest.raises(ConnectionLost):
        await it.run("sphere.ready_check", **arguments)


async def test_the_catalogue_is_a_cross_check(ready, artifact) -> None:
    """A board whose images are not those of its version fails the OS check."""
    arguments = ready()[1]
    right = artifact("os_list", json.dumps(os_catalogue()).encode())
    wrong = artifact("os_list", json.dumps(os_catalogue(("22.09",))).encode())
    it, _ = ready()
    assert (await it.run("sphere.ready_check", catalogue=right, **arguments))["checks_passed"] == 5
    it, _ = ready()
    with pytest.raises(Mismatch, match="belong to no version"):
        await it.run("sphere.ready_check", catalogue=wrong, **arguments)


async def test_an_old_board_needs_the_catalogue(ready, artifact) -> None:
    """Where the board cannot say its OS, the catalogue decides; without it nobody can."""
    listed = artifact("os_list", json.dumps(os_catalogue()).encode())
    it, arguments = ready(os_version="22.07")
    arguments["allowed_os"] = ["22.07"]
    with pytest.raises(NotSupported):
        await it.run("sphere.ready_check", **arguments)
    measured = await it.run("sphere.ready_check", catalogue=listed, **arguments)
    assert measured["os_version"] == "22.07"
    unlisted = artifact("os_list", json.dumps(os_catalogue(("22.09",))).encode())
    with pytest.raises(Mismatch, match="belong to no version"):
        await it.run("sphere.ready_check", catalogue=unlisted, **arguments)


async def test_no_allowed_os_is_the_recipes_fault(ready) -> None:
    """An empty list of versions is refused before the board is asked."""
    it, arguments = ready()
    with pytest.raises(StationMisuse):
        await it.run("sphere.ready_check", **{**arguments, "allowed_os": []})
