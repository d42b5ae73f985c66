"""Category Network: proxy, interfaces, firewall and connection failures."""

from collections.abc import Sequence

from orchestrator.systems.azure_sphere_device import endpoints, models
from orchestrator.systems.azure_sphere_device.client import checks
from orchestrator.systems.azure_sphere_device.client.calls import BoardCalls
from orchestrator.transport.endpoint import Empty


class NetworkCalls(BoardCalls):
    """The calls of category Network."""

    async def configure_proxy(
        self,
        *,
        enabled: bool,
        address: str,
        port: int,
        no_proxy_addresses: Sequence[str] = (),
        authentication_type: models.ProxyAuthentication = "anonymous",
        username: str | None = None,
        password: str | None = None,
    ) -> models.NetworkProxy:
        """Set the whole proxy and return the board's echo, in which the password is a secret.

        `basic` needs user name and password, `anonymous` forbids them.
        """
        checks.one_of(authentication_type, ("anonymous", "basic"), "way to authenticate")
        is_basic = authentication_type == "basic"
        credentials = {"username": username, "password": password}
        checks.only_with(is_basic, credentials, "authentication type basic")
        if is_basic and None in credentials.values():
            raise checks.misuse(
                "Authentication type basic needs a user name and a password",
                "Give username and password",
            )
        body = models.ProxyConfiguration.model_validate(
            {
                "enabled": enabled,
                "address": checks.sized(address, "address of the proxy", 1, 255),
                "port": checks.port(port),
                "noProxyAddresses": [
                    checks.sized(entry, "address without proxy", 0, 255)
                    for entry in no_proxy_addresses
                ],
                "authenticationType": authentication_type,
                "username": checks.sized(username, "user name", 1, 63),
                "password": checks.sized(password, "password", 1, 63),
            }
        )
        answer: models.NetworkProxy = await self._call(endpoints.CONFIGURE_PROXY, body=body)
        return answer

    async def delete_network_proxy(self) -> Empty:
        """Remove the proxy setting; a success as well when there is none."""
        answer: Empty = await self._call(endpoints.DELETE_NETWORK_PROXY)
        return answer

    async def list_connection_failures(self) -> models.ConnectionFailures:
        """Return why Wi-Fi networks could not be joined; refused (13.18) with Wi-Fi down."""
        answer: models.ConnectionFailures = await self._call(endpoints.LIST_CONNECTION_FAILURES)
        return answer

    async def list_network_interfaces(self) -> models.NetworkInterfaces:
        """Return all interfaces, the service link among them."""
        answer: models.NetworkInterfaces = await self._call(endpoints.LIST_NETWORK_INTERFACES)
        return answer

    async def get_connection_failure(self, network_id: int) -> models.ConnectionFailure:
        """Return why one configured network could not be joined."""
        answer: models.ConnectionFailure = await self._call(
            endpoints.GET_CONNECTION_FAILURE, path=checks.network(network_id)
        )
        return answer

    async def get_firewall_rulesets(self) -> models.FirewallRulesets:
        """Return the rules of the firewall and what they have counted."""
        answer: models.FirewallRulesets = await self._call(endpoints.GET_FIREWALL_RULESETS)
        return answer

    async def get_network_interface(self, name: str) -> models.NetworkInterface:
        """Return one interface; an unknown one is refused (15.2)."""
        answer: models.NetworkInterface = await self._call(
            endpoints.GET_NETWORK_INTERFACE, path=checks.interface(name)
        )
        return answer

    async def get_network_proxy(self) -> models.NetworkProxy:
        """Return the proxy setting; `is_set` is false when there is none."""
        answer: models.NetworkProxy = await self._call(endpoints.GET_NETWORK_PROXY)
        return answer

    async def get_network_status(self) -> models.NetworkStatus:
        """Return whether authentication, time and proxy are ready; never locked."""
        answer: models.NetworkStatus = await self._call(endpoints.GET_NETWORK_STATUS)
        return answer

    async def set_network_interface(
        self, name: str, *, interface_up: bool | None = None, hardware_address: str | None = None
    ) -> Empty:
        """Switch an interface or change its hardware address; takes effect within seconds."""
        changes = {"interface_up": interface_up, "hardware_address": hardware_address}
        checks.something(changes, "network interface")
        answer: Empty = await self._call(
            endpoints.SET_NETWORK_INTERFACE,
            path=checks.interface(name),
            body=models.NetworkInterfaceChange(
                interfaceUp=interface_up,
                hardwareAddress=checks.hardware_address(hardware_address),
            ),
        )
        return answer
