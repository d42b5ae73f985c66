"""The lines that the demo can run: their recipe, what is simulated for them, and what that counts.

The rack is for all of them; a line with services has a pretend cloud and a pretend portal too, in
the same process as the boards.
"""

import json
import os
import secrets
import sys
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

VARIABLE = "PRETEND_TOKEN"
"""Environment variable by which the pretend services and the station share a bearer token."""

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


@dataclass(frozen=True, slots=True)
class Line:
    """One line. `services`: it goes on to cloud and portal after the boards."""

    recipe: str
    services: bool = False

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
        applied = _applied(folder / "world.jsonl")
        boards, claims, devices = (applied[what].total() for what in _COUNTED)
        counted = f"Boards locked: {boards}. Claimed in the cloud: {claims}."
        return [f"{counted} Registered in the portal: {devices}."]


def _last_bad_slot(boards: int) -> str:
    from orchestrator.cli.demo_rack import bad_among
    from orchestrator.systems.azure_sphere_device.simulator.spec import slot_path

    return slot_path(bad_among(boards) - 1)


def _applied(world_log: Path) -> dict[str, Counter[str]]:
    """Return what happened how often to whom."""
    applied: dict[str, Counter[str]] = {what: Counter() for what in _COUNTED}
    for text in world_log.read_text(encoding="utf-8").splitlines():
        row = json.loads(text)
        what = row["what"]
        if what == "manufacturing_state" and row["detail"].get("to") == "DeviceComplete":
            what = "locked"
        if what in applied:
            applied[what][row["device_id"]] += 1
    return applied


LINES: Mapping[LineName, Line] = {
    LineName.GUARDIAN: Line("guardian-line.yaml"),
    LineName.FULL: Line("full-line.yaml", services=True),
}
