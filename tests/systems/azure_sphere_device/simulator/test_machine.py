"""Whatever a client does in whatever order, a board keeps its rules."""

from collections.abc import Callable
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from orchestrator.simulation.sample_images import make_image
from orchestrator.systems.azure_sphere_device.simulator import (
    BoardSpec,
    LinkDropped,
    SimulatedBoard,
    World,
    board_app,
)

COMPONENTS = [f"11111111-0000-4000-8000-00000000000{n}" for n in range(3)]
IMAGES = [f"22222222-0000-4000-8000-00000000000{n}" for n in range(3)]
PACKAGES = {
    (component, image): make_image("sample", component, image, 400)
    for component in COMPONENTS
    for image in IMAGES
}
STATES = ["Blank", "Module1Complete", "DeviceComplete"]


class Steady:
    """Time that a rule moves."""

    seconds = 0.0

    def monotonic(self) -> float:
        """Return the seconds."""
        return self.seconds

    def now(self) -> Any:
        """No rule looks at the wall clock."""
        return None


class BoardMachine(RuleBasedStateMachine):
    """A model of one board beside the simulated one."""

    def __init__(self, call_app: Callable[..., Any]) -> None:
        super().__init__()
        self.call_app = call_app
        self.time = Steady()

        async def sleep(seconds: float) -> None:
            self.time.seconds += seconds

        self.board = SimulatedBoard(BoardSpec(), World(self.time, sleep, lambda _: None))
        self.app = board_app(self.board)
        self.state = "Blank"
        self.staged: dict[str, str] = {}
        self.installed: dict[str, str] = {}
        self.capable = False

    @property
    def locked(self) -> bool:
        """What the model says of the lock."""
        return self.state == "DeviceComplete" and not self.capable

    def call(self, *request: Any) -> Any:
        """Call the board."""
        return self.call_app(self.app, *request)

    @rule(target_state=st.sampled_from(STATES))
    def set_state(self, target_state: str) -> None:
        """Only a step forward, or none, is a success; a locked board refuses everything."""
        body = {"manufacturingState": target_state}
        reply = self.call("PUT", "/device/manufacturing_state", body)
        if self.locked:
            assert reply.error == (403, 10485778)
        elif target_state == "Blank" or STATES.index(target_state) < STATES.index(self.state):
            assert reply.status == 400
        else:
            assert reply.status == 200
            self.state = target_state

    @rule(key=st.sampled_from(sorted(PACKAGES)))
    def stage(self, key: tuple[str, str]) -> None:
        """The image that is installed already is skipped; any other replaces what was staged."""
        reply = self.call("PUT", "/update/stage", PACKAGES[key], "application/octet-stream")
        component, image = key
        assert reply.status == (403 if self.locked else 200)
        if not self.locked and self.installed.get(component) != image:
            self.staged[component] = image

    @rule()
    def install(self) -> None:
        """Everything staged is installed at once."""
        reply = self.call("POST", "/update/install")
        assert reply.status == (403 if self.locked else 200)
        if not self.locked:
            self.installed |= self.staged
            self.staged.clear()

    @rule(component=st.sampled_from(COMPONENTS))
    def delete(self, component: str) -> None:
        """A success whether it was there or not."""
        reply = self.call("DELETE", f"/app/image/{component}")
        assert reply.status == (403 if self.locked else 200)
        if not self.locked:
            self.installed.pop(component, None)
            self.staged.pop(component, None)

    @rule()
    def restart(self) -> None:
        """Nothing on the flash changes; the link is down until the board has started."""
        reply = self.call("POST", "/restart")
        assert reply.status == (403 if self.locked else 200)
        if not self.locked:
            try:
                self.call("GET", "/status")
            except LinkDropped:
                self.time.seconds += 1
            else:
                raise AssertionError("the board answered while it restarted")

    @precondition(lambda self: self.state == "DeviceComplete")
    @rule()
    def change_capability(self) -> None:
        """A field servicing capability comes or goes."""
        self.capable = not self.capable
        self.board.own_capabilities = {13} if self.capable else set()

    @invariant()
    def the_open_calls_tell_the_truth(self) -> None:
        """State and identity can be read on every board at any time."""
        state = self.call("GET", "/device/manufacturing_state").json["manufacturingState"]
        assert state == self.state
        identity = self.call("GET", "/device/security_state").json["deviceIdentifier"]
        assert identity == self.board.spec.identity

    @invariant()
    def the_image_list_is_what_was_installed(self) -> None:
        """While it may be read at all."""
        reply = self.call("GET", "/images")
        if self.locked:
            assert reply.error == (403, 10485778)
            return
        applications = {
            part["uid"]: part["images"][0]["uid"]
            for part in reply.json["components"]
            if part["image_type"] == 10
        }
        assert applications == self.installed
        assert reply.json["has_staged_updates"] == bool(self.staged)


def test_a_board_keeps_its_rules(call_app: Callable[..., Any]) -> None:
    """The machine of states, the lock and the staging area follow the model in any order."""
    limits = settings(max_examples=100, stateful_step_count=25, deadline=None, database=None)
    run_state_machine_as_test(lambda: BoardMachine(call_app), settings=limits)
