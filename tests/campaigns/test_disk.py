"""The disk fails: the line stops with a sentence, nothing is lost, work goes on by itself."""

from tests.campaigns.disk import raw_faults, station_fault
from tests.campaigns.results import Result
from tests.campaigns.rig import Daemon, station_place
from tests.campaigns.shifts import Shift
from tests.campaigns.shim import Disk


def test_a_failing_disk_under_a_raw_writer() -> None:
    """Refused syncs and writes at different calls, read-only, slow: callers are told the truth."""
    result = Result("disk", "test")
    raw_faults(result, 16, seed=1)
    assert result.sentences == []
    assert result.survived == 16


def test_a_failing_disk_under_a_station() -> None:
    """Refused syncs, a full disk, read-only: each is mended and the same daemon goes on."""
    result = Result("disk", "test")
    with station_place(4, seed=3) as place:
        disk = Disk(place.data, place.folder)
        place.environment = disk.environment()
        shift = Shift(place, result)
        daemon = Daemon(place)
        for how in ({"sync_error_at": 2}, {"write_error_at": 5}, {"read_only": 1}):
            shift.begin(daemon)
            station_fault(shift, daemon, disk, how)
        assert disk.struck().total() >= 3
        shift.end(daemon)
        shift.judge(3)
    assert result.sentences == []
    assert place.lives == 1
