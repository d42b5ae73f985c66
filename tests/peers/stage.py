"""The vendor's published client on its own addresses, against pretend boards, in one command.

    python -m tests.peers.stage [--json]

The client accepts only 192.168.35.2 to .254 on port 443 and the service on localhost:48938, so
everything runs in a network namespace of its own (`unshare`), which needs Linux. Every exchange
is checked against the contract; a difference that `differences` does not explain is an error.
"""

import argparse
import dataclasses
import json
import os
import socket
import struct
import subprocess
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path
from typing import Any
from unittest import mock

import anyio

from orchestrator.simulation import rack as racks
from orchestrator.systems.azure_sphere_device.simulator import (
    BoardSpec,
    Fault,
    LocalService,
    Slot,
)
from orchestrator.systems.azure_sphere_device.simulator.spec import slot_path
from tests.contracts.differences import ANSWERS, REQUESTS, unexplained
from tests.contracts.openapi import Exchange, Recorded, device_contract
from tests.patience import PATIENCE_SECONDS
from tests.peers.environment import ROOT, clean_environment, peer_python
from tests.peers.material import write_material

FIRST_ADDRESS, NETWORK = "192.168.35.2", "192.168.35.1"
SERVICE_PORT = 48938
INSIDE = "--inside"

BOARDS: tuple[BoardSpec, ...] = (
    BoardSpec(capabilities=(11,), wifi_connect_seconds=0.3),
    BoardSpec(manufacturing_state="DeviceComplete"),
    BoardSpec(wifi_up=False),
    BoardSpec(os_version="22.07"),
    BoardSpec(boot_seconds=0.5),
    BoardSpec(untrusted_certificate=True),
    BoardSpec(),
    BoardSpec(faults=(Fault("busy", calls=("get_device_status",), times=1),)),
    BoardSpec(update_seconds=3600),
)
"""The boards from 192.168.35.2 upward; the script's parts name them by that last number."""


def give_addresses() -> None:
    """Bring the loopback up and give it the whole /24; only ever inside the namespace."""
    import fcntl  # not on Windows, where nothing of this runs

    up, address, mask = 0x8914, 0x8916, 0x891C
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as control:
        fcntl.ioctl(control, up, struct.pack("16sh14x", b"lo", 0x49))
        for request, value in ((address, NETWORK), (mask, "255.255.255.0")):
            packed = struct.pack("16sH2x4s8x", b"lo:35", socket.AF_INET, socket.inet_aton(value))
            fcntl.ioctl(control, request, packed)


class _Slots:
    """Puts a recorder in front of everything that a rack makes."""

    def __init__(self) -> None:
        self.exchanges: list[Exchange] = []

    def slot(self, *arguments: Any) -> Slot:
        """Return a slot whose board is listened to."""
        slot = Slot(*arguments)
        slot.app = Recorded(slot.app, self.exchanges)  # type: ignore[assignment]  # an app as well
        return slot

    def service(self, slots: tuple[Slot, ...]) -> Recorded:
        """Return the service, listened to."""
        recorded = Recorded(service := LocalService(slots), self.exchanges)
        recorded.slots = service.slots  # type: ignore[attr-defined]  # the rack asks for them
        return recorded


async def perform(python: Path) -> dict[str, Any]:
    """Run the script against the boards; return its cases and what the contract says."""
    made = _Slots()
    specs = [dataclasses.replace(s, slot_path=slot_path(i)) for i, s in enumerate(BOARDS)]
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="peers-")))
        stack.enter_context(mock.patch.object(racks, "Slot", made.slot))
        stack.enter_context(mock.patch.object(racks, "LocalService", made.service))
        async with racks.run_rack(
            specs,
            first_address=FIRST_ADDRESS,
            https_port=443,
            service_port=SERVICE_PORT,
            ca_file=folder / "ca.pem",
        ) as rack:
            attached = [
                {"IpAddress": slot.address, "DeviceConnectionPath": slot.path}
                for slot in rack.slots
            ]
            facts = {"id": rack.boards[0].device_id, "attached": attached}
            write_material(folder, facts)
            with anyio.fail_after(PATIENCE_SECONDS):
                done = await anyio.run_process(
                    [str(python), str(ROOT / "tests" / "peers" / "script.py"), str(folder)],
                    env=clean_environment(AzureSphereDefaultSDKDir=str(folder)),
                    check=False,
                )
    if done.returncode:
        raise SystemExit(f"the script ended with {done.returncode}: {done.stderr.decode()}")
    return json.loads(done.stdout) | judged(made.exchanges)


def judged(exchanges: list[Exchange]) -> dict[str, Any]:
    """Return what the contract says of the exchanges."""
    contract = device_contract()
    findings = [finding for exchange in exchanges for finding in contract.findings(exchange)]
    left, idle = unexplained(findings, ANSWERS + REQUESTS)
    met = {o.operation_id for e in exchanges if (o := contract.operation(e.method, e.path))}
    return {
        "exchanges": len(exchanges),
        "operations": sorted(met),
        "operations_not_met": sorted(contract.operation_ids() - met),
        "unexplained": [f"{f.operation_id} {f.side}: {f.what}" for f in left],
        "idle_differences": [f"{row.operations} {row.what}" for row in idle],
    }


def report() -> dict[str, Any]:
    """Perform in a namespace of its own and return everything that came of it.

    Raises CalledProcessError where no environment or no namespace can be had.
    """
    python = peer_python()
    rights = [] if os.geteuid() == 0 else ["--map-root-user"]
    done = subprocess.run(
        ["unshare", "--net", *rights, sys.executable, "-m", "tests.peers.stage", INSIDE, python],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        check=True,
        stdout=subprocess.PIPE,
        timeout=PATIENCE_SECONDS,
    )
    return dict(json.loads(done.stdout))


def main() -> None:
    """Perform and print; end with 1 when anything is not as documented."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true")
    parser.add_argument(INSIDE, type=Path, help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.inside:
        give_addresses()
        sys.stdout.write(json.dumps(anyio.run(perform, args.inside)))
        return
    result = report()
    wrong = [case for case in result["cases"] if not case["good"]]
    if args.json:
        sys.stdout.write(json.dumps(result) + "\n")
    else:
        for case in wrong:
            sys.stdout.write(
                "board {board}: {call}\n  wanted {wanted}\n  got {got}\n".format(**case)
            )
        for name in ("missing", "operations_not_met", "unexplained", "idle_differences"):
            sys.stdout.write(f"{name}: {result[name]}\n")
        sys.stdout.write(
            f"{len(result['cases']) - len(wrong)} of {len(result['cases'])} cases good, "
            f"{len(result['called'])} functions, {result['exchanges']} exchanges, "
            f"{len(result['operations'])} operations\n"
        )
    sys.exit(1 if wrong or result["missing"] or result["unexplained"] else 0)


if __name__ == "__main__":
    main()
