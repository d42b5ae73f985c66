"""The other end of HTTP, for simulators: routes from a table, requests, answers, faults, world.

What every pretend system shares. What it knows and refuses is its room's business.
"""

from orchestrator.transport.serving.faults import Fault
from orchestrator.transport.serving.routes import Route, Routes, WrongMethod
from orchestrator.transport.serving.schedule import FaultPlan
from orchestrator.transport.serving.server import PretendService, Throttle
from orchestrator.transport.serving.wire import (
    AnswerLost,
    Receive,
    Received,
    Reply,
    Scope,
    Send,
    send_reply,
)
from orchestrator.transport.serving.world import Happening, World, ignore

__all__ = [
    "AnswerLost",
    "Fault",
    "FaultPlan",
    "Happening",
    "PretendService",
    "Receive",
    "Received",
    "Reply",
    "Route",
    "Routes",
    "Scope",
    "Send",
    "Throttle",
    "World",
    "WrongMethod",
    "ignore",
    "send_reply",
]
