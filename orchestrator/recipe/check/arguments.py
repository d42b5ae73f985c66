"""The `with:` of a step, typed by its signature.

A value is text that fits the parameter's kind, or a reference as a whole scalar. Artifacts and
secrets are given by their bare declared name.
"""

from collections.abc import Iterable, Mapping

from orchestrator.recipe.check import shape
from orchestrator.recipe.check.context import UNIT_NAMES, Check
from orchestrator.recipe.mistakes import did_you_mean
from orchestrator.recipe.nodes import Items, Node, Place, Table, Text, refused, ticked
from orchestrator.recipe.plan import Argument, Input, Reference, Scalar
from orchestrator.recipe.references import looks_like_reference, reference_path
from orchestrator.recipe.signature import ParameterKind, ParameterSignature, StepSignature
from orchestrator.recipe.values import WORDS, Misfit, typed

MOST_CHARACTERS = 4000
_PLAIN_KINDS = ("text", "integer", "number", "boolean", "choice")


def read_arguments(
    check: Check, node: Node | None, signature: StepSignature, uses: Place
) -> Mapping[str, Argument]:
    """Return the arguments in `node`; report unknown, missing and wrong ones.

    `uses` is where a missing one is reported when there is no `with` at all.
    """
    known = {each.name: each for each in signature.parameters}
    found = node and shape.table(check.report, node, "`with`")
    entries = found.entries if isinstance(found, Table) else ()
    arguments: dict[str, Argument] = {}
    for entry in entries:
        parameter = known.get(entry.key.value)
        if parameter is None:
            _unknown(check, entry.key, signature, list(known))
            continue
        value = _argument(check, entry.value, parameter)
        if value is not None:
            arguments[entry.key.value] = value
    if node is None or isinstance(node, Table):
        written = {entry.key.value for entry in entries}
        place = entries[0].key.place if entries else uses
        _missing(check, signature, written, place)
    return arguments


def _unknown(check: Check, key: Text, signature: StepSignature, known: list[str]) -> None:
    label, guess = did_you_mean(key.value, known)
    check.report.error(
        "R024",
        key.place,
        f"step `{signature.name}` has no parameter {ticked(key.value)}",
        label=label or ("not a parameter" if known else "this step takes no parameters"),
        allowed=known,
        replacement=guess,
    )


def _missing(check: Check, signature: StepSignature, written: set[str], place: Place) -> None:
    for each in signature.parameters:
        if each.required and each.name not in written:
            check.report.error(
                "R025",
                place,
                f"step `{signature.name}` needs the parameter `{each.name}`",
                label=f"`{each.name}` is missing here",
                help=f"{each.name} ({_kind(each)}): {each.summary}" if each.summary else "",
            )


def _kind(parameter: ParameterSignature) -> str:
    if parameter.kind == "list":
        return f"list of {parameter.item}"
    return parameter.kind


def _argument(check: Check, node: Node, parameter: ParameterSignature) -> Argument | None:
    if refused(node):
        return None
    if parameter.kind != "list":
        return _one(check, node, parameter, parameter.kind)
    if not isinstance(node, Items):
        shown = f"[{node.value}]" if isinstance(node, Text) and node.value else None
        check.report.error(
            "R026",
            node.place,
            f"`{parameter.name}` must be a list",
            label=f"write `{shown}`" if shown else "write `- item` lines below it",
            replacement=shown,
        )
        return None
    item = parameter.item or "text"
    values = [_one(check, each, parameter, item) for each in node.nodes]
    return tuple(value for value in values if value is not None)


def _one(
    check: Check, node: Node, parameter: ParameterSignature, kind: ParameterKind
) -> Scalar | Reference | None:
    if refused(node):
        return None
    if not isinstance(node, Text):
        found = "a list" if isinstance(node, Items) else "a table of keys"
        check.report.error(
            "R026",
            node.place,
            f"`{parameter.name}` must be {WORDS[kind]}, found {found}",
            label="one value is expected here",
        )
        return None
    if kind == "artifact":
        return _declared(check, node, "artifacts", check.artifacts_at)
    if kind == "secret":
        return _declared(check, node, "secrets", check.secrets_at)
    if looks_like_reference(node.value):
        return _reference(check, node, parameter, kind)
    return _plain(check, node, parameter, kind)


