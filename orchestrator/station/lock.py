"""One daemon per data folder: an operating system lock, with the holder's process id beside it.

The lock itself goes when its process goes, however that ends. The id is kept in a file of its own
because Windows lets nobody read a locked file.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from orchestrator.domain.errors import StationBusy


@contextmanager
def station_lock(data_dir: Path) -> Iterator[None]:
    """Hold the data folder for this process; makes the folder when it is missing.

    Raises StationBusy that names the process which holds it, OSError when the folder cannot be
    made or written.
    """
    data_dir.mkdir(parents=True, exist_ok=True)
    holder = data_dir / "station.pid"
    lock = FileLock(data_dir / "station.lock", timeout=0, thread_local=False)
    try:
        lock.acquire()
    except Timeout:
        raise StationBusy(
            f"the data folder {data_dir} is in use by {_name_holder(holder)}",
            remedy="Stop that station first, or give this one a data folder of its own",
        ) from None
    try:
        holder.write_text(f"{os.getpid()}\n", encoding="ascii")
        yield
    finally:
        holder.unlink(missing_ok=True)
        lock.release()


def _name_holder(holder: Path) -> str:
    try:
        return f"process {int(holder.read_text(encoding='ascii')[:20])}"
    except (OSError, ValueError):
        return "another process that just started"
