"""Category LED: levels, true for high and false for low."""

from orchestrator.transport.endpoint import WireModel, WireRoot


class LedLevels(WireRoot[list[bool]]):
    """`GET /platform/api/perif/led`: the level of each LED, by its id from 0."""


class LedLevel(WireRoot[bool]):
    """`GET /platform/api/perif/led/{id}`: a bare true or false."""


class LedStatus(WireModel):
    """`PUT /platform/api/perif/led/{id}`."""

    status: bool
