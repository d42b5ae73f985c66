"""Hosts on the network ports of a fixture: who answers is there, a client opens each.

A port is a place of the fixture; its address is written in the settings, found in a range, or read
from a label. Every look asks each address for a sign of life that needs no account. Addresses that
stay silent are asked less and less often, few at a time, so that a fixture with empty places does
not load the network. A host that a recipe restarts is silent for good reason and stays on the list.
The identity is the serial number, always over a fresh connection.
"""

import ssl
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from typing import Any

import anyio

from orchestrator.domain.clock import Clock, SystemClock
from orchestrator.domain.errors import ConnectionLost, ErrorClass, StationFault, StationMisuse
from orchestrator.domain.fixture import Attached, UnitLink
from orchestrator.domain.unit import DeviceIdentity
from orchestrator.systems.advantech_portal.addresses import address_on, addresses_in, url_of
from orchestrator.systems.advantech_portal.auth import Account
from orchestrator.systems.advantech_portal.client import AdvantechHost
from orchestrator.systems.advantech_portal.errors import AccountLocked, SignInRefused
from orchestrator.systems.advantech_portal.identity import read_identity
from orchestrator.transport.client import Transport
from orchestrator.transport.exchange import Exchanged
from orchestrator.transport.retry import RetryPolicy
from orchestrator.transport.websocket import OpenSocket, open_socket

RESTART_SECONDS = 300.0
PROBES_AT_ONCE = 32
PROBE_SECONDS = 1.5
LOOK_SECONDS = 10.0
"""How long one look may take; who was not reached then comes first in the next."""
LONGEST_BACK_OFF_SECONDS = 15.0
"""A silent address is asked again after this long at the latest."""
KEEN_SECONDS = 120.0
"""An address at which somebody answered so shortly ago is asked with every look."""
DOWN_LOOKS = 2
"""A host that restarts has gone down when so many looks in a row were not answered: a single one
may be a portal that was slow to stop, and the silence of the restart still comes."""

_ONCE = RetryPolicy(attempts=1)
_SILENCE = (ErrorClass.LINK, ErrorClass.TIMEOUT)

Transports = Callable[[str], Transport | None]
"""Gives what stands in for the network to a base URL; None leaves the network."""


def _real_network(_url: str) -> None:
    """Use the network for every address."""


@dataclass(slots=True)
class _Place:
    """What is known of one address: how often it was silent in a row, and when it is due.

    All moments are monotonic seconds. Until `restarts_until` its host may be silent, since it
    restarts; `unanswered` are the looks in a row that were, since then.
    """

    port: str
    address: str
    silent: int = 0
    due: float = 0.0
    answers: bool = False
    answered_at: float = float("-inf")
    restarts_until: float = 0.0
    unanswered: int = 0
    account: Account | None = None
    """The one that its host has let in last."""


class _Host(AdvantechHost):
    """A host whose fixture knows when a recipe restarts it."""

    def __init__(self, url: str, on_restart: Callable[[], None], **options: Any) -> None:
        super().__init__(url, **options)
        self._on_restart = on_restart

    async def reboot(self) -> None:
        """Restart the computer, as `AdvantechHost.reboot` does."""
        self._on_restart()
        await super().reboot()


class HostUnit:
    """An open link to one host; what a step may ask for is its `AdvantechHost`."""

    def __init__(
        self,
        host: AdvantechHost,
        others: Sequence[Account],
        let_in: Callable[[Account | None], None],
    ) -> None:
        self._host = host
        self._others = list(others)
        self._let_in = let_in
        self._refusal: SignInRefused | None = None

    @property
    def resources(self) -> Mapping[type[Any], object]:
        """The host's client, keyed by its class."""
        return {AdvantechHost: self._host}

    async def identity(self) -> DeviceIdentity:
        """Read the identity over a fresh connection.

        Each account is tried once while this link is open: every further wrong password brings it
        nearer to being locked. Raises StationFault, SignInRefused among them.
        """
        if self._refusal is not None:
            raise self._refusal.again()
        try:
            identity = await read_identity(self._host)
        except AccountLocked:
            raise
        except SignInRefused as refusal:
            if not self._others:
                self._refusal = refusal
                raise
        else:
            self._let_in(self._host.account)
            return identity
        # A recipe may have changed the password since.
        self._host.use(self._others.pop(0))
        return await self.identity()


