"""The network of an Azure Sphere board: its interfaces, readiness and firewall.

The link to this station is an interface of the board as well: `azspheresvc`, always up, never
connected, without hardware address. Changes take effect seconds after the board's answer.
"""

from collections.abc import Collection
from decimal import Decimal
from typing import Literal

from orchestrator.domain.errors import Mismatch, StationMisuse
from orchestrator.engine.step import Duration, Measures, StepContext, step
from orchestrator.steps.attachments import attach_json
from orchestrator.steps.findings import Finding, refuse
from orchestrator.steps.waiting import POLL, Patience, Stopwatch, rounded, until
from orchestrator.systems.azure_sphere_device.client import SphereDevice
from orchestrator.systems.azure_sphere_device.models import (
    FirewallRuleset,
    NetworkInterface,
    NetworkStatus,
)

_AT_ONCE = Duration(Decimal(0))
_CHANGE_WITHIN = Duration(Decimal(5))


def _named(interfaces: list[NetworkInterface], member: str, wanted: bool) -> set[str]:
    return {each.interfaceName for each in interfaces if getattr(each, member) is wanted}


def _lacking(found: Collection[str], wanted: list[str] | None, what: str) -> list[Finding]:
    return [
        Finding(
            f"The network interface {name} is not {what}",
            "Check what it is connected to, then run the board again",
            "INTERFACE_STATE",
        )
        for name in wanted or ()
        if name not in found
    ]


@step(
    "sphere.expect_interfaces",
    summary="Checks which network interfaces the board has and how they are.",
    measures=(
        Measures("interfaces", "How many interfaces the board has"),
        Measures("wait_seconds", "Time until all were as expected", uom="s"),
    ),
    timeout_seconds=60,
)
async def expect_interfaces(
    ctx: StepContext,
    board: SphereDevice,
    *,
    names: list[str] | None = None,
    up: list[str] | None = None,
    down: list[str] | None = None,
    connected: list[str] | None = None,
    internet: list[str] | None = None,
    within: Duration = _AT_ONCE,
    poll: Duration = POLL,
) -> None:
    """Ask until all is as expected or the time is over; keep the last answer as a file.

    Args:
        names: The exact set of interfaces, `azspheresvc` included; without it, any.
        up: Interfaces that must be switched on.
        down: Interfaces that must be there and switched off.
        connected: Interfaces that must be connected to a network.
        internet: Interfaces that must reach the internet.
        within: How long it may take.
        poll: How long to wait before asking again.
    """
    found: list[NetworkInterface] = []
    findings: list[Finding] = []
    watch = Stopwatch(ctx.clock)

    async def as_expected() -> bool:
        nonlocal found, findings
        found = (await board.list_network_interfaces()).interfaces
        findings = [
            *_lacking(_named(found, "interfaceUp", True), up, "up"),
            *_lacking(_named(found, "interfaceUp", False), down, "down"),
            *_lacking(_named(found, "connectedToNetwork", True), connected, "on a network"),
            *_lacking(_named(found, "connectedToInternet", True), internet, "on the internet"),
            *_set_findings({each.interfaceName for each in found}, names),
        ]
        return not findings

    await until(as_expected, ctx.clock, Patience(within, poll))
    attach_json(ctx, "interfaces.json", [each.model_dump(mode="json") for each in found])
    ctx.measure("interfaces", len(found))
    refuse(findings)
    ctx.measure("wait_seconds", rounded(watch.elapsed))


def _set_findings(found: set[str], names: list[str] | None) -> list[Finding]:
    if names is None or found == set(names):
        return []
    return [
        Finding(
            f"The board has the network interfaces {', '.join(sorted(found)) or 'none'};"
            f" it must have {', '.join(sorted(set(names)))}",
            "Check the board's configuration image",
            "INTERFACES_DIFFER",
        )
    ]


def _is_so(found: NetworkInterface, up: bool | None, hardware_address: str | None) -> bool:
    address = (found.hardwareAddress or "").lower()
    return (up is None or found.interfaceUp is up) and (
        hardware_address is None or address == hardware_address.lower()
    )


@step(
    "sphere.set_interface",
    summary="Switches a network interface, or gives it another hardware address.",
    measures=(
        Measures("was_up", "Whether the interface was on before", kind="boolean"),
        Measures("hardware_address", "Its hardware address now, empty if unsaid", kind="text"),
        Measures("change_seconds", "Time until it was as ordered", uom="s"),
    ),
)
async def set_interface(
    ctx: StepContext,
    board: SphereDevice,
    *,
    name: str,
    up: bool | None = None,
    hardware_address: str | None = None,
    within: Duration = _CHANGE_WITHIN,
    poll: Duration = POLL,
) -> None:
    """Order the change and ask until the board says that it is so; nothing is sent if it is.

    A change that does not take effect in time is FAIL. An interface that the board does not know
    or does not let anybody change is an ERROR.

    Args:
        name: Name of the interface, for instance `wlan0` or `eth0`.
        up: Whether to switch it on or off.
        hardware_address: Hardware address to give it, as `02:00:00:00:00:01`.
        within: How long the change may take.
        poll: How long to wait before asking again.
    """
    if up is None and hardware_address is None:
        raise StationMisuse(
            f"The step changes nothing of the network interface {name}",
            remedy="Give up or hardware_address in the recipe",
            code="NO_CHANGE",
        )
    found = await board.get_network_interface(name)
    ctx.measure("was_up", found.interfaceUp)
    watch = Stopwatch(ctx.clock)

    async def changed() -> bool:
        nonlocal found
        found = await board.get_network_interface(name)
        return _is_so(found, up, hardware_address)

    if not _is_so(found, up, hardware_address):
        await board.set_network_interface(name, interface_up=up, hardware_address=hardware_address)
        await until(changed, ctx.clock, Patience(within, poll))
    ctx.measure("hardware_address", found.hardwareAddress or "")
    if not _is_so(found, up, hardware_address):
        raise Mismatch(
            f"The network interface {name} did not change within {within} s; it is"
            f" {'up' if found.interfaceUp else 'down'} with the hardware address"
            f" {found.hardwareAddress or 'unsaid'}",
            remedy="Restart the board and run it again; set it aside if it stays so",
            code="INTERFACE_STAYS",
        )
    ctx.measure("change_seconds", rounded(watch.elapsed))


