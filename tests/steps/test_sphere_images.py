"""The applications on the board: deleting, comparing, watching them run."""

from decimal import Decimal

import pytest

from orchestrator.domain.errors import Mismatch, StationMisuse
from orchestrator.steps.findings import RF_TEST_SERVER
from orchestrator.systems.azure_sphere_device.errors import DeviceRefusal
from orchestrator.systems.azure_sphere_device.simulator import Fault, LeftoverImage
from orchestrator.systems.azure_sphere_device.simulator.spec import os_component_id

FOREIGN = LeftoverImage(
    "factory-test",
    "DEADBEEF-0000-4000-8000-000000000001",
    "DEADBEEF-0000-4000-8000-000000000002",
)
NOW = Decimal(0)


def left(name: str, package) -> LeftoverImage:
    """Describe a package as already being on the board, ids in upper case."""
    facts = package.facts
    return LeftoverImage(name, facts["component_id"].upper(), facts["image_id"].upper())


async def test_foreign_applications_are_deleted_and_ours_stay(bench, image) -> None:
    """Everything that `keep` does not name goes; what it names is not touched."""
    app = image("app", 1)
    it = bench(images=(FOREIGN, left("app", app)))
    assert await it.run("sphere.delete_images", keep=[app]) == {"deleted_images": 1}
    assert set(it.board.storage.installed) == {app.facts["component_id"]}


async def test_an_older_image_of_our_component_is_deleted(bench, image) -> None:
    """An application is kept by its image, not by its component."""
    it = bench(images=(left("app", image("app", 1, build=1)),))
    measured = await it.run("sphere.delete_images", keep=[image("app", 1, build=2)])
    assert measured == {"deleted_images": 1}


async def test_without_parameters_every_application_goes_and_the_os_stays(bench, image) -> None:
    """A clean board holds no application and all of its OS."""
    it = bench(images=(FOREIGN, left("app", image("app", 1))))
    assert await it.run("sphere.delete_images") == {"deleted_images": 2}
    assert it.board.storage.installed == {}
    assert it.board.storage.listing()


async def test_listed_components_alone_are_deleted(bench, image) -> None:
    """Component ids may be given in any case; one that is not there is already gone."""
    app = image("app", 1)
    it = bench(images=(FOREIGN, left("app", app)))
    wanted = [FOREIGN.component_id, "deadbeef-0000-4000-8000-0000000000ff"]
    assert await it.run("sphere.delete_images", components=wanted) == {"deleted_images": 1}
    assert set(it.board.storage.installed) == {app.facts["component_id"]}


async def test_a_board_that_says_yes_and_deletes_nothing_fails(bench) -> None:
    """Success is proven by the image list, since boards answer success for anything."""
    it = bench(images=(FOREIGN,))
    it.board.storage.delete = lambda _component_id: None
    with pytest.raises(Mismatch, match=r"still holds factory-test .* after it was deleted"):
        await it.run("sphere.delete_images")


async def test_a_part_of_the_os_is_refused_by_the_board(bench) -> None:
    """The board's own refusal is an ERROR: the recipe asked for something impossible."""
    with pytest.raises(DeviceRefusal):
        await bench().run("sphere.delete_images", components=[os_component_id("networkd")])


async def test_deleting_what_restarts_the_board_waits_for_its_return(bench, image) -> None:
    """A board configuration restarts the board; the step ends when it is back."""
    config = image("board-config", 7, image_type=21)
    it = bench()
    await it.run("sphere.sideload", images=[config], poll=NOW)
    measured = await it.run(
        "sphere.delete_images", components=[config.facts["component_id"]], poll=NOW
    )
    assert measured == {"deleted_images": 1}
    assert it.did("restart") == 2


async def test_the_exact_set_passes_in_any_letter_case(bench, image) -> None:
    """Packages and listed ids together are all that may be there."""
    app = image("app", 1)
    it = bench(images=(FOREIGN, left("app", app)))
    measured = await it.run(
        "sphere.expect_images", images=[app], image_ids=[FOREIGN.image_id.lower()]
    )
    assert measured == {"application_images": 2}


async def test_extra_and_missing_images_are_reported_together(bench, image) -> None:
    """One message names what does not belong there and what is not there."""
    it = bench(images=(FOREIGN,))
    with pytest.raises(Mismatch) as caught:
        await it.run("sphere.expect_images", images=[image("app", 1)])
    assert "does not belong to it: factory-test (deadbeef" in caught.value.what
    assert "lacks the application app" in caught.value.what
    assert caught.value.code == "IMAGE_EXTRA IMAGE_MISSING"
    assert "rework recipe" in caught.value.remedy


