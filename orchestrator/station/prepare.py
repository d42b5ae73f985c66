"""Makes the recipes of a station ready: checks them and joins them with its inputs and secrets.

Whatever is wrong with them is known before the first board is touched, all of it at once.
"""

import difflib
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from decimal import Decimal, InvalidOperation
from pathlib import Path

from orchestrator.domain.errors import ConfigurationMistakes, RecipeMistakes
from orchestrator.engine.step import Secret
from orchestrator.recipe.check import load_plan
from orchestrator.recipe.plan import Input, Plan, Reference, Scalar
from orchestrator.recipe.signature import Catalogue
from orchestrator.station.codes import taken_for
from orchestrator.station.recipes import ReadyRecipe, RecipeShelf
from orchestrator.station.settings import Settings
from orchestrator.station.settings_base import SecretReference
from orchestrator.station.settings_floor import ScannerSection

SCAN_STEP = "operator.scan"
"""The step that has a person scan a code of the form `pattern`."""

Inspect = Callable[[bytes], Mapping[str, str]]
_SECRET_CAP_BYTES = 64 << 10


Pins = Mapping[tuple[str, str], str]
"""What a parameter must be on this station, by the step's name and the parameter's."""


def prepare_recipes(
    settings: Settings,
    catalogue: Catalogue,
    inspect: Inspect | None = None,
    pins: Pins | None = None,
) -> RecipeShelf:
    """Check all recipes of the settings and join them with inputs and secrets.

    A recipe that gives a pinned parameter another value than the station's is refused. Raises
    RecipeMistakes for the recipes, ConfigurationMistakes for what they are given.
    """
    plans = _load_all(settings.recipes.files, catalogue, inspect)
    mistakes = _unknown_names(settings, plans)
    prepared = []
    for plan in plans:
        inputs = _inputs(plan, settings.inputs, mistakes)
        mistakes += _broken_pins(plan, inputs, pins or {})
        mistakes += _never_read(plan, settings.scanner)
        mistakes += _never_known(plan, settings.unit.serial_number.rule)
        prepared.append(ReadyRecipe(plan, inputs, _secrets(plan, settings.secrets, mistakes)))
    if mistakes:
        unique = list(dict.fromkeys(mistakes))
        raise ConfigurationMistakes(
            "\n".join(["what the settings give to the recipes is wrong", *unique]),
            remedy=f"{len(unique)} mistake(s). Nothing was started",
        )
    return RecipeShelf(prepared, settings.station.operation)


def _load_all(files: Sequence[Path], catalogue: Catalogue, inspect: Inspect | None) -> list[Plan]:
    plans: list[Plan] = []
    texts = []
    for file in files:
        if not file.is_file():
            raise ConfigurationMistakes(
                f"`recipes.files` names {file}, which is no file",
                remedy="Correct the path; it is seen from the folder of the settings file",
            )
        try:
            plans.append(load_plan(file, catalogue, inspect))
        except RecipeMistakes as mistakes:
            texts.append(mistakes.what)
    if texts:
        raise RecipeMistakes("\n\n".join(texts), remedy="Correct the recipe. Nothing was started")
    return plans


def _unknown_names(settings: Settings, plans: Sequence[Plan]) -> list[str]:
    mistakes = []
    for section, given, known in (
        ("inputs", settings.inputs, sorted({name for plan in plans for name in plan.inputs})),
        ("secrets", settings.secrets, sorted({name for plan in plans for name in plan.secrets})),
    ):
        for name in given:
            if name not in known:
                close = difflib.get_close_matches(name, known, n=1)
                hint = f"did you mean `{close[0]}`?" if close else ""
                offered = f"declared: {', '.join(known) or 'none'}"
                text = f"`{section}.{name}`: no recipe declares it; {hint or offered}"
                mistakes.append(text)
    return mistakes


def _inputs(plan: Plan, given: Mapping[str, Scalar], mistakes: list[str]) -> dict[str, Scalar]:
    values: dict[str, Scalar] = {}
    for name, declared in plan.inputs.items():
        value = given.get(name, declared.default)
        if value is None:
            what = f": {declared.description}" if declared.description else ""
            mistakes.append(f"`inputs.{name}` is missing; recipe {plan.name} needs it{what}")
            continue
        typed = _typed(value, declared)
        if typed is None:
            wanted = ", ".join(declared.choices) if declared.choices else _KIND_WORDS[declared.kind]
            mistakes.append(f"`inputs.{name}` has the value {_shown(value)}; allowed: {wanted}")
        else:
            values[name] = typed
    return values


