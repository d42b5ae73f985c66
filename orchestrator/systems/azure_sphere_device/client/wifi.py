"""Category Wi-Fi: configured networks, the interface, and what is in sight.

While the interface wlan0 is down, boards refuse most of these calls with 13.18: then nobody
knows.
"""

from orchestrator.systems.azure_sphere_device import endpoints, models
from orchestrator.systems.azure_sphere_device.client import checks
from orchestrator.systems.azure_sphere_device.client.calls import BoardCalls
from orchestrator.transport.endpoint import Empty

POWER_SAVINGS_SINCE = "4.6.0"
_STATES = ("enabled", "disabled")


class WifiCalls(BoardCalls):
    """The calls of category Wi-Fi."""

    async def add_wifi_network(
        self,
        ssid: str,
        *,
        security_state: models.WifiSecurity,
        config_state: models.WifiTargetState | None = None,
        config_name: str | None = None,
        targeted_scan: bool | None = None,
        psk: str | None = None,
        client_identity: str | None = None,
        client_cert_store_identifier: str | None = None,
        root_ca_cert_store_identifier: str | None = None,
    ) -> models.WifiNetwork:
        """Configure a network and return it with its id. Sent once.

        `psk` needs the key; `eaptls` needs a client certificate of the board's store.
        `targeted_scan` looks for a network that does not tell its name.
        """
        checks.one_of(security_state, ("open", "psk", "eaptls"), "security of a Wi-Fi network")
        checks.one_of(config_state, _STATES, "state of a Wi-Fi network")
        names = {
            "client_cert_store_identifier": client_cert_store_identifier,
            "root_ca_cert_store_identifier": root_ca_cert_store_identifier,
        }
        enterprise = {"client_identity": client_identity, **names}
        checks.only_with(security_state == "psk", {"psk": psk}, "security psk")
        checks.only_with(security_state == "eaptls", enterprise, "security eaptls")
        if security_state == "psk" and psk is None:
            raise checks.misuse("Security psk needs the network's key", "Give psk")
        if security_state == "eaptls" and client_cert_store_identifier is None:
            raise checks.misuse(
                "Security eaptls needs a client certificate", "Give client_cert_store_identifier"
            )
        for name in names.values():
            if name is not None:
                checks.identifier(name)
        body = models.WifiNetworkRequest.model_validate(
            {
                "ssid": checks.sized(ssid, "name of the Wi-Fi network", 1, 32),
                "securityState": security_state,
                "configState": config_state,
                "configName": checks.sized(config_name, "name of the configuration", 1, 16),
                "targetedScan": targeted_scan,
                "psk": checks.sized(psk, "Wi-Fi key", 8, 63),
                "clientIdentity": checks.sized(client_identity, "client identity", 1, 254),
                "clientCertStoreIdentifier": client_cert_store_identifier,
                "rootCaCertStoreIdentifier": root_ca_cert_store_identifier,
            }
        )
        answer: models.WifiNetwork = await self._call(endpoints.ADD_WIFI_NETWORK, body=body)
        return answer

    async def change_wifi_network(
        self,
        network_id: int,
        *,
        config_state: models.WifiTargetState | None = None,
        psk: str | None = None,
    ) -> models.WifiNetwork:
        """Enable or disable a network, or give it another key; return it as it is now."""
        checks.something({"config_state": config_state, "psk": psk}, "Wi-Fi network")
        checks.one_of(config_state, _STATES, "state of a Wi-Fi network")
        body = models.WifiNetworkChange.model_validate(
            {"configState": config_state, "psk": checks.sized(psk, "Wi-Fi key", 8, 63)}
        )
        answer: models.WifiNetwork = await self._call(
            endpoints.CHANGE_WIFI_NETWORK, path=checks.network(network_id), body=body
        )
        return answer

    async def change_wifi_interface_state(
        self, *, reload_config: bool | None = None, enable_power_savings: bool | None = None
    ) -> Empty:
        """Read the configuration anew, or switch power saving; takes effect within seconds.

        Boards before 4.6.0 would ignore power saving without a word, so it is not sent to them.
        """
        changes = {"reload_config": reload_config, "enable_power_savings": enable_power_savings}
        checks.something(changes, "Wi-Fi interface")
        endpoint = endpoints.CHANGE_WIFI_INTERFACE_STATE
        if enable_power_savings is not None:
            if self.api_version is None:
                await self._call(endpoints.GET_DEVICE_STATUS)
            self._need(endpoint, POWER_SAVINGS_SINCE)
        answer: Empty = await self._call(
            endpoint,
            body=models.WifiInterfaceChange(
                reloadConfig=reload_config, enablePowerSavings=enable_power_savings
            ),
        )
        return answer

    async def list_wifi_networks(self) -> models.WifiNetworks:
        """Return the configured networks; refused (13.18) while the interface is down."""
        answer: models.WifiNetworks = await self._call(endpoints.LIST_WIFI_NETWORKS)
        return answer

    async def get_wifi_network(self, network_id: int) -> models.WifiNetwork:
        """Return one configured network; an unknown one is refused (13.3)."""
        answer: models.WifiNetwork = await self._call(
            endpoints.GET_WIFI_NETWORK, path=checks.network(network_id)
        )
        return answer

    async def get_wifi_interface_state(self) -> models.WifiInterface:
        """Return the state of the interface and of the network it is on."""
        answer: models.WifiInterface = await self._call(endpoints.GET_WIFI_INTERFACE_STATE)
        return answer

    async def get_wifi_scan(self) -> models.WifiScan:
        """Look for networks and return those in sight; takes seconds."""
        answer: models.WifiScan = await self._call(endpoints.GET_WIFI_SCAN)
        return answer

    async def remove_wifi_network(self, network_id: int) -> Empty:
        """Forget a configured network; an unknown one is refused (13.3). Sent once."""
        answer: Empty = await self._call(
            endpoints.REMOVE_WIFI_NETWORK, path=checks.network(network_id)
        )
        return answer
