"""The pretend portal: its state, and its server. Known to simulation and tests alone."""

from orchestrator.systems.iot_hub_portal.simulator.asgi import PortalServer
from orchestrator.systems.iot_hub_portal.simulator.handlers import HANDLERS
from orchestrator.systems.iot_hub_portal.simulator.spec import PortalSpec
from orchestrator.systems.iot_hub_portal.simulator.state import Portal

__all__ = ["HANDLERS", "Portal", "PortalServer", "PortalSpec"]
