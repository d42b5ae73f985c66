"""Reads `station.toml` with its environment overrides and reports every mistake at once.

A mistake names the file and line (or the environment variable), the key, what was given and what
is allowed there. Paths come back absolute, seen from the folder of the settings file.
"""

import difflib
import os
import re
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import takewhile
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails
from pydantic_settings import SettingsError

from orchestrator.domain.errors import ConfigurationMistakes
from orchestrator.station.settings import ENV_DELIMITER, ENV_PREFIX, EvidenceSettings, Settings
from orchestrator.station.settings_base import SecretReference

Location = tuple[str | int, ...]
S = TypeVar("S", bound=EvidenceSettings)
_FILE_CAP_BYTES = 1 << 20
_TABLE = re.compile(r"^\s*\[\[?\s*([^\]]+?)\s*\]\]?")
_KEY = re.compile(r"^\s*([A-Za-z0-9_.\"'-]+)\s*=")


@dataclass(frozen=True, slots=True)
class SettingMistake:
    """One wrong key or value. `place` is `FILE:LINE` or the environment variable."""

    place: str
    text: str
    notes: tuple[str, ...] = ()

    def render(self) -> str:
        """Write the mistake as people read it."""
        lines = [f"error: {self.text}", f"  --> {self.place}"]
        return "\n".join([*lines, *(f"   = {note}" for note in self.notes)])


def load_settings(path: Path) -> Settings:
    """Return the settings of a station in `path` after environment overrides.

    Raises ConfigurationMistakes that list all mistakes, with what is allowed in their place.
    """
    return read_settings(path, Settings)


def read_settings(path: Path, kind: type[S]) -> S:
    """Return the settings in `path` after environment overrides; `kind` is who reads them.

    Raises ConfigurationMistakes that list all mistakes, with what is allowed in their place.
    """
    text, data = _read(path)
    strays = _stray_variables()
    try:
        settings = kind(**data)
    except ValidationError as mistakes:
        found = dict.fromkeys(_explain(detail, path, text) for detail in mistakes.errors())
        raise _report(path, [*sorted(found, key=_by_line), *strays]) from None
    except SettingsError as mistake:
        stray = SettingMistake("the environment", str(mistake), ("lists are written as JSON",))
        raise _report(path, [stray, *strays]) from None
    if strays:
        raise _report(path, strays)
    found_at: S = _absolute(settings, path.resolve().parent)
    return found_at


def _read(path: Path) -> tuple[str, dict[str, Any]]:
    try:
        content = path.read_bytes()
    except OSError as refusal:
        raise ConfigurationMistakes(
            f"the settings file {path} cannot be read: {refusal.strerror}",
            remedy="Name an existing file; config/station.example.toml shows all keys",
        ) from None
    if len(content) > _FILE_CAP_BYTES:
        raise ConfigurationMistakes(
            f"the settings file {path} has {len(content)} bytes, the limit is {_FILE_CAP_BYTES}",
            remedy="Name a settings file",
        )
    try:
        text = content.decode("utf-8")
        return text, tomllib.loads(text, parse_float=Decimal)
    except (UnicodeDecodeError, tomllib.TOMLDecodeError, RecursionError) as fault:
        raise ConfigurationMistakes(
            f"the settings file {path} is no TOML: {fault}",
            remedy="Correct the place named above. Nothing was started",
        ) from None


def _report(path: Path, mistakes: Sequence[SettingMistake]) -> ConfigurationMistakes:
    count = f"{len(mistakes)} mistake" + ("s" if len(mistakes) > 1 else "")
    blocks = "\n\n".join(mistake.render() for mistake in mistakes)
    return ConfigurationMistakes(
        f"the settings in {path} have {count}\n\n{blocks}",
        remedy=f"{count}. Nothing was started",
    )


def _by_line(mistake: SettingMistake) -> int:
    line = mistake.place.rpartition(":")[2]
    return int(line) if line.isdigit() else 0


def _stray_variables() -> list[SettingMistake]:
    """Find variables that look like overrides but name no section."""
    sections = sorted(Settings.model_fields)
    strays = []
    for name in sorted(os.environ):
        head, delimiter, _ = name.upper().removeprefix(ENV_PREFIX).partition(ENV_DELIMITER)
        if name.upper().startswith(ENV_PREFIX) and delimiter and head.lower() not in sections:
            notes = (*_suggestion(head.lower(), sections), "sections: " + ", ".join(sections))
            strays.append(
                SettingMistake(f"environment variable {name}", f"no section `{head}`", notes)
            )
    return strays


def _suggestion(given: str, allowed: Sequence[str]) -> tuple[str, ...]:
    close = difflib.get_close_matches(given, allowed, n=1)
    return (f"did you mean `{close[0]}`?",) if close else ()


def _explain(detail: ErrorDetails, path: Path, text: str) -> SettingMistake:
    location = detail["loc"]
    if location[:1] == ("secrets",):
        location = location[:3]
    elif location[:1] == ("inputs",):
        location = location[:2]
    place = _variable(location) or f"{path}:{_line(location, text)}"
    key = dotted(location)
    if detail["type"] == "extra_forbidden":
        allowed = _keys_beside(location)
        notes = (
            *_suggestion(str(location[-1]), allowed),
            "allowed here: " + ", ".join(allowed),
        )
        return SettingMistake(place, f"unknown key `{key}`", notes)
    if detail["type"] == "missing":
        return SettingMistake(place, f"the key `{key}` is missing", _meaning(location))
    if location[:1] == ("secrets",) or _is_reference(location):
        return _explain_secret(place, key, detail)
    if location[:1] == ("inputs",):
        return SettingMistake(
            place, f"`{key}` is no value", ("allowed: text, a number, true or false",)
        )
    return SettingMistake(place, *_explain_value(key, location, detail))


