"""Makes the reference page of the rack file from the tables that read it."""

import dataclasses
from collections.abc import Iterable, Mapping
from typing import Any

from orchestrator.simulation.rack_keys import BOARD_KEYS, BOARD_ONLY, FAULT_KEYS, RACK_ONLY
from orchestrator.simulation.rack_values import AnyKey, Key, MapKey, TableKey
from orchestrator.systems.azure_sphere_device.simulator import BoardSpec
from orchestrator.systems.azure_sphere_device.simulator.inferences import INFERENCES
from orchestrator.systems.azure_sphere_device.simulator.refusals import ROWS

_HEAD = """\
# The rack file

`orchestrator simulate rack --rack FILE.toml` runs the boards that a TOML file describes. Every key
may be left out. What is wrong with a file is reported at once, with file and line, the key, the
values allowed and the key that was probably meant; the command then ends with 78.
[`config/rack.example.toml`](../../config/rack.example.toml) shows a board for each fault and more.
Made by `orchestrator simulate reference`.
"""
_RACK = "Beside these two, `[rack]` holds every key of a board but `slot`, as default for all."
_FAULTS = """\
Each fault strikes the calls it names: by name as in the table of endpoints (`stage_image`), or as
method and path (`"PUT /update/stage"`). Every fault counts the requests it could strike by itself;
of those that are due the first of the list strikes. The same seed gives the same faults.

| in words | in the file |
|---|---|
| 3rd upload, after 40 % | `{ kind = "drop", calls = "PUT /update/stage", nth = 3, at = "40 %" }` |
| every call is busy in 5 % of all cases | `{ kind = "busy", probability = "5 %" }` |
| every tenth call is two seconds late | `{ kind = "slow", every = 10, seconds = 2 }` |
| the first two calls after the fifth get no answer | `{ kind = "hang", skip = 5, times = 2 }` |
| pins are taken | `{ kind = "refuse", calls = "install_images", status = 500, error = "1.25" }` |
| it takes 45 s to start | `boot_seconds = 45`, a key of the board |
"""
_KINDS = """\
| kind | what the board does |
|---|---|
| `busy` | answers 503 with 10.5 |
| `refuse` | answers with `status` and `error` |
| `drop` | breaks the connection; nothing is applied |
| `lost_answer` | applies the request and breaks the connection instead of answering |
| `reboot` | restarts by itself; nothing is applied |
| `hang` | takes the request and never answers |
| `garbage` | answers 200 with bytes that are no JSON |
| `slow` | answers `seconds` late |
| `late` | breaks the connection and applies the request `seconds` later, unless it went down |
"""
_WIFI = """\
## Wi-Fi

A board tries its networks whenever one is added or changed, after a start, when wlan0 comes up and
on a reload; `wifi_connect_seconds` later it is connected to the strongest one that lets it in, and
lists the others with a reason: NetworkNotFound (nothing of that name in `radio`, or hidden and not
scanned for), SecurityTypeMismatch, NoPskIncluded, WrongKey, or AuthenticationFailed when an eaptls
network names a client certificate that is not in the store.
"""
_RECORDING = """\
## Recordings

`recording = "file.json"` lets a board start as a real one was when `orchestrator systems record`
read it; other keys of the board win. The path is seen from the rack file. Keys and passwords are
in no recording: every network that was in sight lets every key in. In `[rack]` the recording is
where all boards start, each with a device id of its own. When something was staged and the board
did not tell what, an application is made up for it.
"""
_OPEN = """\
## Open questions

No source settles these about real boards. Each is a key of the board with the default that fits
best.
"""
_REFUSALS = """\
## Refusals

A board refuses with an HTTP status and an error number. Proven pairs were seen by the vendor's own
tests on boards. All others are switches, written for instance as
`refusals = { locked = { status = 403, error = "10.18" } }`.
"""
_RUNNING = """\
## While it runs

The rack prints one JSON line when its boards answer (`service`, `https_port`, `ca_file`, and for
each board `slot_path`, `address`, `device_id`) and ends with 0 on Ctrl-C or a stop signal. Beside
the two calls of the real local service it answers, on the same port:

| call | effect |
|---|---|
| `GET /simulator/boards` | what each board really is and holds; its requests per call |
| `POST /simulator/boards/{slot}/detach` | pulls the board |
| `POST /simulator/boards/{slot}/attach` | plugs it in again; it starts and keeps its flash |
| `POST /simulator/boards/{slot}/swap` | puts another board into the slot, at the same address |

`--world-log FILE` appends one JSON line per thing that a board really applied, whatever it
answered: `{"at": ..., "device_id": ..., "what": ..., "detail": {...}}` with `what` one of
`attached`, `detached`, `restart`, `staged`, `installed`, `deleted`, `app_status`,
`manufacturing_state`, `certificate_added`, `certificate_removed`, `error_report_cleared`,
`proxy_set`, `proxy_deleted`, `interface_changed`, `wifi_network_added`, `wifi_network_changed`,
`wifi_network_removed`, `wifi_power_savings`, `wifi_reloaded`, and `ignored` for a member of a
request that boards do not know (`targetScan`).

Requests that a board cannot undo are told as they arrive, too, whatever becomes of them: `what` is
`request`, with the call and, as `fate`, the fault that strikes it (empty: none). One that asks for
the state the board is in already is accepted by the board and told as `manufacturing_state_again`.
With `--audit-url URL` such a request also tells the newest entry of that audit which could be read
when it arrived (`visible`): the intent behind it must be among them.
"""


