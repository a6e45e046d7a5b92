"""`python -m server` as a process: start, TLS, identities, limits, end."""

from __future__ import annotations

import asyncio
import gzip
import os
import signal
import socket
import ssl
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import yaml

from apimachinery import serializer
from tests.support.api import ADMIN_TOKEN, ROOT, STOP_TIMEOUT, USER_TOKEN, ServerProcess, server_process

MAPS = "/api/v1/namespaces/default/configmaps"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    with server_process(tmp_path_factory.mktemp("server")) as found:
        yield found


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "server", *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)


def test_help() -> None:
    done = run("--help")
    assert done.returncode == 0
    assert "--service-cluster-ip-range" in done.stdout
    assert "--insecure-port" not in done.stdout


def test_a_bad_flag_ends_with_2_and_one_line() -> None:
    done = run("--no-such-flag")
    assert (done.returncode, done.stderr) == (2, "error: unrecognized arguments: --no-such-flag\n")


def test_a_taken_port_is_said() -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        done = run(f"--secure-port={other.getsockname()[1]}")
    assert done.returncode == 1
    assert "cannot listen on 127.0.0.1:" in done.stderr


def test_what_exists_from_the_start(server: ServerProcess) -> None:
    names = [i["metadata"]["name"] for i in server.request("GET", "/api/v1/namespaces").json()["items"]]
    assert names == ["default", "kube-node-lease", "kube-public", "kube-system"]
    service = server.request("GET", "/api/v1/namespaces/default/services/kubernetes").json()
    assert service["spec"]["clusterIP"] == "10.0.0.1"
    assert service["metadata"]["managedFields"][0]["manager"] == "kube-apiserver"


def test_identities(server: ServerProcess) -> None:
    assert server.request("GET", MAPS, token=ADMIN_TOKEN).status == 200
    assert server.request("GET", MAPS, token=USER_TOKEN).status == 403
    assert server.request("GET", MAPS, token="nobody's").status == 401
    assert server.request("GET", MAPS, token="").status == 403
    assert server.request("GET", "/healthz", token="").status == 200


def test_headers_of_every_answer(server: ServerProcess) -> None:
    answer = server.request("GET", MAPS)
    assert answer.headers["cache-control"] == "no-cache, private"
    assert answer.headers["audit-id"]
    assert server.request("GET", MAPS, headers={"Audit-ID": "mine"}).headers["audit-id"] == "mine"


def test_bodies_over_the_limit_are_refused(server: ServerProcess) -> None:
    body = b'{"data": {"a": "' + b"x" * (3 * 1024 * 1024) + b'"}}'
    answer = server.request("POST", MAPS, body)
    assert answer.status == 413
    assert answer.json()["message"] == "Request entity too large: limit is 3145728"


def test_large_answers_are_compressed(server: ServerProcess) -> None:
    name = {"metadata": {"name": "big"}, "data": {"x": "y" * 300_000}}
    assert server.request("POST", MAPS, name).status == 201
    for path in (MAPS, f"{MAPS}/big"):
        answer = server.request("GET", path, headers={"Accept-Encoding": "gzip"})
        assert answer.headers["content-encoding"] == "gzip"
        assert len(answer.body) < 50_000
        assert b'"big"' in gzip.decompress(answer.body)
    small = server.request("GET", "/version", headers={"Accept-Encoding": "gzip"})
    assert "content-encoding" not in small.headers


def test_the_admin_kubeconfig_works(server: ServerProcess, tmp_path: Path) -> None:
    config = yaml.safe_load(server.kubeconfig.read_text())
    assert config["clusters"][0]["cluster"]["server"] == server.url
    assert oct(server.kubeconfig.stat().st_mode & 0o777) == "0o600"
    context = ssl.create_default_context(cafile=str(server.authority))
    pki = server.directory / "pki"
    context.load_cert_chain(pki / "admin.crt", pki / "admin.key")

    async def whoami() -> Any:
        async with aiohttp.ClientSession() as session:
            body = {"kind": "SelfSubjectReview", "apiVersion": "authentication.k8s.io/v1"}
            url = f"{server.url}/apis/authentication.k8s.io/v1/selfsubjectreviews"
            async with session.post(url, json=body, ssl=context) as answer:
                return await answer.json()

    user = asyncio.run(whoami())["status"]["userInfo"]
    assert user["username"] == "kubernetes-admin"
    assert user["groups"] == ["system:masters", "system:authenticated"]


def test_watch_over_a_websocket(server: ServerProcess) -> None:
    context = ssl.create_default_context(cafile=str(server.authority))

    async def first() -> Any:
        headers = {"Authorization": f"Bearer {ADMIN_TOKEN}"}
        async with aiohttp.ClientSession(headers=headers) as session:
            async with session.ws_connect(f"{server.url}/api/v1/namespaces?watch=1", ssl=context) as socket_:
                return serializer.loads((await socket_.receive(timeout=60)).data)

    event = asyncio.run(first())
    assert (event["type"], event["object"]["kind"]) == ("ADDED", "Namespace")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_signals_end_it_with_0_while_clients_watch(tmp_path: Path, number: signal.Signals) -> None:
    with server_process(tmp_path) as started:
        context = ssl.create_default_context(cafile=str(started.authority))

        async def watch_until_the_end() -> bytes:
            headers = {"Authorization": f"Bearer {ADMIN_TOKEN}"}
            async with aiohttp.ClientSession(headers=headers) as session:
                async with session.get(f"{started.url}/api/v1/namespaces?watch=1", ssl=context) as answer:
                    await answer.content.readline()
                    assert started._process is not None
                    os.kill(started._process.pid, number)
                    return await asyncio.wait_for(answer.content.read(), STOP_TIMEOUT)

        asyncio.run(watch_until_the_end())
        assert started._process is not None
        assert started._process.wait(STOP_TIMEOUT) == 0


def test_certificates_are_kept(tmp_path: Path) -> None:
    with server_process(tmp_path) as first:
        certificate = (first.directory / "pki" / "apiserver.crt").read_bytes()
    with server_process(tmp_path) as second:
        assert (second.directory / "pki" / "apiserver.crt").read_bytes() == certificate
