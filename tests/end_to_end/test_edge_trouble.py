"""What goes wrong with edge computers: each a typed error with a remedy, and nothing is locked."""

import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from orchestrator.domain.errors import UntrustedPeer
from orchestrator.domain.fixture import Attached
from orchestrator.domain.outcome import Outcome
from orchestrator.simulation.hosts import plain_hosts, run_hosts
from orchestrator.systems.advantech_portal.auth import Account
from orchestrator.systems.advantech_portal.client import AdvantechHost
from orchestrator.systems.advantech_portal.fixture import HostFixture
from orchestrator.systems.advantech_portal.simulator import Fault
from orchestrator.transport.tls import fingerprint_context, pinned_context
from tests.end_to_end.edge_line import Line, Setting, at_work, template

ENGINEER = Account("engineer", SecretStr("Engineer-1"))
WRONG = Account("engineer", SecretStr("not-the-password"))


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return an empty audit that every test begins with a copy of."""
    return template(tmp_path_factory.mktemp("empty"))


@dataclass(frozen=True)
class Trouble:
    """What is wrong, how the run ends, at which step, with which words and remedy."""

    outcome: Outcome
    step: str
    error_class: str
    words: str
    remedy: str
    spec: Mapping[str, Any] = field(default_factory=dict)
    account: Account = ENGINEER


TROUBLES = {
    "wrong password": Trouble(
        Outcome.ERROR, "login", "rights", "does not accept the account's name and password",
        "Correct the account in the settings", account=WRONG,
    ),
    "locked account": Trouble(
        Outcome.ERROR, "login", "rights", "locked", "", {"attempts_before_lock": 1}, WRONG,
    ),
    "another model": Trouble(
        Outcome.FAIL, "host", "product", "model is UNO-137-E23BA; it must be TPC-315-R873B",
        "set it aside", {"model": "UNO-137-E23BA"},
    ),
    "feature not supported": Trouble(
        Outcome.FAIL, "profile", "product", "has no perif:wdt", "set it aside",
        {"lacks": ("watchdog",)},
    ),
    "no manufacturing memory": Trouble(
        Outcome.ERROR, "write_etp", "station", "has nothing to answer", "recipe for this model",
        {"lacks": ("etp",), "bios_serial_number": "KSA0000042"},
    ),
    "no serial number": Trouble(
        Outcome.FAIL, "login", "product", "no serial number", "its maker must write",
        {"lacks": ("etp",), "bios_serial_number": "Default string"},
    ),
    "an account without rights": Trouble(
        Outcome.ERROR, "reboot", "rights", "may not do this", "admin permission",
        account=Account("viewer", SecretStr("Viewer-1")),
    ),
    "locked with other data": Trouble(
        Outcome.FAIL, "write_etp", "product", "locked with other data", "engineer",
        {"user_space_1": "SN-0", "etp_password": "x"},
    ),
    "a token that ends and cannot be renewed": Trouble(
        Outcome.ERROR, "login", "rights", "", "",
        {"faults": (Fault("refuse", calls=("login",), skip=1, status=401),),
         "token_seconds": 0.01},
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", TROUBLES)
def test_each_trouble_is_told_with_its_remedy(tmp_path: Path, empty: Path, name: str) -> None:
    """The first step that failed has class, words and remedy; a bad computer is never locked."""
    trouble = TROUBLES[name]

    async def work(line: Line) -> None:
        verdict = await line.run()
        assert verdict.outcome is trouble.outcome, verdict.message
        assert trouble.words in verdict.message, verdict.message
        (first,) = line.ask(
            "SELECT s.step_id, e.error_class, e.remedy FROM step s JOIN step_end e"
            " USING (run_id, sequence) WHERE e.outcome IN ('FAIL', 'ERROR')"
            " ORDER BY sequence DESC LIMIT 1"
        )
        assert first[:2] == (trouble.step, trouble.error_class)
        assert first[2], "no remedy"
        assert trouble.remedy in first[2]
        if trouble.step != "reboot":
            assert line.did("etp_locked") == []
        assert "not-the-password" not in line.written()

    setting = Setting(trouble.spec, accounts=(trouble.account,))
    at_work(tmp_path, empty, setting, work)


def test_a_wrong_password_is_tried_twice_at_most(tmp_path: Path, empty: Path) -> None:
    """Once by the station and once by the run: the account stays open for whoever corrects it."""

    async def work(line: Line) -> None:
        assert (await line.run()).outcome is Outcome.ERROR
        assert line.wire.network.hosts[0].requests["login"] == 2
        assert line.wire.network.hosts[0].accounts.locked_until == {}

    at_work(tmp_path, empty, Setting(accounts=(WRONG,)), work)


def test_a_token_that_ends_in_the_middle_is_renewed(tmp_path: Path, empty: Path) -> None:
    """Tokens live shorter than the run; nobody notices."""

    async def work(line: Line) -> None:
        assert (await line.run()).outcome is Outcome.PASS
        assert line.wire.network.hosts[0].requests["login"] > 5

    at_work(tmp_path, empty, Setting({"token_seconds": 3.0}), work)


def fixture_of(context: ssl.SSLContext, url: str) -> tuple[HostFixture, Attached]:
    """Return a fixture with one computer, and that computer."""
    address = url.removeprefix("https://")
    fixture = HostFixture(hosts={"P1": address}, accounts=(ENGINEER,), context=context)
    return fixture, Attached("P1", address)


async def test_a_self_signed_computer_is_refused_unless_its_fingerprint_is_pinned(
    tmp_path: Path,
) -> None:
    """It is there, and nothing is sent to it; the pinned one works over the same sockets."""
    specs = plain_hosts(1, self_signed=True)
    async with run_hosts(specs, ca_file=tmp_path / "ca.pem") as hosts:
        (running,) = hosts.running
        for context in (pinned_context(hosts.ca_file), fingerprint_context(["ab" * 32])):
            fixture, attached = fixture_of(context, hosts.url())
            assert await fixture.attached() == [attached]
            async with fixture.connect(attached) as link:
                with pytest.raises(UntrustedPeer) as caught:
                    await link.identity()
            assert caught.value.remedy
            assert sum(running.host.requests.values()) == 0
        fixture, attached = fixture_of(fingerprint_context([running.fingerprint]), hosts.url())
        assert await fixture.attached() == [attached]
        async with fixture.connect(attached) as link:
            identity = await link.identity()
            assert identity.device_id == running.host.serial.lower()
            host = link.resources[AdvantechHost]
            assert isinstance(host, AdvantechHost)
            async with await host.open_terminal() as terminal:
                await terminal.send("echo over real sockets\n")
                await terminal.read_until(b"over real sockets\r\n", 10.0)
