"""Claims lists of devices: batches, owner first, one outcome per device, nothing lost.

Shared by both services. A claim cannot be undone, but claiming an own device again changes
nothing; therefore a request whose answer was lost is sent again, once, and only for the devices
that the cloud still does not show as ours after the settling time.
"""

from collections.abc import Awaitable, Callable, Sequence
from typing import Protocol

import anyio

from orchestrator.domain.errors import (
    ErrorClass,
    OrchestratorError,
    ProductFault,
    StationMisuse,
)
from orchestrator.systems.azure_sphere_cloud.client import checks
from orchestrator.systems.azure_sphere_cloud.cloud import (
    Claim,
    ClaimOutcome,
    ClaimState,
    CloudDevice,
    Noted,
)
from orchestrator.systems.azure_sphere_cloud.errors import (
    OperationFailed,
    OperationUnfinished,
)
from orchestrator.systems.azure_sphere_cloud.follow import Patience, until

AT_ONCE = 8
"""Devices that are asked for at the same time; the shared rate still applies."""

_SENDS = 2


class Claimant(Protocol):
    """What a service must be able to do for its lists."""

    async def find_devices(self, device_ids: Sequence[str]) -> dict[str, CloudDevice]:
        """Return those of the devices that this owner has."""
        ...

    async def claim(self, device_id: str) -> Claim:
        """Claim one device."""
        ...

    async def claim_batch(self, device_ids: Sequence[str]) -> str:
        """Claim several in one request and wait for its end; return the operation's id."""
        ...


def state_of(error: OrchestratorError) -> ClaimState:
    """Return what an error means for the device that it is about."""
    if isinstance(error, ProductFault | StationMisuse) or error.kind is ErrorClass.INPUT:
        return "refused"
    return "unknown" if error.leaves_unknown else "failed"


def _is_lost(error: OrchestratorError) -> bool:
    """Tell a request whose answer was lost from one that was answered."""
    return error.leaves_unknown and not isinstance(error, OperationFailed | OperationUnfinished)


class ClaimList:
    """One list of devices on its way into the cloud."""

    def __init__(
        self, cloud: Claimant, patience: Patience, batch: int, noted: Noted | None
    ) -> None:
        self._cloud = cloud
        self._patience = patience
        self._batch = batch
        self._noted = noted
        self._outcomes: dict[str, ClaimOutcome] = {}

    async def run(self, device_ids: Sequence[str]) -> list[ClaimOutcome]:
        """Claim all and return an outcome for each of them, in the order given."""
        keys: list[str] = []
        for given in device_ids:
            try:
                keys.append(checks.device(given))
            except StationMisuse as mistake:
                keys.append(given)
                if given not in self._outcomes:
                    self._note(given, "refused", mistake)
        wanted = [key for key in dict.fromkeys(keys) if key not in self._outcomes]
        for start in range(0, len(wanted), self._batch):
            await self._claim(wanted[start : start + self._batch])
        return [self._outcomes[key] for key in keys]

    def _note(
        self,
        device_id: str,
        state: ClaimState,
        error: OrchestratorError | None = None,
        operation_id: str = "",
    ) -> None:
        outcome = ClaimOutcome(device_id, state, error, operation_id)
        self._outcomes[device_id] = outcome
        if self._noted is not None:
            self._noted(outcome)

    async def _claim(self, wanted: Sequence[str]) -> None:
        left = list(wanted)
        lost: OrchestratorError | None = None
        for _ in range(_SENDS):
            try:
                state: ClaimState = "claimed" if lost else "already_ours"
                left = await self._ours(left, state, settle=lost is not None)
            except OrchestratorError as error:
                self._note_rest(left, "unknown" if lost else "failed", lost or error)
                return
            if not left:
                return
            try:
                operation = await self._cloud.claim_batch(left)
            except OrchestratorError as error:
                if not _is_lost(error):
                    await self._settle(left, error)
                    return
                lost = error
            else:
                for device_id in left:
                    self._note(device_id, "claimed", operation_id=operation)
                return
        self._note_rest(await self._ours_or_all(left, settle=True), "unknown", lost)

    async def _settle(self, left: list[str], error: OrchestratorError) -> None:
        """Give each device of a batch what the batch's error means for it."""
        if isinstance(error, OperationUnfinished):
            self._note_rest(await self._ours_or_all(left), "unknown", error)
        elif isinstance(error, OperationFailed) or error.kind is ErrorClass.INPUT:
            # A few bad ids spoil a batch, and only one by one does the cloud say which.
            await self._one_by_one(await self._ours_or_all(left))
        else:
            self._note_rest(left, state_of(error), error)

    def _note_rest(
        self, left: Sequence[str], state: ClaimState, error: OrchestratorError | None
    ) -> None:
        for device_id in left:
            if device_id not in self._outcomes:
                self._note(device_id, state, error)

    async def _ours(self, left: list[str], state: ClaimState, *, settle: bool) -> list[str]:
        """Note the devices that are ours, and return the others, after the settling time."""
        missing = list(left)

        async def look() -> bool | None:
            found = await self._cloud.find_devices(missing)
            for device_id in [each for each in missing if each in found]:
                self._note(device_id, state)
                missing.remove(device_id)
            return True if not missing else None

        await until(look, self._patience, self._patience.settle if settle else 0.0)
        return missing

    async def _ours_or_all(self, left: list[str], *, settle: bool = False) -> list[str]:
        """Note the devices that are ours; all are left when even that cannot be asked."""
        try:
            return await self._ours(left, "claimed", settle=settle)
        except OrchestratorError:
            return [each for each in left if each not in self._outcomes]

    async def _one_by_one(self, left: Sequence[str]) -> None:
        async def one(device_id: str) -> None:
            try:
                claim = await self._cloud.claim(device_id)
            except OrchestratorError as error:
                self._note(device_id, state_of(error), error)
            else:
                state: ClaimState = "already_ours" if claim.already else "claimed"
                self._note(device_id, state, operation_id=claim.operation_id)

        await each_of(left, one)


async def each_of(
    device_ids: Sequence[str], work: Callable[[str], Awaitable[None]], at_once: int = AT_ONCE
) -> None:
    """Do `work` for each id, some at the same time. Raises the error of the first that fails."""
    waiting = list(reversed(device_ids))
    failed: list[OrchestratorError] = []

    async def worker() -> None:
        while waiting and not failed:
            device_id = waiting.pop()
            try:
                await work(device_id)
            except OrchestratorError as error:
                failed.append(error)

    async with anyio.create_task_group() as group:
        for _ in range(min(at_once, len(waiting))):
            group.start_soon(worker)
    if failed:
        raise failed[0]


async def find_each(
    device_ids: Sequence[str], find: Callable[[str], Awaitable[CloudDevice | None]]
) -> dict[str, CloudDevice]:
    """Return the devices that `find` finds, asked for some at the same time."""
    found: dict[str, CloudDevice] = {}

    async def one(device_id: str) -> None:
        device = await find(device_id)
        if device is not None:
            found[device_id] = device

    await each_of(device_ids, one)
    return found
