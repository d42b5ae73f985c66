"""What goes out with a request: models and lists as JSON, bytes in slices, files of a form."""

from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel
from pydantic_core import to_json

from orchestrator.domain.errors import StationMisuse

SLICE_BYTES = 64 * 1024
"""An upload goes out in pieces of this size, so that it can be followed and cancelled."""

Progress = Callable[[int, int], None]
"""Called with the bytes sent so far and their total."""


@dataclass(frozen=True, slots=True)
class FormFile:
    """One file of a form: the field's name, what the file is called, its bytes and media type."""

    field: str
    name: str
    content: bytes
    content_type: str = "application/octet-stream"


@dataclass(frozen=True, slots=True)
class Form:
    """A body of type multipart/form-data."""

    files: tuple[FormFile, ...]


Body = BaseModel | bytes | list[Any] | tuple[Any, ...] | Form
"""A model (a `WireRoot` where the body is no object), raw bytes, a bare list, or a form."""


async def _slices(content: bytes, progress: Progress | None) -> AsyncIterator[memoryview]:
    """Yield `content` in pieces without copying it; all boards of a station share the bytes."""
    view, total = memoryview(content), len(content)
    for start in range(0, total, SLICE_BYTES):
        yield view[start : start + SLICE_BYTES]
        if progress is not None:
            progress(min(start + SLICE_BYTES, total), total)


def written(body: Body | None, progress: Progress | None) -> tuple[dict[str, Any], dict[str, str]]:
    """Return what httpx builds the request from, and the headers that go with it."""
    if body is None:
        return {}, {}
    if isinstance(body, bytes):
        length = {"Content-Type": "application/octet-stream", "Content-Length": str(len(body))}
        return {"content": _slices(body, progress)}, length
    if isinstance(body, Form):
        files = [(f.field, (f.name, f.content, f.content_type)) for f in body.files]
        return {"files": files}, {}
    text = (
        body.model_dump_json(exclude_none=True).encode()
        if isinstance(body, BaseModel)
        else to_json(body, exclude_none=True)
    )
    return {"content": text}, {"Content-Type": "application/json"}


def checked_headers(headers: Mapping[str, str]) -> Mapping[str, str]:
    """Return `headers` when they can be written. Raises StationMisuse, which names no value."""
    for name, value in headers.items():
        if not (name + value).isascii() or not (name + value).isprintable():
            raise StationMisuse(
                f"The header {name} has a value that cannot be sent",
                remedy="Check the settings and the token that it comes from",
                code="header",
            )
    return headers
