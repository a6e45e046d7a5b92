"""Writes docs/fidelity.md: what is emulated how far, read from the code that does it.

`python -m tools.fidelity > docs/fidelity.md` writes the page anew; a test holds the committed one against this.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from typing import Final

from controllers.manager import DESCRIPTORS
from server.admission.plugins import registration
from server.openapi.fidelity import KNOWN_DIFFERENCES, KnownDifference
from server.registry import builtin
from server.registry.config import RegistryConfig
from server.registry.rest import Resource, Strategy

MINORS: Final = range(29, 38)
REFERENCE: Final = 36
SHARED_MODULES: Final = ("server.registry.generic", "server.registry.rest")
"""Where strategies live that know nothing of a kind."""
ELSEWHERE: Final = (
    KnownDifference(
        "<, > and & in JSON strings",
        r"as they are, where a real server writes \u003c, \u003e and \u0026",
        "the two are the same JSON, and escaping would cost every answer",
    ),
    KnownDifference(
        "custom resources",
        "no conversion webhooks; CEL without optional types, ip, cidr and url functions and cost budget; the rules of "
        "a definition are checked for names, not for types of operands, and those "
        "that the library cannot parse are skipped with a log line; Established is written together with NamesAccepted",
        "cel-python is the library for CEL; webhooks are not called by this server yet",
    ),
    KnownDifference(
        "UIDs and names of the objects that a server makes at its start",
        "new ones at each start of a server on memory",
        "a real cluster keeps them in etcd, which is what `--store etcd` does; `--seed` makes them repeat",
    ),
    KnownDifference(
        "leases of simulated nodes",
        "renewed every 10 s, many in one request; less often, up to every 30 s, with more than 5,000 nodes; every 36 s "
        "while time is moved",
        "one process renews them all, within the 40 s of a lease",
    ),
    KnownDifference(
        "events of simulated nodes",
        "with more than 500 nodes a kubelet that starts records Starting alone, without the events on its conditions",
        "they would be most of what a large cluster has to write at its start",
    ),
    KnownDifference(
        "/version",
        "gitCommit is zeros, compiler is mockube, platform is the one of this machine",
        "there is no commit of Kubernetes that this was built from",
    ),
    KnownDifference(
        "priority and fairness",
        "FlowSchemas and PriorityLevelConfigurations are stored; requests are bounded by two limits alone",
        "tests seldom load a control plane to the point where fairness decides",
    ),
    KnownDifference(
        r"\p{Script} in regular expressions",
        "known by the names of characters, for the usual scripts",
        "Python's character database has no scripts",
    ),
    KnownDifference(
        "/metrics",
        "a choice of upstream's names",
        "most of the others describe the machinery of the Go program",
    ),
    KnownDifference(
        "/metrics/slis, /statusz, /flagz",
        "404",
        "they are for watching over a real program; /metrics and /version tell what there is to tell here",
    ),
    KnownDifference(
        "checks of post-start hooks in /healthz, /livez and /readyz",
        "every name is there; all are well from the moment when the server stands",
        "the server starts as a whole, where a real one starts its parts side by side",
    ),
)
UPSTREAM_CONTROLLERS: Final = (
    *("bootstrap-signer-controller", "certificatesigningrequest-approving-controller"),
    *("certificatesigningrequest-cleaner-controller", "certificatesigningrequest-signing-controller"),
    *("clusterrole-aggregation-controller", "cronjob-controller", "daemonset-controller", "deployment-controller"),
    *("device-taint-eviction-controller", "disruption-controller", "endpoints-controller", "endpointslice-controller"),
    *("endpointslice-mirroring-controller", "ephemeral-volume-controller", "garbage-collector-controller"),
    *("horizontal-pod-autoscaler-controller", "job-controller", "legacy-serviceaccount-token-cleaner-controller"),
    *("namespace-controller", "node-ipam-controller", "node-lifecycle-controller"),
    *("persistentvolume-attach-detach-controller", "persistentvolume-binder-controller"),
    *("persistentvolume-expander-controller", "persistentvolume-protection-controller"),
    *("persistentvolumeclaim-protection-controller", "pod-garbage-collector-controller", "replicaset-controller"),
    *("replicationcontroller-controller", "resourceclaim-controller", "resourcequota-controller"),
    *("root-ca-certificate-publisher-controller", "selinux-warning-controller", "service-cidr-controller"),
    *("serviceaccount-controller", "serviceaccount-token-controller", "statefulset-controller"),
    *("storage-version-migrator-controller", "taint-eviction-controller", "token-cleaner-controller"),
    *("ttl-after-finished-controller", "ttl-controller", "validatingadmissionpolicy-status-controller"),
    "volumeattributesclass-protection-controller",
)
_EMPTY: Final[dict[str, dict[str, str]]] = {"metadata": {}, "spec": {}, "status": {}}
INTRODUCTION: Final = """\
# What is emulated, and how far