def _explain_secret(place: str, key: str, detail: ErrorDetails) -> SettingMistake:
    # What was given may be the secret itself, so it is never repeated.
    how = 'write {file = "path"} or {env = "VARIABLE"}'
    if detail["type"] in {"model_type", "model_attributes_type"}:
        return SettingMistake(place, f"`{key}` must be a reference, never the secret", (how,))
    return SettingMistake(place, f"`{key}` is no reference to a secret", (_message(detail), how))


def _explain_value(
    key: str, location: Location, detail: ErrorDetails
) -> tuple[str, tuple[str, ...]]:
    notes: list[str] = []
    expected = (detail.get("ctx") or {}).get("expected")
    given = detail["input"]
    if detail["type"] in {"literal_error", "enum"} and expected:
        notes.append(f"allowed: {expected}")
        choices = re.findall(r"'([^']*)'", str(expected))
        notes[:0] = _suggestion(str(given), choices)
    else:
        notes.append(_message(detail))
    notes += _meaning(location)
    if isinstance(given, str | int | float | Decimal) and location:
        return f"`{key}` has the value {_shown(given)}", tuple(notes)
    if location:
        return f"`{key}` is wrong", tuple(notes)
    return _message(detail), ()


def _is_reference(location: Location) -> bool:
    """Say whether a reference to a secret stands there, or around it."""
    model: type[BaseModel] = Settings
    for part in location:
        info = model.model_fields.get(str(part))
        found = submodel(info.annotation) if info is not None else None
        if found is None:
            return False
        if found is SecretReference:
            return True
        model = found
    return False


def _message(detail: ErrorDetails) -> str:
    message = detail["msg"].removeprefix("Value error, ")
    return message.replace("Input should", "must").replace("should", "must")


def _shown(value: object) -> str:
    text = f'"{value}"' if isinstance(value, str) else str(value).lower()
    return text if len(text) <= 80 else text[:77] + "..."


def _meaning(location: Location) -> tuple[str, ...]:
    model: type[BaseModel] = Settings
    description = ""
    for part in location:
        if isinstance(part, int):
            continue
        info = model.model_fields.get(part)
        if info is None:
            return ()
        description = info.description or ""
        model = submodel(info.annotation) or model
    return (f"meaning: {description}",) if description else ()


def submodel(annotation: Any) -> type[BaseModel] | None:
    """Return the section model in an annotation (`X`, `list[X]`, `dict[str, X]`), if any."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    for part in getattr(annotation, "__args__", ()):
        found = submodel(part)
        if found is not None:
            return found
    return None


def _keys_beside(location: Location) -> list[str]:
    model: type[BaseModel] = Settings
    for part in location[:-1]:
        if isinstance(part, str) and part in model.model_fields:
            model = submodel(model.model_fields[part].annotation) or model
    return sorted(model.model_fields)


def dotted(location: Sequence[str | int]) -> str:
    """Write a place in the settings as people do: `slot[2].port`."""
    text = ""
    for part in location:
        text += f"[{part + 1}]" if isinstance(part, int) else f".{part}" if text else part
    return text


def _variable(location: Location) -> str:
    """Name the environment variable that this value came from, if one did."""
    names = {name.upper(): name for name in os.environ}
    parts = [str(part).upper() for part in location]
    for length in range(len(parts), 0, -1):
        name = ENV_PREFIX + ENV_DELIMITER.join(parts[:length])
        if name in names:
            return f"environment variable {names[name]}"
    return ""


def _line(location: Location, text: str) -> int:
    """Find the line of a key by reading tables and keys; the nearest table when it is missing."""
    wanted = [part for part in location if isinstance(part, str)]
    entry = next((part for part in location if isinstance(part, int)), 0)
    listed = [str(part) for part in takewhile(lambda part: isinstance(part, str), location)]
    table: list[str] = []
    best, depth, seen = 1, 0, -1
    for number, line in enumerate(text.splitlines(), start=1):
        header = _TABLE.match(line)
        key = None if header else _KEY.match(line)
        if header:
            table = _parts(header.group(1))
            seen += line.lstrip().startswith("[[") and table == listed
        found = [*table, *_parts(key.group(1))] if key else table
        if not (header or key) or found != wanted[: len(found)] or seen not in (-1, entry):
            continue
        if len(found) > depth:
            best, depth = number, len(found)
    return best


def _parts(name: str) -> list[str]:
    return [part.strip().strip("\"'") for part in name.split(".")]


def _absolute(value: Any, folder: Path) -> Any:
    """Return `value` with every path in it, at any depth, seen from `folder`."""
    if isinstance(value, Path):
        return folder / value.expanduser()
    if isinstance(value, BaseModel):
        update = {
            name: _absolute(getattr(value, name), folder) for name in type(value).model_fields
        }
        return value.model_copy(update=update)
    if isinstance(value, list):
        return [_absolute(one, folder) for one in value]
    if isinstance(value, dict):
        return {name: _absolute(one, folder) for name, one in value.items()}
    return value
