"""The hardware watchdog of an edge computer: armed and with which time."""

from orchestrator.domain.errors import StationMisuse
from orchestrator.engine.step import Duration, Measures, StepContext, step
from orchestrator.steps.findings import Finding, refuse
from orchestrator.systems.advantech_portal.client import AdvantechHost
from orchestrator.systems.advantech_portal.models import Watchdog

_SET_ASIDE = "Run the host again; set it aside if it stays so"
_STATES = {True: "armed", False: "off"}


def _findings(found: Watchdog, enabled: bool | None, period: Duration | None) -> list[Finding]:
    findings = []
    if enabled is not None and found.enabled != enabled:
        words = f"The watchdog is {_STATES[found.enabled]}; it must be {_STATES[enabled]}"
        findings.append(Finding(words, _SET_ASIDE, "WATCHDOG"))
    if period is not None and found.timeoutInSeconds != period:
        words = f"The watchdog has a time of {found.timeoutInSeconds} s; it must be {period} s"
        findings.append(Finding(words, _SET_ASIDE, "WATCHDOG_TIME"))
    return findings


def _measure(ctx: StepContext, found: Watchdog) -> None:
    ctx.measure("enabled", found.enabled)
    ctx.measure("period_seconds", found.timeoutInSeconds)


_MEASURES = (
    Measures("enabled", "Whether the watchdog is armed", kind="boolean"),
    Measures("period_seconds", "Time after which it restarts the host", uom="s"),
)


@step(
    "advantech.set_watchdog",
    summary="Arms the host's watchdog or switches it off, and reads it back.",
    measures=_MEASURES,
)
async def set_watchdog(
    ctx: StepContext,
    host: AdvantechHost,
    *,
    enabled: bool,
    period: Duration | None = None,
) -> None:
    """Set the watchdog. A time that this watchdog cannot have is the recipe's mistake: ERROR.

    Args:
        enabled: Whether it is to be armed.
        period: Time after which it restarts the host, in whole seconds; without it the time stays.
    """
    before = await host.get_watchdog()
    low, high = before.timeoutMinInSeconds, before.timeoutMaxInSeconds
    if period is not None and (period != int(period) or not low <= period <= high):
        raise StationMisuse(
            f"The watchdog takes whole seconds from {low} to {high}, not {period}",
            remedy="Correct the time in the recipe",
            code="WATCHDOG_LIMITS",
        )
    await host.set_watchdog(enabled, None if period is None else int(period))
    found = await host.get_watchdog()
    _measure(ctx, found)
    refuse(_findings(found, enabled, period))


@step(
    "advantech.expect_watchdog",
    summary="Checks whether the host's watchdog is armed, and its time.",
    measures=_MEASURES,
)
async def expect_watchdog(
    ctx: StepContext,
    host: AdvantechHost,
    *,
    enabled: bool | None = None,
    period: Duration | None = None,
) -> None:
    """Fail a host whose watchdog is set otherwise.

    Args:
        enabled: Whether it must be armed; without it either may pass.
        period: The time it must have; without it any may pass.
    """
    found = await host.get_watchdog()
    _measure(ctx, found)
    refuse(_findings(found, enabled, period))
