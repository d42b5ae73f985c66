"""Mistakes of a recipe as data, and the collector that all checks write to.

A mistake knows where it is, what to say and what would be right; how it looks on a screen is
decided in `recipe.render`.
"""

import difflib
from collections.abc import Iterable, Mapping
from typing import Literal, NamedTuple

from orchestrator.recipe.nodes import Place
from orchestrator.recipe.plan import Plan

MOST_MISTAKES = 50
"""So many mistakes of one recipe are reported; who has more will run the check again anyway."""


class Mistake(NamedTuple):
    """One mistake. `code` is a key of `recipe.codes`; `place` is what the carets underline.

    `label` stands beside the carets, `allowed` lists what could stand there, `help` says what to
    do, `replacement` is text that may take the place's place. `also` are further places with a
    label each; `context` is the first line to show above the place. `included_at` is where the
    recipe includes the file of `place`.
    """

    code: str
    message: str
    place: Place
    label: str = ""
    allowed: tuple[str, ...] = ()
    help: str = ""
    replacement: str | None = None
    severity: Literal["error", "warning"] = "error"
    also: tuple[tuple[Place, str], ...] = ()
    context: int | None = None
    included_at: Place | None = None

    @property
    def position(self) -> tuple[int, int, int, int, str]:
        """Where the mistake stands in the order of reading."""
        outer = self.included_at or self.place
        inner = (self.place.line, self.place.column) if self.included_at else (0, 0)
        return (outer.line, outer.column, *inner, self.code)


class CheckResult(NamedTuple):
    """What a check found. `plan` is there when no mistake is an error.

    `sources` are the lines of every file that was read, by the name that places use. `left_out`
    counts the mistakes above `MOST_MISTAKES`.
    """

    plan: Plan | None
    mistakes: tuple[Mistake, ...]
    sources: Mapping[str, tuple[str, ...]]
    left_out: int = 0

    @property
    def errors(self) -> int:
        """How many mistakes keep the recipe from running."""
        return sum(mistake.severity == "error" for mistake in self.mistakes)

    @property
    def warnings(self) -> int:
        """How many mistakes are worth a look and keep nothing from running."""
        return len(self.mistakes) - self.errors


class Report:
    """Collects the mistakes of one check, each once, and the lines they point at."""

    def __init__(self) -> None:
        self._mistakes: dict[Mistake, None] = {}
        self.sources: dict[str, tuple[str, ...]] = {}
        self.included_at: Place | None = None

    def add(self, mistake: Mistake) -> None:
        """Keep `mistake`; one that stands in an included file learns where that happened."""
        if self.included_at and mistake.place.file != self.included_at.file:
            mistake = mistake._replace(included_at=self.included_at)
        self._mistakes.setdefault(mistake)

    def error(
        self,
        code: str,
        place: Place,
        message: str,
        *,
        label: str = "",
        allowed: Iterable[str] = (),
        help: str = "",  # noqa: A002 - the word of the message form
        replacement: str | None = None,
        also: tuple[tuple[Place, str], ...] = (),
        context: int | None = None,
    ) -> None:
        """Keep something that keeps the recipe from running."""
        self.add(
            Mistake(
                code,
                message,
                place,
                label,
                tuple(allowed),
                help,
                replacement,
                also=also,
                context=context,
            )
        )

    def warning(self, code: str, place: Place, message: str, *, label: str = "") -> None:
        """Keep something that is worth a look."""
        self.add(Mistake(code, message, place, label, severity="warning"))

    @property
    def failed(self) -> bool:
        """True when the recipe cannot run."""
        return any(mistake.severity == "error" for mistake in self._mistakes)

    def result(self, plan: Plan | None) -> CheckResult:
        """Return what was found, in the order of the file, cut at `MOST_MISTAKES`.

        Errors go before warnings when there is no room for both.
        """
        chosen = sorted(
            self._mistakes, key=lambda each: (each.severity != "error", *each.position)
        )[:MOST_MISTAKES]
        chosen.sort(key=lambda each: each.position)
        left_out = len(self._mistakes) - len(chosen)
        return CheckResult(None if self.failed else plan, tuple(chosen), self.sources, left_out)


def nearest(word: str, known: Iterable[str]) -> str | None:
    """Return the one of `known` that `word` was probably meant to be, None without a guess."""
    close = difflib.get_close_matches(word[:80], list(known), n=1, cutoff=0.6)
    return close[0] if close else None


def did_you_mean(word: str, known: Iterable[str]) -> tuple[str, str | None]:
    """Return the label for `word` and its replacement; an empty label without a guess."""
    guess = nearest(word, known)
    return (f"did you mean `{guess}`?", guess) if guess else ("", None)
