"""The slots of a station with their pipelines, as one thing to ask and to act on."""

from collections.abc import Iterator

from orchestrator.domain.errors import StationFault
from orchestrator.domain.unit import DeviceIdentity
from orchestrator.station.pipeline import Pipeline


class UnknownSlot(StationFault):
    """This station has no slot of that name."""


class Floor:
    """All pipelines, in the order in which their slots were opened."""

    def __init__(self) -> None:
        self._pipelines: dict[str, Pipeline] = {}

    def add(self, pipeline: Pipeline) -> None:
        """Take a further slot; its name is the only one of its kind."""
        self._pipelines[pipeline.slot.name] = pipeline

    def at(self, slot: str) -> Pipeline:
        """Return the pipeline of that slot. Raises UnknownSlot."""
        pipeline = self._pipelines.get(slot)
        if pipeline is None:
            raise UnknownSlot(
                f"This station has no slot {slot!r}", remedy="Use a name as it is on the fixture"
            )
        return pipeline

    def running(self) -> set[str]:
        """Return the ids of the runs that are under way."""
        return {pipeline.running for pipeline in self}

    def look_again(self) -> None:
        """Have every slot look whether the line is open."""
        for pipeline in self:
            pipeline.look_again()

    def decided(self, identity: DeviceIdentity) -> None:
        """Let that board go on, wherever it sits."""
        for pipeline in self:
            pipeline.decided(identity)

    @property
    def busy(self) -> bool:
        """True while a board is being worked on."""
        return any(pipeline.busy for pipeline in self)

    def holder(self, serial_number: str) -> str:
        """Return the slot in which a board with that serial number sits, empty for none."""
        for pipeline in self:
            if pipeline.serial_number == serial_number:
                return pipeline.slot.name
        return ""

    def __iter__(self) -> Iterator[Pipeline]:
        return iter(tuple(self._pipelines.values()))
