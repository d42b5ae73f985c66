"""The power fails: what was acknowledged was synced, and what was synced is enough."""

from tests.campaigns.power import raw_cuts, station_cuts
from tests.campaigns.results import Result
from tests.campaigns.rig import station_place
from tests.campaigns.shim import Disk


def test_power_cuts_under_a_raw_writer() -> None:
    """Seven cuts on two databases: no acknowledged row is missing, the chain is whole."""
    result = Result("power", "test")
    raw_cuts(result, 7, seed=1)
    assert result.sentences == []
    assert result.survived == 7
    assert result.acknowledged > 100


def test_power_cuts_under_a_station() -> None:
    """Three cuts with boards in work; the station starts on what was synced and goes on."""
    result = Result("power", "test")
    with station_place(4, seed=2) as place:
        disk = Disk(place.data, place.folder, keep=True)
        station_cuts(place, disk, result, 3, seed=2)
    assert result.sentences == []
    assert result.survived == 3
