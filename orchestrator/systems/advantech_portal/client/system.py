"""Categories Networking to ETP: what the computer is told."""

from collections.abc import Collection, Sequence
from typing import Literal

from pydantic import SecretStr

from orchestrator.systems.advantech_portal import checks, endpoints, models
from orchestrator.systems.advantech_portal.client.streams import HostStream, StreamCalls
from orchestrator.systems.advantech_portal.errors import supported
from orchestrator.transport.websocket import Socket


class SystemCalls(StreamCalls):
    """Networks, processes, restart, displays, all events, and the ETP memory."""

    async def list_interfaces(self) -> Sequence[models.NetInterface]:
        """Return all network interfaces."""
        answer: models.NetInterfaces = await self._call(endpoints.LIST_INTERFACES)
        return answer.root

    def stream_interfaces(self) -> HostStream:
        """Return the network interfaces as events."""
        return self._single(endpoints.STREAM_INTERFACES)

    async def set_route_order(self, uuids: Sequence[str], ipv6: bool = False) -> None:
        """Order the interfaces for routing, the most preferred first."""
        body = models.RouteOrder(ipv6=ipv6, sortedGUIDList=checks.route(uuids))
        await self._done(endpoints.SET_ROUTE_ORDER, body=body)

    async def set_ipv4_config(self, interface: int, config: models.Ipv4Config) -> models.Ipv4Config:
        """Set a fixed address. The answer may be lost when it is the address that we ask at."""
        path = {"ifIndex": checks.index(interface, "interface")}
        answer: models.Ipv4Config = await self._call(
            endpoints.SET_IPV4_CONFIG, path=path, body=checks.ipv4(config)
        )
        return answer

    async def enable_dhcp(self, interface: int) -> None:
        """Let an interface get its address by DHCP. The answer may be lost."""
        path = {"ifIndex": checks.index(interface, "interface")}
        await self._done(endpoints.ENABLE_DHCP, path=path)

    async def list_wifi_adapters(self) -> Sequence[models.WifiAdapter]:
        """Return the Wi-Fi adapters and the networks that they know."""
        answer: models.WifiAdapters = await self._call(endpoints.LIST_WIFI_ADAPTERS)
        return answer.root

    async def list_wifi_networks(self, adapter: str) -> Sequence[models.WifiNetwork]:
        """Return the networks that an adapter sees, by its uuid."""
        path = {"uuid": checks.segment(adapter, "adapter id")}
        answer: models.WifiNetworks = await self._call(endpoints.LIST_WIFI_NETWORKS, path=path)
        return answer.root

    async def delete_wifi_profile(self, adapter: str, name: str) -> None:
        """Let an adapter forget a network."""
        path = {
            "uuid": checks.segment(adapter, "adapter id"),
            "name": checks.segment(name, "profile name"),
        }
        await self._done(endpoints.DELETE_WIFI_PROFILE, path=path)

    async def list_processes(self) -> Sequence[models.Process]:
        """Return what runs."""
        answer: models.Processes = await self._call(endpoints.LIST_PROCESSES)
        return answer.root

    def stream_processes(self) -> HostStream:
        """Return what runs, as events."""
        return self._single(endpoints.STREAM_PROCESSES)

    async def kill_process(self, pid: int) -> None:
        """Kill a process."""
        await self._done(endpoints.KILL_PROCESS, path={"pid": checks.index(pid, "process")})

    async def reboot(self) -> None:
        """Restart the computer. The answer may be lost on the way."""
        await self._done(endpoints.REBOOT, fresh=True)

    async def shutdown(self) -> None:
        """Shut the computer down. The answer may be lost on the way."""
        await self._done(endpoints.SHUTDOWN, fresh=True)

    async def has_display_switch(self) -> bool:
        """Return whether the display can be switched on and off."""
        return await supported(self._call(endpoints.HAS_DISPLAY_SWITCH)) is not None

    async def switch_display(self, status: Literal["on", "off"]) -> None:
        """Switch the display on or off."""
        await self._done(endpoints.SWITCH_DISPLAY, body=models.DisplaySwitch(status=status))

    async def create_remote_desktop(self) -> models.RemoteDesktop:
        """Prepare a remote desktop and return its id and VNC password."""
        answer: models.RemoteDesktop = await self._call(endpoints.CREATE_REMOTE_DESKTOP)
        return answer

    async def open_remote_desktop(self, desktop: models.RemoteDesktop) -> Socket:
        """Open a prepared remote desktop: a stream of VNC (RFC 6143) in binary messages."""
        return await self._socket(endpoints.OPEN_REMOTE_DESKTOP, {"id": desktop.id})

    def stream_events(self, names: Collection[str] | None = None) -> HostStream:
        """Return all events of the host, or those of `names` (see `endpoints.EVENTS`)."""
        return self._combined(names)

    async def get_etp_device_data(self, fresh: bool = False) -> models.EtpDeviceData:
        """Return what the vendor wrote into the ETP memory."""
        answer: models.EtpDeviceData = await self._call(endpoints.GET_ETP_DEVICE_DATA, fresh=fresh)
        return answer

    async def get_etp_user_data(self, fresh: bool = False) -> models.EtpUserData:
        """Return both user spaces, and whether they are locked."""
        answer: models.EtpUserData = await self._call(endpoints.GET_ETP_USER_DATA, fresh=fresh)
        return answer

    async def set_etp_user_data(self, space1: str, space2: str) -> models.EtpUserSpaces:
        """Write both user spaces, each at most 128 bytes."""
        body = models.EtpUserSpaces(
            userSpace1=checks.user_space(space1, "User space 1"),
            userSpace2=checks.user_space(space2, "User space 2"),
        )
        answer: models.EtpUserSpaces = await self._call(
            endpoints.SET_ETP_USER_DATA, body=body, fresh=True
        )
        return answer

    async def get_etp_lock(self, fresh: bool = False) -> models.EtpLock:
        """Return whether the user area is locked."""
        answer: models.EtpLock = await self._call(endpoints.GET_ETP_LOCK, fresh=fresh)
        return answer

    async def set_etp_lock(self, locked: bool, password: SecretStr) -> models.EtpLock:
        """Lock or unlock the user area with a password of 1 to 8 bytes."""
        body = models.EtpLockSet(locked=locked, password=checks.lock_password(password))
        answer: models.EtpLock = await self._call(endpoints.SET_ETP_LOCK, body=body, fresh=True)
        return answer
