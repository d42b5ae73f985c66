"""What a host does with each call: one function per row, by the row's name.

Files follow the categories of the document. The doors behind a path, event streams and WebSockets,
are opened by `streams.py` and `sockets.py`; here stands which name leads to which of them.
"""

from collections.abc import Awaitable, Callable
from types import ModuleType

from orchestrator.systems.advantech_portal.endpoints import HOST_ENDPOINTS
from orchestrator.systems.advantech_portal.simulator.call import Call
from orchestrator.systems.advantech_portal.simulator.handlers import (
    auth,
    computer,
    control,
    edgehub,
    etp,
    networking,
    periphery,
    software,
)
from orchestrator.systems.advantech_portal.simulator.host import SimulatedHost
from orchestrator.transport.serving import Reply

Handler = Callable[[SimulatedHost, Call], Awaitable[Reply]]

_FILES: tuple[ModuleType, ...] = (
    auth,
    computer,
    control,
    edgehub,
    etp,
    networking,
    periphery,
    software,
)


def _handler(name: str) -> Handler:
    found: Handler = next(getattr(file, name) for file in _FILES if hasattr(file, name))
    return found


HANDLERS: dict[str, Handler] = {
    row.name: _handler(row.name) for row in HOST_ENDPOINTS if not row.door
}
"""The plain calls."""

STREAMS: dict[str, tuple[str, ...]] = {
    "stream_hw_monitor": ("hwmon",),
    "stream_disks": ("diskdrives",),
    "stream_redundant_power": ("pwrstatus",),
    "stream_interfaces": ("netifaces",),
    "stream_processes": ("processes",),
    "stream_events": (
        "diskdrives",
        "hwmon",
        "netifaces",
        "processes",
        "pwrstatus",
        "snmptrap",
        "systemperf",
    ),
}
"""The event streams: row, and the names of the events it carries."""

SOCKETS: tuple[str, ...] = ("open_terminal", "open_remote_desktop")
"""The WebSockets, by row."""

ANSWERED: frozenset[str] = frozenset({*HANDLERS, *STREAMS, *SOCKETS})
"""Every row that the simulator answers."""