async def test_a_debug_server_is_an_extra_image(bench, image) -> None:
    """A debug server left on the board fails like any other foreign application."""
    app, server = image("app", 1), LeftoverImage("gdbserver", *(2 * [FOREIGN.component_id]))
    it = bench(images=(left("app", app), server))
    with pytest.raises(Mismatch, match="gdbserver"):
        await it.run("sphere.expect_images", images=[app])


async def test_an_rf_test_server_fails_even_when_it_is_listed(bench) -> None:
    """No recipe can let the RF test server leave the factory."""
    server = LeftoverImage("rftest", RF_TEST_SERVER.upper(), FOREIGN.image_id)
    it = bench(images=(server,))
    with pytest.raises(Mismatch, match="RF test server"):
        await it.run("sphere.expect_images", image_ids=[FOREIGN.image_id])


async def test_no_parameters_mean_no_application(bench) -> None:
    """Without parameters only an empty board passes."""
    assert await bench().run("sphere.expect_images") == {"application_images": 0}
    with pytest.raises(Mismatch):
        await bench(images=(FOREIGN,)).run("sphere.expect_images")


async def test_the_same_component_twice_is_the_recipes_fault(bench, image) -> None:
    """Two packages of one component cannot both be installed."""
    with pytest.raises(StationMisuse, match="same component"):
        await bench().run(
            "sphere.expect_images", images=[image("a", 1, build=1), image("b", 1, build=2)]
        )


async def test_facts_are_read_from_the_package_where_the_plan_has_none(
    bench, image, artifact
) -> None:
    """A plan that was loaded without looking into its packages still works."""
    app = image("app", 1)
    it = bench(images=(left("app", app),))
    bare = artifact("app", app.content)
    assert await it.run("sphere.expect_images", images=[bare]) == {"application_images": 1}


async def test_running_applications_pass_at_once(bench, image) -> None:
    """All named applications run: by package and by component id."""
    app = image("app", 1)
    it = bench(images=(left("app", app), FOREIGN))
    measured = await it.run(
        "sphere.expect_app_status", images=[app], components=[FOREIGN.component_id]
    )
    assert measured["wait_seconds"] < 1
    assert it.ctx.progressed[-1] == (2, 2)


async def test_staged_leftovers_fail_the_board(bench, image) -> None:
    """The next installation would bring them; the sentence names them where the board does."""
    app = image("app", 1)
    it = bench(images=(left("app", app),), staged=(FOREIGN,))
    with pytest.raises(Mismatch, match=r"never installed\. ") as caught:
        await it.run("sphere.expect_images", images=[app])
    assert caught.value.code == "STAGED_LEFT"
    it = bench(images=(left("app", app),), staged=(left("app", image("app", 1, build=2)),))
    with pytest.raises(Mismatch, match=f"app .{app.facts['component_id']}"):
        await it.run("sphere.expect_images", images=[app])


async def test_an_application_may_take_its_time(bench) -> None:
    """The step asks again until the state is there, within the time the recipe gives."""
    it = bench(images=(FOREIGN,))
    component = it.board.storage.installed[FOREIGN.component_id.lower()]
    component.state = "stopped"
    asked = it.device.get_app_status

    async def start_at_third(component_id: str):
        if it.board.requests["get_app_status"] == 2:
            component.state = "running"
        return await asked(component_id)

    it.device.get_app_status = start_at_third
    measured = await it.run("sphere.expect_app_status", components=[FOREIGN.component_id], poll=NOW)
    assert measured["wait_seconds"] > 0
    assert it.board.requests["get_app_status"] == 3


async def test_an_application_that_never_starts_fails_the_board(bench, image) -> None:
    """The sentence names each application with the state it is in; a missing one reads so."""
    app = image("app", 1)
    it = bench(images=(left("app", app),))
    it.board.storage.installed[app.facts["component_id"]].state = "stopped"
    with pytest.raises(Mismatch) as caught:
        await it.run(
            "sphere.expect_app_status",
            images=[app],
            components=[FOREIGN.component_id],
            within=Decimal(1),
            poll=NOW,
        )
    assert "app is stopped; it must be running" in caught.value.what
    assert "is notPresent; it must be running" in caught.value.what


async def test_watching_nothing_is_the_recipes_fault(bench) -> None:
    """A step that names no application proves nothing, so it does not pass."""
    with pytest.raises(StationMisuse):
        await bench().run("sphere.expect_app_status")


async def test_a_lost_link_is_not_the_products_fault(bench) -> None:
    """A connection that breaks is an ERROR of class link, which a recipe may retry."""
    it = bench(faults=(Fault("drop"),))
    with pytest.raises(Exception, match="connection") as caught:
        await it.run("sphere.expect_images")
    assert caught.value.kind == "link"
