"""What happens in one shift, drawn from its seed before it begins.

Faults come in groups, which a profile makes likely and a seed switches on or off as a whole: most
shifts suffer a few kinds of trouble strongly, and no two the same. A group that is left out
changes nothing in the others, so that a failing shift can be shrunk.
"""

import random
from collections.abc import Collection
from dataclasses import dataclass, replace

from orchestrator.simulation.rehearsal.chance import chance
from orchestrator.systems.azure_sphere_device.simulator import BoardSpec, Fault, SavedNetwork
from orchestrator.systems.azure_sphere_device.simulator.faults import FaultKind
from orchestrator.systems.azure_sphere_device.simulator.spec import slot_path
from orchestrator.systems.azure_sphere_device.simulator.starting import RadioNetwork

PROFILES: dict[str, dict[str, float]] = {
    "calm": {"product": 0.5},
    "flaky": {"product": 0.3, "link": 1.0, "slow": 0.6, "lost": 0.5, "pull": 0.3},
    "storm": {
        "product": 0.4, "link": 0.8, "slow": 0.6, "lost": 0.8, "pull": 0.8, "swap": 0.6,
        "swizzle": 0.5,
        "service": 0.6, "clock": 0.5, "disk": 0.5, "power": 0.6, "lies": 0.4,
    },
    "hostile": {"product": 0.6, "lies": 1.0, "swap": 0.8, "swizzle": 0.5, "lost": 0.8, "pull": 0.4},
    "power": {"product": 0.2, "power": 1.0, "lost": 0.7, "disk": 0.5, "clock": 0.4, "pull": 0.3},
}  # fmt: skip
"""How likely a group of faults is in a shift of that profile."""

GROUPS = (
    "product", "link", "slow", "lost", "lies", "pull", "swap", "swizzle", "service", "clock",
    "disk", "power",
)  # fmt: skip
"""Every group of faults."""

_ASKED = (
    "get_os_version", "get_images", "stage_image", "install_images", "list_wifi_networks",
    "get_device_capabilities", "get_manufacturing_state", "get_security_state",
)  # fmt: skip
SET_STATE = "set_manufacturing_state"
HEARD = RadioNetwork(ssid="rehearsal", psk="", signal_level=-50)


@dataclass(frozen=True, slots=True)
class Lie:
    """A board that does not do what it says, at the `nth` request to change its state.

    `kept` says yes and changes nothing, `done` says no (500) and changes.
    """

    kind: str
    nth: int


@dataclass(frozen=True, slots=True)
class Made:
    """One board of the shift: how it is made, what is wrong with it, how it lies."""

    spec: BoardSpec
    defect: str = ""
    lie: Lie | None = None
    groups: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Cut:
    """The power goes off.

    At the `nth` visit of a named place (`visit`), when the world applies the `nth` change for good
    (`applied`), or `seconds` after the start (`time`).
    """

    kind: str
    name: str = ""
    nth: int = 0
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Window:
    """Something that is wrong for a while. `kind` says what."""

    kind: str
    begins: float
    seconds: float


@dataclass(frozen=True, slots=True)
class Scenario:
    """A whole shift. Times in virtual seconds from its beginning."""

    seed: int
    profile: str
    groups: frozenset[str]
    slots: int
    hours: float
    boards: tuple[Made, ...]
    cuts: tuple[Cut, ...] = ()
    disk: tuple[Window, ...] = ()
    service: tuple[Window, ...] = ()
    clock: tuple[tuple[float, float], ...] = ()


VISITED = (
    ("run.opened", 20), ("intent.before", 12), ("intent.committed", 12), ("act.returned", 12),
    ("finding.committed", 12), ("step.begun", 200), ("step.returned", 200), ("commit.before", 300),
    ("commit.after", 300), ("run.closed", 15), ("teardown.begun", 15), ("recovery.begun", 1),
    ("recovery.asked", 1), ("recovery.closed", 1),
)  # fmt: skip
"""The places where a cut is tried, and up to which visit."""


