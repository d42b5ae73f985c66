"""The live stream of the panel: a snapshot first, then what changed, and a beat every second.

A change of state goes out at once, progress at most five times a second. What is drawn is drawn
once for all who look in the same language. Nobody has a queue: whoever is slow gets, when it is
ready again, everything that changed meanwhile as it is then, so neither the station nor another
reader ever waits for it.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import anyio
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from orchestrator.domain.clock import Clock
from orchestrator.domain.events import Event, StepFinished, StepProgress, StepStarted
from orchestrator.station.hub import Hub
from orchestrator.station.snapshot import StationSnapshot
from orchestrator.web.pages.render import Pieces, Renderer
from orchestrator.web.pages.view import Picture, picture
from orchestrator.web.texts import Texts

BEAT_SECONDS = 1.0
PROGRESS_SECONDS = 0.2
STATE_SECONDS = 0.05
"""Changes of state that follow each other faster than this go out together."""

SEND_SECONDS = 10.0
"""A reader that takes nothing for so long is let go; its page will ask again."""

STREAMS = 200
"""Most streams of one station."""

_CALM = (StepProgress, StepStarted, StepFinished)


class Watch:
    """Counts what happens on the station, and wakes whoever waits for the next thing."""

    def __init__(self, hub: Hub) -> None:
        self.all = 0
        self.urgent = 0
        self.ended = False
        self._wake_all = anyio.Event()
        self._wake_urgent = anyio.Event()
        hub.watch(self._take)
        hub.at_end(self._end)

    def _take(self, event: Event) -> None:
        self.all += 1
        wake, self._wake_all = self._wake_all, anyio.Event()
        wake.set()
        if not isinstance(event, _CALM):
            self.urgent += 1
            wake, self._wake_urgent = self._wake_urgent, anyio.Event()
            wake.set()

    def _end(self) -> None:
        self.ended = True
        self._wake_all.set()
        self._wake_urgent.set()

    async def something(self, seen: int) -> None:
        """Return when more than `seen` things have happened, or nothing more will."""
        while self.all == seen and not self.ended:
            await self._wake_all.wait()

    async def something_urgent(self, seen: int) -> None:
        """Return when more than `seen` changes of state have happened, or nothing more will."""
        while self.urgent == seen and not self.ended:
            await self._wake_urgent.wait()


class Feed:
    """The pictures of one language, drawn once for all its readers.

    Each piece of the page carries the version in which it changed last, so that any reader can be
    told what is new since the version it has.
    """

    def __init__(
        self, look: Callable[[], StationSnapshot], renderer: Renderer, texts: Texts, title: str
    ) -> None:
        self._look = look
        self._renderer = renderer
        self._texts = texts
        self._title = title
        self._shown = picture(look(), texts, title)
        self._changed_in: dict[str, tuple[int, str]] = {}
        self._messages: dict[int, bytes] = {}
        self._drawn_for: tuple[int, int] | None = None
        self.version = 0
        self._keep(renderer.pieces(texts, None, self._shown))

    def refresh(self, moment: tuple[int, int]) -> Picture:
        """Look at the station, unless that was done for this `moment` already."""
        if moment == self._drawn_for:
            return self._shown
        self._drawn_for = moment
        new = picture(self._look(), self._texts, self._title)
        found = self._renderer.pieces(self._texts, self._shown, new)
        self._shown = new
        if found:
            self._keep(found)
        return new

    def _keep(self, found: Pieces) -> None:
        self.version += 1
        self._messages.clear()
        if "tiles" in found:
            self._changed_in = {
                name: kept for name, kept in self._changed_in.items() if name in _WHOLE
            }
        for name, html in found.items():
            self._changed_in[name] = (self.version, html)

    def message(self, since: int) -> bytes:
        """Return the message that brings a page from version `since` to the newest one."""
        known = self._messages.get(since)
        if known is None:
            pieces = {
                name: html for name, (version, html) in self._changed_in.items() if version > since
            }
            if "tiles" in pieces:
                # All tiles anew, as they are now and not as they were when the list changed.
                pieces = self._renderer.pieces(self._texts, None, self._shown)
            sequence = self._shown.sequence
            known = self._messages[since] = _message(sequence, pieces)
        return known


_WHOLE = ("head", "stands", "next", "next-keys")


def _message(sequence: int, pieces: Pieces) -> bytes:
    parts = [
        f'<hx-partial hx-target="#{name}" hx-swap="outerMorph">{html}</hx-partial>'
        for name, html in pieces.items()
    ]
    # An event ends at an empty line: what devices and people wrote must not make one.
    lines = "".join(parts).splitlines() or [""]
    data = "".join(f"data: {line}\n" for line in lines)
    return f"id: {sequence}\n{data}\n".encode()


class Live:
    """All live streams of one station; `per_client` of one address at most."""

    def __init__(
        self,
        hub: Hub,
        clock: Clock,
        look: Callable[[], StationSnapshot],
        renderer: Renderer,
        title: str,
        *,
        per_client: int = 8,
    ) -> None:
        self._per_client = per_client
        self._open: Counter[str] = Counter()
        self.watch = Watch(hub)
        self._clock = clock
        self._look = look
        self._renderer = renderer
        self._title = title
        self._feeds: dict[str, Feed] = {}

    def admits(self, client: str) -> bool:
        """Say whether the address `client` may open another stream."""
        return self._open[client] < self._per_client and self._open.total() < STREAMS

    @contextmanager
    def counted(self, client: str) -> Iterator[None]:
        """Count a stream of the address `client` while the block lasts."""
        self._open[client] += 1
        try:
            yield
        finally:
            self._open[client] -= 1
            if not self._open[client]:
                del self._open[client]

    def feed(self, texts: Texts) -> Feed:
        """Return the feed of one language."""
        found = self._feeds.get(texts.code)
        if found is None:
            found = Feed(self._look, self._renderer, texts, self._title)
            self._feeds[texts.code] = found
        return found

    def refreshed(self, texts: Texts) -> Picture:
        """Return what is shown now."""
        return self.feed(texts).refresh((self.watch.all, int(self._clock.monotonic())))

    def clock(self) -> str:
        """Return the station's local time for people."""
        return self._clock.now().astimezone().strftime("%H:%M:%S")

    def now(self) -> float:
        """Return monotonic seconds."""
        return self._clock.monotonic()


