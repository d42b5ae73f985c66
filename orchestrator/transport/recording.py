"""Keeps what a peer answered, and answers again from what was kept.

A recording is one JSON file with a peer's answers to its reads, by the name of the endpoint's row.
Which calls it covers and what must be hidden before it is written is the room's business.
"""

import json
import os
import re
import ssl
import tempfile
from base64 import b64decode
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import httpx
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, JsonValue, ValidationError

from orchestrator.domain.errors import InputMistakes, NotSupported, UnusableAnswer
from orchestrator.transport.client import Transport
from orchestrator.transport.decode import read_json
from orchestrator.transport.endpoint import Endpoint
from orchestrator.transport.text import printable

SCHEMA: Literal[1] = 1
MOST_BYTES = 64 << 20
"""Largest recording that is read, in bytes."""

_SHOWN_MISTAKES = 3
_RECORD_AGAIN = "Record the peer again, or replay a recording that holds this call"


@dataclass(frozen=True, slots=True)
class Exchange:
    """One complete answer of a peer as it came. `headers` are those that were asked for."""

    method: str
    path: str
    status: int
    headers: Mapping[str, str]
    body: bytes


class _Part(BaseModel):
    """Base of the parts of a recording: what is written by hand into one must be known."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Digest(_Part):
    """What is kept of bytes that are not kept themselves."""

    size_bytes: int = Field(ge=0)
    sha256: str = Field(pattern="^[0-9a-f]{64}$")


class RecordedAnswer(_Part):
    """One answer of a peer; `path` are the parameters of the request's path.

    `body` is its JSON. An answer that is no JSON has `base64` instead, or `digest` alone when its
    bytes were left out. With none of the three the answer was empty.
    """

    path: dict[str, str] | None = None
    status: int = Field(ge=100, le=599)
    body: JsonValue = None
    base64: str | None = None
    digest: Digest | None = None


class Recording(_Part):
    """All answers of one peer, by the name of the row; a list where a row has path parameters.

    `unread` has the calls that got no answer at all, with the reason.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)

    version: Literal[1] = Field(default=SCHEMA, alias="schema")
    system: str
    recorded_at: AwareDatetime
    headers: dict[str, str] = Field(default_factory=dict)
    answers: dict[str, RecordedAnswer | list[RecordedAnswer]]
    unread: dict[str, str] = Field(default_factory=dict)


def network(context: ssl.SSLContext) -> Transport:
    """Return the real network as a transport, for wrapping; `context` verifies the peer."""
    return httpx.AsyncHTTPTransport(verify=context, trust_env=False)


class _Tee(httpx.AsyncByteStream):
    """Hands the pieces of an answer on; the whole of it goes to `exchanges`, a part does not."""

    def __init__(
        self, inner: httpx.AsyncByteStream, exchanges: list[Exchange], head: Exchange
    ) -> None:
        self._inner = inner
        self._exchanges = exchanges
        self._head = head

    async def __aiter__(self) -> AsyncIterator[bytes]:
        body = bytearray()
        async for piece in self._inner:
            body += piece
            yield piece
        head = self._head
        self._exchanges.append(
            Exchange(head.method, head.path, head.status, head.headers, bytes(body))
        )

    async def aclose(self) -> None:
        """Close the answer below."""
        await self._inner.aclose()