def _broken_pins(plan: Plan, inputs: Mapping[str, Scalar], pins: Pins) -> Iterator[str]:
    """Name every step of `plan` that asks for something else than what the station is set to."""
    for step in plan.steps():
        for (uses, name), pinned in pins.items():
            if step.uses != uses or name not in step.arguments:
                continue
            given = step.arguments[name]
            if isinstance(given, Reference):
                given = inputs.get(given.path.removeprefix("inputs."), "")
            if str(given).lower() != pinned.lower():
                yield (
                    f"recipe {plan.name}, step {step.id}: `{name}` is {_shown(str(given))}, and"
                    f' this station is set to "{pinned}"'
                )


def _never_read(plan: Plan, scanner: ScannerSection) -> Iterator[str]:
    """Name every step of `plan` that asks for a code which the scanner takes for something else."""
    for step in plan.steps():
        wanted = step.arguments.get("pattern")
        if step.uses != SCAN_STEP or not isinstance(wanted, str) or not wanted:
            continue
        for kind, example in taken_for(scanner, wanted):
            yield (
                f"recipe {plan.name}, step {step.id}: a code that it asks for could be a"
                f" {kind} of `[scanner]`, for instance {example!r}; nobody could scan it"
            )


def _never_known(plan: Plan, rule: str) -> Iterator[str]:
    """Name every step of `plan` that needs serial numbers on a station whose units have none."""
    serial = Reference("unit.serial_number")
    for step in plan.steps():
        given = step.arguments.values()
        needed = any(serial in (one if isinstance(one, tuple) else (one,)) for one in given)
        if needed and rule == "none":
            yield (
                f"recipe {plan.name}, step {step.id}: it needs `unit.serial_number`, and"
                " `unit.serial_number.rule` gives the units none"
            )


def _shown(value: Scalar) -> str:
    return f'"{value}"' if isinstance(value, str) else str(value).lower()


_KIND_WORDS = {
    "text": "text in quotes",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "choice": "one of the choices of the recipe",
}


def _typed(value: Scalar, declared: Input) -> Scalar | None:
    """Return `value` as the recipe wants it, None when it cannot be; texts come from variables."""
    if declared.kind == "boolean":
        words = {"true": True, "false": False}
        return value if isinstance(value, bool) else words.get(str(value).lower())
    if isinstance(value, bool):
        return None
    if declared.kind in ("text", "choice"):
        fits = isinstance(value, str) and (not declared.choices or value in declared.choices)
        return value if fits else None
    return _number(value, whole=declared.kind == "integer")


def _number(value: str | int | Decimal, *, whole: bool) -> int | Decimal | None:
    try:
        number = Decimal(value)
    except InvalidOperation:
        return None
    if not number.is_finite() or (whole and number != number.to_integral_value()):
        return None
    return int(number) if whole else number


def _secrets(
    plan: Plan, references: Mapping[str, SecretReference], mistakes: list[str]
) -> dict[str, Secret]:
    found: dict[str, Secret] = {}
    for name in plan.secrets:
        reference = references.get(name)
        if reference is None:
            mistakes.append(
                f"`secrets.{name}` is missing; recipe {plan.name} needs it; "
                'write {file = "path"} or {env = "VARIABLE"}'
            )
            continue
        value = secret_value(reference)
        if value:
            found[name] = Secret(name, value)
        else:
            source = f"file {reference.file}" if reference.file else f"variable {reference.env}"
            mistakes.append(f"`secrets.{name}`: {source} holds nothing readable")
    return found


def secret_value(reference: SecretReference) -> str:
    """Return the secret that `reference` points to, empty when there is nothing readable."""
    if reference.env is not None:
        return os.environ.get(reference.env, "")
    if reference.file is None:
        return ""
    try:
        with reference.file.open("rb") as file:
            content = file.read(_SECRET_CAP_BYTES + 1)
        if len(content) > _SECRET_CAP_BYTES:
            return ""
        return content.decode("utf-8").removesuffix("\n").removesuffix("\r")
    except (OSError, UnicodeDecodeError):
        return ""