def reference() -> str:
    """Return the page as Markdown."""
    defaults = _defaults(BoardSpec)
    board = {**BOARD_ONLY, **BOARD_KEYS}
    tables = {
        name: key
        for name, key in BOARD_KEYS.items()
        if isinstance(key, TableKey) and name not in {"faults", "staged"}
    }
    parts = [
        _HEAD,
        "## `[rack]`\n",
        _RACK + "\n",
        _table(_row(name, key, {}) for name, key in RACK_ONLY.items()),
        "## `[[board]]`, once per board\n",
        _table(_row(name, key, defaults) for name, key in board.items()),
        *(_section(name, key) for name, key in tables.items()),
        "## `faults`\n",
        _FAULTS,
        _table(_row(name, key, _defaults(_made("faults"))) for name, key in FAULT_KEYS.items()),
        _KINDS,
        _WIFI,
        _RECORDING,
        _OPEN,
        _inferences(),
        _REFUSALS,
        _refusals(),
        _RUNNING,
    ]
    return "\n".join(parts)


def _section(name: str, key: TableKey) -> str:
    shown = f"## `{name}`" + (", written alike: `staged`" if name == "images" else "")
    rows = (_row(inner, own, _defaults(key.make)) for inner, own in key.keys.items())
    return f"{shown}\n\n{key.meaning[0].upper()}{key.meaning[1:]}.\n\n{_table(rows)}"


def _table(rows: Iterable[str]) -> str:
    return "\n".join(["| key | default | meaning |", "|---|---|---|", *rows, ""])


def _row(name: str, key: AnyKey, defaults: Mapping[str, Any]) -> str:
    if isinstance(key, TableKey):
        value = "none"
        meaning = f"{key.meaning}; {'a list of tables' if key.many else 'a table'}, see below"
    elif isinstance(key, MapKey):
        value = "none"
        meaning = f"{key.meaning}; a table"
    else:
        value = key.shown or _default(name, defaults)
        meaning = f"{key.meaning} ({key.allowed})" if _says_more(key) else key.meaning
    return f"| `{name}` | {value} | {meaning} |"


def _says_more(key: Key) -> bool:
    """Tell whether what is allowed is not plain from the default."""
    return bool(key.known) and key.allowed.startswith("one of")


def _default(name: str, defaults: Mapping[str, Any]) -> str:
    if name not in defaults:
        return "none" if name in BOARD_KEYS else "required"
    value = defaults[name]
    if value is dataclasses.MISSING:
        return "required"
    return written(value)


def written(value: Any) -> str:
    """Return a value as the file writes it; what is empty reads as none."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, tuple):
        return f"[{', '.join(map(str, value))}]" if value else "none"
    if value is None or value == "":  # 0 is a default like any other
        return "none"
    return f"{value:g}" if isinstance(value, float) else str(value)


def _defaults(kind: Any) -> dict[str, Any]:
    return {field.name: field.default for field in dataclasses.fields(kind)}


def _made(name: str) -> Any:
    key = BOARD_KEYS[name]
    assert isinstance(key, TableKey)
    return key.make


def _inferences() -> str:
    rows = (
        f"| `{one.name}` | {written(one.default)} | {one.decides} | {one.source} |"
        for one in INFERENCES
    )
    head = ["| key | default | decides | rests on |", "|---|---|---|---|"]
    return "\n".join([*head, *rows, ""])


def _refusals() -> str:
    rows = (
        f"| `{row.name}` | {row.status} | {row.dotted} = {row.number} | {row.when} | "
        f"{'proven' if row.proven else 'switch'} |"
        for row in ROWS.values()
    )
    head = ["| refusal | status | error | when | |", "|---|---|---|---|---|"]
    return "\n".join([*head, *rows, ""])
