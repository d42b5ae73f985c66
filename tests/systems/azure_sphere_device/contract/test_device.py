"""Categories Device, Devices and Manufacturing."""

import re
from collections.abc import Callable

import pytest

from orchestrator.domain.errors import ErrorClass, LinkFault
from orchestrator.systems.azure_sphere_device.client import error_report_length
from orchestrator.systems.azure_sphere_device.endpoints import DEVICE_ENDPOINTS, OPEN
from orchestrator.systems.azure_sphere_device.errors import DeviceRefusal
from tests.systems.azure_sphere_device.calls import call
from tests.systems.azure_sphere_device.contract.target import Target


@pytest.mark.operations("getDeviceStatus", "getDeviceRestApiVersion")
async def test_every_reply_names_the_version(target: Target) -> None:
    """Uptime is in the body, the interface's version in the header."""
    async with target.device() as device:
        assert (await device.get_device_status()).uptime >= 0
        version = await device.get_device_rest_api_version()
        assert re.fullmatch(r"\d+\.\d+\.\d+", version)
        assert device.api_version == version


@pytest.mark.operations("getDeviceOsVersion", "get_abi_versions")
async def test_os_and_its_runtimes(target: Target) -> None:
    """The OS has a release, and runtimes that images are compared with."""
    async with target.device() as device:
        assert (await device.get_os_version()).osversion
        runtimes = await device.get_abi_versions()
    assert min(runtimes.ApplicationRuntime, runtimes.OSRuntime, runtimes.SecureWorldRuntime) >= 0


@pytest.mark.operations("getDeviceSecurityState")
async def test_identity_is_the_same_over_any_connection(target: Target) -> None:
    """A kept and a fresh connection lead to the same silicon."""
    async with target.device() as device:
        kept = await device.get_security_state()
        fresh = await device.get_security_state(fresh=True)
    assert kept.deviceIdentifier.lower() == fresh.deviceIdentifier.lower()


@pytest.mark.operations("getDiagnosticLog", "getErrorReportData")
async def test_log_and_error_report_are_bytes(target: Target) -> None:
    """The log is not empty; the report's length fits into it."""
    async with target.device() as device:
        assert await device.get_diagnostic_log()
        report = await device.get_error_report_data()
    assert 0 <= error_report_length(report) <= len(report)


@pytest.mark.irreversible
@pytest.mark.operations("clearErrorReportData", "getErrorReportData")
async def test_cleared_error_report_is_empty(target: Target) -> None:
    """What is cleared is gone, and clearing again is a success."""
    async with target.device() as device:
        await device.clear_error_report_data()
        assert error_report_length(await device.get_error_report_data()) == 0
        await device.clear_error_report_data()


@pytest.mark.operations("restartDevice", "getDeviceStatus")
async def test_restart_begins_with_an_answer(target: Target) -> None:
    """The board promises, goes down, and counts from nought when it is back."""
    async with target.device() as device:
        before = (await device.get_device_status()).uptime
        assert (await device.restart_device()).restartingSystem

        async def restarted() -> bool:
            try:
                return (await device.get_device_status()).uptime < max(before, 1)
            except LinkFault:
                return False

        await target.until(restarted)


@pytest.mark.operations(
    "getAttachedDevices", "rescan_devices", "getActiveDeviceIpAddress", "setActiveDeviceIpAddress"
)
async def test_service_lists_the_board(target: Target) -> None:
    """The board is listed at the address that its object belongs to."""
    async with target.service() as service, target.device() as device:
        assert await service.rescan_devices() >= 1
        listed = await service.get_attached_devices()
        assert device.address in {entry.IpAddress for entry in listed}


@pytest.mark.irreversible
@pytest.mark.operations("setManufacturingState", "getManufacturingState")
async def test_state_moves_forward_and_locks(new_target: Callable[..., Target]) -> None:
    """Step by step to DeviceComplete, each step twice; then only the open reads answer."""
    target = new_target()
    async with target.device() as device:
        for state in ("Module1Complete", "DeviceComplete"):
            now = (await device.get_manufacturing_state()).manufacturingState
            if now == "DeviceComplete":
                break
            await device.set_manufacturing_state(state)  # type: ignore[arg-type]  # two literals
            if state == "Module1Complete":
                await device.set_manufacturing_state(state)
            read = await device.get_manufacturing_state(fresh=True)
            assert read.manufacturingState == state
        capabilities = (await device.get_device_capabilities()).device_capabilities
        if set(capabilities) & {11, 13}:
            return
        for row in DEVICE_ENDPOINTS:
            if row.lock == OPEN:
                await call(device, row)
            else:
                with pytest.raises(DeviceRefusal) as caught:
                    await call(device, row)
                assert caught.value.kind is ErrorClass.RIGHTS
                assert caught.value.status == 403
