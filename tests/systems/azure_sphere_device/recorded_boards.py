"""The boards whose recordings lie in `recordings/`, and the making of these.

    python -m tests.systems.azure_sphere_device.recorded_boards

writes them anew from the simulator, after a change of what it answers or of the file's form.
"""

from datetime import UTC, datetime
from pathlib import Path

import anyio
import httpx

from orchestrator.systems.azure_sphere_device.recording import record_board
from orchestrator.systems.azure_sphere_device.simulator import (
    BoardSpec,
    LeftoverImage,
    ProxySetting,
    RadioNetwork,
    SavedNetwork,
    SimulatedBoard,
    StoredCertificate,
    World,
    board_app,
)
from orchestrator.transport.client import Transport
from orchestrator.transport.recording import Recording, write_recording
from orchestrator.transport.tls import empty_context
from tests.systems.azure_sphere_device.calls import QUICK, no_wait

FOLDER = Path(__file__).parent / "recordings"
ADDRESS = "127.0.35.2"
COMPONENT = "11111111-0000-4000-8000-000000000001"
IMAGE = "22222222-0000-4000-8000-000000000001"
SECRETS = ("key-of-the-line", "pass-of-the-proxy")
NAMES = ("Works Hall 3", "Guest", "proxy.works.example", "line-user", "Works Root CA")
"""What must not be found in a recording of the blank board."""

BOARDS: dict[str, BoardSpec] = {
    "blank": BoardSpec(
        capabilities=(11,),
        images=(
            LeftoverImage("blink", COMPONENT, IMAGE, mutable_storage_kb=8, used_kb=2),
            LeftoverImage("idle", COMPONENT[:-1] + "2", IMAGE[:-1] + "2", stopped=True),
        ),
        certificates=(
            StoredCertificate(
                "root-1",
                "rootca",
                subject_name="/CN=Works Root CA",
                issuer_name="/CN=Works Root CA",
            ),
        ),
        wifi_networks=(SavedNetwork("Works Hall 3", psk=SECRETS[0]), SavedNetwork("Guest")),
        radio=(
            RadioNetwork("Works Hall 3", bssid="0c:0d:0e:0f:10:11", psk=SECRETS[0]),
            RadioNetwork("", bssid="0c:0d:0e:0f:10:12", hidden=True, signal_level=-80),
        ),
        proxy=ProxySetting(
            "proxy.works.example",
            authentication="basic",
            username="line-user",
            password=SECRETS[1],
            no_proxy_addresses=("10.1.2.3",),
        ),
    ),
    "device-complete": BoardSpec(manufacturing_state="DeviceComplete"),
    "api-4.2": BoardSpec(os_version="21.08", wifi_up=False),
}


class FixedClock:
    """A moment that does not pass."""

    def now(self) -> datetime:
        """Return the moment."""
        return datetime(2026, 11, 21, tzinfo=UTC)

    def monotonic(self) -> float:
        """Return the moment in seconds."""
        return 1000.0


def link(spec: BoardSpec) -> Transport:
    """Return what carries calls to a new board like `spec`."""
    world = World(FixedClock(), no_wait)
    return httpx.ASGITransport(board_app(SimulatedBoard(spec, world)))


async def record(spec: BoardSpec, **options: object) -> Recording:
    """Record a new board like `spec`."""
    settings = {"transport": link(spec), "clock": FixedClock(), "retry": QUICK} | options
    return await record_board(ADDRESS, context=empty_context(), **settings)  # type: ignore[arg-type]  # options of the call


async def _write_all() -> None:
    for name, spec in BOARDS.items():
        write_recording(FOLDER / f"{name}.json", await record(spec))


if __name__ == "__main__":
    anyio.run(_write_all)
