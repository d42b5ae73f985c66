"""Screenshots: small real PNG pictures that show which host and which display they are of."""

import struct
import zlib

WIDTH, HEIGHT = 64, 48
_SIGNATURE = b"\x89PNG\r\n\x1a\n"


def pixels(digits: str, *, lit: bool) -> bytes:
    """Return the RGB pixels of a display, row by row: stripes made of `digits`, or black."""
    if not lit:
        return bytes(3 * WIDTH * HEIGHT)
    colours = [bytes.fromhex(digits[k : k + 6]) for k in range(0, 48, 6)]
    stripe = WIDTH // len(colours)
    row = b"".join(colours[column // stripe] for column in range(WIDTH))
    return row * HEIGHT


def png(content: bytes) -> bytes:
    """Return RGB pixels as a PNG file."""
    rows = b"".join(b"\x00" + content[3 * WIDTH * y : 3 * WIDTH * (y + 1)] for y in range(HEIGHT))
    head = struct.pack(">IIBBBBB", WIDTH, HEIGHT, 8, 2, 0, 0, 0)
    return (
        _SIGNATURE
        + _chunk(b"IHDR", head)
        + _chunk(b"IDAT", zlib.compress(rows))
        + _chunk(b"IEND", b"")
    )


def _chunk(kind: bytes, content: bytes) -> bytes:
    check = zlib.crc32(kind + content)
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", check)
