"""What a recipe declares for its steps: inputs and secrets. Artifacts have their own file."""

from typing import get_args

from orchestrator.recipe.check import shape
from orchestrator.recipe.check.context import Check
from orchestrator.recipe.mistakes import did_you_mean
from orchestrator.recipe.nodes import Entry, Items, Table, Text, ticked
from orchestrator.recipe.plan import Input, InputKind, Scalar
from orchestrator.recipe.values import Misfit, typed

INPUT_KEYS = ("type", "default", "choices", "description", "from")
INPUT_KINDS: tuple[InputKind, ...] = get_args(InputKind)
SOURCES = ("settings", "scan", "station", "work_order")


def read_inputs(check: Check, root: Table) -> None:
    """Fill `check.inputs` from the recipe's `inputs`."""
    node = root.get("inputs")
    found = node and shape.table(check.report, node, "`inputs`")
    if not isinstance(found, Table):
        return
    for entry in found.entries:
        check.inputs_at[entry.key.value] = entry.key.place
        if shape.identifier(check.report, entry.key, "an input"):
            _read_input(check, entry)


def _read_input(check: Check, entry: Entry) -> None:
    report, name = check.report, entry.key.value
    what = f"input `{name}`"
    body = shape.table(report, entry.value, what, INPUT_KEYS, ("type",))
    if body is None:
        return
    kind = _word(check, body, "type", what, INPUT_KINDS) or "text"
    source = _word(check, body, "from", what, SOURCES) or "settings"
    told = body.get("description")
    description = (told and shape.text(report, told, f"the description of {what}", most=500)) or ""
    choices = _choices(check, body, entry.key, kind)
    default = _default(check, body, what, kind, choices)
    # mypy: both words were checked against the literals right above
    check.inputs[name] = Input(name, kind, description, default, choices, source)  # type: ignore[arg-type]


def _word(check: Check, body: Table, key: str, what: str, allowed: tuple[str, ...]) -> str | None:
    node = body.get(key)
    return shape.word(check.report, node, f"`{key}` of {what}", allowed) if node else None


def _choices(check: Check, body: Table, key: Text, kind: str) -> tuple[str, ...]:
    node = body.get("choices")
    if (node is not None) != (kind == "choice"):
        report_place = node.place if node else key.place
        check.report.error(
            "R057",
            report_place,
            f"input `{key.value}` is of type {kind} and has {'' if node else 'no '}`choices`",
            label="only type choice has them" if node else "list the words it may have",
            help="write `type: choice` together with `choices: [a, b]`",
        )
        return ()
    nodes = node and shape.items(check.report, node, f"`choices` of input `{key.value}`")
    if not nodes:
        if isinstance(node, Items):
            check.report.error("R057", node.place, "`choices` is empty", label="list the words")
        return ()
    words = [shape.text(check.report, each, "a choice") for each in nodes]
    for each, word in zip(nodes, words, strict=True):
        if word is not None and words.index(word) != nodes.index(each):
            check.report.error("R057", each.place, f"choice {ticked(word)} stands twice")
    return tuple(word for word in words if word is not None)


def _default(
    check: Check, body: Table, what: str, kind: str, choices: tuple[str, ...]
) -> Scalar | None:
    node = body.get("default")
    if node is None:
        return None
    value = shape.text(check.report, node, f"the default of {what}", most=2000, empty=True)
    if value is None:
        return None
    if kind == "choice":
        if value not in choices and choices:
            label, guess = did_you_mean(value, choices)
            check.report.error(
                "R057",
                node.place,
                f"the default of {what} is none of its choices",
                label=label,
                allowed=choices,
                replacement=guess,
            )
        return value
    # the kinds of inputs are kinds of parameters too
    found = typed(value, kind)  # type: ignore[arg-type]
    if isinstance(found, Misfit):
        shape.misfit(check.report, node.place, f"the default of {what}", found)
        return None
    return found


def read_secrets(check: Check, root: Table) -> None:
    """Fill `check.secrets_at` from the recipe's `secrets`: a list of names, or names with words."""
    node = root.get("secrets")
    if node is None:
        return
    if isinstance(node, Table):
        for entry in node.entries:
            shape.text(check.report, entry.value, f"the description of secret `{entry.key.value}`")
            _secret(check, entry.key)
        return
    for each in shape.items(check.report, node, "`secrets`") or ():
        if shape.text(check.report, each, "the name of a secret") and isinstance(each, Text):
            _secret(check, each)


def _secret(check: Check, key: Text) -> None:
    if key.value in check.secrets_at:
        check.report.error("R013", key.place, f"secret {ticked(key.value)} stands twice")
    elif shape.identifier(check.report, key, "a secret"):
        check.secrets_at[key.value] = key.place
