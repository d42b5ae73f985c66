"""Every kind of mistake as a table: code, title, why it is one, a bad and a good example.

Loaded only to explain; a check needs the codes alone. `docs/reference/recipe-errors.md` is made
from this table. A code keeps its meaning for ever and is never used again for another.
"""

from orchestrator.recipe.codes import evidence, files, steps
from orchestrator.recipe.codes.entry import Code

__all__ = ["Code", "all_codes", "explained", "reference"]

_OPENING = """\
# Mistakes in recipes

What `orchestrator recipe check` finds, by code. This page is made from the table of codes;
`orchestrator recipe explain CODE` shows the same in a terminal. A code keeps its meaning for ever.
"""


def all_codes() -> dict[str, Code]:
    """Return every code with its row, in order."""
    rows = sorted((*files.CODES, *steps.CODES, *evidence.CODES), key=lambda row: row.code)
    return {row.code: row for row in rows}


def explained(row: Code) -> str:
    """Return a code's explanation for a terminal."""
    return "\n".join(
        [
            f"{row.severity}[{row.code}]: {row.title}",
            "",
            *_wrapped(row.explanation),
            "",
            "Wrong:",
            "",
            _indented(row.bad),
            "",
            "Right:",
            "",
            _indented(row.good),
        ]
    )


def reference() -> str:
    """Return the page of all codes as Markdown."""
    rows = all_codes().values()
    lines = [_OPENING, "| code | mistake |", "|---|---|"]
    lines += [f"| [{row.code}](#{row.code.lower()}) | {row.title} |" for row in rows]
    for row in rows:
        lines += ["", f"## {row.code}", ""]
        warning = " (a warning: the recipe runs)" if row.severity == "warning" else ""
        lines += [f"**{row.title}**{warning}", "", *_wrapped(row.explanation), ""]
        for word, example in (("Wrong", row.bad), ("Right", row.good)):
            kind = "" if example.startswith("orchestrator ") else "yaml"
            lines += [f"{word}:", "", f"```{kind}", example, "```", ""]
        lines.pop()
    return "\n".join(lines) + "\n"


def _wrapped(text: str) -> list[str]:
    import textwrap

    return textwrap.wrap(text, width=96, break_on_hyphens=False, break_long_words=False)


def _indented(text: str) -> str:
    return "\n".join(f"    {line}" for line in text.split("\n"))
