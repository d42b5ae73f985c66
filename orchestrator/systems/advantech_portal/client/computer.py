"""Categories H/W Monitor to Terminal: what the computer is, and what it does."""

from collections.abc import Sequence

from orchestrator.systems.advantech_portal import checks, endpoints, models
from orchestrator.systems.advantech_portal.client.streams import HostStream, StreamCalls
from orchestrator.systems.advantech_portal.client.terminal import HELLO, SUBPROTOCOL, Terminal


class ComputerCalls(StreamCalls):
    """Sensors, host, performance, devices, services and the terminal."""

    async def get_hw_monitor(self) -> models.HwMonitor:
        """Return all sensors by group. Values may be texts here: read `number`."""
        answer: models.HwMonitor = await self._call(endpoints.GET_HW_MONITOR)
        return answer

    def stream_hw_monitor(self) -> HostStream:
        """Return the sensors as events."""
        return self._single(endpoints.STREAM_HW_MONITOR)

    async def get_temperatures(self) -> Sequence[models.HwReading]:
        """Return the temperatures, in degrees Celsius."""
        answer: models.HwReadings = await self._call(endpoints.GET_TEMPERATURES)
        return answer.root

    async def get_voltages(self) -> Sequence[models.HwReading]:
        """Return the voltages, in volts."""
        answer: models.HwReadings = await self._call(endpoints.GET_VOLTAGES)
        return answer.root

    async def get_currents(self) -> Sequence[models.HwReading]:
        """Return the currents, in amperes."""
        answer: models.HwReadings = await self._call(endpoints.GET_CURRENTS)
        return answer.root

    async def get_fan_speeds(self) -> Sequence[models.HwReading]:
        """Return the speeds of the fans, in revolutions per minute."""
        answer: models.HwReadings = await self._call(endpoints.GET_FAN_SPEEDS)
        return answer.root

    async def platform_ping(self) -> str:
        """Return `pong` when the rest server lives."""
        answer: str = await self._call(endpoints.PLATFORM_PING)
        return answer

    async def platform_agent_info(self) -> models.AgentInfo:
        """Return the version of the rest server."""
        answer: models.AgentInfo = await self._call(endpoints.PLATFORM_AGENT_INFO)
        self._note_version("rest-server", answer.version)
        return answer

    async def portal_ping(self) -> str:
        """Return `pong` when the portal service lives."""
        answer: str = await self._call(endpoints.PORTAL_PING)
        return answer

    async def portal_agent_info(self) -> models.AgentInfo:
        """Return the version of the portal service."""
        answer: models.AgentInfo = await self._call(endpoints.PORTAL_AGENT_INFO)
        self._note_version("portal-service", answer.version)
        return answer

    async def irtm_ping(self) -> str:
        """Return `pong` when the iFactory RTM server lives."""
        answer: str = await self._call(endpoints.IRTM_PING)
        return answer

    async def get_host_info(self, fresh: bool = False) -> models.HostInfo:
        """Return what the computer is."""
        answer: models.HostInfo = await self._call(endpoints.GET_HOST_INFO, fresh=fresh)
        return answer

    async def get_display_count(self) -> int:
        """Return how many displays there are."""
        answer: models.DisplayCount = await self._call(endpoints.GET_DISPLAY_COUNT)
        return answer.root

    async def get_screenshot(self, index: int) -> models.Screenshot:
        """Return what a display shows, in base64. Displays are counted from 0 (inferred)."""
        path = {"index": checks.index(index, "display")}
        answer: models.Screenshot = await self._call(endpoints.GET_SCREENSHOT, path=path)
        return answer

    async def get_screenshot_file(self, index: int) -> bytes:
        """Return what a display shows, as the bytes of a picture that nobody has looked into."""
        path = {"index": checks.index(index, "display")}
        body: bytes = await self._call(
            endpoints.GET_SCREENSHOT_FILE, path=path, headers={"Accept": "image/*"}
        )
        return body

    async def get_system_perf(self) -> models.SystemPerf:
        """Return the load of processor and memory."""
        answer: models.SystemPerf = await self._call(endpoints.GET_SYSTEM_PERF)
        return answer

    async def get_cpu(self) -> models.Cpu:
        """Return the processor and its load."""
        answer: models.Cpu = await self._call(endpoints.GET_CPU)
        return answer

    async def get_memory(self) -> models.Memory:
        """Return how full the memory is."""
        answer: models.Memory = await self._call(endpoints.GET_MEMORY)
        return answer

    async def list_hw_devices(self) -> Sequence[models.HwDevice]:
        """Return the devices that the operating system knows."""
        answer: models.HwDevices = await self._call(endpoints.LIST_HW_DEVICES)
        return answer.root

    async def list_services(self) -> Sequence[models.Service]:
        """Return all services and their states."""
        answer: models.Services = await self._call(endpoints.LIST_SERVICES)
        return answer.root

    async def get_service(self, name: str) -> models.ServiceStatus:
        """Return the state of one service."""
        path = {"name": checks.service(name)}
        answer: models.ServiceStatus = await self._call(endpoints.GET_SERVICE, path=path)
        return answer

    async def control_service(self, name: str, action: models.Action) -> None:
        """Start, stop or restart a service."""
        await self._done(
            endpoints.CONTROL_SERVICE,
            path={"name": checks.service(name)},
            body=models.ServiceAction(action=action),
        )

    async def get_terminal_info(self) -> models.TerminalInfo:
        """Return which operating system's shell the terminal is."""
        answer: models.TerminalInfo = await self._call(endpoints.GET_TERMINAL_INFO)
        return answer

    async def open_terminal(
        self, columns: int = 128, rows: int = 24, hello: bool = False
    ) -> Terminal:
        """Open a shell on the host, in a window of that size. Close it with `aclose`.

        `hello` sends first what GoTTY's own page does; whether a host waits for it is not
        documented.
        """
        size = models.TerminalSize(columns=columns, rows=rows)
        socket = await self._socket(endpoints.OPEN_TERMINAL, {}, (SUBPROTOCOL,))
        terminal = Terminal(socket)
        if hello:
            await socket.send(HELLO)
        await terminal.resize(size)
        return terminal
