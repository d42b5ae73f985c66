"""Finds an application's manifest inside its image.

An image is a file system whose `app_manifest.json` stands in it as plain text; boards mount it,
here its text is looked for. An image without one is an application that asks for nothing.
"""

import json
import re
from typing import Any

_MEMBER = re.compile(rb'"(?:SchemaVersion|ComponentId|EntryPoint|Capabilities)"\s*:')
_NEAR_BYTES = 8192
_MOST_BYTES = 65536


def find_manifest(data: bytes) -> dict[str, Any]:
    """Return the manifest in the data of an image, empty when there is none."""
    for hit in _MEMBER.finditer(data):
        start = data.find(b"{", max(0, hit.start() - _NEAR_BYTES), hit.start())
        while 0 <= start < hit.start():
            found = _object_at(data, start)
            if found:
                return found
            start = data.find(b"{", start + 1, hit.start())
    return {}


def mutable_storage_kb(manifest: dict[str, Any]) -> int:
    """Return the mutable storage that a manifest asks for in KiB, 0 when it asks for none."""
    capabilities = manifest.get("Capabilities", {})
    storage = capabilities.get("MutableStorage", {}) if isinstance(capabilities, dict) else {}
    size = storage.get("SizeKB", 0) if isinstance(storage, dict) else 0
    return size if isinstance(size, int) and not isinstance(size, bool) and size > 0 else 0


def _object_at(data: bytes, start: int) -> dict[str, Any]:
    text = data[start : start + _MOST_BYTES].decode("utf-8", errors="replace")
    try:
        found, _ = json.JSONDecoder().raw_decode(text)
    except (ValueError, RecursionError):
        return {}
    named = isinstance(found, dict) and "Capabilities" in found
    return found if named else {}
