"""The result of a campaign as one JSON file; `scoreboard.py` makes the published table of them."""

import json
import subprocess
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from tests.campaigns.rig import ROOT

RESULTS = ROOT / "docs" / "results"


@dataclass
class Result:
    """What a campaign came to. `survived` counts the trials behind which nothing was wrong."""

    campaign: str
    command: str
    tried: int = 0
    survived: int = 0
    acknowledged: int = 0
    acknowledged_lost: int = 0
    irreversible: int = 0
    doubled: int = 0
    recorded_not_done: int = 0
    skipped_as_passed: int = 0
    stuck_runs: int = 0
    worst_recovery_seconds: float = 0.0
    violations: int = 0
    seconds: float = 0.0
    faults: Counter[str] = field(default_factory=Counter)
    sentences: list[str] = field(default_factory=list)
    commit: str = ""
    date: str = ""

    def blame(self, sentence: str) -> None:
        """Note a violation."""
        self.violations += 1
        if len(self.sentences) < 50:
            self.sentences.append(sentence)

    def recovered(self, seconds: float) -> None:
        """Note how long it took until work went on."""
        self.worst_recovery_seconds = round(max(self.worst_recovery_seconds, seconds), 2)

    def add(self, other: "Result") -> None:
        """Add the figures of another part of the same campaign."""
        for name in (
            *("tried", "survived", "acknowledged", "acknowledged_lost", "irreversible", "doubled"),
            *("recorded_not_done", "skipped_as_passed", "stuck_runs", "violations"),
        ):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.recovered(other.worst_recovery_seconds)
        self.faults += other.faults
        self.sentences += other.sentences

    def go_on_from(self, path: Path, answered: str) -> None:
        """Add an earlier result of this campaign; what it says of `answered` is asked anew."""
        found = json.loads(path.read_text(encoding="utf-8"))
        earlier = Result(**{**found, "faults": Counter(found["faults"])})
        kept = [each for each in earlier.sentences if not each.startswith(answered)]
        earlier.violations -= len(earlier.sentences) - len(kept)
        earlier.sentences = kept
        self.add(earlier)
        self.command = f"{earlier.command}; {self.command} --after FILE"
        self.seconds += earlier.seconds
        self.commit = earlier.commit

    def line(self) -> str:
        """Say it in one line, for people who wait for it."""
        return (
            f"{self.campaign}: {self.tried} tried, {self.survived} survived, "
            f"{self.violations} violations, {self.acknowledged_lost} of {self.acknowledged} "
            f"acknowledged lost, {self.doubled} of {self.irreversible} doubled, "
            f"worst recovery {self.worst_recovery_seconds} s, {self.seconds:.0f} s"
        )

    def write(self, path: Path | None) -> None:
        """Write the file, with commit and date."""
        self.commit = ", ".join(dict.fromkeys([*filter(None, [self.commit]), commit()]))
        self.date = datetime.now(UTC).strftime("%Y-%m-%d")
        self.seconds = round(self.seconds, 1)
        if path is not None:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(json.dumps(vars(self), indent=2) + "\n", encoding="utf-8")


def commit() -> str:
    """Return the commit of the sources, short."""
    done = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stdout.strip() or "unknown"
