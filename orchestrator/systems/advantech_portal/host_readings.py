"""What a host's answers and events say about its health, as readings of the domain.

The API has no word for some of it. The life of a disk is read from S.M.A.R.T. values, and of its
clock the host says no more than whether a time service runs.
"""

from collections.abc import Iterator
from decimal import Decimal

from pydantic import BaseModel

from orchestrator.domain.host import HostQuantity, HostReading
from orchestrator.systems.advantech_portal import models
from orchestrator.transport.text import printable

EVENTS = frozenset({"hwmon", "diskdrives", "pwrstatus"})
"""The events that say something about the host's health."""

_LIFE = frozenset({169, 202, 231, 233})
"""S.M.A.R.T. numbers that vendors of solid-state disks use for the remaining life in per cent."""
_LONGEST_NAME = 80
_FULL = 100


def readings_of(value: BaseModel, taken_at: str, event: str = "") -> Iterator[HostReading]:
    """Yield what `value`, an answer or the data of an event, says about the host's health."""
    for quantity, name, number in _found(value):
        yield HostReading(quantity, printable(name, _LONGEST_NAME), number, taken_at, event)


def clock_reading(status: models.ServiceStatus, service: str, taken_at: str) -> HostReading:
    """Return the reading of the clock: 1 while its time service runs."""
    running = Decimal(status.status == "running")
    return HostReading(HostQuantity.CLOCK_SYNCHRONISED, service, running, taken_at)


def remaining_life(disk: models.Disk) -> int | None:
    """Return how many per cent of a disk's life are left; None without S.M.A.R.T. values.

    None are left when any value has reached the disk's own threshold. A disk that says nothing
    about its life has all of it until then.
    """
    attributes = disk.smartAttributes
    if not attributes:
        return None
    if any(attribute.is_past_threshold for attribute in attributes):
        return 0
    lives = [
        attribute.value
        for attribute in attributes
        # Some disks use one of these numbers for their temperature.
        if attribute.id in _LIFE and "temperature" not in attribute.name.casefold()
    ]
    return max(0, min(_FULL, *lives)) if lives else _FULL


def _found(value: BaseModel) -> Iterator[tuple[HostQuantity, str, Decimal]]:
    if isinstance(value, models.HwMonitor):
        for reading in value.temperature or ():
            yield HostQuantity.TEMPERATURE, reading.name, Decimal(str(round(reading.number, 3)))
    elif isinstance(value, models.Disks):
        for disk in value.root:
            life = remaining_life(disk)
            if life is not None:
                yield HostQuantity.DISK_LIFE, disk.name, Decimal(life)
    elif isinstance(value, models.PowerInputs):
        yield HostQuantity.POWER_INPUT, "vin1", Decimal(value.vin1State)
        yield HostQuantity.POWER_INPUT, "vin2", Decimal(value.vin2State)
    elif isinstance(value, models.Watchdog):
        yield HostQuantity.WATCHDOG, value.type, Decimal(value.enabled)
