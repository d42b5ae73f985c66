"""What a hostile board may put on the wire, each way with random variations.

An attack writes its bytes and ends; the server closes the connection behind it, unless the attack
keeps it open by waiting until the client leaves.
"""

import asyncio
import gzip
from collections.abc import Awaitable, Callable
from random import Random

from tests.transport.peers import Peer, reply

BLOCK = b"x" * (64 * 1024)
GOOD = b'{"name": "a"}'
UGLY = "\x1b[31m\x07\x00\r\n\x9b2J\u202e\u2028\x7f"
BOMB = gzip.compress(b"\0" * (16 << 20))
HEAD = b"HTTP/1.1 200 OK\r\n"

Attack = Callable[[Random, Peer], Awaitable[None]]


async def cut(random: Random, peer: Peer) -> None:
    """Stop in the middle of an answer."""
    whole = reply(GOOD)
    await peer.send(whole[: random.randrange(len(whole))])


async def silence(random: Random, peer: Peer) -> None:
    """Begin an answer and say nothing more."""
    whole = reply(GOOD)
    await peer.send(whole[: random.randrange(len(whole))])
    await peer.until_the_client_leaves()


async def wrong_length(random: Random, peer: Peer) -> None:
    """Announce another length than follows, or none that is a number."""
    lengths = (
        b"5",
        b"-1",
        b"+13",
        b"1e1",
        b"0x0d",
        b"13, 14",
        b"9" * 400,
        b"13\r\nContent-Length: 5",
    )
    await peer.send(HEAD, b"Content-Length: ", random.choice(lengths), b"\r\n\r\n", GOOD)


async def chunked_garbage(random: Random, peer: Peer) -> None:
    """Speak of chunks and send something else."""
    chunks = (
        *(b"zz\r\n{}\r\n0\r\n\r\n", b"-1\r\n{}\r\n", b"5\r\n{}\r\n0\r\n\r\n", b"\r\n\r\n"),
        *(b"f" * 30 + b"\r\n{", b"2;" + b"e" * 200_000 + b"\r\n{}\r\n", random.randbytes(300)),
    )
    length = random.choice((b"", b"Content-Length: 2\r\n"))
    await peer.send(HEAD, length, b"Transfer-Encoding: chunked\r\n\r\n", random.choice(chunks))


async def huge(random: Random, peer: Peer) -> None:
    """Send a hundred megabytes, announced, in chunks or until the line is cut."""
    head = random.choice((b"Content-Length: 104857600\r\n", b"Transfer-Encoding: chunked\r\n", b""))
    await peer.send(HEAD, head, b"\r\n")
    for _ in range(1600):
        await peer.send(b"10000\r\n" + BLOCK + b"\r\n" if b"chunked" in head else BLOCK)


async def drip(random: Random, peer: Peer) -> None:
    """Send one byte after the other, in the head or in the body."""
    whole = reply(b" " * 500 + GOOD) if random.random() < 0.5 else HEAD + b"X: y\r\n" * 200
    for byte in whole:
        await peer.send(bytes([byte]))
        await asyncio.sleep(0.02)


async def header_flood(random: Random, peer: Peer) -> None:
    """Send headers without end: many, long, or answers that promise the answer."""
    piece = random.choice(
        (b"X-A: y\r\n" * 5000, b"X: " + BLOCK, b"\r\nHTTP/1.1 103 Early Hints\r\nX: y\r\n" * 2000)
    )
    await peer.send(HEAD if b"103" not in piece else b"HTTP/1.1 103 Early Hints\r\n")
    for _ in range(200):
        await peer.send(piece)


