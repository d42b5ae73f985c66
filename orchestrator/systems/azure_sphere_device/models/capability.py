"""Category Capability: what the board permits beyond its manufacturing state."""

from orchestrator.transport.endpoint import WireModel


class DeviceCapabilities(WireModel):
    """`GET /device/capabilities`: numbers; empty means none. Blank boards always show 12."""

    device_capabilities: list[int]
