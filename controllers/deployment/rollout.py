"""The arithmetic of a Deployment: budgets, proportions, which ReplicaSet is which. Models deployment_util.go; pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from apimachinery import intstr, meta
from apimachinery.objects import Object, View

REVISION: Final = "deployment.kubernetes.io/revision"
REVISION_HISTORY: Final = "deployment.kubernetes.io/revision-history"
DESIRED_REPLICAS: Final = "deployment.kubernetes.io/desired-replicas"
MAX_REPLICAS: Final = "deployment.kubernetes.io/max-replicas"
TEMPLATE_HASH: Final = "pod-template-hash"
_NOT_COPIED: Final = frozenset(
    {
        "kubectl.kubernetes.io/last-applied-configuration",
        REVISION,
        REVISION_HISTORY,
        DESIRED_REPLICAS,
        MAX_REPLICAS,
        "deprecated.deployment.rollback.to",
    }
)


def replicas(obj: View) -> int:
    """spec.replicas."""
    return int(obj["spec"].get("replicas", 1))


def status_number(obj: View, field: str) -> int:
    """A number of the status, 0 when absent."""
    return int((obj.get("status") or {}).get(field) or 0)


def total(sets: Iterable[View]) -> int:
    """Wanted pods of all sets."""
    return sum(replicas(s) for s in sets)


def is_rolling(deployment: View) -> bool:
    """Whether the strategy is RollingUpdate."""
    return (deployment["spec"].get("strategy") or {}).get("type") == "RollingUpdate"


def fenceposts(deployment: View) -> tuple[int, int]:
    """maxSurge rounded up and maxUnavailable rounded down; never both 0. Models ResolveFenceposts."""
    parameters = (deployment["spec"].get("strategy") or {}).get("rollingUpdate") or {}
    wanted = replicas(deployment)
    surge = intstr.scaled_value(parameters.get("maxSurge") or 0, wanted, round_up=True)
    unavailable = intstr.scaled_value(parameters.get("maxUnavailable") or 0, wanted, round_up=False)
    return (surge, 1) if surge == 0 and unavailable == 0 else (surge, unavailable)


def max_surge(deployment: View) -> int:
    """Pods above spec.replicas that a rolling update may have."""
    return fenceposts(deployment)[0] if is_rolling(deployment) else 0


def max_unavailable(deployment: View) -> int:
    """Pods below spec.replicas that a rolling update may lack."""
    if not is_rolling(deployment) or replicas(deployment) == 0:
        return 0
    return min(fenceposts(deployment)[1], replicas(deployment))


def without_hash(template: View) -> Object:
    """A template without the hash label that ReplicaSets add."""
    metadata = {**meta.metadata(template)}
    metadata["labels"] = {k: v for k, v in (metadata.get("labels") or {}).items() if k != TEMPLATE_HASH}
    return {**template, "metadata": metadata}


def by_age(sets: Iterable[View]) -> list[View]:
    """Oldest first, then by name."""
    return sorted(sets, key=lambda s: (meta.metadata(s).get("creationTimestamp") or "", meta.name(s)))


def find_new(deployment: View, sets: Iterable[View]) -> View | None:
    """The oldest set with the deployment's template."""
    wanted = without_hash(deployment["spec"]["template"])
    return next((s for s in by_age(sets) if without_hash(s["spec"]["template"]) == wanted), None)


def revision(obj: View) -> int:
    """The revision annotation, 0 when absent or not a number."""
    text = meta.annotations(obj).get(REVISION, "")
    return int(text) if text.isdecimal() else 0


def copied_annotations(deployment: View) -> dict[str, str]:
    """The annotations that a ReplicaSet inherits."""
    return {k: v for k, v in meta.annotations(deployment).items() if k not in _NOT_COPIED}


def annotations_for_new(deployment: View, present: View | None, number: int) -> dict[str, str] | None:
    """The annotations of the new set with this revision; None when it has them. Models SetNewReplicaSetAnnotations."""
    old = dict(meta.annotations(present)) if present is not None else {}
    result = {**old, **copied_annotations(deployment)}
    if present is None:
        result[REVISION] = str(number)
        return {**result, **replica_annotations(deployment)}
    if revision(present) < number:
        result[REVISION] = str(number)
        former = old.get(REVISION)
        if former:
            result[REVISION_HISTORY] = ",".join(filter(None, [old.get(REVISION_HISTORY, ""), former]))
    return result if result != old else None


def replica_annotations(deployment: View) -> dict[str, str]:
    """What a set remembers of the deployment's size, so that scaling can be told from rolling."""
    wanted = replicas(deployment)
    return {DESIRED_REPLICAS: str(wanted), MAX_REPLICAS: str(wanted + max_surge(deployment))}


def scaling_message(name: str, before: int, size: int, *, created: bool, version: tuple[int, int]) -> str:
    """What is said when a set is scaled: old and new size since 1.31, the new one first before."""
    direction = "up" if size > before else "down"
    if version >= (1, 31):
        return f"Scaled {direction} replica set {name} from {before} to {size}"
    return f"Scaled {direction} replica set {name} to {size}" + ("" if created else f" from {before}")


