"""The etcd backend when etcd dies, freezes, forgets, moves, or asks who is there."""

from __future__ import annotations

import asyncio
import json
import subprocess
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final, TypeVar

import pytest

from apimachinery.clock import ManualClock, RealClock
from storage.backend.etcd import backend as etcd_backend
from storage.backend.etcd import client as etcd_client
from storage.backend.etcd import versions
from storage.backend.etcd.backend import EtcdBackend
from storage.backend.etcd.config import EtcdConfig
from storage.backend.interfaces import WatchEvent
from storage.backend.memory import MemoryBackend
from storage.errors import Compacted, StorageError, TimedOut, Unreachable
from tests.support.etcd import Etcd, EtcdCluster

pytestmark = pytest.mark.etcd
PATIENCE: Final = 60.0
T = TypeVar("T")


@pytest.fixture
def own(tmp_path: Path) -> Iterator[Etcd]:
    """An etcd for this test alone."""
    member = Etcd(tmp_path)
    try:
        yield member.start()
    finally:
        member.kill()


@asynccontextmanager
async def connected(*endpoints: str, **options: Any) -> AsyncIterator[EtcdBackend]:
    backend = EtcdBackend(EtcdConfig.from_servers(endpoints, **options), RealClock())
    await backend.start()
    try:
        yield backend
    finally:
        await backend.close()


class Recorder:
    """A sink that keeps what it is told."""

    def __init__(self) -> None:
        self.revisions: list[int] = []
        self.keys: list[str] = []
        self.error: StorageError | None = None

    def deliver(self, events: Sequence[WatchEvent]) -> None:
        self.revisions += [event.revision for event in events]
        self.keys += [event.key for event in events]

    def lost(self, error: StorageError) -> None:
        self.error = error


async def eventually(check: Callable[[], Any]) -> None:
    async with asyncio.timeout(PATIENCE):
        while not check():  # noqa: ASYNC110 - real processes tell nobody what they do
            await asyncio.sleep(0.02)


async def write(backend: EtcdBackend, key: str) -> int:
    """Create a key, trying again while etcd is away; the revision of the create that was acknowledged."""
    async with asyncio.timeout(PATIENCE):
        while True:
            try:
                result = await backend.put(key, b"x", expected=0)
            except Unreachable:
                continue
            assert result.succeeded or result.current is not None
            return result.revision if result.succeeded or result.current is None else result.current.mod_revision


async def test_a_restart_is_invisible_to_watches_and_readers(own: Etcd) -> None:
    async with connected(own.endpoint) as backend:
        sink = Recorder()
        watch = backend.watch("/registry/", start_revision=await backend.current_revision() + 1, sink=sink)
        written = [await write(backend, "/registry/a/0")]
        for i in range(1, 4):
            own.kill()
            reading = asyncio.ensure_future(backend.get("/registry/a/0"))
            own.start()
            assert (await reading).kv is not None
            written.append(await write(backend, f"/registry/a/{i}"))
        await watch.reached(written[-1])
        assert sink.revisions == written
        assert sorted(written) == written
        assert sink.error is None


async def test_while_etcd_is_dead_every_call_says_so(own: Etcd, monkeypatch: pytest.MonkeyPatch) -> None:
    async with connected(own.endpoint) as backend:
        monkeypatch.setattr(etcd_client.EtcdClient.call, "__kwdefaults__", {"write": False, "patience": 0.2})
        own.kill()
        refused = rf"connection error: desc = .*dial tcp 127.0.0.1:{own.port}: connect: connection refused"
        for call in (
            lambda: backend.get("/registry/a"),
            lambda: backend.range("/registry/", "/registry0"),
            lambda: backend.current_revision(),
            lambda: backend.put("/registry/a", b"", expected=0),
            lambda: backend.grant(10),
        ):
            with pytest.raises(Unreachable, match=refused) as failed:
                await call()
            assert not failed.value.unknown_outcome
        own.start()
        assert (await backend.put("/registry/a", b"", expected=0)).succeeded


