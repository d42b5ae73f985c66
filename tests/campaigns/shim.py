"""A folder on an unreliable disk: builds the shim of `disk_faults.c` and speaks to it.

The shim is loaded into the program under test with LD_PRELOAD. It needs a C compiler; a machine
without one fails the campaigns instead of passing over them.
"""

import hashlib
import os
import shutil
import subprocess
import tempfile
from collections import Counter
from functools import cache
from pathlib import Path

SOURCE = Path(__file__).with_name("disk_faults.c")


class NoCompiler(RuntimeError):
    """There is no C compiler, so nothing can be said about power cuts and failing disks."""


@cache
def build() -> Path:
    """Return the shim, compiled once per version of its source. Raises NoCompiler."""
    compiler = shutil.which("cc") or shutil.which("gcc")
    if compiler is None:
        raise NoCompiler("no C compiler: install gcc and libc6-dev (apt-get install gcc libc6-dev)")
    digest = hashlib.sha256(SOURCE.read_bytes()).hexdigest()[:16]
    folder = Path(tempfile.gettempdir()) / f"orchestrator-shim-{os.getuid()}-{digest}"
    library = folder / "disk_faults.so"
    if not library.exists():
        folder.mkdir(exist_ok=True, mode=0o700)
        fresh = folder / f"{os.getpid()}.so"
        command = [compiler, "-O2", "-shared", "-fPIC", "-o", str(fresh), str(SOURCE)]
        subprocess.run([*command, "-ldl", "-lpthread"], check=True)
        fresh.rename(library)
    return library


class Disk:
    """One folder whose syncs and writes the shim watches; `keep` says to keep what was synced."""

    def __init__(self, folder: Path, beside: Path, *, keep: bool = False) -> None:
        self.folder = folder.resolve()
        self._shadow = beside / "shadow"
        self._control = beside / "disk.control"
        self._report = beside / "disk.report"
        self._keep = keep
        self.folder.mkdir(parents=True, exist_ok=True)
        self._fresh_shadow()

    def environment(self) -> dict[str, str]:
        """Return what a program needs in its environment to live on this disk."""
        shadow = {"FAULT_SHADOW": str(self._shadow)} if self._keep else {}
        return {
            "LD_PRELOAD": str(build()),
            "FAULT_DIR": str(self.folder),
            "FAULT_CONTROL": str(self._control),
            "FAULT_REPORT": str(self._report),
            **shadow,
        }

    def fail(self, **how: int | str) -> None:
        """Let the disk misbehave from now on; see the head of `disk_faults.c` for the words."""
        fresh = self._control.with_suffix(".fresh")
        fresh.write_text(" ".join(f"{name}={value}" for name, value in how.items()))
        fresh.replace(self._control)

    def heal(self) -> None:
        """Let the disk behave again."""
        self._control.unlink(missing_ok=True)

    def struck(self) -> Counter[str]:
        """Return how often a sync, a write or another change was refused."""
        if not self._report.exists():
            return Counter()
        return Counter(line.partition(" ")[0] for line in self._report.read_text().splitlines())

    def cut_power(self) -> None:
        """Leave in the folder what was synced and nothing else. Nobody may be using it."""
        kept = {}
        for name in (self._shadow / "names").iterdir():
            content = self._shadow / "ino" / name.readlink()
            kept[name.name] = content.read_bytes() if content.exists() else b""
        for path in sorted(self.folder.rglob("*"), reverse=True):
            if not path.is_dir():
                path.unlink()
        for flat, content in kept.items():
            path = self.folder / flat.replace("%", "/")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
            path.chmod(0o600)
        self._fresh_shadow()

    def _fresh_shadow(self) -> None:
        shutil.rmtree(self._shadow, ignore_errors=True)
        for part in ("ino", "names"):
            (self._shadow / part).mkdir(parents=True)
