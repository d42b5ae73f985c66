"""The diagnostic log: one chain from what is said to a line on stderr.

Context, redaction, time, then text for a terminal or one JSON object per line. It is not the
audit. The logger is an object that is handed on, nothing is configured for the whole process.
"""

import re
import sys
from collections.abc import Iterable, Sequence
from contextlib import suppress
from typing import Any, Literal, TextIO

import structlog
from structlog.typing import EventDict, FilteringBoundLogger, Processor, WrappedLogger

from orchestrator.domain.events import (
    Event,
    PromptClosed,
    PromptOpened,
    RunFinished,
    RunStarted,
    SlotChanged,
    StationNotice,
    StepFinished,
    StepProgress,
    StepStarted,
)
from orchestrator.domain.outcome import Outcome

_LEVELS = {"debug": 10, "info": 20, "warning": 30, "error": 40}
_TELLING_NAME = re.compile(
    r"secret|password|passphrase|token|credential|authorization", re.IGNORECASE
)
HIDDEN = "[hidden]"


def make_logger(
    *,
    level: Literal["debug", "info", "warning", "error"] = "info",
    style: Literal["auto", "text", "json"] = "auto",
    secrets: Iterable[str] = (),
    stream: TextIO | None = None,
) -> FilteringBoundLogger:
    """Return a logger that writes to `stream` (stderr) and never shows one of `secrets`."""
    target = stream if stream is not None else sys.stderr
    as_json = style == "json" or (style == "auto" and not target.isatty())
    logger: FilteringBoundLogger = structlog.wrap_logger(
        _Lines(target),
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True, key="ts"),
            structlog.processors.format_exc_info,
            Redactor(tuple(secrets)),
            *_renderers(as_json),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(_LEVELS[level]),
        context_class=dict,
        cache_logger_on_first_use=False,
    )
    return logger


class _Lines(structlog.PrintLogger):
    """Writes lines as long as somebody takes them: boards do not stop for a terminal that went."""

    def msg(self, message: str) -> None:
        """Write `message` as a line; a stream that is closed or full loses it."""
        with suppress(OSError):
            super().msg(message)

    debug = info = warning = error = msg


def _renderers(as_json: bool) -> Sequence[Processor]:
    if as_json:
        return (structlog.processors.JSONRenderer(default=str),)
    return (_as_line,)


def _as_line(logger: WrappedLogger, method: str, event: EventDict) -> str:
    """Write `12:34:56 event key=value`, with control characters escaped."""
    del logger, method
    time = str(event.pop("ts", ""))[11:19]
    level = str(event.pop("level", "info"))
    what = str(event.pop("event", ""))
    trace = event.pop("exception", "")
    words = " ".join(f"{name}={value}" for name, value in event.items() if value not in ("", None))
    mark = "" if level in ("info", "debug") else f"{level.upper()} "
    # A trace repeats what was sent: its lines are set in, so that none looks like one of the log.
    lines = [f"{time} {mark}{what} {words}".rstrip(), *(f"  {each}" for each in trace.splitlines())]
    return "\n".join(_plain(each) for each in lines)


def _plain(line: str) -> str:
    """Return `line` with control characters escaped."""
    return "".join(
        char if char.isprintable() else char.encode("unicode_escape").decode("ascii")
        for char in line
    )


class Redactor:
    """Hides members with a telling name, and the known secrets wherever they stand in a text."""

    def __init__(self, secrets: tuple[str, ...]) -> None:
        # The longest first: one that begins like another would leave the rest of it to be read.
        self._secrets = tuple(sorted(filter(None, secrets), key=len, reverse=True))

    def __call__(self, logger: WrappedLogger, method: str, event: EventDict) -> EventDict:
        """Return the members of `event` without what nobody may read."""
        del logger, method
        return {name: self._clean(name, value) for name, value in event.items()}

    def _clean(self, name: str, value: Any) -> Any:
        if _TELLING_NAME.search(name):
            return HIDDEN
        if isinstance(value, dict):
            return {str(key): self._clean(str(key), inner) for key, inner in value.items()}
        if isinstance(value, list | tuple):
            return [self._clean("", inner) for inner in value]
        if isinstance(value, int | float | bool) or value is None:
            return value
        text = str(value)
        for secret in self._secrets:
            text = text.replace(secret, HIDDEN)
        return text


def log_event(log: FilteringBoundLogger, event: Event) -> None:
    """Write what happened on the station as one line; progress is left out."""
    match event:
        case SlotChanged():
            bad = event.state.value in ("FAIL", "ERROR", "BLOCKED")
            write = log.warning if bad else log.info
            write(
                "slot",
                slot=event.slot,
                state=event.state.value,
                message=event.message,
                serial=event.serial_number,
            )
        case RunStarted():
            log.info("run started", slot=event.slot, run=event.run_id, recipe=event.recipe)
        case RunFinished():
            log.info(
                "run finished",
                slot=event.slot,
                run=event.run_id,
                outcome=event.outcome.value,
                message=event.message,
            )
        case StepFinished():
            write = log.debug if event.outcome is Outcome.PASS else log.info
            write(
                "step finished",
                slot=event.slot,
                run=event.run_id,
                step=event.step_id,
                attempt=event.attempt,
                outcome=event.outcome.value,
                message=event.message,
            )
        case StationNotice():
            log.warning("station", message=event.message)
        case PromptOpened():
            asked = event.prompt
            log.info("asked", slot=event.slot, run=asked.run_id, sentence=asked.question.sentence)
        case PromptClosed():
            log.info("prompt closed", slot=event.slot, prompt=event.prompt_id, by=event.by)
        case StepStarted():
            log.debug("step started", slot=event.slot, run=event.run_id, step=event.step_id)
        case StepProgress():
            return
