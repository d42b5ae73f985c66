"""Opens the link to the computer that the station runs on, if the settings watch it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from orchestrator.app.portals import account_of, trust_of
from orchestrator.domain.clock import Clock
from orchestrator.domain.host import HostLink
from orchestrator.station.figures import Observers, nobody
from orchestrator.station.prepare import secret_value
from orchestrator.station.settings import EvidenceSettings
from orchestrator.station.settings_host import HostSection
from orchestrator.systems.advantech_portal.client import AdvantechHost
from orchestrator.systems.advantech_portal.host import (
    AdvantechHostLink,
    Lamp,
    Switch,
    Wiring,
)
from orchestrator.transport.retry import RetryPolicy


@asynccontextmanager
async def open_host(
    settings: EvidenceSettings, clock: Clock, observers: Observers = nobody
) -> AsyncIterator[HostLink | None]:
    """Give the link until the block ends, None when no host is watched.

    Raises ConfigurationMistakes. The host is not asked here: a station starts without it.
    """
    section = settings.station.host
    if section is None:
        yield None
        return
    async with make_host(section, observers) as host:
        yield AdvantechHostLink(
            host,
            wiring(section),
            poll_seconds=section.poll_seconds,
            input_seconds=section.input_seconds,
            clock=clock,
        )


def make_host(section: HostSection, observers: Observers = nobody) -> AdvantechHost:
    """Return the client of the host's portal. Raises ConfigurationMistakes."""
    return AdvantechHost(
        f"https://{section.address}",
        context=trust_of(section),
        account=account_of(section, section.password, "station.host.password"),
        retry=RetryPolicy(attempts=1),  # it is asked again anyway
        exchanged=observers("advantech_portal"),
    )


def wiring(section: HostSection) -> Wiring:
    """Return what hangs on the host."""
    lamps = {}
    for lamp in section.lamp:
        number = lamp.gpio if lamp.gpio is not None else lamp.led
        assert number is not None
        lamps[lamp.name] = Lamp(number, is_led=lamp.gpio is None, inverted=lamp.inverted)
    inputs = {
        each.name: Switch(each.gpio, closed_level=1 if each.closed == "high" else 0)
        for each in section.input
    }
    return Wiring(lamps, inputs, section.clock.service)


def host_secrets(settings: EvidenceSettings) -> set[str]:
    """Return the password of the host if it can be read, for the log to hide."""
    section = settings.station.host
    password = secret_value(section.password) if section is not None else ""
    return {password} if password else set()
