"""A unit's whole life as a timeline: its runs, its irreversible requests, decisions and holds.

Rows of `audit.queries.unit_history` in, plain values out. Single steps stay with their runs.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from orchestrator.domain.intents import FindingState
from orchestrator.web.pages.words import duration, local, pretty, short

MOST_MARKS = 40
_APART = 60


@dataclass(frozen=True, slots=True)
class Moment:
    """One thing that happened. `kind` decides how it is drawn; `run_id` leads to its run."""

    at: str
    kind: str
    word: str
    says: str
    where: str
    run_id: str
    outcome: str


@dataclass(frozen=True, slots=True)
class Mark:
    """One mark on the line: a dot for a run, a diamond for what people and lists decided."""

    x: int
    shape: str
    outcome: str
    label: str
    above: str
    below: str
    run_id: str


@dataclass(frozen=True, slots=True)
class Life:
    """Everything. `held` are the ids of requests of which nobody knows what became of them."""

    moments: tuple[Moment, ...]
    marks: tuple[Mark, ...]
    width: int
    held: tuple[str, ...]
    left_out: int


def life(rows: Sequence[Mapping[str, Any]]) -> Life:
    """Return the life that `rows` tell, the oldest first."""
    told = [_moment(row) for row in _worth_telling(rows)]
    shown = [row for row in rows if _is_mark(row)]
    marks = tuple(_mark(number, row) for number, row in enumerate(shown[-MOST_MARKS:]))
    return Life(
        moments=tuple(told),
        marks=marks,
        width=_APART * max(1, len(marks)),
        held=tuple(_held(rows)),
        left_out=max(0, len(shown) - MOST_MARKS),
    )


def _worth_telling(rows: Sequence[Mapping[str, Any]]) -> Iterator[Mapping[str, Any]]:
    """Yield what a life is told by; that a run reads the same identity again is not told."""
    read = set()
    for row in rows:
        if row["kind"] == "identity":
            if (row["run_id"], row["detail"]) in read:
                continue
            read.add((row["run_id"], row["detail"]))
        if row["kind"] not in ("step", "run began"):
            yield row


def _is_mark(row: Mapping[str, Any]) -> bool:
    if row["kind"] == "finding":
        return "decision" in (row["detail"] or "") or _is_unknown(row)
    return row["kind"] in ("run ended", "registered")


def _is_unknown(row: Mapping[str, Any]) -> bool:
    return f" {FindingState.UNKNOWN.value} (" in (row["detail"] or "")


def _held(rows: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return the requests whose last finding is that nobody knows."""
    last: dict[str, bool] = {}
    for row in rows:
        if row["kind"] == "finding":
            last[row["intent_id"]] = _is_unknown(row)
    return [intent_id for intent_id, unknown in last.items() if unknown]


def _moment(row: Mapping[str, Any]) -> Moment:
    place = [row["station_id"] or "", f"slot {row['slot']}" if row["slot"] else ""]
    says = [row["detail"] or "", row["message"] or ""]
    if row["kind"] not in ("identity", "registered", "finding", "intent", "run ended"):
        says[0] = pretty(says[0])
    if row["duration_us"] is not None:
        says.append(duration(row["duration_us"] / 1_000_000))
    if row["recipe"] and row["kind"] == "run ended":
        says.insert(0, row["recipe"])
    return Moment(
        at=local(row["occurred_at"]),
        kind=row["kind"],
        word=row["kind"].replace("_", " "),
        says=" · ".join(filter(None, says)),
        where=" ".join(filter(None, place)),
        run_id=row["run_id"] or "",
        outcome=row["outcome"] or "",
    )


def _mark(number: int, row: Mapping[str, Any]) -> Mark:
    ended = row["kind"] == "run ended"
    word = row["outcome"] if ended else ("met" if row["kind"] == "registered" else "decided")
    if row["kind"] == "finding" and _is_unknown(row):
        word = "held"
    return Mark(
        x=number * _APART + _APART // 2,
        shape="dot" if ended else ("ring" if word == "met" else "diamond"),
        outcome=(row["outcome"] or "").lower(),
        label=f"{local(row['occurred_at'])}: {row['kind']} {row['outcome'] or row['detail'] or ''}",
        above=short(row["occurred_at"])[:5],
        below=word or "",
        run_id=row["run_id"] or "",
    )
