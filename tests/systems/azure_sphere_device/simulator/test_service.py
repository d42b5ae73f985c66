"""The local service lists what is plugged in, and its control calls plug."""

from collections.abc import Callable
from typing import Any

from orchestrator.systems.azure_sphere_device.simulator import (
    BoardSpec,
    Happening,
    LocalService,
    Slot,
    World,
)


def two_slots(truth: list[Happening] | None = None, **spec: Any) -> tuple[Slot, Slot, LocalService]:
    """Make two slots behind one service."""
    world = World(report=[].append if truth is None else truth.append)
    slots = [
        Slot(BoardSpec(slot_path=path, **spec), address, world)
        for path, address in (("1111", "127.0.35.2"), ("1112", "127.0.35.3"))
    ]
    return slots[0], slots[1], LocalService(slots)


def listed(call_app: Callable[..., Any], service: LocalService) -> list[str]:
    """Return the addresses that the service lists."""
    reply = call_app(service, "GET", "/api/service/devices")
    return [device["IpAddress"] for device in reply.json]


def test_the_list_has_address_and_path(call_app: Callable[..., Any]) -> None:
    """Spelled as the real service spells it; a rescan answers a bare number."""
    _, _, service = two_slots()
    reply = call_app(service, "GET", "/api/service/devices")
    assert reply.json[0] == {"IpAddress": "127.0.35.2", "DeviceConnectionPath": "1111"}
    assert call_app(service, "PUT", "/api/service/devices/rescan").json == 2


def test_a_board_is_pulled_and_plugged_again(call_app: Callable[..., Any]) -> None:
    """It leaves the list at once; plugged in again it has to start and is the same board."""
    truth: list[Happening] = []
    first, _, service = two_slots(truth)
    identity = first.board.device_id
    call_app(service, "POST", "/simulator/boards/1111/detach")
    assert listed(call_app, service) == ["127.0.35.3"]
    assert not first.board.link_up
    facts = call_app(service, "POST", "/simulator/boards/1111/attach").json
    assert facts["attached"] is True
    assert facts["link_up"] is False
    assert first.board.device_id == identity
    assert [happening.what for happening in truth] == ["detached", "attached"]


def test_plugging_twice_changes_nothing() -> None:
    """Attach and detach say what shall be, not what to toggle."""
    truth: list[Happening] = []
    first, _, _ = two_slots(truth)
    first.attach()
    first.detach()
    first.detach()
    assert [happening.what for happening in truth] == ["detached"]


def test_a_swapped_board_has_another_identity_at_the_same_address(
    call_app: Callable[..., Any],
) -> None:
    """Nothing but the silicon tells the two apart; the new one begins as the first did."""
    first, _, service = two_slots()
    before = first.board
    before.set_state("DeviceComplete")
    facts = call_app(service, "POST", "/simulator/boards/1111/swap").json
    assert facts["address"] == "127.0.35.2"
    assert facts["device_id"] != before.device_id
    assert facts["manufacturing_state"] == "Blank"
    first.swap(BoardSpec(slot_path="1111", capabilities=(11,)))
    assert first.board.own_capabilities == {11}


def test_watchers_hear_of_every_change_of_the_link() -> None:
    """Also of those of a board that was swapped in, and not of the one that left."""
    first, _, _ = two_slots()
    heard: list[bool] = []
    first.watchers.append(lambda: heard.append(first.board.link_up))
    old = first.board
    first.swap()
    count = len(heard)
    old.reboot("nobody listens")
    assert len(heard) == count
    first.board.reboot("somebody does")
    assert len(heard) == count + 1


def test_a_starting_board_may_leave_the_list(call_app: Callable[..., Any]) -> None:
    """Whether the service lists it meanwhile is a switch."""
    for switch, expected in ((True, 2), (False, 1)):
        first, _, service = two_slots(listed_while_restarting=switch)
        first.board.reboot("test")
        assert len(listed(call_app, service)) == expected


def test_control_calls_tell_the_truth_and_refuse_nonsense(call_app: Callable[..., Any]) -> None:
    """State and counters of all boards; unknown slots, verbs and methods are refused."""
    first, _, service = two_slots()
    first.board.requests["get_images"] += 3
    boards = call_app(service, "GET", "/simulator/boards").json
    assert [board["slot_path"] for board in boards] == ["1111", "1112"]
    assert boards[0]["requests"] == {"get_images": 3}
    assert (boards[0]["certificates"], boards[0]["wifi_networks"]) == ([], [])
    assert boards[0]["proxy"] is False
    assert call_app(service, "POST", "/simulator/boards/9/detach").status == 404
    assert call_app(service, "POST", "/simulator/boards/1111/paint").status == 404
    assert call_app(service, "GET", "/simulator/boards/1111/detach").status == 405
    assert call_app(service, "GET", "/api/other").status == 404
