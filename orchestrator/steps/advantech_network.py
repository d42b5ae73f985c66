"""The network interfaces of an edge computer: addresses set, and expected.

The port over which the station itself works keeps its address: a computer that left it in the
middle of a run could not be told from one that was taken out.
"""

from collections.abc import Sequence
from contextlib import suppress
from ipaddress import IPv4Interface, ip_address
from urllib.parse import urlsplit

import anyio

from orchestrator.domain.errors import (
    ConnectionLost,
    DeadlineExceeded,
    Mismatch,
    StationMisuse,
    Unreachable,
)
from orchestrator.engine.step import Duration, Measures, StepContext, step
from orchestrator.steps.findings import Finding, refuse
from orchestrator.steps.waiting import POLL, Patience, until
from orchestrator.systems.advantech_portal import models
from orchestrator.systems.advantech_portal.client import AdvantechHost

_WITHIN = Duration(POLL * 120)
_SET_ASIDE = "Check the cable of the interface and the recipe, then set the host aside"


def _interface(text: str) -> IPv4Interface:
    try:
        found = IPv4Interface(text)
    except ValueError:
        found = None
    if found is None or "/" not in text:
        raise StationMisuse(
            f'"{text[:60]}" is no IPv4 address with its prefix length',
            remedy="Write it as 192.168.6.50/24 in the recipe",
            code="NO_ADDRESS",
        )
    return found


async def _find(host: AdvantechHost, name: str) -> models.NetInterface:
    found = await host.list_interfaces()
    named = [each for each in found if name in {each.name, each.uuid}]
    fitting = named or [each for each in found if name == each.description]
    if len(fitting) > 1:
        raise StationMisuse(
            f"The host has {len(fitting)} network interfaces {name}",
            remedy="Give the name or the id of the interface in the recipe",
            code="WHICH_INTERFACE",
        )
    if fitting:
        return fitting[0]
    there = ", ".join(each.name for each in found) or "none"
    raise Mismatch(
        f"The host has no network interface {name}; there: {there}",
        remedy="Check that it is the model that the recipe is for, then set the host aside",
        code="NO_INTERFACE",
    )


