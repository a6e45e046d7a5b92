"""The Pod Security Standards: levels, versions, words."""

from __future__ import annotations

from typing import Any

import pytest

from apimachinery import errors
from apimachinery.objects import Object
from server.admission.plugins.pod_security.plugin import PodSecurity, violations, warnings_for
from server.admission.plugins.pod_security.policy import LevelVersion, policy_of
from tests.server.admission.support import Objects, attributes, named, pod

BASELINE = LevelVersion("baseline")
RESTRICTED = LevelVersion("restricted")
GOOD = {
    "allowPrivilegeEscalation": False,
    "runAsNonRoot": True,
    "capabilities": {"drop": ["ALL"]},
    "seccompProfile": {"type": "RuntimeDefault"},
}


def with_context(context: Object, **spec: Any) -> Object:
    return {"containers": [{"name": "c", "securityContext": context}], **spec}


@pytest.mark.parametrize(
    ("spec", "text"),
    [
        (with_context({"privileged": True}), 'privileged (container "c" must not set securityContext.privileged=true)'),
        ({"hostNetwork": True, "hostPID": True}, "host namespaces (hostNetwork=true, hostPID=true)"),
        (
            {"volumes": [{"name": "a", "hostPath": {"path": "/"}}, {"name": "b", "hostPath": {"path": "/"}}]},
            'hostPath volumes (volumes "a", "b")',
        ),
        (
            {"containers": [{"name": "c", "ports": [{"hostPort": 80}, {"hostPort": 443}]}]},
            'hostPort (container "c" uses hostPorts 443, 80)',
        ),
        (
            with_context({"capabilities": {"add": ["SYS_ADMIN", "NET_RAW", "CHOWN"]}}),
            (
                'non-default capabilities (container "c" must not include "NET_RAW", "SYS_ADMIN" in'
                " securityContext.capabilities.add)"
            ),
        ),
        (
            with_context({"procMount": "Unmasked"}),
            'procMount (container "c" must not set securityContext.procMount to "Unmasked")',
        ),
        (
            with_context(
                {"seLinuxOptions": {"type": "spc_t", "user": "u"}}, securityContext={"seLinuxOptions": {"role": "r"}}
            ),
            (
                'seLinuxOptions (pod and container "c" set forbidden securityContext.seLinuxOptions: type "spc_t";'
                " user may not be set; role may not be set)"
            ),
        ),
        (
            {"securityContext": {"seccompProfile": {"type": "Unconfined"}}},
            'seccompProfile (pod must not set securityContext.seccompProfile.type to "Unconfined")',
        ),
        (
            {"securityContext": {"sysctls": [{"name": "kernel.x"}, {"name": "net.ipv4.tcp_rmem"}]}},
            "forbidden sysctls (kernel.x)",
        ),
        (
            with_context({"windowsOptions": {"hostProcess": True}}),
            'hostProcess (container "c" must not set securityContext.windowsOptions.hostProcess=true)',
        ),
        (
            with_context({"appArmorProfile": {"type": "Unconfined"}}),
            'forbidden AppArmor profile (container "c" must not set AppArmor profile type to "Unconfined")',
        ),
        (
            {"containers": [{"name": "c", "livenessProbe": {"httpGet": {"host": "h"}}}]},
            'probe or lifecycle host (container "c" uses probe or lifecycle host "h")',
        ),
    ],
)
def test_baseline_refuses(spec: Object, text: str) -> None:
    assert [str(v) for v in violations(BASELINE, {}, spec)] == [text]


def test_restricted_says_everything_at_once() -> None:
    spec = {"containers": [{"name": "a"}, {"name": "b"}], "volumes": [{"name": "v", "nfs": {}}]}
    assert [str(v) for v in violations(RESTRICTED, {}, spec)] == [
        (
            'allowPrivilegeEscalation != false (containers "a", "b" must set'
            " securityContext.allowPrivilegeEscalation=false)"
        ),
        'unrestricted capabilities (containers "a", "b" must set securityContext.capabilities.drop=["ALL"])',
        'restricted volume types (volume "v" uses restricted volume type "nfs")',
        'runAsNonRoot != true (pod or containers "a", "b" must set securityContext.runAsNonRoot=true)',
        (
            'seccompProfile (pod or containers "a", "b" must set securityContext.seccompProfile.type to'
            ' "RuntimeDefault" or "Localhost")'
        ),
    ]


def test_a_careful_pod_passes_every_level() -> None:
    spec = with_context(GOOD, volumes=[{"name": "v", "emptyDir": {}}])
    assert violations(RESTRICTED, {}, spec) == []
    assert violations(LevelVersion("privileged"), {}, {"hostNetwork": True}) == []


@pytest.mark.parametrize(
    ("context", "text"),
    [
        (GOOD | {"runAsNonRoot": False}, 'container "c" must not set securityContext.runAsNonRoot=false'),
        (GOOD | {"runAsUser": 0}, 'container "c" must not set runAsUser=0'),
        (
            GOOD | {"capabilities": {"drop": ["ALL"], "add": ["NET_BIND_SERVICE", "CHOWN"]}},
            'container "c" must not include "CHOWN" in securityContext.capabilities.add',
        ),
    ],
)
def test_restricted_refuses(context: Object, text: str) -> None:
    assert [v.detail for v in violations(RESTRICTED, {}, with_context(context))] == [text]


