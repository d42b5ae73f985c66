"""The station API from Python: a method per operation, named as the operation is.

Thin over `transport.HttpClient`, which owns deadlines, caps and repetitions. Every command carries
an Idempotency-Key, so that it is carried out once however often the network makes us repeat it.
"""

import json
import secrets
import ssl
from collections.abc import AsyncGenerator, Mapping
from typing import Any, TypeVar

from anyio.abc import AsyncResource
from pydantic import SecretStr

from orchestrator.domain.errors import OrchestratorError, Refusal
from orchestrator.domain.prompts import AnswerSource
from orchestrator.transport.client import Answer, HttpClient, Query, Transport
from orchestrator.transport.endpoint import Empty
from orchestrator.transport.sse import EventSource, ServerEvent
from orchestrator.transport.text import printable
from orchestrator.web.api import evidence, models
from orchestrator.web.client_rows import ROWS

M = TypeVar("M")


def refused(answer: Answer) -> OrchestratorError:
    """Return the problem that the station told, with its sentence and remedy."""
    code, what, remedy = f"http.{answer.status}", "", ""
    try:
        found = json.loads(answer.body)
    except (ValueError, RecursionError):
        found = None
    if isinstance(found, dict):
        code = printable(str(found.get("code", code)), 64)
        what = printable(str(found.get("detail", "")), 500)
        remedy = printable(str(found.get("what_to_do", "")), 500)
    return Refusal(
        (what or f"the station answered {answer.status}: {answer.shown}").rstrip("."),
        remedy=remedy.rstrip("."),
        code=code,
    )


class _Bearer:
    """Sends the token with every request; it is not part of any message."""

    def __init__(self, token: SecretStr | None) -> None:
        self._token = token

    async def __call__(self, refused: Mapping[str, str] | None = None) -> Mapping[str, str]:
        """Return the header; a token cannot be renewed."""
        del refused
        if self._token is None:
            return {}
        return {"Authorization": f"Bearer {self._token.get_secret_value()}"}


class _StreamPermit:
    """The same for streams."""

    def __init__(self, bearer: _Bearer) -> None:
        self._bearer = bearer

    async def __call__(
        self, refused: Mapping[str, str] | None = None
    ) -> tuple[Mapping[str, str], Mapping[str, str]]:
        """Return header and query."""
        return await self._bearer(refused), {}


