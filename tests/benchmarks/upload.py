"""An image to many boards at once: MiB/s, CPU per MiB beside `requests`, memory by boards.

    python -m tests.benchmarks.upload [--json] [--smoke]

1 MiB to 8 boards over TLS on loopback, again and again, as `stage_image` sends it: with progress
(in slices) and without. The server is a process of its own. Each memory figure comes from a fresh
process that stages 4 MiB on all its boards at once; all boards share one copy of the image.
`--smoke` runs briefly and judges nothing.
"""

import argparse
import gc
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import AsyncExitStack, contextmanager
from pathlib import Path
from typing import Any

import anyio

from orchestrator.systems.azure_sphere_device.client import SphereDevice
from orchestrator.transport.tls import pinned_context
from tests.peers.environment import ROOT, clean_environment, peer_python

MIB = 1 << 20
TARGET_MIB_PER_SECOND = 400
ALLOWED_KIB_PER_BOARD = 512
BOARDS, MANY_BOARDS, IMAGE_MIB = 8, 64, 4
MEMORY = "--memory"


@contextmanager
def sink(folder: Path) -> Iterator[int]:
    """Run the server; give its port."""
    command = [sys.executable, "-m", "tests.benchmarks.sink", str(folder)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, cwd=ROOT) as server:
        assert server.stdout is not None
        try:
            yield int(server.stdout.readline())
        finally:
            server.kill()


def peak_kib() -> int:
    """Return the most memory that this process has had so far."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM"))


def _note(_sent: int, _total: int) -> None:
    """Follow an upload as a step does."""


async def stage(
    folder: Path, port: int, boards: int, rounds: int, content: bytes, *, progress: bool
) -> tuple[float, float]:
    """Stage `content` on all boards at once, `rounds` times; return seconds and CPU seconds."""
    context = pinned_context(folder / "ca.pem")
    async with AsyncExitStack() as stack:
        devices = [
            await stack.enter_async_context(
                SphereDevice(f"127.0.1.{board + 1}", context=context, https_port=port)
            )
            for board in range(boards)
        ]

        async def send(device: SphereDevice, times: int) -> None:
            for _ in range(times):
                await device.stage_image(content, progress=_note if progress else None)

        for device in devices:
            await device.restart_device()  # opens the connection, and carries nothing
        began, cpu = time.perf_counter(), time.process_time()
        async with anyio.create_task_group() as tasks:
            for device in devices:
                tasks.start_soon(send, device, rounds)
        return time.perf_counter() - began, time.process_time() - cpu


def speed(folder: Path, port: int, rounds: int, *, progress: bool) -> dict[str, int]:
    """Return what our client does with 1 MiB to 8 boards."""

    async def run() -> tuple[float, float]:
        return await stage(folder, port, BOARDS, rounds, bytes(MIB), progress=progress)

    seconds, cpu = anyio.run(run)
    mib = BOARDS * rounds
    return {"mib_per_second": round(mib / seconds), "cpu_us_per_mib": round(cpu / mib * 1e6)}


def speed_of_requests(folder: Path, port: int, rounds: int) -> dict[str, int] | None:
    """Return what `requests` does, None where its environment cannot be had."""
    script = ROOT / "tests" / "benchmarks" / "upload_requests.py"
    numbers = (port, BOARDS, rounds, MIB)
    try:
        command = [str(peer_python()), str(script), str(folder / "ca.pem"), *map(str, numbers)]
    except subprocess.CalledProcessError:
        return None
    done = subprocess.run(command, check=True, capture_output=True, env=clean_environment())
    return dict(json.loads(done.stdout))


def growth(folder: Path, port: int, boards: int) -> int:
    """Return by how many KiB this process grows while it stages 4 MiB on `boards` at once."""
    content = bytes(bytearray(IMAGE_MIB * MIB).replace(b"\0", b"x"))
    gc.collect()
    before = peak_kib()

    async def run() -> None:
        await stage(folder, port, boards, 2, content, progress=True)

    anyio.run(run)
    return peak_kib() - before


def memory(folder: Path, port: int, boards: int) -> int:
    """Measure `growth` in a process of its own."""
    command = [sys.executable, "-m", "tests.benchmarks.upload", MEMORY, str(boards)]
    done = subprocess.run(
        [*command, str(port), str(folder)], check=True, capture_output=True, cwd=ROOT
    )
    return int(done.stdout)


def measure(rounds: int, repeats: int) -> dict[str, Any]:
    """Return all figures; of the speeds the best of `repeats`, since other programs disturb."""
    with tempfile.TemporaryDirectory() as scratch, sink(Path(scratch)) as port:
        folder = Path(scratch)

        def best(progress: bool) -> dict[str, int]:
            runs = [speed(folder, port, rounds, progress=progress) for _ in range(repeats)]
            return max(runs, key=lambda run: run["mib_per_second"])

        figures: dict[str, Any] = {
            "plain": best(progress=False),
            "with_progress": best(progress=True),
            "requests": speed_of_requests(folder, port, rounds),
            "growth_kib_1_board": memory(folder, port, 1),
            f"growth_kib_{MANY_BOARDS}_boards": memory(folder, port, MANY_BOARDS),
        }
    more = figures[f"growth_kib_{MANY_BOARDS}_boards"] - figures["growth_kib_1_board"]
    figures["kib_per_further_board"] = round(more / (MANY_BOARDS - 1))
    return figures


def main() -> None:
    """Measure and print; end with 1 when a target is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--smoke", action="store_true")
    parser.add_argument(MEMORY, nargs=3, help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.memory:
        boards, port, folder = args.memory
        sys.stdout.write(str(growth(Path(folder), int(port), int(boards))))
        return
    figures = measure(*((2, 1) if args.smoke else (40, 3)))
    speeds = (figures["plain"], figures["with_progress"])
    good = (
        min(s["mib_per_second"] for s in speeds) >= TARGET_MIB_PER_SECOND
        and figures["kib_per_further_board"] <= ALLOWED_KIB_PER_BOARD
    )
    figures |= {"target_mib_per_second": TARGET_MIB_PER_SECOND, "met": good}
    if args.json:
        sys.stdout.write(json.dumps(figures) + "\n")
    else:
        sys.stdout.write("\n".join(f"{name}: {value}" for name, value in figures.items()) + "\n")
    sys.exit(0 if good or args.smoke else 1)


if __name__ == "__main__":
    main()
