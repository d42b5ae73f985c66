"""Exit codes of every command: BSD `sysexits` numbers, so that a service manager can read them.

FAIL (the product) is 1; ERROR (the station) is 69, 70 or 74. The two never share a code.
"""

from enum import IntEnum

from orchestrator.domain.errors import (
    AuditUnavailable,
    ConfigurationMistakes,
    InputMistakes,
    OrchestratorError,
    StationBusy,
)


class ExitCode(IntEnum):
    """What the shell is told."""

    YES = 0
    """Done, and the answer is yes."""
    NO = 1
    """Done, and the answer is no: a unit did not pass, nothing was found."""
    USAGE = 2
    """The command line is wrong."""
    BAD_INPUT = 65
    """Input data is wrong: a recipe has mistakes."""
    UNAVAILABLE = 69
    """Something we need cannot be reached."""
    OUR_FAULT = 70
    """An unexpected exception."""
    CANNOT_CREATE = 73
    """A file or folder cannot be made."""
    INPUT_OUTPUT = 74
    """Evidence cannot be written."""
    TRY_LATER = 75
    """Someone else holds what we need."""
    NOT_ALLOWED = 77
    """The role does not allow it."""
    CONFIGURATION = 78
    """Settings are wrong."""
    INTERRUPTED = 130
    """Ctrl-C."""
    TERMINATED = 143
    """Asked to stop."""


_BY_ERROR: tuple[tuple[type[OrchestratorError], ExitCode], ...] = (
    (ConfigurationMistakes, ExitCode.CONFIGURATION),
    (InputMistakes, ExitCode.BAD_INPUT),
    (StationBusy, ExitCode.TRY_LATER),
    (AuditUnavailable, ExitCode.INPUT_OUTPUT),
)


def exit_code_for(error: OrchestratorError) -> ExitCode:
    """Return the exit code that tells the shell about `error`."""
    for kind, code in _BY_ERROR:
        if isinstance(error, kind):
            return code
    return ExitCode.UNAVAILABLE
