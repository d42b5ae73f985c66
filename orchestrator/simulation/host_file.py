"""Reads a file that describes pretend hosts: TOML, one table per host, and defaults for all.

The keys are the members of `HostSpec` and of what it is made of, so this file needs no table of
its own. All mistakes are told at once, with file and line; what is given for a password is quoted
by none. The page `docs/reference/hosts-file.md` explains the keys.
"""

import difflib
from collections.abc import Iterator, Mapping
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from orchestrator.domain.errors import ConfigurationMistakes
from orchestrator.simulation.described import read_described
from orchestrator.simulation.rack_lines import find_lines, line_of
from orchestrator.simulation.sockets import host_addresses, without_brackets
from orchestrator.systems.advantech_portal.endpoints import HOST_ENDPOINTS
from orchestrator.systems.advantech_portal.simulator import (
    FULL,
    MODELS,
    Account,
    Command,
    DiskAtStart,
    Excursion,
    Fault,
    HostSpec,
    Port,
    Radio,
    ServiceAtStart,
    Versions,
)
from orchestrator.systems.advantech_portal.simulator.catalogue import FEATURES
from orchestrator.systems.advantech_portal.simulator.refusals import ROWS
from orchestrator.systems.advantech_portal.simulator.spec import FIRST_ADDRESS

PARTS: Mapping[str, type] = {
    "versions": Versions,
    "accounts": Account,
    "ports": Port,
    "radios": Radio,
    "excursions": Excursion,
    "disks": DiskAtStart,
    "services": ServiceAtStart,
    "commands": Command,
    "faults": Fault,
}
"""The keys of a host that hold tables, and what each of them becomes."""

NOT_IN_FILE = {"index", "seed"}
REFUSAL_KEYS = ("status", "words")
_REMEDY = "Correct the file; docs/reference/hosts-file.md explains every key"
_CALLS = {row.name for row in HOST_ENDPOINTS}
_ADAPTER: TypeAdapter[HostSpec] = TypeAdapter(HostSpec)

Place = tuple[str | int, ...]


def load_host_file(
    path: Path, *, hosts: int | None = None, seed: int | None = None, first_address: str = ""
) -> tuple[HostSpec, ...]:
    """Return the hosts that `path` describes.

    `hosts` and `seed` win over the file's `[hosts]`; more hosts than are described have the
    defaults. Hosts without an `address` get those from `first_address` upward. Raises
    ConfigurationMistakes with everything that is wrong.
    """
    text, document = read_described(path, "hosts")
    reading = _Reading(document)
    specs = reading.specs(hosts, seed, first_address)
    if reading.mistakes:
        lines = find_lines(text)
        raise ConfigurationMistakes(
            "\n".join(
                f"{path}:{line_of(lines, place)}: {_words(place)}: {what}"
                for place, what in reading.mistakes
            ),
            remedy=_REMEDY,
        )
    return tuple(specs)


