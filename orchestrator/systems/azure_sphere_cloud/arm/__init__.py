"""The successor of the public API: Azure Resource Manager's Microsoft.AzureSphere, 2024-04-01.

What a tenant was is a catalog here; names are ids. The same `SphereCloud` stands on it, so a line
moves by its settings. Only what a line needs is a row; the definition has more operations.
"""

from orchestrator.systems.azure_sphere_cloud.arm.api import ARM_URL, CatalogId, SphereArmApi
from orchestrator.systems.azure_sphere_cloud.arm.cloud import ArmCloud

__all__ = ["ARM_URL", "ArmCloud", "CatalogId", "SphereArmApi"]
