"""Under which id a unit stands in the IoT portal, when the recipe does not say."""

from orchestrator.domain.errors import StationMisuse
from orchestrator.engine.step import StepContext

EUI_DIGITS = 16


def _silicon(ctx: StepContext) -> str:
    """Return the device id of the unit under work. Raises StationMisuse before it was read."""
    if ctx.identity is None:
        raise StationMisuse(
            "The unit's identity is not known yet, so it has no id in the portal",
            remedy="Read the identity in an earlier step, or give the id in the recipe",
            code="NO_IDENTITY",
        )
    return ctx.identity.device_id


def eui_of(ctx: StepContext, given: str | None) -> str:
    """Return the LoRa id of the unit: `given`, else the first 16 digits of its silicon id."""
    return (given or _silicon(ctx)[:EUI_DIGITS]).upper()


def hub_id_of(ctx: StepContext, given: str | None) -> str:
    """Return the gateway id of the unit: `given`, else its serial number, else its silicon id."""
    return given or ctx.unit.serial_number or _silicon(ctx)


def name_of(ctx: StepContext, given: str | None, fallback: str) -> str:
    """Return what people read in the portal: `given`, else the serial number, else `fallback`."""
    return given or ctx.unit.serial_number or fallback
