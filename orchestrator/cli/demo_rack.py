"""The boards of the demo: good ones, and one of each kind of bad one.

The demo writes them as a rack file into its data folder, where a person can read, change and run
them again with `orchestrator simulate rack --rack FILE`.
"""

from typing import NamedTuple

FULL_SPEED = 80_000
"""Bytes per second of a real board's link."""


class BadBoard(NamedTuple):
    """A fault, its rack-file keys, and the sentence that explains it to a person."""

    sentence: str
    keys: str


BAD_BOARDS: tuple[BadBoard, ...] = (
    BadBoard("runs another OS version than the recipe allows", 'os_version = "22.09"'),
    BadBoard("is DeviceComplete already", 'manufacturing_state = "DeviceComplete"'),
    BadBoard("carries a Wi-Fi network left behind", 'wifi_networks = ["bench-3"]'),
    BadBoard("carries a development capability left behind", "capabilities = [11]"),
    BadBoard(
        "carries a foreign application that it refuses to give up",
        'images = [{ name = "rf-test", component_id = "508eddf2-b8c3-4a99-93d9-a045d9a060eb", '
        'image_id = "1f0c4e5a-52d6-4c54-9a0f-0a7c1a1f6b11" }]\n'
        'faults = [{ kind = "refuse", calls = ["delete_image"], status = 403, error = 7340069 }]',
    ),
    BadBoard("does not answer at all", "unreachable = true"),
    BadBoard("proves itself with somebody else's certificate", "untrusted_certificate = true"),
    BadBoard("answers garbage", 'faults = [{ kind = "garbage", calls = ["get_os_version"] }]'),
    BadBoard(
        "stops answering", 'faults = [{ kind = "hang", calls = ["get_device_capabilities"] }]'
    ),
    BadBoard("stays busy", 'faults = [{ kind = "busy", calls = ["get_images"], times = 99 }]'),
    BadBoard(
        "drops the link while it is being loaded",
        'faults = [{ kind = "drop", calls = ["stage_image"], at = 0.5 }]',
    ),
    BadBoard(
        "restarts while it is being loaded",
        'faults = [{ kind = "reboot", calls = ["stage_image"], at = 0.5 }]',
    ),
    BadBoard("has a link that is far too slow", "link_bytes_per_second = 9000"),
)


FOREIGN_BOARD = BadBoard("is claimed by another tenant already, which its line cannot see", "")
"""The last of the bad boards of a full line: good in itself, and not to be claimed."""


def bad_among(boards: int) -> int:
    """Return how many of so many boards are bad: each kind once, if a fifth can stay good."""
    return min(len(BAD_BOARDS), max(1, boards - max(1, boards // 5)))


def rack_text(boards: int, *, faults: bool, foreign: bool = False) -> str:
    """Return the rack file of a demo with so many boards.

    With `foreign` the last bad one is good in itself: whoever runs the cloud makes it somebody's.
    """
    bad_ones = list(BAD_BOARDS[: bad_among(boards)]) if faults else []
    if bad_ones and foreign:
        bad_ones[-1] = FOREIGN_BOARD
    lines = [
        "# The boards of this demo. Run them again with",
        "#     orchestrator simulate rack --rack FILE",
        "",
        "[rack]",
        f"boards = {boards}",
        f"link_bytes_per_second = {FULL_SPEED}",
        "answer_seconds = 0.01",
    ]
    for bad in bad_ones:
        lines += ["", f"# This board {bad.sentence}.", "[[board]]", *bad.keys.splitlines()]
    return "\n".join(lines) + "\n"
