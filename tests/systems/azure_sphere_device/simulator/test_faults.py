"""Each fault strikes the calls it names, as often as it says, and leaves the truth intact."""

import dataclasses
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from orchestrator.systems.azure_sphere_device.simulator import Fault, Happening, LinkDropped


def finish(work: Coroutine[Any, Any, None]) -> None:
    """Run what never waits for real."""
    with pytest.raises(StopIteration):
        work.send(None)


def faulty(new_bench: Callable[..., Any], *faults: Fault, **spec: Any) -> Any:
    """Make a board with faults."""
    return new_bench(faults=faults, **spec)


def test_busy_counts_down(new_bench: Callable[..., Any]) -> None:
    """So many refusals, then the board answers."""
    bench = faulty(new_bench, Fault("busy", times=2))
    replies = [bench.call("GET", "/status") for _ in range(3)]
    assert [reply.status for reply in replies] == [503, 503, 200]
    assert replies[0].error == (503, 10485765)


def test_a_fault_strikes_only_the_calls_it_names(new_bench: Callable[..., Any]) -> None:
    """The first ones may pass, others are never touched."""
    fault = Fault("refuse", calls=("get_images",), skip=1, status=500, error=10485766)
    bench = faulty(new_bench, fault)
    assert bench.call("GET", "/images").status == 200
    assert bench.call("GET", "/status").status == 200
    assert bench.call("GET", "/images").error == (500, 10485766)
    assert bench.board.requests == {"get_images": 2, "get_device_status": 1}


def struck(bench: Any, calls: int = 200) -> list[int]:
    """Return at which of so many calls, from 1, a fault strikes."""
    return [turn for turn in range(1, calls + 1) if bench.call("GET", "/status").status == 503]


@pytest.mark.parametrize(
    ("schedule", "turns"),
    [
        ({"nth": (3,)}, [3]),
        ({"nth": (1, 4), "skip": 2}, [3, 6]),
        ({"every": 4}, [4, 8, 12]),
        ({"every": 4, "times": 2}, [4, 8]),
        ({"skip": 10, "times": 2}, [11, 12]),
        ({"calls": ("get_images",)}, []),
        ({"but": ("get_device_status",)}, []),
        ({"probability": 0.0}, []),
    ],
)
def test_schedules_say_when(
    new_bench: Callable[..., Any], schedule: dict[str, Any], turns: list[int]
) -> None:
    """Single turns, each so-many-th, after some, and so often at most."""
    assert struck(faulty(new_bench, Fault("busy", **schedule)), 13) == turns


def test_chance_is_the_same_for_the_same_seed(new_bench: Callable[..., Any]) -> None:
    """Another seed, slot or fault has other luck; about the stated part is struck."""
    fault = Fault("busy", probability=0.05)
    first = struck(faulty(new_bench, fault, seed=1))
    assert first == struck(faulty(new_bench, fault, seed=1))
    assert 3 <= len(first) <= 20
    others = [
        struck(faulty(new_bench, fault, seed=2)),
        struck(faulty(new_bench, fault, seed=1, slot_path="1112")),
        struck(faulty(new_bench, Fault("busy", probability=0.05, seed=7), seed=1)),
    ]
    assert first not in others
    sooner = faulty(new_bench, Fault("slow", nth=(1,), seconds=1), fault, seed=1)
    assert struck(sooner) != first
    limited = struck(faulty(new_bench, Fault("busy", probability=0.05, times=2), seed=1))
    assert limited == first[:2]


def test_the_third_upload_drops_after_40_percent(
    new_bench: Callable[..., Any], sample_image: Any
) -> None:
    """The first two are staged, the third is not, the fourth is."""
    bench = faulty(new_bench, Fault("drop", calls=("stage_image",), nth=(3,), at=0.4))
    for _ in range(2):
        assert bench.stage(sample_image()).status == 200
    with pytest.raises(LinkDropped):
        bench.stage(sample_image())
    assert bench.stage(sample_image()).status == 200
    assert bench.facts() == ["staged"] * 3


def test_schedules_count_by_themselves(new_bench: Callable[..., Any]) -> None:
    """A request that one fault strikes is counted by the other, too."""
    bench = faulty(new_bench, Fault("busy", nth=(1,)), Fault("refuse", nth=(2,), status=500))
    assert [bench.call("GET", "/status").status for _ in range(3)] == [503, 500, 200]


def test_garbage_is_no_json(new_bench: Callable[..., Any]) -> None:
    """The status is good, the body is not."""
    reply = faulty(new_bench, Fault("garbage")).call("GET", "/osversion")
    assert reply.status == 200
    with pytest.raises(ValueError, match=r"codec|Expecting"):
        _ = reply.json


def test_a_hanging_board_never_answers(new_bench: Callable[..., Any]) -> None:
    """It waits until the other side has gone."""
    bench = faulty(new_bench, Fault("hang", calls=("get_device_status",)))
    with pytest.raises(LinkDropped, match="gave up"):
        bench.call("GET", "/status")
    assert bench.call("GET", "/osversion").status == 200


def test_a_drop_leaves_nothing_staged(new_bench: Callable[..., Any], sample_image: Any) -> None:
    """The first attempt breaks in the middle, the second one goes through."""
    bench = faulty(new_bench, Fault("drop", calls=("stage_image",), times=1, at=0.5))
    with pytest.raises(LinkDropped):
        bench.stage(sample_image())
    assert bench.facts() == []
    assert bench.stage(sample_image()).status == 200


