"""The files that pages load, served under addresses that name their content.

Read once at the start: what is asked for is looked up, never searched on the disk, so that no
path leads anywhere else. All addresses begin with one hash of everything, so that files can name
their neighbours; with another hash they are other files, so browsers may keep them.
"""

import hashlib
import mimetypes
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib.resources import files
from importlib.resources.abc import Traversable

from starlette.requests import Request
from starlette.responses import Response

from orchestrator.web.problems import Refused

FOREVER = "public, max-age=31536000, immutable"
_KINDS = {".js": "text/javascript", ".woff2": "font/woff2", ".svg": "image/svg+xml"}


@dataclass(frozen=True, slots=True)
class StaticFile:
    """One file: its name below `static`, its content, and how browsers are to take it."""

    name: str
    content: bytes
    media_type: str
    address: str


class StaticFiles:
    """All files of `web/static`. `address("panel.css")` is what a page writes."""

    def __init__(self, found: Mapping[str, StaticFile]) -> None:
        self._by_name = dict(found)
        self._by_address = {file.address: file for file in found.values()}

    def address(self, name: str) -> str:
        """Return the address of the file `name`. Raises KeyError when there is none."""
        return self._by_name[name].address

    async def serve(self, request: Request) -> Response:
        """Answer a request for a file by its address. Raises Refused when there is none."""
        file = self._by_address.get(request.scope["path"])
        if file is None:
            raise Refused(404, "not_found", "There is no such file.")
        headers = {"Cache-Control": FOREVER}
        return Response(file.content, media_type=file.media_type, headers=headers)


def read_static_files() -> StaticFiles:
    """Read the files that are shipped with the package."""
    entries = dict(_walk(files("orchestrator.web") / "static", ""))
    contents = {name: entry.read_bytes() for name, entry in entries.items()}
    stamp = _stamp(contents)
    return StaticFiles({name: _file(name, each, stamp) for name, each in contents.items()})


def _stamp(contents: Mapping[str, bytes]) -> str:
    total = hashlib.sha256()
    for name, content in sorted(contents.items()):
        total.update(hashlib.sha256(name.encode()).digest() + hashlib.sha256(content).digest())
    return total.hexdigest()[:16]


def _walk(folder: Traversable, prefix: str) -> Iterator[tuple[str, Traversable]]:
    if not folder.is_dir():
        return
    for entry in sorted(folder.iterdir(), key=lambda entry: entry.name):
        if entry.is_dir():
            yield from _walk(entry, f"{prefix}{entry.name}/")
        else:
            yield f"{prefix}{entry.name}", entry


def _file(name: str, content: bytes, stamp: str) -> StaticFile:
    suffix = name[name.rfind(".") :]
    kind = _KINDS.get(suffix) or mimetypes.guess_type(name)[0] or "application/octet-stream"
    return StaticFile(name, content, kind, f"/static/{stamp}/{name}")
