"""Category Watchdog: the hardware watchdog. All times are whole seconds."""

from orchestrator.systems.advantech_portal.models.common import Count
from orchestrator.transport.endpoint import WireModel


class Watchdog(WireModel):
    """`GET /platform/api/perif/wdt`. `type` reads `EC Watchdog` here and `EC` in the profile."""

    enabled: bool
    type: str
    timeoutInSeconds: int
    timeoutMaxInSeconds: int
    timeoutMinInSeconds: int


class WatchdogSet(WireModel):
    """`PUT /platform/api/perif/wdt`; `seconds` lies within the limits of the GET."""

    enabled: bool
    seconds: Count | None = None


class WatchdogState(WireModel):
    """What the PUT answers."""

    enabled: bool
    seconds: Count


class WatchdogTimeout(WireModel):
    """`PUT /platform/api/perif/wdt/timeout`, and its answer."""

    seconds: Count
