"""The public API of one tenant as one object: the calls of all categories together."""

from orchestrator.systems.azure_sphere_cloud.client.capability import CapabilityCalls
from orchestrator.systems.azure_sphere_cloud.client.deployments import DeploymentsCalls
from orchestrator.systems.azure_sphere_cloud.client.device_groups import DeviceGroupsCalls
from orchestrator.systems.azure_sphere_cloud.client.devices import DevicesCalls
from orchestrator.systems.azure_sphere_cloud.client.images import ImagesCalls
from orchestrator.systems.azure_sphere_cloud.client.operations import OperationsCalls
from orchestrator.systems.azure_sphere_cloud.client.products import ProductsCalls
from orchestrator.systems.azure_sphere_cloud.client.tenants import TenantsCalls


class SpherePublicApi(
    TenantsCalls,
    ProductsCalls,
    DeviceGroupsCalls,
    DevicesCalls,
    DeploymentsCalls,
    ImagesCalls,
    CapabilityCalls,
    OperationsCalls,
):
    """The public API v2 of one tenant. Use it as an async context, or close it with `aclose`.

    Every method makes its call once and raises LinkFault, DeadlineExceeded, UnusableAnswer or what
    `errors` names; StationMisuse for a value outside the documented limits, before anything is
    sent. What a line wants from a cloud is `PublicCloud`, which uses this object.
    """
