"""The questions that anybody asks the audit, each a function with a sentence.

Nothing else in the house writes SELECT. Every function takes a connection for reading
(`database.reading`, `Audit.read`) and returns plain rows: dicts whose keys are the columns of the
schema, in their order. Outcomes are upper case; the outcome of what has not ended is None.
"""

from orchestrator.audit.queries.filters import EVERYTHING, Filters, Row
from orchestrator.audit.queries.history import unit_history
from orchestrator.audit.queries.memory import (
    HOLD_COLUMNS,
    LEFT,
    earlier_intents,
    holds,
    intent_row,
    intents_of_kinds,
    last_run,
    open_runs,
    passed_runs,
    session_known,
    standing_run,
)
from orchestrator.audit.queries.runs import (
    FAILED,
    FAILURE_COLUMNS,
    RUN_COLUMNS,
    attachment_content,
    counts,
    failures,
    run_row,
    runs,
    steps,
)

__all__ = [
    "EVERYTHING",
    "FAILED",
    "FAILURE_COLUMNS",
    "HOLD_COLUMNS",
    "LEFT",
    "RUN_COLUMNS",
    "Filters",
    "Row",
    "attachment_content",
    "counts",
    "earlier_intents",
    "failures",
    "holds",
    "intent_row",
    "intents_of_kinds",
    "last_run",
    "open_runs",
    "passed_runs",
    "run_row",
    "runs",
    "session_known",
    "standing_run",
    "steps",
    "unit_history",
]
