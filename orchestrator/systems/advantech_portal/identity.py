"""Who a host is: the serial number that its maker gave it.

The document shows two places for it: `biosSerialNumber` of the host information, and
`serialNumber` of the ETP device data, which a host may lack. Its own examples have "Default string"
in both: what a BIOS says that nobody has filled in. Such texts are no identity, since all hosts of
a lot would share them. The hostname and the ids of the operating system (`hostid`) are not used:
they change when the computer is set up anew.
"""

from orchestrator.domain.errors import StationFault
from orchestrator.domain.unit import DeviceIdentity
from orchestrator.systems.advantech_portal.client import AdvantechHost
from orchestrator.systems.advantech_portal.errors import supported
from orchestrator.transport.text import printable

SYSTEM = "advantech"
"""The naming system of the identities read here."""

LONGEST_SERIAL = 128
_NOT_FILLED_IN = frozenset(
    {
        "",
        "-",
        "0",
        "default string",
        "n/a",
        "na",
        "none",
        "not applicable",
        "not specified",
        "serial number",
        "system serial number",
        "to be filled by o.e.m.",
        "unknown",
        "xxxxxxxxxxxxx",
    }
)


def real_serial(text: str | None) -> str | None:
    """Return the serial number in `text`, None for what a BIOS says that nobody has filled in."""
    serial = (text or "").strip()
    if serial.casefold() in _NOT_FILLED_IN or not serial.strip("0"):
        return None
    return printable(serial, LONGEST_SERIAL)


async def read_serial(host: AdvantechHost, *, fresh: bool = False) -> str | None:
    """Return the host's serial number, None when it has none of its own. Raises StationFault.

    `fresh` asks over a connection of its own, as whoever decides something by it must.
    """
    info = await host.get_host_info(fresh=fresh)
    serial = real_serial(info.biosSerialNumber)
    if serial is not None:
        return serial
    written = await supported(host.get_etp_device_data(fresh=fresh))
    return real_serial(written.serialNumber) if written is not None else None


async def read_identity(host: AdvantechHost) -> DeviceIdentity:
    """Return the host's identity over a fresh connection.

    Raises StationFault, also for a host without a serial number of its own.
    """
    serial = await read_serial(host, fresh=True)
    if serial is None:
        raise StationFault(
            "The host has no serial number: neither its BIOS nor its ETP memory says one",
            remedy="Set the host aside; its maker must write the serial number first",
            code="NO_IDENTITY",
        )
    return DeviceIdentity(SYSTEM, serial, as_written=serial)