async def ugly_head(random: Random, peer: Peer) -> None:
    """Put what a terminal would obey into the head."""
    ugly = UGLY.encode()
    heads = (
        b"HTTP/1.1 200 " + ugly + b"\r\nContent-Length: 0\r\n\r\n",
        HEAD + b"X: " + ugly + b"\r\n\r\n",
        HEAD + ugly + b": y\r\n\r\n",
        b"HTTP/1.1 302 Found\r\nLocation: http://a/\x9b2J\x80\r\nContent-Length: 0\r\n\r\n",
        reply(b"", headers=b"Content-Encoding: \x9bgzip\x80\r\n"),
        ugly * 20,
    )
    await peer.send(random.choice(heads))


async def redirect(random: Random, peer: Peer) -> None:
    """Point somewhere else."""
    status = random.choice((300, 301, 302, 303, 304, 305, 307, 308, 399))
    targets = (
        *("http://169.254.169.254/", "//", "file:///etc/passwd", "javascript:1", "/thing"),
        *("http://[", "http://a:99999/", "http://xn--/", "http://a/" + "b" * 70_000, "", "?"),
    )
    target = f"Location: {random.choice(targets)}\r\n".encode()
    await peer.send(reply(GOOD, f"{status} Go", target if random.random() < 0.9 else b""))


async def packed(random: Random, peer: Peer) -> None:
    """Pack the answer, though nobody asked for it; unpacked it would be huge."""
    names = (
        b"gzip",
        b"deflate",
        b"br",
        b"zstd",
        b"GZIP",
        b"gzip, gzip",
        b"x-gzip",
        b"identity, br",
    )
    encoding = b"Content-Encoding: " + random.choice(names) + b"\r\n"
    await peer.send(reply(BOMB, headers=encoding))


async def noise(random: Random, peer: Peer) -> None:
    """Send random bytes, or another protocol."""
    other = (
        *(b"SSH-2.0-OpenSSH_9.2\r\n", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", b"<html></html>"),
        *(b"HTTP/9.9 200 OK\r\n\r\n", b"HTTP/1.1 2OO OK\r\n\r\n", b"HTTP/1.1 99 No\r\n\r\n"),
        *(b"HTTP/1.1 1000 No\r\n\r\n", b"HTTP/1.1 101 Switching Protocols\r\n\r\n", b"\r\n" * 99),
    )
    await peer.send(random.choice((*other, *(random.randbytes(2000) for _ in other))))


async def no_json(random: Random, peer: Peer) -> None:
    """Send a body that is no JSON as agreed."""
    bodies = (
        *(
            b'{"name": NaN}',
            b'{"name": 1e999}',
            b'{"name": ' + b"9" * 5000 + b"}",
            b"\xff\xfe{\x00",
        ),
        *(
            b'{"name": "a", "name": "b"}',
            b"[" * 200_000,
            b'{"a":' * 100_000,
            b"\xef\xbb\xbf" + GOOD,
        ),
        *(
            b'{"name": "a\x00\x1b[2J"}',
            b'{"name": "\xc3\x28"}',
            UGLY.encode(),
            b"null",
            b"[]",
            b'""',
        ),
        *(GOOD[: random.randrange(1, len(GOOD))], GOOD + b"}", b"'name'", b'{"name": 1}', b"0"),
        b'{"items": [' + b"{}," * 300_000 + b"0]}",
        b"{" + b",".join(b'"%x": 0' % number for number in range(60_000)) + b',"0": 0}',
        b'{"name": "a", "items": ["' + UGLY.encode("unicode_escape") + b'"]}',
    )
    await peer.send(reply(random.choice(bodies)))


async def ugly_refusal(random: Random, peer: Peer) -> None:
    """Refuse with words that a terminal would obey, or with very many."""
    status = f"{random.choice((400, 401, 403, 404, 409, 418, 429, 451, 500, 503, 599))} No"
    body = random.choice((UGLY.encode(), UGLY.encode() * 5000, b"", random.randbytes(500), BLOCK))
    await peer.send(reply(body, status))


ATTACKS: tuple[Attack, ...] = (
    *(cut, silence, wrong_length, chunked_garbage, huge, drip, header_flood, ugly_head),
    *(redirect, packed, noise, no_json, ugly_refusal),
)
