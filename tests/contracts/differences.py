"""Where an exchange differs from the contract on purpose, in one table with the reasons.

Rows about answers are decisions of the simulator; rows about requests are habits of the vendor's
published client. A row that no exchange needs any more is an error, so the table stays true.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from tests.contracts.openapi import Finding


@dataclass(frozen=True)
class Difference:
    """One agreed difference: the operations (empty: any), the side, a pattern of the finding."""

    operations: tuple[str, ...]
    side: str
    what: str
    reason: str

    def explains(self, finding: Finding) -> bool:
        """Tell whether `finding` is this difference."""
        return (
            finding.side == self.side
            and (not self.operations or finding.operation_id in self.operations)
            and re.fullmatch(self.what, finding.what, re.DOTALL) is not None
        )


ANSWERS: tuple[Difference, ...] = (
    Difference(
        (),
        "answer",
        "status 503 is not agreed",
        "A busy board is a fault that a rack file asks for; no document says how boards put it.",
    ),
    Difference(
        (),
        "answer",
        "status 404 is not agreed",
        "An older board does not know a newer call: what boards do with any unknown URI "
        "(15.2, proven by the vendor's tests). The contract describes the newest version alone.",
    ),
    Difference(
        ("installImages", "stageImage"),
        "answer",
        "status 409 is not agreed",
        "While an update runs (7.39) the request conflicts with it; which status goes with the "
        "number is not told, and a rack file may choose another.",
    ),
)
"""What the simulator decides for itself."""

REQUESTS: tuple[Difference, ...] = (
    Difference(
        ("setManufacturingState",),
        "request",
        r"\$\.manufacturingState: '(Blank|Unknown)' is not one of .*",
        "The published client lets both values pass; boards refuse them.",
    ),
    Difference(
        ("addCertificate",),
        "request",
        "path: 'seventeen-letters' is too long",
        "The published client checks only that there is an identifier.",
    ),
    Difference(
        ("",),
        "request",
        "POST /certstore/certs/not/valid is not in the contract",
        "The published client puts an identifier into the path as it is.",
    ),
    Difference(
        ("configureProxy",),
        "request",
        r"\$: .*'port': 70000.* is not valid under any of the given schemas",
        "The published client does not look at the port.",
    ),
    Difference(
        ("addWifiNetwork", "changeWifiNetwork"),
        "request",
        r"\$(\.psk)?: .*'(short|x{33})'.* is (too short|not valid under any .*)",
        "The published client does not look at the length of key and name.",
    ),
)
"""What the published client lets through, which boards must refuse."""


def unexplained(
    findings: Iterable[Finding], table: tuple[Difference, ...]
) -> tuple[list[Finding], list[Difference]]:
    """Return the findings that no row explains, and the rows that explain nothing."""
    found = list(dict.fromkeys(findings))
    open_findings = [f for f in found if not any(row.explains(f) for row in table)]
    idle = [row for row in table if not any(row.explains(f) for f in found)]
    return open_findings, idle
