"""Rules that join what a file says of itself with what the recipe does to the unit.

The rules are rows: to add one, add a row. Steps and facts are compared as words; what they mean
belongs to the rooms that made them.
"""

from dataclasses import dataclass

from orchestrator.recipe.check.artifacts import file_node
from orchestrator.recipe.check.context import Check
from orchestrator.recipe.check.sections import Draft
from orchestrator.recipe.nodes import Items, Node, Table, Text
from orchestrator.recipe.references import reference_path


@dataclass(frozen=True, slots=True)
class FactRule:
    """When a step `uses` has `argument` at `value`, no artifact may have `fact` at `forbidden`."""

    uses: str
    argument: str
    value: str
    fact: str
    forbidden: str
    message: str
    label: str
    help: str


FACT_RULES: tuple[FactRule, ...] = (
    FactRule(
        uses="sphere.set_manufacturing_state",
        argument="state",
        value="DeviceComplete",
        fact="signature",
        forbidden="sdk",
        message="is signed with the SDK's test key, and the recipe ends in DeviceComplete",
        label="a finished board does not run it",
        help="use the image that the cloud signed for production",
    ),
)


def check_facts(check: Check, root: Table, drafts: list[Draft]) -> None:
    """Report every artifact that a rule forbids in this recipe."""
    declared = root.get("artifacts")
    for rule in FACT_RULES:
        if not isinstance(declared, Table) or not any(
            _applies(check, rule, each) for each in drafts
        ):
            continue
        for name, artifact in check.artifacts.items():
            if artifact.facts.get(rule.fact) == rule.forbidden:
                check.report.error(
                    "R053",
                    file_node(declared, name).place,
                    f"artifact `{name}` {rule.message}",
                    label=rule.label,
                    help=rule.help,
                )


def _applies(check: Check, rule: FactRule, draft: Draft) -> bool:
    uses, arguments = draft.table.get("uses"), draft.table.get("with")
    if not isinstance(uses, Text) or uses.value != rule.uses or not isinstance(arguments, Table):
        return False
    value = arguments.get(rule.argument)
    return value is not None and _may_be(check, value, rule.value)


def _may_be(check: Check, node: Node, wanted: str) -> bool:
    if isinstance(node, Items | Table):
        return False
    path = reference_path(node.value)
    if path is None:
        return node.value == wanted
    declared = check.inputs.get(path.removeprefix("inputs."))
    return declared is None or not declared.choices or wanted in declared.choices
