"""The proxy through which an Azure Sphere board reaches the internet.

The board's answer to a new setting carries the password in clear; it is compared with nothing and
kept nowhere. What counts is what the board says when it is asked afterwards, without password.
"""

from orchestrator.domain.errors import StationMisuse
from orchestrator.engine.step import Measures, Secret, StepContext, step
from orchestrator.steps.findings import Finding, refuse
from orchestrator.steps.secret_marks import fingerprint, revealed
from orchestrator.systems.azure_sphere_device.client import SphereDevice
from orchestrator.systems.azure_sphere_device.models import NetworkProxy

_PROXY = Measures("proxy", "Address and port of the board's proxy, or none", kind="text")
_HTTP_PORT = 8080


def _shown(proxy: NetworkProxy) -> str:
    """Name a setting for people: `none`, `proxy.example:8080`, `proxy.example:8080 (disabled)`."""
    if not proxy.is_set:
        return "none"
    state = "" if proxy.enabled else " (disabled)"
    return f"{proxy.address}:{proxy.port}{state}"


def _findings(found: NetworkProxy, wanted: NetworkProxy, remedy: str) -> list[Finding]:
    """Judge a setting by all its members but the password, which no board tells."""
    members = "enabled", "address", "port", "authenticationType", "username"
    differing = [each for each in members if getattr(found, each) != getattr(wanted, each)]
    if sorted(found.noProxyAddresses or ()) != sorted(wanted.noProxyAddresses or ()):
        differing.append("noProxyAddresses")
    if not differing:
        return []
    what = f"The board's proxy is {_shown(found)}; it must be {_shown(wanted)}"
    if _shown(found) == _shown(wanted):
        what = f"The board's proxy {_shown(found)} differs in {', '.join(differing)}"
    return [Finding(what, remedy, "PROXY_DIFFERS")]


def _setting(
    address: str, port: int, enabled: bool, direct: list[str] | None, username: str | None
) -> NetworkProxy:
    return NetworkProxy(
        enabled=enabled,
        address=address,
        port=port,
        noProxyAddresses=list(direct or ()),
        authenticationType="anonymous" if username is None else "basic",
        username=username,
    )


@step(
    "sphere.set_proxy",
    summary="Sets the board's proxy and proves that it has taken it.",
    measures=(
        _PROXY,
        Measures("password_fingerprint", "First digits of the password's SHA-256", kind="text"),
    ),
)
async def set_proxy(
    ctx: StepContext,
    board: SphereDevice,
    *,
    address: str,
    port: int = _HTTP_PORT,
    enabled: bool = True,
    direct: list[str] | None = None,
    username: str | None = None,
    password: Secret | None = None,
) -> None:
    """Replace the whole setting, then read it back; whatever differs is FAIL.

    Args:
        address: Name or address of the proxy.
        port: Its port.
        enabled: Whether the board uses it at once.
        direct: Addresses that the board reaches without it.
        username: Who the board says it is; without it the proxy is used anonymously.
        password: The password of that user.
    """
    if (username is None) != (password is None):
        raise StationMisuse(
            "A proxy takes a user name and a password together, or neither",
            remedy="Give both or none in the recipe",
            code="PROXY_CREDENTIALS",
        )
    ctx.measure("password_fingerprint", fingerprint(password))
    wanted = _setting(address, port, enabled, direct, username)
    await board.configure_proxy(
        enabled=enabled,
        address=address,
        port=port,
        no_proxy_addresses=direct or (),
        authentication_type="anonymous" if username is None else "basic",
        username=username,
        password=revealed(password),
    )
    found = await board.get_network_proxy()
    ctx.measure("proxy", _shown(found))
    refuse(_findings(found, wanted, "Set the board aside for the engineer"))


@step(
    "sphere.clear_proxy",
    summary="Removes the board's proxy and proves that it is gone.",
    measures=(Measures("was", "The proxy that was removed, or none", kind="text"),),
)
async def clear_proxy(ctx: StepContext, board: SphereDevice) -> None:
    """Remove the setting, enabled or not; a board without one passes.

    A board answers success in either case, so what it had is read before.
    """
    ctx.measure("was", _shown(await board.get_network_proxy()))
    await board.delete_network_proxy()
    refuse(_unset_findings(await board.get_network_proxy(), "Recover the board, then run it again"))


def _unset_findings(found: NetworkProxy, remedy: str) -> list[Finding]:
    if not found.is_set:
        return []
    return [Finding(f"The board has the proxy {_shown(found)}; it must have none", remedy, "PROXY")]


@step(
    "sphere.expect_proxy",
    summary="Checks the board's proxy, or that it has none.",
    measures=(_PROXY,),
)
async def expect_proxy(
    ctx: StepContext,
    board: SphereDevice,
    *,
    address: str | None = None,
    port: int = _HTTP_PORT,
    enabled: bool = True,
    direct: list[str] | None = None,
    username: str | None = None,
) -> None:
    """Compare the whole setting but the password; without `address` there must be none at all.

    Args:
        address: Name or address of the proxy.
        port: Its port.
        enabled: Whether it is in use.
        direct: Addresses that the board reaches without it.
        username: Who the board says it is there.
    """
    found = await board.get_network_proxy()
    ctx.measure("proxy", _shown(found))
    if address is None:
        refuse(_unset_findings(found, "Remove it with the end-of-line recipe"))
        return
    wanted = _setting(address, port, enabled, direct, username)
    refuse(_findings(found, wanted, "Set the proxy again, then run the board again"))
