"""The evidence of one run: sequence numbers, rows, and which of them are committed together.

The end of a step waits here for the begin of the next one, so that both are one commit. What
cannot be recorded stops the run; `lost` then says why. Judging and running is done elsewhere.
"""

import hashlib
from collections.abc import Mapping

from orchestrator.domain.clock import timestamp
from orchestrator.domain.errors import AuditUnavailable, ErrorClass, StationMisuse
from orchestrator.domain.ids import unit_id
from orchestrator.domain.measurement import Value, as_text
from orchestrator.domain.outcome import Outcome
from orchestrator.domain.records import (
    AttachmentRow,
    IdentityRow,
    MeasurementRow,
    Record,
    Recorder,
    RunEndRow,
    StepEndRow,
    StepRow,
)
from orchestrator.domain.unit import DeviceIdentity
from orchestrator.engine.attempt import Attachment, Attempt, RunFacts
from orchestrator.engine.prepare import Measuring
from orchestrator.engine.request import RunResult
from orchestrator.engine.verdict import Verdict

# Reading the value of an enumeration's member is slow, and nearly all outcomes are this one.
_PASS = Outcome.PASS

# The rows of a step are made past their own constructors, which cost as much as a hash each.
_new = tuple.__new__


class Evidence:
    """Makes the rows of one run and hands them to the recorder.

    `best_effort` is set during teardown: a commit that fails is noted in `lost` and the teardown
    goes on. Otherwise a lost audit raises AuditUnavailable from every commit.
    """

    __slots__ = (
        "_binding", "_clock", "_run_id", "_sequence", "_unit", "_unit_known", "best_effort",
        "lost", "record",
    )  # fmt: skip

    def __init__(self, recorder: Recorder, facts: RunFacts) -> None:
        self._clock = facts.clock
        self._unit = facts.request.unit
        known = facts.request.identity or self._unit.serial_number
        self._unit_known = known is not None
        self._binding = facts.binding
        self._run_id = facts.request.run_id
        self._sequence = 0
        self.lost: AuditUnavailable | None = None
        self.best_effort = False
        self.record = recorder.record
        """The recorder's own way in, for the one caller that cannot afford `commit`; what it
        raises goes to `missed`."""

    def next_sequence(self) -> int:
        """Return the number of the next attempt."""
        self._sequence += 1
        return self._sequence

    def now(self) -> str:
        """Return the time as rows have it."""
        return timestamp(self._clock.now())

    async def commit(self, pending: list[Record], *rows: Record) -> None:
        """Make `pending` and `rows` durable in one transaction and empty `pending`.

        Raises AuditUnavailable unless `best_effort`, StationMisuse when one of the rows can not be
        stored; the others are then stored nevertheless, their steps marked ERROR.
        """
        batch = (*pending, *rows)
        pending.clear()
        try:
            await self.record(*batch)
        except (AuditUnavailable, StationMisuse) as error:
            await self.missed(batch, error)

    async def missed(
        self, batch: tuple[Record, ...], error: AuditUnavailable | StationMisuse
    ) -> None:
        """Do what is left to do about rows that were not recorded; raises as `commit` does."""
        if isinstance(error, StationMisuse):
            await self._salvage(batch, error)
            raise error
        self._lose(error)

    def _lose(self, error: AuditUnavailable) -> None:
        self.lost = self.lost or error
        self.record = self._refuse
        if not self.best_effort:
            raise self.lost

    async def _refuse(self, *_: Record) -> None:
        assert self.lost is not None
        raise self.lost

    async def _salvage(self, rows: tuple[Record, ...], fault: StationMisuse) -> None:
        """Store one by one what can be stored, so that no step is left without its end.

        The end of the run is not among it: what it says may have changed by this.
        """
        for row in rows:
            kept = row
            if isinstance(row, RunEndRow):
                continue
            if isinstance(row, StepEndRow) and row.outcome == Outcome.PASS:
                kept = row._replace(
                    outcome=Outcome.ERROR.value,
                    error_class=ErrorClass.STATION.value,
                    message="what this step recorded cannot be stored",
                    remedy="Report it to whoever wrote the step",
                )
            try:
                await self.record(kept)
            except AuditUnavailable as error:
                self._lose(error)
            except StationMisuse as guilty:
                fault.where.setdefault("row", type(row).__name__)
                fault.what = guilty.what

    def begin_row(self, attempt: Attempt, began_at: str) -> StepRow:
        """Return the row that says that `attempt` begins."""
        step = attempt.step
        planned = step.planned
        return _new(
            StepRow,
            (
                self._run_id,
                attempt.sequence,
                step.section,
                planned.id,
                planned.name,
                planned.uses,
                attempt.number,
                step.irreversible,
                attempt.parameters,
                began_at,
            ),
        )

    def add_end(
        self,
        pending: list[Record],
        attempt: Attempt,
        verdict: Verdict,
        judged: Mapping[str, Outcome],
        ended_at: str,
    ) -> None:
        """Add to `pending` that `attempt` ended, with everything that it gathered."""
        run_id, sequence = self._run_id, attempt.sequence
        pending.append(
            _new(
                StepEndRow,
                (
                    run_id,
                    sequence,
                    "PASS" if verdict.outcome is _PASS else verdict.outcome.value,
                    ended_at,
                    attempt.duration_us,
                    verdict.error_class.value if verdict.error_class is not None else "",
                    verdict.code,
                    verdict.message,
                    verdict.remedy,
                ),
            )
        )
        measures = attempt.step.measures
        for name, value in attempt.values.items():
            pending.append(self._measurement_row(sequence, measures[name], value, judged[name]))
        if attempt.attachments:
            pending.extend(self._attachment_row(sequence, one) for one in attempt.attachments)
        if attempt.identities:
            pending.extend(self.identity_row(sequence, one) for one in attempt.identities)

    def _measurement_row(
        self, sequence: int, measuring: Measuring, value: Value, outcome: Outcome
    ) -> MeasurementRow:
        if isinstance(value, bool):
            kind = "boolean"
        elif isinstance(value, str):
            kind = "text"
        else:
            kind = "number"
        return _new(
            MeasurementRow,
            (
                self._run_id,
                sequence,
                measuring.name,
                kind,
                as_text(value),
                measuring.uom,
                measuring.min,
                measuring.max,
                measuring.equal,
                measuring.pattern,
                measuring.one_of,
                "PASS" if outcome is _PASS else outcome.value,
            ),
        )

    def _attachment_row(self, sequence: int, attachment: Attachment) -> AttachmentRow:
        content = attachment.content
        digest = hashlib.sha256(content).hexdigest()
        return AttachmentRow(
            self._run_id,
            sequence,
            attachment.name,
            attachment.media_type,
            digest,
            len(content),
            content,
        )

    def identity_row(self, sequence: int, identity: DeviceIdentity) -> IdentityRow:
        """Return the row that says which identity was read during attempt `sequence`.

        Another unit than the one that the run is bound to has no key there: its numbers are not
        known in this run. Neither has one that nobody knew when the run was opened.
        """
        unit, key = self._unit, None
        if self._unit_known and identity == self._binding.identity:
            key = unit_id(unit.serial_number, unit.part_number, identity.device_id)
        return IdentityRow(
            self._run_id, sequence, key, identity.system, identity.device_id, self.now()
        )

    def run_end_row(self, result: RunResult) -> RunEndRow:
        """Return the row that closes the run."""
        return RunEndRow(
            self._run_id,
            result.outcome.value,
            self.now(),
            result.duration_us,
            result.first_failure,
            result.message,
        )
