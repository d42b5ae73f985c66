"""Category Manufacturing: the state that moves forward for good."""

from orchestrator.systems.azure_sphere_device import endpoints, models
from orchestrator.systems.azure_sphere_device.client import checks
from orchestrator.systems.azure_sphere_device.client.calls import BoardCalls
from orchestrator.transport.endpoint import Empty


class ManufacturingCalls(BoardCalls):
    """The calls of category Manufacturing."""

    async def get_manufacturing_state(self, fresh: bool = False) -> models.ManufacturingState:
        """Return the manufacturing state; never locked. `Unknown` is a failed read."""
        answer: models.ManufacturingState = await self._call(
            endpoints.GET_MANUFACTURING_STATE, fresh=fresh
        )
        return answer

    async def set_manufacturing_state(self, state: models.TargetState) -> Empty:
        """Move the board forward for good. Sent once, over a connection of its own."""
        checks.one_of(state, ("Module1Complete", "DeviceComplete"), "state to move to")
        answer: Empty = await self._call(
            endpoints.SET_MANUFACTURING_STATE,
            body=models.ManufacturingStateChange(manufacturingState=state),
            fresh=True,
        )
        return answer
