"""Trying a recipe on a simulated board: the real steps, an answer, and nothing left behind."""

from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import anyio
import pytest

from orchestrator.domain.prompts import Picture, PromptKind, Question
from orchestrator.recipe.check import load_plan
from orchestrator.simulation import trial
from orchestrator.simulation.trial import Willing, try_recipe
from orchestrator.station.answers import checked
from orchestrator.station.recipes import ReadyRecipe
from orchestrator.steps.table import definitions
from orchestrator.systems.azure_sphere_device.image_package import inspect_image

RECIPES = Path(__file__).resolve().parents[2] / "recipes"


def ready(name: str, **inputs: str) -> ReadyRecipe:
    """Return a shipped recipe with these inputs."""
    catalogue = {name: each.signature for name, each in definitions().items()}
    plan = load_plan(RECIPES / name, catalogue, inspect_image)
    given = {key: each.default for key, each in plan.inputs.items() if each.default is not None}
    return ReadyRecipe(plan, {**given, **inputs}, {})


async def test_a_good_recipe_passes_on_a_new_board() -> None:
    """Every step is there with its outcome, its measurements and its time."""
    told = await try_recipe(ready("guardian-line.yaml", os_version="22.11"))
    assert told.outcome == "PASS", told
    assert {row["outcome"] for row in told.steps} <= {"PASS", "SKIPPED"}
    assert [row["sequence"] for row in told.steps] == list(range(1, len(told.steps) + 1))
    assert any(row["measurements"] for row in told.steps)
    assert told.duration_us > 0
    assert "OS 22.11" in told.note


async def test_every_trial_has_a_new_board() -> None:
    """What cannot be undone was done to a board that is gone: the next one is blank again."""
    recipe = ready("guardian-line.yaml", os_version="22.11")
    assert [(await try_recipe(recipe)).outcome for _ in range(2)] == ["PASS", "PASS"]


async def test_a_step_that_needs_more_than_a_board_says_so() -> None:
    """Only the board is pretended; the run ends ERROR at the step and names what is missing."""
    told = await try_recipe(ready("full-line.yaml"))
    assert told.outcome == "ERROR"
    assert "does not provide" in told.message


async def test_the_line_does_not_wait_for_a_trial() -> None:
    """The event loop of the station goes round while a trial is under way."""
    rounds = 0

    async with anyio.create_task_group() as tasks:

        async def go_round() -> None:
            nonlocal rounds
            while True:
                rounds += 1
                await anyio.lowlevel.checkpoint()

        tasks.start_soon(go_round)
        await try_recipe(ready("guardian-line.yaml", os_version="22.11"))
        tasks.cancel_scope.cancel()
    assert rounds > 100


async def test_a_trial_that_takes_too_long_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """It ends with a sentence about time."""
    from orchestrator.domain.errors import DeadlineExceeded

    monkeypatch.setattr(trial, "MOST_SECONDS", 0.0)
    with pytest.raises(DeadlineExceeded, match="not over after"):
        await try_recipe(ready("guardian-line.yaml", os_version="22.11"))


@pytest.mark.parametrize(
    "question",
    [
        Question(PromptKind.CONFIRM, "Done?"),
        Question(PromptKind.CHOOSE, "Which?", options=("a", "b")),
        Question(
            PromptKind.LOOK, "Look.", options=("good", "bad"), picture=Picture(b"", "image/png", "")
        ),
        Question(PromptKind.NUMBER, "How much?", minimum=Decimal(1), maximum=Decimal(2)),
        Question(PromptKind.NUMBER, "How much?", minimum=Decimal(1)),
        Question(PromptKind.NUMBER, "How much?", maximum=Decimal(2)),
        Question(PromptKind.NUMBER, "How much?"),
        Question(PromptKind.TEXT, "Say.", pattern=r"[A-Z]\d", looks_like="A1"),
        Question(PromptKind.SCAN, "Scan.", pattern=r"SN\d+", looks_like="SN1"),
        Question(PromptKind.CHECKLIST, "All?", options=("a", "b")),
    ],
    ids=lambda question: str(question.kind),
)
async def test_the_person_of_a_trial_answers_what_counts(question: Question) -> None:
    """Each answer is one that the station would take."""
    willing = Willing()
    reply = await willing.ask(question)
    assert reply.yes
    checked(question, reply.text, yes=True)
    assert willing.open_prompts() == ()


def test_a_board_has_the_version_that_the_recipe_is_given() -> None:
    """Without an input of that name it has the newest usual one."""
    recipe = ready("guardian-line.yaml", os_version="22.09")
    assert trial._board_for(recipe).os_version == "22.09"
    assert trial._board_for(replace(recipe, inputs={})).os_version == "22.11"
