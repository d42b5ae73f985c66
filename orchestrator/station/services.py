"""Hands the clients of web services to every unit's run, beside the unit's own client.

A fixture around a fixture: what it lists and opens is the inner one's, but each link offers the
shared clients as well. So neither slots nor pipelines know that there are services.
"""

from collections.abc import AsyncIterator, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any

from orchestrator.domain.fixture import Attached, Fixture, UnitLink
from orchestrator.domain.unit import DeviceIdentity

Services = Mapping[type[Any], object]
"""The shared clients, keyed by the annotation that steps use."""


class _ServedLink:
    """A link to a unit that offers the shared clients, too."""

    def __init__(self, link: UnitLink, services: Services) -> None:
        self._link = link
        self._resources = {**services, **link.resources}

    @property
    def resources(self) -> Mapping[type[Any], object]:
        """The unit's own clients, which win, and the shared ones."""
        return self._resources

    async def identity(self) -> DeviceIdentity:
        """Read the identity from silicon over a fresh connection. Raises StationFault."""
        return await self._link.identity()


class ServedFixture:
    """A fixture whose units come with the clients of web services. Implements `Fixture`."""

    def __init__(self, fixture: Fixture, services: Services) -> None:
        self._fixture = fixture
        self._services = services

    async def attached(self) -> list[Attached]:
        """Return what is listed right now. Raises StationFault."""
        return await self._fixture.attached()

    async def rescan(self) -> None:
        """Ask for the list to be made anew. Raises StationFault."""
        await self._fixture.rescan()

    def connect(self, attached: Attached) -> AbstractAsyncContextManager[UnitLink]:
        """Return a context that holds a link to that unit and closes it at its end."""
        return self._open(attached)

    @asynccontextmanager
    async def _open(self, attached: Attached) -> AsyncIterator[UnitLink]:
        async with self._fixture.connect(attached) as link:
            yield _ServedLink(link, self._services)
