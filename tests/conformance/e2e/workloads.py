"""Objects and questions of the specs of Deployments, ReplicaSets and budgets."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from tests.support.live import Api, Obj

APPS: Final = "/apis/apps/v1/namespaces/{}"
CORE: Final = "/api/v1/namespaces/{}"
HTTPD: Final = "registry.k8s.io/e2e-test-images/httpd:2.4.38-4"
AGNHOST: Final = "registry.k8s.io/e2e-test-images/agnhost:2.53"
SLOW: Final = 120.0
REVISION: Final = "deployment.kubernetes.io/revision"


def template(labels: dict[str, str], image: str = HTTPD, **spec: object) -> Obj:
    """A pod template of one container that goes at once."""
    pod = {"terminationGracePeriodSeconds": 0, "containers": [{"name": "httpd", "image": image}], **spec}
    return {"metadata": {"labels": labels}, "spec": pod}


def deployment(name: str, labels: dict[str, str], replicas: int = 1, image: str = HTTPD, **spec: object) -> Obj:
    """A Deployment; its name is a label too."""
    wanted = {"replicas": replicas, "selector": {"matchLabels": labels}, "template": template(labels, image), **spec}
    return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": name, "labels": labels}, "spec": wanted}


def replica_set(name: str, labels: dict[str, str], replicas: int = 1, image: str = HTTPD, **metadata: object) -> Obj:
    """A ReplicaSet."""
    spec = {"replicas": replicas, "selector": {"matchLabels": labels}, "template": template(labels, image)}
    return {
        "apiVersion": "apps/v1",
        "kind": "ReplicaSet",
        "metadata": {"name": name, "labels": labels, **metadata},
        "spec": spec,
    }


def replication_controller(name: str, labels: dict[str, str], replicas: int = 1, image: str = HTTPD) -> Obj:
    """A ReplicationController."""
    spec = {"replicas": replicas, "selector": labels, "template": template(labels, image)}
    return {
        "apiVersion": "v1",
        "kind": "ReplicationController",
        "metadata": {"name": name, "labels": labels},
        "spec": spec,
    }


def pod(name: str, labels: dict[str, str], image: str = HTTPD, **metadata: object) -> Obj:
    """A pod of its own."""
    spec = {"terminationGracePeriodSeconds": 0, "containers": [{"name": name, "image": image}]}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, "labels": labels, **metadata}, "spec": spec}


def name_of(obj: Obj) -> str:
    """metadata.name."""
    return str(obj["metadata"]["name"])


def owner(obj: Obj) -> Obj:
    """The controller's reference, empty when there is none."""
    return next((dict(r) for r in obj["metadata"].get("ownerReferences", ()) if r.get("controller")), {})


def is_deleted(obj: Obj) -> bool:
    """Whether its deletion has begun."""
    return "deletionTimestamp" in obj["metadata"]


def is_ready(found: Obj) -> bool:
    """Whether a pod is Running and Ready."""
    conditions = found.get("status", {}).get("conditions") or ()
    return found["status"].get("phase") == "Running" and any(
        c["type"] == "Ready" and c["status"] == "True" for c in conditions
    )


def one(api: Api, path: str, name: str, predicate: Callable[[Obj], object], what: str = "") -> Obj:
    """The object of a collection once it satisfies the predicate."""
    only = f"{path}?fieldSelector=metadata.name%3D{name}"
    return api.until(only, lambda found: bool(found) and predicate(found[0]), timeout=SLOW, what=what or name)[0]


def pods_run(api: Api, namespace: str, count: int, selector: str = "") -> list[Obj]:
    """So many pods, all running and ready."""
    path = f"{CORE.format(namespace)}/pods" + (f"?labelSelector={selector}" if selector else "")

    def running(found: list[Obj]) -> bool:
        alive = [p for p in found if not is_deleted(p)]
        return len(alive) == count and all(map(is_ready, alive))

    found = api.until(path, running, timeout=SLOW, what=f"{count} running pods")
    return [p for p in found if not is_deleted(p)]


def is_complete(found: Obj) -> bool:
    """Whether a Deployment's newest template runs everywhere and nothing else does."""
    status, wanted = found.get("status", {}), found["spec"]["replicas"]
    numbers = {status.get(f, 0) for f in ("updatedReplicas", "replicas", "availableReplicas")}
    return numbers == {wanted} and status.get("observedGeneration", 0) >= found["metadata"]["generation"]


def revision(obj: Obj) -> str:
    """The revision annotation."""
    return str(obj["metadata"].get("annotations", {}).get(REVISION, ""))
