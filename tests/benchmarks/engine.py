"""How many durable steps a second the engine makes, beside the bare skeleton and OpenHTF.

    python -m tests.benchmarks.engine [--json] [--units 1 8 64 256] [--rounds 3] [--smoke]
                                      [--beside COMMIT]

Every figure comes from a process of its own; the contenders take turns, and the median of the
rounds counts, because machines are noisy. The engine runs 20 trivial steps with one judged
measurement each, with the real audit: three rows a step, each chained to the one before, one commit
per step boundary, a signed checkpoint with every commit in which a run ends, SQLite in WAL mode
with full sync. OpenHTF is installed into `.bench/openhtf` on first use; it keeps nothing.
Targets: at least half of the skeleton at 1, 8 and 64 units, at least 5 times OpenHTF at 8.

With `--beside` the engine of another commit takes its turn as well, from `.bench/COMMIT`: what a
change costs is seen in one run only, since the same program differs by a third between two hours.
"""

import argparse
import io
import json
import statistics
import subprocess
import sys
import tarfile
import tempfile
import time
import venv
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
BENCH = ROOT / ".bench"
OPENHTF = "openhtf==1.6.*"
STEPS = 20
RUNS = {1: 60, 8: 40, 64: 16, 256: 6}
OPENHTF_RUNS = {1: 6, 8: 3, 64: 1, 256: 1}


def make_database(folder: str) -> None:
    """Make the tables, in this process: a station finds them there on every day but its first."""
    import anyio

    from orchestrator.audit.database import open_audit

    async def main() -> None:
        async with open_audit(f"sqlite:///{folder}/audit.db", signer=station_signer()):
            pass

    anyio.run(main)


def station_signer() -> Any:
    """Return a station's key at work: what the engine writes is chained and signed."""
    from orchestrator.audit.keys import StationKey, StationSigner

    return StationSigner(StationKey.from_seed(bytes(32)), "S1")


def one_engine(units: int, runs: int, folder: str) -> dict[str, Any]:
    """Measure the engine once, in this process."""
    import anyio

    from orchestrator.audit.database import open_audit
    from orchestrator.domain.clock import SystemClock
    from orchestrator.domain.events import publish_nothing
    from orchestrator.engine.memory import settle_collector
    from orchestrator.engine.run import EngineServices, RunControl, RunRequest, execute
    from tests.benchmarks.engine_load import check, definitions, recipe, request

    async def main() -> dict[str, Any]:
        url = f"sqlite:///{folder}/audit.db"
        async with open_audit(url, signer=station_signer()) as audit:
            services = EngineServices(audit, SystemClock(), definitions(), publish_nothing)
            plan = recipe(STEPS)
            await audit.record(*request(0, 0).once)

            async def unit(asked: list[RunRequest]) -> None:
                for one in asked:
                    check(await execute(plan, one, services, RunControl()))

            await execute(plan, request(0, runs).request, services, RunControl())
            # A station makes its requests between runs; the engine is what is measured.
            work = [
                [request(number, run).request for run in range(runs)] for number in range(units)
            ]
            settle_collector()
            cpu, began = time.process_time(), time.perf_counter()
            async with anyio.create_task_group() as group:
                for asked in work:
                    group.start_soon(unit, asked)
            seconds = time.perf_counter() - began
            cpu = time.process_time() - cpu
            steps = units * runs * STEPS
        return {"steps": steps, "seconds": seconds, "cpu_us_per_step": cpu / steps * 1e6}

    return anyio.run(main)


def measure(contender: str, units: int, runs: int) -> float:
    """Return steps per second of one contender, measured in a new process.

    Contenders are `skeleton`, `openhtf`, `engine`, and the folder of another commit's engine.
    """
    with tempfile.TemporaryDirectory(dir=BENCH) as folder:
        arguments = [str(units), str(runs)]
        if contender == "skeleton":
            command = [sys.executable, "-m", "tests.benchmarks.skeleton", *arguments, folder]
            cwd = ROOT
        elif contender == "openhtf":
            command = [str(openhtf_python()), "-m", "openhtf_peer", *arguments]
            cwd = ROOT / "tests" / "benchmarks"
        else:
            cwd = ROOT if contender == "engine" else BENCH / contender
            make = [sys.executable, "-m", __spec__.name, "--make", folder]
            subprocess.run(make, cwd=cwd, check=True)
            command = [sys.executable, "-m", __spec__.name, "--one", *arguments, folder]
        done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise SystemExit(f"{contender} failed:\n{done.stderr[-2000:]}")
    figures = json.loads(done.stdout.splitlines()[-1])
    return float(figures["steps"] / figures["seconds"])


