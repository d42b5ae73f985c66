"""The host that a contract test talks to: a simulated one, or the one named by `--host`."""

import ssl
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TypeVar

import anyio
import pytest

from orchestrator.systems.advantech_portal.auth import Account
from orchestrator.systems.advantech_portal.client import AdvantechHost
from orchestrator.systems.advantech_portal.errors import supported
from tests.systems.advantech_portal.simulated import ADMIN, ENGINEER, Bench

T = TypeVar("T")


@dataclass(frozen=True)
class Target:
    """Where the host is and who may ask; `bench` is there for a simulated one only."""

    url: str = ""
    context: ssl.SSLContext | None = None
    account: Account = ENGINEER
    bench: Bench | None = None

    @property
    def simulated(self) -> bool:
        """True for a host that can be told how to be."""
        return self.bench is not None

    def client(self) -> AdvantechHost:
        """Return a client of the host, to be used as an async context."""
        return self._client(self.account)

    def admin(self) -> AdvantechHost:
        """Return a client with the admin account; only of a simulated host."""
        assert self.bench is not None
        return self._client(ADMIN)

    def stranger(self, account: Account | None) -> AdvantechHost:
        """Return a client with another account, or with none."""
        return self._client(account)

    def _client(self, account: Account | None) -> AdvantechHost:
        if self.bench is not None:
            return self.bench.signed_in(account)
        return AdvantechHost(self.url, context=self.context, account=account)

    async def there(self, call: Awaitable[T]) -> T:
        """Return the answer; skip the test on a real host that has no such thing."""
        answer = await supported(call)
        if answer is None:
            assert not self.simulated
            pytest.skip("the host has no such thing")
        return answer

    async def until(self, holds: Callable[[], Awaitable[bool]], seconds: float = 60.0) -> None:
        """Ask again and again until it holds; fail when the patience ends."""
        with anyio.fail_after(seconds):
            while not await holds():
                if self.bench is not None:
                    await self.bench.watch.sleep(0.5)
                else:
                    await anyio.sleep(0.5)  # a host tells nobody when it is done
