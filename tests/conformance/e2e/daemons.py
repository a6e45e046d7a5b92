"""Questions that the specs of DaemonSets ask. Facts of test/e2e/framework/daemonset/fixtures.go."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Final

from tests.support.live import STRATEGIC, Api, Obj

SETS: Final = "/apis/apps/v1/namespaces/{}/daemonsets"
REVISIONS: Final = "/apis/apps/v1/namespaces/{}/controllerrevisions"
PODS: Final = "/api/v1/namespaces/{}/pods"
NAME: Final = "daemon-set"
NAME_LABEL: Final = "daemonset-name"
COLOR_LABEL: Final = "daemonset-color"
SELECTOR: Final = f"labelSelector={NAME_LABEL}%3D{NAME}"
HASH: Final = "controller-revision-hash"
IMAGE: Final = "registry.k8s.io/e2e-test-images/httpd:2.4.38-4"
NEW_IMAGE: Final = "registry.k8s.io/e2e-test-images/agnhost:2.53"
SLOW: Final = 120.0


def daemon_set(*, labels: bool = False, container: Obj | None = None, **spec: object) -> Obj:
    """The simple DaemonSet of the specs; keywords go into its spec, `template_spec` into its pods' spec."""
    pod = {
        "containers": [{"name": "app", "image": IMAGE, "ports": [{"containerPort": 9376}], **(container or {})}],
        **(spec.pop("template_spec", None) or {}),  # type: ignore[dict-item]
    }
    own = {NAME_LABEL: NAME}
    return {
        "apiVersion": "apps/v1",
        "kind": "DaemonSet",
        "metadata": {"name": NAME, **({"labels": own} if labels else {})},
        "spec": {
            "selector": {"matchLabels": own},
            "template": {"metadata": {"labels": own}, "spec": pod},
            **spec,
        },
    }


def create(api: Api, namespace: str, wanted: Obj) -> Obj:
    """Create it."""
    return api.create(SETS.format(namespace), wanted)


def get(api: Api, namespace: str) -> Obj:
    """The DaemonSet as it is."""
    return dict(api.get(f"{SETS.format(namespace)}/{NAME}"))


def patch(api: Api, namespace: str, change: Obj) -> Obj:
    """A strategic merge patch."""
    return api.patch(f"{SETS.format(namespace)}/{NAME}", change, STRATEGIC)


def image_patch(image: str) -> Obj:
    """A patch of the container's image."""
    return {"spec": {"template": {"spec": {"containers": [{"name": "app", "image": image}]}}}}


def is_controlled(obj: Obj, ds: Obj) -> bool:
    """Whether the DaemonSet controls an object."""
    references = obj["metadata"].get("ownerReferences", ())
    return any(r.get("controller") and r["uid"] == ds["metadata"]["uid"] for r in references)


def is_available(pod: Obj, min_ready: int = 0) -> bool:
    """Whether a pod is Ready, and has been for so many seconds."""
    for condition in pod.get("status", {}).get("conditions") or ():
        if condition["type"] == "Ready" and condition["status"] == "True":
            since = datetime.fromisoformat(condition["lastTransitionTime"])
            return not min_ready or (datetime.now(UTC) - since).total_seconds() >= min_ready
    return False


def is_deleted(obj: Obj) -> bool:
    """Whether its deletion has begun."""
    return "deletionTimestamp" in obj["metadata"]


def nodes_of(api: Api) -> list[str]:
    """The nodes that are ready and take pods."""
    found = []
    for node in api.items("/api/v1/nodes"):
        ready = any(c["type"] == "Ready" and c["status"] == "True" for c in node["status"]["conditions"])
        blocked = node["spec"].get("unschedulable") or any(
            t["effect"] in ("NoSchedule", "NoExecute") for t in node["spec"].get("taints") or ()
        )
        if ready and not blocked:
            found.append(str(node["metadata"]["name"]))
    return sorted(found)


def runs_on(pods: list[Obj], ds: Obj, nodes: list[str]) -> bool:
    """Whether exactly one available pod of the DaemonSet runs on each of the nodes and none elsewhere."""
    where = [p["spec"].get("nodeName") for p in pods if is_controlled(p, ds) and not is_deleted(p) and is_available(p)]
    return sorted(map(str, where)) == nodes


def wait_running(api: Api, ds: Obj, nodes: list[str]) -> list[Obj]:
    """The namespace's pods once the DaemonSet runs on these nodes."""
    path = PODS.format(ds["metadata"]["namespace"])
    return api.until(path, lambda pods: runs_on(pods, ds, nodes), timeout=SLOW, what=f"daemon pods on {nodes}")


def wait_running_everywhere(api: Api, ds: Obj) -> list[Obj]:
    """The same on every node that takes pods."""
    return wait_running(api, ds, nodes_of(api))


def wait_status(api: Api, namespace: str) -> Obj:
    """The DaemonSet once all that are desired are scheduled and ready."""

    def complete(found: list[Obj]) -> bool:
        status = found[0]["status"]
        numbers = {status[f] for f in ("desiredNumberScheduled", "currentNumberScheduled", "numberReady")}
        return len(numbers) == 1

    (found,) = api.until(SETS.format(namespace), complete, timeout=SLOW, what="a complete status")
    return found


def wait_history(api: Api, namespace: str, count: int) -> list[Obj]:
    """The ControllerRevisions once there are so many."""
    path = f"{REVISIONS.format(namespace)}?{SELECTOR}"
    return api.until(path, lambda found: len(found) == count, timeout=SLOW, what=f"{count} revisions")


def current_revision(api: Api, namespace: str) -> Obj:
    """The revision whose data are, byte for byte, the patch to the DaemonSet's template; there must be one."""
    ds = get(api, namespace)
    template = {**ds["spec"]["template"], "$patch": "replace"}
    text = json.dumps({"spec": {"template": template}}, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    for character in "<>&":
        text = text.replace(character, f"\\u{ord(character):04x}")
    found = []
    for revision in api.items(REVISIONS.format(namespace)):
        raw = api.request("GET", f"{REVISIONS.format(namespace)}/{revision['metadata']['name']}").body.decode()
        if f'"data":{text},' in raw:
            found.append(revision)
    assert len(found) == 1, f"{len(found)} revisions hold {text}"
    return found[0]


def check_hashes(api: Api, namespace: str, digest: str) -> None:
    """Every daemon pod that stays bears the hash."""
    pods = api.items(f"{PODS.format(namespace)}?{SELECTOR}")
    assert {p["metadata"]["labels"][HASH] for p in pods if not is_deleted(p)} == {digest}
