"""Random histories over the whole server: what is read and watched is what was written, once and in order."""

from __future__ import annotations

import asyncio
import json
import tempfile
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.api import InProcess, in_process

NAMES = ("a", "b", "c")
PATH = "/api/v1/namespaces/default/configmaps"
Kind = Literal["create", "update", "stale update", "patch", "same patch", "delete", "delete all", "list", "watch"]
KINDS: tuple[Kind, ...] = (
    *("create", "create", "update", "stale update", "patch", "same patch"),
    *("delete", "delete all", "list", "watch"),
)


@dataclass(frozen=True, slots=True)
class Action:
    """What a client does next; `selected` puts the object among those that the narrow watches see."""

    kind: Kind
    name: str
    selected: bool
    back: int


ACTIONS = st.builds(
    Action, st.sampled_from(KINDS), st.sampled_from(NAMES), st.booleans(), st.integers(min_value=0, max_value=4)
)


@dataclass(slots=True)
class History:
    """What the answers of writes say there was: (resourceVersion, type, name, object), oldest first."""

    events: list[tuple[int, str, str, dict[str, Any]]] = field(default_factory=list)
    state: dict[str, dict[str, Any]] = field(default_factory=dict)
    versions: list[int] = field(default_factory=list)

    def note(self, kind: str, obj: dict[str, Any]) -> None:
        version, name = int(obj["metadata"]["resourceVersion"]), obj["metadata"]["name"]
        if kind == "MODIFIED" and self.state[name] == obj:
            return
        assert version > max(self.versions, default=0), "a resourceVersion went backwards"
        self.versions.append(version)
        self.events.append((version, kind, name, obj))
        if kind == "DELETED":
            del self.state[name]
        else:
            self.state[name] = obj

    def seen(self, since: int, *, narrow: bool) -> list[tuple[str, str, int]]:
        """The events that a watch from a version is to deliver; a narrow one sees objects come and go by label."""
        found: list[tuple[str, str, int]] = []
        before: dict[str, bool] = {}
        for version, kind, name, obj in self.events:
            now = kind != "DELETED" and (not narrow or obj["metadata"].get("labels") == {"s": "1"})
            was = before.get(name, False)
            before[name] = now
            if version > since and (now or was):
                told = "DELETED" if not now else "MODIFIED" if was else "ADDED"
                found.append((told, name, version))
        return found


def labels(action: Action) -> dict[str, str] | None:
    return {"s": "1"} if action.selected else {"s": "0"}


async def write(api: InProcess, action: Action, history: History, count: int) -> None:
    path, stored = f"{PATH}/{action.name}", history.state.get(action.name)
    fresh = {"metadata": {"name": action.name, "labels": labels(action)}, "data": {"n": str(count)}}
    match action.kind:
        case "create":
            answer = await api.request("POST", PATH, fresh)
            assert answer.status == (409 if stored else 201), answer.body
            if not stored:
                history.note("ADDED", answer.json())
        case "update":
            answer = await api.request("PUT", path, fresh)
            assert answer.status == (200 if stored else 404), answer.body
            if stored:
                history.note("MODIFIED", answer.json())
        case "stale update" if stored:
            old = {**fresh, "metadata": {**fresh["metadata"], "resourceVersion": "1"}}  # type: ignore[dict-item]
            assert (await api.request("PUT", path, old)).status == 409
        case "patch" | "same patch" if stored:
            body: dict[str, Any] = {"metadata": {"labels": labels(action)}} if action.kind == "patch" else {}
            headers = {"content-type": "application/merge-patch+json"}
            answer = await api.request("PATCH", path, body, headers=headers)
            assert answer.status == 200, answer.body
            history.note("MODIFIED", answer.json())
        case "delete" if stored:
            version = await latest(api)
            assert (await api.request("DELETE", path)).status == 200
            await gone(api, history, version, [action.name])
        case "delete all":
            version = await latest(api)
            assert (await api.request("DELETE", PATH)).status == 200
            await gone(api, history, version, sorted(history.state))
        case _:
            pass


async def latest(api: InProcess) -> int:
    """The version of the collection right now."""
    return int((await api.request("GET", PATH)).json()["metadata"]["resourceVersion"])


