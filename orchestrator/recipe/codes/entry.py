"""The row of a code: what kind of mistake it is, why it is one, and how it looks right."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Code:
    """One kind of mistake. `title` has no capital and no full stop; the examples are YAML.

    `bad` shows the mistake, `good` the same put right. A warning keeps nothing from running.
    """

    code: str
    title: str
    explanation: str
    bad: str
    good: str
    severity: str = "error"
