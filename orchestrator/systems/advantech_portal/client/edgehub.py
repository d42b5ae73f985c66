"""Category EdgeHub: the connection to the cloud, and what hangs on it."""

from collections.abc import Mapping

from pydantic import SecretStr

from orchestrator.systems.advantech_portal import checks, endpoints, models
from orchestrator.systems.advantech_portal.client.calls import HostCalls
from orchestrator.transport.body import Form, FormFile


class EdgeHubCalls(HostCalls):
    """Connection, profile, data, AppHub, the embedded broker, and mass deployment."""

    async def edgehub_ping(self) -> str:
        """Return `pong` when the EdgeHub agent lives."""
        answer: str = await self._call(endpoints.EDGEHUB_PING)
        return answer

    async def edgehub_agent_info(self) -> models.AgentInfo:
        """Return the version of the EdgeHub agent."""
        answer: models.AgentInfo = await self._call(endpoints.EDGEHUB_AGENT_INFO)
        self._note_version("edgehub-agent", answer.version)
        return answer

    async def get_mac_address(self) -> str:
        """Return the MAC address that registers the host with its cloud."""
        answer: str = await self._call(endpoints.GET_MAC_ADDRESS)
        return answer

    async def get_connection(self) -> models.ConnectionState:
        """Return whether the host is connected to its cloud."""
        answer: models.ConnectionState = await self._call(endpoints.GET_CONNECTION)
        return answer

    async def set_connection(
        self, connect: bool, config: models.ConnCfgRequest | None = None
    ) -> None:
        """Connect, with `config` after setting it, or disconnect."""
        op = models.ConnectionRequest(
            op="connect" if connect else "disconnect", conncfg=config if connect else None
        )
        await self._done(endpoints.SET_CONNECTION, body=op)

    async def get_connection_config(self) -> models.ConnCfg:
        """Return the setting of the connection. Its secrets are shown by nothing here."""
        answer: models.ConnCfg = await self._call(endpoints.GET_CONNECTION_CONFIG)
        return answer

    async def set_connection_config(self, config: models.ConnCfgRequest) -> models.ConnCfg:
        """Set the connection, by broker and account or by a device token."""
        answer: models.ConnCfg = await self._call(
            endpoints.SET_CONNECTION_CONFIG, body=models.ConnCfgSent(config)
        )
        return answer

    async def clear_connection_config(self) -> None:
        """Clear the setting of the connection."""
        await self._done(endpoints.CLEAR_CONNECTION_CONFIG)

    async def get_profile(self) -> models.Profile:
        """Return the versions of the host's components and which functions it has."""
        answer: models.Profile = await self._call(endpoints.GET_PROFILE)
        for component, version in answer.versions.items():
            self._note_version(component, version)
        return answer

    async def send_data(self, tags: Mapping[str, models.Scalar]) -> None:
        """Send values to the cloud, by name of a tag. A second time sends them again."""
        if not tags:
            raise checks.misuse("No values are given to send", "Give at least one tag")
        await self._done(endpoints.SEND_DATA, body=models.TagData(dict(tags)))

    async def get_apphub_status(self) -> models.ApphubStatus:
        """Return the state of AppHub."""
        answer: models.ApphubStatus = await self._call(endpoints.GET_APPHUB_STATUS)
        return answer

    async def control_apphub(self, action: models.Action) -> None:
        """Start, stop or restart AppHub."""
        await self._done(endpoints.CONTROL_APPHUB, body=models.ServiceAction(action=action))

    async def set_apphub_log(self, config: models.ApphubLogConfig) -> None:
        """Set what AppHub logs: at least one of the two members."""
        if config.logFile is None and config.logLevel is None:
            raise checks.misuse("Nothing is given to set", "Give logFile, logLevel or both")
        await self._done(endpoints.SET_APPHUB_LOG, body=config)

    async def get_edgebus_status(self) -> models.EdgebusStatus:
        """Return the state of the embedded broker."""
        answer: models.EdgebusStatus = await self._call(endpoints.GET_EDGEBUS_STATUS)
        return answer

    async def set_edgebus(self, enabled: bool) -> models.EdgebusConfig:
        """Switch the embedded broker."""
        answer: models.EdgebusConfig = await self._call(
            endpoints.SET_EDGEBUS, body=models.EdgebusConfig(enabled=enabled)
        )
        return answer

    async def upload_pem(self, content: bytes, name: str = "file.pem") -> models.PemResult:
        """Have a PEM file checked, and return its kind and the file in base64."""
        file = FormFile("file", name, checks.pem(content), "application/x-pem-file")
        answer: models.PemResult = await self._call(endpoints.UPLOAD_PEM, body=Form((file,)))
        return answer

    async def set_bootstrap(self, tenant_token: SecretStr) -> None:
        """Set up mass deployment with the access token of a tenant."""
        await self._done(
            endpoints.SET_BOOTSTRAP, body=models.BootstrapConfig(tenantToken=tenant_token)
        )
