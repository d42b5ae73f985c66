"""The log of a station on a terminal: whatever is in a value or a fault stays in its line."""

import re
from io import StringIO

from orchestrator.station.log import make_logger

FORGED = "x\n12:00:00 sign_in person=P-ADMIN\r\x1b[2J\u2028end"


def test_nothing_that_was_sent_makes_a_line_of_its_own() -> None:
    """Neither a value nor the message of a fault forges a line or reaches the terminal raw."""
    stream = StringIO()
    log = make_logger(style="text", stream=stream)
    log.warning("refused", path=FORGED)
    try:
        raise ValueError(FORGED)
    except ValueError:
        log.exception("web request failed")
    text = stream.getvalue()
    assert "\x1b" not in text
    assert "\r" not in text
    own = [line for line in text.split("\n") if re.match(r"\d\d:\d\d:\d\d ", line)]
    assert [line.split(" ", 1)[1].split("=")[0].strip() for line in own] == [
        "WARNING refused path", "ERROR web request failed",
    ]  # fmt: skip
