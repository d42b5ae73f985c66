"""Category App: quota, state and memory of applications, start, stop and debug.

Boards give one unknown component three different answers; each is what the vendor's tests saw.
"""

import re

from orchestrator.systems.azure_sphere_device import models
from orchestrator.systems.azure_sphere_device.simulator import refusals
from orchestrator.systems.azure_sphere_device.simulator.board import SimulatedBoard
from orchestrator.systems.azure_sphere_device.simulator.refusals import Refused
from orchestrator.systems.azure_sphere_device.simulator.storage import AppState, Component
from orchestrator.systems.azure_sphere_device.simulator.wire import Answer, Request

_GUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_DEBUG_SERVER = "gdbserver"
_STATES: dict[str, AppState] = {"start": "running", "stop": "stopped", "startDebug": "debugging"}
_PORTS = {"gdbPort": 2345, "outPort": 2342}
# Assumed; a board without applications uses as much as the vendor's sample shows.
_KERNEL_BYTES, _IDLE_BYTES, _APP_BYTES, _FIRST_PID = 49152, 98304, 40960, 120


def component_id(request: Request) -> str:
    """Return the component id of the path in lower case. Raises Refused when it is none."""
    text = request.parameters["componentID"].lower()
    if not _GUID.fullmatch(text):
        raise Refused(refusals.BAD_COMPONENT_ID)
    return text


async def get_app_status(board: SimulatedBoard, request: Request) -> Answer:
    """Answer 200 with notPresent for a component that is not there, staged or unknown."""
    component = board.storage.application(component_id(request))
    return Answer(models.AppStatus(state=component.state if component else "notPresent"))


async def get_app_quota(board: SimulatedBoard, request: Request) -> Answer:
    """Answer the mutable storage of an application; an unknown one is not found (14.12)."""
    component = board.storage.application(component_id(request))
    if component is None:
        raise Refused(refusals.QUOTA_NOT_PRESENT)
    limit = component.package.mutable_storage_kb
    return Answer(models.AppQuota(UsageKB=min(component.used_kb, limit), LimitKB=limit))


async def get_memory_statistics(board: SimulatedBoard, _request: Request) -> Answer:
    """Answer what the applications that run use together and each by itself."""
    recorded = board.spec.recorded
    if recorded is not None and recorded.memory is not None:
        return Answer(recorded.memory)
    running = board.storage.running
    user = _IDLE_BYTES + _APP_BYTES * len(running)
    board.peak_memory_bytes = max(board.peak_memory_bytes, user)
    totals = models.MemoryTotals(
        currentMemoryUsageInBytes=user + _KERNEL_BYTES,
        userModeMemoryUsageInBytes=user,
        peakUserModeMemoryUsageInBytes=board.peak_memory_bytes,
    )
    apps = [_memory(component, _FIRST_PID + turn) for turn, component in enumerate(running)]
    return Answer(models.MemoryStatistics(memoryStats=totals, apps=apps))


async def set_app_status(board: SimulatedBoard, request: Request) -> Answer:
    """Start, stop or debug; an unknown component is a conflict (14.12)."""
    change: models.AppTrigger = await request.json(models.AppTrigger)
    component = board.storage.application(component_id(request))
    if component is None:
        raise Refused(refusals.APP_NOT_PRESENT)
    if board.spec.app_control_needs_capability and not board.may_develop:
        raise Refused(refusals.DEVELOPMENT_NEEDED)
    if change.trigger == "startDebug" and not _has_debug_server(board):
        raise Refused(refusals.NO_DEBUGGER)
    _change_state(board, component, _STATES[change.trigger])
    ports = _PORTS if component.state == "debugging" else {}
    return Answer({"state": component.state, **ports})


def _has_debug_server(board: SimulatedBoard) -> bool:
    return any(
        component.package.name == _DEBUG_SERVER for component in board.storage.installed.values()
    )


def _change_state(board: SimulatedBoard, component: Component, state: AppState) -> None:
    if component.state != state:
        component.state = state
        board.report("app_status", component_id=component.package.component_id, state=state)


def _memory(component: Component, pid: int) -> models.AppMemory:
    heap = models.HeapUser(name="heap", usageInBytes=_APP_BYTES // 2)
    process = models.AppProcess(pid=pid, heapUsageByCaller=[heap])
    return models.AppMemory(componentId=component.package.component_id, processes=[process])