class _Reading:
    """One file that is being read, and its mistakes by their place."""

    def __init__(self, document: Mapping[str, Any]) -> None:
        self._document = document
        self.mistakes: list[tuple[Place, str]] = []

    def specs(self, hosts: int | None, seed: int | None, first: str) -> list[HostSpec]:
        self._known((), self._document, ["hosts", "host"])
        common = self._table("hosts")
        listed = self._listed()
        count = max(hosts or common.pop("hosts", 0) or len(listed) or 1, len(listed))
        common.pop("hosts", None)
        luck = common.pop("seed", 0) if seed is None else seed
        common.pop("seed", None)
        places = iter(host_addresses(first or FIRST_ADDRESS, count + len(listed)))
        taken = {own.get("address") for own in listed}
        found = []
        for index in range(count):
            own = listed[index] if index < len(listed) else {}
            if isinstance(own.get("address"), str):
                own = {**own, "address": without_brackets(own["address"])}
            base: dict[str, Any] = {"index": index, "seed": luck}
            if "address" not in own:
                base["address"] = next(place for place in places if place not in taken)
            spec = self._spec(index, {**base, **common, **own})
            found += [spec] if spec is not None else []
        return found

    def _spec(self, index: int, values: dict[str, Any]) -> HostSpec | None:
        before = len(self.mistakes)
        place: Place = ("host", index)
        self._check(place, values)
        if len(self.mistakes) > before:
            return None
        rows = tuple(
            replace(ROWS[name], **given) for name, given in values.pop("refusals", {}).items()
        )
        try:
            return replace(_ADAPTER.validate_python(values), refusals=rows)
        except ValidationError as error:
            for one in error.errors(include_url=False, include_input=False, include_context=False):
                self.mistakes.append(((*place, *one["loc"]), one["msg"]))
        return None

    def _check(self, place: Place, values: dict[str, Any]) -> None:
        own = [field.name for field in fields(HostSpec)]
        self._known(place, values, own)
        for name, kind in PARTS.items():
            given = values.get(name, [])
            for number, part in enumerate(given if isinstance(given, list) else [given]):
                where = (*place, name, number) if isinstance(given, list) else (*place, name)
                if isinstance(part, dict):
                    self._known(where, part, [field.name for field in fields(kind)])
        self._named((*place, "model"), [values.get("model", FULL.name)], MODELS)
        self._named((*place, "lacks"), values.get("lacks", []), FEATURES)
        for number, fault in enumerate(values.get("faults", [])):
            for key in ("calls", "but"):
                calls = fault.get(key, [])
                fault[key] = calls if isinstance(calls, list) else [calls]
                self._named((*place, "faults", number, key), fault[key], _CALLS)
        if isinstance(values.get("event_periods"), dict):
            values["event_periods"] = list(values["event_periods"].items())
        self._refusals((*place, "refusals"), values.get("refusals", {}))

    def _refusals(self, place: Place, given: Any) -> None:
        open_rows = [name for name, row in ROWS.items() if not row.documented]
        for name, row in given.items() if isinstance(given, dict) else ():
            self._known((*place, name), row, REFUSAL_KEYS)
            given_row = row if isinstance(row, dict) else {}
            status, words = given_row.get("status", 403), given_row.get("words", "")
            if type(status) is not int or not isinstance(words, str):
                self.mistakes.append(((*place, name), "must be { status = 403, words = ... }"))
        if not isinstance(given, dict):
            self.mistakes.append((place, "must be a table"))
        else:
            self._named(place, list(given), open_rows)

    def _known(self, place: Place, table: Any, known: Any) -> None:
        if not isinstance(table, dict):
            self.mistakes.append((place, "must be a table"))
            return
        for name in table:
            if name not in known:
                self.mistakes.append(((*place, name), f"unknown key {name}{_hint(name, known)}"))

    def _named(self, place: Place, given: Any, known: Any) -> None:
        for name in given if isinstance(given, list) else [given]:
            if name not in known:
                self.mistakes.append((place, f"{name!r} is not known{_hint(name, known)}"))

    def _table(self, name: str) -> dict[str, Any]:
        found = self._document.get(name, {})
        if isinstance(found, dict):
            return dict(found)
        self.mistakes.append(((name,), f"must be a table, written [{name}]"))
        return {}

    def _listed(self) -> list[dict[str, Any]]:
        found = self._document.get("host", [])
        if isinstance(found, list) and all(isinstance(one, dict) for one in found):
            return list(found)
        self.mistakes.append((("host",), "must be a list of tables, written [[host]]"))
        return []


def _hint(name: Any, known: Any) -> str:
    names = sorted(known)
    close = difflib.get_close_matches(str(name), names, n=1)
    return f"; did you mean {close[0]}?" if close else f"; known are {', '.join(names)}"


def _words(place: Place) -> str:
    """Return a place as people read it: `host 2.disks 1.life_percent`."""
    words = ""
    for part in _pieces(place):
        words += part
    return words.removeprefix(".") or "the file"


def _pieces(place: Place) -> Iterator[str]:
    for part in place:
        yield f" {part + 1}" if isinstance(part, int) else f".{part}"
