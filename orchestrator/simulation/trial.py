"""Tries a recipe on a simulated board: the real engine and the real steps, and no evidence.

The board lives in this process, in a thread with an event loop of its own, so that boards on the
line do not wait for it. What the engine records is kept in memory and forgotten with the answer;
the audit of the station is not even named here. Cloud, portal and hosts are not pretended: a step
that needs one says so.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import anyio
from anyio.to_thread import run_sync

from orchestrator.domain.clock import SystemClock, timestamp
from orchestrator.domain.errors import DeadlineExceeded
from orchestrator.domain.events import Event
from orchestrator.domain.ids import TimeOrderedIds
from orchestrator.domain.people import Actor, Role
from orchestrator.domain.prompts import AnswerSource, Operator, Prompt, PromptKind, Question, Reply
from orchestrator.domain.records import (
    AttachmentRow,
    IdentityRow,
    MeasurementRow,
    Record,
    StepEndRow,
    StepRow,
)
from orchestrator.domain.unit import DeviceIdentity, Unit
from orchestrator.engine.run import EngineServices, RunControl, RunRequest, RunResult, execute
from orchestrator.station.office import Trial
from orchestrator.station.recipes import ReadyRecipe
from orchestrator.steps.table import definitions
from orchestrator.systems.azure_sphere_device.client import SphereDevice
from orchestrator.systems.azure_sphere_device.fixture import SphereLink
from orchestrator.systems.azure_sphere_device.simulator import (
    BoardSpec,
    SimulatedBoard,
    board_app,
)
from orchestrator.transport.in_process import InProcessTransport

MOST_SECONDS = 300.0
ADDRESS = "127.0.35.2"
_Row = dict[str, Any]


async def try_recipe(ready: ReadyRecipe) -> Trial:
    """Run `ready` on a new simulated board and return how it went.

    Raises StationMisuse when the recipe does not fit this program, DeadlineExceeded after five
    minutes.
    """
    return await run_sync(lambda: anyio.run(_try, ready), abandon_on_cancel=True)


async def _try(ready: ReadyRecipe) -> Trial:
    spec = _board_for(ready)
    clock, notebook = SystemClock(), Notebook()
    began_at = timestamp(clock.now())
    transport = InProcessTransport(board_app(SimulatedBoard(spec)))
    with anyio.move_on_after(MOST_SECONDS) as patience:
        async with SphereDevice(ADDRESS, context=None, transport=transport) as device:
            link = SphereLink(device)
            request = _request(ready, link, await link.identity(), TimeOrderedIds(clock).new())
            services = EngineServices(notebook, clock, definitions(), _nobody_listens)
            result = await execute(ready.plan, request, services, RunControl())
    if patience.cancelled_caught:
        raise DeadlineExceeded(
            f"the trial was not over after {MOST_SECONDS:.0f} s",
            remedy="Look at the time limits of the recipe's steps",
        )
    return _told(ready, spec, began_at, result, notebook.steps())


def _board_for(ready: ReadyRecipe) -> BoardSpec:
    """Return a blank board with the OS that the recipe is given, if it is given one."""
    version = ready.inputs.get("os_version")
    return BoardSpec(os_version=version) if isinstance(version, str) and version else BoardSpec()


def _request(
    ready: ReadyRecipe, link: SphereLink, identity: DeviceIdentity, run_id: str
) -> RunRequest:
    target = ready.plan.applies_to
    unit = Unit(f"TRIAL-{identity.device_id[:8]}", target.part_number or None, target.revision)
    return RunRequest(
        run_id=run_id,
        slot="trial",
        unit=unit,
        identity=identity,
        inputs=ready.inputs,
        secrets=ready.secrets,
        resources={**link.resources, Operator: Willing()},
        read_identity=link.identity,
        opening=(),
    )


def _told(
    ready: ReadyRecipe, spec: BoardSpec, began_at: str, result: RunResult, steps: Sequence[_Row]
) -> Trial:
    plan = ready.plan
    return Trial(
        recipe=plan.name,
        version=plan.version,
        content_hash=plan.content_hash,
        outcome=result.outcome.value,
        message=result.message,
        began_at=began_at,
        duration_us=result.duration_us,
        steps=steps,
        note=f"It was blank and had OS {spec.os_version}; questions were answered as wanted.",
    )


def _nobody_listens(event: Event) -> None:
    """Drop `event`: a trial is shown when it is over."""


class Willing:
    """A person who answers every question at once as the recipe would like it."""

    async def ask(self, question: Question) -> Reply:
        """Return an answer that fits, as far as one can be made up."""
        await anyio.lowlevel.checkpoint()
        by = Actor("trial", Role.OPERATOR, "trial")
        return Reply(True, _answer(question), by, AnswerSource.PRESSED)

    def open_prompts(self) -> Sequence[Prompt]:
        """Return nothing: there is never a question left."""
        return ()


def _answer(question: Question) -> str:
    if question.kind in (PromptKind.CHOOSE, PromptKind.LOOK):
        return question.options[0] if question.options else ""
    if question.kind is PromptKind.NUMBER:
        low, high = question.minimum, question.maximum
        if low is not None and high is not None:
            return format((low + high) / 2, "f")
        return format(low if low is not None else high or 0, "f")
    return question.looks_like


class Notebook:
    """A recorder that keeps rows in memory. Implements `domain.records.Recorder`."""

    def __init__(self) -> None:
        self._rows: list[Record] = []

    async def record(self, *records: Record) -> None:
        """Keep `records`."""
        self._rows += records
        await anyio.lowlevel.checkpoint()

    def steps(self) -> list[_Row]:
        """Return what was done as `audit.queries.steps` returns it."""
        ends = {(row.run_id, row.sequence): row for row in self._of(StepEndRow)}
        return [
            {**row._asdict(), **_ended(ends.get((row.run_id, row.sequence))), **self._parts(row)}
            for row in self._of(StepRow)
        ]

    def _parts(self, row: StepRow) -> Mapping[str, list[_Row]]:
        kinds = {
            "measurements": MeasurementRow,
            "attachments": AttachmentRow,
            "identities": IdentityRow,
        }
        return {
            name: [each._asdict() for each in self._of(kind) if each.sequence == row.sequence]
            for name, kind in kinds.items()
        }

    def _of(self, kind: type[Any]) -> list[Any]:
        return [row for row in self._rows if isinstance(row, kind)]


def _ended(row: StepEndRow | None) -> _Row:
    if row is not None:
        return row._asdict()
    return dict.fromkeys(StepEndRow._fields[2:])
