"""The board's answers, one module per category of the vendor's document.

A handler has the name of its row in `endpoints.py`, takes the board and the request, and returns
an `Answer` or raises `Refused`. Version, lock and routing are settled before it is called.
"""

from collections.abc import Awaitable, Callable

from orchestrator.systems.azure_sphere_device.simulator.board import SimulatedBoard
from orchestrator.systems.azure_sphere_device.simulator.handlers import (
    app,
    capability,
    certificate,
    device,
    image,
    manufacturing,
    network,
    sideload,
    wifi,
)
from orchestrator.systems.azure_sphere_device.simulator.wire import Answer, Request

Handler = Callable[[SimulatedBoard, Request], Awaitable[Answer]]

HANDLERS: dict[str, Handler] = {
    handler.__name__: handler
    for handler in (
        app.get_app_quota,
        app.get_app_status,
        app.get_memory_statistics,
        app.set_app_status,
        capability.get_device_capabilities,
        certificate.add_certificate,
        certificate.list_certificates,
        certificate.get_certificate,
        certificate.get_certificate_space,
        certificate.remove_certificate,
        device.clear_error_report_data,
        device.get_os_version,
        device.get_security_state,
        device.get_device_status,
        device.get_diagnostic_log,
        device.get_error_report_data,
        device.restart_device,
        device.get_abi_versions,
        image.get_images,
        manufacturing.get_manufacturing_state,
        manufacturing.set_manufacturing_state,
        network.configure_proxy,
        network.delete_network_proxy,
        network.list_connection_failures,
        network.list_network_interfaces,
        network.get_connection_failure,
        network.get_firewall_rulesets,
        network.get_network_interface,
        network.get_network_proxy,
        network.get_network_status,
        network.set_network_interface,
        sideload.delete_image,
        sideload.install_images,
        sideload.stage_image,
        wifi.add_wifi_network,
        wifi.change_wifi_network,
        wifi.change_wifi_interface_state,
        wifi.list_wifi_networks,
        wifi.get_wifi_network,
        wifi.get_wifi_interface_state,
        wifi.get_wifi_scan,
        wifi.remove_wifi_network,
    )
}
"""Every row of the device's table by its name."""
