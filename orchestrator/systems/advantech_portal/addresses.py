"""Where hosts may answer: addresses as people write them, ranges of them, and labels with one.

Pure text work; whether anybody answers there is the fixture's to find out.
"""

import re
from collections.abc import Iterator
from ipaddress import IPv4Address, IPv4Network, IPv6Address

from orchestrator.domain.errors import ConfigurationMistakes, StationMisuse
from orchestrator.transport.text import printable

MOST_ADDRESSES = 256
"""The most addresses that one fixture looks at."""

_HOST = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9.-]{0,252}[A-Za-z0-9])?")
_IPV6 = re.compile(r"\[[0-9A-Fa-f:.]{2,45}\]")
_LABEL = re.compile(rf"(?:https://)?({_HOST.pattern}|{_IPV6.pattern})(?::(\d{{1,5}}))?/?")
_RANGE = re.compile(r"([0-9.]+)\s*(?:-\s*([0-9.]+)|/\s*(\d{1,2}))")


def addresses_in(text: str) -> list[str]:
    """Return every address in a range, `192.168.10.0/26` or `192.168.10.11-192.168.10.60`.

    Of a network its own address and that of all hosts in it are left out. Raises
    ConfigurationMistakes for another text, and for more than 256 addresses.
    """
    found = _RANGE.fullmatch(text.strip())
    try:
        if found is None:
            raise ValueError("no range")
        addresses = list(_range(*found.groups()))
    except ValueError:
        raise ConfigurationMistakes(
            f'"{printable(text, 60)}" is no range of 1 to {MOST_ADDRESSES} IPv4 addresses',
            remedy="Write 192.168.10.0/26 or 192.168.10.11-192.168.10.60",
        ) from None
    return addresses


def _range(first: str, last: str | None, prefix: str | None) -> Iterator[str]:
    if prefix is not None:
        network = IPv4Network(f"{first}/{prefix}", strict=False)
        if network.num_addresses > 2 * MOST_ADDRESSES:
            raise ValueError("too many")
        hosts = list(network.hosts())
    else:
        low, high = int(IPv4Address(first)), int(IPv4Address(last or first))
        if not 0 <= high - low < MOST_ADDRESSES:
            raise ValueError("too many, or none")
        hosts = [IPv4Address(number) for number in range(low, high + 1)]
    if len(hosts) > MOST_ADDRESSES:
        raise ValueError("too many")
    yield from map(str, hosts)


def address_on(label: str) -> str:
    """Return the address on a scanned label: `HOST`, `HOST:PORT`, or the same behind https://.

    An IPv6 address stands in brackets: `[fd00::11]`, `[fd00::11]:8443`.
    Raises StationMisuse for anything else.
    """
    found = _LABEL.fullmatch(label.strip())
    host, port = found.groups() if found is not None else ("", None)
    if not host or not _is_address(host) or (port is not None and not 0 < int(port) < 65536):
        raise StationMisuse(
            f'"{printable(label, 80)}" is no address of a host',
            remedy="Scan the address label of the host, such as 192.168.10.11",
            code="NO_ADDRESS",
        )
    return f"{host}:{port}" if port else host


def _is_address(host: str) -> bool:
    """Say whether `host` is a name, or numbers that are an address."""
    if host.startswith("["):
        return _is_ipv6(host)
    if not all(part.isdecimal() for part in host.split(".")):
        return True
    try:
        IPv4Address(host)
    except ValueError:
        return False
    return True


def _is_ipv6(bracketed: str) -> bool:
    try:
        IPv6Address(bracketed[1:-1])
    except ValueError:
        return False
    return True


def url_of(address: str, port: int) -> str:
    """Return the base URL of `address`; `port` counts where it names none.

    An IPv6 address keeps its brackets and is written in its shortest form.
    """
    host, colon, own = address.rpartition(":")
    if not colon or own.endswith("]"):
        host, own = address, str(port)
    if host.startswith("[") and _is_ipv6(host):
        host = f"[{IPv6Address(host[1:-1])}]"
    return f"https://{host}:{own}"
