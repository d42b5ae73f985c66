"""Watches the fixture: polls what is attached and tells each slot what sits in it.

When the list cannot be had, the station says so once, waits longer between its attempts and goes
on; no board is failed for it. A board must be missing for a while before it counts as taken out,
because lists flicker.
"""

from collections.abc import Sequence

import anyio

from orchestrator.domain.clock import Clock
from orchestrator.domain.errors import DeadlineExceeded, StationFault
from orchestrator.domain.events import Publish, StationNotice
from orchestrator.domain.fixture import Attached, Fixture
from orchestrator.station.settings_base import PORT_LENGTH
from orchestrator.station.slot import Roster

FIRST_BACK_OFF_SECONDS = 1.0
LAST_BACK_OFF_SECONDS = 10.0
LIST_DEADLINE_SECONDS = 15.0


class Discovery:
    """Polls `fixture` and keeps the slots of `roster` up to date."""

    def __init__(
        self,
        fixture: Fixture,
        roster: Roster,
        *,
        clock: Clock,
        publish: Publish,
        poll_seconds: float,
        gone_seconds: float,
    ) -> None:
        self._fixture = fixture
        self._roster = roster
        self._clock = clock
        self._publish = publish
        self._poll_seconds = poll_seconds
        self._gone_seconds = gone_seconds
        self._failures = 0
        self._first = True
        self._told: set[str] = set()

    async def run(self) -> None:
        """Poll until cancelled."""
        wait = 0.0
        while True:
            await anyio.sleep(wait)
            wait = await self.look()

    async def look(self) -> float:
        """Look once; return how many seconds to wait before the next look."""
        try:
            listed = await self._listed()
        except StationFault as fault:
            return self._service_is_down(fault)
        if self._failures:
            self._failures = 0
            self._publish(StationNotice("The list of boards is there again"))
        self._apply(listed)
        return self._poll_seconds

    async def _listed(self) -> Sequence[Attached]:
        with anyio.move_on_after(LIST_DEADLINE_SECONDS):
            return await self._fixture.attached()
        raise DeadlineExceeded(
            f"the list of boards did not come within {LIST_DEADLINE_SECONDS:.0f} s",
            remedy="Restart the local service",
        )

    def _service_is_down(self, fault: StationFault) -> float:
        if not self._failures:
            self._publish(StationNotice(f"The local service does not answer: {fault}"))
            for slot in self._roster:
                slot.unknown()
        wait = min(FIRST_BACK_OFF_SECONDS * 2.0**self._failures, LAST_BACK_OFF_SECONDS)
        self._failures = min(self._failures + 1, 16)
        return max(wait, self._poll_seconds)

    def _apply(self, listed: Sequence[Attached]) -> None:
        now = self._clock.monotonic()
        seen: set[str] = set()
        for attached in listed:
            port = attached.port or attached.address
            if port in seen:
                self._tell_once(port, f"Port {port} is listed twice; the first entry counts")
            elif len(port) > PORT_LENGTH:
                self._tell_once("long", f"A port with a name of {len(port)} characters is ignored")
            else:
                seen.add(port)
                self._board_on(port, attached)
        self._first = False
        for slot in self._roster:
            if slot.port not in seen:
                slot.missing(now, self._gone_seconds)

    def _board_on(self, port: str, attached: Attached) -> None:
        slot = self._roster.at(port)
        if slot is not None:
            slot.seen(attached, found=self._first)
        else:
            self._tell_once(port, f"A board on port {port} is ignored: {self._roster.why_not}")

    def _tell_once(self, what: str, sentence: str) -> None:
        if what not in self._told and len(self._told) < 256:
            self._told.add(what)
            self._publish(StationNotice(sentence))
