"""`orchestrator station status`: what a running station shows, asked through its API."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from orchestrator.cli.exit_codes import ExitCode
from orchestrator.cli.output import Format, emit, print_rows, say

if TYPE_CHECKING:
    import ssl

    from pydantic import SecretStr

    from orchestrator.web.client import StationApi

_COLUMNS = ("slot", "state", "unit", "step", "done", "says")
_EVERYWHERE = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104  # an address to listen on


def status(
    *,
    config: Annotated[
        Path | None, typer.Option("--config", help="Settings file of the station with [web].")
    ] = None,
    url: Annotated[
        str | None,
        typer.Option("--url", help="Address of the panel instead [default: http://localhost:8460]"),
    ] = None,
    ca_file: Annotated[
        Path | None,
        typer.Option("--ca-file", help="Certificate (PEM) that the panel must prove itself with."),
    ] = None,
    token_file: Annotated[
        Path | None,
        typer.Option("--token-file", help="File with a token, where looking needs one."),
    ] = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="One JSON object with every member.")
    ] = False,
) -> None:
    """Say what a running station does: its slots, what holds it up, the counters of the shift.

    Exit code 0: it could take a board, 1: it could not, 69: it does not answer.

    Example: orchestrator station status --url http://localhost:8460 --json
    """
    if config is not None and url is not None:
        raise typer.BadParameter("give --config or --url, not both")
    import anyio

    found, ready = anyio.run(_asked, config, url, ca_file, token_file)
    if as_json:
        _emit_json(found)
    else:
        _emit_table(found)
    if not ready:
        raise typer.Exit(ExitCode.NO)


async def _asked(
    config: Path | None, url: str | None, ca_file: Path | None, token_file: Path | None
) -> tuple[dict[str, Any], bool]:
    async with _api(config, url, ca_file, token_file) as api:
        station = await api.get_station()
        slots = await api.list_slots()
        items = list(slots.items)
        while slots.next is not None:
            slots = await api.list_slots(after=slots.next)
            items += slots.items
        ready = await api.health_ready()
    shown = {
        "schema": 1,
        "ready": ready.status == "ready",
        "problems": ready.problems,
        "station": station.model_dump(mode="json"),
        "slots": [slot.model_dump(mode="json") for slot in items],
    }
    return shown, ready.status == "ready"


def _api(
    config: Path | None, url: str | None, ca_file: Path | None, token_file: Path | None
) -> "StationApi":
    from orchestrator.transport.tls import pinned_context
    from orchestrator.web.client import StationApi

    address = url or "http://localhost:8460"
    if config is not None:
        address, ca_file = _address(config, ca_file)
    context: ssl.SSLContext | None = pinned_context(ca_file) if ca_file is not None else None
    return StationApi(address, token=_token(token_file), context=context)


def _address(config: Path, ca_file: Path | None) -> tuple[str, Path | None]:
    """Return where the settings serve the panel, and what proves it."""
    from orchestrator.domain.errors import ConfigurationMistakes
    from orchestrator.station.settings_file import load_settings

    web = load_settings(config).web
    if web is None or not web.port:
        raise ConfigurationMistakes(
            f"{config} serves no panel on a known port", remedy="Give --url instead"
        )
    host = _EVERYWHERE.get(web.host, web.host)
    shown = f"[{host}]" if ":" in host else host
    return f"{'https' if web.tls else 'http'}://{shown}:{web.port}", ca_file or web.tls_certificate


def _token(path: Path | None) -> "SecretStr | None":
    if path is None:
        return None
    from pydantic import SecretStr

    return SecretStr(path.read_text(encoding="ascii").strip())


def _emit_json(found: dict[str, Any]) -> None:
    import json

    emit(json.dumps(found, indent=2))


def _emit_table(found: dict[str, Any]) -> None:
    station, shift = found["station"], found["station"]["shift"]
    rows = [
        {
            "slot": slot["name"],
            "state": slot["state"],
            "unit": slot["serial_number"] or (slot["device_id"] or "")[:12],
            "step": slot["step"],
            "done": f"{slot['progress'] * 100:.0f} %",
            "says": slot["sentence"],
        }
        for slot in found["slots"]
    ]
    say(f"station {station['station']}, {'ready' if found['ready'] else 'not ready'}")
    say(f"shift: {shift['passed']} passed, {shift['failed']} failed, {shift['errors']} errors")
    for line in (*found["problems"], *(reason["sentence"] for reason in station["reasons"])):
        say(f"  {line}")
    print_rows(rows, Format.TABLE, _COLUMNS)
