"""`orchestrator simulate cloud|portal|factory`: pretend services, and all in one story."""

import json
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from orchestrator.cli.output import emit

if TYPE_CHECKING:
    from contextlib import AbstractAsyncContextManager

    from orchestrator.simulation.factory import StoryLog
    from orchestrator.simulation.listener import Application
    from orchestrator.systems.advantech_portal.simulator import HostSpec
    from orchestrator.systems.azure_sphere_device.simulator import BoardSpec
    from orchestrator.transport.serving import Fault

_BoardCount = Annotated[
    int | None, typer.Option(min=1, max=1000, help="How many boards.", show_default="8")
]
_RackFile = Annotated[
    Path | None,
    typer.Option("--rack", help="A TOML file that describes the boards and their faults."),
]
_Elsewhere = Annotated[
    list[str] | None,
    typer.Option(
        metavar="SLOT", help="Slot whose board another tenant has claimed; may be repeated."
    ),
]
_Port = Annotated[int, typer.Option(min=0, max=65535, help="Port to answer on; 0: any free one.")]
_CaFile = Annotated[
    Path, typer.Option(help="Where to write the certificate that the service proves itself with.")
]
_WorldLog = Annotated[
    Path | None, typer.Option(help="Append what was really applied, as JSON lines.")
]
_Token = Annotated[
    str,
    typer.Option(
        envvar="PRETEND_TOKEN",
        help="The one bearer token that is accepted; without it any (cloud) or none (portal).",
    ),
]
_Throttle = Annotated[
    float, typer.Option(min=0, max=100, help="Percent of requests answered with 429.")
]
_Fail = Annotated[float, typer.Option(min=0, max=100, help="Percent answered with 500.")]
_Lose = Annotated[
    float, typer.Option(min=0, max=100, help="Percent whose answer is lost after acting.")
]
_Seed = Annotated[int, typer.Option(min=0, help="Other chances for the faults.")]


def add_to(app: typer.Typer) -> None:
    """Add the commands to the noun `simulate`."""
    for command in (cloud, portal, factory):
        app.command()(command)


def _faults(throttle: float, fail: float, lose: float, seed: int) -> "tuple[Fault, ...]":
    from orchestrator.transport.serving import Fault

    kinds = (("throttle", throttle), ("refuse", fail), ("lost_answer", lose))
    return tuple(
        Fault(kind, probability=percent / 100, seed=seed, retry_after="0")  # type: ignore[arg-type]  # words of the table
        for kind, percent in kinds
        if percent
    )


@contextmanager
def world_log_of(path: Path | None) -> "Iterator[StoryLog | None]":
    """Give the world log of the option, None without it."""
    if path is None:
        yield None
        return
    from orchestrator.simulation.factory import StoryLog

    with path.open("a", encoding="utf-8") as file:
        yield StoryLog(file)


def _served(app: "Application", port: int, ca_file: Path) -> "AbstractAsyncContextManager[str]":
    from orchestrator.simulation.services import make_trust, serve

    return serve(app, make_trust(ca_file), port=port)


def hold(serving: "AbstractAsyncContextManager[str]") -> None:
    """Hold what is served until somebody asks to stop; tell first where it answers."""
    import anyio

    async def run() -> None:
        from orchestrator.simulation.signals import asked_to_stop

        with asked_to_stop() as stop:
            async with serving as ready:
                emit(ready)
                await stop.wait()

    anyio.run(run)


def cloud(
    *,
    port: _Port = 0,
    ca_file: _CaFile = Path("cloud-ca.pem"),
    world_log: _WorldLog = None,
    token: _Token = "",
    product: Annotated[list[str] | None, typer.Option(help="A product; may be repeated.")] = None,
    throttle: _Throttle = 0,
    fail: _Fail = 0,
    lose: _Lose = 0,
    seed: _Seed = 0,
) -> None:
    """Run a pretend cloud in the foreground until it is stopped.

    Prints one JSON line when it answers. Every well-formed device id is an unclaimed device.

    Example: orchestrator simulate cloud --product Guardian --ca-file cloud-ca.pem
    """
    from orchestrator.systems.azure_sphere_cloud.simulator import (
        TENANT_ID,
        Cloud,
        CloudServer,
        CloudSpec,
        ProductSpec,
    )
    from orchestrator.transport.serving import World

    spec = CloudSpec(
        products=tuple(ProductSpec(name) for name in product or ["Guardian"]),
        token=token,
        faults=_faults(throttle, fail, lose, seed),
        seed=seed,
    )

    @asynccontextmanager
    async def serving() -> AsyncIterator[str]:
        with world_log_of(world_log) as log:
            app = CloudServer(Cloud(spec, World(report=log.service) if log else None))
            async with _served(app, port, ca_file) as url:
                facts = {"ready": True, "cloud": url, "tenant": TENANT_ID}
                yield json.dumps({**facts, "ca_file": str(ca_file.absolute())})

    hold(serving())


