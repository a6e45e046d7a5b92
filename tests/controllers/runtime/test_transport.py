"""HTTP as servers really send it: in pieces, chunked, closed, silent."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest

from controllers.runtime.transport import ConnectionFailed, ConnectionPool

REQUEST = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"
Writer = asyncio.StreamWriter


@asynccontextmanager
async def answering(*answers: Callable[[Writer], Awaitable[None]]) -> AsyncIterator[tuple[ConnectionPool, list[int]]]:
    """A pool before a server that gives these answers in turn; the list counts requests a connection."""
    remaining = list(answers)
    connections: list[int] = []

    async def serve(reader: asyncio.StreamReader, writer: Writer) -> None:
        connections.append(0)
        mine = len(connections) - 1
        try:
            while remaining:
                await reader.readuntil(b"\r\n\r\n")
                connections[mine] += 1
                await remaining.pop(0)(writer)
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    pool = ConnectionPool(f"http://127.0.0.1:{port}", None)
    try:
        yield pool, connections
    finally:
        await pool.close()
        server.close()
        await server.wait_closed()


def pieces(*parts: bytes) -> Callable[[Writer], Awaitable[None]]:
    async def write(writer: Writer) -> None:
        for part in parts:
            writer.write(part)
            await writer.drain()
            await asyncio.sleep(0.001)

    return write


CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n6;x=y\r\n world\r\n0\r\n\r\n"


@pytest.mark.parametrize("step", [1, 2, 3, 7, 1000])
async def test_chunked_answers_in_any_pieces(step: int) -> None:
    parts = [CHUNKED[i : i + step] for i in range(0, len(CHUNKED), step)]
    async with answering(pieces(*parts), pieces(CHUNKED)) as (pool, connections):
        for _ in range(2):
            answer = await pool.request(REQUEST, timeout=30)
            assert (answer.status, answer.body) == (200, b"hello world")
        assert connections == [2]


async def test_lengths_empty_bodies_and_interim_answers() -> None:
    async with answering(
        pieces(
            b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 404 Not Found\r\nContent-Le",
            b"ngth: 3\r\nRetry-After: 7\r\n\r\nab",
            b"c",
        ),
        pieces(b"HTTP/1.1 204 No Content\r\n\r\n"),
        pieces(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"),
    ) as (pool, connections):
        first = await pool.request(REQUEST, timeout=30)
        assert (first.status, first.body, first.headers.get(b"retry-after")) == (404, b"abc", "7")
        assert [(await pool.request(REQUEST, timeout=30)).status for _ in range(2)] == [204, 200]
        assert connections == [3]


async def test_a_closed_connection_is_not_used_again() -> None:
    async with answering(
        pieces(b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 1\r\n\r\na"),
        pieces(b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nb"),
    ) as (pool, connections):
        assert [(await pool.request(REQUEST, timeout=30)).body for _ in range(2)] == [b"a", b"b"]
        assert connections == [1, 1]


async def test_a_connection_that_breaks_is_an_error() -> None:
    async def hang_up(writer: Writer) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc")
        await writer.drain()
        writer.close()

    async with answering(hang_up) as (pool, _):
        with pytest.raises(ConnectionFailed):
            await pool.request(REQUEST, timeout=30)


async def test_a_silent_server_is_a_timeout_and_its_connection_is_dropped() -> None:
    async with answering(pieces(), pieces(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")) as (pool, connections):
        with pytest.raises(TimeoutError):
            await pool.request(REQUEST, timeout=0.05)
        assert (await pool.request(REQUEST, timeout=30)).status == 200
        assert connections == [1, 1]


async def test_nobody_listens() -> None:
    pool = ConnectionPool("http://127.0.0.1:1", None)
    with pytest.raises(ConnectionFailed):
        await pool.request(REQUEST, timeout=30)
    await pool.close()


async def test_a_stream_is_read_as_it_comes_and_held_back_when_nobody_reads() -> None:
    big = b"x" * (1 << 16)
    chunk = b"%x\r\n" % len(big) + big + b"\r\n"
    sent = 0

    async def flood(writer: Writer) -> None:
        nonlocal sent
        writer.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        for _ in range(1000):
            writer.write(chunk)
            await writer.drain()
            sent += 1

    async with answering(flood) as (pool, _):
        stream = await pool.stream(REQUEST, timeout=30)
        assert (await stream.read())[:1] == b"x"
        before = -1
        while sent != before:
            before = sent
            await asyncio.sleep(0.05)
        assert sent < 1000
        stream.close()
