"""Category Service: the services of the operating system."""

from orchestrator.systems.advantech_portal.models.common import Action, ServiceState
from orchestrator.transport.endpoint import WireModel, WireRoot


class Service(WireModel):
    """One service of the list."""

    name: str
    status: ServiceState
    displayName: str | None = None
    description: str | None = None


class Services(WireRoot[list[Service]]):
    """`GET /platform/api/service/list`."""


class ServiceStatus(WireModel):
    """`GET /platform/api/service/{name}`."""

    status: ServiceState


class ServiceAction(WireModel):
    """What is to be done with a service, AppHub included."""

    action: Action
