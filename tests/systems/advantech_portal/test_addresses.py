"""Addresses as people write them: ranges, labels, and what is neither."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.domain.errors import ConfigurationMistakes, StationMisuse
from orchestrator.systems.advantech_portal.addresses import (
    MOST_ADDRESSES,
    address_on,
    addresses_in,
    url_of,
)


def test_a_range_is_every_address_in_it() -> None:
    """From the first to the last, or what a network has room for."""
    assert addresses_in("192.168.10.9 - 192.168.10.11") == [
        "192.168.10.9", "192.168.10.10", "192.168.10.11",
    ]  # fmt: skip
    assert addresses_in("192.168.10.0/30") == ["192.168.10.1", "192.168.10.2"]
    assert addresses_in("10.0.0.7/32") == ["10.0.0.7"]
    assert len(addresses_in("10.0.0.0/24")) == 254
    assert len(addresses_in("10.0.0.255-10.0.1.254")) == MOST_ADDRESSES


@pytest.mark.parametrize(
    "text",
    ["", "10.0.0.1", "10.0.0.9-10.0.0.1", "10.0.0.0/8", "10.0.0.0/23", "10.0.0.0-10.0.1.0",
     "10.0.0.0/33", "10.0.0.300-10.0.0.301", "a-b", "10.0.0.1-", "::1/128"],
)  # fmt: skip
def test_what_is_no_range_is_refused(text: str) -> None:
    """Too many, none, or no addresses; the sentence shows how to write one."""
    with pytest.raises(ConfigurationMistakes, match="no range of 1 to 256") as caught:
        addresses_in(text)
    assert "192.168.10.0/26" in caught.value.remedy


@pytest.mark.parametrize(
    ("label", "address"),
    [
        ("192.168.10.11", "192.168.10.11"),
        (" 192.168.10.11:8443\n", "192.168.10.11:8443"),
        ("https://uno-137.line.example:443/", "uno-137.line.example:443"),
        ("uno-137", "uno-137"),
        ("[fd00::11]", "[fd00::11]"),
        ("https://[FD00::11]:8443/", "[FD00::11]:8443"),
    ],
)
def test_a_label_holds_an_address(label: str, address: str) -> None:
    """With or without the port and what browsers put around it."""
    assert address_on(label) == address


@pytest.mark.parametrize(
    "label",
    ["", "http://192.168.10.11", "192.168.10.999", "1.2.3", "a b", "host:0", "host:65536",
     "host:443/path", "-host", "user@host", "x" * 300, "fd00::11",
     "[fd00::11", "[fd00:::1]", "[192.168.10.11]", "[fd00::11]:0"],
)  # fmt: skip
def test_other_labels_hold_none(label: str) -> None:
    """A serial number, another scheme, or junk."""
    with pytest.raises(StationMisuse, match="no address of a host"):
        address_on(label)


@given(st.text(max_size=60))
def test_no_label_brings_the_station_down(label: str) -> None:
    """It is an address, or it is refused."""
    found = "refused"
    with suppress(StationMisuse):
        found = address_on(label)
    assert url_of(found, 443).startswith("https://")


def test_the_port_of_an_address_wins() -> None:
    """Where it names none, the settings do."""
    assert url_of("host", 443) == "https://host:443"
    assert url_of("host:8443", 443) == "https://host:8443"
    assert url_of("[fd00::1]", 443) == "https://[fd00::1]:443"
    assert url_of("[fd00::1]:8443", 443) == "https://[fd00::1]:8443"


def test_an_ipv6_address_is_the_same_in_other_words() -> None:
    """Capitals and noughts make no other computer of it."""
    assert url_of("[FD00:0:0::0001]", 443) == "https://[fd00::1]:443"
