"""Rules about what must stand before a step that cannot be undone.

The rules are rows: to add one, add a row. Steps are compared as words; what they mean belongs to
those who wrote them. Recipes for lists of ids (operation LIST) have no unit that could be checked.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from orchestrator.recipe.check.context import Check
from orchestrator.recipe.check.sections import Draft
from orchestrator.recipe.nodes import Text
from orchestrator.recipe.plan import LIST_OPERATION


@dataclass(frozen=True, slots=True)
class OrderRule:
    """A step `uses` needs a required step `after` before it, in setup or main."""

    uses: str
    after: str
    message: str
    help: str


ORDER_RULES: tuple[OrderRule, ...] = (
    OrderRule(
        uses="cloud.claim",
        after="sphere.ready_check",
        message="claims the unit before its ready check has passed",
        help="put a required step with `uses: sphere.ready_check` before it",
    ),
    OrderRule(
        uses="advantech.lock_etp",
        after="advantech.write_etp",
        message="locks data before they were written and read back",
        help="put a required step with `uses: advantech.write_etp` before it",
    ),
    OrderRule(
        uses="advantech.set_admin_password",
        after="advantech.expect_host",
        message="gives away the password of a computer that nobody has judged",
        help="put a required step with `uses: advantech.expect_host` before it",
    ),
)


def check_order(check: Check, drafts: Sequence[Draft], operation: str) -> None:
    """Report every step before which a rule wants another one."""
    if operation == LIST_OPERATION:
        return
    for rule in ORDER_RULES:
        seen = False
        for draft in drafts:
            uses, required = draft.table.get("uses"), draft.table.get("required")
            if not isinstance(uses, Text):
                continue
            if uses.value == rule.uses and not seen:
                check.report.error(
                    "R059",
                    uses.place,
                    f"`{rule.uses}` {rule.message}",
                    label="it cannot be undone",
                    help=rule.help,
                )
            optional = isinstance(required, Text) and required.value == "false"
            seen = seen or (uses.value == rule.after and not optional)
