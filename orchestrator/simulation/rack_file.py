"""Reads a rack file: TOML that describes every board of a rack and what is wrong with it.

All mistakes are reported at once, each with its place, what is allowed and the key that was
probably meant. The tables of keys below are the language; `docs/reference/rack-file.md` explains
them.
"""

import difflib
import re
import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from orchestrator.domain.errors import ConfigurationMistakes
from orchestrator.systems.azure_sphere_device.endpoints import DEVICE_ENDPOINTS
from orchestrator.systems.azure_sphere_device.simulator import BoardSpec, Fault, LeftoverImage
from orchestrator.systems.azure_sphere_device.simulator.spec import slot_path

_GUID = r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"
MOST_BOARDS = 1000
_COMPLAIN = Callable[[str, str], None]


@dataclass(frozen=True, slots=True)
class Key:
    """What a key of the rack file may hold: a check, and the words that say what is allowed."""

    allowed: str
    accepts: Callable[[Any], bool]


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _whole(low: int = 0, high: int | None = None) -> Key:
    words = f"a whole number from {low}" + (f" to {high}" if high is not None else " upward")
    return Key(
        words,
        lambda value: (
            isinstance(value, int)
            and not isinstance(value, bool)
            and low <= value
            and (high is None or value <= high)
        ),
    )


def _text(pattern: str, words: str) -> Key:
    compiled = re.compile(pattern)
    return Key(words, lambda v: isinstance(v, str) and compiled.fullmatch(v) is not None)


def _one_of(*values: str) -> Key:
    return Key("one of " + ", ".join(values), lambda value: value in values)


def _list_of(one: Key, words: str) -> Key:
    return Key(words, lambda v: isinstance(v, list) and all(one.accepts(item) for item in v))


_FLAG = Key("true or false", lambda value: isinstance(value, bool))
_SECONDS = Key("seconds, 0 or more", lambda value: _is_number(value) and 0 <= value < 1e9)
_FRACTION = Key("a number from 0 to 1", lambda value: _is_number(value) and 0 <= value <= 1)
_SIZE = _whole()
_VERSION = _text(r"\d+\.\d+(\.\d+)?", "a version such as 22.11 or 4.6.0")
_CALLS = tuple(row.name for row in DEVICE_ENDPOINTS)

FAULT_KEYS: dict[str, Key] = {
    "kind": _one_of("busy", "refuse", "drop", "lost_answer", "reboot", "hang", "garbage", "slow"),
    "calls": _list_of(_one_of(*_CALLS), "a list of calls: " + ", ".join(_CALLS)),
    "skip": _whole(),
    "times": _whole(),
    "at": _FRACTION,
    "seconds": _SECONDS,
    "status": _whole(400, 599),
    "error": _whole(),
}

IMAGE_KEYS: dict[str, Key] = {
    "name": _text(r".{1,31}", "a name of 1 to 31 characters"),
    "component_id": _text(_GUID, "a GUID"),
    "image_id": _text(_GUID, "a GUID"),
    "size_bytes": _SIZE,
}

BOARD_KEYS: dict[str, Key] = {
    "device_id": _text(r"[0-9a-fA-F]{128}", "128 hexadecimal characters"),
    "os_version": _VERSION,
    "api_version": _VERSION,
    "security_state": _one_of("TEST", "BLANK", "SECURE", "EOL", "UNKNOWN"),
    "manufacturing_state": _one_of("Blank", "Module1Complete", "DeviceComplete", "Unknown"),
    "capabilities": _list_of(_whole(1, 255), "a list of whole numbers, for instance [11]"),
    "wifi_networks": _list_of(_text(r".{1,32}", ""), "a list of names of 1 to 32 characters"),
    "wifi_up": _FLAG,
    "uptime_seconds": _SECONDS,
    "boot_seconds": _SECONDS,
    "restart_delay_seconds": _SECONDS,
    "answer_seconds": _SECONDS,
    "install_seconds": _SECONDS,
    "link_bytes_per_second": _SIZE,
    "component_limit_bytes": _SIZE,
    "application_flash_bytes": _SIZE,
    "update_seconds": _SECONDS,
    "unreachable": _FLAG,
    "untrusted_certificate": _FLAG,
    "listed_while_restarting": _FLAG,
    "attach_after_seconds": _SECONDS,
    "detach_after_seconds": _SECONDS,
    "direct_device_complete": _FLAG,
    "app_control_needs_capability": _FLAG,
}
"""The plain keys of a board, which `[rack]` may hold as well, as defaults for all boards."""

_RACK_ONLY: dict[str, Key] = {"boards": _whole(1, MOST_BOARDS), "seed": _whole()}
_BOARD_ONLY: dict[str, Key] = {"slot": _text(r"\d{1,16}", "a USB path of 1 to 16 digits")}
_TABLES = ("images", "staged", "faults")


def load_rack_file(
    path: Path, *, boards: int | None = None, seed: int | None = None
) -> tuple[BoardSpec, ...]:
    """Return the boards that `path` describes.

    `boards` and `seed` win over the file's `[rack]`; a rack larger than the described boards is
    filled up with boards that have the defaults. Raises ConfigurationMistakes with everything
    that is wrong.
    """
    try:
        text = path.read_text(encoding="utf-8")
        document = tomllib.loads(text)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise ConfigurationMistakes(
            f"the rack file cannot be read: {reason}",
            remedy="Write it as described in docs/reference/rack-file.md",
            where={"file": str(path)},
        ) from error
    return read_rack(document, str(path), boards=boards, seed=seed)


