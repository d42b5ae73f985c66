"""How the language sees a step: its name, parameters, measurements and nature, as plain data.

The engine makes a `StepSignature` from each registered function; a shipped catalogue holds the
same as JSON, so that a recipe is checked without importing what the steps need.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

ParameterKind = Literal[
    "text",
    "integer",
    "number",
    "boolean",
    "duration",
    "size",
    "choice",
    "list",
    "artifact",
    "secret",
]
"""`duration` is seconds (Decimal) after typing, `size` bytes (int), `number` a Decimal, `artifact`
and `secret` the name of one that the recipe declares."""


@dataclass(frozen=True, slots=True)
class ParameterSignature:
    """One parameter of a step.

    `choices` belongs to kind choice (also as the items of a list), `item` to kind list: the kind
    of its items. A parameter without `required` may be left out.
    """

    name: str
    kind: ParameterKind
    summary: str
    required: bool = True
    default: str | None = None
    choices: tuple[str, ...] = ()
    item: ParameterKind | None = None


@dataclass(frozen=True, slots=True)
class MeasurementSignature:
    """One value that a step can measure, with the unit of measure it comes in.

    `{uom}` is the unit that the recipe gives as the parameter `uom`; see `uom_of`.
    """

    name: str
    summary: str
    kind: Literal["number", "text", "boolean"] = "number"
    uom: str = ""


@dataclass(frozen=True, slots=True)
class StepSignature:
    """One step that a recipe may use.

    `needs` are the names of the client types it works on; `irreversible` steps run once and take
    no retry; `timeout_seconds` is its default time limit.
    """

    name: str
    summary: str
    parameters: tuple[ParameterSignature, ...] = ()
    measurements: tuple[MeasurementSignature, ...] = ()
    needs: tuple[str, ...] = ()
    irreversible: bool = False
    timeout_seconds: int = 30


Catalogue = Mapping[str, StepSignature]


def names_parameter(uom: str) -> bool:
    """Say whether a unit is given by a parameter: `{uom}`."""
    return uom.startswith("{") and uom.endswith("}")


def uom_of(measurement: MeasurementSignature, arguments: Mapping[str, object]) -> str:
    """Return the unit that `measurement` comes in when the step has these arguments."""
    if not names_parameter(measurement.uom):
        return measurement.uom
    given = arguments.get(measurement.uom[1:-1])
    return given if isinstance(given, str) else ""
