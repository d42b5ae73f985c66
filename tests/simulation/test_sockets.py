"""Addresses and ports of a rack."""

import pytest

from orchestrator.domain.errors import ConfigurationMistakes, StationBusy, StationFault
from orchestrator.simulation import sockets
from orchestrator.simulation.sockets import (
    addresses,
    host_addresses,
    listening_socket,
    listening_sockets,
)


def test_addresses_follow_the_first_one() -> None:
    """They roll into the next block and leave out its first and last address."""
    assert addresses("127.0.35.2", 3) == ["127.0.35.2", "127.0.35.3", "127.0.35.4"]
    many = addresses("127.0.35.2", 300)
    assert many[252:255] == ["127.0.35.254", "127.0.36.1", "127.0.36.2"]
    assert len(set(many)) == 300


def test_hosts_may_have_ipv6_addresses() -> None:
    """Written with brackets or without; one after the other."""
    assert host_addresses("[fd00::fe]", 3) == ["fd00::fe", "fd00::ff", "fd00::100"]
    assert host_addresses("::1", 1) == ["::1"]
    assert host_addresses("127.0.35.2", 2) == addresses("127.0.35.2", 2)


@pytest.mark.parametrize(
    ("first", "count", "text"),
    [
        ("localhost", 1, "'localhost' is no IPv4 address"),
        ("127.0.255.200", 100, "100 boards do not fit between 127.0.255.200"),
        ("255.255.255.254", 2, "2 boards do not fit"),
    ],
)
def test_addresses_that_cannot_be_are_refused(first: str, count: int, text: str) -> None:
    """The mistake is named with the option."""
    with pytest.raises(ConfigurationMistakes, match=text) as caught:
        addresses(first, count)
    assert caught.value.where == {"option": "--first-address"}


def test_all_boards_share_one_free_port() -> None:
    """Port 0 becomes the same number on every address."""
    held = listening_sockets(addresses("127.0.35.2", 5), 0)
    names = [listener.getsockname() for listener in held]
    for listener in held:
        listener.close()
    assert len({port for _, port in names}) == 1
    assert len({address for address, _ in names}) == 5


def test_a_port_that_is_taken_on_one_address_is_not_taken_on_any() -> None:
    """The error names the address; the sockets before it are closed again."""
    with listening_socket("127.0.35.4", 0) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(StationBusy, match=r"127\.0\.35\.4"):
            listening_sockets(addresses("127.0.35.2", 3), port)
        listening_socket("127.0.35.2", port).close()


def test_a_free_port_is_searched_for_a_bounded_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """When none is free on all addresses the last refusal is told."""

    def never(address: str, port: int) -> None:
        raise StationBusy(f"port {port} of {address} is already in use")

    monkeypatch.setattr(sockets, "listening_socket", never)
    with pytest.raises(StationBusy):
        listening_sockets(["127.0.35.2"], 0)


def test_an_address_of_another_machine_is_named() -> None:
    """The documentation's network is nobody's."""
    with pytest.raises(StationFault, match=r"this machine has no address 192\.0\.2\.1"):
        listening_socket("192.0.2.1", 0)


@pytest.mark.parametrize(
    ("number", "text"),
    [(13, "may not listen on port 443"), (24, "cannot listen on 127.0.35.2: too many")],
)
def test_other_refusals_of_the_system_are_told(
    monkeypatch: pytest.MonkeyPatch, number: int, text: str
) -> None:
    """Missing rights have a remedy of their own; the rest is passed on."""

    def refuse(self: object, address: object) -> None:
        raise OSError(number, "too many")

    monkeypatch.setattr("socket.socket.bind", refuse)
    with pytest.raises(StationFault, match=text):
        listening_socket("127.0.35.2", 443)
