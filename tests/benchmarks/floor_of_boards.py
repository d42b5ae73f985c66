"""What the station benchmarks share: a rack in a process of its own and settings for it."""

import sqlite3
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, closing
from pathlib import Path
from typing import Any

from orchestrator.cli.child import running_child
from orchestrator.cli.demo import rack_command, settings_text


def _write_rack(folder: Path, text: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    rack_file = folder / "rack.toml"
    rack_file.write_text(text, encoding="utf-8")
    return rack_file


@asynccontextmanager
async def rack(folder: Path, text: str) -> AsyncIterator[Path]:
    """Run the boards of a rack file; gives the settings file of a station for them."""
    rack_file = _write_rack(folder, text)
    async with running_child(
        rack_command(folder, rack_file), folder / "rack.log", 120, 10
    ) as ready:
        settings = folder / "station.toml"
        settings.write_text(settings_text(ready), encoding="utf-8")
        yield settings


def ask(folder: Path, sql: str) -> Sequence[tuple[Any, ...]]:
    """Ask the audit of a finished station with plain SQL."""
    with closing(sqlite3.connect(f"file:{folder / 'audit.db'}?mode=ro", uri=True)) as audit:
        return audit.execute(sql).fetchall()
