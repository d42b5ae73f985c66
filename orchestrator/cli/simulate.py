"""`orchestrator simulate`: a rack of pretend boards, and sample image packages for it."""

import json
from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from orchestrator.cli.output import emit, say

if TYPE_CHECKING:
    from orchestrator.simulation.rack import Rack
    from orchestrator.systems.azure_sphere_device.simulator import BoardSpec

app = typer.Typer(
    help="Pretend boards for developing recipes, and signed sample images.\n\n"
    "Example: orchestrator simulate rack --boards 8 --https-port 8443",
    no_args_is_help=True,
    rich_markup_mode=None,
)

_HTTPS_PORT = 443
_BOARDS = 8


class SignWith(StrEnum):
    """Whose key signs a sample image."""

    SDK = "sdk"
    PRODUCTION = "production"


@app.command()
def rack(
    *,
    boards: Annotated[
        int | None, typer.Option(min=1, max=1000, help="How many boards.", show_default="8")
    ] = None,
    rack_file: Annotated[
        Path | None,
        typer.Option("--rack", help="A TOML file that describes the boards and their faults."),
    ] = None,
    first_address: Annotated[
        str, typer.Option(help="Address of the first board; the others follow.")
    ] = "127.0.35.2",
    https_port: Annotated[
        int | None,
        typer.Option(
            min=0,
            max=65535,
            help="Port of every board; 0: any free one.",
            show_default="443, any free one where that is not allowed",
        ),
    ] = None,
    service_port: Annotated[
        int, typer.Option(min=0, max=65535, help="Port of the local service; 0: any free one.")
    ] = 48938,
    ca_file: Annotated[
        Path | None, typer.Option(help="Where to write the boards' CA certificate.")
    ] = None,
    world_log: Annotated[
        Path | None, typer.Option(help="Append what really happened on the boards, as JSON lines.")
    ] = None,
    audit_url: Annotated[
        str, typer.Option(help="Audit whose newest entry the world log notes at requests for good.")
    ] = "",
    seed: Annotated[
        int | None, typer.Option(min=0, help="Other boards: changes their device ids.")
    ] = None,
) -> None:
    """Run a rack of pretend boards in the foreground until it is stopped.

    Prints one JSON line when the boards answer.

    Example: orchestrator simulate rack --boards 8 --https-port 8443
    """
    from functools import partial

    import anyio

    from orchestrator.simulation.rack import run_rack

    specs = _boards(rack_file, boards, seed)
    serve = partial(
        run_rack,
        specs,
        first_address=first_address,
        https_port=_port(https_port, first_address),
        service_port=service_port,
        ca_file=ca_file,
    )
    anyio.run(_serve, serve, world_log, audit_url)


async def _serve(
    rack: "Callable[..., AbstractAsyncContextManager[Rack]]", log: Path | None, audit_url: str
) -> None:
    """Hold the rack until somebody asks to stop."""
    from contextlib import nullcontext

    from orchestrator.simulation.rack import WorldLog
    from orchestrator.simulation.sight import Sight
    from orchestrator.simulation.signals import asked_to_stop
    from orchestrator.systems.azure_sphere_device.simulator import World

    sight = Sight(audit_url) if audit_url else None
    with asked_to_stop() as stop, WorldLog(log, sight) if log else nullcontext() as report:
        async with rack(world=World(report=report, received=report) if report else None) as running:
            emit(running.ready_line())
            await stop.wait()


@app.command()
def image(
    *,
    name: Annotated[str, typer.Option(help="Name in the package, at most 31 bytes.")],
    component: Annotated[str, typer.Option(help="Component id, a GUID.")],
    image_id: Annotated[str, typer.Option("--image", help="Image id, a GUID.")],
    output: Annotated[Path, typer.Option(help="File to write.")],
    size: Annotated[int, typer.Option(min=4, max=8 << 20, help="Bytes of payload.")] = 16384,
    sign: Annotated[
        SignWith, typer.Option(help="sdk: boards accept it with capability 11 alone.")
    ] = SignWith.PRODUCTION,
    mutable_storage: Annotated[
        int, typer.Option(min=0, help="KiB that its manifest asks for; 0: it has no manifest.")
    ] = 0,
    temporary: Annotated[
        bool, typer.Option("--temporary", help="It disappears when the board restarts.")
    ] = False,
) -> None:
    """Write a signed sample application package; prints its facts as one JSON line.

    Example: orchestrator simulate image --name blink
    --component 11111111-2222-4333-8444-555555555555
    --image 66666666-7777-4888-9999-000000000000 --output blink.imagepackage
    """
    import hashlib

    _check_guid("--component", component)
    _check_guid("--image", image_id)
    from orchestrator.simulation.sample_images import make_image, manifest

    content = make_image(
        name,
        component,
        image_id,
        size,
        sign=sign.value,
        manifest=manifest(name, component, mutable_storage) if mutable_storage else None,
        temporary=temporary,
    )
    output.write_bytes(content)
    facts = {
        "file": str(output),
        "component_id": component.lower(),
        "image_id": image_id.lower(),
        "size_bytes": len(content),
        "sha256": hashlib.sha256(content).hexdigest(),
    }
    emit(json.dumps(facts))


