"""What `orchestrator simulate shift` does: orders shifts, shows judgements, shrinks failures."""

import json
import re
from pathlib import Path

import typer

from orchestrator.cli.output import emit, say
from orchestrator.domain.crash_points import CRASH_POINTS
from orchestrator.simulation.rehearsal.campaign import (
    Judged,
    Order,
    Tally,
    as_dict,
    rehearse,
    shrink,
    work_and_judge,
    write_result,
)
from orchestrator.simulation.rehearsal.scenario import GROUPS, PROFILES

_RANGE = re.compile(r"(\d{1,9})-(\d{1,9})")
_SHOWN = 10


def run_shifts(
    order: Order,
    seed: int | None,
    seeds: str,
    *,
    jobs: int,
    result: Path | None,
    keep: Path | None,
) -> None:
    """Work what is ordered; exits with 1 when a promise was broken.

    Raises typer.BadParameter for words that mean nothing.
    """
    _check(order)
    if not seeds:
        _one(order, 1 if seed is None else seed, keep)
        return
    chosen = _range(seeds)
    if keep is not None or seed is not None:
        raise typer.BadParameter("goes with a single --seed only", param_hint="--keep, --seeds")
    tally = rehearse(chosen, order, jobs=jobs, told=lambda judged, _: _tell(judged, order))
    if result is not None:
        write_result(result, tally, order, _command(order, seeds, jobs))
    emit(json.dumps(tally.as_json(order)))
    _summary(tally)
    if tally.failed:
        raise typer.Exit(1)


def _one(order: Order, seed: int, keep: Path | None) -> None:
    if keep is not None:
        keep.mkdir(parents=True)
    judged = work_and_judge(seed, order, keep)
    emit(json.dumps(as_dict(judged)))
    if not judged.violations:
        return
    _tell(judged, order)
    smallest, left = shrink(judged, order)
    say(f"Smallest shift that shows it: {smallest.command(seed)}")
    for line in left[:_SHOWN]:
        say(f"  {line}")
    raise typer.Exit(1)


def _tell(judged: Judged, order: Order) -> None:
    if not judged.violations:
        return
    say(f"Seed {judged.seed} ({judged.profile}) broke {len(judged.violations)} promise(s):")
    for line in judged.violations[:_SHOWN]:
        say(f"  {line}")
    say(f"  Again: {order.command(judged.seed)}")


def _summary(tally: Tally) -> None:
    rate = tally.boards / tally.seconds if tally.seconds else 0.0
    say(
        f"{tally.shifts - len(tally.failed)} passed, {len(tally.failed)} failed: "
        f"{tally.boards} boards, {tally.restarts} restarts, "
        f"{tally.injected.total()} faults of {len(tally.injected)} kinds, "
        f"{tally.seconds:.0f} s, {rate:.0f} boards/s"
    )


def _command(order: Order, seeds: str, jobs: int) -> str:
    return order.command(0).replace("--seed 0", f"--seeds {seeds}") + f" --jobs {jobs}"


def _range(seeds: str) -> range:
    found = _RANGE.fullmatch(seeds)
    if found is None or int(found[1]) > int(found[2]):
        raise typer.BadParameter("write the first and the last, as 1-500", param_hint="--seeds")
    return range(int(found[1]), int(found[2]) + 1)


def _check(order: Order) -> None:
    place = order.at.partition(":")[0]
    for option, given, known in (
        ("--profile", [order.profile] if order.profile else [], sorted(PROFILES)),
        ("--without", list(order.without), list(GROUPS)),
        ("--at", [place] if place else [], list(CRASH_POINTS)),
    ):
        for name in given:
            if name not in known:
                words = f"{name!r} is none of {', '.join(known)}"
                raise typer.BadParameter(words, param_hint=option)
