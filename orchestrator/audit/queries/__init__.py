"""The questions that anybody asks the audit, each a function with a sentence.

Nothing else in the house writes SELECT. Every function takes a connection for reading
(`database.reading`, `Audit.read`) and returns plain rows: dicts whose keys are the columns of the
schema, in their order. Outcomes are upper case; the outcome of what has not ended is None.
"""

from orchestrator.audit.queries.filters import EVERYTHING, Filters, Row
from orchestrator.audit.queries.floor import commands_since_start, ended_runs, label_history
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
from orchestrator.audit.queries.pages import (
    attachment_row,
    recipe_row,
    runs_page,
    unit_row,
    units_page,
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
    "attachment_row",
    "commands_since_start",
    "counts",
    "earlier_intents",
    "ended_runs",
    "failures",
    "holds",
    "intent_row",
    "intents_of_kinds",
    "label_history",
    "last_run",
    "open_runs",
    "passed_runs",
    "recipe_row",
    "run_row",
    "runs",
    "runs_page",
    "session_known",
    "standing_run",
    "steps",
    "unit_history",
    "unit_row",
    "units_page",
]