async def test_a_frozen_etcd_times_out_and_a_write_may_have_happened(
    own: Etcd, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(etcd_backend, "ATTEMPT_TIMEOUT", 0.3)
    async with connected(own.endpoint) as backend:
        monkeypatch.setattr(etcd_client.EtcdClient.call, "__kwdefaults__", {"write": False, "patience": 0.2})
        own.freeze()
        with pytest.raises(TimedOut, match="context deadline exceeded") as failed:
            await backend.put("/registry/a", b"1", expected=0)
        assert failed.value.unknown_outcome
        with pytest.raises(TimedOut):
            await backend.get("/registry/a")
        own.thaw()
        monkeypatch.undo()
        # The frozen write is still on its way, so it may land before or after whatever is asked now.
        again = await backend.put("/registry/a", b"2", expected=0)
        found = (await backend.get("/registry/a")).kv
        assert found is not None
        assert found.value == (b"2" if again.succeeded else b"1")


async def test_without_etcd_the_start_fails_in_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(etcd_backend, "START_PATIENCE", 0.3)
    dead = Etcd(tmp_path)
    with pytest.raises(Unreachable, match="connection refused"):
        async with connected(dead.endpoint):
            raise AssertionError


async def test_a_server_that_was_away_too_long_is_told_what_it_missed(own: Etcd) -> None:
    async with connected(own.endpoint) as backend, connected(own.endpoint) as other:
        sink = Recorder()
        backend.watch("/registry/a/", start_revision=await backend.current_revision() + 1, sink=sink)
        own.kill()
        await eventually(lambda: backend._stream._call is None)
        paused = backend._stream._client.call
        gate = asyncio.Event()

        async def wait(*args: Any, **kwargs: Any) -> Any:
            await gate.wait()
            return await paused(*args, **kwargs)

        backend._stream._client.call = wait  # type: ignore[method-assign]
        own.start()
        for i in range(5):
            last = await write(other, f"/registry/a/{i}")
        await other.compact(last)
        gate.set()
        await eventually(lambda: sink.error is not None)
        assert isinstance(sink.error, Compacted)
        assert await backend.oldest_revision() == last
        again = Recorder()
        watch = backend.watch("/registry/a/", start_revision=last + 1, sink=again)
        newest = await write(other, "/registry/a/last")
        await watch.reached(newest)
        assert again.revisions == [newest]


async def test_another_etcd_in_its_place_ends_every_watch(own: Etcd, tmp_path: Path) -> None:
    async with connected(own.endpoint) as backend:
        for i in range(20):
            await write(backend, f"/registry/a/{i}")
        sink = Recorder()
        backend.watch("/registry/a/", start_revision=await backend.current_revision() + 1, sink=sink)
        own.kill()
        other = Etcd(tmp_path / "other", ports=(own.port, int(own.peer.rpartition(":")[2])))
        try:
            other.start()
            await eventually(lambda: sink.error is not None)
            assert isinstance(sink.error, Compacted)
            assert (await backend.range("/registry/a/", "/registry/a0")).kvs == []
        finally:
            other.kill()


async def test_members_may_leave_one_after_the_other(tmp_path: Path) -> None:
    cluster = EtcdCluster(tmp_path)
    try:
        cluster.start()
        async with connected(*cluster.endpoints) as backend:
            sink = Recorder()
            watch = backend.watch("/registry/", start_revision=await backend.current_revision() + 1, sink=sink)
            written: list[int] = []
            stop = asyncio.Event()

            async def load() -> None:
                while not stop.is_set():
                    written.append(await write(backend, f"/registry/a/{len(written)}"))

            async def more(count: int = 50) -> None:
                goal = len(written) + count
                await eventually(lambda: len(written) >= goal)

            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(load())
                await more()
                asked = next(m for m in cluster.members if m.endpoint.endswith(backend._client.connection.endpoint))
                asked.kill()
                await more()
                asked.start()
                leader = cluster.leader()
                leader.kill()
                await more()
                leader.start()
                frozen = cluster.leader()
                frozen.freeze()
                await more()
                frozen.thaw()
                await more()
                stop.set()
            await watch.reached(written[-1])
            assert sink.revisions == written
            assert len(set(written)) == len(written)
            assert sink.error is None
    finally:
        cluster.kill()


async def test_a_user_and_a_password(own: Etcd, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(etcd_client, "PATIENCE", 0.5)
    own.ctl("user", "add", "root:secret")
    own.ctl("user", "grant-role", "root", "root")
    own.ctl("auth", "enable")
    with_user = own.endpoint.replace("//", "//root:secret@")
    with pytest.raises(Unreachable, match="user name is empty"):
        async with connected(own.endpoint):
            raise AssertionError
    with pytest.raises(Unreachable, match="authentication failed, invalid user ID or password"):
        async with connected(own.endpoint.replace("//", "//root:wrong@")):
            raise AssertionError
    async with connected(with_user) as backend:
        sink = Recorder()
        watch = backend.watch("/registry/", start_revision=await backend.current_revision() + 1, sink=sink)
        first = await write(backend, "/registry/a/1")
        own.kill()
        own.start()
        second = await write(backend, "/registry/a/2")
        await watch.reached(second)
        assert sink.revisions == [first, second]


def certificates(folder: Path) -> None:
    """An authority, and one pair for both ends."""

    def run(*arguments: str) -> None:
        subprocess.run(["openssl", *arguments], cwd=folder, check=True, capture_output=True)

    (folder / "names").write_text("subjectAltName=IP:127.0.0.1\nextendedKeyUsage=serverAuth,clientAuth\n")
    new = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes")
    run("req", "-x509", *new, "-keyout", "ca.key", "-out", "ca.crt", "-subj", "/CN=etcd-ca", "-days", "2")
    run("req", *new, "-keyout", "key.pem", "-out", "request.pem", "-subj", "/CN=member")
    run(
        *("x509", "-req", "-in", "request.pem", "-CA", "ca.crt", "-CAkey", "ca.key", "-CAcreateserial"),
        *("-out", "cert.pem", "-days", "2", "-extfile", "names"),
    )


async def test_tls_on_both_ends(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    certificates(tmp_path)
    ca, cert, key = (tmp_path / name for name in ("ca.crt", "cert.pem", "key.pem"))
    arguments = [f"--cert-file={cert}", f"--key-file={key}", f"--trusted-ca-file={ca}", "--client-cert-auth"]
    secure = Etcd(tmp_path, scheme="https", arguments=arguments)
    try:
        secure.start()
        config = EtcdConfig.from_servers((secure.endpoint,), cafile=ca, certfile=cert, keyfile=key)
        assert EtcdConfig.from_url(config.url()) == config
        async with connected(secure.endpoint, cafile=ca, certfile=cert, keyfile=key) as backend:
            assert await write(backend, "/registry/a/1")
        monkeypatch.setattr(etcd_backend, "START_PATIENCE", 0.5)
        with pytest.raises(Unreachable):
            async with connected(secure.endpoint, cafile=ca):
                raise AssertionError
    finally:
        secure.kill()


async def test_progress_is_asked_for_where_etcd_can_be_trusted(own: Etcd, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(versions, "has_ordered_progress", lambda _: True)
    async with connected(own.endpoint, prefix="/one") as backend, connected(own.endpoint, prefix="/two") as other:
        sink = Recorder()
        watch = backend.watch("/registry/", start_revision=await backend.current_revision() + 1, sink=sink)
        mine = await write(backend, "/registry/a/1")
        for i in range(3):
            elsewhere = await write(other, f"/registry/b/{i}")
        async with asyncio.timeout(60):
            await watch.reached(elsewhere)
        assert watch.revision >= elsewhere
        assert (sink.revisions, sink.keys) == ([mine], ["/registry/a/1"])


@pytest.mark.parametrize(
    ("version", "trusted"),
    [("3.4.23", False), ("3.4.25", True), ("3.5.7", False), ("3.5.8", True), ("3.6.0", True), ("", False)],
)
def test_which_etcd_is_trusted_with_progress(version: str, trusted: bool) -> None:
    assert versions.has_ordered_progress(version) is trusted


async def test_one_of_several_servers_compacts(own: Etcd) -> None:
    clock = ManualClock()
    config = EtcdConfig.from_servers((own.endpoint,))
    servers = [EtcdBackend(config, clock, compaction_interval=300) for _ in range(3)]
    for server in servers:
        await server.start()
    first = await write(servers[0], "/registry/a/first")
    for turn in range(2):
        clock.advance(300)
        await rounds(own, turn + 2)
        await write(servers[1], f"/registry/a/{turn}")
    clock.advance(300)
    await rounds(own, 4)
    with pytest.raises(Compacted):
        await servers[2].get("/registry/a/first", revision=first)
    late = EtcdBackend(config, RealClock())
    await late.start()
    assert first < await late.oldest_revision() < await late.current_revision()
    for server in (*servers, late):
        await server.close()


async def rounds(etcd: Etcd, wanted: int) -> None:
    """Wait until the servers have counted so many rounds of compaction, and see that they count no more."""

    def counted() -> bool:
        version = int(json.loads(etcd.ctl("get", "compact_rev_key", "-w", "json"))["kvs"][0]["version"])
        assert version <= wanted
        return version == wanted

    await eventually(counted)
    await asyncio.sleep(0.2)
    assert counted()


async def test_a_lease_that_etcd_forgot_is_granted_anew(own: Etcd) -> None:
    async with connected(own.endpoint) as backend:
        lease = await backend.grant(60)
        own.ctl("lease", "revoke", f"{lease:x}")
        for i in range(2):
            assert (await backend.put(f"/registry/a/{i}", b"", expected=0, lease=lease)).succeeded
        kvs = (await backend.range("/registry/a/", "/registry/a0")).kvs
        assert len({kv.lease for kv in kvs} - {0, lease}) == 1
        assert 50 < (await backend.remaining({kv.lease for kv in kvs})).popitem()[1] <= 60


async def test_a_snapshot_goes_from_one_store_to_the_other_and_back(own: Etcd) -> None:
    memory = MemoryBackend(RealClock())
    lease = await memory.grant(100)
    for i in range(30):
        await memory.put(f"/registry/a/{i:02}", b"%d" % i, expected=0, lease=lease if i % 10 == 0 else 0)
    saved = await memory.snapshot()
    async with connected(own.endpoint, prefix="/elsewhere") as backend:
        for i in (5, 30):
            await write(backend, f"/registry/a/{i:02}")
        sink = Recorder()
        watch = backend.watch("/registry/a/", start_revision=await backend.current_revision() + 1, sink=sink)
        await backend.restore(saved)
        await watch.reached(await backend.current_revision())
        assert sorted(sink.keys) == [f"/registry/a/{i:02}" for i in range(31)]
        found = (await backend.range("/registry/a/", "/registry/a0")).kvs
        assert {kv.key: kv.value for kv in found} == {f"/registry/a/{i:02}": b"%d" % i for i in range(30)}
        assert [kv.key[-2:] for kv in found if kv.lease] == ["00", "10", "20"]
        again = await backend.snapshot()
        before = await backend.current_revision()
        await backend.restore(again)
        assert await backend.current_revision() <= before + 3
        with pytest.raises(ValueError, match="state"):
            await backend.restore(again[:-1])
    await memory.restore(again)
    assert await memory.count("/registry/", "/registry0") == 30
    await memory.close()


@pytest.mark.parametrize(
    ("servers", "message"),
    [
        ((), "no etcd endpoint was given"),
        (("http://a:1", "https://b:1"), "etcd endpoints must be all http:// or all https://"),
        (("ftp://a:1",), "etcd endpoints are http:// or https://, not ftp://"),
        (("http://me@a:1",), "an etcd user needs a password"),
        (("http://:1",), "an etcd endpoint without a host"),
    ],
)
def test_endpoints_that_cannot_be(servers: tuple[str, ...], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        EtcdConfig.from_servers(servers)


def test_a_configuration_survives_as_a_url() -> None:
    config = EtcdConfig.from_servers(("https://us%40er:p%2Fw@a", "https://[::1]:4001"), prefix="/x/y")
    assert config.endpoints == ("a:2379", "[::1]:4001")
    assert (config.username, config.password, config.tls) == ("us@er", "p/w", True)
    assert EtcdConfig.from_url(config.url()) == config
