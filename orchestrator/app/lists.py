"""Works lists of ids: claims devices in the cloud, or registers them in the portal, without boards.

The recipe of a list is shipped; each line of the CSV file gives its inputs. What a line must have
is said by the table `KINDS`, one row per kind of list.
"""

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from structlog.typing import FilteringBoundLogger

from orchestrator.app.evidence import open_evidence
from orchestrator.app.services import Tell, open_services
from orchestrator.audit.database import Audit, reading
from orchestrator.audit.queries import Row, intents_of_kinds, open_runs, passed_runs
from orchestrator.domain.clock import SystemClock
from orchestrator.domain.errors import InputMistakes, Unreachable
from orchestrator.domain.ids import TimeOrderedIds
from orchestrator.domain.intents import EarlierIntent
from orchestrator.domain.shipped import shipped
from orchestrator.domain.unit import DeviceIdentity, Unit
from orchestrator.recipe.check import load_plan
from orchestrator.recipe.plan import Plan
from orchestrator.station.audit_past import intent_of, open_run_of
from orchestrator.station.listed import LineOutcome, Listed, ListParts, Memory, Noted, work_list
from orchestrator.station.recipes import ReadyRecipe
from orchestrator.station.rows import canonical
from orchestrator.station.services import Services
from orchestrator.station.settings import ListSettings
from orchestrator.steps.table import definitions
from orchestrator.systems.azure_sphere_cloud.cloud import SphereCloud
from orchestrator.systems.azure_sphere_cloud.pooled import PooledCloud
from orchestrator.systems.azure_sphere_device.fixture import SYSTEM as SPHERE

_LARGEST_FILE_BYTES = 64 << 20
_MOST_LINES = 100_000
_SECONDS_IN_LINE = 5.0
_FEWEST_AT_ONCE, _MOST_AT_ONCE = 16, 1024


@dataclass(frozen=True, slots=True)
class ListKind:
    """One kind of list: its recipe, the system its ids belong to, and its columns.

    `columns` maps the column of the CSV file to the recipe's input; the first one holds the id.
    """

    recipe: str
    system: str
    id_column: str
    columns: Mapping[str, str]
    id_digits: int


KINDS: Mapping[str, ListKind] = {
    "claim": ListKind(
        recipe="cloud-claim-list.yaml",
        system=SPHERE,
        id_column="DeviceId",
        columns={"ProductName": "product", "DeviceGroupName": "device_group"},
        id_digits=128,
    ),
    "register": ListKind(
        recipe="portal-register-list.yaml",
        system="lora",
        id_column="DeviceId",
        columns={"DeviceName": "name", "ModelId": "model"},
        id_digits=16,
    ),
}
"""The lists that the command line knows."""


def read_list(path: Path, kind: ListKind) -> list[Listed]:
    """Return the lines of a CSV file. Raises InputMistakes that names every wrong line.

    Ids are compared without regard to case; one that stands twice is a mistake of its second line.
    """
    rows = _rows(path, [kind.id_column, *kind.columns])
    mistakes: list[str] = []
    seen: dict[str, int] = {}
    lines: list[Listed] = []
    for number, row in rows:
        device_id = row[kind.id_column].strip().lower()
        if len(device_id) != kind.id_digits or not _is_hexadecimal(device_id):
            shown = device_id if len(device_id) <= 40 else device_id[:37] + "..."
            mistakes.append(
                f"line {number}: {shown!r} is no {kind.id_column}; it has {kind.id_digits} "
                "hexadecimal digits"
            )
            continue
        if device_id in seen:
            mistakes.append(f"line {number}: the same id as in line {seen[device_id]}")
            continue
        seen[device_id] = number
        given = {name: row[column].strip() for column, name in kind.columns.items()}
        empty = [column for column, name in kind.columns.items() if not given[name]]
        if empty:
            mistakes.append(f"line {number}: {', '.join(empty)} is empty")
            continue
        identity = DeviceIdentity(kind.system, device_id)
        lines.append(Listed(number, identity, Unit(None, None, None), given))
    if mistakes:
        shown_mistakes = mistakes[:50] + ([f"and {len(mistakes) - 50} more"] * (len(mistakes) > 50))
        raise InputMistakes(
            "\n".join([f"{path} has {len(mistakes)} wrong lines", *shown_mistakes]),
            remedy="Correct the file. Nothing was started",
        )
    return lines


def _is_hexadecimal(text: str) -> bool:
    return all(letter in "0123456789abcdef" for letter in text)