class RecordingTransport(httpx.AsyncBaseTransport):
    """Passes calls to `inner` and keeps every complete answer in `exchanges`, in order.

    Of the headers of an answer it keeps those named in `headers`.
    """

    def __init__(self, inner: Transport, headers: Sequence[str] = ()) -> None:
        self.exchanges: list[Exchange] = []
        self._inner = inner
        self._headers = tuple(headers)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Answer `request` as `inner` does."""
        response = await self._inner.handle_async_request(request)
        assert isinstance(response.stream, httpx.AsyncByteStream)
        kept = {name: response.headers[name] for name in self._headers if name in response.headers}
        head = Exchange(request.method, request.url.path, response.status_code, kept, b"")
        response.stream = _Tee(response.stream, self.exchanges, head)
        return response

    async def aclose(self) -> None:
        """Close what carries the calls."""
        await self._inner.aclose()


class ReplayTransport(httpx.AsyncBaseTransport):
    """Answers the calls of `table` from a recording, each as often as it is asked.

    Raises NotSupported for a call that the recording does not hold.
    """

    def __init__(self, recording: Recording, table: Sequence[Endpoint]) -> None:
        self._recording = recording
        self._routes = [(row, _pattern(row.path)) for row in table]

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Return the recorded answer to `request`."""
        answer = self._find(request.method, request.url.path)
        return httpx.Response(
            answer.status, headers=self._recording.headers, content=_content(answer)
        )

    def _find(self, method: str, path: str) -> RecordedAnswer:
        for row, pattern in self._routes:
            found = pattern.fullmatch(path) if row.method == method else None
            if found is None:
                continue
            kept = self._recording.answers.get(row.name)
            if isinstance(kept, RecordedAnswer):
                return kept
            for answer in kept or ():
                if answer.path == found.groupdict():
                    return answer
        raise NotSupported(
            f"The recording holds no answer to {method} {printable(path, 120)}",
            remedy=_RECORD_AGAIN,
            code="recording.call",
        )


def _pattern(path: str) -> re.Pattern[str]:
    return re.compile(re.sub(r"\\{(\w+)\\}", r"(?P<\1>[^/]+)", re.escape(path)))


def _content(answer: RecordedAnswer) -> bytes:
    """Return an answer's bytes. Raises UnusableAnswer where the recording left them out."""
    if answer.digest is not None:
        raise UnusableAnswer(
            f"The recording has left out the {answer.digest.size_bytes} bytes of this answer",
            remedy="Record the peer again and keep the bytes (--keep blob)",
            code="recording.digest",
        )
    if answer.base64 is not None:
        return b64decode(answer.base64)
    if "body" not in answer.model_fields_set:
        return b""
    return json.dumps(answer.body, ensure_ascii=False).encode()


def as_text(recording: Recording) -> str:
    """Return the file's text: members that say nothing are left out."""
    return recording.model_dump_json(indent=1, by_alias=True, exclude_unset=True) + "\n"


def write_recording(path: Path, recording: Recording) -> None:
    """Write `recording` to `path` at once: there is the old file or the new one, never a part.

    Raises OSError.
    """
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    draft = Path(name)
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as file:
            file.write(as_text(recording))
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
    except BaseException:
        draft.unlink(missing_ok=True)
        raise


def read_recording(path: Path, system: str = "") -> Recording:
    """Return the recording in `path`, which must be of `system` when that is given.

    Raises InputMistakes for a file that is none.
    """
    try:
        if path.stat().st_size > MOST_BYTES:
            raise _unusable(path, f"it is larger than {MOST_BYTES} bytes")
        recording = Recording.model_validate(read_json(path.read_bytes()))
    except OSError as error:
        raise _unusable(path, error.strerror or str(error)) from error
    except UnusableAnswer as error:
        raise _unusable(path, error.what) from error
    except ValidationError as error:
        mistakes = error.errors(include_url=False, include_input=False)[:_SHOWN_MISTAKES]
        shown = "; ".join(
            f"{'.'.join(printable(str(part), 60) for part in each['loc'])}: {each['msg']}"
            for each in mistakes
        )
        raise _unusable(path, shown) from error
    if system and recording.system != system:
        raise _unusable(path, f"it is one of {printable(recording.system, 60)}, not of {system}")
    return recording


def _unusable(path: Path, why: str) -> InputMistakes:
    return InputMistakes(
        f"The recording cannot be used: {why}",
        remedy="Write one with `orchestrator systems record`",
        where={"file": str(path)},
        code="recording.file",
    )
