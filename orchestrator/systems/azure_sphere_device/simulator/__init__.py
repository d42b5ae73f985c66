"""The pretend board and the pretend local service: state, ASGI applications, faults.

A board refuses what a real one refuses, with the same status and error number; where no source
settles what real boards do, `BoardSpec` has a switch. Files follow the vendor's categories. Real
sockets, addresses and certificates are the business of `orchestrator.simulation`.
"""

from orchestrator.systems.azure_sphere_device.simulator.asgi import BoardServer, board_app
from orchestrator.systems.azure_sphere_device.simulator.board import SimulatedBoard
from orchestrator.systems.azure_sphere_device.simulator.faults import Fault
from orchestrator.systems.azure_sphere_device.simulator.refusals import LinkDropped
from orchestrator.systems.azure_sphere_device.simulator.service import LocalService, Slot
from orchestrator.systems.azure_sphere_device.simulator.spec import (
    BoardSpec,
    os_catalogue,
)
from orchestrator.systems.azure_sphere_device.simulator.starting import (
    LeftoverImage,
    ProxySetting,
    RadioNetwork,
    SavedNetwork,
    StoredCertificate,
)
from orchestrator.systems.azure_sphere_device.simulator.world import Happening, World

__all__ = [
    "BoardServer",
    "BoardSpec",
    "Fault",
    "Happening",
    "LeftoverImage",
    "LinkDropped",
    "LocalService",
    "ProxySetting",
    "RadioNetwork",
    "SavedNetwork",
    "SimulatedBoard",
    "Slot",
    "StoredCertificate",
    "World",
    "board_app",
    "os_catalogue",
]
