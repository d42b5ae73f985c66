"""The hosts at the network ports of a fixture: who is there, who they are, how they are asked."""

from collections import Counter
from datetime import UTC, datetime
from typing import Any

import anyio
import anyio.lowlevel
import pytest
from pydantic import SecretStr

from orchestrator.domain.errors import ConfigurationMistakes, StationFault, StationMisuse
from orchestrator.domain.fixture import Attached
from orchestrator.domain.unit import DeviceIdentity
from orchestrator.systems.advantech_portal import fixture as module
from orchestrator.systems.advantech_portal.auth import Account
from orchestrator.systems.advantech_portal.client import AdvantechHost
from orchestrator.systems.advantech_portal.errors import AccountLocked, SignInRefused
from orchestrator.systems.advantech_portal.fixture import HostFixture
from orchestrator.systems.advantech_portal.identity import real_serial
from orchestrator.systems.advantech_portal.simulator import Fault, HostApp, HostSpec, SimulatedHost
from orchestrator.transport.in_process import NotReachable
from orchestrator.transport.in_process_stream import StreamingTransport
from orchestrator.transport.serving import World
from tests.patience import PATIENCE_SECONDS

ENGINEER = Account("engineer", SecretStr("Engineer-1"))
WRONG = Account("engineer", SecretStr("not-it"))


class Clock:
    """A clock that a test moves."""

    seconds = 0.0

    def now(self) -> datetime:
        """Return some moment."""
        return datetime(2026, 11, 21, tzinfo=UTC)

    def monotonic(self) -> float:
        """Return the seconds."""
        return self.seconds


class Net:
    """Hosts by address, and who was asked how often."""

    def __init__(self, *addresses: str, **spec: Any) -> None:
        self.clock = Clock()
        self.hosts = {
            address: SimulatedHost(HostSpec(index=number, **spec), World(clock=self.clock))
            for number, address in enumerate(addresses)
        }
        self.asked: Counter[str] = Counter()
        self.at_once = self.most_at_once = 0

    def transports(self, url: str) -> StreamingTransport:
        """Return the way to that address."""
        address = url.removeprefix("https://").removesuffix(":443")

        async def app(scope: Any, receive: Any, send: Any) -> None:
            self.asked[address] += 1
            self.at_once += 1
            self.most_at_once = max(self.most_at_once, self.at_once)
            try:
                await anyio.lowlevel.checkpoint()
                if address not in self.hosts:
                    raise NotReachable("nobody there")
                await HostApp(self.hosts[address])(scope, receive, send)
            finally:
                self.at_once -= 1

        return StreamingTransport(app)

    def fixture(self, *accounts: Account, **options: Any) -> HostFixture:
        """Return a fixture on this network."""
        return HostFixture(
            accounts=accounts or (ENGINEER,),
            context=None,
            transports=self.transports,
            clock=self.clock,
            **{"hosts": {}, **options},
        )


async def ports(fixture: HostFixture) -> list[str]:
    """Return the ports at which somebody answers."""
    return [each.port for each in await fixture.attached()]


async def test_who_answers_is_there() -> None:
    """Each at its port, with the address of the settings."""
    net = Net("10.0.0.1", "10.0.0.2:8443")
    fixture = net.fixture(hosts={"A": "10.0.0.1", "B": "10.0.0.2:8443", "C": "10.0.0.3"})
    assert await fixture.attached() == [Attached("A", "10.0.0.1"), Attached("B", "10.0.0.2:8443")]
    net.hosts["10.0.0.1"].unplug()
    assert await ports(fixture) == ["B"]
    net.hosts["10.0.0.1"].plug()
    assert await ports(fixture) == ["A", "B"]


async def test_a_look_needs_no_account() -> None:
    """Nobody signs in for a sign of life."""
    net = Net("10.0.0.1")
    await net.fixture(hosts={"A": "10.0.0.1"}).attached()
    assert net.hosts["10.0.0.1"].requests == Counter({"platform_ping": 1})


async def test_a_host_that_answers_anything_is_there() -> None:
    """Its run then says what is wrong with it."""
    net = Net("10.0.0.1")
    net.hosts["10.0.0.1"].faults.add(Fault("garbage"))
    assert await ports(net.fixture(hosts={"A": "10.0.0.1"})) == ["A"]


@pytest.mark.parametrize(
    "fault",
    [
        *(Fault("refuse", status=status) for status in (401, 404, 429, 500, 502, 503, 504)),
        *(Fault(kind) for kind in ("garbage", "page", "empty", "drop", "lost_answer", "late")),
    ],
    ids=lambda fault: f"{fault.kind}-{fault.status}",
)
async def test_a_bad_answer_is_no_missing_host(fault: Fault) -> None:
    """Only one that nobody can reach leaves the list, whatever the portal says of itself."""
    net = Net("10.0.0.1")
    fixture = net.fixture(hosts={"A": "10.0.0.1"})
    assert await ports(fixture) == ["A"]
    net.hosts["10.0.0.1"].faults.add(fault)
    assert await ports(fixture) == ["A"]
    net.hosts["10.0.0.1"].unplug()
    assert await ports(fixture) == []


