"""The Python client of the station API, against the API itself."""

import inspect

import httpx
import pytest
from pydantic import SecretStr

from orchestrator.domain.errors import ConnectionLost, LinkFault, Refusal, StationMisuse
from orchestrator.domain.prompts import AnswerSource
from orchestrator.web.api.table import OPERATIONS
from orchestrator.web.client import StationApi
from orchestrator.web.client_rows import NOT_FOR_PROGRAMS, ROWS
from tests.web.bench import Bench, changed
from tests.web.test_server import serving

PROGRAMS = [row for row in OPERATIONS if row.name not in NOT_FOR_PROGRAMS]


def api(bench: Bench, scope: str | None = None) -> StationApi:
    """Return a client with a token of that scope."""
    token = SecretStr(bench.tokens[scope]) if scope is not None else None
    transport = httpx.ASGITransport(bench.application)
    return StationApi("http://localhost", token=token, transport=transport)


@pytest.mark.parametrize("row", PROGRAMS, ids=lambda row: row.name)
def test_table_client_and_rows_are_one(row: object) -> None:
    """Each operation for programs has a row of the client, and a method of its name."""
    operation = next(each for each in OPERATIONS if each is row)
    found = ROWS[operation.name]
    assert (found.method, found.path) == (operation.method, operation.path)
    if operation.kind == "json":
        assert found.answer is operation.answer
    assert found.idempotent or found.door
    assert inspect.getdoc(getattr(StationApi, operation.name))


def test_the_client_has_nothing_else() -> None:
    """What people do alone has no method, and no row stands for nothing."""
    methods = {
        name for name, _ in inspect.getmembers(StationApi, callable) if not name.startswith("_")
    }
    assert methods - {"aclose"} == set(ROWS)
    assert set(ROWS) == {row.name for row in PROGRAMS}


async def test_looking(bench: Bench) -> None:
    """Everything that can be seen comes as a model."""
    async with api(bench) as station:
        assert (await station.get_station()).shift.first_pass_yield is not None
        assert [slot.name for slot in (await station.list_slots(limit=1)).items] == ["1"]
        assert (await station.get_slot("2")).may_stop is True
        assert [each.prompt_id for each in (await station.list_prompts()).items] == ["Q1", "Q2"]
        assert (await station.get_prompt("Q2")).options == ["a", "b"]
        assert await station.get_prompt_picture("Q2") == b"\x89PNG"
        assert not (await station.get_slot_hold("1"))[0].held
        assert not (await station.get_line_hold())[0].held
        first = await station.list_runs({"serial": "=SN2"}, limit=1)
        assert [run.run_id for run in first.items] == ["R2"]
        assert first.items[0].inputs == {"line": "A"}
        assert (await station.get_run("R1")).outcome == "PASS"
        steps = (await station.list_run_steps("R1")).items
        assert steps[0].measurements[0].outcome == "PASS"
        assert (await station.get_run_attachment("R1", 1, "log")).startswith(b"=1+1")
        page = await station.list_units(limit=3)
        assert len((await station.list_units(limit=3, after=page.next)).items) == 1
        assert (await station.get_unit("U1")).runs == 1
        assert (await station.list_unit_history("U1")).items[0].kind == "registered"
        assert (await station.list_holds()).items == []
        assert [each.name for each in (await station.list_recipes()).items] == ["guardian"]
        assert (await station.get_recipe("H1")).text == "recipe: 1"
        assert (await station.get_session()).signed_in is False
        assert (await station.health_live()).status == "live"
        assert (await station.health_ready()).status == "ready"
        assert (await station.get_version()).api == "v1"
        assert "orchestrator_slots" in await station.get_metrics()


async def test_doing(bench: Bench) -> None:
    """Commands need a token of their scope, and are carried out once."""
    async with api(bench, "work") as station:
        await station.start_slot("1")
        await station.stop_slot("1")
        await station.answer_prompt("Q1", yes=False, text="bent", source=AnswerSource.TYPED)
        assert (await station.scan("SN5")).action == "serial"
        assert (await station.get_session()).role == "service"
        with pytest.raises(Refusal, match="may not close and open slots") as caught:
            await station.hold_slot("1", "x")
        assert caught.value.code == "rights"
        assert caught.value.remedy == "A token needs the scope hold"
    async with api(bench, "hold") as station:
        _, tag = await station.get_slot_hold("1")
        await station.hold_slot("1", "Broken pin", if_match=tag)
        with pytest.raises(Refusal, match="Somebody was faster"):
            await station.hold_slot("1", "Again", if_match=tag)
        held, tag = await station.get_slot_hold("1")
        assert held.held
        await station.release_slot("1", if_match=tag)
        await station.hold_line("Break")
        assert (await station.get_line_hold())[0].reason == "Break"
        await station.release_line()
    assert [what for what, _, _ in bench.control.done] == [
        "start", "stop", "answer typed no bent", "scan scanned", "hold", "release", "hold line",
        "release line",
    ]  # fmt: skip


async def test_a_refusal_has_the_stations_words(bench: Bench) -> None:
    """What the station says and advises reaches whoever asked; a token is in no message."""
    async with api(bench) as station:
        with pytest.raises(Refusal, match="There is no such slot") as caught:
            await station.get_slot("99")
        assert caught.value.remedy == "List the slots to see their names"
    with pytest.raises(Refusal) as refused:
        async with StationApi(
            "http://localhost",
            token=SecretStr("orc_canary"),
            transport=httpx.ASGITransport(bench.application),
        ) as station:
            await station.get_station()
    assert "orc_canary" not in f"{refused.value!r} {refused.value}"


async def test_following_on_a_real_connection(bench: Bench) -> None:
    """Events come as they happen, from where a reader stopped, until the station says goodbye."""
    async with serving(bench) as server, StationApi(server.address) as station:
        seen = []
        events = station.follow_events()
        async for event in events:
            seen.append(event)
            if event.name == "snapshot":
                bench.surface.hub.publish(changed("1"))
                bench.surface.hub.publish(changed("2"))
            if event.id == "S1-2":
                break
        await events.aclose()
        assert [event.name for event in seen] == ["snapshot", "slot_changed", "slot_changed"]
        names = []
        async for event in station.follow_events("S1-1"):
            names.append(event.name)
            if event.id == "S1-2":
                bench.application.state.streams.close()
        assert names == ["slot_changed", "bye"]


async def test_nobody_there(bench: Bench) -> None:
    """A station that does not answer is a fault of the link; a wrong call is the caller's."""
    async with StationApi("http://127.0.0.1:9") as station:
        with pytest.raises(LinkFault):
            await station.get_station()
        with pytest.raises((ConnectionLost, LinkFault)):
            await anext(station.follow_events())
        with pytest.raises((StationMisuse, LinkFault)):
            await station.get_slot("")
