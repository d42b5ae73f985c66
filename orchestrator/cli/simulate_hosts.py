"""`orchestrator simulate host`: pretend Advantech hosts on real sockets."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from orchestrator.cli.simulate_services import hold, world_log_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from orchestrator.systems.advantech_portal.simulator import HostSpec

FIRST_ADDRESS = "127.0.36.2"


def add_to(app: typer.Typer) -> None:
    """Add the command to the noun `simulate`."""
    app.command()(host)


def host_specs(
    spec_file: Path | None, hosts: int | None, seed: int | None, first_address: str, model: str
) -> "Sequence[HostSpec]":
    """Return the hosts of the options. Raises ConfigurationMistakes, BadParameter."""
    from orchestrator.simulation.host_file import load_host_file
    from orchestrator.simulation.hosts import plain_hosts
    from orchestrator.systems.advantech_portal.simulator import FULL, MODELS

    if spec_file is not None:
        return load_host_file(spec_file, hosts=hosts, seed=seed, first_address=first_address)
    if model and model not in MODELS:
        raise typer.BadParameter(f"{model!r} is none of {', '.join(MODELS)}", param_hint="--model")
    return plain_hosts(
        hosts or 1, seed=seed or 0, first_address=first_address, model=model or FULL.name
    )


def host(
    *,
    hosts: Annotated[
        int | None, typer.Option(min=1, max=1000, help="How many hosts.", show_default="1")
    ] = None,
    spec_file: Annotated[
        Path | None,
        typer.Option("--spec", help="A TOML file that describes the hosts and their faults."),
    ] = None,
    model: Annotated[
        str, typer.Option(help="Model of all hosts, when no file describes them.")
    ] = "",
    first_address: Annotated[
        str, typer.Option(help="Address of the first host; the others follow.")
    ] = FIRST_ADDRESS,
    https_port: Annotated[
        int, typer.Option(min=0, max=65535, help="Port of every host; 0: any free one.")
    ] = 0,
    ca_file: Annotated[
        Path, typer.Option(help="Where to write the CA certificate of the hosts.")
    ] = Path("hosts-ca.pem"),
    world_log: Annotated[
        Path | None, typer.Option(help="Append what was really applied, as JSON lines.")
    ] = None,
    seed: Annotated[
        int | None, typer.Option(min=0, help="Other hosts: changes their serial numbers.")
    ] = None,
) -> None:
    """Run pretend Advantech hosts in the foreground until they are stopped.

    Prints one JSON line when they answer. Accounts: engineer with Engineer-1 (an administrator),
    viewer with Viewer-1, and admin with the documented default password.

    Example: orchestrator simulate host --hosts 4 --https-port 8443
    """
    from orchestrator.simulation.hosts import run_hosts
    from orchestrator.transport.serving import World

    specs = host_specs(spec_file, hosts, seed, first_address, model)

    @asynccontextmanager
    async def serving() -> AsyncIterator[str]:
        with world_log_of(world_log) as log:
            world = World(report=log.service) if log else World()
            async with run_hosts(
                specs, https_port=https_port, ca_file=ca_file, world=world
            ) as running:
                yield running.ready_line()

    hold(serving())
