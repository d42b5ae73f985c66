"""Category Redundant Power: the two power inputs."""

from typing import Literal

from orchestrator.transport.endpoint import WireModel


class PowerInputs(WireModel):
    """`GET /platform/api/perif/redundant_power`, and the event `pwrstatus`: 1 has power, 0 none."""

    vin1State: Literal[0, 1]
    vin2State: Literal[0, 1]
