"""Category GPIO: pins by their index from 0."""

from typing import Literal

from orchestrator.systems.advantech_portal.models.common import Count
from orchestrator.transport.endpoint import WireModel, WireRoot

OUTPUT: Literal[0] = 0
INPUT: Literal[1] = 1
Direction = Literal[0, 1]
"""0 is an output, 1 an input."""
Level = Literal[0, 1]
"""0 is low, 1 is high."""


class GpioCount(WireModel):
    """`GET /platform/api/perif/gpio/count`."""

    count: Count


class GpioPin(WireModel):
    """One pin."""

    pin: Count
    dir: Direction
    level: Level


class GpioPins(WireRoot[list[GpioPin]]):
    """`GET /platform/api/perif/gpio/all`."""


class GpioDir(WireModel):
    """Direction of a pin: 0 is an output, 1 an input."""

    dir: Direction


class GpioLev(WireModel):
    """Level of a pin: 0 is low, 1 is high."""

    level: Level
