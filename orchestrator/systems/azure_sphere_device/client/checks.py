"""The limits that the vendor documents, checked before anything is sent.

Each function returns what it was given in the form that the wire wants, or raises StationMisuse
with a sentence. A secret is never part of that sentence.
"""

import re
from collections.abc import Mapping
from uuid import UUID

from orchestrator.domain.errors import StationMisuse
from orchestrator.transport.text import printable

CERTIFICATE_BYTES = 8192
PASSWORD_BYTES = 256
LARGEST_NETWORK_ID = 2**31 - 1

_IDENTIFIER = re.compile(r"[A-Za-z0-9._-]{1,16}")
_INTERFACE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:@-]{0,63}")
_HARDWARE_ADDRESS = re.compile(r"([0-9A-Fa-f]{2}:){5}[0-9A-Fa-f]{2}")
_CORRECT = "Correct the value in the recipe"
# A dot or two would be taken for a folder and change the path of the request.
_FOLDERS = {".", ".."}


def misuse(what: str, remedy: str = _CORRECT) -> StationMisuse:
    """Return the error for a value that no board takes."""
    return StationMisuse(what, remedy=remedy, code="value")


def component(component_id: str) -> dict[str, str]:
    """Return the path parameters for a component, in the one spelling of its id."""
    try:
        return {"componentID": str(UUID(component_id))}
    except ValueError as error:
        raise misuse(
            f'"{printable(component_id, 60)}" is no component id',
            "Give 8-4-4-4-12 hexadecimal digits, as the image package shows them",
        ) from error


def identifier(name: str, what: str = "certificate identifier") -> str:
    """Return `name` when a certificate may be called so."""
    if not _IDENTIFIER.fullmatch(name) or name in _FOLDERS:
        raise misuse(
            f'"{printable(name, 60)}" is no {what}',
            "Give 1 to 16 letters, digits, dots, hyphens and underscores",
        )
    return name


def certificate(name: str) -> dict[str, str]:
    """Return the path parameters for a certificate."""
    return {"identifier": identifier(name)}


def network(network_id: int) -> dict[str, str]:
    """Return the path parameters for a configured network."""
    if isinstance(network_id, bool) or not 0 <= network_id <= LARGEST_NETWORK_ID:
        raise misuse(f"{printable(str(network_id), 40)} is no id of a configured network")
    return {"id": str(network_id)}


def interface(name: str) -> dict[str, str]:
    """Return the path parameters for a network interface."""
    if not _INTERFACE.fullmatch(name):
        raise misuse(
            f'"{printable(name, 60)}" is no name of a network interface',
            "Give a name as the list of interfaces shows it, for instance wlan0",
        )
    return {"networkInterfaceName": name}


def hardware_address(text: str | None) -> str | None:
    """Return a hardware address when it is one."""
    if text is not None and not _HARDWARE_ADDRESS.fullmatch(text):
        raise misuse(
            f'"{printable(text, 60)}" is no hardware address',
            "Give six pairs of hexadecimal digits with colons between them",
        )
    return text


def sized(text: str | None, what: str, least: int, most: int) -> str | None:
    """Return `text` when it takes `least` to `most` bytes in UTF-8; None stays None.

    The message has the size and never the text, so that keys may pass through here.
    """
    if text is None:
        return None
    try:
        size = len(text.encode())
    except UnicodeEncodeError:
        # Without a cause: that error holds the text.
        raise misuse(f"The {what} holds half of a character") from None
    if not least <= size <= most:
        raise misuse(f"The {what} has {size} bytes; a board takes {least} to {most}")
    return text


def port(number: int) -> int:
    """Return a port when it is one."""
    if isinstance(number, bool) or not 0 <= number <= 65535:
        raise misuse(f"{printable(str(number), 40)} is no port; a board takes 0 to 65535")
    return number


def one_of(value: str | None, allowed: tuple[str, ...], what: str) -> None:
    """Make sure that `value` is one of the `allowed` words, or None."""
    if value is not None and value not in allowed:
        raise misuse(f'"{printable(value, 40)}" is no {what}', f"Give one of: {', '.join(allowed)}")


def something(changes: Mapping[str, object], what: str) -> None:
    """Make sure that a change changes anything at all."""
    if all(value is None for value in changes.values()):
        names = " or ".join(changes)
        raise misuse(f"Nothing to change was given for the {what}", f"Give {names}")


def only_with(condition: bool, given: Mapping[str, object], what: str) -> None:
    """Make sure that the parameters in `given` come with `what` alone."""
    present = [name for name, value in given.items() if value is not None]
    if present and not condition:
        raise misuse(f"{' and '.join(present)} can be given with {what} only")