def _rows(path: Path, wanted: Sequence[str]) -> list[tuple[int, dict[str, str]]]:
    try:
        content = path.read_bytes()[: _LARGEST_FILE_BYTES + 1]
        text = content.decode("utf-8-sig")
    except OSError as error:
        raise InputMistakes(
            f"{path} cannot be read: {error.strerror}", remedy="Name an existing CSV file"
        ) from error
    except UnicodeDecodeError as error:
        raise InputMistakes(f"{path} is no UTF-8 text", remedy="Save it as CSV UTF-8") from error
    try:
        return _read(path, text, wanted, too_large=len(content) > _LARGEST_FILE_BYTES)
    except csv.Error as error:
        raise InputMistakes(f"{path} is no CSV: {error}", remedy="Save it as CSV UTF-8") from error


def _read(
    path: Path, text: str, wanted: Sequence[str], *, too_large: bool
) -> list[tuple[int, dict[str, str]]]:
    reader = csv.DictReader(io.StringIO(text, newline=""))
    missing = [column for column in wanted if column not in (reader.fieldnames or ())]
    if missing or too_large:
        raise InputMistakes(
            f"{path} has no column {', '.join(missing)}" if missing else f"{path} is too large",
            remedy=f"The first line must be: {','.join(wanted)}",
        )
    rows = [(reader.line_num, {c: row[c] or "" for c in wanted}) for row in reader]
    if len(rows) > _MOST_LINES:
        raise InputMistakes(
            f"{path} has {len(rows)} lines", remedy=f"Split it: {_MOST_LINES} lines at most"
        )
    return rows


def done_before(settings: ListSettings, kind: ListKind, lines: Sequence[Listed]) -> set[int]:
    """Return the lines that the audit shows as done. Raises AuditUnavailable."""
    plan = _plan(kind)
    try:
        with reading(settings.database_url) as connection:
            passed = _by_identity(passed_runs(connection, plan.content_hash))
    except Unreachable:
        return set()
    return {line.line for line in lines if canonical(line.inputs) in passed.get(line.identity, {})}


def _plan(kind: ListKind) -> Plan:
    catalogue = {name: definition.signature for name, definition in definitions().items()}
    return load_plan(shipped("recipes") / kind.recipe, catalogue)


def _by_identity(rows: Sequence[Row]) -> dict[DeviceIdentity, dict[str, str]]:
    passed: dict[DeviceIdentity, dict[str, str]] = {}
    for row in rows:
        identity = DeviceIdentity(row["system"], row["device_id"])
        passed.setdefault(identity, {})[row["inputs"]] = row["run_id"]
    return passed


async def run_list(
    settings: ListSettings,
    kind: ListKind,
    lines: Sequence[Listed],
    noted: Noted,
    *,
    log: FilteringBoundLogger,
    tell: Tell,
    at_once: int | None,
) -> list[LineOutcome]:
    """Work `lines` with the services of the settings; every outcome goes to the audit.

    `at_once` of them at a time; None is as many as the service's pace keeps waiting for seconds.
    Raises what opening the evidence and the services raises, AuditUnavailable.
    """
    plan = _plan(kind)
    kinds = {step.uses for step in plan.steps()}
    clock = SystemClock()
    async with (
        open_evidence(settings, log) as evidence,
        open_services(settings, tell) as services,
    ):
        parts = ListParts(
            station=settings.station.name,
            recorder=evidence.audit,
            memory=lambda: _memory(evidence.audit, settings.station.name, plan.content_hash, kinds),
            ready=ReadyRecipe(plan, {}, {}),
            definitions=definitions(),
            resources=_pooled(services),
            clock=clock,
            ids=TimeOrderedIds(clock),
            database_version=evidence.audit.database_version,
        )
        return await work_list(parts, lines, noted, at_once=at_once or _at_once(settings, kind))


def _at_once(settings: ListSettings, kind: ListKind) -> int:
    """Return how many lines to work at a time: more fill each request, too many outwait theirs."""
    section = settings.cloud if kind.system == SPHERE else settings.portal
    pace = section.requests_per_second if section is not None else 0.0
    return min(max(int(pace * _SECONDS_IN_LINE), _FEWEST_AT_ONCE), _MOST_AT_ONCE)


def _pooled(services: Services) -> Services:
    """Return the services for many lines at once."""
    pooled = dict(services)
    cloud = pooled.get(SphereCloud)
    if cloud is not None:
        pooled[SphereCloud] = PooledCloud(cast("SphereCloud", cloud))
    return pooled


async def _memory(audit: Audit, station: str, recipe_hash: str, kinds: set[str]) -> Memory:
    """Ask the audit what it knows of this list."""
    passed = _by_identity(await audit.read(passed_runs, recipe_hash))
    earlier: dict[DeviceIdentity, list[EarlierIntent]] = {}
    for row in await audit.read(intents_of_kinds, kinds):
        intent = intent_of(row)
        earlier.setdefault(intent.identity, []).append(intent)
    left = [open_run_of(row) for row in await audit.read(open_runs, station=station)]
    return Memory(passed, earlier, left)
