"""A whole station on a PostgreSQL server: rights, and a server that goes away and comes back."""

from collections.abc import Iterator
from pathlib import Path

import anyio
import psycopg
import pytest
from sqlalchemy import make_url

from orchestrator.audit.integrity import examine
from orchestrator.audit.migrate import upgrade
from orchestrator.audit.roles import grant
from orchestrator.domain.events import SlotState
from tests.postgres_server import Server
from tests.station.fakes import FakeBoard
from tests.station.test_real_audit import RealBench


@pytest.fixture
def insert_only_url(server_url: str) -> Iterator[str]:
    """The URL with which a role signs in that may insert and read, and nothing else."""
    upgrade(server_url)
    plain = server_url.replace("+psycopg", "")
    with psycopg.connect(plain, autocommit=True) as owner:
        owner.execute("CREATE ROLE line7 LOGIN")
        grant(server_url, "line7")
        yield make_url(server_url).set(username="line7").render_as_string(hide_password=False)
        owner.execute("DROP OWNED BY line7")
        owner.execute("DROP ROLE line7")


def cut(server_url: str) -> None:
    """End the sessions of all stations on this database."""
    with psycopg.connect(server_url.replace("+psycopg", ""), autocommit=True) as other:
        other.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE application_name LIKE 'orchestrator%' AND datname = current_database()"
        )


async def test_the_line_goes_on_when_the_connection_is_back(
    server_url: str, insert_only_url: str, tmp_path: Path
) -> None:
    """Cut in the middle of a run: the line stops, tries again by itself, and nothing is twice."""
    bench = RealBench(tmp_path)
    bench.url = insert_only_url

    async def lose(board: FakeBoard) -> None:
        if board.acted == 1:
            cut(server_url)

    board = bench.fixture.put("1", FakeBoard(1, act=lose))
    async with bench.working() as watch:
        await watch.notice("The line stops")
        await watch.notice("the line goes on")
        await watch.state("1", SlotState.PASS)
    assert (board.acted, board.locks) == (2, 1)
    assert bench.outcomes() == ["INTERRUPTED", "PASS"]
    assert [line for part in examine(server_url) for line in part.findings] == []


async def test_a_server_that_is_away_is_waited_for(
    own_server_url: str, own_postgres: Server, tmp_path: Path
) -> None:
    """The station stays up, says why the board waits, and locks it once when the server is back."""
    bench = RealBench(tmp_path)
    bench.url = own_server_url
    async with bench.working() as watch:
        while not bench.fixture.polls:
            await anyio.lowlevel.checkpoint()
        own_postgres.stop("fast")
        board = bench.fixture.put("1", FakeBoard(1))
        await watch.notice("The line stops")
        await watch.state("1", SlotState.BLOCKED)
        own_postgres.start()
        await watch.notice("the line goes on")
        await watch.state("1", SlotState.PASS)
    assert board.locks == 1
    assert bench.outcomes()[-1] == "PASS"
    assert [line for part in examine(own_server_url) for line in part.findings] == []
