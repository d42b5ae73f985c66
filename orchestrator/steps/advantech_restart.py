"""Restarting an edge computer and seeing that it really did, and that it is the same one."""

from decimal import Decimal

from orchestrator.domain.errors import (
    DeadlineExceeded,
    ErrorClass,
    LinkFault,
    StationFault,
    Unreachable,
    UntrustedPeer,
)
from orchestrator.engine.step import Duration, Measures, StepContext, step
from orchestrator.steps.advantech_identity import bind
from orchestrator.steps.waiting import Patience, Stopwatch, rounded, until
from orchestrator.systems.advantech_portal.client import AdvantechHost
from orchestrator.systems.advantech_portal.endpoints import REBOOT
from orchestrator.systems.advantech_portal.models import HostInfo

_WITHIN = Duration(Decimal(180))
_POLL = Duration(Decimal(1))
_MARGIN_SECONDS = 2
"""Both clocks tick in whole seconds, at different moments."""
_STARTING = (ErrorClass.LINK, ErrorClass.TIMEOUT, ErrorClass.BUSY, ErrorClass.ANSWER)
"""How a host answers, or does not, whose services are still coming up."""


class _Watch:
    """Sees that a host has restarted: by its boot count, its boot time, or its uptime.

    An answer alone proves nothing: the first one after the order often comes before the host goes
    down. A host that says none of the three cannot be judged.
    """

    def __init__(self, host: AdvantechHost, before: HostInfo, watch: Stopwatch) -> None:
        self._host = host
        self._before = before
        self._watch = watch
        self._last_words = ""
        self.info = before
        self.answers = True
        """Whether the host has answered when it was asked last."""

    def _shows_it(self, info: HostInfo, elapsed: float) -> bool:
        before = self._before
        if before.bootCount is not None and info.bootCount is not None:
            return info.bootCount != before.bootCount
        if before.upTime is not None and info.upTime is not None:
            return info.upTime < before.upTime + elapsed - _MARGIN_SECONDS
        if before.bootTime is not None and info.bootTime is not None:
            return info.bootTime > before.bootTime + _MARGIN_SECONDS
        raise StationFault(
            "The host says neither how often nor when it has started, so no restart can be seen",
            remedy="Take the step out of the recipe for this model, or update the host's portal",
            code="NO_BOOT_COUNT",
        )

    async def has_restarted(self) -> bool:
        """Say whether the host has come back from a restart."""
        elapsed = self._watch.elapsed
        try:
            info = await self._host.get_host_info(fresh=True)
        except StationFault as fault:
            if fault.kind not in _STARTING or isinstance(fault, UntrustedPeer):
                raise
            self._last_words = fault.what
            self.answers = False
            return False
        self.answers = True
        self._last_words = "It still answers and has not restarted"
        self.info = info
        return self._shows_it(info, elapsed)

    @property
    def last_words(self) -> str:
        """What was seen last."""
        return self._last_words


async def _order(host: AdvantechHost) -> bool:
    """Order the restart; return whether the host has said yes.

    The link may break under the answer, so its loss proves nothing.
    """
    try:
        await host.reboot()
    except (Unreachable, UntrustedPeer):
        raise
    except (LinkFault, DeadlineExceeded):
        return False
    return True


async def _seen(ctx: StepContext, host: AdvantechHost, seen: _Watch, patience: Patience) -> bool:
    """Order the restart and wait for it; an order that got lost is given once more."""
    if not await _order(host):

        async def is_settled() -> bool:
            late = watch.elapsed >= REBOOT.settle_seconds
            return await seen.has_restarted() or (late and seen.answers)

        watch = Stopwatch(ctx.clock)
        if await until(is_settled, ctx.clock, patience) and not await seen.has_restarted():
            await _order(host)
    return await until(seen.has_restarted, ctx.clock, patience)


@step(
    "advantech.reboot_and_wait",
    summary="Restarts the host and waits until it is back and says so itself.",
    measures=(
        Measures("restart_seconds", "Time from the order until the host answers anew", uom="s"),
        Measures("boot_count", "How often the host has started, 0 if unsaid"),
    ),
    timeout_seconds=240,
)
async def reboot_and_wait(
    ctx: StepContext,
    host: AdvantechHost,
    *,
    within: Duration = _WITHIN,
    poll: Duration = _POLL,
) -> None:
    """Restart the host; done only when it has started once more and is still the same one.

    A lost order is given once more when the host still answers and has not restarted.
    A host that does not come back is an ERROR: nobody knows what it is doing.

    Args:
        within: How long the host may take to come back.
        poll: How long to wait before asking again.
    """
    before = await host.get_host_info(fresh=True)
    watch = Stopwatch(ctx.clock)
    seen = _Watch(host, before, watch)
    if not await _seen(ctx, host, seen, Patience(within, poll)):
        raise DeadlineExceeded(
            f"The host did not come back from its restart within {within} s. {seen.last_words}",
            remedy="Look at its power and its display, then run it again",
            code="NO_RESTART",
        )
    ctx.measure("restart_seconds", rounded(watch.elapsed))
    ctx.measure("boot_count", seen.info.bootCount or 0)
    if ctx.identity is not None:
        await bind(ctx, host)
