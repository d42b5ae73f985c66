"""What the detail of a slot tells of its run, as the audit has it: measurements and doubts."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from orchestrator.audit.queries.runs import steps
from orchestrator.domain.outcome import Outcome
from orchestrator.web.surface import Reads
from orchestrator.web.texts import Texts

_MOST = 12
_LONGEST = 80
_LIMITS = ("limit_min", "limit_max", "limit_equal", "limit_pattern", "limit_one_of")


@dataclass(frozen=True, slots=True)
class Measured:
    """One measurement, written for people. `judged` is false when it had no limit to keep."""

    name: str
    value: str
    limits: str
    ok: bool
    judged: bool = True


@dataclass(frozen=True, slots=True)
class RunEvidence:
    """What is known of a run. `not_run` counts the planned steps that never began.

    `changed` is true when something was done that cannot be undone, `in_doubt` when it is not
    known whether it was.
    """

    measurements: tuple[Measured, ...] = ()
    not_run: int = 0
    changed: bool = False
    in_doubt: bool = False


async def read_evidence(reads: Reads, run_id: str, planned: int, texts: Texts) -> RunEvidence:
    """Return what the audit has of a run of `planned` steps. Raises AuditUnavailable."""
    rows = await reads.read(steps, run_id)
    return evidence_of(rows, planned, texts)


def evidence_of(rows: Sequence[Mapping[str, Any]], planned: int, texts: Texts) -> RunEvidence:
    """Return what the rows of a run's steps say, failed measurements first."""
    measured = [_measured(each, texts) for row in rows for each in row["measurements"]]
    measured.sort(key=lambda each: each.ok)
    final = [row["outcome"] for row in rows if row["irreversible"]]
    return RunEvidence(
        measurements=tuple(measured[:_MOST]),
        not_run=max(0, planned - len({row["step_id"] for row in rows})),
        changed=Outcome.PASS.value in final,
        in_doubt=any(outcome not in (Outcome.PASS.value, Outcome.FAIL.value) for outcome in final),
    )


def _measured(row: Mapping[str, Any], texts: Texts) -> Measured:
    value = f"{row['value'][:_LONGEST]} {row['uom']}".strip()
    ok = row["outcome"] == Outcome.PASS.value
    judged = not ok or any(row[name] is not None for name in _LIMITS)
    return Measured(row["name"], value, _limits(row, texts), ok, judged)


def _limits(row: Mapping[str, Any], texts: Texts) -> str:
    low, high = row["limit_min"], row["limit_max"]
    if low is not None and high is not None:
        return texts.say("detail", "between", low=low, high=high)
    if low is not None:
        return texts.say("detail", "at_least", low=low)
    if high is not None:
        return texts.say("detail", "at_most", high=high)
    if row["limit_one_of"] is not None:
        return ", ".join(str(each) for each in json.loads(row["limit_one_of"]))[:_LONGEST]
    return (row["limit_equal"] or row["limit_pattern"] or texts["detail"]["no_limits"])[:_LONGEST]
