"""Reads what the cloud has to know of an image package: ids, type and name."""

import struct
from dataclasses import dataclass
from uuid import UUID

_SIGNATURE_BYTES = 64
_HEADER = struct.Struct("<4sI")
_SECTION = struct.Struct("<HH")
_IDENTITY, _DEBUG = 0x4449, 0x4244


@dataclass(frozen=True, slots=True)
class Package:
    """The facts of one image package."""

    image_id: str
    component_id: str
    image_type: int
    name: str


def read_package(content: bytes) -> Package | None:
    """Return the facts of an image package, None for anything else."""
    try:
        return _read(content)
    except (struct.error, ValueError, IndexError):
        return None


def _read(content: bytes) -> Package | None:
    end = len(content) - _SIGNATURE_BYTES
    (length,) = struct.unpack_from("<I", content, end - 4)
    place = end - length
    magic, count = _HEADER.unpack_from(content, place)
    if magic != b"4X4M" or count > 64:
        return None
    place += _HEADER.size
    sections: dict[int, bytes] = {}
    for _ in range(count):
        kind, size = _SECTION.unpack_from(content, place)
        place += _SECTION.size
        sections[kind] = content[place : place + size]
        place += size
    identity = sections.get(_IDENTITY, b"")
    (image_type,) = struct.unpack_from("<H", identity)
    name = sections.get(_DEBUG, b"")[8:40].split(b"\0")[0].decode("ascii", "replace")
    return Package(
        str(UUID(bytes_le=identity[20:36])),
        str(UUID(bytes_le=identity[4:20])),
        image_type,
        name,
    )
