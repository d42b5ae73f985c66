"""Makes text from the other side of a wire safe to show, log and store.

A peer's words may hold control characters, halves of characters or megabytes. Everything that
enters an error message passes through here first.
"""

SHOWN_CHARACTERS = 200


def printable(text: str, limit: int = SHOWN_CHARACTERS) -> str:
    r"""Return at most `limit` characters of `text`, unprintable ones escaped (`\x1b`, `\u202e`)."""
    cut = text[:limit]
    shown = "".join(c if c.isprintable() else ascii(c)[1:-1] for c in cut)
    return f"{shown}…" if len(text) > limit else shown


def excerpt(body: bytes, limit: int = SHOWN_CHARACTERS) -> str:
    """Return the beginning of an answer's body as printable text; `(empty)` for none."""
    if not body:
        return "(empty)"
    return printable(body[: 4 * limit].decode("utf-8", "replace"), limit)
