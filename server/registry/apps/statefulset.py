"""StatefulSets. Models pkg/registry/apps/statefulset/strategy.go, pkg/apis/apps/validation and printStatefulSet."""

from __future__ import annotations

from typing import Any, Final

from apimachinery import field, meta, validation
from apimachinery.field import Error, Path
from apimachinery.objects import Object, View
from server.registry.config import RegistryConfig
from server.registry.core.internal import internal_value
from server.registry.core.podspec_claims import validate_claim_spec
from server.registry.core.podspec_defaults import default_claim_spec
from server.registry.core.podspec_options import Options
from server.registry.core.podspec_template import (
    CONTAINERS,
    IMAGES,
    container_cells,
    labels_mismatch,
    parse_selector,
    selector_value,
    template_labels,
    validate_always_restarts,
    validate_selector,
    validate_template,
)
from server.registry.core.podspec_warnings import claim_spec_warnings
from server.registry.core.workload import (
    SPEC,
    STATUS,
    TEMPLATE,
    WorkloadStatusStrategy,
    WorkloadStrategy,
    at_most,
    collision_count,
    counters,
)
from server.registry.declaration import declare
from server.registry.printing import age
from server.registry.rest import AGE, NAME, CellContext, Column, Context, Printer, Resource
from server.registry.scale import scale_subresource

_COLUMNS: Final = (
    NAME,
    Column("Ready", description="Number of the pod with ready state"),
    AGE,
    CONTAINERS,
    IMAGES,
)
_MUTABLE: Final = (
    "replicas",
    "ordinals",
    "template",
    "updateStrategy",
    "revisionHistoryLimit",
    "persistentVolumeClaimRetentionPolicy",
    "minReadySeconds",
)


class StatefulSetStrategy(WorkloadStrategy):
    """The main endpoint."""

    new_status = {"replicas": 0, "availableReplicas": 0}  # noqa: RUF012 - never changed

    def name_rule(self, name: str) -> list[str]:
        return validation.dns1123_label(name)

    def default_spec(self, spec: Object) -> None:
        if not spec.get("podManagementPolicy"):
            spec["podManagementPolicy"] = "OrderedReady"
        strategy: Object = spec.setdefault("updateStrategy", {})
        if not strategy.get("type"):
            strategy["type"] = "RollingUpdate"
            strategy.setdefault("rollingUpdate", {})
        rolling = strategy.get("rollingUpdate")
        if strategy["type"] == "RollingUpdate" and rolling is not None and rolling.get("partition") is None:
            strategy["rollingUpdate"] = {**rolling, "partition": 0}
        policy: Object = spec.setdefault("persistentVolumeClaimRetentionPolicy", {})
        for name in ("whenDeleted", "whenScaled"):
            if not policy.get(name):
                policy[name] = "Retain"
        if spec.get("replicas") is None:
            spec["replicas"] = 1
        if spec.get("revisionHistoryLimit") is None:
            spec["revisionHistoryLimit"] = 10
        for claim in spec.get("volumeClaimTemplates") or ():
            claim.update(apiVersion=claim.get("apiVersion") or "v1", kind=claim.get("kind") or "PersistentVolumeClaim")
            default_claim_spec(claim.setdefault("spec", {}))
            status = claim["status"] = dict(claim.get("status") or {})
            if not status.get("phase"):
                status["phase"] = "Pending"

    def prepare_for_create(self, obj: Object, ctx: Context) -> None:
        super().prepare_for_create(obj, ctx)
        (obj["spec"]["updateStrategy"].get("rollingUpdate") or {}).pop("maxUnavailable", None)

    def prepare_for_update(self, obj: Object, old: View, ctx: Context) -> None:
        before = (old["spec"].get("updateStrategy") or {}).get("rollingUpdate") or {}
        if before.get("maxUnavailable") is None:
            (obj["spec"]["updateStrategy"].get("rollingUpdate") or {}).pop("maxUnavailable", None)
        super().prepare_for_update(obj, old, ctx)

    def validate_spec(self, spec: View, old: View | None) -> list[Error]:
        found = _policies(spec)
        found += counters(spec, ("replicas", "minReadySeconds"), SPEC)
        if spec.get("ordinals") is not None:
            found += validation.non_negative(int(spec["ordinals"].get("start") or 0), Path("spec.ordinals.start"))
        selector = spec.get("selector")
        found += validate_selector(selector, SPEC / "selector", kind="statefulset")
        parsed = parse_selector(selector)
        if parsed is None:
            found.append(field.invalid(SPEC / "selector", selector_value(selector), ""))
        else:
            if not parsed.empty() and not parsed.matches(template_labels(spec["template"])):
                found.append(labels_mismatch(spec["template"], TEMPLATE))
            found += validate_template(_with_claims(spec), TEMPLATE, self.options)
        found += validate_always_restarts(spec["template"], TEMPLATE, kind="StatefulSet")
        if old is None:
            service = spec.get("serviceName") or ""
            problems = validation.dns1123_label(service) if service else []
            found += [field.invalid(SPEC / "serviceName", service, p) for p in problems]
            found += _claims(spec, SPEC / "volumeClaimTemplates")
        elif _rest(spec) != _rest(old):
            fields = ", ".join(f"'{name}'" for name in _MUTABLE[:-1])
            detail = f"updates to statefulset spec for fields other than {fields} and '{_MUTABLE[-1]}' are forbidden"
            found.append(field.forbidden(SPEC, detail))
        return found

    def warnings_on_create(self, obj: View, ctx: Context) -> list[str]:
        return super().warnings_on_create(obj, ctx) + _claim_warnings(obj) + _history_warnings(obj)

    def warnings_on_update(self, obj: View, old: View, ctx: Context) -> list[str]:
        return super().warnings_on_update(obj, old, ctx) + _claim_warnings(obj, "Spec") + _history_warnings(obj)


