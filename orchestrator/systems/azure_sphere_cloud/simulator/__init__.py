"""A pretend cloud: state, both services, faults on seeded schedules, and a directory for tokens."""

from orchestrator.systems.azure_sphere_cloud.simulator.arm import ArmServer
from orchestrator.systems.azure_sphere_cloud.simulator.asgi import CloudServer
from orchestrator.systems.azure_sphere_cloud.simulator.directory import Directory
from orchestrator.systems.azure_sphere_cloud.simulator.spec import (
    OTHER_TENANT_ID,
    STOCK_GROUPS,
    TENANT_ID,
    CloudSpec,
    Inferences,
    ProductSpec,
    TenantSpec,
)
from orchestrator.systems.azure_sphere_cloud.simulator.state import Cloud

__all__ = [
    "OTHER_TENANT_ID",
    "STOCK_GROUPS",
    "TENANT_ID",
    "ArmServer",
    "Cloud",
    "CloudServer",
    "CloudSpec",
    "Directory",
    "Inferences",
    "ProductSpec",
    "TenantSpec",
]
