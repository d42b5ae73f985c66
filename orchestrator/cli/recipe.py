"""`orchestrator recipe`: check recipes, look at them, compare them, explain what is wrong.

Works offline and loads the language alone: the steps are known from their shipped catalogue, and
image packages are opened only when a recipe names one that is there.
"""

from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from orchestrator.cli.exit_codes import ExitCode
from orchestrator.cli.output import Format, emit, print_rows, say, wants_colour

if TYPE_CHECKING:
    from orchestrator.recipe.mistakes import CheckResult
    from orchestrator.recipe.plan import Plan
    from orchestrator.recipe.signature import Catalogue

app = typer.Typer(
    help="Check, show and compare recipes.\n\nExample: orchestrator recipe check guardian-line",
    no_args_is_help=True,
    rich_markup_mode=None,
    add_completion=False,
    pretty_exceptions_enable=False,
)

_CATALOGUE = Path(__file__).resolve().parent.parent / "steps" / "catalogue.json"


class TextFormat(StrEnum):
    """How a command prints that does not answer in rows."""

    TEXT = "text"
    JSON = "json"


_RecipeFile = Annotated[
    str, typer.Argument(metavar="FILE", help="A recipe file, or the name of a shipped recipe.")
]
_TextOption = Annotated[TextFormat, typer.Option("--format", help="Text for people, or JSON.")]


@app.command()
def check(
    files: Annotated[
        list[str],
        typer.Argument(metavar="FILE...", help="Recipe files, or names of shipped recipes."),
    ],
    how: _TextOption = TextFormat.TEXT,
) -> None:
    """Find every mistake of recipes at once, with place and remedy.

    Exit code 0 when all are sound (warnings allowed), 65 when one has mistakes.

    Example: orchestrator recipe check guardian-line
    """
    import sys

    from orchestrator.recipe.render import as_json, as_text, closing_line

    results = [_checked(each) for each in files]
    if how is TextFormat.JSON:
        emit(as_json(results))
    else:
        colour = wants_colour(sys.stdout)
        for result in results:
            if result.mistakes:
                emit(as_text(result, colour=colour, closing=False) + "\n")
            if result.plan is not None:
                emit(_sound(next(iter(result.sources)), result.plan))
        errors = sum(result.errors for result in results)
        warnings = sum(result.warnings for result in results)
        if errors or warnings:
            left_out = sum(result.left_out for result in results)
            emit(closing_line(errors, warnings, left_out))
    if any(result.plan is None for result in results):
        raise typer.Exit(ExitCode.BAD_INPUT)


@app.command()
def steps(
    name: Annotated[
        str | None, typer.Argument(help="One step, to see its parameters and measurements.")
    ] = None,
    how: Annotated[
        Format, typer.Option("--format", help="A table, a JSON array, or CSV.")
    ] = Format.TABLE,
) -> None:
    """List the steps that recipes may use, or describe one.

    Example: orchestrator recipe steps sphere.sideload
    """
    from orchestrator.recipe.overview import described_step, step_rows

    catalogue = _catalogue()
    if name is not None and name not in catalogue:
        from orchestrator.recipe.mistakes import nearest

        guess = nearest(name, catalogue)
        hint = f"did you mean `{guess}`?" if guess else "`orchestrator recipe steps` lists all"
        raise typer.BadParameter(f"there is no step `{name}`; {hint}")
    if name is not None and how is Format.TABLE:
        emit(described_step(catalogue[name]))
        return
    chosen = {name: catalogue[name]} if name is not None else catalogue
    rows = step_rows(chosen)
    print_rows(rows, how, ("name", "irreversible", "timeout_seconds", "summary"))


