"""Peers with a certificate of their own making, known by its SHA-256 fingerprint alone."""

import socket
import ssl
import threading

import anyio
import anyio.to_thread
import pytest

from orchestrator.domain.errors import ConfigurationMistakes, UntrustedPeer
from orchestrator.transport.client import HttpClient
from orchestrator.transport.endpoint import Empty, Endpoint
from orchestrator.transport.tls import FingerprintMismatch, fingerprint_context
from tests.transport.peers import Authority, Peer, fingerprint, listening, reply, serving

GET = Endpoint("get_thing", "", "T", "GET", "/thing", Empty)
OTHER = "ab" * 32


async def friendly(peer: Peer) -> None:
    """Answer every request."""
    await peer.send(reply(b"{}"))


@pytest.mark.parametrize("days", [1, -1])
@pytest.mark.parametrize("fresh", [False, True])
async def test_the_pinned_certificate_is_trusted(
    stranger: Authority, days: int, fresh: bool
) -> None:
    """Whoever signed it, whatever its name, and though its time is over."""
    leaf = stranger.leaf("somewhere.example", days)
    async with serving(friendly, listening(leaf)) as server:
        context = fingerprint_context([OTHER, fingerprint(leaf)])
        async with HttpClient(server.url, peer="p", context=context) as client:
            assert await client.call(GET, fresh=fresh) == Empty()


@pytest.mark.parametrize("fresh", [False, True])
async def test_any_other_certificate_is_refused_before_anything_is_sent(
    authority: Authority, fresh: bool
) -> None:
    """Its fingerprint is told in one plain sentence, and the peer never sees the request."""
    leaf = authority.leaf("localhost")
    async with serving(friendly, listening(leaf)) as server:
        context = fingerprint_context([f"{number:064x}" for number in range(1000)])
        async with HttpClient(server.url, peer="p", context=context) as client:
            with pytest.raises(UntrustedPeer) as caught:
                await client.call(GET, fresh=fresh)
        assert server.seen == []
    assert caught.value.what == (
        "The peer's certificate was refused: its SHA-256 fingerprint is"
        f" {fingerprint(leaf)}, which is not pinned"
    )
    assert "settings" in caught.value.remedy
    assert caught.value.code == "tls.fingerprint"


async def test_the_check_cannot_be_switched_off(authority: Authority) -> None:
    """It belongs to the handshake: loosening the library's own check changes nothing."""
    context = fingerprint_context([OTHER])
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    async with (
        serving(friendly, authority.server_context("localhost")) as server,
        HttpClient(server.url, peer="p", context=context) as client,
    ):
        with pytest.raises(UntrustedPeer):
            await client.call(GET)


async def test_plain_sockets_are_checked_too(authority: Authority) -> None:
    """Code that uses no event loop gets the same check."""
    leaf = authority.leaf("localhost")
    accepted = listening(leaf)
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        for _ in range(2):
            raw, _address = listener.accept()
            try:
                with accepted.wrap_socket(raw, server_side=True) as made:
                    made.recv(1)
            except OSError:
                raw.close()

    def connect(pinned: str) -> None:
        context = fingerprint_context([pinned])
        with (
            socket.create_connection(listener.getsockname()) as raw,
            context.wrap_socket(raw) as made,
        ):
            made.sendall(b"x")

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        await anyio.to_thread.run_sync(connect, fingerprint(leaf))
        with pytest.raises(FingerprintMismatch):
            await anyio.to_thread.run_sync(connect, OTHER)
    finally:
        await anyio.to_thread.run_sync(thread.join)
        listener.close()


@pytest.mark.parametrize(
    "written",
    [
        OTHER,
        OTHER.upper(),
        ":".join(["AB"] * 32),
        " ".join(["ab"] * 32),
        f" sha256:{OTHER} ",
        f"SHA256:{OTHER}",
    ],
)
def test_the_usual_ways_to_write_a_fingerprint(written: str) -> None:
    """As openssl, browsers and people write it."""
    assert fingerprint_context([written])


@pytest.mark.parametrize("written", ["", "ab", "zz" * 32, OTHER + "ab", "sha1:" + "ab" * 20])
def test_what_is_no_fingerprint_is_refused(written: str) -> None:
    """A wrong setting is told at the start."""
    with pytest.raises(ConfigurationMistakes) as caught:
        fingerprint_context([written])
    assert "64 hexadecimal" in caught.value.remedy


def test_no_fingerprint_trusts_nobody() -> None:
    """An empty list is a mistake, not an open door."""
    with pytest.raises(ConfigurationMistakes):
        fingerprint_context([])


def test_older_versions_are_refused() -> None:
    """TLS 1.2 or newer, as for all peers."""
    assert fingerprint_context([OTHER]).minimum_version is ssl.TLSVersion.TLSv1_2
