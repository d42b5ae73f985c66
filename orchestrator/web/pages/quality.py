"""Quality's first pages: find a unit by serial number or device id, and see its whole life.

What happened to a unit comes from the audit as it is; nothing is judged here. The certificate is
made by the station, which has the key, or refused with the reason.
"""

import hashlib

from starlette.requests import Request
from starlette.responses import Response

from orchestrator.audit import queries
from orchestrator.audit.queries import Row
from orchestrator.web.api.cursors import read_number, write_cursor
from orchestrator.web.pages.page_maker import SEALED, PageMaker, address, asked, not_there
from orchestrator.web.pages.timeline import life
from orchestrator.web.pages.words import local, short

ROWS = 100
PATH = "/units"


class QualityPages:
    """Units of one station's audit."""

    def __init__(self, maker: PageMaker) -> None:
        self._maker = maker
        self._reads = maker.surface.reads
        self._office = maker.surface.office

    async def units(self, request: Request) -> Response:
        """Find units by their exact serial number or device id; list the newest without either."""
        given = asked(request, ("find", "after"))
        below = read_number("units", given.get("after"))
        name = given.get("find", "")
        rows = await (self._found(name) if name else self._newest(below))
        more = not name and len(rows) > ROWS
        last = write_cursor("units", rows[ROWS - 1]["entry"]) if more else None
        return self._maker.page(
            "units.html",
            find=name,
            rows=[{**row, "met": short(row["registered_at"])} for row in rows[:ROWS]],
            first=PATH if below is not None else "",
            next=address(PATH, {}, after=last) if more else "",
        )

    async def _newest(self, below: int | None) -> list[Row]:
        return await self._reads.read(queries.units_page, ROWS + 1, below)

    async def _found(self, name: str) -> list[Row]:
        by_serial = await self._reads.read(queries.units_page, ROWS, None, serial=name)
        by_silicon = await self._reads.read(queries.units_page, ROWS, None, device_id=name)
        return list({row["unit_id"]: row for row in (*by_serial, *by_silicon)}.values())

    async def unit(self, request: Request) -> Response:
        """Show the life of one unit."""
        asked(request, ())
        row = await self._row(request)
        name = _name(row)
        rows = await self._reads.read(queries.unit_history, name) if name else []
        return self._maker.page(
            "unit.html",
            unit=row,
            name=name,
            registered=local(row["registered_at"]),
            life=life(rows),
            certified=self._office.certificate is not None,
        )

    async def certificate(self, request: Request) -> Response:
        """Return the signed certificate of a unit. Raises InputMistakes that says why not."""
        asked(request, ())
        row = await self._row(request)
        name = _name(row)
        if not name or self._office.certificate is None:
            raise not_there("certificate")
        text = await self._office.certificate(name)
        # The serial number is data: the file is named by what it was made of.
        digest = hashlib.sha256(text.encode()).hexdigest()
        headers = {
            "Content-Disposition": f'attachment; filename="certificate-{digest[:16]}.json"',
            **SEALED,
        }
        return Response(text, media_type="application/json", headers=headers)

    async def _row(self, request: Request) -> Row:
        row = await self._reads.read(queries.unit_row, request.path_params["unit"])
        if row is None:
            raise not_there("unit")
        return row


def _name(row: Row) -> str:
    """Return by which name the unit is asked for."""
    return str(row["serial_number"] or (row["device_ids"] or [""])[0])