@app.command()
def schema(
    write: Annotated[
        Path | None,
        typer.Option("--write", metavar="DIR", help="Write both flavours into this folder."),
    ] = None,
    draft_07: Annotated[
        bool, typer.Option("--draft-07", help="Print the flavour for older editors.")
    ] = False,
) -> None:
    """Print the JSON Schema by which editors complete and underline recipes.

    Example: orchestrator recipe schema --write recipes
    """
    from orchestrator.recipe.schema import FILES, schema_text

    catalogue = _catalogue()
    if write is None:
        emit(schema_text(catalogue, "draft-07" if draft_07 else "2020-12"), end="")
        return
    write.mkdir(parents=True, exist_ok=True)
    for flavour, file in FILES.items():
        path = write / file
        path.write_text(schema_text(catalogue, flavour), encoding="utf-8", newline="\n")
        say(f"wrote {path}")
    say(f"Put this first into a recipe: # yaml-language-server: $schema=./{FILES['2020-12']}")


@app.command()
def show(file: _RecipeFile, how: _TextOption = TextFormat.TEXT) -> None:
    """Show the resolved plan of a recipe: what will run, with includes opened.

    Example: orchestrator recipe show guardian-line
    """
    from orchestrator.recipe.overview import plan_json, plan_text

    plan = _plan(file)
    emit(plan_json(plan) if how is TextFormat.JSON else plan_text(plan))


@app.command()
def diff(
    before: Annotated[str, typer.Argument(metavar="A", help="The older recipe.")],
    after: Annotated[str, typer.Argument(metavar="B", help="The newer recipe.")],
    how: _TextOption = TextFormat.TEXT,
) -> None:
    """Compare two recipes by meaning: steps, order, arguments, limits, files, time limits.

    Exit code 0 when both do the same, 1 when they differ.

    Example: orchestrator recipe diff guardian-line rework-clean
    """
    from orchestrator.recipe.diff import differences
    from orchestrator.recipe.overview import changes_json, changes_text

    old, new = _plan(before), _plan(after)
    changes = differences(old, new)
    emit(changes_json(old, new, changes) if how is TextFormat.JSON else changes_text(changes))
    if changes:
        raise typer.Exit(ExitCode.NO)


@app.command()
def explain(
    code: Annotated[
        str | None, typer.Argument(help="The code of a mistake, for instance R014.")
    ] = None,
    markdown: Annotated[bool, typer.Option("--markdown", hidden=True)] = False,
) -> None:
    """Explain a mistake by its code, with a wrong and a right example; all codes without one.

    Example: orchestrator recipe explain R014
    """
    from orchestrator.recipe.codes import all_codes, explained, reference

    codes = all_codes()
    if markdown:
        emit(reference(), end="")
    elif code is None:
        rows = [
            {"code": row.code, "kind": row.severity, "mistake": row.title} for row in codes.values()
        ]
        print_rows(rows, Format.TABLE)
    elif code.upper() in codes:
        emit(explained(codes[code.upper()]))
    else:
        raise typer.BadParameter(
            f"there is no code `{code}`; `orchestrator recipe explain` lists all"
        )


def _catalogue() -> "Catalogue":
    from orchestrator.recipe.catalogue import catalogue_from_json

    return catalogue_from_json(_CATALOGUE.read_text(encoding="utf-8"))


def _path(file: str) -> Path:
    """Return the file that is meant: one that is there, else the shipped recipe of that name."""
    path = Path(file)
    if path.exists() or len(path.parts) != 1:
        return path
    from orchestrator.domain.shipped import shipped

    for name in (file, f"{file}.yaml"):
        candidate = shipped("recipes") / name
        if candidate.is_file():
            return candidate
    return path


def _inspect(content: bytes) -> Mapping[str, str]:
    from orchestrator.systems.azure_sphere_device.image_package import inspect_image

    return inspect_image(content)


def _checked(file: str) -> "CheckResult":
    from orchestrator.recipe.check import check_recipe

    return check_recipe(_path(file), _catalogue(), _inspect)


def _plan(file: str) -> "Plan":
    from orchestrator.recipe.check import load_plan

    return load_plan(_path(file), _catalogue(), _inspect)


def _sound(file: str, plan: "Plan") -> str:
    count = sum(1 for _ in plan.steps())
    return (
        f"{file}: {plan.name} {plan.version}, {count} steps, sound, hash {plan.content_hash[:12]}"
    )
