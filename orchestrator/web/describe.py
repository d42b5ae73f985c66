"""Writes the interface description of the station API: `python -m orchestrator.web.describe FILE`.

A test compares it with `docs/reference/station-api.json`.
"""

import json
import sys
from pathlib import Path

from orchestrator.web.api.routes import describe
from orchestrator.web.application import bare_application


def document() -> str:
    """Return the OpenAPI document as text."""
    return json.dumps(describe(bare_application()), indent=1, ensure_ascii=False) + "\n"


def main(arguments: list[str]) -> None:
    """Write the document into the file that is named."""
    Path(arguments[0]).write_text(document(), encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
