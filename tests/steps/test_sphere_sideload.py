"""Loading images: what is checked before, what is done, what is proven and measured after."""

from decimal import Decimal

import pytest

from orchestrator.domain.errors import ErrorClass, Mismatch, StationMisuse
from orchestrator.systems.azure_sphere_device.errors import DeviceRefusal
from orchestrator.systems.azure_sphere_device.simulator import Fault, LeftoverImage

NOW = Decimal(0)


def stage(it, package) -> None:
    """Leave a package staged on the board, as an interrupted session does."""
    it.board.storage.stage(it.board.read_package(package.content))


def installed(it) -> dict[str, str]:
    """Return image id -> state of what the board really holds."""
    held = it.board.storage.installed.values()
    return {component.package.image_id: component.state for component in held}


async def test_images_are_loaded_and_measured(bench, image) -> None:
    """Both packages are installed and run; size, time and rate are measured."""
    app, ui = image("app", 1), image("ui", 2, size_bytes=200_000)
    it = bench(link_bytes_per_second=80_000, install_seconds=3.0)
    measured = await it.run("sphere.sideload", images=[app, ui])
    assert installed(it) == {app.facts["image_id"]: "running", ui.facts["image_id"]: "running"}
    size = len(app.content) + len(ui.content)
    assert measured["image_bytes"] == size
    assert measured["stage_seconds"] == pytest.approx(Decimal(size) / 80_000, rel=Decimal("0.2"))
    assert measured["stage_rate"] == pytest.approx(80, rel=0.2)
    assert 3 <= measured["install_seconds"] < 4
    assert measured["leftovers"] == 0


async def test_progress_counts_the_bytes_of_all_packages(bench, image) -> None:
    """The operator sees one bar that only rises and ends full."""
    app, ui = image("app", 1), image("ui", 2, size_bytes=200_000)
    it = bench()
    await it.run("sphere.sideload", images=[app, ui])
    done = [each for each, _ in it.ctx.progressed]
    assert done == sorted(done)
    size = len(app.content) + len(ui.content)
    assert it.ctx.progressed[-1] == (size, size)
    assert len(set(done)) > 3


async def test_manual_control_leaves_them_stopped(bench, image) -> None:
    """With Manual the applications are installed and do not run."""
    app, it = image("app", 1), bench()
    await it.run("sphere.sideload", images=[app], control="Manual")
    assert installed(it) == {app.facts["image_id"]: "stopped"}


async def test_loading_again_changes_nothing(bench, image) -> None:
    """The step may be repeated: the same image twice is a success."""
    app, it = image("app", 1), bench()
    for _ in range(2):
        await it.run("sphere.sideload", images=[app])
    assert installed(it) == {app.facts["image_id"]: "running"}
    assert it.did("installed") == 1


async def test_a_running_update_is_busy(bench, image) -> None:
    """A cloud update excludes sideloading: nothing is sent, and a recipe may retry on busy."""
    it = bench(update_seconds=600)
    with pytest.raises(Exception, match="update from the cloud") as caught:
        await it.run("sphere.sideload", images=[image("app", 1)])
    assert caught.value.kind is ErrorClass.BUSY
    assert it.board.requests["stage_image"] == 0


async def test_an_image_for_a_newer_os_is_not_sent(bench, image) -> None:
    """What the board's OS cannot run is found before the upload, and both numbers are named."""
    it = bench(os_version="21.08")
    with pytest.raises(Mismatch, match="offers application runtime 12; app needs 18"):
        await it.run("sphere.sideload", images=[image("app", 1, application_runtime=18)])
    assert it.board.requests["stage_image"] == 0


async def test_leftovers_of_an_earlier_session_are_installed_first_and_deleted(
    bench, image
) -> None:
    """What somebody else left staged does not stay on the board, and never runs on its way."""
    app, foreign = image("app", 1), image("factory-test", 9)
    it = bench()
    stage(it, foreign)
    measured = await it.run("sphere.sideload", images=[app])
    assert measured["leftovers"] == 1
    assert installed(it) == {app.facts["image_id"]: "running"}
    assert it.board.storage.staged == {}


