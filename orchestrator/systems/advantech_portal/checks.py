"""What values a host takes, checked before anything is sent.

Limits that the document states are kept here; those that a host states itself (watchdog,
brightness) are the host's to refuse. Each function returns what it was given in the form of the
wire or raises StationMisuse with a sentence.
"""

import ipaddress
from collections.abc import Sequence
from typing import Literal

from pydantic import SecretStr

from orchestrator.domain.errors import StationMisuse
from orchestrator.systems.advantech_portal import models
from orchestrator.transport.text import printable

USER_SPACE_BYTES = 128
LOCK_PASSWORD_BYTES = 8
PEM_BYTES = 1 << 20

# A dot or two would be taken for a folder and change the path of the request.
_FOLDERS = {".", ".."}
_LARGEST_INDEX = 2**31 - 1


def misuse(what: str, remedy: str) -> StationMisuse:
    """Return the error for a value that no host takes."""
    return StationMisuse(what, remedy=remedy, code="value")


def index(number: int, what: str) -> str:
    """Return a number of something that is counted from 0."""
    if isinstance(number, bool) or not 0 <= number <= _LARGEST_INDEX:
        raise misuse(f"There is no {what} {number}", f"Give the number of a {what}, from 0")
    return str(number)


def segment(text: str, what: str) -> str:
    """Return a part of a path that may be anything but empty or a folder."""
    if not text.strip() or text in _FOLDERS or len(text) > 256 or not text.isprintable():
        raise misuse(f'"{printable(text, 60)}" is no {what}', f"Give the {what}")
    return text


def service(name: str) -> str:
    """Return the name of a service. `list` is the address of the list of services."""
    if name == "list":
        raise misuse(
            "A service named list cannot be asked for by name", "Read the list of services"
        )
    return segment(name, "service")


def level(number: int, what: str = "level") -> Literal[0, 1]:
    """Return 0 or 1: a level or a direction."""
    if isinstance(number, bool) or number not in {0, 1}:
        raise misuse(f"A {what} is 0 or 1, not {number}", "Correct it in the recipe")
    return 1 if number else 0


def seconds(number: int) -> int:
    """Return a time of the watchdog."""
    if isinstance(number, bool) or not 0 <= number <= _LARGEST_INDEX:
        raise misuse(f"{number} s is no time for a watchdog", "Give whole seconds")
    return number


def address(text: str, what: str) -> str:
    """Return an IPv4 address or mask, dotted."""
    try:
        return str(ipaddress.IPv4Address(text))
    except ValueError:
        raise misuse(
            f'"{printable(text, 60)}" is no {what}', "Give four numbers with dots, as 192.0.2.7"
        ) from None


def ipv4(config: models.Ipv4Config) -> models.Ipv4Config:
    """Return a fixed address whose parts are addresses."""
    address(config.ipAddress, "address")
    address(config.subnetMask, "subnet mask")
    address(config.defaultGateway, "gateway")
    address(config.primaryDNS, "address of a name server")
    if config.secondaryDNS is not None:
        address(config.secondaryDNS, "address of a name server")
    return config


def route(uuids: Sequence[str]) -> list[str]:
    """Return the ids of interfaces in their order."""
    if not uuids or len(set(uuids)) < len(uuids):
        raise misuse(
            "An order of interfaces names each one once, and at least one",
            "Give the ids from the list of interfaces",
        )
    return [segment(uuid, "interface id") for uuid in uuids]


def user_space(text: str, what: str) -> str:
    """Return what goes into one space of the ETP user area: at most 128 bytes."""
    size = len(text.encode("utf-8", "surrogatepass"))
    if size > USER_SPACE_BYTES or "\x00" in text:
        raise misuse(
            f"{what} has {size} bytes" if size > USER_SPACE_BYTES else f"{what} has a zero byte",
            f"A user space holds at most {USER_SPACE_BYTES} bytes of text",
        )
    return text


def lock_password(password: SecretStr) -> SecretStr:
    """Return the password of the ETP lock: 1 to 8 bytes. It is never shown."""
    if not 1 <= len(password.get_secret_value().encode()) <= LOCK_PASSWORD_BYTES:
        raise misuse(
            "The password of the ETP lock has no length that a host takes",
            f"Give 1 to {LOCK_PASSWORD_BYTES} bytes",
        )
    return password


def new_password(old: SecretStr, new: SecretStr) -> SecretStr:
    """Return the new password of the admin account, which is another than the old one."""
    if not new.get_secret_value() or new.get_secret_value() == old.get_secret_value():
        raise misuse(
            "The new password of the admin account is empty or the old one",
            "Correct the secret that the settings name",
        )
    return new


def pem(content: bytes) -> bytes:
    """Return the bytes of a PEM file of at most a mebibyte."""
    if b"-----BEGIN " not in content or len(content) > PEM_BYTES:
        raise misuse(
            f"{len(content)} bytes are no PEM file",
            "Give a file that begins with -----BEGIN, of at most a mebibyte",
        )
    return content