async def test_a_range_is_searched_politely() -> None:
    """Few at a time, and silent addresses less and less often."""
    net = Net("10.0.0.7", "10.0.0.60")
    fixture = net.fixture(hosts={"A": "10.0.0.7"}, addresses="10.0.0.1-10.0.0.60")
    assert await ports(fixture) == ["A", "10.0.0.60"]
    assert net.most_at_once <= module.PROBES_AT_ONCE
    for _ in range(60):
        net.clock.seconds += 1.0
        await fixture.attached()
    assert net.asked["10.0.0.7"] == net.asked["10.0.0.60"] == 61
    assert 6 <= net.asked["10.0.0.9"] <= 10
    await fixture.rescan()
    asked = net.asked["10.0.0.9"]
    await fixture.attached()
    assert net.asked["10.0.0.9"] == asked + 1


async def test_a_host_that_was_there_is_looked_for_with_every_look() -> None:
    """A broken cable must not cost more time than it is broken."""
    net = Net("10.0.0.1")
    fixture = net.fixture(hosts={"A": "10.0.0.1"})
    await fixture.attached()
    net.hosts["10.0.0.1"].unplug()
    for second in range(1, 400):
        net.clock.seconds = float(second)
        assert await ports(fixture) == []
        if second == 100:
            assert net.asked["10.0.0.1"] == 101
    assert net.asked["10.0.0.1"] < 160


async def test_a_range_that_is_none_is_a_mistake_of_the_settings() -> None:
    """It is told before the station starts."""
    with pytest.raises(ConfigurationMistakes):
        Net().fixture(addresses="everywhere")


async def test_one_look_takes_bounded_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """A host that takes the connection and says nothing holds nobody up."""
    monkeypatch.setattr(module, "PROBE_SECONDS", 0.02)
    net = Net("10.0.0.1", "10.0.0.2")
    net.hosts["10.0.0.1"].freeze()
    fixture = net.fixture(hosts={"A": "10.0.0.1", "B": "10.0.0.2"})
    with anyio.fail_after(PATIENCE_SECONDS):
        assert await ports(fixture) == ["B"]


async def test_a_label_gives_a_port_its_address() -> None:
    """The last one counts; an address belongs to one port."""
    net = Net("10.0.0.1", "10.0.0.2")
    fixture = net.fixture(labels=True)
    assert await ports(fixture) == []
    assert fixture.label("P1", "https://10.0.0.1:443/") == (
        "Port P1 has the address 10.0.0.1:443 now"
    )
    fixture.label("P1", "10.0.0.2")
    assert await fixture.attached() == [Attached("P1", "10.0.0.2")]
    with pytest.raises(StationMisuse, match="belongs to port P1"):
        fixture.label("P2", "10.0.0.2")
    with pytest.raises(StationMisuse, match="no address"):
        fixture.label("P2", "KSA 0000001")
    with pytest.raises(StationMisuse, match="allow no address labels") as caught:
        net.fixture(hosts={"A": "10.0.0.1"}).label("A", "10.0.0.2")
    assert "labels" in caught.value.remedy


async def test_a_link_offers_the_client_and_the_identity() -> None:
    """The serial number, lower case as all identities, over a connection of its own."""
    net = Net("10.0.0.1", serial_number="KSA0000042")
    fixture = net.fixture(hosts={"A": "10.0.0.1"})
    async with fixture.connect(Attached("A", "10.0.0.1")) as link:
        assert await link.identity() == DeviceIdentity("advantech", "ksa0000042")
        host = link.resources[AdvantechHost]
        assert isinstance(host, AdvantechHost)
        assert (await host.get_host_info()).hostname


async def test_the_serial_number_keeps_its_capitals() -> None:
    """It may be written into the host for good; identities are told apart without them."""
    net = Net("10.0.0.1", serial_number="KSA1234x")
    async with net.fixture(hosts={"P1": "10.0.0.1"}).connect(Attached("P1", "10.0.0.1")) as link:
        identity = await link.identity()
    assert identity == DeviceIdentity("advantech", "ksa1234X")
    assert identity.as_written == "KSA1234x"


async def test_the_second_password_is_tried_when_the_first_is_refused() -> None:
    """A recipe has changed it; each is tried once."""
    net = Net("10.0.0.1")
    fixture = net.fixture(WRONG, ENGINEER)
    async with fixture.connect(Attached("A", "10.0.0.1")) as link:
        await link.identity()
        await link.identity()
    assert net.hosts["10.0.0.1"].requests["login"] == 2


async def test_the_password_that_was_right_is_the_first_of_the_next_visit() -> None:
    """A host that is looked at again and again gets no wrong password each time."""
    net = Net("10.0.0.1", "10.0.0.2")
    fixture = net.fixture(WRONG, ENGINEER, hosts={"A": "10.0.0.1", "B": "10.0.0.2"})
    for _ in range(3):
        async with fixture.connect(Attached("A", "10.0.0.1")) as link:
            await link.identity()
    assert net.hosts["10.0.0.1"].requests["login"] == 4
    async with fixture.connect(Attached("B", "10.0.0.2")) as link:
        await link.identity()
    assert net.hosts["10.0.0.2"].requests["login"] == 2


