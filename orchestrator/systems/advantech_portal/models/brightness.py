"""Category Brightness: of the built-in display, in steps of the host's own."""

from orchestrator.transport.endpoint import WireModel


class Brightness(WireModel):
    """`GET /platform/api/perif/brightness`."""

    min: int
    max: int
    value: int


class BrightnessSet(WireModel):
    """`PUT /platform/api/perif/brightness`: between `min` and `max` of the GET."""

    value: int