def portal(
    *,
    port: _Port = 0,
    ca_file: _CaFile = Path("portal-ca.pem"),
    world_log: _WorldLog = None,
    token: _Token = "",
    throttle: _Throttle = 0,
    fail: _Fail = 0,
    lose: _Lose = 0,
    seed: _Seed = 0,
) -> None:
    """Run a pretend IoT portal in the foreground until it is stopped.

    Prints one JSON line when it answers. It has one device model.

    Example: orchestrator simulate portal --ca-file portal-ca.pem
    """
    from orchestrator.simulation.factory import DEVICE_MODEL, MODEL_ID
    from orchestrator.systems.iot_hub_portal.simulator import Portal, PortalServer, PortalSpec
    from orchestrator.transport.serving import FaultPlan, World

    tokens = {token: float("inf")} if token else {}
    spec = PortalSpec(device_models=(DEVICE_MODEL,), tokens=tokens, seed=seed)
    faults = FaultPlan(_faults(throttle, fail, lose, seed), f"portal/{seed}")

    @asynccontextmanager
    async def serving() -> AsyncIterator[str]:
        with world_log_of(world_log) as log:
            app = PortalServer(Portal(spec, World(report=log.service) if log else None), faults)
            async with _served(app, port, ca_file) as url:
                facts = {"ready": True, "portal": url, "model": MODEL_ID}
                yield json.dumps({**facts, "ca_file": str(ca_file.absolute())})

    hold(serving())


def _boards(rack_file: Path | None, boards: int | None, seed: int) -> "Sequence[BoardSpec]":
    from orchestrator.simulation.rack import plain_boards
    from orchestrator.simulation.rack_file import load_rack_file

    if rack_file is not None:
        return load_rack_file(rack_file, boards=boards)
    return plain_boards(boards or 8, seed)


def _hosts(spec_file: Path | None, hosts: int, seed: int) -> "Sequence[HostSpec]":
    from orchestrator.simulation.host_file import load_host_file
    from orchestrator.simulation.hosts import plain_hosts

    if spec_file is not None:
        return load_host_file(spec_file, hosts=hosts or None)
    return plain_hosts(hosts, seed=seed) if hosts else ()


def factory(
    *,
    boards: _BoardCount = None,
    rack_file: _RackFile = None,
    claimed_elsewhere: _Elsewhere = None,
    hosts: Annotated[int, typer.Option(min=0, max=1000, help="How many hosts beside them.")] = 0,
    hosts_file: Annotated[
        Path | None, typer.Option("--hosts-spec", help="A TOML file that describes the hosts.")
    ] = None,
    folder: Annotated[Path, typer.Option(help="Where to write the certificates.")] = Path(),
    first_address: Annotated[
        str, typer.Option(help="Address of the first board; the others follow.")
    ] = "127.0.35.2",
    https_port: Annotated[
        int, typer.Option(min=0, max=65535, help="Port of every board; 0: any free one.")
    ] = 0,
    service_port: Annotated[
        int, typer.Option(min=0, max=65535, help="Port of the local service; 0: any free one.")
    ] = 48938,
    world_log: _WorldLog = None,
    token: _Token = "",
    throttle: _Throttle = 0,
    fail: _Fail = 0,
    lose: _Lose = 0,
    seed: _Seed = 0,
) -> None:
    """Run boards, cloud, portal and hosts as one story in the foreground until it is stopped.

    Prints one JSON line when all parts answer. The cloud knows exactly these boards.
    `--throttle`, `--fail` and `--lose` are about cloud and portal; the boards have a rack file.

    Example: orchestrator simulate factory --boards 8
    """
    from orchestrator.simulation.factory import run_factory

    specs = _boards(rack_file, boards, seed)
    host_specs = _hosts(hosts_file, hosts, seed)
    strays = sorted(set(claimed_elsewhere or ()) - {spec.slot_path for spec in specs})
    if strays:
        raise typer.BadParameter(f"there is no slot {', '.join(strays)}")

    @asynccontextmanager
    async def serving() -> AsyncIterator[str]:
        with world_log_of(world_log) as log:
            async with run_factory(
                specs,
                folder=folder,
                first_address=first_address,
                https_port=https_port,
                service_port=service_port,
                log=log,
                token=token,
                faults=_faults(throttle, fail, lose, seed),
                claimed_elsewhere=claimed_elsewhere or (),
                hosts=host_specs,
            ) as running:
                yield running.ready_line()

    hold(serving())
