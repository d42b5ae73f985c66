"""Joins what pages for engineers and quality ask besides the audit: files, certificates, trials.

Checking files and making certificates happens when somebody asks, in a thread, so that no board
waits for it.
"""

from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path

from anyio.to_thread import run_sync

from orchestrator.audit.certificate import issue
from orchestrator.audit.database import Audit
from orchestrator.audit.keys import load_key
from orchestrator.domain.errors import InputMistakes
from orchestrator.recipe.check import check_recipe
from orchestrator.recipe.render import as_text
from orchestrator.recipe.signature import StepSignature
from orchestrator.station.daemon import Parts
from orchestrator.station.office import CheckedFile, Office, TryRecipe
from orchestrator.station.settings import Settings
from orchestrator.systems.azure_sphere_device.image_package import inspect_image


def make_office(
    settings: Settings, parts: Parts, audit: Audit, attempt: TryRecipe | None
) -> Office:
    """Return the doors of one station; `attempt` tries a recipe on a simulated board."""
    catalogue = {name: step.signature for name, step in parts.definitions.items()}

    async def files() -> Sequence[CheckedFile]:
        return await run_sync(check_files, settings.recipes.files, catalogue)

    async def certificate(name: str) -> str:
        key = await run_sync(load_key, settings.station.data_dir)
        if key is None:
            raise InputMistakes(
                f"there is no certificate for {name}: the station has no signing key",
                remedy="Make one with: orchestrator station init",
            )
        return await audit.read(partial(issue, name=name, key=key))

    return Office(files=files, certificate=certificate, attempt=attempt)


def check_files(files: Sequence[Path], catalogue: Mapping[str, StepSignature]) -> list[CheckedFile]:
    """Check recipe files as they are now."""
    return [_checked(file, catalogue) for file in files]


def _checked(file: Path, catalogue: Mapping[str, StepSignature]) -> CheckedFile:
    result = check_recipe(file, catalogue, inspect_image)
    found = result.plan.content_hash if result.plan is not None else ""
    text = as_text(result) if result.mistakes else ""
    return CheckedFile(str(file), found, result.errors, result.warnings, text)
