"""Many shifts: worked side by side, each judged by the auditor, added up, and shrunk on failure."""

import json
import multiprocessing
import shutil
import subprocess
import time
import traceback
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from orchestrator.simulation.auditor import INVARIANTS, Evidence, judge, load
from orchestrator.simulation.rehearsal.scenario import GROUPS, KINDS, PROFILES, Scenario, draw
from orchestrator.simulation.rehearsal.shift import ShiftResult, run_shift
from orchestrator.station.edge import Edge

OF_BOARDS = frozenset({"product", "link", "slow", "lost", "lies"})
"""Groups of faults that strike single boards: their shifts can be compared with a calm one."""

COMPARED_EVERY = 4
USUAL_HOURS = 8.0
SHIFTS_PER_PROCESS = 300


@dataclass(frozen=True, slots=True)
class Order:
    """Which shifts are to be worked. `compare` also works the calm one of comparable shifts."""

    boards: int = 50
    hours: float = USUAL_HOURS
    profile: str = ""
    without: tuple[str, ...] = ()
    at: str = ""
    compare: bool = True

    def scenario(self, seed: int) -> Scenario:
        """Return the shift of that seed."""
        return draw(
            seed,
            boards=self.boards,
            hours=self.hours,
            profile=self.profile,
            without=self.without,
            at=self.at,
        )

    def command(self, seed: int) -> str:
        """Return the command line that works exactly that shift."""
        parts = [f"orchestrator simulate shift --seed {seed} --boards {self.boards}"]
        parts += [f"--hours {self.hours:g}"] if self.hours != USUAL_HOURS else []
        parts += [f"--profile {self.profile}"] if self.profile else []
        parts += [f"--without {group}" for group in self.without]
        parts += [f"--at {self.at}"] if self.at else []
        return " ".join(parts)


@dataclass(slots=True)
class Judged:
    """One shift and what the auditor says of it."""

    seed: int
    profile: str
    groups: tuple[str, ...]
    violations: list[str]
    injected: dict[str, int] = field(default_factory=dict)
    outcomes: dict[str, int] = field(default_factory=dict)
    restarts: int = 0
    boards: int = 0
    compared: int = 0
    digest: str = ""
    virtual_seconds: float = 0.0
    cpu_seconds: float = 0.0


def work_and_judge(
    seed: int, order: Order, keep: Path | None = None, *, digest: bool = True
) -> Judged:
    """Work the shift of `seed` and judge it; its files stay in `keep`, if that is given."""
    began = time.process_time()
    scenario = order.scenario(seed)
    judged = Judged(seed, scenario.profile, tuple(sorted(scenario.groups)), [])
    with Edge() as edge:
        result = run_shift(scenario, keep)
        try:
            calm = _calm(seed, scenario, order)
            judged.compared = int(calm is not None)
            evidence = load(str(result.database), result.world, result.acks)
            judged.violations = [str(each) for each in judge(evidence, calm)]
            judged.violations += [f"rehearsal: {problem}" for problem in result.problems]
            _fill(judged, result, digest=digest)
        finally:
            if keep is None:
                shutil.rmtree(result.folder, ignore_errors=True)
    if edge.error is not None:
        # A shift that cannot be worked is a finding, too.
        report = "".join(traceback.format_exception(edge.error, limit=-3))
        judged.violations.append(f"rehearsal: {report}")
    judged.cpu_seconds = time.process_time() - began
    return judged


def _fill(judged: Judged, result: ShiftResult, *, digest: bool) -> None:
    judged.injected = dict(result.injected)
    judged.outcomes = dict(result.outcomes)
    judged.restarts = result.restarts
    judged.boards = len(result.scenario.boards)
    judged.digest = result.digest if digest else ""
    judged.virtual_seconds = result.seconds


def _calm(seed: int, scenario: Scenario, order: Order) -> Evidence | None:
    """Work the same shift without faults, when the two can be compared."""
    comparable = scenario.groups <= OF_BOARDS and seed % COMPARED_EVERY == 0
    if not (comparable and order.compare):
        return None
    without = tuple(group for group in GROUPS if group != "product")
    calm = run_shift(replace(order, without=without).scenario(seed))
    try:
        return load(str(calm.database), calm.world, calm.acks)
    finally:
        shutil.rmtree(calm.folder, ignore_errors=True)


