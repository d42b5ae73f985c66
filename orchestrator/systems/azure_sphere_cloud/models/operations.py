"""Category Async operations: what has been begun, and how far it is."""

from typing import Annotated

from pydantic import Field

from orchestrator.systems.azure_sphere_cloud.models.common import Guid
from orchestrator.transport.endpoint import WireModel

NOT_STARTED, IN_PROGRESS, COMPLETE, FAILED, COMPLETE_WITH_ERRORS = range(5)

ENDED = frozenset({COMPLETE, FAILED, COMPLETE_WITH_ERRORS})
"""States after which an operation changes no more. The last one is a partial failure."""

OPERATION_TYPES: dict[int, str] = {
    0: "DeviceClaim",
    1: "DeviceUnclaim",
    2: "DeviceUpdateDeviceGroup",
    3: "MigrateTenant",
    4: "CreateProduct",
    5: "DeployToDeviceGroup",
    6: "DeployToOSFeed",
    7: "ImageUpload",
    8: "TenantCreation",
    9: "DeleteDeviceGroup",
    10: "DeleteProduct",
    11: "BulkDeviceClaim",
}
"""The numbers of operation types and their names."""


class OperationError(WireModel):
    """Why an operation failed; `Code` is a row of the catalogue of operation errors."""

    Code: int | None = None
    Message: str | None = None


class Operation(WireModel):
    """An asynchronous operation. A type that this program does not know keeps its number."""

    OperationId: Guid
    TenantId: Guid | None = None
    OperationType: Annotated[int, Field(ge=0)] | None = None
    State: Annotated[int, Field(ge=0, le=4)]
    CreatedDateUTC: str | None = None
    StartedDateUTC: str | None = None
    CompletedDateUTC: str | None = None
    ResourceLocation: str | None = None
    DetailsLocation: str | None = None
    Error: OperationError | None = None

    @property
    def ended(self) -> bool:
        """True when it changes no more."""
        return self.State in ENDED

    @property
    def kind(self) -> str:
        """What it does, by name where the number is known."""
        number = self.OperationType
        return OPERATION_TYPES.get(-1 if number is None else number, f"operation type {number}")
