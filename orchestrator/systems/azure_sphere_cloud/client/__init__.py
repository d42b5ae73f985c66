"""The public API v2 as a typed object: one method per row of the table, in its order."""

from orchestrator.systems.azure_sphere_cloud.client.api import SpherePublicApi
from orchestrator.systems.azure_sphere_cloud.client.calls import CONNECTIONS, PATIENT, PUBLIC_URL

__all__ = ["CONNECTIONS", "PATIENT", "PUBLIC_URL", "SpherePublicApi"]
