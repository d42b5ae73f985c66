"""Category ETP: manufacturing data, and a user area that can be locked."""

from orchestrator.systems.advantech_portal.simulator.call import Call
from orchestrator.systems.advantech_portal.simulator.host import SimulatedHost
from orchestrator.systems.advantech_portal.simulator.refusals import (
    ETP_INCOMPLETE,
    NO_DEVICE_DATA,
    Refused,
)
from orchestrator.transport.serving import Reply


async def get_etp_device_data(host: SimulatedHost, call: Call) -> Reply:
    """Tell what the vendor wrote."""
    if not host.etp.there:
        raise Refused(NO_DEVICE_DATA)
    return Reply(host.etp.device_data())


async def get_etp_user_data(host: SimulatedHost, call: Call) -> Reply:
    """Tell the user data, and whether they are locked."""
    host.etp.need()
    return Reply({"data": host.etp.user_data(), "locked": host.etp.locked})


async def set_etp_user_data(host: SimulatedHost, call: Call) -> Reply:
    """Write the user data."""
    host.etp.need()
    body = await call.members(ETP_INCOMPLETE)
    host.etp.write(body["userSpace1"], body["userSpace2"])
    return Reply(host.etp.user_data())


async def get_etp_lock(host: SimulatedHost, call: Call) -> Reply:
    """Tell whether the user area is locked."""
    host.etp.need()
    return Reply({"locked": host.etp.locked})


async def set_etp_lock(host: SimulatedHost, call: Call) -> Reply:
    """Lock the user area, or open it again."""
    host.etp.need()
    body = await call.members(ETP_INCOMPLETE)
    change = host.etp.lock if body["locked"] else host.etp.unlock
    change(body["password"])
    return Reply({"locked": host.etp.locked})
