"""Makes the reference page of all settings from the models themselves."""

from decimal import Decimal
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from orchestrator.station.settings import ENV_DELIMITER, ENV_PREFIX, Settings
from orchestrator.station.settings_base import SecretReference
from orchestrator.station.settings_file import submodel

_HEAD = """\
# Settings of a station

One TOML file, by custom `station.toml`; `config/station.example.toml` shows every key. Paths are
seen from the folder of the file. Every key can be overridden from the environment: the section and
the key in upper case, joined by two underscores, for instance `ORCHESTRATOR_STATION__NAME=line-2`;
lists are written as JSON. Unknown keys are mistakes. `orchestrator station check --config FILE`
tells all of them at once. Made by `orchestrator station settings`.
"""


def reference() -> str:
    """Return the page as Markdown."""
    blocks = [_HEAD]
    for name, info in Settings.model_fields.items():
        blocks += _section(name, info.annotation, info)
    return "\n".join(blocks).rstrip("\n") + "\n"


def _section(path: str, annotation: Any, info: FieldInfo) -> list[str]:
    model = submodel(annotation)
    origin = get_origin(annotation)
    heading = f"## [[{path}]]" if origin is list else f"## [{path}]"
    if model is None or origin is dict:
        text = info.description or ""
        variable = f"Variable `{_variable(path, 'NAME')}`."
        keys = f"Each value is a table: {_inline(model)}" if model is not None else ""
        return [heading, "", "\n".join(line for line in (text, keys, variable) if line), ""]
    inner: list[str] = []
    rows = []
    for name, field in model.model_fields.items():
        below = submodel(field.annotation)
        if below is not None:
            inner += _section(f"{path}.{name}", field.annotation, field)
        else:
            rows.append(f"| `{name}` | {_kind(field)} | {_default(field)} | {field.description} |")
    if not rows:
        return inner
    table = ["| key | value | default | meaning |", "|---|---|---|---|", *rows]
    about = (model.__doc__ or "").strip()
    if model is SecretReference and info.description:
        about = f"{info.description} {about}"
    return [heading, "", about, "", *table, "", *inner]


def _variable(*parts: str) -> str:
    return ENV_PREFIX + ENV_DELIMITER.join(parts).upper().replace(".", ENV_DELIMITER)


def _inline(model: type[BaseModel]) -> str:
    keys = (f"`{name}`: {field.description}" for name, field in model.model_fields.items())
    return " ".join(keys)


def _kind(field: FieldInfo) -> str:
    annotation = field.annotation
    if get_origin(annotation) is Literal:
        return ", ".join(f"`{choice}`" for choice in get_args(annotation))
    if get_origin(annotation) is dict:
        return "table of texts"
    if get_origin(annotation) is list:
        (item,) = get_args(annotation)
        if get_origin(item) is tuple:
            return "list of pairs"
        return "list of paths" if item is Path else "list of texts"
    kinds = [part for part in (get_args(annotation) or (annotation,)) if part is not type(None)]
    word = {str: "text", int: "whole number", float: "number", bool: "true, false", Path: "path"}
    word[Decimal] = "number"
    bounds = [
        f"{sign} {limit}"
        for part in field.metadata
        for sign, limit in (("≥", getattr(part, "ge", None)), ("≤", getattr(part, "le", None)))
        if limit is not None
    ]
    return ", ".join([word[kinds[0]], *bounds])


def _default(field: FieldInfo) -> str:
    if field.default is PydanticUndefined:
        return "required"
    if field.default in (None, "", {}):
        return "none"
    if isinstance(field.default, bool):
        return f"`{str(field.default).lower()}`"
    if isinstance(field.default, Path):
        return f"`{field.default.as_posix()}`"
    return f"`{field.default}`"
