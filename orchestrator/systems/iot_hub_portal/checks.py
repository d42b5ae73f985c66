"""What ids and values a portal takes, checked before anything is sent.

The document states no limits; those of a public implementation of the time are kept here, since a
value that it refuses would only be refused later. Each function returns what it was given in the
form of the wire or raises StationMisuse with a sentence.
"""

import re

from orchestrator.domain.errors import StationMisuse
from orchestrator.transport.text import printable

PICTURE_BYTES = 1 << 20
LARGEST_PORT = 223

_EUI = re.compile(r"[A-F0-9]{16}")
_HUB_ID = re.compile(r"[A-Za-z0-9\-:.+%_#*?!(),=@$']{1,128}")
# A dot or two would be taken for a folder and change the path of the request.
_FOLDERS = {".", ".."}
_PICTURES = (b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff")


def misuse(what: str, remedy: str) -> StationMisuse:
    """Return the error for a value that no portal takes."""
    return StationMisuse(what, remedy=remedy, code="value")


def eui(device_id: str, what: str = "device id") -> str:
    """Return a LoRa id in the one spelling that portals take: upper case."""
    spelled = device_id.strip().upper()
    if not _EUI.fullmatch(spelled):
        raise misuse(
            f'"{printable(device_id, 60)}" is no {what}',
            "Give the 16 hexadecimal digits of the EUI",
        )
    return spelled


def hub_id(device_id: str, what: str = "gateway id") -> str:
    """Return an id as an IoT hub takes it: 1 to 128 letters, digits and some signs."""
    if not _HUB_ID.fullmatch(device_id) or device_id in _FOLDERS:
        raise misuse(
            f'"{printable(device_id, 60)}" is no {what}',
            "Give 1 to 128 letters, digits and the signs - : . + % _ # * ? ! ( ) , = @ $ '",
        )
    return device_id


def segment(text: str, what: str) -> str:
    """Return a part of a path that may be anything but empty or a folder."""
    if not text.strip() or text in _FOLDERS or len(text) > 256 or not text.isprintable():
        raise misuse(f'"{printable(text, 60)}" is no {what}', f"Give the {what}")
    return text


def port(number: int) -> int:
    """Return a LoRa port that a command may use."""
    if isinstance(number, bool) or not 1 <= number <= LARGEST_PORT:
        raise misuse(f"LoRa port {number} does not exist", f"Give 1 to {LARGEST_PORT}")
    return number


def picture(content: bytes) -> bytes:
    """Return the bytes of a picture: PNG or JPEG, at most a mebibyte."""
    if not content.startswith(_PICTURES):
        raise misuse("the picture is neither PNG nor JPEG", "Convert it to PNG")
    if len(content) > PICTURE_BYTES:
        raise misuse(
            f"the picture has {len(content)} bytes", f"Use one of at most {PICTURE_BYTES} bytes"
        )
    return content
