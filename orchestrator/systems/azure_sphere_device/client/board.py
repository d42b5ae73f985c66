"""One board as one object: the calls of all categories together."""

from orchestrator.systems.azure_sphere_device.client.app import AppCalls
from orchestrator.systems.azure_sphere_device.client.capability import CapabilityCalls
from orchestrator.systems.azure_sphere_device.client.certificate import CertificateCalls
from orchestrator.systems.azure_sphere_device.client.device import DeviceCalls
from orchestrator.systems.azure_sphere_device.client.image import ImageCalls
from orchestrator.systems.azure_sphere_device.client.manufacturing import ManufacturingCalls
from orchestrator.systems.azure_sphere_device.client.network import NetworkCalls
from orchestrator.systems.azure_sphere_device.client.sideload import SideloadCalls
from orchestrator.systems.azure_sphere_device.client.wifi import WifiCalls


class SphereDevice(
    AppCalls,
    CapabilityCalls,
    CertificateCalls,
    DeviceCalls,
    ImageCalls,
    ManufacturingCalls,
    NetworkCalls,
    SideloadCalls,
    WifiCalls,
):
    """One board. Use it as an async context, or close it with `aclose`.

    Address, connection and API version are its own, never shared with another board. Every method
    raises LinkFault, DeadlineExceeded, UnusableAnswer, DeviceRefusal or BoardFault (see `errors`).
    Before anything is sent it raises NotSupported when the board's API version, once known, is
    older than the call, and StationMisuse for a value outside the documented limits.
    """