async def test_a_staged_image_of_an_installed_application_is_a_leftover(bench, image) -> None:
    """A foreign application with a staged successor goes as a whole."""
    app, foreign = image("app", 1), image("factory-test", 9, build=2)
    facts = foreign.facts
    older = LeftoverImage("factory-test", facts["component_id"], app.facts["component_id"])
    it = bench(images=(older,))
    stage(it, foreign)
    assert (await it.run("sphere.sideload", images=[app]))["leftovers"] == 1
    assert set(installed(it)) == {app.facts["image_id"]}


async def test_an_older_staged_image_of_our_own_component_is_replaced(bench, image) -> None:
    """Staging our component again replaces what was staged of it, so nothing else is needed."""
    old, new = image("app", 1, build=1), image("app", 1, build=2)
    facts = old.facts
    it = bench(images=(LeftoverImage("app", facts["component_id"], facts["image_id"]),))
    stage(it, image("app", 1, build=3))
    measured = await it.run("sphere.sideload", images=[new], leftovers="refuse")
    assert measured["leftovers"] == 0
    assert installed(it) == {new.facts["image_id"]: "running"}


async def test_our_own_images_of_a_lost_attempt_run_in_the_end(bench, image) -> None:
    """The link breaks during the second upload; the second attempt installs and starts both."""
    app, ui = image("app", 1), image("ui", 2)
    it = bench(faults=(Fault("drop", calls=("stage_image",), skip=1, times=1, at=0.5),))
    with pytest.raises(Exception, match="connection") as caught:
        await it.run("sphere.sideload", images=[app, ui])
    assert caught.value.kind is ErrorClass.LINK
    assert it.board.storage.staged
    measured = await it.run("sphere.sideload", images=[app, ui])
    assert measured["leftovers"] == 0
    assert installed(it) == {app.facts["image_id"]: "running", ui.facts["image_id"]: "running"}


@pytest.mark.parametrize("listed", [True, False])
async def test_leftovers_may_fail_the_board_instead(bench, image, listed: bool) -> None:
    """With refuse nothing is installed; the sentence names what is staged where the board does."""
    foreign = image("factory-test", 9, build=2)
    facts = foreign.facts
    older = LeftoverImage("factory-test", facts["component_id"], facts["component_id"])
    it = bench(images=(older,) if listed else ())
    stage(it, foreign)
    with pytest.raises(Mismatch, match="factory-test" if listed else "does not say which"):
        await it.run("sphere.sideload", images=[image("app", 1)], leftovers="refuse")
    assert it.board.requests["install_images"] == 0


async def test_an_image_that_restarts_the_board_is_waited_for(bench, image) -> None:
    """A board configuration restarts the board; the step ends when it is back with the image."""
    config = image("board-config", 7, image_type=21)
    it = bench(boot_seconds=5.0)
    await it.run("sphere.identify")
    measured = await it.run("sphere.sideload", images=[config], poll=NOW)
    assert measured["install_seconds"] >= 5
    assert it.did("restart") == 1


async def test_a_board_that_takes_nothing_fails(bench, image) -> None:
    """Success is proven by the image list: a board that says yes and holds nothing is not good."""
    it = bench()
    it.board.storage.install = lambda *, start: []
    with pytest.raises(Mismatch) as caught:
        await it.run("sphere.sideload", images=[image("app", 1)])
    assert "does not hold app after its installation" in caught.value.what
    assert "still has staged images" in caught.value.what


async def test_an_image_signed_for_development_is_refused_by_the_board(bench, image) -> None:
    """The board's own refusal is an ERROR: another board would refuse the image as well."""
    with pytest.raises(DeviceRefusal) as caught:
        await bench().run("sphere.sideload", images=[image("app", 1, sign="sdk")])
    assert caught.value.status == 403


async def test_loading_nothing_is_the_recipes_fault(bench) -> None:
    """A sideload without images proves nothing, so it does not pass."""
    with pytest.raises(StationMisuse):
        await bench().run("sphere.sideload", images=[])