async def gone(api: InProcess, history: History, since: int, names: list[str]) -> None:
    """Note deletions at the versions that a watch gives them, in its order."""
    if not names:
        return
    events = await take(api, f"{PATH}?watch=true&resourceVersion={since}", len(names))
    assert sorted(e["object"]["metadata"]["name"] for e in events) == names
    for event in events:
        assert event["type"] == "DELETED"
        assert event["object"]["data"] == history.state[event["object"]["metadata"]["name"]]["data"]
        history.note("DELETED", event["object"])


async def take(api: InProcess, path: str, count: int) -> list[dict[str, Any]]:
    """The first events of a watch."""
    if not count:
        return []
    answer = await api.raw("GET", path)
    assert not isinstance(answer.body, bytes), answer.body
    found: list[dict[str, Any]] = []
    async with asyncio.timeout(60):
        async with aclosing(lines_of(answer.body)) as lines:
            async for line in lines:
                found.append(json.loads(line))
                if len(found) == count:
                    break
    return found


async def lines_of(body: AsyncIterator[bytes]) -> AsyncGenerator[bytes, None]:
    rest = b""
    try:
        async for chunk in body:
            *lines, rest = (rest + chunk).split(b"\n")
            for line in lines:
                yield line
    finally:
        await body.aclose()  # type: ignore[attr-defined]


async def check_list(api: InProcess, history: History) -> None:
    for query in ("", "?limit=1", "?resourceVersion=0", "?labelSelector=s%3D1"):
        items, following = [], query
        while True:
            page = (await api.request("GET", PATH + following)).json()
            items += page["items"]
            assert int(page["metadata"]["resourceVersion"]) >= max(history.versions, default=0)
            if not (token := page["metadata"].get("continue")):
                break
            following = f"{query}&continue={token}"
        narrow = "labelSelector" in query
        wanted = [
            (name, obj["metadata"]["resourceVersion"], obj["data"])
            for name, obj in sorted(history.state.items())
            if not narrow or obj["metadata"].get("labels") == {"s": "1"}
        ]
        assert [(i["metadata"]["name"], i["metadata"]["resourceVersion"], i["data"]) for i in items] == wanted


async def check_watches(api: InProcess, history: History, since: int) -> None:
    for selector, narrow in (("", False), ("&labelSelector=s%3D1", True)):
        wanted = history.seen(since, narrow=narrow)
        events = await take(api, f"{PATH}?watch=true&resourceVersion={since}{selector}", len(wanted))
        told = [
            (e["type"], e["object"]["metadata"]["name"], int(e["object"]["metadata"]["resourceVersion"]))
            for e in events
        ]
        assert told == wanted


async def play(actions: list[Action]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        async with in_process(Path(folder)) as api:
            history, start = History(), await latest(api)
            live = asyncio.ensure_future(follow(api, f"{PATH}?watch=true&resourceVersion={start}"))
            for count, action in enumerate(actions):
                if action.kind == "list":
                    await check_list(api, history)
                elif action.kind == "watch":
                    await check_watches(api, history, ([start, *history.versions])[-1 - action.back :][0])
                else:
                    await write(api, action, history, count)
            await check_list(api, history)
            await check_watches(api, history, start)
            end = (await api.create(PATH, {"metadata": {"name": "end"}}))["metadata"]["resourceVersion"]
            async with asyncio.timeout(60):
                told = await live
            wanted = [*history.seen(start, narrow=False), ("ADDED", "end", int(end))]
            assert told == wanted


async def follow(api: InProcess, path: str) -> list[tuple[str, str, int]]:
    """What a watch that is open all the time is told, up to the object named end."""
    answer = await api.raw("GET", path)
    assert not isinstance(answer.body, bytes), answer.body
    found: list[tuple[str, str, int]] = []
    async with aclosing(lines_of(answer.body)) as lines:
        async for line in lines:
            event = json.loads(line)
            metadata = event["object"]["metadata"]
            found.append((event["type"], metadata["name"], int(metadata["resourceVersion"])))
            if metadata["name"] == "end":
                break
    return found


@settings(max_examples=15)
@given(st.lists(ACTIONS, max_size=25))
def test_nothing_is_lost_doubled_or_out_of_order(actions: list[Action]) -> None:
    asyncio.run(play(actions))
