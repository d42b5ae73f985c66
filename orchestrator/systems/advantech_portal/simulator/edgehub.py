"""The EdgeHub agent of a host: cloud connection, AppHub, the embedded broker, mass deployment."""

from collections.abc import Callable, Mapping
from typing import Any

from orchestrator.systems.advantech_portal.simulator.part import Report
from orchestrator.systems.advantech_portal.simulator.refusals import (
    APPHUB_MISSING,
    APPHUB_UNAVAILABLE,
    EDGEBUS_MISSING,
    EDGEBUS_UNAVAILABLE,
    NO_CONNECTION_SETTING,
    NOT_CONNECTED,
    Refused,
)
from orchestrator.systems.advantech_portal.simulator.spec import HostSpec

_SECRETS = ("password", "connectionString", "deviceTokenCredential", "iothubKey", "mqttKey")
_EMPTY_SETTING: Mapping[str, Any] = {
    "username": "",
    "password": "",
    "mqttHost": "",
    "mqttPort": 0,
    "enableTLS": True,
    "overWebSocket": False,
}


class EdgeHub:
    """The agent of one host. Settings survive restarts, tags that were sent are counted."""

    def __init__(self, spec: HostSpec, report: Report, now: Callable[[], float]) -> None:
        self._spec = spec
        self._report = report
        self._now = now
        self.setting: dict[str, Any] | None = None
        self.enabled = False
        self._begun_at = 0.0
        self.apphub_running = True
        self.apphub_log: dict[str, Any] = {}
        self.edgebus_enabled = True
        self._edgebus_since = 0.0
        self.bootstrapped = False
        self.sent = 0

    def start_up(self, at: float) -> None:
        """Connect anew after a restart."""
        self._begun_at = self._edgebus_since = at
        self.apphub_running = True

    @property
    def connected(self) -> bool:
        """True when the agent has reached its broker with the present setting."""
        if not self.enabled or self.setting is None or self._spec.certificate_revoked:
            return False
        wanted = self.setting.get("mqttHost") or ""
        known = self._spec.edgehub_hosts
        reaches = not known or not wanted or wanted in known
        return reaches and self._now() - self._begun_at >= self._spec.edgehub_connect_seconds

    def state(self) -> dict[str, object]:
        """Return the connection as the wire shows it."""
        return {
            "enabled": self.enabled,
            "status": "connected" if self.connected else "disconnected",
            "certRevoked": self._spec.certificate_revoked,
            "stormDetected": self._spec.storm_detected,
        }

    def configure(self, setting: dict[str, Any]) -> None:
        """Keep a setting; a connection is made anew with it."""
        self.setting = setting
        self._begun_at = self._now()
        shown = {name: value for name, value in setting.items() if name not in _SECRETS}
        shown.pop("deviceon", None)
        self._report("edgehub_configured", setting=shown)

    def clear(self) -> None:
        """Forget the setting; nothing is connected then."""
        self.setting = None
        self.enabled = False
        self._report("edgehub_cleared")

    def connect(self) -> None:
        """Connect from now on. Raises Refused without a setting."""
        if self.setting is None:
            raise Refused(NO_CONNECTION_SETTING)
        self.enabled = True
        self._begun_at = self._now()
        self._report("edgehub_connect")

    def disconnect(self) -> None:
        """Stay away from the cloud from now on."""
        self.enabled = False
        self._report("edgehub_disconnect")

    def shown_setting(self) -> dict[str, Any]:
        """Return the setting as the wire shows it. Raises Refused without one."""
        if self.setting is None:
            raise Refused(NO_CONNECTION_SETTING)
        shown = {**_EMPTY_SETTING, **self.setting}
        shown.pop("deviceon", None)
        if not self._spec.conncfg_shows_secrets:
            shown |= {name: "" for name in _SECRETS if name in shown}
        return shown

    def send(self, tags: dict[str, Any]) -> None:
        """Send tags to the cloud. Raises Refused without a connection."""
        if not self.connected:
            raise Refused(NOT_CONNECTED)
        self.sent += len(tags)
        self._report("edgehub_data", tags=tags)

    def apphub_status(self) -> str:
        """Return the state of AppHub. Raises Refused when it is not installed."""
        if not self._spec.has("apphub"):
            raise Refused(APPHUB_MISSING)
        return "running" if self.apphub_running else "stopped"

    def need_apphub(self) -> None:
        """Raise Refused when AppHub is not installed and cannot be changed."""
        if not self._spec.has("apphub"):
            raise Refused(APPHUB_UNAVAILABLE)

    def control_apphub(self, action: str) -> None:
        """Start, stop or restart AppHub."""
        self.apphub_running = action != "stop"
        self._report("apphub", action=action)

    def set_apphub_log(self, setting: dict[str, Any]) -> None:
        """Change how AppHub writes its log."""
        self.apphub_log |= setting
        self._report("apphub_log", **setting)

    def edgebus(self, wall_seconds: int) -> dict[str, Any]:
        """Return the state of the embedded broker. Raises Refused when there is none."""
        if not self._spec.has("edgebus"):
            raise Refused(EDGEBUS_MISSING)
        if not self.edgebus_enabled:
            return {"enabled": False}
        up = max(0, int(self._now() - self._edgebus_since))
        broker = {
            "version": "2.2.8",
            "started": wall_seconds - up,
            "time": wall_seconds,
            "uptime": up,
            "clients_connected": 2,
            "clients_total": 2,
            "messages_received": up // 18,
            "messages_sent": up // 18,
            "packets_received": up // 8,
            "packets_sent": up // 8,
            "memory_alloc": 7553024,
            "threads": 75,
        }
        return {"enabled": True, "mqttBrokerStatus": broker, "clientStatus": "connected"}

    def switch_edgebus(self, enabled: bool) -> None:
        """Switch the embedded broker. Raises Refused when there is none."""
        if not self._spec.has("edgebus"):
            raise Refused(EDGEBUS_UNAVAILABLE)
        if enabled and not self.edgebus_enabled:
            self._edgebus_since = self._now()
        self.edgebus_enabled = enabled
        self._report("edgebus", enabled=enabled)

    def bootstrap(self) -> None:
        """Take the token of a tenant for mass deployment."""
        self.bootstrapped = True
        self._report("bootstrapped")
