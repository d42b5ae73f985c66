"""The demo of edge computers: good ones, one of each kind of bad one, and a station for them.

What is simulated is written as a hosts file into the demo's data folder, where a person can read,
change and run it again with `orchestrator simulate host --spec FILE`. The passwords of the demo are
made up anew each time, as far as pretend computers do not come with one.
"""

import json
import secrets
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from orchestrator.cli.demo_lines import Line, applied
from orchestrator.cli.demo_rack import BadBoard

SECRETS = "secrets"
_SETTINGS = """\
# Settings of a demo. A real station: see config/station.example.toml.
[station]
name = "demo"
operation = "PROVISION"
data_dir = "."

[unit]
part_number = "EDGE-200"

[unit.serial_number]
rule = "device_id"
last = 16

[recipes]
files = [{recipe}]

[inputs]
work_order = "WO-DEMO"

[secrets]
etp_password = {{ file = "secrets/etp_password" }}
default_admin_password = {{ file = "secrets/default_admin_password" }}
admin_password = {{ file = "secrets/admin_password" }}
device_token = {{ file = "secrets/device_token" }}

[fixture.advantech]
username = "engineer"
password = {{ file = "secrets/account_password" }}
ca_file = {ca_file}
https_port = {https_port}
poll_seconds = 0.5
ready_seconds = 10.0

[fixture.advantech.hosts]
{hosts}

[log]
level = "error"
"""

BAD_HOSTS: tuple[BadBoard, ...] = (
    BadBoard("is another model than the recipe is for", 'model = "UNO-137-E23BA"'),
    BadBoard(
        "has no serial number of its own",
        'lacks = ["etp"]\nbios_serial_number = "Default string"',
    ),
    BadBoard(
        "is locked with somebody else's data", 'user_space_1 = "SN-0"\netp_password = "locked"'
    ),
    BadBoard(
        "is far too hot",
        'excursions = [{ sensor = "CPU", after_seconds = 0, lasts_seconds = 100000, by = 60 }]',
    ),
    BadBoard("is turned away by its cloud", "certificate_revoked = true"),
    BadBoard("has an admin password that nobody knows", 'admin_password = "Nobody-knows-1"'),
)


def hosts_text(count: int, *, faults: bool) -> str:
    """Return the hosts file of a demo with so many computers."""
    bad_ones = BAD_HOSTS[: max(1, count - max(1, count // 5))] if faults else ()
    lines = [
        "# The computers of this demo. Run them again with",
        "#     orchestrator simulate host --spec FILE",
        "",
        "[hosts]",
        f"hosts = {count}",
    ]
    for bad in bad_ones:
        lines += ["", f"# This computer {bad.sentence}.", "[[host]]", *bad.keys.splitlines()]
    return "\n".join(lines) + "\n"


@dataclass(frozen=True, slots=True)
class HostLine(Line):
    """A line of edge computers."""

    noun: str = "computer"

    def describe(self, folder: Path, boards: int, *, faults: bool) -> Path:
        """Write the file of the pretend computers, and the secrets of the demo; return the file."""
        (folder / SECRETS).mkdir(exist_ok=True)
        made_up = {
            "account_password": "Engineer-1",
            "default_admin_password": "p@ssw0rd",
            "etp_password": secrets.token_hex(4),
            "admin_password": secrets.token_urlsafe(12),
            "device_token": secrets.token_urlsafe(24),
        }
        for name, value in made_up.items():
            path = folder / SECRETS / name
            path.touch(mode=0o600)
            path.write_text(value, encoding="utf-8")
        hosts_file = folder / "hosts.toml"
        hosts_file.write_text(hosts_text(boards, faults=faults), encoding="utf-8")
        return hosts_file

    def command(
        self, folder: Path, rack_file: Path, boards: int = 1, *, faults: bool = False
    ) -> list[str]:
        """Return the command that runs the pretend computers and leaves its files in `folder`."""
        del boards, faults  # the file says it
        return [
            *(sys.executable, "-m", "orchestrator", "simulate", "host"),
            *("--spec", str(rack_file), "--https-port", "0"),
            *("--ca-file", str(folder / "hosts-ca.pem")),
            *("--world-log", str(folder / "world.jsonl")),
        ]

    def units(self, ready: Mapping[str, Any]) -> int:
        """Return how many computers are there."""
        return len(ready["hosts"])

    def station(self, ready: Mapping[str, Any]) -> str:
        """Return the settings of a station for the computers that said they are `ready`."""
        from orchestrator.domain.shipped import shipped

        ports = (
            f"{json.dumps(f'P{number:03d}')} = {json.dumps(host['address'])}"
            for number, host in enumerate(ready["hosts"], start=1)
        )
        return _SETTINGS.format(
            recipe=json.dumps(str(shipped("recipes") / self.recipe)),
            ca_file=json.dumps(ready["ca_file"]),
            https_port=ready["https_port"],
            hosts="\n".join(ports),
        )

    def counts(self, folder: Path) -> list[str]:
        """Return a sentence about what the computers really did, by their own log."""
        names = ("etp_locked", "password_changed", "rebooted")
        found = applied(folder / "world.jsonl", names)
        locked, changed, restarted = (found[name].total() for name in names)
        data = f"Manufacturing data locked: {locked}. Admin passwords changed: {changed}."
        return [f"{data} Restarted: {restarted}."]
