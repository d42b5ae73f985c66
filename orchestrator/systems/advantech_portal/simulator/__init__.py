"""The pretend host: its state, and its server. Known to simulation and tests alone.

A host keeps what it was told, refuses as the document says with one of its four error bodies, ages
and drifts with the clock of its world, and tells the world log what was really applied. Where no
source settles what real hosts do, `HostSpec` has a switch (`inferences.py`). Real sockets and
certificates are the business of `orchestrator.simulation`.
"""

from orchestrator.systems.advantech_portal.simulator.asgi import HostApp
from orchestrator.systems.advantech_portal.simulator.catalogue import FULL, MODELS
from orchestrator.systems.advantech_portal.simulator.faults import Fault
from orchestrator.systems.advantech_portal.simulator.handlers import ANSWERED, HANDLERS
from orchestrator.systems.advantech_portal.simulator.host import SimulatedHost
from orchestrator.systems.advantech_portal.simulator.refusals import LinkDropped
from orchestrator.systems.advantech_portal.simulator.spec import ACCOUNTS, HostSpec
from orchestrator.systems.advantech_portal.simulator.starting import (
    FACTORY_PASSWORD,
    Account,
    Command,
    DiskAtStart,
    Excursion,
    Port,
    Radio,
    ServiceAtStart,
    Versions,
)

__all__ = [
    "ACCOUNTS",
    "ANSWERED",
    "Account",
    "Command",
    "DiskAtStart",
    "Excursion",
    "FACTORY_PASSWORD",
    "FULL",
    "Fault",
    "HANDLERS",
    "HostApp",
    "HostSpec",
    "LinkDropped",
    "MODELS",
    "Port",
    "Radio",
    "ServiceAtStart",
    "SimulatedHost",
    "Versions",
]
