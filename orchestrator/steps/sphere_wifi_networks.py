"""The Wi-Fi networks that an Azure Sphere board remembers: add, join, forget.

While the board's Wi-Fi is off these calls are refused with 13.18: that is an ERROR, since nobody
knows, and never an empty list. What the board answers to a new network is not compared with what
it lists a moment later; the connection state differs by design.
"""

from decimal import Decimal
from typing import Literal

from orchestrator.domain.errors import ErrorClass, Mismatch, OrchestratorError, StationFault
from orchestrator.engine.step import Duration, Measures, Secret, StepContext, step
from orchestrator.steps.attachments import attach_connection_failures
from orchestrator.steps.findings import refuse, wifi_findings
from orchestrator.steps.secret_marks import fingerprint, revealed
from orchestrator.steps.waiting import Patience, Stopwatch, rounded, until
from orchestrator.systems.azure_sphere_device.client import SphereDevice
from orchestrator.systems.azure_sphere_device.errors import DeviceRefusal
from orchestrator.systems.azure_sphere_device.models import ConnectionFailure, WifiNetwork

_JOIN_WITHIN = Duration(Decimal(30))
_JOIN_POLL = Duration(Decimal(1))

# What the station gave, or the access point is: every other board would meet the same.
_NOT_THE_BOARDS = frozenset(
    {
        "WrongKey",
        "NoPskIncluded",
        "SecurityTypeMismatch",
        "NetworkFrequencyNotAllowed",
        "NetworkNotEssPbssMbss",
        "NetworkNotSupported",
        "NetworkNonWpa",
    }
)


def _name(network: WifiNetwork) -> str:
    return network.ssid or network.configName or str(network.id)


@step(
    "sphere.add_wifi_network",
    summary="Adds a Wi-Fi network to those that the board remembers.",
    measures=(
        Measures("network_id", "Number that the board gave to the network"),
        Measures("replaced_networks", "How many of the same name and security it replaced"),
        Measures("psk_fingerprint", "First digits of the key's SHA-256", kind="text"),
    ),
)
async def add_wifi_network(
    ctx: StepContext,
    board: SphereDevice,
    *,
    ssid: str,
    security: Literal["psk", "open", "eaptls"] = "psk",
    psk: Secret | None = None,
    config_name: str | None = None,
    hidden: bool = False,
    client_identity: str | None = None,
    client_certificate: str | None = None,
    root_certificate: str | None = None,
) -> None:
    """Configure and enable a network; one of the same name and security is forgotten first.

    So the step may be repeated, and a key that an earlier session left does not stay. That the
    board joins the network is for sphere.expect_wifi_connected to see.

    Args:
        ssid: Name of the network, 1 to 32 characters.
        security: How the network is secured.
        psk: Key of the network, 8 to 63 characters; for `psk`.
        config_name: Name of this configuration on the board, up to 16 characters.
        hidden: Whether the network does not tell its name.
        client_identity: Who the board says it is; for `eaptls`.
        client_certificate: Identifier of the board's certificate in its store; for `eaptls`.
        root_certificate: Identifier of the root certificate in its store; for `eaptls`.
    """
    ctx.measure("psk_fingerprint", fingerprint(psk))
    same = [
        each
        for each in (await board.list_wifi_networks()).values
        if each.ssid == ssid and each.securityState == security
    ]
    for each in same:
        await board.remove_wifi_network(each.id)
    ctx.measure("replaced_networks", len(same))
    added = await board.add_wifi_network(
        ssid,
        security_state=security,
        config_state="enabled",
        config_name=config_name,
        targeted_scan=True if hidden else None,
        psk=revealed(psk),
        client_identity=client_identity,
        client_cert_store_identifier=client_certificate,
        root_ca_cert_store_identifier=root_certificate,
    )
    ctx.measure("network_id", added.id)
    if added.id not in {each.id for each in (await board.list_wifi_networks()).values}:
        raise Mismatch(
            f"The board accepted the Wi-Fi network {ssid} and does not remember it",
            remedy="Set the board aside for the engineer",
            code="WIFI_NOT_TAKEN",
        )


class _Joining:
    """Whether the board is on a network, asked again and again."""

    def __init__(self, board: SphereDevice, ssid: str, needs_address: bool) -> None:
        self._board = board
        self._ssid = ssid
        self._needs_address = needs_address
        self._busy: DeviceRefusal | None = None
        self.last_words = ""
        self.address = ""
        self.freq: int | None = None

    async def joined(self) -> bool:
        """Ask once. Right after its start the board's Wi-Fi may be busy: that is `not yet`."""
        try:
            answer = await self._ask()
        except DeviceRefusal as refusal:
            if refusal.kind is not ErrorClass.BUSY:
                raise
            self._busy = refusal
            return False
        self._busy = None
        return answer

    async def _ask(self) -> bool:
        networks = (await self._board.list_wifi_networks()).values
        states = {each.connectionState for each in networks if each.ssid == self._ssid}
        if not states:
            raise Mismatch(
                f"The board does not remember the Wi-Fi network {self._ssid}",
                remedy="Add the network before this step; else set the board aside",
                code="WIFI_NOT_CONFIGURED",
            )
        if "connected" not in states:
            self.last_words = f"it says {' and '.join(sorted(states))}"
            return False
        interface = await self._board.get_wifi_interface_state()
        self.address, self.freq = interface.ip_address or "", interface.freq
        self.last_words = "it is connected and has no address"
        return bool(self.address) or not self._needs_address

    def raise_busy(self) -> None:
        """Raise the board's own refusal when its last word was that it is busy."""
        if self._busy is not None:
            raise self._busy


