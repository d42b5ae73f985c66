"""The unit under work and the identity read from its silicon."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class DeviceIdentity:
    """What a unit says of itself: the naming system and the id, always in lower case.

    `device_id` is read from silicon and is not the serial number. For Azure Sphere it is 128
    hexadecimal characters, which the vendor's tools print in upper case. `as_written` is the id
    with its capitals where they are part of it, as in a serial number; identities are told apart
    without it.
    """

    system: str
    device_id: str
    as_written: str = field(default="", compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "device_id", self.device_id.lower())


@dataclass(frozen=True, slots=True)
class Unit:
    """One physical product. Members that the line does not know are None."""

    serial_number: str | None = None
    part_number: str | None = None
    revision: str | None = None
