"""Running a command in the terminal of an edge computer and looking for a text in its output.

The output is kept as the bytes that came: control sequences in it are data, carried out by nobody.
For comparing they are left out.
"""

from decimal import Decimal

import anyio

from orchestrator.domain.errors import DeadlineExceeded, Mismatch, StationMisuse, UnusableAnswer
from orchestrator.engine.step import Duration, Measures, StepContext, step
from orchestrator.steps.terminal_text import LONGEST_LINE, finished, plain_lines
from orchestrator.steps.waiting import Stopwatch, rounded
from orchestrator.systems.advantech_portal.client import AdvantechHost, Terminal
from orchestrator.systems.advantech_portal.models import TerminalSize
from orchestrator.transport.text import printable

MOST_OUTPUT = 1 << 20
"""Bytes of output that are kept."""

_ROWS = 50
_WITHIN = Duration(Decimal(20))
_FILE = "terminal-output"
_MEDIA_TYPE = "application/octet-stream"


class _Reading:
    """Gathers the output of one command until a line of it holds the expected text."""

    def __init__(self, command: str, expected: str) -> None:
        self._command = command
        self._expected = expected
        self.output = bytearray()
        self._judged = 0

    def line(self) -> str | None:
        """Return the line that holds the text; what the terminal echoes of the command is none."""
        new = bytes(self.output[self._judged :])
        # Lines are looked at once: a program that writes much must not keep the station busy.
        self._judged += finished(new)
        for line in plain_lines(new):
            if self._expected in line and self._command not in line:
                return line
        return None

    async def until_found(self, terminal: Terminal) -> str:
        """Return the line as soon as it is there. Raises what the terminal raises."""
        while True:
            found = self.line()
            if found is not None:
                return found
            self.output += (await terminal.receive(3600.0)).output
            if len(self.output) > MOST_OUTPUT:
                raise UnusableAnswer(
                    f"The command wrote more than {MOST_OUTPUT} bytes without the expected text",
                    remedy="Let the command of the recipe write less",
                    code="OUTPUT_SIZE",
                )


def _check(command: str, expect: str) -> None:
    plain = all(
        text and text.isprintable() and len(text) <= LONGEST_LINE for text in (command, expect)
    )
    if not plain:
        raise StationMisuse(
            f"Command and expected text are one line each, of 1 to {LONGEST_LINE} characters",
            remedy="Correct them in the recipe",
            code="NO_COMMAND",
        )


@step(
    "advantech.run_command",
    summary="Runs a command in the host's terminal and looks for a text in what it writes.",
    measures=(
        Measures("line", "The line that holds the text", kind="text"),
        Measures("answer_seconds", "Time until the text was there", uom="s"),
        Measures("output_bytes", "Size of the output that was kept", uom="B"),
    ),
    timeout_seconds=60,
)
async def run_command(
    ctx: StepContext,
    host: AdvantechHost,
    *,
    command: str,
    expect: str,
    within: Duration = _WITHIN,
) -> None:
    """Type the command and wait for a line that holds the text; without it in time, FAIL.

    The line is measured, so that the recipe can judge it further by a pattern. A terminal that
    writes nothing at all is an ERROR. The shell is closed in the end, and with it the command.

    Args:
        command: The command, one line, without secrets.
        expect: Text that a line of the output must hold; an echo of the command does not count.
        within: How long it may take.
    """
    _check(command, expect)
    reading, found = _Reading(command, expect), None
    terminal = await host.open_terminal()
    watch = Stopwatch(ctx.clock)
    try:
        with anyio.move_on_after(float(within)):
            # In a narrow window the echo would be broken into lines that no longer look like it.
            await terminal.resize(TerminalSize(columns=2 * LONGEST_LINE, rows=_ROWS))
            await terminal.send(f"{command}\n")
            found = await reading.until_found(terminal)
    finally:
        with anyio.CancelScope(shield=True):
            await terminal.aclose()
        ctx.attach(_FILE, bytes(reading.output), _MEDIA_TYPE)
        ctx.measure("output_bytes", len(reading.output))
    if found is not None:
        ctx.measure("line", found)
        ctx.measure("answer_seconds", rounded(watch.elapsed))
        return
    if not reading.output:
        raise DeadlineExceeded(
            f"The host's terminal wrote nothing within {within} s",
            remedy="Try again; if it stays, restart the host",
            code="NO_OUTPUT",
        )
    last = next((each for each in reversed(plain_lines(bytes(reading.output))) if each), "")
    raise Mismatch(
        f'No line holds "{printable(expect, 60)}" within {within} s;'
        f' the last one is "{printable(last, 80)}"',
        remedy="Look at the output that was kept, then set the host aside",
        code="OUTPUT",
    )