class HostFixture:
    """The hosts at the network ports of a fixture.

    `hosts` gives the address (`HOST` or `HOST:PORT`) of each port; `addresses` is a range to search
    besides, each address a port of its own; `labels` allows ports to get their address from a
    label. `accounts` are tried in order. A host that was restarted may be silent for
    `restart_seconds`. `exchanged` is told of what the links exchange, not of looks: most addresses
    of a range are silent. Raises ConfigurationMistakes for a range that is none. Nothing stays open
    between two looks.
    """

    def __init__(
        self,
        *,
        hosts: Mapping[str, str],
        accounts: Sequence[Account],
        context: ssl.SSLContext | None,
        addresses: str = "",
        labels: bool = False,
        https_port: int = 443,
        restart_seconds: float = RESTART_SECONDS,
        transports: Transports | None = None,
        sockets: OpenSocket = open_socket,
        clock: Clock | None = None,
        exchanged: Exchanged | None = None,
    ) -> None:
        self._accounts = list(accounts)
        self._context = context
        self._labels = labels
        self._https_port = https_port
        self._restart_seconds = restart_seconds
        self._transports = transports or _real_network
        self._sockets = sockets
        self._clock = clock or SystemClock()
        self._exchanged = exchanged
        self._limit = anyio.Semaphore(PROBES_AT_ONCE)
        self._places: dict[str, _Place] = {}
        for port, address in hosts.items():
            self._places[port] = _Place(port, address)
        for address in addresses_in(addresses) if addresses else ():
            if not any(self._is_same(address, taken) for taken in hosts.values()):
                self._places.setdefault(address, _Place(address, address))

    def label(self, port: str, address: str) -> str:
        """Let `port` have the address on a scanned label; return a sentence that says so.

        It holds until another label is scanned for the port, or the station ends. Raises
        StationMisuse for a text that is no address, one that another port has, and where the
        settings allow no labels.
        """
        if not self._labels:
            raise StationMisuse(
                "The settings of this station allow no address labels",
                remedy="Write the address into `fixture.advantech.hosts`, or set `labels` there",
                code="NO_LABELS",
            )
        found = address_on(address)
        for place in self._places.values():
            if place.port != port and self._is_same(place.address, found):
                raise StationMisuse(
                    f"The address {found} belongs to port {place.port}",
                    remedy="Scan the label of the host that stands at this port",
                    code="ADDRESS_TAKEN",
                )
        self._places[port] = _Place(port, found)
        return f"Port {port} has the address {found} now"

    def _is_same(self, one: str, other: str) -> bool:
        port = self._https_port
        return url_of(one, port).casefold() == url_of(other, port).casefold()

    async def attached(self) -> list[Attached]:
        """Return who answers right now."""
        now = self._clock.monotonic()
        places = list(self._places.values())
        with anyio.move_on_after(LOOK_SECONDS):
            async with anyio.create_task_group() as tasks:
                for place in _due(places, now):
                    tasks.start_soon(self._look, place)
        return [Attached(place.port, place.address) for place in places if place.answers]

    async def rescan(self) -> None:
        """Let every address be asked with the next look, however long it was silent."""
        for place in self._places.values():
            place.due = 0.0

    def connect(self, attached: Attached) -> AbstractAsyncContextManager[UnitLink]:
        """Return a context that holds a link to the host at `attached.address`."""
        return self._connect(attached)

    @asynccontextmanager
    async def _connect(self, attached: Attached) -> AsyncIterator[UnitLink]:
        url = url_of(attached.address, self._https_port)
        first, *others = self._accounts_of(attached.port)
        host = _Host(
            url,
            lambda: self._restarts(attached.port),
            context=self._context,
            account=first,
            transport=self._transports(url),
            sockets=self._sockets,
            clock=self._clock,
            exchanged=self._exchanged,
        )
        async with host:
            yield HostUnit(host, others, lambda account: self._keep(attached.port, account))

    def _accounts_of(self, port: str) -> list[Account]:
        """Return the accounts, first the one that the host at this port has let in last."""
        place = self._places.get(port)
        last = place.account if place is not None else None
        return sorted(self._accounts, key=lambda account: account != last)

    def _keep(self, port: str, account: Account | None) -> None:
        place = self._places.get(port)
        if place is not None and account in self._accounts:
            place.account = account

    def _restarts(self, port: str) -> None:
        place = self._places.get(port)
        if place is not None:
            place.restarts_until = self._clock.monotonic() + self._restart_seconds
            place.unanswered = 0

    async def _look(self, place: _Place) -> None:
        async with self._limit:
            answers = await self._answers(place)
        now = self._clock.monotonic()
        if answers:
            if place.unanswered >= DOWN_LOOKS:
                place.restarts_until = 0.0
            place.unanswered = 0
            place.answers, place.answered_at = True, now
            place.silent, place.due = 0, 0.0
            return
        restarts = now < place.restarts_until
        place.unanswered = place.unanswered + 1 if restarts else 0
        place.answers = place.answers and restarts
        if not restarts and now - place.answered_at >= KEEN_SECONDS:
            place.account = None  # whoever comes next may be another host
        if now - place.answered_at >= KEEN_SECONDS:
            place.due = now + min(2.0 ** min(place.silent, 8) - 1, LONGEST_BACK_OFF_SECONDS)
            place.silent += 1

    async def _answers(self, place: _Place) -> bool:
        """Ask for a sign of life. Whoever answers is there, even one that cannot be trusted.

        So is one whose connection came about and broke: its answer is bad, not its cable.
        """
        url = url_of(place.address, self._https_port)
        host = AdvantechHost(
            url, context=self._context, transport=self._transports(url), retry=_ONCE
        )
        async with host:
            with anyio.move_on_after(PROBE_SECONDS):
                try:
                    await host.platform_ping()
                except StationFault as fault:
                    return isinstance(fault, ConnectionLost) or fault.kind not in _SILENCE
                return True
        return False


def _due(places: Iterable[_Place], now: float) -> list[_Place]:
    """Return whose turn it is: who was there first, then who waits longest."""
    due = [place for place in places if place.due <= now]
    return sorted(due, key=lambda place: (not place.answers, place.due))
