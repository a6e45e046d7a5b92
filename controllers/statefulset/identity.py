"""Names, ordinals and shapes of a StatefulSet's pods. Models stateful_set_utils.go, v1.36.

Pure: takes decoded objects, gives new ones.
"""

from __future__ import annotations

import re
from typing import Final

from apimachinery import meta
from apimachinery.objects import Object, View
from controllers.runtime.history import CONTROLLER_REVISION_HASH
from controllers.runtime.pod_control import pod_from_template
from controllers.runtime.resources import STATEFUL_SET_KIND

POD_NAME_LABEL: Final = "statefulset.kubernetes.io/pod-name"
POD_INDEX_LABEL: Final = "apps.kubernetes.io/pod-index"
_NAME: Final = re.compile(r"(.*)-([0-9]+)", re.DOTALL)
_MAX_ORDINAL: Final = 2**31 - 1


def parent_and_ordinal(pod: View) -> tuple[str, int]:
    """The set's name and the ordinal that a pod's name tells; "" and -1 for a name of another form."""
    match = _NAME.fullmatch(meta.name(pod))
    if match is None:
        return "", -1
    number = int(match[2])
    return match[1], number if number <= _MAX_ORDINAL else -1


def ordinal(pod: View) -> int:
    """The pod's ordinal, or -1."""
    return parent_and_ordinal(pod)[1]


def is_member(st: View, pod: View) -> bool:
    """Whether the pod's name is one of the set's."""
    return parent_and_ordinal(pod)[0] == meta.name(st)


def start_ordinal(st: View) -> int:
    """The ordinal of the first replica."""
    return int((st["spec"].get("ordinals") or {}).get("start") or 0)


def replicas(st: View) -> int:
    """How many replicas are wanted."""
    return int(st["spec"].get("replicas", 1))


def in_range(st: View, pod: View) -> bool:
    """Whether the pod's ordinal is one of the wanted replicas'."""
    start = start_ordinal(st)
    return start <= ordinal(pod) < start + replicas(st)


def pod_revision(pod: View) -> str:
    """The name of the revision that the pod was made from."""
    return meta.labels(pod).get(CONTROLLER_REVISION_HASH) or ""


def claim_name(st: View, template: View, number: int) -> str:
    """The name of the claim that a template makes for an ordinal."""
    return f"{meta.name(template)}-{meta.name(st)}-{number}"


def claims_of(st: View, pod: View) -> dict[str, Object]:
    """The claims that the pod needs, by template name."""
    spec = st["spec"]
    selected = (spec.get("selector") or {}).get("matchLabels") or {}
    found: dict[str, Object] = {}
    for template in spec.get("volumeClaimTemplates") or ():
        metadata = {
            **template["metadata"],
            "name": claim_name(st, template, ordinal(pod)),
            "namespace": meta.namespace(st),
            "labels": {**meta.labels(template), **selected},
        }
        found[meta.name(template)] = {
            **template,
            "apiVersion": "v1",
            "kind": "PersistentVolumeClaim",
            "metadata": metadata,
        }
    return found


def identity_matches(st: View, pod: View) -> bool:
    """Whether the pod has the name and the label of a member."""
    parent, number = parent_and_ordinal(pod)
    name = meta.name(pod)
    return (
        number >= 0
        and parent == meta.name(st)
        and name == f"{parent}-{number}"
        and meta.namespace(pod) == meta.namespace(st)
        and meta.labels(pod).get(POD_NAME_LABEL) == name
    )


def storage_matches(st: View, pod: View) -> bool:
    """Whether the pod mounts the claims that the set's templates make for it."""
    number = ordinal(pod)
    if number < 0:
        return False
    volumes = {v["name"]: v for v in pod["spec"].get("volumes") or ()}
    for template in st["spec"].get("volumeClaimTemplates") or ():
        claim = (volumes.get(meta.name(template)) or {}).get("persistentVolumeClaim") or {}
        if claim.get("claimName") != claim_name(st, template, number):
            return False
    return True


def with_identity(st: View, pod: View) -> Object:
    """The pod with the labels of its name. Models updateIdentity."""
    number = ordinal(pod)
    name = f"{meta.name(st)}-{number}"
    labels = {**meta.labels(pod), POD_NAME_LABEL: name, POD_INDEX_LABEL: str(number)}
    return {**pod, "metadata": {**pod["metadata"], "name": name, "namespace": meta.namespace(st), "labels": labels}}


def with_storage(st: View, pod: View) -> Object:
    """The pod with a volume for each claim template; they take the place of volumes of the same name."""
    claims = claims_of(st, pod)
    volumes: list[Object] = [
        {"name": name, "persistentVolumeClaim": {"claimName": meta.name(claim)}} for name, claim in claims.items()
    ]
    volumes += [v for v in pod["spec"].get("volumes") or () if v["name"] not in claims]
    spec = {k: v for k, v in pod["spec"].items() if k != "volumes"}
    return {**pod, "spec": {**spec, "volumes": volumes} if volumes else spec}


def new_pod(st: View, revision: str, number: int) -> Object:
    """The pod of an ordinal as it is sent, from the set's template. Models newStatefulSetPod."""
    template = st["spec"]["template"]
    pod = pod_from_template(template, st, meta.new_controller_ref(st, STATEFUL_SET_KIND))
    name = f"{meta.name(st)}-{number}"
    pod["metadata"]["name"] = name
    pod = with_identity(st, pod)
    pod["metadata"]["labels"][CONTROLLER_REVISION_HASH] = revision
    spec = {**template["spec"], "hostname": name}
    service = st["spec"].get("serviceName")
    if service:
        spec["subdomain"] = service
    else:
        spec.pop("subdomain", None)
    return with_storage(st, {**pod, "spec": spec})


def starts_from_current(st: View, number: int) -> bool:
    """Whether a pod that is missing comes back at the current revision rather than at the update revision."""
    strategy = st["spec"].get("updateStrategy") or {}
    rolling = strategy.get("rollingUpdate")
    if rolling is not None:
        return number < start_ordinal(st) + int(rolling.get("partition") or 0)
    current = int((st.get("status") or {}).get("currentReplicas") or 0)
    return strategy.get("type") == "RollingUpdate" and number < start_ordinal(st) + current
