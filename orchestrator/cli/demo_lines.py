"""The lines of boards that the demo runs: their recipe, what is simulated, and what that counts.

The rack is for all of them; a line with services has a pretend cloud and a pretend portal too, in
the same process as the boards.
"""

import json
import os
import secrets
import sys
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

VARIABLE = "PRETEND_TOKEN"
"""Environment variable by which the pretend services and the station share a bearer token."""

_SETTINGS = """\
# Settings of a demo. A real station: see config/station.example.toml.
[station]
name = "demo"
operation = "PROGRAM"
data_dir = "."

[unit]
part_number = "GUARDIAN-100"

[unit.serial_number]
rule = "device_id"
last = 12

[recipes]
files = [{recipe}]

[fixture.azure_sphere]
service_url = {service}
ca_file = {ca_file}
https_port = {https_port}
poll_seconds = 0.25
ready_seconds = 5.0

[log]
level = "error"
"""

_SERVICES = """
[inputs]
product = {product}
device_group = {device_group}
portal_model = {model}

[cloud]
tenant = {tenant}
url = {cloud_url}
ca_file = {services_ca_file}
requests_per_second = 200.0

[cloud.sign_in]
token = {{ env = "{variable}" }}

[portal]
url = {portal_url}
ca_file = {services_ca_file}
token = {{ env = "{variable}" }}
requests_per_second = 200.0
"""
_COUNTED = ("locked", "claimed", "device_created")
_BAD_SERVICES = ("--throttle", "5", "--fail", "5", "--lose", "10")


class LineName(StrEnum):
    """The recipes of the demo."""

    GUARDIAN = "guardian-line"
    FULL = "full-line"
    EDGE = "edge-computer-provisioning"


@dataclass(frozen=True, slots=True)
class Line:
    """One line. `services`: it goes on to cloud and portal after the boards."""

    recipe: str
    services: bool = False
    noun: str = "board"

    def describe(self, folder: Path, boards: int, *, faults: bool) -> Path:
        """Write the file of what is simulated into `folder` and return it."""
        from orchestrator.cli.demo_rack import rack_text

        rack_file = folder / "rack.toml"
        text = rack_text(boards, faults=faults, foreign=self.services)
        rack_file.write_text(text, encoding="utf-8")
        return rack_file

    def command(
        self, folder: Path, rack_file: Path, boards: int = 1, *, faults: bool = False
    ) -> list[str]:
        """Return the command that runs what is simulated and leaves its files in `folder`."""
        common = [
            *("--rack", str(rack_file), "--https-port", "0", "--service-port", "0"),
            *("--world-log", str(folder / "world.jsonl")),
        ]
        program = [sys.executable, "-m", "orchestrator", "simulate"]
        if not self.services:
            return [*program, "rack", *common, "--ca-file", str(folder / "device-ca.pem")]
        bad = [*_BAD_SERVICES, "--claimed-elsewhere", _last_bad_slot(boards)] if faults else []
        return [*program, "factory", *common, "--folder", str(folder), *bad]

    def set_token(self) -> None:
        """Make up a token for the services; both processes read it from their environment."""
        if self.services:
            os.environ[VARIABLE] = secrets.token_urlsafe()

    def units(self, ready: Mapping[str, Any]) -> int:
        """Return how many boards are there."""
        return len(ready["boards"])

    def station(self, ready: Mapping[str, Any]) -> str:
        """Return the settings of a station for what said that it is `ready`."""
        from orchestrator.domain.shipped import shipped

        text = _SETTINGS.format(
            recipe=json.dumps(str(shipped("recipes") / self.recipe)),
            service=json.dumps(ready["service"]),
            ca_file=json.dumps(ready["ca_file"]),
            https_port=ready["https_port"],
        )
        return text + self.settings(ready)

    def settings(self, ready: Mapping[str, Any]) -> str:
        """Return the settings of the services, nothing for a line without."""
        if not self.services:
            return ""
        cloud, portal = ready["cloud"], ready["portal"]
        values = {
            "product": cloud["product"],
            "device_group": cloud["device_group"],
            "tenant": cloud["tenant"],
            "cloud_url": cloud["url"],
            "model": portal["model"],
            "portal_url": portal["url"],
            "services_ca_file": ready["services_ca_file"],
        }
        quoted = {name: json.dumps(value) for name, value in values.items()}
        return _SERVICES.format(variable=VARIABLE, **quoted)

    def counts(self, folder: Path) -> list[str]:
        """Return sentences about what boards and services really applied, by their own log."""
        if not self.services:
            return []
        found = applied(folder / "world.jsonl", _COUNTED)
        boards, claims, devices = (found[what].total() for what in _COUNTED)
        counted = f"Boards locked: {boards}. Claimed in the cloud: {claims}."
        return [f"{counted} Registered in the portal: {devices}."]


def _last_bad_slot(boards: int) -> str:
    from orchestrator.cli.demo_rack import bad_among
    from orchestrator.systems.azure_sphere_device.simulator.spec import slot_path

    return slot_path(bad_among(boards) - 1)


def applied(world_log: Path, names: Iterable[str]) -> dict[str, Counter[str]]:
    """Return what happened how often to whom; `locked` is a board that is finished."""
    found: dict[str, Counter[str]] = {name: Counter() for name in names}
    for text in world_log.read_text(encoding="utf-8").splitlines():
        row = json.loads(text)
        what = row["what"]
        if what == "manufacturing_state" and row["detail"].get("to") == "DeviceComplete":
            what = "locked"
        if what in found:
            found[what][row["device_id"]] += 1
    return found
