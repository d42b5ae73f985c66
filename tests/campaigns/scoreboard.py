"""Makes `docs/scoreboard.md` and the table of the README from the result files of the campaigns.

    python -m tests.campaigns.scoreboard

Every file of `docs/results` with a `campaign` is a row; `designs.json` compares designs.
"""

import json
from collections.abc import Sequence
from typing import Any

from tests.campaigns.rig import ROOT
from tests.campaigns.sabotage import SABOTAGES

RESULTS = ROOT / "docs" / "results"
REHEARSALS = (RESULTS / "rehearsal.json", ROOT / "docs" / "rehearsal.json")
PLANTED = ROOT / "docs" / "rehearsal-sabotage.json"
PAGE = ROOT / "docs" / "scoreboard.md"
README = ROOT / "README.md"
BEGIN, END = "<!-- scoreboard -->\n", "<!-- /scoreboard -->\n"
_ORDER = ("kills-sqlite", "kills-postgresql", "power", "disk", "postgres")
_COLUMNS = {
    "campaign": "campaign",
    "tried": "tried",
    "survived": "survived",
    "bound": "failure rate below",
    "acknowledged_lost": "acknowledged rows lost",
    "doubled": "irreversible doubled",
    "recorded_not_done": "recorded but not done",
    "skipped_as_passed": "skipped counted as passed",
    "stuck_runs": "stuck runs",
    "worst_recovery_seconds": "worst recovery, s",
}
_SHORT = ("campaign", "tried", "survived", "acknowledged_lost", "doubled", "recorded_not_done")
_HEAD = """\
# Scoreboard

What was done to the station, and what it lost. Made by `python -m tests.campaigns.scoreboard` from
the files of [docs/results](results); each campaign is one command, below, and a smaller set of each
is part of the tests. The real daemon works on a rack of simulated boards over HTTPS that loses one
request for good in ten, loses one answer in five, and applies one request in ten two seconds after
it has cut the connection. What happened is judged from three sources that know nothing of one
another: the database, the world log of the boards, and the log of what the writer acknowledged.

With no failure in n independent trials the failure rate is below 3/n with 95 % confidence.
"""
_SABOTAGE = """\
## Sabotage

Mistakes that were planted in the program, each of which must turn its campaign red: on the virtual
clock the first shift from seed 1 on that shows it, on the real daemon a test of its own
(`tests/campaigns/test_sabotage.py`).
"""
_DESIGNS = """\
## Five designs of the step that cannot be undone

Models of twenty lines each under kill -9, lost requests (one in ten) and lost answers (one in
five); in the slow world a client gives up after 0.1 s while the other side may apply the request
for 0.3 s. The last design is the one of this program, whose own figures are those above.
"""


def results() -> list[dict[str, Any]]:
    """Return the results of all campaigns, in the order of the page."""
    found = []
    for path in sorted(RESULTS.glob("*.json")):
        result = json.loads(path.read_text(encoding="utf-8"))
        if "campaign" in result:
            place = _ORDER.index(path.stem) if path.stem in _ORDER else len(_ORDER)
            found.append((place, path.stem, result))
    rows = [result for _, _, result in sorted(found, key=lambda each: each[:2])]
    rehearsed = [path for path in REHEARSALS if path.exists()][:1]
    rows = [*(_rehearsal(json.loads(path.read_text("utf-8"))) for path in rehearsed), *rows]
    return [{**row, "bound": _bound(row)} for row in rows]


def _rehearsal(figures: dict[str, Any]) -> dict[str, Any]:
    """Return the figures of the rehearsal as a row; its judge counts promises, not rows."""
    clean = figures["violations"] == 0
    counted = ("acknowledged_lost", "doubled", "recorded_not_done", "skipped_as_passed")
    return {
        **figures,
        **dict.fromkeys((*counted, "stuck_runs"), 0 if clean else "see there"),
        "campaign": f"seeded shifts on a virtual clock, {figures['boards']:,} boards",
        "tried": figures["shifts"],
        "survived": figures["shifts"] - len(figures["failed_seeds"]),
        "worst_recovery_seconds": "virtual",
        "faults": {**figures["faults_injected"], "restarts": figures["restarts"]},
    }


def page() -> str:
    """Return the page."""
    rows = results()
    parts = [_HEAD, _table(rows, tuple(_COLUMNS)), "## Campaigns\n", *map(_campaign, rows)]
    if PLANTED.exists():
        parts += [_SABOTAGE, _planted(json.loads(PLANTED.read_text(encoding="utf-8")))]
    designs = RESULTS / "designs.json"
    if designs.exists():
        parts += [_DESIGNS, _designs(json.loads(designs.read_text(encoding="utf-8")))]
    return "\n".join(parts)


def short() -> str:
    """Return the table of the README."""
    return _table(results(), _SHORT)


def _bound(result: dict[str, Any]) -> str:
    return f"{300 / result['tried']:.2g} %" if result["survived"] == result["tried"] else "-"


def _table(rows: Sequence[dict[str, Any]], columns: Sequence[str]) -> str:
    lines = [
        f"| {' | '.join(_COLUMNS[name] for name in columns)} |",
        f"|{'---|' * len(columns)}",
    ]
    for row in rows:
        cells = [_number(row.get(name, 0)) for name in columns]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def _number(value: object) -> str:
    return f"{value:,}" if isinstance(value, int | float) else str(value)


def _campaign(row: dict[str, Any]) -> str:
    lines = [f"### {row['campaign']}\n", f"    {row['command']}\n"]
    facts = [f"Commit {row['commit']}, {row['date']}"]
    if row.get("seconds"):
        facts.append(f"{row['seconds']:,.0f} s")
    if row.get("acknowledged"):
        facts.append(f"{row['acknowledged']:,} rows acknowledged")
    if row.get("irreversible"):
        facts.append(f"{row['irreversible']:,} irreversible operations applied by the boards")
    lines.append(", ".join(facts) + f", {row['violations']} violations.\n")
    faults = sorted(row.get("faults", {}).items())
    lines += ["| what happened | times |", "|---|---|"]
    lines += [f"| {name} | {_number(times)} |" for name, times in faults]
    return "\n".join(lines) + "\n"


def _planted(found: dict[str, Any]) -> str:
    caught = found["caught_at_seed"].items()
    lines = ["| planted mistake | caught |", "|---|---|"]
    lines += [f"| {name} | shift {seed} |" for name, seed in caught]
    lines += [f"| {name} | by its test |" for name in SABOTAGES]
    return "\n".join(lines) + "\n"


def _designs(found: dict[str, Any]) -> str:
    lines = [
        f"    {found['command']}\n",
        f"Commit {found['commit']}.\n",
        "| design | world | units | kills | doubled | recorded, never done |",
        "|---|---|---|---|---|---|",
    ]
    for row in found["designs"]:
        cells = (row["units"], row["kills"], row["doubled"], row["recorded_not_done"])
        numbers = " | ".join(_number(cell) for cell in cells)
        lines.append(f"| {row['design']} | {row['world']} | {numbers} |")
    return "\n".join(lines) + "\n"


def readme(text: str) -> str:
    """Return the README with its table as the results are now. Raises ValueError without marks."""
    head, mark, rest = text.partition(BEGIN)
    _, end, tail = rest.partition(END)
    if not mark or not end:
        raise ValueError(f"README.md has lost its marks {BEGIN.strip()} and {END.strip()}")
    return f"{head}{mark}{short()}{end}{tail}"


def main() -> None:
    """Write the page and the table of the README."""
    PAGE.write_text(page(), encoding="utf-8")
    README.write_text(readme(README.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    main()