@app.command(name="os-versions")
def os_versions() -> None:
    """Print the OS releases of pretend boards, in the form of the vendor's list of versions.

    Example: orchestrator simulate os-versions > os-versions.json
    """
    from orchestrator.systems.azure_sphere_device.simulator import os_catalogue

    emit(json.dumps(os_catalogue(), indent=2))


class Page(StrEnum):
    """A file that describes what is simulated."""

    RACK = "rack"
    HOSTS = "hosts"


@app.command()
def reference(
    page: Annotated[Page, typer.Argument(help="Which file: rack or hosts.")] = Page.RACK,
) -> None:
    """Print the reference page of the rack file, or of the hosts file.

    Example: orchestrator simulate reference > docs/reference/rack-file.md
    """
    from orchestrator.simulation import host_reference, rack_reference

    found = rack_reference if page is Page.RACK else host_reference
    emit(found.reference().rstrip("\n"))


@app.command()
def shift(
    *,
    seed: Annotated[int | None, typer.Option(min=0, help="Which shift.", show_default="1")] = None,
    seeds: Annotated[
        str, typer.Option(metavar="A-B", help="Many shifts: the first and the last seed.")
    ] = "",
    boards: Annotated[int, typer.Option(min=1, max=1000, help="Boards of each shift.")] = 50,
    hours: Annotated[
        float, typer.Option(min=0.01, max=24, help="Longest time of a shift, virtual hours.")
    ] = 8.0,
    profile: Annotated[
        str,
        typer.Option(help="calm, flaky, storm, hostile or power.", show_default="by the seed"),
    ] = "",
    without: Annotated[
        list[str] | None, typer.Option(help="A group of faults to leave out; several times.")
    ] = None,
    at: Annotated[
        str, typer.Option(metavar="NAME:K", help="Cut the power at the K-th visit of a place.")
    ] = "",
    jobs: Annotated[int, typer.Option(min=1, max=64, help="How many shifts side by side.")] = 1,
    result: Annotated[
        Path | None, typer.Option(help="Write the figures here as JSON, and beside it as a page.")
    ] = None,
    keep: Annotated[
        Path | None, typer.Option(help="Keep database and logs of a single shift in this folder.")
    ] = None,
) -> None:
    """Work whole shifts of the real program on a virtual clock, and judge them.

    Everything goes wrong by the seed: boards, people, disk, clock, power. Ends with 1 when a
    promise was broken, and prints the command that shows it again.

    Example: orchestrator simulate shift --seed 7 --boards 50 --hours 8
    """
    from orchestrator.cli.rehearsal import run_shifts
    from orchestrator.simulation.rehearsal.campaign import Order

    order = Order(boards, hours, profile, tuple(without or ()), at)
    run_shifts(order, seed, seeds, jobs=jobs, result=result, keep=keep)


def _check_guid(option: str, text: str) -> None:
    from uuid import UUID

    try:
        UUID(text)
    except ValueError:
        raise typer.BadParameter(
            f"{text!r} is no GUID; it must look like 11111111-2222-4333-8444-555555555555",
            param_hint=option,
        ) from None


def _boards(rack_file: Path | None, boards: int | None, seed: int | None) -> "Sequence[BoardSpec]":
    from orchestrator.simulation.rack import plain_boards
    from orchestrator.simulation.rack_file import load_rack_file

    if rack_file is not None:
        return load_rack_file(rack_file, boards=boards, seed=seed)
    return plain_boards(boards or _BOARDS, seed or 0)


def _port(wanted: int | None, first_address: str) -> int:
    """Return the port to use: 443 unless chosen, any free one where that is not allowed."""
    from orchestrator.domain.errors import StationFault
    from orchestrator.simulation.sockets import addresses, listening_socket

    if wanted is not None:
        return wanted
    try:
        listening_socket(addresses(first_address, 1)[0], _HTTPS_PORT).close()
    except StationFault as fault:
        say(f"{fault.what}; taking any free port, see https_port in the line below")
        return 0
    return _HTTPS_PORT
