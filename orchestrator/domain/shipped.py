"""Where the files that travel inside the wheel lie: migrations, recipes, example settings.

In a source tree they stand at the top level; the wheel carries them under `orchestrator/shipped/`.
"""

from pathlib import Path
from typing import Literal

_PACKAGE = Path(__file__).resolve().parent.parent


def shipped(folder: Literal["migrations", "recipes", "config"]) -> Path:
    """Return the folder as it lies on this machine. Raises FileNotFoundError when it is missing."""
    for candidate in (_PACKAGE / "shipped" / folder, _PACKAGE.parent / folder):
        if candidate.is_dir():
            return candidate
    raise FileNotFoundError(f"the installation is incomplete: {folder} is missing; install again")
