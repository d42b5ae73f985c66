"""The scanner of a station: what was read last, which slot was chosen, what the next scan is for.

It reads the station as it is and decides nothing itself (`scanning` does); `control` carries out.
"""

from orchestrator.domain.clock import Clock
from orchestrator.station.answers import LONGEST
from orchestrator.station.codes import Codes, pattern_of
from orchestrator.station.desk import Desk
from orchestrator.station.floor import Floor
from orchestrator.station.scanning import (
    ScanAction,
    ScanRefused,
    Scene,
    Step,
    Waiting,
    route,
)
from orchestrator.station.settings import Settings
from orchestrator.station.view import StationView

CHOSEN_SECONDS = 30.0
"""How long the label of a slot counts for the next scan."""


class Scanner:
    """What scans mean at this station now. `again_seconds` is the rest after each code."""

    def __init__(
        self,
        codes: Codes,
        *,
        floor: Floor,
        desk: Desk,
        view: StationView,
        clock: Clock,
        again_seconds: float,
        looks_like: str,
    ) -> None:
        self._codes = codes
        self._floor = floor
        self._desk = desk
        self._view = view
        self._clock = clock
        self._again_seconds = again_seconds
        self._looks_like = looks_like
        self._last: tuple[str, float] | None = None
        self._chosen: tuple[str, float] | None = None

    def read(self, text: str) -> Step:
        """Return what that code would do now, without doing it. Raises ScanRefused."""
        text = text.strip()
        if not text or len(text) > LONGEST or not text.isprintable():
            raise ScanRefused(
                f"A code has 1 to {LONGEST} printable characters", remedy="Scan again"
            )
        if self._is_again(text):
            return Step(ScanAction.IGNORED, value=text)
        return route(self._codes.read(text), self._scene())

    def take(self, text: str) -> Step:
        """Return what that code does now, and remember that it was read. Raises ScanRefused."""
        try:
            step = self.read(text)
        finally:
            if not self._is_again(text.strip()):
                self._last = (text.strip(), self._clock.monotonic())
        if step.action is ScanAction.CHOOSE_SLOT:
            self._chosen = (step.slot, self._clock.monotonic())
        return step

    def done(self) -> None:
        """Forget the chosen slot: it got what it was chosen for."""
        self._chosen = None

    @property
    def chosen(self) -> str:
        """The slot whose label was scanned a moment ago, empty for none."""
        if self._chosen is None:
            return ""
        slot, since = self._chosen
        return slot if self._clock.monotonic() - since < CHOSEN_SECONDS else ""

    def waiting(self) -> list[Waiting]:
        """Return who waits for a person, the longest wait first."""
        found: list[Waiting] = []
        gates = {pipeline.slot.name: pipeline.gate for pipeline in self._floor}
        for slot in self._view.waiting():
            gate = gates.get(slot)
            if gate is None:
                continue
            if gate.waits_for_label or gate.waits_for_start:
                found.append(Waiting(slot, serial=gate.waits_for_label, start=gate.waits_for_start))
            found += [Waiting(slot, prompt) for prompt in self._desk.prompts(slot)]
        return found

    def _scene(self) -> Scene:
        pipelines = list(self._floor)
        return Scene(
            slots=frozenset(each.slot.name for each in pipelines),
            chosen=self.chosen,
            waiting=self.waiting(),
            running=[each.slot.name for each in pipelines if each.may_stop],
            retry=[each.slot.name for each in pipelines if each.may_retry],
            looks_like=self._looks_like,
        )

    def _is_again(self, text: str) -> bool:
        if self._last is None or self._last[0] != text:
            return False
        return self._clock.monotonic() - self._last[1] < self._again_seconds


def make_scanner(
    settings: Settings, floor: Floor, desk: Desk, view: StationView, clock: Clock
) -> Scanner:
    """Return the scanner of a station with these settings."""
    rule = settings.unit.serial_number
    patterns = pattern_of(settings.scanner, rule.pattern if rule.rule == "scan" else "")
    return Scanner(
        Codes(patterns),
        floor=floor,
        desk=desk,
        view=view,
        clock=clock,
        again_seconds=settings.scanner.again_seconds,
        looks_like=rule.looks_like,
    )