def is_scaling_event(deployment: View, sets: Iterable[View]) -> bool:
    """Whether the deployment's size changed since its active sets were last scaled."""
    for rs in sets:
        text = meta.annotations(rs).get(DESIRED_REPLICAS, "")
        if replicas(rs) > 0 and text.isdecimal() and int(text) != replicas(deployment):
            return True
    return False


def new_replicas(deployment: View, sets: Sequence[View], new: View | None) -> int:
    """How large the new set may be now. Models NewRSNewReplicas."""
    wanted = replicas(deployment)
    if not is_rolling(deployment):
        return wanted
    have = replicas(new) if new is not None else 0
    room = wanted + max_surge(deployment) - total(sets)
    return have if room <= 0 else have + min(room, wanted - have)


def active_or_latest(new: View | None, old: Sequence[View]) -> View | None:
    """The one active set, or the newest when none is; None when several are active. Models FindActiveOrLatest."""
    everything = [*old, new] if new is not None else list(old)
    active = [s for s in everything if replicas(s) > 0]
    if len(active) > 1 or not everything:
        return None
    if active:
        return active[0]
    return new if new is not None else by_age(old)[-1]


def is_saturated(deployment: View, new: View | None) -> bool:
    """Whether the new set has all the pods it should, available."""
    if new is None:
        return False
    text = meta.annotations(new).get(DESIRED_REPLICAS, "")
    wanted = replicas(deployment)
    enough = status_number(new, "availableReplicas") == wanted
    return replicas(new) == wanted and text.isdecimal() and int(text) == wanted and enough


def proportional_sizes(deployment: View, sets: Sequence[View]) -> dict[str, int]:
    """The size of each active set when the deployment is scaled in the middle of a rollout; by name."""
    active = [s for s in sets if replicas(s) > 0]
    wanted = replicas(deployment)
    allowed = wanted + max_surge(deployment) if wanted > 0 else 0
    to_add = allowed - total(active)
    if to_add > 0:
        ordered = list(reversed(by_age(active)))
    else:
        ordered = by_age(active)
    ordered.sort(key=replicas, reverse=True)
    sizes: dict[str, int] = {}
    added = 0
    for rs in ordered:
        share = _proportion(rs, deployment, to_add, added) if to_add else 0
        sizes[meta.name(rs)] = replicas(rs) + share
        added += share
    if ordered and to_add:
        first = meta.name(ordered[0])
        sizes[first] = max(0, sizes[first] + to_add - added)
    return sizes


def _proportion(rs: View, deployment: View, to_add: int, added: int) -> int:
    if replicas(rs) == 0 or to_add == added:
        return 0
    fraction = _fraction(rs, deployment)
    allowed = to_add - added
    return min(fraction, allowed) if to_add > 0 else max(fraction, allowed)


def _fraction(rs: View, deployment: View) -> int:
    have = replicas(rs)
    if replicas(deployment) == 0:
        return -have
    text = meta.annotations(rs).get(MAX_REPLICAS, "")
    before = int(text) if text.isdecimal() and int(text) else status_number(deployment, "replicas")
    if before == 0:
        return 0
    size = have * (replicas(deployment) + max_surge(deployment)) / before
    return int(size + 0.5) - have


def is_complete(deployment: View, status: View) -> bool:
    """Whether every pod is updated and available and nothing else is left."""
    wanted = replicas(deployment)
    fields = ("updatedReplicas", "replicas", "availableReplicas")
    observed = int(status.get("observedGeneration") or 0)
    return all(status.get(f, 0) == wanted for f in fields) and observed >= meta.generation(deployment)


def has_progressed(old: View, new: View) -> bool:
    """Whether a status is nearer to the end than the one before."""

    def number(status: View, field: str) -> int:
        return int(status.get(field) or 0)

    def outdated(status: View) -> int:
        return number(status, "replicas") - number(status, "updatedReplicas")

    return (
        number(new, "updatedReplicas") > number(old, "updatedReplicas")
        or outdated(new) < outdated(old)
        or number(new, "readyReplicas") > number(old, "readyReplicas")
        or number(new, "availableReplicas") > number(old, "availableReplicas")
    )


def clean_up(old: Sequence[View], limit: int) -> list[View]:
    """The sets above revisionHistoryLimit that may go, lowest revision first."""
    alive = [s for s in old if not meta.is_deleting(s)]
    excess = len(alive) - limit
    if excess <= 0:
        return []
    alive.sort(key=lambda s: (revision(s), meta.metadata(s).get("creationTimestamp") or "", meta.name(s)))
    return [
        s
        for s in alive[:excess]
        if replicas(s) == 0
        and status_number(s, "replicas") == 0
        and meta.generation(s) <= status_number(s, "observedGeneration")
    ]