KINDS = frozenset(
    {
        *(f"board.{kind}" for kind in (
            "drop", "lost_answer", "reboot", "busy", "hang", "slow", "garbage", "refuse")),
        *(f"for_good.{kind}" for kind in (
            "lost_answer", "late", "hang", "drop", "reboot", "garbage", "slow", "refuse")),
        "lie.kept", "lie.done", "people.pull", "people.swap", "people.swizzle",
        "people.applied", "people.not-applied", "people.ask-again",
        "service.down", "service.empty", "service.twice", "service.garbage", "clock.step",
        "disk.full", "disk.failing", "disk.unsure", "disk.locked",
        "power.applied", "power.time", *(f"power.visit.{name}" for name, _ in VISITED),
    }
)  # fmt: skip
"""Every kind of trouble; a rehearsal in which one never struck has proved nothing about it."""


def draw(
    seed: int,
    *,
    boards: int,
    hours: float,
    profile: str = "",
    without: Collection[str] = (),
    at: str = "",
) -> Scenario:
    """Return the shift of that seed; groups of `without` are switched off and shift nothing.

    `at` cuts the power first at a named place, `intent.committed:3` at its third visit.
    """
    rng = chance(seed, "profile")
    name = profile or rng.choice(sorted(PROFILES))
    likely = PROFILES[name]
    drawn = frozenset(
        group for group in GROUPS if chance(seed, "group", group).random() < likely.get(group, 0.0)
    )
    groups = drawn - frozenset(without)
    slots = chance(seed, "slots").randint(3, 10)
    span = 40.0 * boards / slots
    return Scenario(
        seed=seed,
        profile=name,
        groups=groups,
        slots=slots,
        hours=hours,
        boards=tuple(_board(seed, number, groups) for number in range(boards)),
        cuts=(*_chosen(at), *(_cuts(seed, span) if "power" in groups else ())),
        disk=_disk(seed, span) if "disk" in groups else (),
        service=_service(seed, span) if "service" in groups else (),
        clock=_clock(seed, span) if "clock" in groups else (),
    )


def _board(seed: int, number: int, groups: frozenset[str]) -> Made:
    rng = chance(seed, "board", number)
    spec = BoardSpec(
        slot_path=slot_path(0),
        seed=seed,
        generation=number,
        answer_seconds=round(rng.uniform(0.01, 0.2), 3),
        boot_seconds=round(rng.uniform(0.5, 3.0), 2),
        install_seconds=round(rng.uniform(0.1, 2.0), 2),
        manufacturing_state="Module1Complete" if rng.random() < 0.1 else "Blank",
        radio=(HEARD,),
        log_bytes=64,
        telemetry_bytes=16,
    )
    made = Made(spec)
    if "product" in groups:
        made = _defect(made, chance(seed, "defect", number))
    faults: list[Fault] = []
    struck: set[str] = set()
    for group, draw_faults in _OF_BOARDS.items():
        if group in groups:
            found = draw_faults(chance(seed, group, number))
            faults += found
            struck |= {group} if found else set()
    if "lies" in groups:
        liar = chance(seed, "liar", number)
        if liar.random() < 0.15:
            made = replace(made, lie=Lie(liar.choice(("kept", "done")), liar.randint(1, 2)))
            struck.add("lies")
    spec = replace(made.spec, faults=tuple(faults))
    return replace(made, spec=spec, groups=frozenset(struck))


def _defect(made: Made, rng: random.Random) -> Made:
    if rng.random() >= 0.15:
        return made
    defects: dict[str, dict[str, object]] = {
        "os": {"os_version": "22.09"},
        "security": {"security_state": "TEST"},
        "capabilities": {"capabilities": (13,)},
        "wifi": {"wifi_networks": (SavedNetwork("left", psk="left-behind"),)},
        "scan": {"radio": (replace(HEARD, signal_level=-85),)},
    }
    name = rng.choice(sorted(defects))
    changed: BoardSpec = replace(made.spec, **defects[name])  # type: ignore[arg-type]  # members
    return replace(made, spec=changed, defect=name)


def _link(rng: random.Random) -> list[Fault]:
    if rng.random() >= 0.3:
        return []
    kinds: tuple[FaultKind, ...] = ("drop", "lost_answer", "reboot", "busy")
    kind = rng.choice(kinds)
    calls = () if rng.random() < 0.3 else (rng.choice(_ASKED),)
    return [
        Fault(kind, calls, (SET_STATE,), skip=rng.randint(0, 6), times=rng.randint(1, 6),
              probability=rng.choice((0.3, 1.0)), at=rng.random(), seed=rng.randint(0, 99))
    ]  # fmt: skip