Written by `make docs` from the code that answers; a test fails when this page is not what the code says. Messages,
codes and reasons are those of Kubernetes 1.36 unless a table says otherwise.
"""


def resources(minor: int) -> list[Resource]:
    """The built-in kinds of a Kubernetes version."""
    return builtin.resources(RegistryConfig(version=(1, minor)))


def has_own(strategy: Strategy, *methods: str) -> bool:
    """Whether a kind has rules of its own, beyond those that all kinds share."""
    for method in methods:
        for base in type(strategy).__mro__:
            if method in vars(base):
                if base.__module__ not in SHARED_MODULES:
                    return True
                break
    return False


def table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> Iterator[str]:
    """A Markdown table."""
    names = list(head)
    yield f"| {' | '.join(names)} |"
    yield "|" + " --- |" * len(names)
    for row in rows:
        yield f"| {' | '.join(row)} |"


def mark(*, there: bool) -> str:
    """A cell that says yes or nothing."""
    return "✓" if there else ""


def verbs(resource: Resource) -> str:
    """The verbs of a resource; `all` for the usual eight."""
    return "all" if len(resource.verbs) == 8 else ", ".join(resource.verbs)


def kind_rows(minor: int) -> Iterator[list[str]]:
    """One row for each kind in each version that it is served in."""
    for r in resources(minor):
        strategies = [r.strategy, *(s.strategy for s in r.subresources if s.strategy)]
        yield [
            f"{r.group or 'core'}/{r.version}",
            r.kind,
            "namespace" if r.namespaced else "cluster",
            verbs(r),
            mark(there=has_own(r.strategy, "default")),
            mark(there=any(has_own(s, "validate", "validate_update", "validate_spec") for s in strategies)),
            mark(there=has_own(r.strategy, "warnings_on_create", "warnings_on_update") or bool(r.deprecated)),
            str(len(r.printer.columns)) if r.printer else "",
            ", ".join(sorted(r.selectable_fields(_EMPTY))) if r.selectable_fields else "",
            ", ".join(s.name for s in r.subresources),
        ]


def ranges(minors: Iterable[int]) -> str:
    """Minor versions as spans: `1.29 – 1.31, 1.36`."""
    spans: list[list[int]] = []
    for minor in sorted(minors):
        if spans and spans[-1][1] == minor - 1:
            spans[-1][1] = minor
        else:
            spans.append([minor, minor])
    return ", ".join(f"1.{a}" if a == b else f"1.{a} – 1.{b}" for a, b in spans)


def version_rows() -> Iterator[list[str]]:
    """One row for each kind that is not in every version."""
    served: dict[tuple[str, str, str], list[int]] = {}
    for minor in MINORS:
        for r in resources(minor):
            served.setdefault((r.group or "core", r.version, r.kind), []).append(minor)
    for (group, version, kind), minors in sorted(served.items()):
        if len(minors) != len(MINORS):
            yield [f"{group}/{version}", kind, ranges(minors)]


def plugin_rows() -> Iterator[list[str]]:
    """One row for each admission plugin, in the order in which they run."""
    for name in registration.ORDER:
        state = "works" if name in registration.IMPLEMENTED else "name accepted, does nothing"
        yield [name, "on" if name in registration.DEFAULT_ON else "off", state]


def controller_rows() -> Iterator[list[str]]:
    """One row for each controller of upstream's manager, and for the stand-ins for what runs elsewhere."""
    ours = {d.name: d for d in DESCRIPTORS}
    for name in sorted({*UPSTREAM_CONTROLLERS, *ours}):
        descriptor = ours.get(name)
        if descriptor is None:
            yield [name, "not yet"]
        else:
            there = "on" if descriptor.enabled_by_default else "off unless named"
            yield [name, there if name in UPSTREAM_CONTROLLERS else f"{there}; not of upstream's manager"]


def page() -> str:
    """The whole page."""
    lines = [INTRODUCTION, f"## Kinds of Kubernetes 1.{REFERENCE}", ""]
    lines += [
        "Every kind has create to watch with all options, all four patches, managedFields, dry run, field validation",
        "against its published schema, protobuf, Tables and selectors by labels, name and namespace. A mark says that",
        "a kind has rules of its own beside these; the number is that of its own columns.",
        "",
    ]
    head = ("API", "kind", "scope", "verbs", "defaults", "validation", "warnings", "columns", "fields", "subresources")
    lines += table(head, kind_rows(REFERENCE))
    lines += ["", "## Versions", "", "Kinds that are not in every version from 1.29 to 1.37:", ""]
    lines += table(("API", "kind", "served by default in"), version_rows())
    lines += ["", "## Admission plugins", "", "In the order in which they run.", ""]
    lines += table(("plugin", "by default", "state"), plugin_rows())
    lines += ["", "## Controllers", ""]
    lines += table(("controller", "state"), controller_rows())
    lines += ["", "## Known differences", ""]
    lines += table(
        ("where", "what", "why"),
        ([f"OpenAPI: {d.where}", d.what, d.reason] for d in KNOWN_DIFFERENCES),
    )
    lines += (f"| {d.where} | {d.what} | {d.reason} |" for d in ELSEWHERE)
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    sys.stdout.write(page())
