"""How a run asks the person at its slot: which step it is, and what the tile shows meanwhile."""

from collections.abc import Sequence

from orchestrator.domain.events import Event, SlotState, StepFinished, StepStarted
from orchestrator.domain.prompts import Prompt, PromptKind
from orchestrator.recipe.plan import Plan
from orchestrator.station.tile import Tile


class RunAsker:
    """One run as the desk sees it. Implements `desk.Asker`."""

    def __init__(self, tile: Tile, run_id: str, plan: Plan) -> None:
        self._tile = tile
        self._plan = plan
        self.run_id = run_id
        self.started: StepStarted | None = None
        """The step that began last: steps ask before they wait for anything else."""

        self._open = 0

    def note(self, event: Event) -> None:
        """Follow the steps of the run."""
        if isinstance(event, StepStarted):
            self.started = event
            self._open += 1
        elif isinstance(event, StepFinished):
            self._open -= 1

    @property
    def during(self) -> str:
        """Say during which step it is now, for the end of a sentence; empty between two steps."""
        if self.started is None or not self._open:
            return ""
        return f" during step {self.started.name}"

    @property
    def slot(self) -> str:
        """The name of its slot."""
        return self._tile.name

    def step(self) -> tuple[str, float | None]:
        """Return the id of the step that asks now, and how many seconds it waits at most."""
        if self.started is None:
            return "", None
        wanted = self.started.step_id
        seconds = next((s.timeout_seconds for s in self._plan.steps() if s.id == wanted), None)
        return wanted, float(seconds) if seconds is not None else None

    def show(self, prompts: Sequence[Prompt]) -> None:
        """Show the open questions on the tile, the oldest first; none: the run goes on."""
        if not prompts:
            name = self.started.name if self.started is not None else self._plan.name
            self._tile.show(SlotState.RUN, name, run_id=self.run_id)
            return
        question = prompts[0].question
        state = SlotState.SCAN if question.kind is PromptKind.SCAN else SlotState.DO
        self._tile.show(state, question.sentence, run_id=self.run_id)
