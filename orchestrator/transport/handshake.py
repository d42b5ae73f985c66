"""Closes the socket of a TLS handshake that is broken off by a deadline.

httpcore closes it after errors, but forgets it when the waiting task is cancelled; the event loop
then keeps it open for as long as the peer stays silent, one more with every attempt.
"""

from typing import Any

import anyio


class HandshakeGuard:
    """Follows one request as httpcore's `trace` extension."""

    def __init__(self) -> None:
        self._stream: Any = None

    async def __call__(self, event: str, info: dict[str, Any]) -> None:
        """Remember the new connection; close it when its handshake does not come about."""
        if event == "connection.connect_tcp.complete":
            self._stream = info["return_value"]
        elif event == "connection.start_tls.failed" and self._stream is not None:
            with anyio.CancelScope(shield=True):
                await self._stream.aclose()