def test_older_versions_know_fewer_checks() -> None:
    probe = {"containers": [{"name": "c", "livenessProbe": {"httpGet": {"host": "h"}}}]}
    assert violations(LevelVersion("baseline", 33), {}, probe) == []
    assert violations(LevelVersion("restricted", 22), {}, with_context(GOOD | {"runAsUser": 0})) == []
    annotated = {"annotations": {"seccomp.security.alpha.kubernetes.io/pod": "unconfined"}}
    [found] = violations(LevelVersion("baseline", 18), annotated, {"containers": []})
    assert found.detail == 'forbidden annotation seccomp.security.alpha.kubernetes.io/pod="unconfined"'


def test_a_level_to_warn_of_has_a_version_of_its_own() -> None:
    prefix = "pod-security.kubernetes.io/"
    policy, _ = policy_of(
        {f"{prefix}enforce": "baseline", f"{prefix}enforce-version": "v1.25", f"{prefix}warn": "restricted"}
    )
    assert (str(policy.enforce), str(policy.warn)) == ("baseline:v1.25", "restricted:latest")


def test_labels_make_the_policy() -> None:
    prefix = "pod-security.kubernetes.io/"
    policy, wrong = policy_of({f"{prefix}enforce": "baseline", f"{prefix}enforce-version": "v1.30"})
    assert (str(policy.enforce), str(policy.warn), str(policy.audit), wrong) == (
        "baseline:v1.30",
        "baseline:v1.30",
        "privileged:latest",
        [],
    )
    policy, wrong = policy_of({f"{prefix}enforce": "strict", f"{prefix}warn-version": "1.30"})
    assert policy.enforce.level == "restricted"
    assert [str(e) for e in wrong] == [
        (
            'metadata.labels[pod-security.kubernetes.io/enforce]: Invalid value: "strict": must be one of privileged,'
            " baseline, restricted"
        ),
        'metadata.labels[pod-security.kubernetes.io/warn-version]: Invalid value: "1.30": must be "latest" or "v1.x"',
    ]


def plugin(**labels: str) -> PodSecurity:
    prefixed = {f"pod-security.kubernetes.io/{k.replace('_', '-')}": v for k, v in labels.items()}
    namespace = named("ns", metadata={"labels": prefixed})
    return PodSecurity(Objects({"namespaces": [namespace], "pods": [pod("a"), pod("b", hostPID=True)]}))


async def test_pods_are_refused_and_templates_only_warned_of() -> None:
    checked, bad = plugin(enforce="baseline"), pod(hostPID=True)
    with pytest.raises(errors.Forbidden) as caught:
        await checked.validate(attributes("pods", "CREATE", bad))
    text = 'violate PodSecurity "baseline:latest": host namespaces (hostPID=true)'
    assert caught.value.message == f'pods "p" is forbidden: {text.replace("violate", "violates", 1)}'
    asked = attributes("deployments.apps", "CREATE", {"metadata": {"name": "d"}, "spec": {"template": bad}})
    await checked.validate(asked)
    assert asked.warnings.texts == [f"would {text}"]


async def test_audit_is_only_noted() -> None:
    asked = attributes("pods", "CREATE", pod(hostPID=True))
    await plugin(audit="baseline").validate(asked)
    assert asked.warnings.texts == []
    assert asked.annotations["pod-security.kubernetes.io/audit-violations"].startswith("would violate PodSecurity")


async def test_updates_that_change_nothing_of_weight_pass() -> None:
    old, new = pod(hostPID=True), pod(hostPID=True)
    new["metadata"]["labels"] = {"a": "b"}
    await plugin(enforce="baseline").validate(attributes("pods", "UPDATE", new, old=old))
    new["spec"]["containers"][0]["image"] = "other"
    with pytest.raises(errors.Forbidden):
        await plugin(enforce="baseline").validate(attributes("pods", "UPDATE", new, old=old))


async def test_namespaces_need_labels_that_can_be_read() -> None:
    label = "pod-security.kubernetes.io/enforce"
    namespace = named("ns", metadata={"labels": {label: "nope"}})
    asked = attributes("namespaces", "CREATE", namespace, namespace="", kind="Namespace")
    with pytest.raises(errors.Invalid, match="must be one of privileged, baseline, restricted"):
        await plugin().validate(asked)
    stricter = named("ns", metadata={"labels": {label: "baseline"}})
    asked = attributes("namespaces", "UPDATE", stricter, old=named("ns"), namespace="", kind="Namespace")
    await plugin().validate(asked)
    assert asked.warnings.texts == [
        'existing pods in namespace "ns" violate the new PodSecurity enforce level "baseline:latest"',
        "b: host namespaces",
    ]


def test_alike_pods_share_a_warning() -> None:
    pods = [pod(n, hostIPC=True) for n in "cab"]
    assert warnings_for("ns", BASELINE, pods)[1:] == ["a (and 2 other pods): host namespaces"]