def unpack(commit: str) -> str:
    """Put the files of `commit` into a folder of `.bench`; return its name."""
    git = ["git", "rev-parse", "--short", f"{commit}^{{commit}}"]
    name = subprocess.run(git, cwd=ROOT, check=True, capture_output=True, text=True).stdout.strip()
    if not (BENCH / name).exists():
        git = ["git", "archive", "--format=tar", name]
        packed = subprocess.run(git, cwd=ROOT, check=True, capture_output=True).stdout
        with tarfile.open(fileobj=io.BytesIO(packed)) as archive:
            archive.extractall(BENCH / name, filter="data")
    return name


def openhtf_python() -> Path:
    """Return the Python that has OpenHTF; make its environment on first use."""
    folder = BENCH / "openhtf"
    python = folder / ("Scripts" if sys.platform == "win32" else "bin") / "python"
    if not python.exists():
        venv.create(folder, with_pip=True)
        install = [str(python), "-m", "pip", "install", "--quiet", OPENHTF]
        subprocess.run(install, check=True, stdout=sys.stderr)
    return python


def compare(
    contenders: list[str], units: list[int], rounds: int, share: int
) -> dict[str, dict[int, float]]:
    """Return the median steps per second of each contender for each number of units."""
    taken: dict[str, dict[int, list[float]]] = {
        name: {count: [] for count in units} for name in contenders
    }
    for turn in range(rounds):
        for count in units:
            # Back and forth: a machine that was just busy is quicker, or slower, for the next.
            for name in contenders if turn % 2 == 0 else reversed(contenders):
                table = OPENHTF_RUNS if name == "openhtf" else RUNS
                runs = max(1, table.get(count, max(1, 1200 // count)) // share)
                taken[name][count].append(measure(name, count, runs))
    return {
        name: {count: statistics.median(found) for count, found in by_count.items()}
        for name, by_count in taken.items()
    }


def report(figures: dict[str, dict[int, float]], units: list[int]) -> dict[str, Any]:
    """Return figures and ratios as they are printed."""
    engine = figures["engine"]
    made: dict[str, Any] = {
        "steps_per_second": {
            name: {str(count): round(speed) for count, speed in by_count.items()}
            for name, by_count in figures.items()
        },
    }
    for peer in figures:
        if peer != "engine":
            made[f"engine_to_{peer}"] = {
                str(count): round(engine[count] / figures[peer][count], 2) for count in units
            }
    return made


def print_table(made: dict[str, Any], units: list[int]) -> None:
    """Print the figures for people."""
    out = sys.stdout.write
    out("steps/s".ljust(20) + "".join(f"{count:>10}" for count in units) + "  units\n")
    for name, by_count in made["steps_per_second"].items():
        out(name.ljust(20) + "".join(f"{by_count[str(count)]:>10}" for count in units) + "\n")
    for peer in made["steps_per_second"]:
        ratios = made.get(f"engine_to_{peer}")
        if ratios is not None:
            label = f"engine / {peer}".ljust(20)
            out(label + "".join(f"{ratios[str(count)]:>10}" for count in units) + "\n")


def main() -> None:
    """Read the command line and compare."""
    parser = argparse.ArgumentParser(description="Steps per second of the engine and its peers")
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.add_argument("--units", type=int, nargs="+", default=[1, 8, 64, 256])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--smoke", action="store_true", help="small and quick, without OpenHTF")
    parser.add_argument("--beside", metavar="COMMIT", help="measure the engine of COMMIT as well")
    parser.add_argument("--make", help=argparse.SUPPRESS)
    parser.add_argument("--one", nargs=3, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.make is not None:
        make_database(options.make)
        return
    if options.one is not None:
        units, runs, folder = options.one
        sys.stdout.write(json.dumps(one_engine(int(units), int(runs), folder)) + "\n")
        return
    BENCH.mkdir(exist_ok=True)
    units, rounds, share, contenders = options.units, options.rounds, 1, ["skeleton", "engine"]
    if options.smoke:
        units, rounds, share = [1, 8], 1, 10
    else:
        contenders.append("openhtf")
    if options.beside is not None:
        contenders.append(unpack(options.beside))
    made = report(compare(contenders, units, rounds, share), units)
    if options.json:
        sys.stdout.write(json.dumps(made, indent=2) + "\n")
    else:
        print_table(made, units)


if __name__ == "__main__":
    main()
