"""One host as one object: the calls of all categories together."""

from orchestrator.systems.advantech_portal.client.authentication import AuthenticationCalls
from orchestrator.systems.advantech_portal.client.computer import ComputerCalls
from orchestrator.systems.advantech_portal.client.edgehub import EdgeHubCalls
from orchestrator.systems.advantech_portal.client.periphery import PeripheryCalls
from orchestrator.systems.advantech_portal.client.system import SystemCalls


class AdvantechHost(
    AuthenticationCalls,
    ComputerCalls,
    PeripheryCalls,
    SystemCalls,
    EdgeHubCalls,
):
    """One host. Use it as an async context, or close it with `aclose`.

    Address, connection, account and token are its own, never shared with another host. Every
    method raises LinkFault, DeadlineExceeded, UnusableAnswer, and HostRefusal or what it is the
    root of (see `errors`): NotSupportedHere where the host has no such thing, which `supported`
    makes None of. Before anything is sent it raises NotSupported when a component of the host,
    once asked for its version, is older than the call, and StationMisuse for a value outside the
    documented limits.
    """
