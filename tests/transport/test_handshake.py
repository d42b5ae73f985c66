"""Handshakes that do not come about leave nothing behind."""

import anyio
import pytest

from orchestrator.domain.errors import DeadlineExceeded, Unreachable
from orchestrator.transport.client import HttpClient
from orchestrator.transport.endpoint import Empty, Endpoint
from orchestrator.transport.retry import RetryPolicy
from tests.patience import PATIENCE_SECONDS
from tests.transport.peers import Peer, serving

GET = Endpoint("get_thing", "", "T", "GET", "/thing", Empty)


async def test_handshake_that_a_deadline_ends_leaves_no_socket() -> None:
    """A board that hangs in the handshake costs no open socket, however often it is asked."""
    left = 0
    all_left = anyio.Event()

    async def hang(peer: Peer) -> None:
        nonlocal left
        await peer.until_the_client_leaves()
        left += 1
        if left == 5:
            all_left.set()
        peer.writer.close()

    async with serving(hang, blunt=True) as server:
        url = server.url.replace("http:", "https:")
        async with HttpClient(url, peer="p", retry=RetryPolicy(attempts=1)) as client:
            for _ in range(5):
                with pytest.raises((DeadlineExceeded, Unreachable)):
                    await client.call(GET, timeout_seconds=0.05)
        with anyio.fail_after(PATIENCE_SECONDS):
            await all_left.wait()
