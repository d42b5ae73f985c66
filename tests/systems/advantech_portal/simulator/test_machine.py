"""Whatever a client does in whatever order, a host keeps its rules.

Random sequences go to a simulated host beside a small model of what one is: ETP with its lock, the
admin password, watchdog, restarts, and answers that are lost.
"""

import asyncio
from dataclasses import dataclass
from typing import Any

import httpx
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from orchestrator.systems.advantech_portal.simulator import FACTORY_PASSWORD, Fault
from tests.systems.advantech_portal.simulator.bench import ENGINEER, Bench

SEQUENCES = 300
ETP, WDT = "/platform/api/etp/userdata", "/platform/api/perif/wdt"
ADMIN_PASSWORD = "/auth/user/admin/password"

words = st.sampled_from(["", "lot 7", "ä" * 64, "ä" * 65])
secrets = st.sampled_from(["a", "12345678", "123456789", ""])
passwords = st.sampled_from([FACTORY_PASSWORD, "Better-1", "Better-2", ""])
steps = st.one_of(
    st.tuples(st.just("write"), words, words),
    st.tuples(st.just("lock"), st.booleans(), secrets),
    st.tuples(st.just("lose_lock"), st.booleans(), secrets),
    st.tuples(st.just("late_lock"), secrets),
    st.tuples(st.just("change_password"), passwords, passwords),
    st.tuples(st.just("reset_password")),
    st.tuples(st.just("wrong_login")),
    st.tuples(st.just("arm"), st.booleans(), st.sampled_from([9, 10, 255, 256])),
    st.tuples(st.just("freeze")),
    st.tuples(st.just("reboot")),
    st.tuples(st.just("wait"), st.sampled_from([1, 20, 400])),
)
sequences = st.lists(steps, min_size=1, max_size=15)


@dataclass
class Model:
    """What a host is, as far as the rules below go."""

    spaces: tuple[str, str] = ("", "")
    password: str = ""
    admin: str = FACTORY_PASSWORD
    armed: bool = False
    seconds: int = 60
    wrong: int = 0
    locked_until: float = 0.0
    locks: int = 0