@dataclass(slots=True)
class Tally:
    """Many shifts added up."""

    first_seed: int
    last_seed: int
    shifts: int = 0
    boards: int = 0
    runs: int = 0
    restarts: int = 0
    compared: int = 0
    virtual_hours: float = 0.0
    outcomes: Counter[str] = field(default_factory=Counter)
    profiles: Counter[str] = field(default_factory=Counter)
    injected: Counter[str] = field(default_factory=Counter)
    failed: list[Judged] = field(default_factory=list)
    seconds: float = 0.0
    cpu_seconds: float = 0.0

    def add(self, judged: Judged) -> None:
        """Count one shift."""
        self.shifts += 1
        self.last_seed = max(self.last_seed, judged.seed)
        self.boards += judged.boards
        self.runs += sum(judged.outcomes.values())
        self.restarts += judged.restarts
        self.compared += judged.compared
        self.virtual_hours += judged.virtual_seconds / 3600
        self.outcomes.update(judged.outcomes)
        self.profiles[judged.profile] += 1
        self.injected.update(judged.injected)
        self.cpu_seconds += judged.cpu_seconds
        if judged.violations:
            self.failed.append(judged)

    @property
    def never_struck(self) -> list[str]:
        """The kinds of trouble that did not happen in any of the shifts."""
        return sorted(KINDS - set(self.injected))

    def as_json(self, order: Order) -> dict[str, Any]:
        """Return the figures for a result file."""
        return {
            "date": datetime.now(UTC).strftime("%Y-%m-%d"),
            "commit": commit(),
            "seeds": [self.first_seed, self.last_seed],
            "shifts": self.shifts,
            "boards_per_shift": order.boards,
            "profiles": dict(sorted(self.profiles.items())),
            "boards": self.boards,
            "runs": self.runs,
            "outcomes": dict(sorted(self.outcomes.items())),
            "virtual_hours": round(self.virtual_hours, 1),
            "faults_injected": dict(sorted(self.injected.items())),
            "faults_that_never_struck": self.never_struck,
            "restarts": self.restarts,
            "shifts_compared_with_calm_ones": self.compared,
            "invariants": [invariant.number for invariant in INVARIANTS] + ["I11"],
            "violations": sum(len(judged.violations) for judged in self.failed),
            "failed_seeds": [judged.seed for judged in self.failed],
            "seconds": round(self.seconds, 1),
        }


def rehearse(
    seeds: Sequence[int],
    order: Order,
    *,
    jobs: int = 1,
    told: Callable[[Judged, "Tally"], None] | None = None,
) -> Tally:
    """Work and judge the shifts of all `seeds` with so many processes.

    `told` hears of each shift, with what was added up so far.
    """
    tally = Tally(min(seeds), min(seeds))
    began = time.monotonic()
    for judged in _each(seeds, order, jobs):
        tally.add(judged)
        tally.seconds = time.monotonic() - began
        if told is not None:
            told(judged, tally)
    return tally


def _each(seeds: Sequence[int], order: Order, jobs: int) -> Iterator[Judged]:
    if jobs <= 1:
        for seed in seeds:
            yield _of_seed(seed, order)
        return
    # New processes for each block: Python 3.11's own limit of tasks per process can wait for ever
    # when all of them reach it at once.
    block = jobs * SHIFTS_PER_PROCESS
    for start in range(0, len(seeds), block):
        some = seeds[start : start + block]
        with ProcessPoolExecutor(jobs, mp_context=multiprocessing.get_context("spawn")) as pool:
            yield from pool.map(_of_seed, some, [order] * len(some))


def _of_seed(seed: int, order: Order) -> Judged:
    return work_and_judge(seed, order, digest=False)


def shrink(judged: Judged, order: Order) -> tuple[Order, list[str]]:
    """Switch groups of faults off one at a time while the same promise stays broken."""
    broken = _numbers(judged.violations)
    smallest, left = order, judged.violations
    for group in judged.groups:
        tried = replace(smallest, without=(*smallest.without, group), compare=False)
        found = work_and_judge(judged.seed, tried).violations
        if broken & _numbers(found):
            smallest, left = tried, found
    return smallest, left


def _numbers(violations: Sequence[str]) -> set[str]:
    return {each.partition(":")[0] for each in violations}


def commit() -> str:
    """Return the commit that the program is at, empty where that is not known."""
    here = Path(__file__).resolve().parent
    asked = ["git", "-C", str(here), "rev-parse", "--short=12", "HEAD"]
    try:
        found = subprocess.run(asked, capture_output=True, text=True, timeout=10, check=False)  # noqa: S603  # fixed words
    except OSError:
        return ""
    return found.stdout.strip() if found.returncode == 0 else ""


def write_result(path: Path, tally: Tally, order: Order, command: str) -> None:
    """Write the figures as JSON, and beside it (`.md`) for people."""
    figures = {"command": command, **tally.as_json(order)}
    path.write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")
    path.with_suffix(".md").write_text(_page(figures), encoding="utf-8")


def _page(figures: dict[str, Any]) -> str:
    faults = "\n".join(f"| `{k}` | {n:,} |" for k, n in figures["faults_injected"].items())
    outcomes = ", ".join(f"{n:,} {k}" for k, n in figures["outcomes"].items())
    broken = figures["violations"]
    shifts = figures["shifts"]
    bound = f"below {3 / shifts:.3%} of shifts with 95 % confidence" if not broken else ""
    return f"""# The rehearsal, as it was run

Made by `{figures["command"]}` on {figures["date"]} at commit `{figures["commit"]}`.
How it works: [rehearse a shift](how-to/rehearse-a-shift.md).

| | |
|---|---|
| seeds | {figures["seeds"][0]:,} to {figures["seeds"][1]:,} |
| shifts | {shifts:,} ({figures["virtual_hours"]:,} virtual hours) |
| boards | {figures["boards"]:,} |
| runs | {figures["runs"]:,}: {outcomes} |
| cuts of power and other restarts | {figures["restarts"]:,} |
| shifts compared with the same one without faults | {figures["shifts_compared_with_calm_ones"]:,} |
| promises judged in each shift | {", ".join(figures["invariants"])} |
| **violations** | **{broken}** {bound} |

| fault | struck |
|---|---|
{faults}
"""


def as_dict(judged: Judged) -> dict[str, Any]:
    """Return one judged shift for JSON."""
    return asdict(judged)


__all__ = ["PROFILES", "Judged", "Order", "Tally", "rehearse", "shrink", "work_and_judge"]
