from __future__ import annotations

import asyncio

import pytest

from apimachinery import errors, serializer
from server.endpoints.request import Handler, Query, Request, Response
from server.filters import chain
from server.filters.chain import Filter
from server.filters.max_in_flight import with_max_in_flight
from server.filters.panic_recovery import with_panic_recovery
from server.filters.request_info import with_request_info
from server.filters.timeout import with_timeout
from server.filters.warnings import warning, with_warnings


async def _ok(request: Request) -> Response:
    return Response(200, body=b"ok")


def _marking(name: str, seen: list[str]) -> Filter:
    def wrap(handler: Handler) -> Handler:
        async def mark(request: Request) -> Response:
            seen.append(name)
            return await handler(request)

        return mark

    return wrap


async def test_filters_run_in_reading_order() -> None:
    seen: list[str] = []
    await chain.build([_marking("first", seen), _marking("second", seen)], _ok)(Request("GET", "/"))
    assert seen == ["first", "second"]


async def test_errors_become_statuses() -> None:
    async def refuse(request: Request) -> Response:
        raise errors.TooManyRequests("later", retry_after=3)

    async def fail(request: Request) -> Response:
        raise RuntimeError("boom")

    refused = await with_panic_recovery()(refuse)(Request("GET", "/"))
    assert (refused.status, refused.headers["Retry-After"]) == (429, "3")
    failed = await with_panic_recovery()(fail)(Request("GET", "/"))
    assert isinstance(failed.body, bytes)
    assert serializer.loads(failed.body)["message"] == "Internal error occurred: boom"


async def test_slow_requests_end_but_watches_do_not() -> None:
    async def slow(request: Request) -> Response:
        await asyncio.sleep(0.05)
        return Response(200)

    handler = chain.build([with_panic_recovery(), with_request_info(), with_timeout(0.001)], slow)
    assert (await handler(Request("GET", "/api/v1/pods"))).status == 504
    assert (await handler(Request("GET", "/api/v1/pods", Query("watch=1")))).status == 200


async def test_requests_beyond_the_bound_are_turned_away() -> None:
    release = asyncio.Event()

    async def wait(request: Request) -> Response:
        await release.wait()
        return Response(200)

    handler = chain.build([with_request_info(), with_max_in_flight(1, 1)], wait)
    first = asyncio.ensure_future(handler(Request("GET", "/api/v1/pods")))
    await asyncio.sleep(0)
    second = await handler(Request("GET", "/api/v1/pods"))
    assert (second.status, second.headers["Retry-After"]) == (429, "1")
    release.set()
    assert (await first).status == 200


@pytest.mark.parametrize(
    ("text", "header"),
    [('a "b"', r'299 - "a \"b\""'), ("two\nlines", '299 - "two lines"'), ("back\\slash", r'299 - "back\\slash"')],
)
def test_warning_header(text: str, header: str) -> None:
    assert warning(text) == header


async def test_warnings_are_told_once_and_cut_when_they_are_too_long() -> None:
    async def warn(request: Request) -> Response:
        request.warnings.extend(["x" * 3000, "y" * 3000, "x" * 3000])
        return Response(200)

    answer = await with_warnings()(warn)(Request("GET", "/"))
    lines = answer.headers["Warning"].split("\n")
    assert [len(line) for line in lines] == [len('299 - ""') + 256] * 2
