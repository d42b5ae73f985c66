"""Reads the text of a file that describes what is pretended: TOML, whatever its keys mean."""

import tomllib
from pathlib import Path
from typing import Any

from orchestrator.domain.errors import ConfigurationMistakes


def read_described(path: Path, kind: str) -> tuple[str, dict[str, Any]]:
    """Return the text of a `rack` or `hosts` file, and what it says.

    Raises ConfigurationMistakes when it cannot be read or is no TOML.
    """
    try:
        text = path.read_text(encoding="utf-8")
        return text, tomllib.loads(text)
    except (OSError, ValueError, RecursionError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise ConfigurationMistakes(
            f"the {kind} file cannot be read: {reason}",
            remedy=f"Write it as described in docs/reference/{kind}-file.md",
            where={"file": str(path)},
        ) from error
