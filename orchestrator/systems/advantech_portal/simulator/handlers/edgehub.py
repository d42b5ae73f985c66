"""Category EdgeHub: cloud connection, profile, tags, AppHub, the embedded broker, PEM files."""

import base64
import re
from typing import Any

from orchestrator.systems.advantech_portal.simulator.call import Call
from orchestrator.systems.advantech_portal.simulator.handlers.auth import pong
from orchestrator.systems.advantech_portal.simulator.host import SimulatedHost
from orchestrator.systems.advantech_portal.simulator.refusals import (
    APPHUB_ACTION,
    APPHUB_LOG_INVALID,
    BOOTSTRAP_INVALID,
    CONNECTION_INVALID,
    DATA_INVALID,
    EDGEBUS_INVALID,
    NO_MAC_ADDRESS,
    NO_PEM,
    Refused,
)
from orchestrator.transport.serving import Reply

_PEM = re.compile(rb"-----BEGIN ([A-Z0-9 ]{1,40})-----\s.+?-----END \1-----", re.DOTALL)


async def edgehub_ping(host: SimulatedHost, call: Call) -> Reply:
    """Say that the EdgeHub agent is alive."""
    return pong()


async def edgehub_agent_info(host: SimulatedHost, call: Call) -> Reply:
    """Tell the version of the EdgeHub agent."""
    return Reply({"version": host.spec.versions.edgehub_agent})


async def get_mac_address(host: SimulatedHost, call: Call) -> Reply:
    """Tell the hardware address to register by, as a bare text."""
    if not host.network.interfaces:
        raise Refused(NO_MAC_ADDRESS)
    return Reply(host.network.managed.mac.upper())


async def get_connection(host: SimulatedHost, call: Call) -> Reply:
    """Tell the state of the cloud connection."""
    return Reply(host.edgehub.state())


async def set_connection(host: SimulatedHost, call: Call) -> Reply:
    """Connect, with a new setting if one is given, or disconnect."""
    body = await call.members(CONNECTION_INVALID)
    if body["op"] == "disconnect":
        host.edgehub.disconnect()
        return Reply()
    if body.get("conncfg") is not None:
        host.edgehub.configure(body["conncfg"])
    host.edgehub.connect()
    return Reply()


async def get_connection_config(host: SimulatedHost, call: Call) -> Reply:
    """Tell the setting of the cloud connection."""
    return Reply(host.edgehub.shown_setting())


async def set_connection_config(host: SimulatedHost, call: Call) -> Reply:
    """Keep a setting of the cloud connection, and repeat it."""
    body = await call.members(CONNECTION_INVALID)
    host.edgehub.configure(body)
    return Reply(body)


async def clear_connection_config(host: SimulatedHost, call: Call) -> Reply:
    """Forget the setting of the cloud connection."""
    host.edgehub.clear()
    return Reply()


async def get_profile(host: SimulatedHost, call: Call) -> Reply:
    """Tell versions and functions."""
    return Reply(_profile(host))


async def send_data(host: SimulatedHost, call: Call) -> Reply:
    """Send tags to the cloud."""
    host.edgehub.send(await call.members(DATA_INVALID))
    return Reply(status=201)


async def get_apphub_status(host: SimulatedHost, call: Call) -> Reply:
    """Tell the state of AppHub."""
    return Reply({"status": host.edgehub.apphub_status()})


async def control_apphub(host: SimulatedHost, call: Call) -> Reply:
    """Start, stop or restart AppHub."""
    host.edgehub.need_apphub()
    body = await call.members(APPHUB_ACTION)
    await host.spend(host.spec.service_seconds)
    host.edgehub.control_apphub(body["action"])
    return Reply(status=204)


async def set_apphub_log(host: SimulatedHost, call: Call) -> Reply:
    """Change how AppHub writes its log."""
    host.edgehub.need_apphub()
    body = await call.members(APPHUB_LOG_INVALID)
    given = {name: body[name] for name in ("logFile", "logLevel") if body.get(name) is not None}
    if not given:
        raise Refused(APPHUB_LOG_INVALID)
    host.edgehub.set_apphub_log(given)
    return Reply(status=204)


async def get_edgebus_status(host: SimulatedHost, call: Call) -> Reply:
    """Tell the state of the embedded broker."""
    return Reply(host.edgehub.edgebus(int(host.wall().timestamp())))


async def set_edgebus(host: SimulatedHost, call: Call) -> Reply:
    """Switch the embedded broker."""
    body = await call.members(EDGEBUS_INVALID)
    host.edgehub.switch_edgebus(body["enabled"])
    return Reply({"enabled": host.edgehub.edgebus_enabled})


async def upload_pem(host: SimulatedHost, call: Call) -> Reply:
    """Check a PEM file and return it in base64."""
    try:
        content = await call.request.part("file")
    except ValueError:
        raise Refused(NO_PEM) from None
    found = _PEM.search(content)
    if found is None:
        raise Refused(NO_PEM)
    kind = found.group(1).decode()
    return Reply({"type": kind, "data": base64.b64encode(content).decode()})


async def set_bootstrap(host: SimulatedHost, call: Call) -> Reply:
    """Take the token of a tenant for mass deployment."""
    body = await call.members(BOOTSTRAP_INVALID)
    if not body["tenantToken"].strip():
        raise Refused(BOOTSTRAP_INVALID)
    host.edgehub.bootstrap()
    return Reply(status=201)


def _profile(host: SimulatedHost) -> dict[str, Any]:
    spec, versions = host.spec, host.spec.versions
    managed = host.network.managed
    found: dict[str, Any] = {
        "agent:version:auth-server": versions.auth_server,
        "agent:version:edgehub-agent": versions.edgehub_agent,
        "agent:version:edgex-helper": versions.edgex_helper,
        "agent:version:portal-service": versions.portal_service,
        "agent:version:rest-server": versions.rest_server,
        "apphub": 2 if spec.has("apphub") else 0,
        "host:display:count": host.panel.displays,
        "host:info": 1,
        "hwmon": int(spec.has("hwmon")),
        "ibmc": 0,
        "model:name": spec.model,
        "networking:interfaces": len(host.network.interfaces),
        "os": spec.os,
        "os:arch": "x86_64",
        "perif:brightness": int(host.panel.limits is not None),
        "perif:disk": len(spec.disks) if spec.has("disk") else 0,
        "perif:gpio:all": int(host.pins.count > 0),
        "perif:gpio:count": host.pins.count,
        "perif:led": len(host.panel.leds),
        "perif:wdt": int(host.watchdog.kind is not None),
        "processes": len(host.software.processes) if spec.has("processes") else 0,
        "service:list": 1,
        "system:ip": managed.address,
        "system:mac": managed.mac,
        "systemperf": 1,
    }
    if host.watchdog.kind is not None:
        shown = host.watchdog.shown()
        names = ("enabled", "timeoutInSeconds", "timeoutMaxInSeconds", "timeoutMinInSeconds")
        found |= {f"perif:wdt:{name}": shown[name] for name in names}
        found["perif:wdt:type"] = host.watchdog.kind.chip
    return found
