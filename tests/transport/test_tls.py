"""TLS as the client speaks it: pinned authority, verified name, no way down."""

from pathlib import Path

import pytest

from orchestrator.domain.errors import ConfigurationMistakes, Unreachable, UntrustedPeer
from orchestrator.transport.client import HttpClient
from orchestrator.transport.endpoint import Empty, Endpoint
from orchestrator.transport.tls import pinned_context
from tests.transport.peers import NAME, Authority, Peer, reply, serving

GET = Endpoint("get_thing", "", "T", "GET", "/thing", Empty)


async def friendly(peer: Peer) -> None:
    """Answer every request."""
    await peer.send(reply(b"{}"))


async def test_unfinished_handshake_is_unreachable(authority: Authority) -> None:
    """A peer that accepts but never completes TLS got nothing to apply."""
    context = pinned_context(authority.ca_file)

    async def speechless(peer: Peer) -> None:
        await peer.until_the_client_leaves()
        peer.writer.close()

    async with serving(speechless, blunt=True) as server:
        client = HttpClient(
            f"https://127.0.0.1:{server.port}", peer="p", context=context, connect_seconds=0.1
        )
        async with client:
            with pytest.raises(Unreachable):
                await client.call(GET)


async def test_name_is_verified_against_the_pinned_authority(authority: Authority) -> None:
    """The certificate must carry the asked name, though the connection goes to an address."""
    async with serving(friendly, authority.server_context()) as server:
        for name in (NAME, "board.devices.sphere.azure.local"):
            client = HttpClient(
                server.url, peer="p", context=pinned_context(authority.ca_file), server_name=name
            )
            async with client:
                assert await client.call(GET) == Empty()
                assert await client.call(GET, fresh=True) == Empty()
        assert server.seen[0].header("host") == NAME


async def untrusted(server_url: str, authority: Authority) -> str:
    """Return the code with which the pinned client refuses the server."""
    client = HttpClient(
        server_url, peer="p", context=pinned_context(authority.ca_file), server_name=NAME
    )
    async with client:
        for fresh in (False, True):
            with pytest.raises(UntrustedPeer) as caught:
                await client.call(GET, fresh=fresh)
    return caught.value.code


async def test_certificate_for_another_name_is_refused(authority: Authority) -> None:
    """A certificate of the right authority for another name is not trusted."""
    context = authority.server_context("elsewhere.example")
    async with serving(friendly, context) as server:
        assert await untrusted(server.url, authority) == "tls.certificate"
        assert not server.seen


async def test_certificate_of_another_authority_is_refused(
    authority: Authority, stranger: Authority
) -> None:
    """A certificate that somebody else signed is not trusted."""
    async with serving(friendly, stranger.server_context()) as server:
        assert await untrusted(server.url, authority) == "tls.certificate"
        assert not server.seen


async def test_expired_certificate_is_refused(authority: Authority) -> None:
    """A certificate whose time is over is not trusted."""
    async with serving(friendly, authority.server_context(days=-1)) as server:
        assert await untrusted(server.url, authority) == "tls.certificate"


async def test_peer_without_tls_is_refused(authority: Authority) -> None:
    """There is no way down from TLS to plain HTTP."""

    async def blunt(peer: Peer) -> None:
        await peer.reader.read(1)
        await peer.send(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        await peer.until_the_client_leaves()
        peer.writer.close()

    async with serving(blunt, blunt=True) as server:
        url = server.url.replace("http:", "https:")
        assert await untrusted(url, authority) == "tls.handshake"


def test_pinned_file_must_be_there_and_hold_a_certificate(tmp_path: Path) -> None:
    """A wrong certificate file is a mistake in the settings, found at start."""
    (tmp_path / "junk.pem").write_text("hello")
    for file, message in (("missing.pem", "cannot be read"), ("junk.pem", "no usable PEM")):
        with pytest.raises(ConfigurationMistakes, match=message):
            pinned_context(tmp_path / file)
    with pytest.raises(ConfigurationMistakes):
        pinned_context(tmp_path)
