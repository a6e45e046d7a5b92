"""Objects to send, and questions to ask of those that come back."""

from __future__ import annotations

import copy
from typing import Any

from tests.support.live import Api, Obj

DAEMONSETS = "/apis/apps/v1/namespaces/{}/daemonsets"
REVISIONS = "/apis/apps/v1/namespaces/{}/controllerrevisions"
PODS = "/api/v1/namespaces/{}/pods"
EVENTS = "/api/v1/namespaces/{}/events"
ALL_NODES = "/api/v1/nodes"
HASH = "controller-revision-hash"


def container(name: str = "c", image: str = "nginx:1.25", **fields: Any) -> Obj:
    """A container."""
    return {"name": name, "image": image, **fields}


def daemonset(
    name: str = "ds", *, image: str = "nginx:1.25", spec: Obj | None = None, container: Obj | None = None, **pod: Any
) -> Obj:
    """A DaemonSet; `spec` adds to its spec, `container` to its container, keywords to its pods' spec."""
    return {
        "apiVersion": "apps/v1",
        "kind": "DaemonSet",
        "metadata": {"name": name},
        "spec": {
            "selector": {"matchLabels": {"app": name}},
            "template": {
                "metadata": {"labels": {"app": name}},
                "spec": {
                    "containers": [{"name": "c", "image": image, **(container or {})}],
                    "terminationGracePeriodSeconds": 1,
                    **pod,
                },
            },
            **(spec or {}),
        },
    }


def pod(name: str, *, container: Obj | None = None, labels: dict[str, str] | None = None, **spec: Any) -> Obj:
    """A pod of one container; keywords go into its spec."""
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, **({"labels": labels} if labels else {})},
        "spec": {"containers": [{"name": "c", "image": "nginx:1.25", **(container or {})}], **spec},
    }


def image_patch(image: str) -> Obj:
    """A strategic patch that changes the template's image."""
    return {"spec": {"template": {"spec": {"containers": [{"name": "c", "image": image}]}}}}


def strategy(**parameters: int | str) -> Obj:
    """A RollingUpdate strategy, to be a part of a spec."""
    return {"updateStrategy": {"type": "RollingUpdate", "rollingUpdate": parameters}}


ON_DELETE: Obj = {"updateStrategy": {"type": "OnDelete"}}


def name_of(obj: Obj) -> str:
    """metadata.name."""
    return str(obj["metadata"]["name"])


def names(objects: list[Obj]) -> set[str]:
    """The names of some objects."""
    return {name_of(o) for o in objects}


def node_of(pod: Obj) -> str:
    """The node that a pod is bound to, else the one that its affinity names; empty for none."""
    if bound := pod["spec"].get("nodeName"):
        return str(bound)
    required = pod["spec"].get("affinity", {}).get("nodeAffinity", {})
    terms = required.get("requiredDuringSchedulingIgnoredDuringExecution", {}).get("nodeSelectorTerms", [])
    return str(terms[0]["matchFields"][0]["values"][0]) if terms and terms[0].get("matchFields") else ""


def condition(obj: Obj, kind: str) -> Obj:
    """A condition of an object's status, empty when it is not there."""
    found = obj.get("status", {}).get("conditions") or []
    return next((c for c in found if c["type"] == kind), {})


def is_ready(obj: Obj) -> bool:
    """Whether a pod or node says Ready."""
    return condition(obj, "Ready").get("status") == "True"


def is_deleting(obj: Obj) -> bool:
    """Whether deletion has begun."""
    return "deletionTimestamp" in obj["metadata"]


def images(pods: list[Obj]) -> set[str]:
    """The images of the first containers."""
    return {p["spec"]["containers"][0]["image"] for p in pods}


def container_status(pod: Obj) -> Obj:
    """The status of the first container, empty before there is one."""
    statuses: list[Obj] = pod.get("status", {}).get("containerStatuses") or [{}]
    return statuses[0]


def waiting(pod: Obj) -> Obj:
    """Why the first container waits: reason and message, empty when it does not."""
    return dict(container_status(pod).get("state", {}).get("waiting") or {})


def settled(ds: Obj, nodes: int) -> bool:
    """Whether the newest template is available on so many nodes and nowhere else."""
    status = ds["status"]
    counts = ("desiredNumberScheduled", "currentNumberScheduled", "updatedNumberScheduled", "numberAvailable")
    return (
        bool(status.get("observedGeneration") == ds["metadata"]["generation"])
        and all(status.get(c, 0) == nodes for c in counts)
        and not status["numberMisscheduled"]
    )


def rolled_out(api: Api, namespace: str, name: str = "ds", *, nodes: int = 3, timeout: float = 60) -> Obj:
    """The DaemonSet once its newest template is available on so many nodes."""
    path = DAEMONSETS.format(namespace)
    newest = api.get(f"{path}/{name}")["metadata"]["generation"]
    only = f"{path}?fieldSelector=metadata.name%3D{name}"

    def reached(found: list[Obj]) -> bool:
        return any(d["metadata"]["generation"] >= newest and settled(d, nodes) for d in found)

    return api.until(only, reached, timeout=timeout, what=f"{name} on {nodes} nodes")[0]


def start(api: Api, namespace: str, ds: Obj | None = None, *, nodes: int = 3) -> list[Obj]:
    """Create a DaemonSet and return its pods once all are ready."""
    wanted = ds or daemonset()
    api.create(DAEMONSETS.format(namespace), wanted)
    rolled_out(api, namespace, name_of(wanted), nodes=nodes)
    selector = ",".join(f"{k}%3D{v}" for k, v in wanted["spec"]["template"]["metadata"]["labels"].items())
    return api.items(f"{PODS.format(namespace)}?labelSelector={selector}")


def set_image(api: Api, namespace: str, image: str, name: str = "ds") -> Obj:
    """Change the template's image."""
    return api.patch(f"{DAEMONSETS.format(namespace)}/{name}", image_patch(image))


def events(api: Api, namespace: str, reason: str, *, at_least: int = 1, timeout: float = 60) -> list[Obj]:
    """The events with a reason, once there are so many (repeats counted)."""

    def those(found: list[Obj]) -> list[Obj]:
        return [e for e in found if e["reason"] == reason]

    def enough(found: list[Obj]) -> bool:
        return sum(e.get("count") or 1 for e in those(found)) >= at_least

    found = api.until(EVENTS.format(namespace), enough, timeout=timeout, what=f"{at_least} {reason} events")
    return those(found)


def changed(obj: Obj, **metadata: Any) -> Obj:
    """A copy with other metadata."""
    found = copy.deepcopy(obj)
    found["metadata"].update(metadata)
    return found
