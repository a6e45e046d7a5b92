"""The log agent of the first course finds on its node what it is there for: the logs of the node's pods."""

from __future__ import annotations

import re

import pytest
import yaml

from tests.acceptance.objects import DAEMONSETS, PODS, name_of, node_of, pod, rolled_out
from tests.support.kubectl import Kubectl
from tests.support.live import Api
from tests.support.seeds import FLUENTD

pytestmark = pytest.mark.kubectl

NODES = 2
LINE = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z (stdout|stderr) [FP] (.*)")


def test_an_agent_sees_the_logs_of_its_node(api: Api, namespace: str, kubectl: Kubectl) -> None:
    path = PODS.format(namespace)
    api.create(DAEMONSETS.format(namespace), yaml.safe_load(FLUENTD))
    rolled_out(api, namespace, "fluentd-logging-agent", nodes=2)
    agent = api.items(path)[0]
    here = node_of(agent)
    talker = {"image": "busybox:1.36", "command": ["sh", "-c", "echo first; echo second >&2; sleep 1000"]}
    api.create(path, pod("talker", container=talker, nodeName=here))
    api.advance(5)
    found = api.get(f"{path}/talker")
    uid = found["metadata"]["uid"]
    status = found["status"]["containerStatuses"][0]
    container = status["containerID"].removeprefix("containerd://")

    def run(*command: str) -> str:
        return kubectl("exec", "-n", namespace, name_of(agent), "--", *command)

    link = f"talker_{namespace}_c-{container}.log"
    assert link in run("ls", "/var/log/containers").split()
    assert f"{namespace}_talker_{uid}" in run("ls", "/var/log/pods").split()
    target = f"/var/log/pods/{namespace}_talker_{uid}/c/0.log"
    assert f"{link} -> {target}" in run("ls", "-l", "/var/log/containers")
    lines = run("cat", f"/var/log/containers/{link}").splitlines()
    assert [m.groups() for line in lines if (m := LINE.fullmatch(line))] == [("stdout", "first"), ("stderr", "second")]
    assert [line.split(" ", 3)[3] for line in lines] == kubectl("logs", "-n", namespace, "talker").splitlines()
    assert run("ls", "/var/lib/docker/containers") == "", "these nodes run containerd"
    others = {f"{namespace}_{name_of(p)}_{p['metadata']['uid']}" for p in api.items(path) if node_of(p) != here}
    assert others and others.isdisjoint(run("ls", "/var/log/pods").split())
