"""Category Manufacturing: the state that moves forward for good."""

from typing import Literal

from orchestrator.transport.endpoint import WireModel

ManufacturingStateName = Literal["Blank", "Module1Complete", "DeviceComplete", "Unknown"]
TargetState = Literal["Module1Complete", "DeviceComplete"]


class ManufacturingState(WireModel):
    """`GET /device/manufacturing_state`."""

    manufacturingState: ManufacturingStateName


class ManufacturingStateChange(WireModel):
    """`PUT /device/manufacturing_state`: only forward, never back."""

    manufacturingState: TargetState
