"""One simulated edge computer, its client, and steps run on it by the engine on virtual seconds."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from pydantic import SecretStr

from orchestrator.domain.people import Actor, Role
from orchestrator.domain.prompts import AnswerSource, Operator, Question, Reply
from orchestrator.domain.series import Series, read_series
from orchestrator.domain.unit import DeviceIdentity, Unit
from orchestrator.systems.advantech_portal.auth import Account
from orchestrator.systems.advantech_portal.client import AdvantechHost
from orchestrator.systems.advantech_portal.identity import SYSTEM
from orchestrator.systems.advantech_portal.models import NetInterface
from orchestrator.systems.advantech_portal.simulator import (
    Fault,
    HostApp,
    HostSpec,
    SimulatedHost,
)
from orchestrator.transport.in_process_stream import StreamingTransport
from orchestrator.transport.serving import Happening, World
from orchestrator.transport.websocket import in_process_sockets
from tests.steps.service_support import LoopClock, Seen, run_step

URL = "https://192.168.10.11"
ENGINEER = Account("engineer", SecretStr("Engineer-1"))
VIEWER = Account("viewer", SecretStr("Viewer-1"))
BARE = "ARK-1124H-S6A1"
"""A model that has nearly nothing."""


@dataclass
class FakeOperator:
    """Answers every question alike and remembers them."""

    yes: bool = True
    text: str = ""
    asked: list[Question] = field(default_factory=list)

    async def ask(self, question: Question) -> Reply:
        """Answer at once."""
        self.asked.append(question)
        return Reply(
            self.yes, self.text, Actor("p-1", Role.OPERATOR, "panel"), AnswerSource.PRESSED
        )

    def open_prompts(self) -> tuple[()]:
        """Return nothing: it has answered all."""
        return ()


class HostBench:
    """A host with everything that a step needs to work on it; members are those of a HostSpec."""

    def __init__(
        self, *faults: Fault, account: Account = ENGINEER, url: str = URL, **spec: Any
    ) -> None:
        self.happened: list[Happening] = []
        world = World(clock=LoopClock(), report=self.happened.append)
        self.host = SimulatedHost(HostSpec(faults=faults, **spec), world)
        app = HostApp(self.host)
        self.operator = FakeOperator()
        self.client = AdvantechHost(
            url,
            context=None,
            account=account,
            transport=StreamingTransport(app),
            sockets=in_process_sockets(app),
            clock=LoopClock(),
        )

    @property
    def identity(self) -> DeviceIdentity:
        """Who the host is."""
        return DeviceIdentity(SYSTEM, self.host.serial)

    async def run(
        self,
        uses: str,
        *,
        secrets: Mapping[str, str] | None = None,
        identity: DeviceIdentity | None = None,
        **arguments: Any,
    ) -> Seen:
        """Run the step `advantech.<uses>` by the engine."""
        return await run_step(
            f"advantech.{uses}",
            {AdvantechHost: self.client, Operator: self.operator},
            secrets=secrets,
            unit=Unit("SN-1", "EDGE-200"),
            identity=identity or self.identity,
            **{name: _planned(value) for name, value in arguments.items()},
        )

    def shown(self, **members: Any) -> None:
        """Let the client see these members in every network interface."""
        list_interfaces = self.client.list_interfaces

        async def changed() -> list[NetInterface]:
            found = await list_interfaces()
            return [each.model_copy(update=members) for each in found]

        self.client.list_interfaces = changed  # type: ignore[method-assign]

    def did(self, what: str) -> list[Mapping[str, object]]:
        """Return the details of everything of that name that the host really did."""
        return [each.detail for each in self.happened if each.what == what]


def _planned(value: Any) -> Any:
    """Return an argument as a plan holds it."""
    return tuple(value) if isinstance(value, list) else value


def series(seen: Seen) -> dict[str, Series]:
    """Return the series that a step attached, by the name of the sensor."""
    found = (read_series(content) for name, content in seen.attached.items() if "series" in name)
    return {each.name: each for each in found}
