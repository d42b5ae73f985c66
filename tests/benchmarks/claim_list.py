"""A list of devices claimed by the command: devices a second, beside a bare loop of requests.

    python -m tests.benchmarks.claim_list [--devices 2000] [--json] [--smoke]

The command is `orchestrator cloud claim`, a process of its own with its audit on disk; the pretend
cloud is another one that answers 2 % with 429, 2 % with 500 and loses 1 % of its answers after it
has acted. The bare loop makes as many requests of the same kind (moving a claimed device) on as
many connections with httpx alone, in a process of its own, against a cloud without faults; it keeps
nothing, retries nothing, and knows no device's outcome. The client's CPU time is told beside the
time on the wall, since cloud and client share the processors. `--smoke` claims a few and judges
nothing.
"""

import argparse
import hashlib
import json
import os
import resource
import ssl
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import anyio
import httpx

TARGET_PER_SECOND = 200
CONNECTIONS = 8
DEVICES, FEW = 2000, 60
FAULTS = ("--throttle", "2", "--fail", "2", "--lose", "1")
TOKEN = "benchmark"
_SETTINGS = """\
[station]
name = "office"
data_dir = "data"
[cloud]
tenant = "{tenant}"
url = "{cloud}"
ca_file = "{ca_file}"
requests_per_second = 1000
settle_seconds = 2
[cloud.sign_in]
token = {{ env = "CLOUD_TOKEN" }}
[log]
level = "error"
"""


@contextmanager
def pretend_cloud(folder: Path, *options: str) -> Iterator[dict[str, Any]]:
    """Run a cloud with its files in `folder`; give its ready line."""
    command = [
        *(sys.executable, "-m", "orchestrator", "simulate", "cloud"),
        *("--ca-file", str(folder / "ca.pem"), "--world-log", str(folder / "world.jsonl")),
        *options,
    ]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as cloud:
        assert cloud.stdout is not None
        try:
            yield json.loads(cloud.stdout.readline())
        finally:
            cloud.terminate()


def device_ids(count: int) -> list[str]:
    """Return ids as devices have them."""
    return [hashlib.sha512(f"claim-list/{number}".encode()).hexdigest() for number in range(count)]


def timed(command: Sequence[str], folder: Path) -> tuple[float, float]:
    """Run a command; return its seconds on the wall and its seconds of CPU time."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    began = time.perf_counter()
    environment = {**os.environ, "CLOUD_TOKEN": TOKEN}
    subprocess.run(
        command, cwd=folder, check=True, env=environment, stdout=sys.stderr, stderr=sys.stderr
    )
    wall = time.perf_counter() - began
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def claim(folder: Path, devices: int) -> dict[str, float]:
    """Claim a list by the command; every device must be claimed once and be in its group."""
    with pretend_cloud(folder, *FAULTS) as ready:
        (folder / "station.toml").write_text(_SETTINGS.format(**ready), encoding="utf-8")
        lines = [f"{each},Guardian,Production" for each in device_ids(devices)]
        listed = "\n".join(["DeviceId,ProductName,DeviceGroupName", *lines, ""])
        (folder / "devices.csv").write_text(listed, encoding="utf-8")
        command = [sys.executable, "-m", "orchestrator", "cloud", "claim"]
        options = ["--config", "station.toml", "--csv", "devices.csv"]
        wall, cpu = timed([*command, *options], folder)
    world = (folder / "world.jsonl").read_text(encoding="utf-8").splitlines()
    rows = [json.loads(row) for row in world]
    claimed = Counter(row["device_id"] for row in rows if row["what"] == "claimed")
    moved = {row["device_id"] for row in rows if row["what"] == "moved"}
    if claimed != Counter(device_ids(devices)) or moved != set(claimed):
        raise SystemExit("not every device was claimed exactly once and put into its group")
    return {"seconds": wall, "cpu_seconds": cpu, "devices_per_second": devices / wall}


def bare(folder: Path, devices: int) -> dict[str, float]:
    """Claim in one request, then move each device with httpx alone."""
    with pretend_cloud(folder) as ready:
        here = json.dumps({**ready, "devices": devices})
        wall, cpu = timed([sys.executable, "-m", __spec__.name, "--bare", here], Path.cwd())
    return {"seconds": wall, "cpu_seconds": cpu, "devices_per_second": devices / wall}


async def bare_loop(cloud: str, tenant: str, ca_file: str, devices: int) -> None:
    """Be the bare loop."""
    ids = device_ids(devices)
    async with httpx.AsyncClient(
        base_url=f"{cloud}/v2/tenants/{tenant}",
        verify=ssl.create_default_context(cafile=ca_file),
        headers={"Authorization": f"Bearer {TOKEN}"},
        limits=httpx.Limits(max_connections=CONNECTIONS),
        timeout=60,
    ) as client:
        product = (await client.get("/products")).json()["Items"][0]["Id"]
        groups = (await client.get(f"/products/{product}/deviceGroups")).json()["Items"]
        for start in range(0, devices, 1000):
            batch = ids[start : start + 1000]
            (await client.put("/devices", json=batch)).raise_for_status()
        left = iter(ids)

        async def worker() -> None:
            for device_id in left:
                path = f"/devices/{device_id}/devicegroup"
                (await client.put(path, json=groups[0]["Id"])).raise_for_status()

        async with anyio.create_task_group() as workers:
            for _ in range(CONNECTIONS):
                workers.start_soon(worker)


def measure(devices: int) -> dict[str, Any]:
    """Return the figures of both."""
    with tempfile.TemporaryDirectory() as one, tempfile.TemporaryDirectory() as other:
        claimed, loop = claim(Path(one), devices), bare(Path(other), devices)
    return {
        "devices": devices,
        "claim": claimed,
        "bare_httpx": loop,
        "times_bare_cpu": claimed["cpu_seconds"] / loop["cpu_seconds"],
        "target_devices_per_second": TARGET_PER_SECOND,
    }


def say(line: str) -> None:
    """Print a line."""
    sys.stdout.write(line + "\n")


def main() -> None:
    """Print the figures; leave with 1 below the target."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--devices", type=int, default=DEVICES)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--smoke", action="store_true")
    parser.add_argument("--bare", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.bare:
        facts = json.loads(given.bare)
        names = ("cloud", "tenant", "ca_file", "devices")
        anyio.run(bare_loop, *(facts[name] for name in names))
        return
    found = measure(FEW if given.smoke else given.devices)
    if given.json:
        say(json.dumps(found))
    else:
        for name in ("claim", "bare_httpx"):
            row = found[name]
            say(
                f"{name:10} {row['devices_per_second']:8.0f} devices/s "
                f"{row['seconds']:7.1f} s, CPU {row['cpu_seconds']:6.1f} s"
            )
        say(f"CPU time: {found['times_bare_cpu']:.1f} times the bare loop's")
    if not given.smoke and found["claim"]["devices_per_second"] < TARGET_PER_SECOND:
        raise SystemExit(f"below {TARGET_PER_SECOND} devices/s")


if __name__ == "__main__":
    main()
