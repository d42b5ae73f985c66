"""The spelling of a value that is looked up later: `${{ inputs.NAME }}`, as the whole scalar."""

import re

_REFERENCE = re.compile(r"\$\{\{ *([A-Za-z0-9_.-]+) *\}\}")


def reference_path(text: str) -> str | None:
    """Return the dotted name when the whole of `text` is a reference, else None."""
    match = _REFERENCE.fullmatch(text)
    return match[1] if match else None


def looks_like_reference(text: str) -> bool:
    """Say whether `text` holds the beginning of a reference or template anywhere."""
    return "${{" in text or "{{" in text or "${" in text