async def test_an_address_is_the_same_in_other_words() -> None:
    """With the usual port written out, and in capitals."""
    fixture = Net().fixture(hosts={"A": "10.0.0.1", "B": "pc.line"}, labels=True)
    for label in ("10.0.0.1:443", "PC.line", "https://pc.LINE:443/"):
        with pytest.raises(StationMisuse, match="belongs to port"):
            fixture.label("C", label)
    one = Net("10.0.0.1").fixture(hosts={"A": "10.0.0.1:443"}, addresses="10.0.0.1-10.0.0.1")
    assert await ports(one) == ["A"]


async def test_a_refused_password_is_not_tried_again() -> None:
    """Every attempt brings the account nearer to being locked."""
    net = Net("10.0.0.1")
    async with net.fixture(WRONG).connect(Attached("A", "10.0.0.1")) as link:
        for _ in range(10):
            with pytest.raises(SignInRefused, match="name and password") as caught:
                await link.identity()
            assert caught.value.remedy
    assert net.hosts["10.0.0.1"].requests["login"] == 1


async def test_a_locked_account_is_told() -> None:
    """No other password is tried on it."""
    net = Net("10.0.0.1", attempts_before_lock=1)
    fixture = net.fixture(WRONG, ENGINEER)
    async with net.fixture(WRONG).connect(Attached("A", "10.0.0.1")) as link:
        with pytest.raises(SignInRefused):
            await link.identity()
    async with fixture.connect(Attached("A", "10.0.0.1")) as link:
        with pytest.raises(AccountLocked) as caught:
            await link.identity()
    assert caught.value.remedy
    assert net.hosts["10.0.0.1"].requests["login"] == 2


async def test_a_host_without_a_serial_number_has_no_identity() -> None:
    """Neither BIOS nor ETP say one of its own."""
    net = Net("10.0.0.1", lacks=("etp",), bios_serial_number="System Serial Number")
    async with net.fixture().connect(Attached("A", "10.0.0.1")) as link:
        with pytest.raises(StationFault, match="no serial number") as caught:
            await link.identity()
    assert "maker" in caught.value.remedy


@pytest.mark.parametrize(
    ("said", "serial"),
    [(" KSA1 ", "KSA1"), (None, None), ("", None), ("Default string", None), ("0000", None),
     ("To Be Filled By O.E.M.", None), ("DEFAULT STRING 2", "DEFAULT STRING 2")],
)  # fmt: skip
def test_what_nobody_filled_in_is_no_serial_number(said: str | None, serial: str | None) -> None:
    """All hosts of a lot would share it."""
    assert real_serial(said) == serial


async def test_a_host_that_is_restarted_stays_on_the_list() -> None:
    """It is silent for good reason, once and for so long; then silence means what it says."""
    net = Net("10.0.0.1", "10.0.0.2", boot_seconds=60.0, restart_delay_seconds=1.0)
    fixture = net.fixture(hosts={"A": "10.0.0.1", "B": "10.0.0.2"}, restart_seconds=100.0)
    assert await ports(fixture) == ["A", "B"]
    for attached in await fixture.attached():
        async with fixture.connect(attached) as link:
            client = link.resources[AdvantechHost]
            assert isinstance(client, AdvantechHost)
            await client.reboot()
    net.clock.seconds = 30.0
    net.hosts["10.0.0.2"].shut_down()
    assert await ports(fixture) == ["A", "B"]
    net.clock.seconds = 31.0
    assert await ports(fixture) == ["A", "B"]
    net.clock.seconds = 99.0
    assert await ports(fixture) == ["A", "B"]
    net.hosts["10.0.0.1"].unplug()
    net.clock.seconds = 99.5
    assert await ports(fixture) == ["B"]
    net.clock.seconds = 140.0
    assert await ports(fixture) == []


async def test_one_look_that_fails_before_a_restart_does_not_use_its_patience_up() -> None:
    """The portal hangs while it stops, answers once more, and then the computer is away."""
    net = Net("10.0.0.1", boot_seconds=60.0, restart_delay_seconds=10.0)
    fixture = net.fixture(hosts={"A": "10.0.0.1"}, restart_seconds=100.0)
    [attached] = await fixture.attached()
    async with fixture.connect(attached) as link:
        client = link.resources[AdvantechHost]
        assert isinstance(client, AdvantechHost)
        await client.reboot()
    host = net.hosts.pop("10.0.0.1")
    assert await ports(fixture) == ["A"]
    net.hosts["10.0.0.1"] = host
    net.clock.seconds = 5.0
    assert await ports(fixture) == ["A"]
    for second in (15.0, 20.0, 60.0, 80.0):
        net.clock.seconds = second
        assert await ports(fixture) == ["A"]