@step(
    "sphere.expect_network_status",
    summary="Checks that the board's authentication, time and proxy are ready.",
    measures=(
        Measures("authentication_ready", "Whether it can prove who it is", kind="boolean"),
        Measures("time_sync", "State of its clock's synchronisation", kind="text"),
        Measures("proxy_state", "State of its proxy", kind="text"),
    ),
    timeout_seconds=60,
)
async def expect_network_status(
    ctx: StepContext,
    board: SphereDevice,
    *,
    authentication_ready: bool | None = None,
    time_sync: Literal["complete", "incomplete", "disabled"] | None = None,
    proxy: Literal["disabled", "enabled", "resolvingProxyName", "ready"] | None = None,
    within: Duration = _AT_ONCE,
    poll: Duration = POLL,
) -> None:
    """Ask until what the recipe names is so; all that differs is reported together.

    Never locked, so it may be asked of a finished board as well.

    Args:
        authentication_ready: Whether the board can prove who it is to a server.
        time_sync: How far its clock is synchronised.
        proxy: How far its proxy is.
        within: How long it may take.
        poll: How long to wait before asking again.
    """
    expected = {
        "deviceAuthenticationIsReady": authentication_ready,
        "networkTimeSync": time_sync,
        "proxy": proxy,
    }
    wanted = {member: value for member, value in expected.items() if value is not None}
    seen: list[NetworkStatus] = []

    async def as_expected() -> bool:
        seen.append(await board.get_network_status())
        return all(getattr(seen[-1], member) == value for member, value in wanted.items())

    await until(as_expected, ctx.clock, Patience(within, poll))
    status = seen[-1]
    ctx.measure("authentication_ready", status.deviceAuthenticationIsReady)
    ctx.measure("time_sync", status.networkTimeSync)
    ctx.measure("proxy_state", status.proxy)
    refuse(
        [
            Finding(
                f"The board's network says {member} {getattr(status, member)}; it must be {value}",
                "Check the network at this station, then run the board again",
                "NETWORK_STATUS",
            )
            for member, value in wanted.items()
            if getattr(status, member) != value
        ]
    )


Hook = Literal["PREROUTING", "INPUT", "FORWARD", "OUTPUT", "POSTROUTING"]


def _as_written(ruleset: FirewallRuleset) -> dict[str, object]:
    """Return a set of rules for a file, its counters as texts."""
    rules = [
        {**rule.model_dump(mode="json"), "packets": str(rule.packets), "bytes": str(rule.bytes)}
        for rule in ruleset.rules
    ]
    return {**ruleset.model_dump(mode="json"), "rules": rules}


@step(
    "sphere.expect_firewall",
    summary="Checks that the rules of the board's firewall are valid, and keeps them.",
    measures=(
        Measures("rules", "How many rules there are"),
        Measures("packets", "Packets that met a rule", kind="text"),
        Measures("bytes", "Bytes that met a rule", kind="text"),
    ),
)
async def expect_firewall(
    ctx: StepContext, board: SphereDevice, *, hooks: list[Hook] | None = None
) -> None:
    """Fail a board whose firewall holds a set of rules that is not valid, or lacks one.

    Boards call a place without any rule not valid; such a place fails only when it is named.
    The rules are attached with their counters. Counters are texts: they have 64 bits, which is
    more than most programs that read the audit can hold in a number.

    Args:
        hooks: Places that must have a set of rules with at least one rule.
    """
    rulesets = (await board.get_firewall_rulesets()).rulesets
    attach_json(ctx, "firewall.json", [_as_written(each) for each in rulesets])
    rules = [rule for each in rulesets for rule in each.rules]
    ctx.measure("rules", len(rules))
    ctx.measure("packets", str(sum(rule.packets for rule in rules)))
    ctx.measure("bytes", str(sum(rule.bytes for rule in rules)))
    guarded = {each.hook for each in rulesets if each.rules}
    remedy = "Restart the board and run it again; set it aside if it stays so"
    invalid = [each.hook for each in rulesets if each.rules and not each.isValid]
    findings = [
        Finding(f"The board's firewall is not valid at {hook}", remedy, "FIREWALL_INVALID")
        for hook in invalid
    ]
    findings += [
        Finding(f"The board's firewall has no rule at {hook}", remedy, "FIREWALL_OPEN")
        for hook in hooks or ()
        if hook not in guarded
    ]
    refuse(findings)
