"""Category Host Information: what the computer is, and what its displays show."""

from typing import Annotated

from pydantic import Field

from orchestrator.transport.endpoint import WireModel, WireRoot


class HostInfo(WireModel):
    """`GET /platform/api/host/info`.

    `deviceName` is the name in the BIOS, `os` is windows or linux. `bootTime` is Unix time and
    `upTime` a duration, both in seconds; `releaseDate` is MM/DD/YYYY.
    """

    hostname: str
    os: str
    biosSerialNumber: str | None = None
    biosUUID: str | None = None
    biosVersion: str | None = None
    bootCount: int | None = None
    bootTime: int | None = None
    deviceName: str | None = None
    dockerVersion: str | None = None
    ecVersion: str | None = None
    hostid: str | None = None
    imageVersion: str | None = None
    kernelArch: str | None = None
    platform: str | None = None
    releaseDate: str | None = None
    upTime: int | None = None


class DisplayCount(WireRoot[Annotated[int, Field(ge=0)]]):
    """`GET /platform/api/host/display/count`: a bare number."""


class Screenshot(WireModel):
    """`GET /platform/api/host/screenshot/{index}`: a picture, base64."""

    data: str
    mediaType: str
