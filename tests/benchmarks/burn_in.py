"""Burn-in of 50 edge computers at once, each sampled once per second: what the daemon takes for it.

    python -m tests.benchmarks.burn_in [--hosts 50] [--seconds 300] [--json]

Computers and station are processes of their own, over TLS on real sockets. Every sample of every
sensor is looked up in the audit afterwards. CPU is the station's own, in per cent of one core,
while all runs are in their burn-in; memory is its resident set, sampled.
"""

import argparse
import json
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import anyio
import psutil

from orchestrator.cli.child import running_child
from orchestrator.domain.series import Series, read_series
from tests.benchmarks.floor_of_boards import ask

RECIPE = """\
recipe: 1
name: burn-in
version: "1"
main:
  - uses: advantech.login
  - uses: advantech.burn_in
    with: {{duration: {seconds}s, interval: 1s, within: ["CPU ..95", "12V 11..13"]}}
    timeout: {limit}s
"""
SETTINGS = """\
[station]
name = "burn-in"
data_dir = "."
[recipes]
files = ["recipe.yaml"]
[log]
level = "warning"
[fixture.advantech]
username = "engineer"
password = {{ file = "password" }}
ca_file = {ca_file}
https_port = {port}
[fixture.advantech.hosts]
{hosts}
"""
SERIES = """
SELECT content FROM attachment
WHERE media_type = 'application/vnd.orchestrator.series+json' AND name LIKE '%{name}%'
"""
MEASURED = "SELECT value FROM measurement WHERE name = '{name}'"
_LOOK_SECONDS = 0.5


def _write(folder: Path, ready: dict[str, Any], seconds: int) -> Path:
    hosts = "\n".join(f'{host["serial_number"]} = "{host["address"]}"' for host in ready["hosts"])
    text = SETTINGS.format(
        ca_file=json.dumps(ready["ca_file"]), port=ready["https_port"], hosts=hosts
    )
    (folder / "station.toml").write_text(text, encoding="utf-8")
    recipe = RECIPE.format(seconds=seconds, limit=seconds + 60)
    (folder / "recipe.yaml").write_text(recipe, encoding="utf-8")
    (folder / "password").write_text("Engineer-1", encoding="utf-8")
    return folder / "station.toml"


class _Meter:
    """CPU and memory of a process, sampled."""

    def __init__(self, pid: int) -> None:
        self._process = psutil.Process(pid)
        self.points: list[tuple[float, float]] = []
        self.peak = 0

    async def run(self) -> None:
        """Sample until cancelled."""
        while True:
            times = self._process.cpu_times()
            self.points.append((time.monotonic(), times.user + times.system))
            self.peak = max(self.peak, self._process.memory_info().rss)
            await anyio.sleep(_LOOK_SECONDS)

    def percent(self) -> float:
        """Return the median load of one core between two samples: that of the burn-in."""
        loads = [
            100 * (cpu - before[1]) / (at - before[0])
            for before, (at, cpu) in zip(self.points, self.points[1:], strict=False)
        ]
        return statistics.median(loads) if loads else 0.0


async def measure(folder: Path, hosts: int, seconds: int) -> dict[str, Any]:
    """Burn in so many computers on a station of its own in `folder`; return what it took."""
    simulate = [
        *(sys.executable, "-m", "orchestrator", "simulate", "host", "--hosts", str(hosts)),
        *("--ca-file", str(folder / "hosts-ca.pem")),
    ]
    async with running_child(simulate, folder / "hosts.log", 120, 10) as ready:
        settings = _write(folder, dict(ready), seconds)
        command = [
            *(sys.executable, "-m", "orchestrator", "station", "run"),
            *("--config", str(settings), "--exit-when-done", str(hosts)),
        ]
        with (folder / "station.log").open("wb") as log:
            station = await anyio.open_process(command, stdin=None, stdout=log, stderr=log)
        meter = _Meter(station.pid)
        async with station, anyio.create_task_group() as tasks:
            tasks.start_soon(meter.run)
            code = await station.wait()
            tasks.cancel_scope.cancel()
    return {"hosts": hosts, "seconds": seconds, "exit_code": code} | _figures(folder, meter)


def _figures(folder: Path, meter: _Meter) -> dict[str, Any]:
    outcomes = ask(folder, "SELECT outcome, count(*) FROM run_end GROUP BY 1")
    told = [int(row[0]) for row in ask(folder, MEASURED.format(name="samples"))]
    missed = [int(row[0]) for row in ask(folder, MEASURED.format(name="missed"))]
    every = [read_series(row[0]) for row in ask(folder, SERIES.format(name=""))]
    one = [read_series(row[0]) for row in ask(folder, SERIES.format(name="temperature-CPU"))]
    kept = ask(folder, "SELECT sum(size_bytes) FROM attachment")[0][0]
    return {
        "outcomes": dict(outcomes),
        "samples_taken": sum(told),
        "samples_missed": sum(missed),
        "samples_in_audit": sum(len(series.samples) for series in one),
        "values_in_audit": sum(len(series.samples) for series in every),
        "series_bytes": kept,
        "latest_sample_ms": round(max(map(_latest, one), default=0) / 1000, 1),
        "daemon_cpu_percent": round(meter.percent(), 1),
        "peak_mib": round(meter.peak / (1 << 20), 1),
    }


def _latest(series: Series) -> int:
    """Return how far behind its moment the latest sample came, in microseconds."""
    return max((moment % series.interval_us for moment, _ in series.samples), default=0)


def good(figures: dict[str, Any]) -> bool:
    """Say whether every run passed and every sample that was due is in the audit."""
    due = figures["hosts"] * (figures["seconds"] + 1)
    return (
        figures["outcomes"] == {"PASS": figures["hosts"]}
        and figures["samples_taken"] == figures["samples_in_audit"]
        and figures["samples_taken"] + figures["samples_missed"] == due
    )


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--hosts", type=int, default=50)
    parser.add_argument("--seconds", type=int, default=300)
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        figures = anyio.run(measure, Path(scratch), args.hosts, args.seconds)
    figures["met"] = good(figures) and figures["samples_missed"] == 0
    if args.json:
        sys.stdout.write(json.dumps(figures) + "\n")
    else:
        sys.stdout.write("\n".join(f"{name}: {value}" for name, value in figures.items()) + "\n")
    sys.exit(0 if figures["met"] else 1)


if __name__ == "__main__":
    main()