def _claim_warnings(obj: View, *below: str) -> list[str]:
    """Warnings for the claims of each replica; upstream's paths to them differ between create and update."""
    found = []
    for i, claim in enumerate(obj["spec"].get("volumeClaimTemplates") or ()):
        path = (SPEC / "volumeClaimTemplates")[i]
        found += claim_spec_warnings(claim.get("spec") or {}, path / below[0] if below else path)
    return found


def _history_warnings(obj: View) -> list[str]:
    if int(obj["spec"].get("revisionHistoryLimit") or 0) >= 0:
        return []
    return ["spec.revisionHistoryLimit: a negative value retains all historical revisions; a value >= 0 is recommended"]


def _rest(spec: View) -> Object:
    return {k: v for k, v in spec.items() if k not in _MUTABLE}


def _with_claims(spec: View) -> Object:
    """The template with the volumes that the controller will add for the claims."""
    template = spec["template"]
    pod = template.get("spec") or {}
    claims = [
        c["metadata"]["name"] for c in spec.get("volumeClaimTemplates") or () if (c.get("metadata") or {}).get("name")
    ]
    own = [v for v in pod.get("volumes") or () if v.get("name") not in claims]
    added = [{"name": name, "persistentVolumeClaim": {"claimName": name}} for name in dict.fromkeys(claims)]
    return {**template, "spec": {**pod, "volumes": [*own, *added]}}


def _claims(spec: View, path: Path) -> list[Error]:
    found: list[Error] = []
    for i, claim in enumerate(spec.get("volumeClaimTemplates") or ()):
        name = (claim.get("metadata") or {}).get("name") or ""
        at = path[i] / "metadata" / "name"
        if not name:
            found.append(field.required(at, "name or generateName is required"))
        else:
            found += [field.invalid(at, name, p) for p in validation.dns1123_subdomain(name)]
        found += validate_claim_spec(claim.get("spec") or {}, path[i] / "spec")
    return found


def _policies(spec: View) -> list[Error]:
    found: list[Error] = []
    management = spec.get("podManagementPolicy") or ""
    if not management:
        found.append(field.required(SPEC / "podManagementPolicy"))
    elif management not in ("OrderedReady", "Parallel"):
        detail = "must be 'OrderedReady' or 'Parallel'"
        found.append(field.invalid(SPEC / "podManagementPolicy", management, detail))
    strategy, at = spec.get("updateStrategy") or {}, SPEC / "updateStrategy"
    kind, rolling = strategy.get("type") or "", strategy.get("rollingUpdate")
    if not kind:
        found.append(field.required(at))
    elif kind == "OnDelete":
        if rolling is not None:
            shown = internal_value("RollingUpdateStatefulSetStrategy", rolling)
            detail = "only allowed for updateStrategy 'RollingUpdate'"
            found.append(field.invalid(at / "rollingUpdate", shown, detail))
    elif kind == "RollingUpdate":
        found += counters(rolling or {}, ["partition"], at / "rollingUpdate")
    else:
        shown = internal_value("StatefulSetUpdateStrategy", strategy)
        found.append(field.invalid(at, shown, "must be 'RollingUpdate' or 'OnDelete'"))
    retention = spec.get("persistentVolumeClaimRetentionPolicy")
    for name in ("whenDeleted", "whenScaled") if retention is not None else ():
        policy = retention.get(name) or ""  # type: ignore[union-attr]  # the loop is empty without one
        if policy not in ("Retain", "Delete"):
            where = SPEC / "persistentVolumeClaimRetentionPolicy" / name
            found.append(field.not_supported(where, policy, ["Retain", "Delete"]))
    return found


class StatefulSetStatusStrategy(WorkloadStatusStrategy):
    """What the controller reports."""

    def validate_status(self, status: View, old: View) -> list[Error]:
        counts = ("readyReplicas", "currentReplicas", "updatedReplicas", "availableReplicas")
        found = counters(status, ("replicas", *counts, "observedGeneration", "collisionCount"), STATUS)
        found += at_most(status, counts, "replicas", STATUS, shown="status.replicas")
        found += at_most(status, ["availableReplicas"], "readyReplicas", STATUS, shown="status.readyReplicas")
        return found + collision_count(status, old, STATUS)


def _cells(obj: View, ctx: CellContext) -> list[Any]:
    spec, status = obj.get("spec") or {}, obj.get("status") or {}
    ready = f"{status.get('readyReplicas') or 0}/{spec.get('replicas') or 0}"
    return [meta.name(obj), ready, age(obj, ctx), *container_cells(spec.get("template") or {})]


def resource(config: RegistryConfig) -> Resource:
    """StatefulSets of apps/v1."""
    strategy = StatefulSetStrategy(Options(config.version, allow_privileged=config.allow_privileged))
    return declare(
        "apps",
        "v1",
        "StatefulSet",
        namespaced=True,
        short_names=("sts",),
        categories=("all",),
        strategy=strategy,
        status=StatefulSetStatusStrategy(strategy),
        subresources=(scale_subresource(),),
        printer=Printer(_COLUMNS, _cells),
    )
