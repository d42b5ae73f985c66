"""Trials of recipes on simulated boards: one at a time, the last ones kept until the station stops.

A trial is no evidence: it is held in memory alone, and nothing here can write to the audit.
"""

from collections import OrderedDict
from dataclasses import dataclass

import anyio

from orchestrator.domain.errors import StationBusy
from orchestrator.domain.ids import TimeOrderedIds
from orchestrator.station.office import Trial
from orchestrator.web.problems import Refused
from orchestrator.web.surface import Surface

TRIALS_KEPT = 16


@dataclass(frozen=True, slots=True)
class KeptTrial:
    """A trial and the id under which it is kept."""

    trial_id: str
    trial: Trial


class Trials:
    """The trials of one station."""

    def __init__(self, surface: Surface) -> None:
        self._surface = surface
        self._ids = TimeOrderedIds(surface.clock)
        self._kept: OrderedDict[str, KeptTrial] = OrderedDict()
        self._busy = anyio.Lock()

    async def attempt(self, content_hash: str) -> KeptTrial:
        """Try the loaded recipe with that hash and keep how it went.

        Raises Refused when it is not loaded or the station tries nothing, StationBusy while
        another trial is under way, and what the trial itself raises.
        """
        plans = self._surface.shelf.plans
        ready = next((each for each in plans if each.plan.content_hash == content_hash), None)
        attempt = self._surface.office.attempt
        if ready is None or attempt is None:
            raise Refused(
                404,
                "not_found",
                "There is no such recipe to try.",
                "List the recipes to see what is loaded.",
            )
        if self._busy.locked():
            raise StationBusy(
                "another trial is under way", remedy="Wait until it is over, then try again"
            )
        async with self._busy:
            kept = KeptTrial(self._ids.new(), await attempt(ready))
        self._kept[kept.trial_id] = kept
        while len(self._kept) > TRIALS_KEPT:
            self._kept.popitem(last=False)
        return kept

    def get(self, trial_id: str) -> KeptTrial:
        """Return a trial that is still kept. Raises Refused."""
        kept = self._kept.get(trial_id)
        if kept is None:
            raise Refused(
                404,
                "not_found",
                "This trial is not kept any more.",
                "Try the recipe again: trials are forgotten.",
            )
        return kept