def _measure(ctx: StepContext, found: models.NetInterface) -> None:
    ctx.measure("connected", found.connected)
    ctx.measure("addresses", " ".join(found.addresses or ()))
    ctx.measure("mac", found.hardwareAddress or "")
    if found.sendSpeed is not None:
        ctx.measure("speed", found.sendSpeed // 1_000_000)


_MEASURES = (
    Measures("connected", "Whether the interface has a link", kind="boolean"),
    Measures("addresses", "All addresses of the interface", kind="text"),
    Measures("mac", "Hardware address of the interface", kind="text"),
    Measures("speed", "Speed of the link", uom="Mbit/s"),
)


def _findings(
    found: models.NetInterface,
    address: str | None,
    gateway: str | None,
    dns: Sequence[str],
    dhcp: bool | None,
) -> list[Finding]:
    there = (
        ("address", address and str(_interface(address)), found.addresses or ()),
        ("gateway", gateway, found.gateway or ()),
        *(("name server", server, found.dns or ()) for server in dns),
    )
    findings = [
        Finding(
            f"The interface {found.name} has the {what} {' '.join(have) or 'none'};"
            f" it must have {wanted}",
            _SET_ASIDE,
            "NETWORK",
        )
        for what, wanted, have in there
        if wanted is not None and wanted not in have
    ]
    if dhcp is not None and found.dhcpEnabled is not None and found.dhcpEnabled != dhcp:
        words = "gets its address by DHCP" if found.dhcpEnabled else "has a fixed address"
        findings.append(Finding(f"The interface {found.name} {words}", _SET_ASIDE, "NETWORK"))
    return findings


async def _own_addresses(host: AdvantechHost) -> set[str]:
    """Return the addresses under which the station reaches the host."""
    own = urlsplit(host.base_url).hostname or ""
    with suppress(ValueError):  # it may be a name
        return {str(ip_address(own))}
    try:
        return {str(place[0]) for *_, place in await anyio.getaddrinfo(own, None)}
    except OSError as error:
        raise Unreachable(
            f"Nobody knows the address of {own}",
            remedy="Check the name server, or give the address of the port in the settings",
            code="NO_NAME",
        ) from error


async def _refuse_own_port(host: AdvantechHost, found: models.NetInterface) -> None:
    has = {address.partition("/")[0] for address in found.addresses or ()}
    if has & await _own_addresses(host):
        raise StationMisuse(
            f"The interface {found.name} is the one over which the station works with the host",
            remedy="Set another interface in the recipe, or connect the fixture to another port",
            code="OWN_PORT",
        )


@step(
    "advantech.set_network",
    summary="Gives a network interface of the host its address, or DHCP, and reads it back.",
    measures=(*_MEASURES, Measures("changed", "Whether anything was set", kind="boolean")),
    timeout_seconds=90,
)
async def set_network(
    ctx: StepContext,
    host: AdvantechHost,
    *,
    interface: str,
    address: str | None = None,
    gateway: str | None = None,
    dns: list[str] | None = None,
    dhcp: bool = False,
    within: Duration = _WITHIN,
    poll: Duration = POLL,
) -> None:
    """Set the interface unless it is so already, and wait until the host says that it is.

    An answer that is lost does not matter: the interface is asked. One that does not take the
    address in time is FAIL. The interface that the station itself uses is refused.

    Args:
        interface: Name, id or description of the interface.
        address: Fixed IPv4 address with its prefix length, for instance 192.168.6.50/24.
        gateway: Gateway of a fixed address.
        dns: One or two name servers of a fixed address.
        dhcp: Whether the interface gets its address by DHCP instead.
        within: How long it may take.
        poll: How long to wait before asking again.
    """
    servers = dns or []
    given = address is not None and gateway is not None and 1 <= len(servers) <= 2
    if given == dhcp or (dhcp and (address or gateway or servers)):
        raise StationMisuse(
            "The interface needs an address, a gateway and one or two name servers, or DHCP",
            remedy="Give either of both in the recipe",
            code="NO_NETWORK",
        )
    found = await _find(host, interface)
    # A host that does not say whether it uses DHCP is told to.
    wrong = _findings(found, address, gateway, servers, dhcp) or (
        dhcp and found.dhcpEnabled is None
    )
    ctx.measure("changed", bool(wrong))
    if wrong:
        await _refuse_own_port(host, found)
        await _order(host, found.ifIndex, address, gateway, servers)

        async def is_so() -> bool:
            nonlocal found
            found = await _find(host, interface)
            return not _findings(found, address, gateway, servers, dhcp)

        await until(is_so, ctx.clock, Patience(within, poll))
    _measure(ctx, found)
    refuse(_findings(found, address, gateway, servers, dhcp))


async def _order(
    host: AdvantechHost,
    number: int,
    address: str | None,
    gateway: str | None,
    servers: Sequence[str],
) -> None:
    """Ask for the change. The link may break under the answer, so its loss proves nothing."""
    try:
        if address is None:
            await host.enable_dhcp(number)
            return
        fixed = _interface(address)
        await host.set_ipv4_config(
            number,
            models.Ipv4Config(
                ipAddress=str(fixed.ip),
                subnetMask=str(fixed.netmask),
                defaultGateway=gateway or "",
                primaryDNS=servers[0],
                secondaryDNS=servers[1] if len(servers) > 1 else None,
            ),
        )
    except (ConnectionLost, DeadlineExceeded):
        return


@step(
    "advantech.expect_network",
    summary="Checks link and addresses of a network interface of the host.",
    measures=_MEASURES,
)
async def expect_network(
    ctx: StepContext,
    host: AdvantechHost,
    *,
    interface: str,
    connected: bool | None = None,
    address: str | None = None,
    gateway: str | None = None,
    dns: list[str] | None = None,
    dhcp: bool | None = None,
) -> None:
    """Fail a host whose interface is otherwise; what is not given is measured and not judged.

    Args:
        interface: Name, id or description of the interface.
        connected: Whether it must have a link.
        address: IPv4 address with its prefix length that it must have.
        gateway: Gateway that it must have.
        dns: Name servers that it must have.
        dhcp: Whether it must get its address by DHCP; a host that does not say may pass.
    """
    found = await _find(host, interface)
    _measure(ctx, found)
    findings = _findings(found, address, gateway, dns or (), dhcp)
    if connected is not None and found.connected != connected:
        words = f"The interface {found.name} has {'a' if found.connected else 'no'} link"
        findings.append(Finding(words, _SET_ASIDE, "NETWORK_LINK"))
    refuse(findings)