def _not_joined(
    ssid: str, within: Decimal, last_words: str, failures: tuple[ConnectionFailure, ...]
) -> OrchestratorError:
    """Return what a board that has not joined means: by its own last word about this network.

    A wrong key or an untrusted certificate was given by the station, so nobody judged the board.
    """
    about = max((each for each in failures if each.ssid == ssid), default=None, key=_moment)
    what = f"The board did not join the Wi-Fi network {ssid} within {within} s; {last_words}"
    if about is None:
        return Mismatch(what, remedy=_SET_ASIDE, code="WIFI_NOT_JOINED")
    fault = about.certInfo.certError if about.certInfo is not None else None
    reason = f"{about.error}, certificate {fault}" if fault else about.error
    if fault or about.error in _NOT_THE_BOARDS:
        return StationFault(
            f"{what} ({reason})",
            remedy="Check the key, the certificates and the access point of this station",
            code=about.error,
        )
    return Mismatch(f"{what} ({reason})", remedy=_SET_ASIDE, code=about.error)


_SET_ASIDE = "Check that the access point is on; if others join it, set the board aside"


def _moment(failure: ConnectionFailure) -> str:
    return failure.timestamp


@step(
    "sphere.expect_wifi_connected",
    summary="Waits until the board has joined a Wi-Fi network.",
    measures=(
        Measures("connect_seconds", "Time until it had joined", uom="s"),
        Measures("ip_address", "Address it got there, empty without one", kind="text"),
        Measures("frequency", "Frequency of the access point, where it is told", uom="MHz"),
    ),
    timeout_seconds=120,
)
async def expect_wifi_connected(
    ctx: StepContext,
    board: SphereDevice,
    *,
    ssid: str,
    address: bool = True,
    within: Duration = _JOIN_WITHIN,
    poll: Duration = _JOIN_POLL,
) -> None:
    """Ask until the board is on the network; else attach why it could not join.

    A board that does not join is FAIL. When it says that key, certificate or access point are to
    blame it is an ERROR: the station gave them, and every other board would fail alike.

    Args:
        ssid: Name of the network; it must be configured.
        address: Whether it must have got an IP address as well.
        within: How long it may take.
        poll: How long to wait before asking again.
    """
    joining, watch = _Joining(board, ssid, address), Stopwatch(ctx.clock)
    if await until(joining.joined, ctx.clock, Patience(within, poll)):
        ctx.measure("connect_seconds", rounded(watch.elapsed))
        ctx.measure("ip_address", joining.address)
        if joining.freq is not None:
            ctx.measure("frequency", joining.freq)
        return
    failures = await attach_connection_failures(ctx, board)
    joining.raise_busy()
    raise _not_joined(ssid, within, joining.last_words, failures)


@step(
    "sphere.remove_wifi_networks",
    summary="Makes the board forget Wi-Fi networks and proves that it has.",
    measures=(Measures("removed_networks", "How many networks were forgotten"),),
)
async def remove_wifi_networks(
    ctx: StepContext,
    board: SphereDevice,
    *,
    ssids: list[str] | None = None,
    keep: list[str] | None = None,
) -> None:
    """Forget the listed networks, or else every one that `keep` does not name.

    Without any parameter all networks are forgotten.

    Args:
        ssids: Names of networks to forget; one that the board lacks is already gone.
        keep: Names of networks that may stay; every other one is forgotten.
    """
    present = (await board.list_wifi_networks()).values
    doomed = {each.id: each for each in present if each.ssid in (ssids or ())}
    if ssids is None or keep is not None:
        doomed |= {each.id: each for each in present if each.ssid not in (keep or ())}
    for done, number in enumerate(doomed):
        ctx.progress(done, len(doomed))
        await board.remove_wifi_network(number)
    ctx.measure("removed_networks", len(doomed))
    left = [each for each in (await board.list_wifi_networks()).values if each.id in doomed]
    if left:
        raise Mismatch(
            f"The board still remembers the Wi-Fi network {', '.join(map(_name, left))}"
            " after it was told to forget it",
            remedy="Recover the board, then run it again",
            code="WIFI_STAYS",
        )


@step(
    "sphere.expect_no_wifi_networks",
    summary="Checks that the board remembers no Wi-Fi network.",
    measures=(Measures("wifi_networks", "How many Wi-Fi networks are configured"),),
)
async def expect_no_wifi_networks(ctx: StepContext, board: SphereDevice) -> None:
    """Fail a board on which a Wi-Fi network is configured, whether enabled or not.

    While the board's Wi-Fi is switched off the list cannot be read (13.18): that is an ERROR,
    since nobody knows, and never a PASS.
    """
    networks = await board.list_wifi_networks()
    ctx.measure("wifi_networks", len(networks.values))
    refuse(wifi_findings(networks))
