"""How the station sees units come and go, whatever vendor made them.

A `Fixture` lists what sits on its ports and opens a `UnitLink` to one of them. The rooms of
`systems` implement both; `station` knows only these two shapes.
"""

from collections.abc import Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

from orchestrator.domain.unit import DeviceIdentity


@dataclass(frozen=True, slots=True)
class Attached:
    """A unit that is listed on a port. `port` names the place, `address` where it answers now.

    Neither identifies the unit: the port belongs to the slot, the address may change.
    """

    port: str
    address: str


class UnitLink(Protocol):
    """An open link to one unit."""

    @property
    def resources(self) -> Mapping[type[Any], object]:
        """The typed clients that steps may ask for, keyed by the annotation they use."""
        ...

    async def identity(self) -> DeviceIdentity:
        """Read the identity from silicon over a fresh connection. Raises StationFault."""
        ...


class Fixture(Protocol):
    """The exchangeable holder of units: says what is attached and opens links."""

    async def attached(self) -> list[Attached]:
        """Return what is listed right now. Raises StationFault when the list cannot be had."""
        ...

    async def rescan(self) -> None:
        """Ask for the list to be made anew, where the system can. Raises StationFault."""
        ...

    def connect(self, attached: Attached) -> AbstractAsyncContextManager[UnitLink]:
        """Return a context that holds a link to that unit and closes it at its end."""
        ...


@runtime_checkable
class TakesAddresses(Protocol):
    """A fixture whose ports may get the address of their unit from a label that is scanned."""

    def label(self, port: str, address: str) -> str:
        """Let `port` have that address from now on; return a sentence that says so.

        Raises StationMisuse for what is no address, one that another port has, and where the
        settings allow no labels.
        """
        ...
