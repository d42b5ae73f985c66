"""Calls to a host. `AdvantechHost` is one computer; its members stand by category."""

from orchestrator.systems.advantech_portal.client.host import AdvantechHost
from orchestrator.systems.advantech_portal.client.streams import (
    EventUnusable,
    HostEvent,
    HostStream,
    StreamLost,
    StreamNews,
    StreamOpened,
)
from orchestrator.systems.advantech_portal.client.terminal import Terminal, TerminalMessage

__all__ = [
    "AdvantechHost",
    "EventUnusable",
    "HostEvent",
    "HostStream",
    "StreamLost",
    "StreamNews",
    "StreamOpened",
    "Terminal",
    "TerminalMessage",
]
