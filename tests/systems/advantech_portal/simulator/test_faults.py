"""How a host misbehaves: each kind of fault, on calls, streams and sockets."""

import anyio
import httpx
import pytest

from orchestrator.systems.advantech_portal.simulator import Fault
from orchestrator.transport.in_process_stream import InProcessSocket, SocketRefused
from tests.systems.advantech_portal.simulator.bench import Answer, Bench

LED = "/platform/api/perif/led/0"
ON = {"status": True}
TERMINAL = "wss://127.0.36.2/platform/api/term/ws"


async def struck(fault: Fault) -> tuple[Bench, Answer]:
    """Return what a host with a fault answers to the setting of an LED."""
    bench = await Bench(faults=(fault,)).log_in()
    return bench, await bench.ask("PUT", LED, ON)


@pytest.mark.parametrize(
    ("fault", "status", "body"),
    [
        (Fault("refuse", ("set_led",), status=503), 503, b""),
        (Fault("refuse", ("set_led",), words="busy"), 500, b'{"message":"busy"}'),
        (Fault("empty", ("set_led",)), 200, b""),
        (Fault("garbage", ("set_led",)), 200, b'{"code": \xff\xfe, "name"'),
    ],
)
async def test_answers_in_the_place_of_the_host(fault: Fault, status: int, body: bytes) -> None:
    """Nothing is applied behind them."""
    bench, answer = await struck(fault)
    assert (answer.status, answer.body) == (status, body)
    assert not bench.told("led")


async def test_a_page_is_html() -> None:
    """As a network that wants people to sign in answers."""
    _, answer = await struck(Fault("page", ("set_led",)))
    assert answer.headers["content-type"] == "text/html"
    assert b"<html>" in answer.body


@pytest.mark.parametrize(("kind", "applied"), [("drop", 0), ("lost_answer", 1)])
async def test_a_link_breaks_before_or_after_acting(kind: str, applied: int) -> None:
    """The world knows what was really applied."""
    bench = await Bench(faults=(Fault(kind, ("set_led",)),)).log_in()  # type: ignore[arg-type]
    with pytest.raises(httpx.ReadError):
        await bench.ask("PUT", LED, ON)
    assert len(bench.told("led")) == applied


async def test_a_late_request_is_applied_behind_the_broken_link() -> None:
    """Unless the host restarts before; what takes time takes none then."""
    late = Fault("late", ("set_led", "control_service"), seconds=10)
    bench = await Bench(faults=(late,)).log_in()
    for path, body in ((LED, ON), ("/platform/api/service/ssh", {"action": "stop"})):
        with pytest.raises(httpx.ReadError):
            await bench.ask("PUT", path, body)
    assert not bench.told("led", "service")
    bench.watch.seconds += 10
    bench.host.settle()
    assert [one.what for one in bench.told("led", "service")] == ["led", "service"]
    with pytest.raises(httpx.ReadError):
        await bench.ask("PUT", LED, ON)
    bench.host.reboot()
    bench.watch.seconds += 100
    bench.host.settle()
    assert len(bench.told("led")) == 1


async def test_a_late_request_is_refused_as_any_other() -> None:
    """What it would have answered is lost."""
    bench = Bench(faults=(Fault("late", ("set_led",), seconds=1),))
    with pytest.raises(httpx.ReadError):
        await bench.ask("PUT", LED, ON)
    bench.watch.seconds += 2
    bench.host.settle()
    assert not bench.told("led")


async def test_a_slow_answer_takes_its_seconds() -> None:
    """And is the right one."""
    bench, answer = await struck(Fault("slow", ("set_led",), seconds=7))
    assert answer.status == 200
    assert bench.watch.seconds == 1007


@pytest.mark.parametrize("kind", ["hang", "freeze"])
async def test_a_request_may_never_be_answered(kind: str) -> None:
    """A frozen host answers nobody any more."""
    bench = await Bench(faults=(Fault(kind, ("set_led",), times=1),)).log_in()  # type: ignore[arg-type]
    with anyio.move_on_after(0.01) as waiting:
        await bench.ask("PUT", LED, ON)
    assert waiting.cancelled_caught
    with anyio.move_on_after(0.01) as waiting:
        await bench.ask("GET", LED)
    assert waiting.cancelled_caught is (kind == "freeze")


async def test_a_host_may_restart_in_the_middle() -> None:
    """Nothing is applied, and it is away for its boot time."""
    bench = await Bench(faults=(Fault("reboot", ("set_led",), times=1),)).log_in()
    with pytest.raises(httpx.ReadError):
        await bench.ask("PUT", LED, ON)
    with pytest.raises(httpx.ConnectError):
        await bench.ask("PUT", LED, ON)
    bench.watch.seconds += 5
    assert (await bench.ask("PUT", LED, ON)).status == 200


async def test_faults_strike_streams_before_they_open() -> None:
    """A refused stream is a plain answer."""
    bench = await Bench(faults=(Fault("refuse", ("stream_events",), status=503),)).log_in()
    answer = await bench.ask("GET", "/platform/api/events")
    assert answer.status == 503


@pytest.mark.parametrize(("kind", "error"), [("refuse", SocketRefused), ("drop", ConnectionError)])
async def test_faults_strike_websockets(kind: str, error: type[Exception]) -> None:
    """In the handshake."""
    fault = Fault(kind, ("open_terminal",), status=503)  # type: ignore[arg-type]
    bench = await Bench(faults=(fault,)).log_in()
    with pytest.raises(error):
        async with InProcessSocket(bench.app, TERMINAL, {"Authorization": f"Bearer {bench.token}"}):
            raise AssertionError


async def test_a_terminal_may_break_in_the_middle() -> None:
    """After so many messages of the host."""
    fault = Fault("cut", ("open_terminal",), events=3)
    bench = await Bench(faults=(fault,)).log_in()
    headers = {"Authorization": f"Bearer {bench.token}"}
    async with InProcessSocket(bench.app, TERMINAL, headers) as socket:
        for _ in range(3):
            await socket.receive()
        with pytest.raises(ConnectionError):
            await socket.receive()


async def test_the_same_seed_gives_the_same_faults() -> None:
    """Chance belongs to the host's seed and index."""

    async def pattern(**spec: int) -> str:
        fault = Fault("refuse", ("get_led",), probability=0.5)
        bench = await Bench(faults=(fault,), **spec).log_in()
        statuses = [(await bench.ask("GET", LED)).status for _ in range(30)]
        return "".join(str(status)[0] for status in statuses)

    one, same, other = await pattern(), await pattern(), await pattern(index=3)
    assert one == same != other
    assert {"2", "5"} == set(one)
