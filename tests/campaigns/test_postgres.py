"""PostgreSQL is killed under a daemon that stays up."""

from tests.campaigns.postgres import run
from tests.campaigns.results import Result
from tests.campaigns.rig import station_place
from tests.postgres_server import WAYS, running


def test_the_server_is_killed_and_work_goes_on() -> None:
    """Five kills in three ways: boards pass again without a restart, nothing is there twice."""
    result = Result("PostgreSQL", "test")
    with (
        running() as server,
        station_place(4, seed=4, database_url=server.new_database("audit")) as place,
    ):
        run(place, server, result, 5, seed=4)
        assert place.lives == 1
    assert result.sentences == []
    assert result.survived == 5
    assert set(WAYS) <= set(result.faults)
