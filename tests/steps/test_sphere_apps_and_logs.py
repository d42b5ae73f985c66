"""Applications at work, and what the board has written about itself."""

from decimal import Decimal

import pytest

from orchestrator.domain.errors import ErrorClass, Mismatch, NotSupported, StationMisuse
from orchestrator.systems.azure_sphere_device import models
from orchestrator.systems.azure_sphere_device.errors import DeviceRefusal
from orchestrator.systems.azure_sphere_device.simulator import LeftoverImage

AT_ONCE = {"poll": Decimal(0)}
APP = LeftoverImage(
    "app",
    "deadbeef-0000-4000-8000-000000000001",
    "deadbeef-0000-4000-8000-000000000002",
    mutable_storage_kb=8,
    used_kb=2,
)
UNKNOWN = "deadbeef-0000-4000-8000-00000000ffff"


async def test_an_application_stops_and_starts(bench) -> None:
    """Seen by its state; what is so already gets no order."""
    it = bench(images=(APP,))
    for name, state in (("stop", "stopped"), ("stop", "stopped"), ("start", "running")):
        await it.run(f"sphere.{name}_app", components=[APP.component_id.upper()])
        await it.run("sphere.expect_app_status", components=[APP.component_id], state=state)
    assert it.board.requests["set_app_status"] == 2


@pytest.mark.parametrize("name", ["sphere.start_app", "sphere.stop_app"])
async def test_an_application_that_is_not_there_fails(bench, name) -> None:
    """Nothing is ordered, also of those that are there."""
    it = bench(images=(APP,))
    with pytest.raises(Mismatch, match=f"lacks the application {UNKNOWN}"):
        await it.run(name, components=[APP.component_id, UNKNOWN])
    assert it.board.requests["set_app_status"] == 0
    with pytest.raises(StationMisuse, match="names no application"):
        await it.run(name)


async def test_an_application_that_does_not_stop_fails(bench) -> None:
    """The answer to the order is not the proof."""
    it = bench(images=(APP,))

    async def ignoring(_component: str, _trigger: str) -> None:
        """Say yes to any order."""

    it.device.set_app_status = ignoring
    it.clock.step = 0.5
    with pytest.raises(Mismatch, match="is running; it must be stopped"):
        await it.run("sphere.stop_app", components=[APP.component_id], **AT_ONCE)


async def test_a_missing_right_is_an_error(bench) -> None:
    """Another board would refuse as well: fetch the capability."""
    it = bench(images=(APP,), app_control_needs_capability=True)
    with pytest.raises(DeviceRefusal) as caught:
        await it.run("sphere.stop_app", components=[APP.component_id])
    assert caught.value.kind is ErrorClass.RIGHTS


async def test_the_quota_is_measured_and_compared(bench) -> None:
    """In kB, as the board says it."""
    it = bench(images=(APP,))
    quota = {"storage_limit": 8, "storage_usage": 2}
    assert await it.run("sphere.expect_quota", component=APP.component_id, limit=8) == quota
    with pytest.raises(Mismatch, match="may use 8 kB; it must be 16 kB"):
        await it.run("sphere.expect_quota", component=APP.component_id, limit=16)
    with pytest.raises(Mismatch, match="lacks the application"):
        await it.run("sphere.expect_quota", component=UNKNOWN)
    with pytest.raises(StationMisuse, match="one application"):
        await it.run("sphere.expect_quota")


async def test_more_use_than_allowed_fails(bench) -> None:
    """A board that counts wrongly is not good."""
    it = bench(images=(APP,))

    async def wrong(_component: str) -> models.AppQuota:
        return models.AppQuota(UsageKB=9, LimitKB=8)

    it.device.get_app_quota = wrong
    with pytest.raises(Mismatch, match="uses 9 kB of 8 kB"):
        await it.run("sphere.expect_quota", component=APP.component_id)


async def test_the_quota_of_an_image(bench, image) -> None:
    """An application without storage of its own has none; a locked board is no missing one."""
    it = bench()
    app = image("blink", 1)
    await it.run("sphere.sideload", images=[app])
    measured = await it.run("sphere.expect_quota", image=app)
    assert measured == {"storage_limit": 0, "storage_usage": 0}
    with pytest.raises(DeviceRefusal):
        await bench(manufacturing_state="DeviceComplete").run("sphere.expect_quota", image=app)


async def test_memory_is_measured_in_bytes(bench) -> None:
    """The use of each library is attached."""
    it = bench(images=(APP,), capabilities=(11,))
    measured = await it.run("sphere.memory_statistics")
    assert 0 < measured["user_memory_usage"] <= measured["memory_usage"]
    assert measured["user_memory_peak"] >= measured["user_memory_usage"]
    assert it.ctx.read("memory.json")["apps"][0]["componentId"] == APP.component_id


async def test_memory_needs_the_capability_and_a_new_board(bench) -> None:
    """Neither is the product's fault."""
    with pytest.raises(DeviceRefusal):
        await bench().run("sphere.memory_statistics")
    old = bench(os_version="21.08", capabilities=(11,))
    await old.run("sphere.identify")
    with pytest.raises(NotSupported):
        await old.run("sphere.memory_statistics")


async def test_the_runtime_must_be_new_enough(bench, image) -> None:
    """Judged by images and by number, also on a finished board."""
    it = bench(os_version="22.07", manufacturing_state="DeviceComplete")
    good, new = image("good", 1, application_runtime=14), image("new", 2, application_runtime=15)
    measured = await it.run("sphere.expect_abi", images=[good], application_runtime=14)
    assert measured["application_runtime"] == 14
    with pytest.raises(Mismatch, match="offers application runtime 14; new needs 15"):
        await it.run("sphere.expect_abi", images=[good, new])
    with pytest.raises(Mismatch, match="the recipe needs 15"):
        await it.run("sphere.expect_abi", application_runtime=15)


async def test_the_log_is_kept_as_it_is(bench) -> None:
    """Under the name that the recipe gives it."""
    it = bench(log_bytes=100)
    assert await it.run("sphere.collect_log") == {"log_size": 100}
    assert len(it.ctx.attached["device-log.bin"]) == 100
    await it.run("sphere.collect_log", file="last.bin")
    assert "last.bin" in it.ctx.attached


async def test_error_reports_are_kept_and_cleared(bench) -> None:
    """Cleared only when told so, and after they were read."""
    it = bench(telemetry_bytes=200)
    for clear, reports in ((False, 200), (True, 200), (True, 0)):
        measured = await it.run("sphere.collect_telemetry", clear=clear)
        assert measured["error_reports"] == reports
        assert measured["telemetry_size"] == len(it.ctx.attached["telemetry.bin"])
    assert it.board.blobs.report_bytes == 0


async def test_error_reports_that_stay_fail(bench) -> None:
    """They are read again; what was read before is kept."""
    it = bench(telemetry_bytes=200)
    it.board.blobs.clear_report = lambda: None
    with pytest.raises(Mismatch, match="still holds 200 bytes of reports"):
        await it.run("sphere.collect_telemetry", clear=True)
    assert "telemetry.bin" in it.ctx.attached


@pytest.mark.parametrize("name", ["sphere.collect_log", "sphere.collect_telemetry"])
async def test_a_finished_board_tells_nothing(bench, name) -> None:
    """Locked is an ERROR: it was asked too late."""
    with pytest.raises(DeviceRefusal) as caught:
        await bench(manufacturing_state="DeviceComplete").run(name)
    assert caught.value.number == 10 << 20 | 18
