"""What the commands that work lists share: options, preview, progress, the result and exit code."""

import csv
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Self

import typer

from orchestrator.cli.exit_codes import ExitCode
from orchestrator.cli.output import emit, printable, say

if TYPE_CHECKING:
    from orchestrator.station.listed import LineOutcome, Listed
    from orchestrator.station.settings import ListSettings

Csv = Annotated[
    Path,
    typer.Option(
        "--csv", metavar="FILE", help="The list, with a line of column names.", show_default=False
    ),
]
Config = Annotated[
    Path,
    typer.Option("--config", help="Settings file of the station (TOML).", show_default=False),
]
DryRun = Annotated[
    bool, typer.Option("--dry-run", help="Check the list and say what would be done; send nothing.")
]
AtOnce = Annotated[
    int | None,
    typer.Option(
        min=1,
        max=1024,
        help="Lines that are worked at a time.",
        show_default="by the service's requests_per_second",
    ),
]
Result = Annotated[
    Path | None,
    typer.Option("--result", metavar="FILE", help="Write what each line came to, as CSV."),
]

_SHOWN_FAILURES = 20


def work(
    kind_name: str,
    path: Path,
    config: Path,
    *,
    dry_run: bool,
    at_once: int | None,
    result: Path | None,
) -> None:
    """Work the list in `path`, and leave with 1 when a line did not pass."""
    from orchestrator.app.lists import KINDS, read_list
    from orchestrator.station.settings import ListSettings
    from orchestrator.station.settings_file import read_settings

    kind = KINDS[kind_name]
    settings = read_settings(config, ListSettings)
    lines = read_list(path, kind)
    if dry_run:
        _preview(kind_name, settings, lines)
        return
    if result is not None:
        _try(result)
    outcomes = _work(kind_name, settings, lines, at_once)
    if result is not None:
        _write(result, outcomes)
    _tell(outcomes)
    if any(not outcome.outcome.is_pass for outcome in outcomes):
        raise typer.Exit(ExitCode.NO)


def _preview(kind_name: str, settings: "ListSettings", lines: "Sequence[Listed]") -> None:
    """Say what would be done, by what the audit knows."""
    from orchestrator.app.lists import KINDS, done_before

    done = done_before(settings, KINDS[kind_name], lines)
    left = [line for line in lines if line.line not in done]
    groups = Counter(", ".join(str(value) for value in line.inputs.values()) for line in left)
    emit(f"{len(lines)} lines: {len(done)} done before, {len(left)} to do")
    for group, count in groups.most_common():
        emit(f"  {count:6} {printable(group)}")
    emit("Nothing was sent.")


def _work(
    kind_name: str, settings: "ListSettings", lines: "Sequence[Listed]", at_once: int | None
) -> "list[LineOutcome]":
    from functools import partial

    import anyio

    from orchestrator.app.lists import KINDS, run_list
    from orchestrator.app.services import service_secrets
    from orchestrator.engine.memory import settle_collector
    from orchestrator.station.log import make_logger

    secrets = service_secrets(settings)
    log = make_logger(level=settings.log.level, style=settings.log.format, secrets=secrets)
    settle_collector()
    with _Progress(len(lines)) as progress:
        return anyio.run(
            partial(
                run_list,
                settings,
                KINDS[kind_name],
                lines,
                progress.note,
                log=log,
                tell=say,
                at_once=at_once,
            )
        )


class _Progress:
    """A bar on a terminal, a line every so many lines anywhere else; all on stderr."""

    def __init__(self, total: int) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TimeRemainingColumn

        self._total = total
        self._done = 0
        self._bad = 0
        console = Console(stderr=True)
        self._bar = (
            Progress(BarColumn(), MofNCompleteColumn(), TimeRemainingColumn(), console=console)
            if console.is_terminal
            else None
        )
        self._task = self._bar.add_task("", total=total) if self._bar is not None else None

    def __enter__(self) -> Self:
        if self._bar is not None:
            self._bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._bar is not None:
            self._bar.stop()

    def note(self, outcome: "LineOutcome") -> None:
        """Count one line."""
        self._done += 1
        self._bad += not outcome.outcome.is_pass
        if self._bar is not None and self._task is not None:
            self._bar.advance(self._task)
        elif self._done % max(1, self._total // 10) == 0:
            say(f"{self._done} of {self._total} lines, {self._bad} not passed")


def _try(path: Path) -> None:
    """Raise InputMistakes before anything is done when the result could not be written."""
    from orchestrator.domain.errors import InputMistakes

    try:
        path.open("a", encoding="utf-8").close()
    except OSError as error:
        raise InputMistakes(
            f"{path} cannot be written: {error.strerror}",
            remedy="Name a file in an existing folder. Nothing was started",
        ) from error


def _write(path: Path, outcomes: "Sequence[LineOutcome]") -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        table = csv.writer(file)
        table.writerow(["line", "device_id", "outcome", "before", "run_id", "message"])
        for one in outcomes:
            before = "yes" if one.before else "no"
            message = printable(one.message)
            table.writerow(
                [one.line, one.device_id, one.outcome.value, before, one.run_id, message]
            )


def _tell(outcomes: "Sequence[LineOutcome]") -> None:
    counts = Counter(outcome.outcome.value for outcome in outcomes)
    before = sum(outcome.before for outcome in outcomes)
    summary = ", ".join(f"{count} {word}" for word, count in sorted(counts.items()))
    emit(f"{len(outcomes)} lines: {summary or 'nothing to do'}; {before} done before")
    failed = [outcome for outcome in outcomes if not outcome.outcome.is_pass]
    for one in failed[:_SHOWN_FAILURES]:
        say(f"line {one.line}: {one.outcome.value} {printable(one.message)}")
    if len(failed) > _SHOWN_FAILURES:
        say(f"and {len(failed) - _SHOWN_FAILURES} more; see all with --result FILE")
