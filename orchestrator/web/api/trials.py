"""Trying a recipe on a simulated board, and looking at how it went. None of it is evidence."""

import json
from typing import Annotated

from fastapi import Depends, Path
from starlette.requests import Request

from orchestrator.domain.outcome import Outcome
from orchestrator.web.api.evidence import Step
from orchestrator.web.api.models import Answer, Word
from orchestrator.web.trials import KeptTrial, Trials


class Trial(Answer):
    """How a recipe went on a simulated board; `note` says what was pretended."""

    trial_id: str
    recipe: str
    version: str
    content_hash: str
    outcome: Outcome
    message: str
    note: str
    began_at: str
    duration_us: int
    steps: list[Step]


def trials_of(request: Request) -> Trials:
    """Return the trials of the station."""
    trials: Trials = request.app.state.trials
    return trials


AtBench = Annotated[Trials, Depends(trials_of)]


async def try_recipe(
    content_hash: Annotated[Word, Path(description="Content hash of a loaded recipe.")],
    trials: AtBench,
) -> Trial:
    """Run a recipe on a simulated board, and return how it went; nothing of it is recorded."""
    return _shown(await trials.attempt(content_hash))


async def get_trial(
    trial: Annotated[Word, Path(description="Id of a trial that is still kept.")],
    trials: AtBench,
) -> Trial:
    """Return how a trial went; the last few are kept until the station stops."""
    return _shown(trials.get(trial))


def _shown(kept: KeptTrial) -> Trial:
    trial = kept.trial
    steps = [{**row, "parameters": json.loads(row["parameters"])} for row in trial.steps]
    return Trial(
        trial_id=kept.trial_id,
        recipe=trial.recipe,
        version=trial.version,
        content_hash=trial.content_hash,
        outcome=Outcome(trial.outcome),
        message=trial.message,
        note=trial.note,
        began_at=trial.began_at,
        duration_us=trial.duration_us,
        steps=[Step.model_validate(step) for step in steps],
    )
