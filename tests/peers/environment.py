"""Makes the environment in which the vendor's published client runs, once, and finds it again.

The client pins an old `requests` and forgets to declare `packaging`, so it lives apart from ours.
"""

import os
import subprocess
import sys
from pathlib import Path

from filelock import FileLock

ROOT = Path(__file__).resolve().parents[2]
REQUIREMENTS = ("azuresphere-device-api==1.1.1", "packaging")
CACHE = "ORCHESTRATOR_PEERS"
"""Names another folder for the environment; without it `.bench/peers` in the sources."""

INSTALL_SECONDS = 300


def clean_environment(**more: str) -> dict[str, str]:
    """Return the variables of this process without proxies and Python settings."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.lower().endswith("_proxy") and not name.startswith("PYTHON")
    }
    return kept | more


def peer_python() -> Path:
    """Return the interpreter that has the published client; install it when it is missing.

    Raises CalledProcessError when that fails, for instance without a package index.
    """
    folder = Path(os.environ.get(CACHE) or ROOT / ".bench" / "peers")
    folder.mkdir(parents=True, exist_ok=True)
    python, done = folder / "bin" / "python", folder / "complete"
    with FileLock(folder.with_suffix(".lock"), timeout=INSTALL_SECONDS):
        if not done.exists() or done.read_text() != " ".join(REQUIREMENTS):
            _run(sys.executable, "-m", "venv", "--clear", str(folder))
            _run(str(python), "-m", "pip", "install", "-q", *REQUIREMENTS)
            done.write_text(" ".join(REQUIREMENTS))
    return python


def _run(*command: str) -> None:
    subprocess.run(
        command, check=True, timeout=INSTALL_SECONDS, capture_output=True, env=clean_environment()
    )
