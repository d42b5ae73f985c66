"""What a pretend portal is at its start, and what no source settles about real ones.

Frozen values. What a portal's document leaves open is a switch here with a default; each says what
it rests on.
"""

from dataclasses import dataclass, field

from orchestrator.systems.iot_hub_portal import models


@dataclass(frozen=True, slots=True)
class PortalSpec:
    """A portal at its start.

    `tokens` are the bearer tokens that it takes, with the seconds that each is valid from the
    start; without any it takes everybody, as the document says. `requests_per_second` throttles
    (429 with Retry-After), 0 never. `connects_after_seconds` is when a registered device, gateway
    or concentrator shows up as connected, None never.
    """

    seed: int = 0
    device_models: tuple[models.DeviceModel, ...] = ()
    configs: tuple[models.ConfigListItem, ...] = ()
    tokens: dict[str, float] = field(default_factory=dict)
    authority: str = "https://sign-in.invalid/tenant/v2.0"
    client_id: str = "00000000-0000-4000-8000-000000000000"
    scope: str = "api://portal/access"
    requests_per_second: int = 0
    connects_after_seconds: float | None = 1.0
    answer_seconds: float = 0.0
    regions: tuple[str, ...] = (
        "CN_470_510_RP1",
        "CN_470_510_RP2",
        "EU_863_870",
        "US_902_928_FSB_2",
    )

    # What no source settles.
    deletes_with_204: bool = True
    """Deleting a model answers 204 as the implementation of the time does, else 200 (document)."""
    refuses_unknown_models: bool = False
    """A device whose modelId is unknown is refused (400). The implementation stores it as it is."""
    command_needs_connection: bool = True
    """A command to a device that is not connected is refused (400). Assumed of the LoRa server."""
    bulk_results: bool = True
    """Creations answer with the registry's bulk result, else with no body (document)."""
