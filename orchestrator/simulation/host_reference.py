"""Makes the reference page of the hosts file from what reads it."""

import dataclasses
from collections.abc import Iterable
from typing import Any

from orchestrator.simulation.host_file import NOT_IN_FILE, PARTS
from orchestrator.simulation.rack_reference import written
from orchestrator.systems.advantech_portal.simulator import MODELS, HostSpec
from orchestrator.systems.advantech_portal.simulator.catalogue import FEATURES
from orchestrator.systems.advantech_portal.simulator.inferences import INFERENCES
from orchestrator.systems.advantech_portal.simulator.refusals import ROWS

_HEAD = """\
# The hosts file

`orchestrator simulate host --spec FILE.toml` runs the hosts that a TOML file describes: `[hosts]`
holds `hosts` (how many), `seed`, and any key of a host as default for all; `[[host]]` stands once
per host. Every key may be left out. What is wrong with a file is reported at once, with file and
line. Made by `orchestrator simulate reference hosts`.

```toml
[hosts]
hosts = 8
boot_seconds = 20

[[host]]
model = "UNO-137-E23BA"
lacks = ["wifi"]
excursions = [{ sensor = "CPU", after_seconds = 60, lasts_seconds = 30, by = 40 }]
faults = [{ kind = "lost_answer", calls = "set_etp_lock", times = 1 }]
```
"""
_LACKS = """\
## Models and features

A model decides which features a host has; `lacks` takes some away. A host that has no such thing
says so as the document tells: 404, 204 for the ETP device data, 422 where only that is documented.

"""
_FAULTS = """\
## What faults do

A fault strikes the calls that it names, all without `calls`; of their requests the first `skip`
pass, `nth` names single ones, `every` each so-many-th, `probability` lets chance decide, and it
strikes `times` times at most.

| kind | what the host does |
|---|---|
| `refuse` | answers `status` and `words` without acting |
| `empty` | answers 200 without a body and without acting |
| `drop` | breaks the connection; nothing is applied |
| `lost_answer` | applies the request and breaks the connection instead of answering |
| `late` | breaks the connection and applies the request `seconds` later, unless it went down |
| `hang` | takes the request and never answers |
| `garbage` | answers 200 with bytes that are no JSON |
| `page` | answers 200 with an HTML page |
| `slow` | answers `seconds` late |
| `reboot` | restarts by itself; nothing is applied |
| `freeze` | stops answering until its watchdog or a hand restarts it |
| `cut` | breaks an event stream or a WebSocket after `events` messages or `seconds` |
"""
_OPEN = """\
## Open questions

No source settles these about real hosts. Each is a key of the host with the default that fits
best.

"""
_REFUSALS = """\
## Refusals

Documented refusals have status and body from the document. All others are switches, written for
instance as `refusals = { account_locked = { status = 403 } }`.

"""
_RUNNING = """\
## While it runs

The command prints one JSON line when all hosts answer: `https_port`, `ca_file`, and for each host
`address`, `serial_number`, `model`, `hostname` and the SHA-256 `fingerprint` of its certificate. It
ends with 0 on Ctrl-C or a stop signal. `--world-log FILE` appends one JSON line per thing that a
host really applied, whatever it answered: `{"at": ..., "device_id": ..., "what": ..., "detail":
{...}}`, where the device id is the host's serial number, and `what` for instance `etp_written`,
`etp_locked`, `password_changed`, `network_applied`, `gpio_level`, `rebooted` or `watchdog_bit`.
"""


def reference() -> str:
    """Return the page as Markdown."""
    open_names = {one.name for one in INFERENCES}
    own = [
        field
        for field in dataclasses.fields(HostSpec)
        if field.name not in {*PARTS, *open_names, *NOT_IN_FILE, "refusals"}
    ]
    parts = [_HEAD, "## `[[host]]`, once per host\n", _about(HostSpec), _keys(own)]
    for name, kind in PARTS.items():
        parts += [f"## `{name}`\n", _first(kind) + "\n", _keys(dataclasses.fields(kind))]
    parts += [_FAULTS, _LACKS + _models(), _OPEN + _inferences(), _REFUSALS + _rows(), _RUNNING]
    return "\n".join(parts)


def _first(kind: type) -> str:
    return " ".join((kind.__doc__ or "").split("\n\n", maxsplit=1)[0].split())


def _about(kind: type) -> str:
    """Return the paragraphs of a docstring behind the first."""
    paragraphs = (kind.__doc__ or "").split("\n\n")[1:]
    return "\n\n".join(" ".join(paragraph.split()) for paragraph in paragraphs) + "\n"


def _table(head: str, rows: Iterable[str]) -> str:
    lines = "|".join("---" for _ in head.split("|")[1:-1])
    return "\n".join([head, f"|{lines}|", *rows, ""])


def _keys(members: Iterable["dataclasses.Field[Any]"]) -> str:
    rows = (f"| `{one.name}` | {_default(one)} |" for one in members)
    return _table("| key | default |", rows)


def _default(member: "dataclasses.Field[Any]") -> str:
    if not member.repr:
        return "not shown"
    if member.default_factory is not dataclasses.MISSING:
        return "see below"
    if member.default is dataclasses.MISSING:
        return "required"
    return written(member.default)


def _models() -> str:
    rows = []
    for name in MODELS:
        spec = HostSpec(model=name)
        has = ", ".join(feature for feature in FEATURES if spec.has(feature))
        rows.append(f"| `{name}` | {has} |")
    return _table("| model | has |", rows)


def _inferences() -> str:
    rows = (
        f"| `{one.name}` | {written(one.default)} | {one.decides} | {one.source} |"
        for one in INFERENCES
    )
    return _table("| key | default | decides | rests on |", rows)


def _rows() -> str:
    rows = (
        f"| `{row.name}` | {row.status} | {row.form}{f' {row.key}' if row.key else ''} | "
        f"{row.when} | {'documented' if row.documented else 'switch'} |"
        for row in ROWS.values()
    )
    return _table("| refusal | status | body | when | |", rows)
