"""Categories App, Capability, Image and Sideload, as boards answer them."""

import uuid

import pytest

from orchestrator.domain.errors import ErrorClass
from orchestrator.simulation.sample_images import make_image
from orchestrator.systems.azure_sphere_device.errors import DeviceRefusal
from tests.systems.azure_sphere_device.contract.target import Target

APP_NOT_PRESENT = 14680076
APPLICATION = 10


def unknown() -> str:
    """Return a component id that no board holds."""
    return str(uuid.uuid4())


@pytest.mark.operations("getAppStatus", "setAppStatus", "getAppQuota", "deleteImage")
async def test_unknown_component_has_four_answers(target: Target) -> None:
    """Status says notPresent, deleting is a success, starting and the quota are refused."""
    component = unknown()
    async with target.device() as device:
        assert (await device.get_app_status(component)).state == "notPresent"
        with pytest.raises(DeviceRefusal) as start:
            await device.set_app_status(component, "start")
        with pytest.raises(DeviceRefusal) as quota:
            await device.get_app_quota(component)
        assert not (await device.delete_image(component)).restartingSystem
    if start.value.kind is not ErrorClass.RIGHTS:
        assert (start.value.number, start.value.status) == (APP_NOT_PRESENT, 409)
    assert (quota.value.number, quota.value.status) == (APP_NOT_PRESENT, 404)


@pytest.mark.operations("getMemoryStatistics")
async def test_memory_statistics_need_the_right_to_develop(target: Target) -> None:
    """A board with the capability tells its totals, one without refuses for want of rights."""
    async with target.device() as device:
        capabilities = (await device.get_device_capabilities()).device_capabilities
        if 11 in capabilities:
            totals = (await device.get_memory_statistics()).memoryStats
            assert 0 <= totals.userModeMemoryUsageInBytes <= totals.peakUserModeMemoryUsageInBytes
        else:
            with pytest.raises(DeviceRefusal) as caught:
                await device.get_memory_statistics()
            assert caught.value.kind is ErrorClass.RIGHTS


@pytest.mark.operations("getDeviceCapabilities", "getManufacturingState")
async def test_blank_board_shows_the_radio_test(target: Target) -> None:
    """Capabilities are numbers; a Blank board always has number 12 among them."""
    async with target.device() as device:
        capabilities = (await device.get_device_capabilities()).device_capabilities
        state = (await device.get_manufacturing_state()).manufacturingState
    assert len(set(capabilities)) == len(capabilities)
    assert state != "Blank" or 12 in capabilities


@pytest.mark.operations("getImages")
async def test_images_are_components_with_ids(target: Target) -> None:
    """Components are listed once, with their images; applications have exactly one."""
    async with target.device() as device:
        images = await device.get_images()
    ids = [component.uid.lower() for component in images.components]
    assert len(set(ids)) == len(ids) > 0
    for component in images.components:
        assert component.image_type != APPLICATION or len(component.images) == 1


@pytest.mark.operations("stageImage")
async def test_what_is_no_image_is_not_staged(target: Target) -> None:
    """Junk is refused as the image's fault, and nothing stays behind."""
    async with target.device() as device:
        before = (await device.get_images()).has_staged_updates
        with pytest.raises(DeviceRefusal) as caught:
            await device.stage_image(b"no image package, " * 64)
        assert (await device.get_images()).has_staged_updates is before
    assert caught.value.kind is ErrorClass.IMAGE


@pytest.mark.operations("installImages")
async def test_installing_nothing_is_a_success(target: Target) -> None:
    """With nothing staged there is nothing to do and nothing to refuse."""
    async with target.device() as device:
        if (await device.get_images()).has_staged_updates:
            pytest.skip("somebody has staged an image on this board")
        assert not (await device.install_images()).restartingSystem


@pytest.mark.simulated
@pytest.mark.operations("stageImage", "installImages", "setAppStatus", "deleteImage", "getAppQuota")
async def test_application_comes_runs_and_goes(target: Target) -> None:
    """Staged it is a leftover, installed it runs, stopped it stops, deleted it is gone."""
    component = unknown()
    content = make_image("contract", component, unknown(), 20_000)
    async with target.device() as device:
        await device.stage_image(content)
        assert (await device.get_images()).has_staged_updates
        assert (await device.get_app_status(component)).state == "notPresent"
        await device.install_images()
        assert not (await device.get_images()).has_staged_updates
        assert (await device.get_app_status(component)).state == "running"
        assert (await device.get_app_quota(component)).LimitKB >= 0
        assert (await device.set_app_status(component, "stop")).state == "stopped"
        await device.delete_image(component)
        assert (await device.get_app_status(component)).state == "notPresent"