def _plain(
    check: Check, node: Text, parameter: ParameterSignature, kind: ParameterKind
) -> Scalar | None:
    if kind == "choice":
        return shape.word(check.report, node, f"`{parameter.name}`", parameter.choices)
    if len(node.value) > MOST_CHARACTERS:
        shape.text(check.report, node, f"`{parameter.name}`", most=MOST_CHARACTERS)
        return None
    if not node.value and not node.quoted:
        check.report.error(
            "R022",
            node.place,
            f"`{parameter.name}` is empty",
            label="write a value here",
            help='write `""` for an empty text, or remove the line',
        )
        return None
    value = typed(node.value, kind)
    if isinstance(value, Misfit):
        shape.misfit(check.report, node.place, f"`{parameter.name}`", value)
        return None
    return value


def _declared(check: Check, node: Text, kind: str, declared: Iterable[str]) -> str | None:
    names = list(declared)
    check.used.add(node.value)
    if node.value in names:
        return node.value
    inner = reference_path(node.value)
    bare = inner.split(".")[-1] if inner else None
    if bare in names:
        check.used.add(bare)
        check.report.error(
            "R045",
            node.place,
            f"{kind} are given by their bare name",
            label=f"write `{bare}`",
            replacement=bare,
        )
        return None
    label, guess = did_you_mean(bare or node.value, names)
    check.report.error(
        "R047",
        node.place,
        f"{ticked(node.value)} is not declared under `{kind}`",
        label=label or "not declared",
        allowed=names,
        help="" if names else f"declare it: `{kind}:` at the top of the recipe",
        replacement=guess,
    )
    return None


def _reference(
    check: Check, node: Text, parameter: ParameterSignature, kind: ParameterKind
) -> Reference | None:
    path = reference_path(node.value)
    if path is None:
        check.report.error(
            "R045",
            node.place,
            "a reference is the whole value: `${{ inputs.NAME }}`",
            label="text is not put together here",
            allowed=check.reference_names(),
            help="declare one input that holds the whole text",
        )
        return None
    check.used.add(path)
    known = check.reference_names()
    if path not in known:
        _undeclared(check, node, path, known)
        return None
    declared = check.inputs.get(path.removeprefix("inputs.")) if path not in UNIT_NAMES else None
    if path not in UNIT_NAMES and declared is None:
        return None  # the declaration itself is wrong and was reported
    fault = _unfit(declared, parameter, kind)
    if fault:
        check.report.error(
            "R046", node.place, f"`{path}` does not fit `{parameter.name}`", label=fault
        )
        return None
    return Reference(path)


def _undeclared(check: Check, node: Text, path: str, known: list[str]) -> None:
    if path.startswith(("secrets.", "artifacts.")):
        check.report.error(
            "R045",
            node.place,
            f"`{path}` cannot stand here",
            label="this parameter takes neither a secret nor an artifact",
            help="give secrets and artifacts by their bare name to parameters of that kind",
        )
        return
    label, guess = did_you_mean(path, known)
    check.report.error(
        "R044",
        node.place,
        f"`{path}` is not declared",
        label=label or "not declared",
        allowed=known,
        replacement=f"${{{{ {guess} }}}}" if guess else None,
    )


def _unfit(declared: Input | None, parameter: ParameterSignature, kind: ParameterKind) -> str:
    """Return why a reference to `declared` (None: a text of the unit) does not fit, or nothing."""
    given = declared.kind if declared else "text"
    name = parameter.name
    if kind not in _PLAIN_KINDS:
        return f"`{name}` is {WORDS[kind]} and takes no reference"
    if kind == "choice":
        odd = sorted(set(declared.choices) - set(parameter.choices)) if declared else []
        if given != "choice":
            return f"`{name}` takes words of its own; the input must be of type choice"
        return f"`{name}` cannot be `{odd[0]}`" if odd else ""
    if kind == "text" and given == "choice":
        return ""
    return "" if given == kind else f"`{name}` is of type {kind}, this is of type {given}"
