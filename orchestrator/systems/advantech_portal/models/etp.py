"""Category ETP: manufacturing data that the computer keeps for its whole life."""

from orchestrator.transport.endpoint import WireModel
from orchestrator.transport.secret import SecretModel, SentSecret


class EtpDeviceData(WireModel):
    """`GET /platform/api/etp/devicedata`: what the vendor wrote."""

    modelName: str
    serialNumber: str
    boardVersion: str
    uuid: str
    version: str


class EtpUserSpaces(WireModel):
    """`PUT /platform/api/etp/userdata`, and its answer: at most 128 bytes in each space."""

    userSpace1: str
    userSpace2: str


class EtpUserData(WireModel):
    """`GET /platform/api/etp/userdata`: here the spaces stand under `data`."""

    data: EtpUserSpaces
    locked: bool


class EtpLock(WireModel):
    """Whether the user area is locked."""

    locked: bool


class EtpLockSet(SecretModel):
    """`PUT /platform/api/etp/userdata/lockstatus`: the password has 1 to 8 bytes."""

    locked: bool
    password: SentSecret