def _slow(rng: random.Random) -> list[Fault]:
    if rng.random() >= 0.15:
        return []
    if rng.random() < 0.5:
        return [Fault("hang", (rng.choice(_ASKED),), skip=rng.randint(0, 3), times=1)]
    return [Fault("slow", (rng.choice(_ASKED),), seconds=rng.uniform(1, 25), times=2)]


def _lost(rng: random.Random) -> list[Fault]:
    """Requests that change the board for good, and what comes of them."""
    if rng.random() >= 0.35:
        return []
    kinds: tuple[FaultKind, ...] = (
        "lost_answer", "late", "late", "hang", "drop", "reboot", "garbage", "slow",
    )  # fmt: skip
    deaf: tuple[FaultKind, ...] = ("drop", "hang")
    kind = rng.choice(kinds)
    seconds = rng.uniform(0.2, 2.9) if kind == "late" else rng.uniform(5, 40)
    faults = [
        Fault(kind, (SET_STATE,), skip=rng.randint(0, 1), times=rng.randint(1, 2), seconds=seconds,
              at=rng.random())
    ]  # fmt: skip
    if rng.random() < 0.4:
        faults.append(
            Fault(rng.choice(deaf), ("get_manufacturing_state",),
                  skip=rng.randint(1, 6), times=rng.choice((1, 4, 12, 400, 400)))
        )  # fmt: skip
    if rng.random() < 0.1:
        faults.append(Fault("refuse", (SET_STATE,), times=1, status=403, error=(10 << 20) | 18))
    return faults


def _garbage(rng: random.Random) -> list[Fault]:
    if rng.random() >= 0.2:
        return []
    kinds: tuple[FaultKind, ...] = ("garbage", "refuse")
    kind = rng.choice(kinds)
    return [
        Fault(kind, (rng.choice(_ASKED),), skip=rng.randint(0, 3), times=rng.randint(1, 2),
              status=500, error=rng.choice((10485765, 7340039, 1, 2**31 - 1)))
    ]  # fmt: skip


_OF_BOARDS = {"link": _link, "slow": _slow, "lost": _lost, "lies": _garbage}


def _cuts(seed: int, span: float) -> tuple[Cut, ...]:
    rng = chance(seed, "cuts")
    cuts = []
    for _ in range(rng.randint(1, 6)):
        kind = rng.choice(("visit", "visit", "visit", "visit", "applied", "time"))
        name, most = rng.choice(VISITED)
        nth = max(1, int(most * rng.random() ** 2))
        if kind == "applied":
            nth = rng.randint(1, 12)
        cuts.append(Cut(kind, name, nth, rng.uniform(1, span / 2)))
    return tuple(cuts)


def _chosen(at: str) -> tuple[Cut, ...]:
    if not at:
        return ()
    name, _, nth = at.partition(":")
    return (Cut("visit", name, int(nth or 1)),)


def _disk(seed: int, span: float) -> tuple[Window, ...]:
    rng = chance(seed, "disk")
    kinds = ("full", "failing", "unsure", "locked")
    return tuple(
        Window(rng.choice(kinds), rng.uniform(5, span), rng.uniform(1, 60))
        for _ in range(rng.randint(1, 3))
    )


def _service(seed: int, span: float) -> tuple[Window, ...]:
    rng = chance(seed, "service")
    kinds = ("down", "empty", "twice", "garbage")
    return tuple(
        Window(rng.choice(kinds), rng.uniform(5, span), rng.choice((1.5, 8.0, 45.0)))
        for _ in range(rng.randint(1, 4))
    )


def _clock(seed: int, span: float) -> tuple[tuple[float, float], ...]:
    rng = chance(seed, "clock")
    steps = (-3600.0, 3600.0, -20.0, 30.0, -86400.0 * 3650)
    return tuple((rng.uniform(5, span), rng.choice(steps)) for _ in range(rng.randint(1, 3)))
