"""Puts many devices into one group of the public API: requests side by side, one list at the end.

Following each operation by itself would cost several questions per device; the list of the group
answers for a thousand. Only those that do not appear are asked for one by one.
"""

from collections.abc import Callable, Sequence

from orchestrator.domain.errors import OrchestratorError, StationMisuse
from orchestrator.systems.azure_sphere_cloud import models
from orchestrator.systems.azure_sphere_cloud.claims import each_of
from orchestrator.systems.azure_sphere_cloud.client import SpherePublicApi, checks
from orchestrator.systems.azure_sphere_cloud.cloud import (
    AssignOutcome,
    AssignState,
    CloudGroup,
    Settled,
)
from orchestrator.systems.azure_sphere_cloud.errors import OperationUnfinished
from orchestrator.systems.azure_sphere_cloud.follow import Patience, until
from orchestrator.systems.azure_sphere_cloud.pages import every

_PAGE = 1000
AT_ONCE = 16
"""Moves that are requested at the same time; the shared rate still applies."""


Judge = Callable[[models.Operation, CloudGroup], None]


def state_of_move(error: OrchestratorError) -> AssignState:
    """Return what an error means for a device on its way into a group."""
    return "unknown" if error.leaves_unknown else "failed"


class MoveList:
    """One list of devices on its way into a group. `judge` turns a failed operation into an error.

    `judge` is called with an operation that has ended, and raises unless it is complete.
    """

    def __init__(
        self,
        api: SpherePublicApi,
        group: CloudGroup,
        patience: Patience,
        judge: Judge,
        settled: Settled | None,
    ) -> None:
        self._api = api
        self._group = group
        self._patience = patience
        self._judge = judge
        self._settled = settled
        self._outcomes: dict[str, AssignOutcome] = {}
        self._operations: dict[str, models.Operation] = {}

    async def run(self, device_ids: Sequence[str]) -> list[AssignOutcome]:
        """Move all and return an outcome for each of them, in the order given."""
        keys: list[str] = []
        for given in device_ids:
            try:
                keys.append(checks.device(given))
            except StationMisuse as mistake:
                keys.append(given)
                self._note(given, "failed", mistake)
        wanted = [key for key in dict.fromkeys(keys) if key not in self._outcomes]
        try:
            self._note_inside(await self._inside(), wanted, "already_there")
        except OrchestratorError as error:
            self._note_rest(wanted, error)
        await each_of(self._left(wanted), self._begin, AT_ONCE)
        if self._operations:
            await self._follow(list(self._operations))
        return [self._outcomes[key] for key in keys]

    def _note(
        self, device_id: str, state: AssignState, error: OrchestratorError | None = None
    ) -> None:
        if device_id in self._outcomes:
            return
        self._outcomes[device_id] = AssignOutcome(device_id, state, error)
        if self._settled is not None:
            self._settled(self._outcomes[device_id])

    def _note_rest(self, wanted: Sequence[str], error: OrchestratorError) -> None:
        for device_id in self._left(wanted):
            self._note(device_id, state_of_move(error), error)

    def _note_inside(self, inside: set[str], wanted: Sequence[str], state: AssignState) -> None:
        for device_id in wanted:
            if device_id in inside:
                self._note(device_id, state)

    def _left(self, wanted: Sequence[str]) -> list[str]:
        return [each for each in wanted if each not in self._outcomes]

    async def _inside(self) -> set[str]:
        async def page(token: str | None) -> tuple[list[models.Device], str | None]:
            answer = await self._api.list_devices_in_group(self._group.group_id, _PAGE, token)
            return answer.Items, answer.ContinuationToken

        return {each.DeviceId.lower() for each in await every(page, "devices")}

    async def _begin(self, device_id: str) -> None:
        try:
            moved = await self._api.move_device(device_id, self._group.group_id)
            self._operations[device_id] = moved
        except OrchestratorError as error:
            self._note(device_id, state_of_move(error), error)

    async def _follow(self, wanted: list[str]) -> None:
        async def look() -> bool | None:
            before = len(self._left(wanted))
            self._note_inside(await self._inside(), wanted, "assigned")
            left = self._left(wanted)
            if left and len(left) == before:
                await each_of(left, self._ask)
            return True if not self._left(wanted) else None

        try:
            await until(look, self._patience, self._patience.within)
        except OrchestratorError as error:
            self._note_rest(wanted, error)
        for device_id in self._left(wanted):
            operation = self._operations[device_id]
            unfinished = OperationUnfinished(
                operation.OperationId, operation.kind, self._patience.within
            )
            self._note(device_id, "unknown", unfinished)

    async def _ask(self, device_id: str) -> None:
        """Settle a device whose operation has ended without showing it in the group."""
        operation = await self._api.get_operation(self._operations[device_id].OperationId)
        if not operation.ended:
            return
        try:
            self._judge(operation, self._group)
        except OrchestratorError as error:
            self._note(device_id, state_of_move(error), error)
        else:
            self._note(device_id, "assigned")
