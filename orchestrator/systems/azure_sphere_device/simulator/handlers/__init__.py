"""The board's answers, one module per category of the vendor's document.

A handler has the name of its row in `endpoints.py`, takes the board and the request, and returns
an `Answer` or raises `Refused`. Version, lock and routing are settled before it is called.
"""

from collections.abc import Awaitable, Callable

from orchestrator.systems.azure_sphere_device.simulator.board import SimulatedBoard
from orchestrator.systems.azure_sphere_device.simulator.handlers import (
    app,
    capability,
    device,
    image,
    manufacturing,
    sideload,
    wifi,
)
from orchestrator.systems.azure_sphere_device.simulator.wire import Answer, Request

Handler = Callable[[SimulatedBoard, Request], Awaitable[Answer]]

HANDLERS: dict[str, Handler] = {
    handler.__name__: handler
    for handler in (
        app.get_app_status,
        app.set_app_status,
        capability.get_device_capabilities,
        device.get_device_status,
        device.get_os_version,
        device.get_security_state,
        device.restart_device,
        device.get_abi_versions,
        image.get_images,
        manufacturing.get_manufacturing_state,
        manufacturing.set_manufacturing_state,
        sideload.delete_image,
        sideload.install_images,
        sideload.stage_image,
        wifi.list_wifi_networks,
    )
}
"""Every row of the device's table by its name."""
