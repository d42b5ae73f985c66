"""Categories H/W Monitor, Platform, Portal, Host Information, System Performance and Devices."""

import base64
from typing import Any

from orchestrator.systems.advantech_portal.simulator.call import Call
from orchestrator.systems.advantech_portal.simulator.handlers.auth import pong
from orchestrator.systems.advantech_portal.simulator.host import SimulatedHost
from orchestrator.systems.advantech_portal.simulator.picture import pixels, png
from orchestrator.systems.advantech_portal.simulator.refusals import (
    NO_DISPLAY,
    NOT_AVAILABLE,
    Refused,
)
from orchestrator.systems.advantech_portal.simulator.starting import Group
from orchestrator.transport.serving import Reply


def _need_monitor(host: SimulatedHost) -> None:
    if not host.spec.has("hwmon"):
        raise Refused(NOT_AVAILABLE)


async def get_hw_monitor(host: SimulatedHost, call: Call) -> Reply:
    """Return all sensors, their values as texts where the host writes them so."""
    _need_monitor(host)
    found = host.sensors.monitor(host.now())
    for group in found.values():
        for reading in group:
            if host.spec.collective_values_as_text:
                reading["value"] = str(reading["value"])
            if host.spec.collective_spells_vcore and reading["name"] == "Vcore":
                reading["name"] = "VCore"
    return Reply(found)


def _group(host: SimulatedHost, group: Group) -> Reply:
    _need_monitor(host)
    found = host.sensors.group(group, host.now())
    if not found:
        raise Refused(NOT_AVAILABLE)
    return Reply(found)


async def get_temperatures(host: SimulatedHost, call: Call) -> Reply:
    """Return the temperatures."""
    return _group(host, "temperature")


async def get_voltages(host: SimulatedHost, call: Call) -> Reply:
    """Return the voltages."""
    return _group(host, "voltage")


async def get_currents(host: SimulatedHost, call: Call) -> Reply:
    """Return the currents."""
    return _group(host, "current")


async def get_fan_speeds(host: SimulatedHost, call: Call) -> Reply:
    """Return the fan speeds."""
    return _group(host, "fanspeed")


async def platform_ping(host: SimulatedHost, call: Call) -> Reply:
    """Say that the rest server is alive."""
    return pong()


async def platform_agent_info(host: SimulatedHost, call: Call) -> Reply:
    """Tell the version of the rest server."""
    return Reply({"version": host.spec.versions.rest_server})


async def portal_ping(host: SimulatedHost, call: Call) -> Reply:
    """Say that the portal service is alive."""
    return pong()


async def portal_agent_info(host: SimulatedHost, call: Call) -> Reply:
    """Tell the version of the portal service."""
    return Reply({"version": host.spec.versions.portal_service})


async def irtm_ping(host: SimulatedHost, call: Call) -> Reply:
    """Say that the iFactory RTM server is alive."""
    return pong()


async def get_host_info(host: SimulatedHost, call: Call) -> Reply:
    """Tell what the computer is."""
    spec = host.spec
    windows = spec.os == "windows"
    found: dict[str, Any] = {
        "biosSerialNumber": spec.bios_serial_number or spec.serial,
        "biosUUID": spec.guid("bios"),
        "biosVersion": spec.bios_version,
        "bootCount": host.boot_count,
        "bootTime": int(host.wall().timestamp()) - host.uptime_seconds,
        "deviceName": spec.model,
        "dockerVersion": "Docker version 19.03.13, build 4484c46d9d",
        "ecVersion": "0.5",
        "hostid": spec.guid("host"),
        "hostname": spec.name,
        "kernelArch": "x86_64",
        "os": spec.os,
        "platform": "Microsoft Windows 10 Enterprise LTSC 2019" if windows else "ubuntu 22.04",
        "releaseDate": "01/23/2019",
        "upTime": host.uptime_seconds,
    }
    if spec.image_version:
        found["imageVersion"] = spec.image_version
    return Reply(found)


async def get_display_count(host: SimulatedHost, call: Call) -> Reply:
    """Tell how many displays there are, as a bare number."""
    return Reply(host.panel.displays)


def _screenshot(host: SimulatedHost, call: Call) -> bytes:
    index = call.parameter("index")
    fits = index.isascii() and index.isdigit() and len(index) < 4
    number = int(index) - host.spec.first_display if fits else -1
    if not 0 <= number < host.panel.displays:
        raise Refused(NO_DISPLAY)
    return png(pixels(host.spec.digest(f"display {number}"), lit=host.panel.display_on))


async def get_screenshot(host: SimulatedHost, call: Call) -> Reply:
    """Show a display, as JSON."""
    data = base64.b64encode(_screenshot(host, call)).decode()
    return Reply({"data": data, "mediaType": "image/png"})


async def get_screenshot_file(host: SimulatedHost, call: Call) -> Reply:
    """Show a display, as a picture."""
    return Reply(raw=_screenshot(host, call), content_type="image/png")


async def get_system_perf(host: SimulatedHost, call: Call) -> Reply:
    """Tell the load of processor and memory."""
    return Reply(host.load.perf(host.now()))


async def get_cpu(host: SimulatedHost, call: Call) -> Reply:
    """Tell the load of the processor."""
    return Reply(host.load.cpu(host.now()))


async def get_memory(host: SimulatedHost, call: Call) -> Reply:
    """Tell the use of the memory."""
    return Reply(host.load.memory(host.now()))


async def list_hw_devices(host: SimulatedHost, call: Call) -> Reply:
    """List the hardware."""
    rows: list[dict[str, str]] = [
        {
            "class": "ACPI",
            "instancePath": "ACPI\\PNP0000\\4&15FBC11C&0",
            "name": "Programmable interrupt controller",
            "status": "stopped",
        },
        {
            "class": "PCI",
            "instancePath": "PCI\\VEN_8086&DEV_9D15&SUBSYS_72708086&REV_F1\\3&11583659&0&E0",
            "name": "PCI-to-PCI Bridge",
            "vendorID": "8086",
            "deviceID": "9D15",
            "status": "running",
        },
        {
            "class": "USB",
            "instancePath": "USB\\VID_05E3&PID_0612\\5&2C705BFE&0&15",
            "name": "Generic SuperSpeed USB Hub",
            "vendorID": "05E3",
            "deviceID": "0612",
            "status": "running",
        },
    ]
    return Reply(rows)