def test_a_lost_answer_was_applied(new_bench: Callable[..., Any]) -> None:
    """The board is locked although nobody was told."""
    bench = faulty(new_bench, Fault("lost_answer", calls=("set_manufacturing_state",)))
    with pytest.raises(LinkDropped, match="lost"):
        bench.set_state("DeviceComplete")
    assert bench.board.state == "DeviceComplete"
    assert bench.facts() == ["manufacturing_state"]


def test_a_board_may_restart_by_itself(new_bench: Callable[..., Any], sample_image: Any) -> None:
    """In the middle of a stage the link breaks, and the board comes back with a new uptime."""
    bench = faulty(new_bench, Fault("reboot", calls=("stage_image",), times=1, at=0.3))
    with pytest.raises(LinkDropped):
        bench.stage(sample_image())
    assert not bench.board.link_up
    bench.clock.seconds += 2
    assert bench.call("GET", "/status").json == {"uptime": 1}
    assert bench.truth[0].detail == {"why": "by itself"}


def test_a_restart_interrupts_what_the_board_does(
    new_bench: Callable[..., Any], sample_image: Any
) -> None:
    """An install that is under way when the board goes down is not applied."""
    bench = new_bench(install_seconds=5)

    async def sleep(seconds: float) -> None:
        bench.clock.seconds += seconds
        bench.board.reboot("pulled")
        bench.clock.seconds += 10
        del bench.clock.sleep

    bench.stage(sample_image())
    bench.clock.sleep = sleep
    with pytest.raises(LinkDropped):
        bench.install()
    assert bench.facts() == ["staged", "restart"]
    assert bench.images()["has_staged_updates"] is True


def test_slow_answers_take_their_time(new_bench: Callable[..., Any]) -> None:
    """The answer is right and late."""
    bench = faulty(new_bench, Fault("slow", seconds=7))
    before = bench.clock.seconds
    assert bench.call("GET", "/status").status == 200
    assert bench.clock.seconds - before == 7


def test_an_unreachable_board_drops_every_request(new_bench: Callable[..., Any]) -> None:
    """Nothing arrives, nothing is counted."""
    bench = new_bench(unreachable=True)
    with pytest.raises(LinkDropped):
        bench.call("GET", "/status")
    assert bench.board.requests == {}


def test_faults_can_change_while_it_runs(bench: Any) -> None:
    """A test adds one, and clears them all."""
    bench.board.faults.add(Fault("busy"))
    assert bench.call("GET", "/status").status == 503
    bench.board.faults.clear()
    assert bench.call("GET", "/status").status == 200


def test_a_client_that_leaves_stages_nothing(bench: Any) -> None:
    """A body that never ends is not judged."""
    announced = [(b"content-type", b"application/octet-stream"), (b"content-length", b"99")]
    scope = {"type": "http", "method": "PUT", "path": "/update/stage", "headers": announced}
    messages = [{"type": "http.request", "body": b"x", "more_body": True}]

    async def receive() -> dict[str, Any]:
        return messages.pop() if messages else {"type": "http.disconnect"}

    async def send(message: dict[str, Any]) -> None:
        raise AssertionError(message)

    with pytest.raises(LinkDropped, match="went away"):
        bench.app(scope, receive, send).send(None)


def test_a_late_request_is_applied_behind_the_broken_link(
    new_bench: Callable[..., Any],
) -> None:
    """The caller sees a broken link and the old state; `seconds` later the board is locked."""
    received: list[Happening] = []
    bench = faulty(new_bench, Fault("late", calls=("set_manufacturing_state",), seconds=2))
    bench.board.world = dataclasses.replace(bench.board.world, received=received.append)
    with pytest.raises(LinkDropped, match="before the request is applied") as cut:
        bench.set_state("DeviceComplete")
    assert bench.board.state == "Blank"
    assert cut.value.afterwards is not None
    before = bench.clock.seconds
    finish(cut.value.afterwards())
    assert bench.clock.seconds - before == 2
    assert bench.board.state == "DeviceComplete"
    assert bench.facts() == ["manufacturing_state"]
    assert [happening.detail["fate"] for happening in received] == ["late"]


def test_a_board_that_went_down_forgets_a_late_request(
    new_bench: Callable[..., Any],
) -> None:
    """What it had taken before a restart is gone with it."""
    bench = faulty(new_bench, Fault("late", calls=("set_manufacturing_state",), seconds=2))
    with pytest.raises(LinkDropped) as cut:
        bench.set_state("DeviceComplete")

    async def sleep(seconds: float) -> None:
        bench.clock.seconds += seconds
        bench.board.reboot("pulled")

    bench.clock.sleep = sleep
    assert cut.value.afterwards is not None
    finish(cut.value.afterwards())
    assert bench.board.state == "Blank"
    assert bench.facts() == ["restart"]


def test_the_same_state_again_is_told(new_bench: Callable[..., Any]) -> None:
    """The board accepts it, and the world sees that somebody asked twice."""
    bench = new_bench()
    for _ in range(2):
        assert bench.set_state("Module1Complete").status == 200
    assert bench.facts() == ["manufacturing_state", "manufacturing_state_again"]
