from __future__ import annotations

from ipaddress import ip_network
from pathlib import Path

import pytest

from server.options import UsageError, parse

ENVTEST = (
    "--allow-privileged=true --authorization-mode=RBAC --bind-address=127.0.0.1 --cert-dir=/tmp/c "
    "--disable-admission-plugins=ServiceAccount --etcd-servers=http://127.0.0.1:2379 --secure-port=0 "
    "--service-account-issuer=https://127.0.0.1:1/ --service-cluster-ip-range=10.0.0.0/24"
)


def test_envtest_command_line() -> None:
    options, ignored = parse(ENVTEST.split())
    assert ignored == []
    assert options.allow_privileged
    assert options.authorization_mode == ("RBAC",)
    assert options.service_cluster_ip_range == (ip_network("10.0.0.0/24"),)
    assert options.store == "memory"
    assert options.etcd_servers == ()


def test_switches_and_values() -> None:
    options, _ = parse(
        [
            "--allow-privileged",
            "--anonymous-auth=false",
            "--request-timeout=1m30s",
            "--service-node-port-range",
            "100-200",
        ]
    )
    assert options.allow_privileged
    assert not options.anonymous_auth
    assert options.request_timeout == 90
    assert options.service_node_port_range == (100, 200)


def test_flags_of_kube_apiserver_without_effect_are_named() -> None:
    _, ignored = parse(["--profiling", "--feature-gates", "A=true", "--v=2", "--runtime-config=api/all=true"])
    assert ignored == ["--profiling", "--feature-gates", "--runtime-config"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--no-such-flag"], "unrecognized arguments: --no-such-flag"),
        (["--secure-port=x"], "--secure-port: "),
        (["--bind-address=nowhere"], "--bind-address: 'nowhere' does not appear to be an IPv4 or IPv6 address"),
        (["--allow-privileged=maybe"], "argument --allow-privileged: want true or false, not 'maybe'"),
        (["--authorization-mode=Magic"], "--authorization-mode: "),
        (["--token-auth-file=/nonexistent"], "--token-auth-file: no such file: /nonexistent"),
        (["--tls-cert-file=/x"], "--tls-cert-file and --tls-private-key-file go together"),
        (["--kubernetes-version=1.2"], "--kubernetes-version: no Kubernetes 1.2: have "),
        (["--store=etcd"], "--store etcd needs --etcd-servers"),
        (["--service-cluster-ip-range=10.0.0.0"], ""),
    ],
)
def test_bad_flags_are_explained_in_one_line(arguments: list[str], message: str) -> None:
    if not message:
        parse(arguments)
        return
    with pytest.raises(UsageError) as caught:
        parse(arguments)
    assert str(caught.value).startswith(message)
    assert "\n" not in str(caught.value)


def test_token_file(tmp_path: Path) -> None:
    from server.authentication.token import read_token_file

    file = tmp_path / "tokens"
    file.write_text('t1,admin,1,"system:masters,dev"\n\nt2,jane,2\n')
    users = read_token_file(file)
    assert users["t1"].groups == ("system:masters", "dev")
    assert users["t2"].groups == ()
    file.write_text("only,two\n")
    with pytest.raises(ValueError, match=r":1: want at least token, user name and uid"):
        read_token_file(file)
