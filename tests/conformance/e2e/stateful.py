"""Objects and questions of the specs of StatefulSets."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from tests.conformance.e2e.workloads import APPS, CORE, HTTPD, is_deleted, is_ready, name_of, one
from tests.support.live import STRATEGIC, Api, Obj

REVISION_LABEL: Final = "controller-revision-hash"
GATE: Final = "e2e.example.com/open"
LABELS: Final = {"foo": "bar", "baz": "blah"}
NAME: Final = "ss2"


def sets(namespace: str) -> str:
    """The collection of StatefulSets."""
    return f"{APPS.format(namespace)}/statefulsets"


def pods(namespace: str) -> str:
    """The collection of pods."""
    return f"{CORE.format(namespace)}/pods"


def claims(namespace: str) -> str:
    """The collection of claims."""
    return f"{CORE.format(namespace)}/persistentvolumeclaims"


def stateful_set(
    name: str = NAME,
    replicas: int = 3,
    *,
    image: str = HTTPD,
    gated: bool = False,
    labels: dict[str, str] = LABELS,
    claims: tuple[str, ...] = (),
    **spec: object,
) -> Obj:
    """A StatefulSet; the pods of a gated one are ready only when the test says so."""
    container: Obj = {"name": "webserver", "image": image}
    pod: Obj = {"terminationGracePeriodSeconds": 0, "containers": [container]}
    if gated:
        pod["readinessGates"] = [{"conditionType": GATE}]
    wanted: Obj = {
        "serviceName": "test",
        "replicas": replicas,
        "selector": {"matchLabels": labels},
        "template": {"metadata": {"labels": labels}, "spec": pod},
        **spec,
    }
    if claims:
        access = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1"}}}
        wanted["volumeClaimTemplates"] = [{"metadata": {"name": c}, "spec": access} for c in claims]
        container["volumeMounts"] = [{"name": c, "mountPath": f"/{c}"} for c in claims]
    return {"apiVersion": "apps/v1", "kind": "StatefulSet", "metadata": {"name": name}, "spec": wanted}


def gate(api: Api, namespace: str, name: str, *, opened: bool) -> None:
    """Open or shut the gate of a pod: what makes it ready or not."""
    condition = {"type": GATE, "status": "True" if opened else "False"}
    api.patch(f"{pods(namespace)}/{name}/status", {"status": {"conditions": [condition]}}, STRATEGIC)


def until_pod(api: Api, namespace: str, name: str, predicate: Callable[[Obj], object], what: str = "") -> Obj:
    """The pod of this name once it satisfies the predicate."""
    return one(api, pods(namespace), name, predicate, what)


def is_stopped_at_the_gate(pod: Obj) -> bool:
    """Whether all but the gate is done."""
    conditions = {c["type"]: c["status"] for c in pod.get("status", {}).get("conditions", ())}
    return conditions.get("ContainersReady") == "True" and conditions.get("Ready") == "False"


def open_in_order(api: Api, namespace: str, names: list[str]) -> None:
    """Let pods become ready one after the other, as soon as each of them waits at its gate."""
    for name in names:
        until_pod(api, namespace, name, is_stopped_at_the_gate, f"{name} at its gate")
        gate(api, namespace, name, opened=True)


def until_set(api: Api, namespace: str, predicate: Callable[[Obj], object], what: str = "", name: str = NAME) -> Obj:
    """The StatefulSet once its status is of the present spec and satisfies the predicate."""

    def seen(found: Obj) -> bool:
        current = found.get("status", {}).get("observedGeneration", 0) >= found["metadata"]["generation"]
        return current and bool(predicate(found))

    return one(api, sets(namespace), name, seen, what or name)


def runs(count: int) -> Callable[[Obj], bool]:
    """Whether so many replicas are there, all ready."""
    return lambda found: (found["status"]["replicas"], found["status"].get("readyReplicas", 0)) == (count, count)


def is_rolled_out(found: Obj) -> bool:
    """Whether every replica has the update revision and is ready."""
    status = found["status"]
    return status["currentRevision"] == status["updateRevision"] and runs(found["spec"]["replicas"])(found)


def settle(api: Api, namespace: str) -> list[Obj]:
    """The pods by name when nothing goes on any more."""
    api.advance()
    return sorted(api.items(pods(namespace)), key=name_of)


def revisions(found: list[Obj]) -> list[str]:
    """The revision label of each pod."""
    return [p["metadata"]["labels"][REVISION_LABEL] for p in found]


def set_image(api: Api, namespace: str, image: str, name: str = NAME) -> Obj:
    """Change the template."""
    containers = [{"name": "webserver", "image": image}]
    return api.patch(f"{sets(namespace)}/{name}", {"spec": {"template": {"spec": {"containers": containers}}}})


def scale(api: Api, namespace: str, replicas: int, name: str = NAME) -> None:
    """Ask for another number of replicas."""
    api.patch(f"{sets(namespace)}/{name}", {"spec": {"replicas": replicas}})


def live(found: list[Obj]) -> list[str]:
    """The names of pods that are not going."""
    return sorted(name_of(p) for p in found if not is_deleted(p))


def all_ready(found: list[Obj]) -> bool:
    """Whether every pod is running and ready."""
    return all(map(is_ready, found))
