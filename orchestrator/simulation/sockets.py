"""Addresses and listening sockets of the rack, with errors that say which port and what to do."""

import errno
import os
import socket
from collections.abc import Sequence
from ipaddress import AddressValueError, IPv4Address, IPv6Address

from orchestrator.domain.errors import ConfigurationMistakes, StationBusy, StationFault

BACKLOG = 128
_ATTEMPTS = 20


def addresses(first: str, count: int) -> list[str]:
    """Return `count` addresses from `first` upward, leaving out .0 and .255.

    They roll through the /16 of the first one. Raises ConfigurationMistakes when `first` is no
    IPv4 address or the /16 ends before.
    """
    try:
        address = IPv4Address(first)
    except AddressValueError:
        raise ConfigurationMistakes(
            f"{first!r} is no IPv4 address",
            remedy="Give an address that this machine has, for instance 127.0.35.2",
            where={"option": "--first-address"},
        ) from None
    block = range(int(address), (int(address) | 0xFFFF) + 1)
    found = [str(IPv4Address(number)) for number in block if number % 256 not in {0, 255}]
    if len(found) < count:
        raise ConfigurationMistakes(
            f"{count} boards do not fit between {first} and the end of its /16",
            remedy="Begin with a lower address, for instance 127.0.35.2",
            where={"option": "--first-address"},
        )
    return found[:count]


def host_addresses(first: str, count: int) -> list[str]:
    """Return `count` addresses from `first` upward, as `addresses` does; `first` may be IPv6."""
    try:
        begin = IPv6Address(without_brackets(first))
    except AddressValueError:
        return addresses(first, count)
    return [str(begin + number) for number in range(count)]


def without_brackets(address: str) -> str:
    """Return an address without the brackets that IPv6 has in URLs and settings."""
    return address[1:-1] if address.startswith("[") and address.endswith("]") else address


def listening_socket(address: str, port: int) -> socket.socket:
    """Return a socket that listens on `address` and `port` (0: any free one).

    Raises StationBusy when the port is taken, StationFault when it may not or cannot be had.
    """
    # asyncio switches TCP_NODELAY on only where the protocol is named; without it every small
    # answer waits for the client's delayed acknowledgement.
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    try:
        listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    except OSError as error:
        raise _fault(error, address, port) from error
    try:
        if os.name == "posix":
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.setblocking(False)
        listener.bind((address, port))
        listener.listen(BACKLOG)
    except OSError as error:
        listener.close()
        raise _fault(error, address, port) from error
    return listener


def listening_sockets(where: Sequence[str], port: int) -> list[socket.socket]:
    """Return one listening socket per address, all on `port` (0: one that is free on all).

    Raises StationBusy or StationFault as `listening_socket` does; then none is left open.
    """
    attempts = 1 if port else _ATTEMPTS
    while True:
        attempts -= 1
        held: list[socket.socket] = []
        try:
            for address in where:
                held.append(listening_socket(address, port or _port_of(held)))
        except StationFault as fault:
            for listener in held:
                listener.close()
            if attempts == 0 or not isinstance(fault, StationBusy):
                raise
        else:
            return held


def _port_of(held: Sequence[socket.socket]) -> int:
    return int(held[0].getsockname()[1]) if held else 0


def _fault(error: OSError, address: str, port: int) -> StationFault:
    where = {"address": address, "port": str(port)}
    match error.errno:
        case errno.EADDRINUSE | 10048:
            return StationBusy(
                f"port {port} of {address} is already in use",
                remedy="Stop the program that listens there, or choose another port",
                where=where,
            )
        case errno.EACCES | errno.EPERM | 10013:
            return StationFault(
                f"this user may not listen on port {port}",
                remedy="Choose a port from 1024 upward with --https-port, for instance 8443",
                where=where,
            )
        case errno.EADDRNOTAVAIL | errno.EAFNOSUPPORT | 10047 | 10049:
            return StationFault(
                f"this machine has no address {address}",
                remedy="Choose a first address that it has, or add the address",
                where=where,
            )
    return StationFault(
        f"cannot listen on {address}: {error.strerror}",
        remedy="Check the network settings of this machine",
        where=where,
    )
