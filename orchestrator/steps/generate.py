"""Writes what follows from the step table: the catalogue, the step reference, the editor's schema.

    python -m orchestrator.steps.generate            writes the files
    python -m orchestrator.steps.generate --check    says whether they are up to date

The catalogue travels in the wheel, so that a recipe is checked without loading what steps need. The
schema lies beside the shipped recipes, so that an editor completes and underlines them.
"""

import sys
from collections.abc import Iterable, Mapping
from pathlib import Path

from orchestrator.recipe.catalogue import catalogue_to_json
from orchestrator.recipe.schema import FILES, schema_text
from orchestrator.recipe.signature import Catalogue, ParameterSignature, StepSignature
from orchestrator.steps.table import STEPS

CATALOGUE_FILE = Path(__file__).parent / "catalogue.json"
_TOP = Path(__file__).parents[2]
REFERENCE_FILE = _TOP / "docs" / "reference" / "steps.md"
RECIPES_FOLDER = _TOP / "recipes"

_OPENING = """\
# Steps

What a recipe may write after `uses:`. This page is made from the step table by
`python -m orchestrator.steps.generate`; `orchestrator recipe steps` shows the same in a terminal.

A parameter without a default must be given in `with:`. Measurements may carry limits under
`measure:`. An irreversible step runs only when every required step before it has passed, and takes
no `retry:`.
"""


def catalogue() -> Catalogue:
    """Return the signatures of all steps by name."""
    return {each.signature.name: each.signature for each in STEPS}


def _kind(parameter: ParameterSignature) -> str:
    """Name the type of a parameter for people: `list of text`, `Auto or Manual`."""
    choices = " or ".join(f"`{choice}`" for choice in parameter.choices)
    if parameter.kind == "list":
        return f"list of {choices or parameter.item or 'text'}"
    return choices or parameter.kind


def _default(parameter: ParameterSignature) -> str:
    if parameter.required:
        return "required"
    return f"`{parameter.default}`" if parameter.default else "none"


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


def _table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> list[str]:
    titles = list(head)
    lines = [f"| {' | '.join(titles)} |", f"|{'---|' * len(titles)}"]
    lines += [f"| {' | '.join(_cell(cell) for cell in row)} |" for row in rows]
    return [*lines, ""]


def _section(step: StepSignature, explanation: str) -> list[str]:
    lines = [f"## {step.name}", "", step.summary, "", explanation, ""]
    nature = f"Time limit {step.timeout_seconds} s unless the recipe sets another."
    lines += [f"**Irreversible.** {nature}" if step.irreversible else nature, ""]
    if step.parameters:
        lines += _table(
            ("parameter", "type", "default", "meaning"),
            (
                (f"`{each.name}`", _kind(each), _default(each), each.summary)
                for each in step.parameters
            ),
        )
    if step.measurements:
        lines += _table(
            ("measurement", "type", "unit", "meaning"),
            ((f"`{each.name}`", each.kind, each.uom, each.summary) for each in step.measurements),
        )
    return lines


def _explanation(docstring: str | None) -> str:
    """Return a step's docstring without its `Args:`, unindented."""
    text = (docstring or "").partition("Args:")[0]
    return "\n".join(line.strip() for line in text.strip().splitlines())


def reference() -> str:
    """Return the step reference as Markdown."""
    lines = [_OPENING]
    lines += _table(
        ("step", "what it does"),
        ((f"[{each.signature.name}](#{_anchor(each.signature)})", each.signature.summary)
         for each in STEPS),
    )  # fmt: skip
    for each in STEPS:
        lines += _section(each.signature, _explanation(each.function.__doc__))
    return "\n".join(lines).rstrip() + "\n"


def _anchor(step: StepSignature) -> str:
    return step.name.replace(".", "")


def files() -> Mapping[Path, str]:
    """Return every generated file with what it must contain."""
    return {
        CATALOGUE_FILE: catalogue_to_json(catalogue()).rstrip() + "\n",
        REFERENCE_FILE: reference(),
    } | {
        RECIPES_FOLDER / name: schema_text(catalogue(), flavour) for flavour, name in FILES.items()
    }


def stale() -> list[Path]:
    """Return the generated files that do not follow from the table any more."""
    return [
        path
        for path, content in files().items()
        if not path.is_file() or path.read_text(encoding="utf-8") != content
    ]


def main(arguments: list[str]) -> int:
    """Write the files, or with `--check` only look; return 1 when a file is stale."""
    outdated = stale()
    if "--check" in arguments:
        for path in outdated:
            sys.stderr.write(f"{path} is stale: run python -m orchestrator.steps.generate\n")
        return 1 if outdated else 0
    for path in outdated:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(files()[path], encoding="utf-8", newline="\n")
        sys.stderr.write(f"wrote {path}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
