"""Output of a terminal as plain lines: control sequences are left out, never carried out.

The bytes themselves are kept elsewhere, as they came. What is left here is for comparing and for
people: printable text, line by line.
"""

import re

LONGEST_LINE = 500
"""Characters of a line that are looked at; what stands behind is cut off."""

_SEQUENCES = re.compile(
    r"\x1b\[[0-?]*[ -/]*[@-~]"  # CSI: colours, cursor
    r"|\x1b[\]PX^_][^\x07\x1b\x9c]*(?:\x07|\x1b\\|\x9c|\Z)"  # OSC and other strings: window title
    r"|\x1b[ -/]*[0-~]"  # two characters and their like
    r"|\x9b[0-?]*[ -/]*[@-~]"
)
_OPEN_STRING = re.compile(rb"\x1b[\]PX^_](?:(?!\xc2\x9c)[^\x07\x1b])*\Z")
_LONGEST_RAW_LINE = 16 * LONGEST_LINE
_ERASE = re.compile(r"[^\n\r\x08]\x08")


def plain_lines(output: bytes) -> list[str]:
    """Return the lines of `output` without control sequences and without blanks at their ends."""
    text = _SEQUENCES.sub("", output.decode("utf-8", "replace"))
    text = _ERASE.sub("", text).replace("\r\n", "\n").replace("\r", "\n")
    return ["".join(filter(_shows, line))[:LONGEST_LINE].rstrip() for line in text.split("\n")]


def finished(output: bytes) -> int:
    """Return how many bytes at the beginning are lines that nothing which comes later changes.

    A line that goes on for longer than anybody looks at counts as finished.
    """
    end = output.rfind(b"\n") + 1
    if _OPEN_STRING.search(output, 0, end):
        end = 0
    return end if len(output) - end <= _LONGEST_RAW_LINE else len(output)


def _shows(letter: str) -> bool:
    return letter.isprintable() or letter == "\t"
