"""Writes the reference of the station API: `python -m orchestrator.web.describe docs/reference`.

`station-api.json` is the OpenAPI document, `station-api.md` the tables for people; a test compares
both with what is in the folder.
"""

import inspect
import json
import sys
from collections.abc import Mapping
from pathlib import Path

from orchestrator.domain.people import Role
from orchestrator.web.api import PREFIX
from orchestrator.web.api.routes import describe
from orchestrator.web.api.table import AT_ROOT, OPERATIONS
from orchestrator.web.application import bare_application
from orchestrator.web.problem_kinds import KINDS
from orchestrator.web.rights import RIGHTS, SCOPES, WORDS, Right

_HEAD = """\
# Station API

Served beside the panel under `/api/v1` when the settings have [`[web]`](settings.md). The whole
description for programs is [station-api.json](station-api.json) (OpenAPI 3.1); from Python use
`orchestrator.web.client.StationApi`, whose methods have the names of the operations. How people and
programs get in: [Let people and programs in](../how-to/let-people-in.md). Made by
`python -m orchestrator.web.describe docs/reference`.

Every operation answers JSON; refusals are `application/problem+json` with `detail`, `what_to_do`
and `code`. Unknown query parameters are refused. Lists go on with `after`, the `next` of the page
before. Commands take an `Idempotency-Key` and are carried out once. Closing and opening need the
ETag that was read before as `If-Match`. `follow_events` is a stream of server-sent events; whoever
comes back with `Last-Event-ID` misses nothing.
"""


def document() -> str:
    """Return the OpenAPI document as text."""
    return json.dumps(describe(bare_application()), indent=1, ensure_ascii=False) + "\n"


def tables() -> str:
    """Return the tables for people as Markdown."""
    blocks = [_HEAD, "## Operations", "", _operations(), "", "## Rights", "", _rights()]
    blocks += ["", "## Problems", "", _problems()]
    return "\n".join(blocks) + "\n"


def _operations() -> str:
    lines = ["| operation | | right | |", "|---|---|---|---|"]
    for row in OPERATIONS:
        says = (inspect.getdoc(row.handler) or "").partition("\n")[0]
        right = "by what the code does" if row.right is None else row.right.value
        if row.right is Right.STOP:
            right = "none"
        root = f", `{row.path}`" if row.name in AT_ROOT else ""
        place = f"`{row.method} {PREFIX}{row.path}`{root}"
        lines.append(f"| `{row.name}` | {place} | {right} | {says} |")
    return "\n".join(lines)


def _rights() -> str:
    roles = [role for role in Role if role is not Role.SERVICE]
    lines = [
        f"| right | to | nobody signed in | {' | '.join(roles)} | scopes of a token |",
        f"|---|---|---|{'---|' * len(roles)}---|",
    ]
    for right, holders in RIGHTS.items():
        marks = " | ".join("yes" if role in holders else "" for role in roles)
        scopes = ", ".join(f"`{name}`" for name, rights in SCOPES.items() if right in rights)
        free = "yes" if Role.VIEWER in holders else ""
        every = "every" if Role.SERVICE in holders else scopes
        lines.append(f"| `{right}` | {WORDS[right]} | {free} | {marks} | {every} |")
    return "\n".join(lines)


def _problems() -> str:
    lines = ["| code | | |", "|---|---|---|"]
    lines += [f"| `{code}` | {kind.title} | {kind.about} |" for code, kind in KINDS.items()]
    return "\n".join(lines)


def pages() -> Mapping[str, str]:
    """Return every generated page with what it must contain."""
    return {"station-api.json": document(), "station-api.md": tables()}


def main(arguments: list[str]) -> None:
    """Write the pages into the folder that is named."""
    for name, content in pages().items():
        (Path(arguments[0]) / name).write_text(content, encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main(sys.argv[1:])