class LiveResponse(Response):
    """One stream: lives until its reader goes, takes nothing for too long, or the station ends.

    A reader that may look no more, which is asked with every beat, is sent to sign in again.
    """

    media_type = "text/event-stream"

    def __init__(
        self, live: Live, texts: Texts, may_look: Callable[[], bool] = lambda: True
    ) -> None:
        super().__init__(b"", headers={"X-Accel-Buffering": "no"})
        del self.headers["content-length"]
        self._may_look = may_look
        self._live = live
        self._texts = texts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request for the stream."""
        client = scope.get("client")
        with self._live.counted(client[0] if client else ""):
            await self._until_gone(receive, send)

    async def _until_gone(self, receive: Receive, send: Send) -> None:
        async with anyio.create_task_group() as tasks:

            async def gone() -> None:
                while (await receive())["type"] != "http.disconnect":
                    await anyio.lowlevel.checkpoint()
                tasks.cancel_scope.cancel()

            tasks.start_soon(gone)
            await self._stream(send)
            tasks.cancel_scope.cancel()

    async def _stream(self, send: Send) -> None:
        start = {"type": "http.response.start", "status": 200, "headers": self.raw_headers}
        await send(start)

        async def say(content: bytes) -> bool:
            with anyio.move_on_after(SEND_SECONDS) as patience:
                await send({"type": "http.response.body", "body": content, "more_body": True})
            return not patience.cancelled_caught

        follower = _Follower(self._live, self._texts)
        end = b"bye"
        while not self._live.watch.ended:
            if follower.beats and not self._may_look():
                end = b"away"
                break
            if not await say(follower.next()):
                return
            await follower.wait()
        await say(b"event: %b\ndata: %b\n\n" % (end, end))
        await send({"type": "http.response.body", "body": b"", "more_body": False})


class _Follower:
    """What one reader has by now, and when it gets the next message."""

    def __init__(self, live: Live, texts: Texts) -> None:
        self._live = live
        self._texts = texts
        self._feed = live.feed(texts)
        self._version = 0
        self._all = self._urgent = 0
        self._beat = self._sent = live.now()

    @property
    def beats(self) -> bool:
        """True when the next message has a beat."""
        return self._live.now() >= self._beat

    def next(self) -> bytes:
        """Return what the reader is to get now, possibly nothing."""
        live, watch = self._live, self._live.watch
        self._all, self._urgent = watch.all, watch.urgent
        self._sent = live.now()
        content = b""
        live.refreshed(self._texts)
        if self._feed.version != self._version:
            content = self._feed.message(self._version)
            self._version = self._feed.version
        if self._sent >= self._beat:
            self._beat = self._sent + BEAT_SECONDS
            content += f"event: beat\ndata: {live.clock()}\n\n".encode()
        return content

    async def wait(self) -> None:
        """Return when there is something to say."""
        watch = self._live.watch
        await anyio.sleep(max(0.0, self._sent + STATE_SECONDS - self._live.now()))
        with anyio.move_on_after(max(0.0, self._beat - self._live.now())):
            await watch.something(self._all)
            with anyio.move_on_after(max(0.0, self._sent + PROGRESS_SECONDS - self._live.now())):
                await watch.something_urgent(self._urgent)


def wanted_language(request: Request) -> str | None:
    """Return the language that the page asks for."""
    return request.query_params.get("language") or request.cookies.get("language")
