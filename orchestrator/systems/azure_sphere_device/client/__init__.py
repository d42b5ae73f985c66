"""One board and the local service, as typed objects: one method per row of the tables.

Files and methods stand in the order of the vendor's document, one file per category. What the
document limits is checked before anything is sent. What a value means for a recipe is the steps'
business.
"""

from orchestrator.systems.azure_sphere_device.client.board import SphereDevice
from orchestrator.systems.azure_sphere_device.client.calls import SERVER_NAME
from orchestrator.systems.azure_sphere_device.client.device import error_report_length
from orchestrator.systems.azure_sphere_device.client.service import DeviceService
from orchestrator.systems.azure_sphere_device.client.sideload import (
    LINK_BYTES_PER_SECOND,
    STAGE_BASE_SECONDS,
    stage_deadline_seconds,
)

__all__ = [
    "LINK_BYTES_PER_SECOND",
    "SERVER_NAME",
    "STAGE_BASE_SECONDS",
    "DeviceService",
    "SphereDevice",
    "error_report_length",
    "stage_deadline_seconds",
]