class StationApi(AsyncResource):
    """One station. Use it as an async context, or close it with `aclose`.

    `address` is that of the panel, without a path. Without a `token` one can look and stop. Every
    method raises the errors of the house; a refusal has the station's sentence and remedy.
    """

    def __init__(
        self,
        address: str,
        *,
        token: SecretStr | None = None,
        context: ssl.SSLContext | None = None,
        transport: Transport | None = None,
    ) -> None:
        bearer = _Bearer(token)
        base, peer = f"{address.rstrip('/')}/api/v1", f"station {address}"
        self._http = HttpClient(
            base,
            peer=peer,
            context=context,
            transport=transport,
            refuse=refused,
            authorize=bearer if token is not None else None,
        )
        self._events = EventSource(
            base,
            peer=peer,
            context=context,
            transport=transport,
            refuse=refused,
            permit=_StreamPermit(bearer),
        )

    async def aclose(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    async def _get(self, name: str, query: Query | None = None, /, **path: str) -> Any:
        return await self._http.call(ROWS[name], path=path, query=query)

    async def _do(
        self,
        name: str,
        body: models.Asked | None = None,
        /,
        *,
        if_match: str | None = None,
        **path: str,
    ) -> Any:
        headers = {"Idempotency-Key": secrets.token_urlsafe(16)}
        if if_match is not None:
            headers["If-Match"] = if_match
        return await self._http.call(
            ROWS[name], path=path, headers=headers, body=body if body is not None else Empty()
        )

    # Station

    async def get_station(self) -> models.Station:
        """Return the station as a whole: counters, health, what holds it up."""
        found: models.Station = await self._get("get_station")
        return found

    async def list_slots(self, *, limit: int = 500, after: str | None = None) -> models.Slots:
        """Return the slots in their order; `after` is what `next` of the page before says."""
        found: models.Slots = await self._get("list_slots", {"limit": limit, "after": after})
        return found

    async def get_slot(self, slot: str) -> models.Slot:
        """Return one slot."""
        found: models.Slot = await self._get("get_slot", slot=slot)
        return found

    async def follow_events(self, last_event_id: str = "") -> AsyncGenerator[ServerEvent, None]:
        """Yield what happens, first a snapshot, or what was missed since `last_event_id`.

        Ends when the station does, or says `reload`. Raises LinkFault when the stream breaks.
        """
        async with await self._events.open(ROWS["follow_events"], last_event_id) as connection:
            while True:
                event = await connection.next()
                yield event
                if event.name in ("bye", "reload"):
                    return

    async def list_prompts(self) -> models.Prompts:
        """Return the open prompts of all slots, the oldest first."""
        found: models.Prompts = await self._get("list_prompts")
        return found

    async def get_prompt(self, prompt: str) -> models.Prompt:
        """Return one open prompt."""
        found: models.Prompt = await self._get("get_prompt", prompt=prompt)
        return found

    async def get_prompt_picture(self, prompt: str) -> bytes:
        """Return the picture that belongs to a prompt."""
        found: bytes = await self._get("get_prompt_picture", prompt=prompt)
        return found

    # Commands

    async def answer_prompt(
        self,
        prompt: str,
        *,
        yes: bool,
        text: str = "",
        source: AnswerSource = AnswerSource.PRESSED,
    ) -> models.Done:
        """Answer a prompt. The first answer that is recorded counts."""
        body = models.PromptAnswer(yes=yes, text=text, source=source)
        done: models.Done = await self._do("answer_prompt", body, prompt=prompt)
        return done

    async def scan(self, code: str, source: AnswerSource = AnswerSource.SCANNED) -> models.Scanned:
        """Have a code taken that was scanned or typed."""
        done: models.Scanned = await self._do("scan", models.Scan(code=code, source=source))
        return done

    async def start_slot(self, slot: str) -> models.Done:
        """Start the run of a slot, at stations where people start runs."""
        done: models.Done = await self._do("start_slot", slot=slot)
        return done

    async def stop_slot(self, slot: str) -> models.Done:
        """Stop the run of a slot. Needs nobody signed in."""
        done: models.Done = await self._do("stop_slot", slot=slot)
        return done

    async def get_slot_hold(self, slot: str) -> tuple[models.Held, str]:
        """Say whether a slot is closed, and the tag that changing it needs."""
        return await self._held("get_slot_hold", slot=slot)

    async def _held(self, name: str, **path: str) -> tuple[models.Held, str]:
        tags: list[str] = []
        found: models.Held = await self._http.call(
            ROWS[name], path=path, heard=lambda headers: tags.append(headers.get("etag", ""))
        )
        return found, tags[-1]

    async def hold_slot(self, slot: str, reason: str, *, if_match: str = "*") -> models.Done:
        """Close a slot; `if_match` is the tag that was read before, `*` for in any case."""
        order = models.HoldOrder(reason=reason)
        done: models.Done = await self._do("hold_slot", order, if_match=if_match, slot=slot)
        return done

    async def release_slot(self, slot: str, *, if_match: str = "*") -> models.Done:
        """Open a slot again."""
        done: models.Done = await self._do("release_slot", if_match=if_match, slot=slot)
        return done

    async def get_line_hold(self) -> tuple[models.Held, str]:
        """Say whether somebody has closed the line, and the tag that changing it needs."""
        return await self._held("get_line_hold")

    async def hold_line(self, reason: str, *, if_match: str = "*") -> models.Done:
        """Close the line: runs go on to their end, and none begins."""
        order = models.HoldOrder(reason=reason)
        done: models.Done = await self._do("hold_line", order, if_match=if_match)
        return done

    async def release_line(self, *, if_match: str = "*") -> models.Done:
        """Open the line again, as far as a person has closed it."""
        done: models.Done = await self._do("release_line", if_match=if_match)
        return done

    # Evidence

    async def list_runs(
        self, query: Query | None = None, *, limit: int = 100, after: str | None = None
    ) -> evidence.Runs:
        """Return runs, the newest first.

        `query` narrows: slot, recipe, outcome, since, until, serial.
        """
        asked = {**(query or {}), "limit": limit, "after": after}
        found: evidence.Runs = await self._get("list_runs", asked)
        return found

    async def get_run(self, run: str) -> evidence.Run:
        """Return one run."""
        found: evidence.Run = await self._get("get_run", run=run)
        return found

    async def list_run_steps(self, run: str) -> evidence.Steps:
        """Return what a run did, step by step, with what it measured."""
        found: evidence.Steps = await self._get("list_run_steps", run=run)
        return found

    async def get_run_attachment(self, run: str, sequence: int, name: str) -> bytes:
        """Return what is in an attachment."""
        found: bytes = await self._get(
            "get_run_attachment", run=run, sequence=str(sequence), name=name
        )
        return found

    async def list_units(
        self,
        *,
        serial: str | None = None,
        device_id: str | None = None,
        limit: int = 100,
        after: str | None = None,
    ) -> evidence.Units:
        """Return the units that the line has met, the last one first."""
        asked = {"serial": serial, "device_id": device_id, "limit": limit, "after": after}
        found: evidence.Units = await self._get("list_units", asked)
        return found

    async def get_unit(self, unit: str) -> evidence.KnownUnit:
        """Return one unit with its silicon."""
        found: evidence.KnownUnit = await self._get("get_unit", unit=unit)
        return found

    async def list_unit_history(self, unit: str) -> evidence.History:
        """Return what ever happened to a unit, the oldest first."""
        found: evidence.History = await self._get("list_unit_history", unit=unit)
        return found

    async def list_holds(self) -> evidence.HeldUnits:
        """Return the requests of which nobody knows whether they were applied."""
        found: evidence.HeldUnits = await self._get("list_holds")
        return found

    async def list_recipes(self) -> evidence.Recipes:
        """Return the recipes that the station runs now."""
        found: evidence.Recipes = await self._get("list_recipes")
        return found

    async def get_recipe(self, content_hash: str) -> evidence.Recipe:
        """Return a recipe that was ever loaded there, with its text."""
        found: evidence.Recipe = await self._get("get_recipe", content_hash=content_hash)
        return found

    # Health

    async def get_session(self) -> models.Me:
        """Say who this client is to the station, and what it may do."""
        found: models.Me = await self._get("get_session")
        return found

    async def health_live(self) -> models.Health:
        """Say that the station's program answers."""
        found: models.Health = await self._get("health_live")
        return found

    async def health_ready(self) -> models.Health:
        """Say whether the station could take a board, and why not."""
        found: models.Health = await self._get("health_ready")
        return found

    async def get_version(self) -> models.Version:
        """Say which program the station runs."""
        found: models.Version = await self._get("get_version")
        return found

    async def get_metrics(self) -> str:
        """Return the counters in the text format of Prometheus."""
        found: str = await self._get("get_metrics")
        return found