def read_rack(
    document: Mapping[str, Any], file: str, *, boards: int | None = None, seed: int | None = None
) -> tuple[BoardSpec, ...]:
    """Return the boards of a parsed rack file. Raises ConfigurationMistakes."""
    mistakes: list[str] = []

    def complain(place: str, what: str) -> None:
        mistakes.append(f"{file}: {place}: {what}")

    _check_names(document, ("rack", "board"), "the file", complain)
    rack = _table(document.get("rack", {}), "rack", complain)
    listed = _tables(document.get("board", []), "board", complain)
    _check(rack, {**BOARD_KEYS, **_RACK_ONLY}, "rack", complain)
    for number, board in enumerate(listed, 1):
        _check(board, {**BOARD_KEYS, **_BOARD_ONLY}, f"board {number}", complain)
    _check_slots(listed, complain)
    if mistakes:
        raise ConfigurationMistakes(
            "\n".join(mistakes),
            remedy="Correct the rack file; docs/reference/rack-file.md explains every key",
        )
    count = boards or rack.get("boards") or len(listed) or 1
    return _specs(rack, listed, max(count, len(listed)), rack.get("seed", 0), seed)


def _specs(
    rack: Mapping[str, Any],
    listed: Sequence[Mapping[str, Any]],
    count: int,
    file_seed: int,
    seed: int | None,
) -> tuple[BoardSpec, ...]:
    taken = {board["slot"] for board in listed if "slot" in board}
    free = iter(path for path in map(slot_path, range(count + len(taken))) if path not in taken)
    specs = []
    for index in range(count):
        board = listed[index] if index < len(listed) else {}
        values = {**rack, **board}
        own = {name: _value(values[name]) for name in BOARD_KEYS if name in values}
        specs.append(
            BoardSpec(
                slot_path=board["slot"] if "slot" in board else next(free),
                seed=file_seed if seed is None else seed,
                images=tuple(LeftoverImage(**image) for image in values.get("images", ())),
                staged=tuple(LeftoverImage(**image) for image in values.get("staged", ())),
                faults=tuple(_fault(fault) for fault in values.get("faults", ())),
                **own,
            )
        )
    return tuple(specs)


def _value(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


def _fault(table: Mapping[str, Any]) -> Fault:
    return Fault(**{name: _value(value) for name, value in table.items()})


def _check(table: Mapping[str, Any], keys: Mapping[str, Key], place: str, tell: _COMPLAIN) -> None:
    """Check the plain keys of `table` and its lists of images and faults."""
    _check_names(table, (*keys, *_TABLES), place, tell)
    _check_values(table, keys, place, tell)
    for kind in ("images", "staged"):
        for number, image in enumerate(_tables(table.get(kind, []), f"{place}.{kind}", tell), 1):
            where = f"{place}.{kind} {number}"
            _check_names(image, tuple(IMAGE_KEYS), where, tell)
            _check_values(image, IMAGE_KEYS, where, tell)
            for name in ("name", "component_id", "image_id"):
                if name not in image:
                    tell(where, f"{name} is missing; it must be {IMAGE_KEYS[name].allowed}")
    for number, fault in enumerate(_tables(table.get("faults", []), f"{place}.faults", tell), 1):
        where = f"{place}.faults {number}"
        _check_names(fault, tuple(FAULT_KEYS), where, tell)
        _check_values(fault, FAULT_KEYS, where, tell)
        if "kind" not in fault:
            tell(where, f"kind is missing; it must be {FAULT_KEYS['kind'].allowed}")


def _check_names(
    table: Mapping[str, Any], known: Sequence[str], place: str, tell: _COMPLAIN
) -> None:
    for name in table:
        if name not in known:
            close = difflib.get_close_matches(name, known, n=1)
            hint = f"did you mean {close[0]}?" if close else f"known are {', '.join(known)}"
            tell(place, f"unknown key {name}; {hint}")


def _check_values(
    table: Mapping[str, Any], keys: Mapping[str, Key], place: str, tell: _COMPLAIN
) -> None:
    for name, value in table.items():
        key = keys.get(name)
        if key is not None and not key.accepts(value):
            tell(f"{place}.{name}", f"{_shown(value)} is not allowed; it must be {key.allowed}")


def _check_slots(listed: Sequence[Mapping[str, Any]], tell: _COMPLAIN) -> None:
    first: dict[Any, int] = {}
    for number, board in enumerate(listed, 1):
        slot = board.get("slot")
        if slot is not None and first.setdefault(slot, number) != number:
            tell(f"board {number}.slot", f"{_shown(slot)} is the slot of board {first[slot]}")


def _table(value: Any, place: str, tell: _COMPLAIN) -> Mapping[str, Any]:
    if isinstance(value, dict):
        return value
    tell(place, f"must be a table, written [{place}]")
    return {}


def _tables(value: Any, place: str, tell: _COMPLAIN) -> list[Mapping[str, Any]]:
    if isinstance(value, list) and all(isinstance(item, dict) for item in value):
        return value
    tell(place, "must be a list of tables")
    return []


def _shown(value: Any) -> str:
    text = repr(value) if isinstance(value, str) else str(value)
    return text if len(text) <= 60 else text[:57] + "..."
