"""Reads what a step function says of itself: the clients it needs and the recipe's parameters.

Runs once per step, when the module that defines it is imported. A step that is written wrongly is
a `TypeError` there, so no test run can miss it. What the values become at run time is the business
of `prepare`.
"""

import inspect
import re
import types
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Literal, NewType, Union, get_args, get_origin, get_type_hints

from orchestrator.domain.measurement import as_text
from orchestrator.recipe.plan import Artifact
from orchestrator.recipe.signature import ParameterKind, ParameterSignature

Duration = NewType("Duration", Decimal)
"""Seconds, written in a recipe as `30s`, `2min`, `500ms`, `1h`."""

ByteSize = NewType("ByteSize", int)
"""Bytes, written in a recipe as `512KiB`, `1MB`."""


@dataclass(frozen=True, slots=True, repr=False)
class Secret:
    """A secret by reference. Its repr never shows it; `reveal` is called at the last moment."""

    name: str
    _value: str

    def reveal(self) -> str:
        """Return the secret itself, for the request that needs it."""
        return self._value

    def __repr__(self) -> str:
        return f"Secret({self.name!r})"


_KINDS: Mapping[Any, ParameterKind] = types.MappingProxyType(
    {
        str: "text",
        int: "integer",
        Decimal: "number",
        bool: "boolean",
        Duration: "duration",
        ByteSize: "size",
        Artifact: "artifact",
        Secret: "secret",
    }
)
_ARGUMENT_LINE = re.compile(r"^(\w+)(?: \([^)]*\))?: +(\S.*)$")


def read_needs(function: Callable[..., Any]) -> dict[str, type[Any]]:
    """Return the client types of the positional parameters after the context, by name.

    Raises TypeError when the function is not an async one that takes a context first, or when a
    client has no type.
    """
    if not inspect.iscoroutinefunction(function):
        raise TypeError(f"step function {function.__qualname__} must be an async function")
    hints = get_type_hints(function)
    positional = [p for p in _parameters(function) if p.kind is p.POSITIONAL_OR_KEYWORD]
    if not positional:
        raise TypeError(f"step function {function.__qualname__} takes no context")
    needs = {p.name: hints.get(p.name) for p in positional[1:]}
    for name, hint in needs.items():
        if not isinstance(hint, type):
            raise TypeError(f"{function.__qualname__}: client `{name}` needs a class as its type")
    return {name: hint for name, hint in needs.items() if isinstance(hint, type)}


def read_parameters(function: Callable[..., Any]) -> tuple[ParameterSignature, ...]:
    """Return the keyword-only parameters as the language sees them.

    Raises TypeError for a type that no recipe can write and for a parameter without an `Args:`
    line in the docstring.
    """
    hints = get_type_hints(function)
    summaries = _argument_summaries(function)
    found = []
    for parameter in _parameters(function):
        if parameter.kind is parameter.KEYWORD_ONLY:
            if parameter.name not in summaries:
                raise TypeError(
                    f"{function.__qualname__}: no line for `{parameter.name}` under `Args:`"
                )
            found.append(
                _parameter(function, parameter, hints[parameter.name], summaries[parameter.name])
            )
    return tuple(found)


def _parameters(function: Callable[..., Any]) -> list[inspect.Parameter]:
    parameters = list(inspect.signature(function).parameters.values())
    for parameter in parameters:
        if parameter.kind not in {parameter.POSITIONAL_OR_KEYWORD, parameter.KEYWORD_ONLY}:
            raise TypeError(f"{function.__qualname__}: `{parameter}` has no place in a recipe")
    return parameters


def _parameter(
    function: Callable[..., Any], parameter: inspect.Parameter, hint: Any, summary: str
) -> ParameterSignature:
    bare, optional = _without_none(hint)
    item: ParameterKind | None = None
    choices: tuple[str, ...] = ()
    try:
        if get_origin(bare) is list:
            kind: ParameterKind = "list"
            item, choices = _scalar(get_args(bare)[0])
        else:
            kind, choices = _scalar(bare)
    except TypeError as error:
        raise TypeError(f"{function.__qualname__}: `{parameter.name}` {error}") from None
    has_default = parameter.default is not parameter.empty
    return ParameterSignature(
        name=parameter.name,
        kind=kind,
        summary=summary,
        required=not (has_default or optional),
        default=_written(parameter.default, kind) if has_default else None,
        choices=choices,
        item=item,
    )


def _without_none(hint: Any) -> tuple[Any, bool]:
    if get_origin(hint) not in {Union, types.UnionType}:
        return hint, False
    members = [member for member in get_args(hint) if member is not type(None)]
    return (members[0] if len(members) == 1 else hint), len(members) < len(get_args(hint))


def _scalar(hint: Any) -> tuple[ParameterKind, tuple[str, ...]]:
    if get_origin(hint) is Literal:
        choices = get_args(hint)
        if all(isinstance(choice, str) for choice in choices):
            return "choice", choices
    elif hint in _KINDS:
        return _KINDS[hint], ()
    raise TypeError(f"has the type {hint}, which no recipe can write")


def _written(default: object, kind: ParameterKind) -> str | None:
    """Write a default as a recipe would."""
    if default is None:
        return None
    if kind == "duration":
        return _written_duration(Decimal(str(default)))
    if kind == "size":
        return _written_size(int(str(default)))
    if isinstance(default, list | tuple):
        return f"[{', '.join(str(item) for item in default)}]"
    if isinstance(default, Decimal | int | str):
        return as_text(default)
    return str(default)


def _written_duration(seconds: Decimal) -> str:
    if seconds == seconds.to_integral_value():
        return f"{int(seconds)}s"
    return f"{format((seconds * 1000).normalize(), 'f')}ms"


def _written_size(size_bytes: int) -> str:
    for unit, scale in (("MiB", 1 << 20), ("KiB", 1 << 10)):
        if size_bytes and size_bytes % scale == 0:
            return f"{size_bytes // scale}{unit}"
    return f"{size_bytes}B"


def _argument_summaries(function: Callable[..., Any]) -> dict[str, str]:
    """Collect `name: text` under `Args:`; deeper lines continue the text above them."""
    lines = inspect.cleandoc(function.__doc__ or "").splitlines()
    summaries: dict[str, str] = {}
    if "Args:" not in lines:
        return summaries
    section = lines[lines.index("Args:") + 1 :]
    depth = min((_depth(line) for line in section[:1]), default=0)
    name = ""
    for line in section:
        if line.strip() and _depth(line) == 0:
            break
        match = _ARGUMENT_LINE.match(line.strip()) if _depth(line) == depth else None
        if match:
            name = match.group(1)
            summaries[name] = match.group(2)
        elif name and line.strip():
            summaries[name] += f" {line.strip()}"
    return summaries


def _depth(line: str) -> int:
    return len(line) - len(line.lstrip())