class Walk:
    """One host and its model, taken through one sequence."""

    def __init__(self) -> None:
        self.bench = Bench(boot_seconds=3, restart_delay_seconds=1, token_seconds=1e9)
        self.model = Model()

    async def run(self, sequence: list[tuple[Any, ...]]) -> None:
        """Take every step, and look at the host after each of them."""
        await self.bench.log_in()
        for name, *arguments in sequence:
            await getattr(self, name)(*arguments)
            await self.look()

    @property
    def now(self) -> float:
        """The seconds of the host's world."""
        return self.bench.watch.seconds

    async def write(self, first: str, second: str) -> None:
        """Only an open area takes two spaces of at most 128 bytes."""
        body = {"userSpace1": first, "userSpace2": second}
        answer = await self.bench.ask("PUT", ETP, body)
        if max(len(first.encode()), len(second.encode())) > 128:
            assert (answer.status, answer.said["errors"].keys()) == (422, {"ETP"})
        elif self.model.password:
            assert answer.status == 400
        else:
            assert (answer.status, answer.said) == (200, body)
            self.model.spaces = (first, second)

    async def lock(self, locked: bool, password: str) -> None:
        """A lock opens with its password alone, and closes again with it alone."""
        body = {"locked": locked, "password": password}
        answer = await self.bench.ask("PUT", f"{ETP}/lockstatus", body)
        assert answer.status == self.applied(locked, password)
        if answer.status == 200:
            assert answer.said == {"locked": locked}

    def applied(self, locked: bool, password: str) -> int:
        """Change the model as such a request does, and return the status."""
        model = self.model
        if not 1 <= len(password) <= 8:
            return 422
        if model.password and model.password != password:
            return 400
        if locked and not model.password:
            model.locks += 1
        model.password = password if locked else ""
        return 200

    async def lose_lock(self, locked: bool, password: str) -> None:
        """The host applies what it may, and nobody is told."""
        await self.broken(Fault("lost_answer", ("set_etp_lock",)), locked, password)
        self.applied(locked, password)

    async def late_lock(self, password: str) -> None:
        """The host applies the request after the connection broke, unless it restarts before."""
        await self.broken(Fault("late", ("set_etp_lock",), seconds=5), True, password)
        self.bench.watch.seconds += 5
        self.applied(True, password)

    async def broken(self, fault: Fault, locked: bool, password: str) -> None:
        """Send a request whose link breaks."""
        self.bench.host.faults.add(fault)
        body = {"locked": locked, "password": password}
        try:
            await self.bench.ask("PUT", f"{ETP}/lockstatus", body)
        except httpx.ReadError:
            self.bench.host.faults.clear()
        else:
            raise AssertionError("the answer was not lost")

    async def change_password(self, old: str, new: str) -> None:
        """Only the right old password and another new one change it."""
        token = await self.admin_token()
        if token is None:
            return
        body = {"old": old, "new": new}
        answer = await self.bench.ask("PUT", ADMIN_PASSWORD, body, token=token)
        allowed = old == self.model.admin and new not in {"", old}
        assert answer.status == (200 if allowed else 400)
        if allowed:
            self.model.admin = new

    async def reset_password(self) -> None:
        """Then the password is the documented one."""
        token = await self.admin_token()
        if token is not None:
            answer = await self.bench.ask("DELETE", ADMIN_PASSWORD, token=token)
            assert answer.status == 200
            self.model.admin = FACTORY_PASSWORD

    async def admin_token(self) -> str | None:
        """Log in as admin; None while the account is locked."""
        answer = await self.bench.try_to_log_in(("admin", self.model.admin), 2)
        locked = self.now < self.model.locked_until
        assert answer.status == (401 if locked else 200)
        if locked:
            return None
        self.model.wrong = 0
        return str(answer.said["token"])

    async def wrong_login(self) -> None:
        """Five in a row lock the account for five minutes."""
        answer = await self.bench.try_to_log_in(("admin", "wrong"), 2)
        assert answer.status == 401
        if self.now >= self.model.locked_until:
            self.model.wrong += 1
            if self.model.wrong == 5:
                self.model.wrong, self.model.locked_until = 0, self.now + 300

    async def arm(self, enabled: bool, seconds: int) -> None:
        """Only seconds within the limits are taken."""
        answer = await self.bench.ask("PUT", WDT, {"enabled": enabled, "seconds": seconds})
        fits = 10 <= seconds <= 255
        assert answer.status == (200 if fits else 422)
        if fits:
            self.model.armed, self.model.seconds = enabled, seconds

    async def freeze(self) -> None:
        """An armed watchdog restarts the host; without one somebody switches it off and on."""
        self.bench.host.freeze()
        if self.model.armed:
            self.bench.watch.seconds += self.model.seconds
        else:
            self.bench.host.cut_power()
            self.bench.host.switch_on()
        self.restarted()

    async def reboot(self) -> None:
        """It is away for its boot time."""
        assert (await self.bench.ask("POST", "/platform/api/control/reboot")).status == 200
        self.bench.watch.seconds += 1
        self.restarted()

    def restarted(self) -> None:
        """Wait until the host is up; the watchdog is off then."""
        assert not self.bench.host.link_up
        self.bench.watch.seconds += 3
        self.model.armed = False

    async def wait(self, seconds: int) -> None:
        """Time alone changes nothing of this."""
        self.bench.watch.seconds += seconds

    async def look(self) -> None:
        """The host is what the model is, and told the world of each lock once."""
        model, bench = self.model, self.bench
        shown = await bench.get(ETP)
        spaces = {"userSpace1": model.spaces[0], "userSpace2": model.spaces[1]}
        assert shown == {"data": spaces, "locked": bool(model.password)}
        watchdog = await bench.get(WDT)
        assert (watchdog["enabled"], watchdog["timeoutInSeconds"]) == (model.armed, model.seconds)
        assert bench.host.accounts.admin_password == model.admin
        assert bench.host.applied["etp_locked"] == model.locks
        assert (await bench.try_to_log_in(ENGINEER)).status == 200


@settings(
    max_examples=SEQUENCES,
    deadline=None,
    derandomize=True,
    database=None,
    phases=[Phase.generate, Phase.shrink],
    suppress_health_check=list(HealthCheck),
)
@given(sequences)
def test_a_host_keeps_its_rules(sequence: list[tuple[Any, ...]]) -> None:
    """ETP, passwords, watchdog and restarts behave as the model does, whatever the order."""
    asyncio.run(Walk().run(sequence))
