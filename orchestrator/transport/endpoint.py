"""One row of an outside system's API, as data.

A room's `endpoints.py` is a table of these in the order of the vendor's document. The client, the
simulator, the coverage test and the reference page all read that table.
"""

from dataclasses import dataclass
from typing import Any, Generic, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, GetCoreSchemaHandler, RootModel
from pydantic_core import CoreSchema

Method = Literal["GET", "PUT", "POST", "PATCH", "DELETE"]
Door = Literal["", "SSE", "WebSocket"]
"""What opens behind a path: nothing but an answer, an event stream, or a WebSocket."""

JSON_CAP_BYTES = 1 << 20


T = TypeVar("T")
_LISTS = {"list", "tuple", "set", "frozenset"}


def _stop_at_first_mistake(schema: Any) -> None:
    """Let the lists of a core schema be left at their first unfit item."""
    if isinstance(schema, dict):
        kind = schema.get("type")
        # A model may have a member named "type": then this is the table of its members.
        if isinstance(kind, str) and kind in _LISTS:
            schema["fail_fast"] = True
        schema = list(schema.values())
    if isinstance(schema, list):
        for part in schema:
            _stop_at_first_mistake(part)


class WireModel(BaseModel):
    """Base of every model on the wire: finite numbers, unknown members kept, immutable.

    A list tells of its first unfit item only: all mistakes of one hostile megabyte would take a
    gigabyte of memory. A model that is no WireModel says `FailFast` at its lists for the same end.
    """

    model_config = ConfigDict(
        allow_inf_nan=False, extra="allow", frozen=True, populate_by_name=True, strict=True
    )

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        """Return the model's schema, made thrifty with mistakes."""
        schema = handler(source)
        _stop_at_first_mistake(schema)
        return schema


class WireRoot(RootModel[T], Generic[T]):
    """Base of bodies that are no object: a bare list, text or number under `root`."""

    model_config = ConfigDict(allow_inf_nan=False, frozen=True, strict=True)

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        """Return the model's schema, made thrifty with mistakes."""
        schema = handler(source)
        _stop_at_first_mistake(schema)
        return schema


class Empty(WireModel):
    """An answer that says nothing but success: `{}` or no body at all."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One operation.

    `name` is the client's method and the simulator's handler; `operation_id` the checklist's
    (empty for calls that no document lists). `since` is the API version that introduced it, empty
    for the oldest. `lock` names who may call it, in the vendor's terms. `idempotent` calls may be
    repeated after a lost answer. `settle_seconds` is how long the other side may still apply a
    request after we stopped listening. `answer` is None for raw bytes and "text" for plain text.
    The bodies of `confidential` calls may hold secrets: no message quotes them. Behind the path of
    a row with a `door` opens an event stream or a WebSocket; such a row is opened, never called.
    """

    name: str
    operation_id: str
    category: str
    method: Method
    path: str
    answer: type[BaseModel] | Literal["text"] | None
    request: type[BaseModel] | Literal["bytes", "multipart"] | None = None
    since: str = ""
    lock: str = ""
    idempotent: bool = False
    success: tuple[int, ...] = (200,)
    timeout_seconds: float = 10.0
    settle_seconds: float = 0.0
    answer_cap_bytes: int = JSON_CAP_BYTES
    confidential: bool = False
    door: Door = ""

    @property
    def verb(self) -> str:
        """The method, and what opens: `GET (SSE)`."""
        return f"{self.method} ({self.door})" if self.door else self.method

    @property
    def label(self) -> str:
        """Name the call for people: `PUT /update/stage`."""
        return f"{self.verb} {self.path}"
