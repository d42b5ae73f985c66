"""What the event streams carry, and which call reads the same value."""

from collections.abc import Mapping
from typing import NamedTuple

from pydantic import BaseModel

from orchestrator.systems.advantech_portal import models
from orchestrator.systems.advantech_portal.endpoints.computer import (
    GET_HW_MONITOR,
    GET_SYSTEM_PERF,
    STREAM_HW_MONITOR,
)
from orchestrator.systems.advantech_portal.endpoints.periphery import (
    GET_REDUNDANT_POWER,
    LIST_DISKS,
    STREAM_DISKS,
    STREAM_REDUNDANT_POWER,
)
from orchestrator.systems.advantech_portal.endpoints.system import (
    LIST_INTERFACES,
    LIST_PROCESSES,
    STREAM_INTERFACES,
    STREAM_PROCESSES,
)
from orchestrator.transport.endpoint import Endpoint


class Event(NamedTuple):
    """One event of a stream: its name, its data, and the call that reads the same value."""

    name: str
    model: type[BaseModel]
    read: Endpoint | None


EVENTS: tuple[Event, ...] = (
    Event("diskdrives", models.Disks, LIST_DISKS),
    Event("hwmon", models.HwMonitor, GET_HW_MONITOR),
    Event("netifaces", models.NetInterfaces, LIST_INTERFACES),
    Event("processes", models.Processes, LIST_PROCESSES),
    Event("pwrstatus", models.PowerInputs, GET_REDUNDANT_POWER),
    Event("snmptrap", models.AnyValue, None),
    Event("systemperf", models.SystemPerf, GET_SYSTEM_PERF),
)
"""What the combined stream carries. The document names the events only: the data are taken to be
those of the streams and calls of the same subject, and a trap is left open."""

SINGLE_STREAMS: Mapping[str, Event] = {
    STREAM_HW_MONITOR.name: Event("message", models.HwMonitor, GET_HW_MONITOR),
    STREAM_DISKS.name: Event("message", models.Disks, LIST_DISKS),
    STREAM_REDUNDANT_POWER.name: Event("message", models.PowerInputs, GET_REDUNDANT_POWER),
    STREAM_INTERFACES.name: Event("message", models.NetInterfaces, LIST_INTERFACES),
    STREAM_PROCESSES.name: Event("message", models.Processes, LIST_PROCESSES),
}
"""By the name of its row: the one event of each single stream."""
