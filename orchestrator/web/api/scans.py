"""What it takes to scan a code: a stop and a badge need nobody signed in, work needs a person."""

from orchestrator.station.codes import Code, CodeKind
from orchestrator.web.rights import Right

ANYBODY = frozenset({"STOP", "HELP", "LANGUAGE", "OUT", "TYPE", "CLOSE"})
"""The words of commands that change nothing, or stop."""


def right_of_scan(code: Code) -> Right:
    """Return the right that scanning `code` takes."""
    free = code.kind in (CodeKind.BADGE, CodeKind.SLOT)
    if free or (code.kind is CodeKind.COMMAND and code.value in ANYBODY):
        return Right.STOP
    return Right.WORK
