"""A run as a waterfall: one line per step, a bar per attempt, in the order of the recipe.

Rows of the audit in, plain values for a template out. Places on the time axis are thousandths of
the whole width, so that they can be written into a drawing without any style.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from orchestrator.domain.outcome import Outcome
from orchestrator.domain.series import MEDIA_TYPE as SERIES
from orchestrator.recipe.plan import Plan, PlannedStep, SectionName
from orchestrator.web.pages.words import duration, limits, pretty, seconds_between, within

WIDTH = 1000
THINNEST = 4
_TICKS = (
    0.1,
    0.2,
    0.5,
    1,
    2,
    5,
    10,
    20,
    30,
    60,
    120,
    300,
    600,
    1200,
    1800,
    3600,
    7200,
    21600,
    86400,
)
_SECTIONS: tuple[SectionName, ...] = ("setup", "main", "teardown")


@dataclass(frozen=True, slots=True)
class Bar:
    """One attempt on the time axis. `kind` is the outcome in lower case, `running` without one."""

    x: int
    width: int
    kind: str
    label: str


@dataclass(frozen=True, slots=True)
class Measured:
    """A measurement with its limits; `mark` is its place between them in hundredths, or None."""

    name: str
    value: str
    limits: str
    outcome: str
    mark: int | None


@dataclass(frozen=True, slots=True)
class Attached:
    """An attachment. `drawn` is true for a series, which has a drawing."""

    name: str
    sequence: int
    media_type: str
    size_bytes: int
    drawn: bool


@dataclass(frozen=True, slots=True)
class Attempt:
    """What one attempt came to."""

    number: int
    outcome: str
    began: str
    taken: str
    message: str
    remedy: str
    code: str
    parameters: str
    measurements: tuple[Measured, ...]
    attachments: tuple[Attached, ...]
    identities: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Line:
    """One step. `outcome` is that of its last attempt, empty while it runs or when it never began.

    `usual` is how far the step usually gets from the begin of its first attempt, None without
    experience. `says` is what to know without opening it.
    """

    section: str
    step_id: str
    name: str
    uses: str
    irreversible: bool
    outcome: str
    taken: str
    says: str
    bars: tuple[Bar, ...] = ()
    usual: int | None = None
    attempts: tuple[Attempt, ...] = ()

    @property
    def began(self) -> bool:
        """True when there was an attempt."""
        return bool(self.attempts)

    @property
    def worth_a_look(self) -> bool:
        """True for what did not simply pass."""
        return self.began and self.outcome not in (Outcome.PASS.value, Outcome.SKIPPED.value)


@dataclass(frozen=True, slots=True)
class Waterfall:
    """The lines, and the marks of the time axis: place and label."""

    lines: tuple[Line, ...]
    ticks: tuple[tuple[int, str], ...]
    total: str


@dataclass(frozen=True, slots=True)
class _Axis:
    began_at: str
    seconds: float

    def place(self, seconds: float) -> int:
        share = seconds / self.seconds if self.seconds > 0 else 0.0
        return round(WIDTH * min(1.0, max(0.0, share)))


def waterfall(
    rows: Sequence[Mapping[str, Any]],
    began_at: str,
    seconds: float,
    *,
    plan: Plan | None = None,
    usual: Mapping[str, float] | None = None,
) -> Waterfall:
    """Return the drawing of a run that began at `began_at` and lasts `seconds` up to now.

    `rows` are those of `audit.queries.steps`. With its `plan` steps that never began are shown,
    too. `usual` are the usual seconds of each step.
    """
    axis = _Axis(began_at, max(seconds, _last(rows, began_at), 0.001))
    lines = [
        _line(attempts, axis, (usual or {}).get(attempts[0]["step_id"]))
        for attempts in _by_step(rows)
    ]
    if plan is not None:
        lines = _in_order(lines, plan)
    return Waterfall(tuple(lines), tuple(_ticks(axis)), duration(axis.seconds))


def _last(rows: Sequence[Mapping[str, Any]], began_at: str) -> float:
    """Return when the last step was known to be at work: clocks may have been set meanwhile."""
    return max(
        (seconds_between(began_at, row["began_at"]) + _taken(row) for row in rows), default=0
    )


def _taken(row: Mapping[str, Any]) -> float:
    return (row["duration_us"] or 0) / 1_000_000


def _by_step(rows: Iterable[Mapping[str, Any]]) -> list[list[Mapping[str, Any]]]:
    found: dict[tuple[str, str], list[Mapping[str, Any]]] = {}
    for row in rows:
        found.setdefault((row["section"], row["step_id"]), []).append(row)
    return list(found.values())


def _line(rows: Sequence[Mapping[str, Any]], axis: _Axis, usual: float | None) -> Line:
    first, last = rows[0], rows[-1]
    begin = seconds_between(axis.began_at, first["began_at"])
    outcome = last["outcome"] or ""
    return Line(
        section=first["section"],
        step_id=first["step_id"],
        name=first["name"],
        uses=first["uses"],
        irreversible=bool(first["irreversible"]),
        outcome=outcome,
        taken=duration(_taken(last)) if outcome else "running",
        says=_says(rows),
        bars=tuple(_bar(row, axis) for row in rows),
        usual=None if usual is None else axis.place(begin + usual),
        attempts=tuple(_attempt(row, axis) for row in rows),
    )


def _bar(row: Mapping[str, Any], axis: _Axis) -> Bar:
    begin = seconds_between(axis.began_at, row["began_at"])
    running = row["outcome"] is None
    end = axis.seconds if running else begin + _taken(row)
    x = min(axis.place(begin), WIDTH - THINNEST)
    word = "running" if running else row["outcome"]
    label = f"try {row['attempt']}: {word}, {duration(end - begin)} from {duration(max(0, begin))}"
    return Bar(x, max(THINNEST, axis.place(end) - x), word.lower(), label)


def _says(rows: Sequence[Mapping[str, Any]]) -> str:
    last = rows[-1]
    words = [last["message"] or ""]
    if not words[0]:
        bad = [each for each in last["measurements"] if each["outcome"] != Outcome.PASS.value]
        words = [
            f"{each['name']} {each['value']} {each['uom']}".strip()
            for each in (bad or last["measurements"])[:3]
        ]
    if len(rows) > 1:
        codes = [row["error_code"] or row["outcome"] for row in rows[:-1]]
        words.append(f"after {len(rows) - 1} more: {', '.join(filter(None, codes))}")
    return " · ".join(filter(None, words))


def _attempt(row: Mapping[str, Any], axis: _Axis) -> Attempt:
    begin = max(0.0, seconds_between(axis.began_at, row["began_at"]))
    return Attempt(
        number=row["attempt"],
        outcome=row["outcome"] or "",
        began=duration(begin),
        taken=duration(_taken(row)) if row["outcome"] else "",
        message=row["message"] or "",
        remedy=row["remedy"] or "",
        code=" ".join(filter(None, (row["error_class"], row["error_code"]))),
        parameters=pretty(row["parameters"]),
        measurements=tuple(map(_measured, row["measurements"])),
        attachments=tuple(
            Attached(
                each["name"],
                row["sequence"],
                each["media_type"],
                each["size_bytes"],
                each["media_type"] == SERIES,
            )
            for each in row["attachments"]
        ),
        identities=tuple(f"{each['system']} {each['device_id']}" for each in row["identities"]),
    )


def _measured(row: Mapping[str, Any]) -> Measured:
    place = within(row)
    mark = None if place is None else round(100 * min(1.2, max(-0.2, place)))
    value = f"{row['value']} {row['uom']}".strip()
    return Measured(row["name"], value, limits(row), row["outcome"], mark)


def _in_order(lines: Sequence[Line], plan: Plan) -> list[Line]:
    """Return the lines in the order of the recipe, those that never began in their places."""
    known = {(line.section, line.step_id): line for line in lines}
    ordered = []
    for section in _SECTIONS:
        for step in _steps(plan, section):
            line = known.pop((section, step.id), None)
            ordered.append(line if line is not None else _never(section, step))
    return [*ordered, *known.values()]


def _steps(plan: Plan, section: SectionName) -> Iterable[PlannedStep]:
    for item in plan.section(section):
        yield from (item,) if isinstance(item, PlannedStep) else item.steps


def _never(section: str, step: PlannedStep) -> Line:
    return Line(
        section=section,
        step_id=step.id,
        name=step.name,
        uses=step.uses,
        irreversible=step.irreversible,
        outcome="",
        taken="",
        says="",
    )


def _ticks(axis: _Axis) -> Iterable[tuple[int, str]]:
    apart = next((each for each in _TICKS if axis.seconds / each <= 6), axis.seconds / 5)
    count = int(axis.seconds / apart)
    for number in range(count + 1):
        place = axis.place(number * apart)
        if place <= WIDTH * 0.93:
            yield place, duration(number * apart)
