"""Pods. Models pkg/registry/core/pod/strategy.go."""

from __future__ import annotations

from typing import Any, Final

from apimachinery import field, validation
from apimachinery.field import Error, Path
from apimachinery.gvk import GroupVersionKind
from apimachinery.objects import Object, View
from apimachinery.timestamp import format_time
from server.registry.addresses import ip_warnings
from server.registry.config import RegistryConfig
from server.registry.core import podspec
from server.registry.core.pod_affinity import merge_label_keys
from server.registry.core.pod_familiar import Familiar, likeness
from server.registry.core.pod_printer import PRINTER
from server.registry.core.pod_qos import qos_class
from server.registry.core.pod_status import default_status, keep_observed_generations, validate_status_update
from server.registry.core.pod_update import (
    refusal_of_static_pods,
    validate_ephemeral_containers_update,
    validate_resize,
    validate_spec_update,
)
from server.registry.core.podspec_annotations import (
    app_armor_warnings,
    fill_app_armor_fields,
    validate_annotation_updates,
    validate_annotations,
    validate_profiles_match,
)
from server.registry.core.podspec_containers import validate_image_padding
from server.registry.core.podspec_defaults import default_pod, drop_annotations
from server.registry.core.podspec_disabled import drop_disabled_fields
from server.registry.core.podspec_options import Options
from server.registry.core.podspec_scheduling import validate_affinity
from server.registry.core.podspec_warnings import affinity_warnings, pod_warnings
from server.registry.declaration import PROXY_VERBS, at_least, declare
from server.registry.generic import BuiltinStrategy, reset_metadata
from server.registry.rest import Context, FieldPath, Resource, Subresource, bump_generation, keep_metadata_and

POD: Final = GroupVersionKind("", "v1", "Pod")
FIELD_LABELS: Final = (
    "metadata.name",
    "metadata.namespace",
    "spec.nodeName",
    "spec.restartPolicy",
    "spec.schedulerName",
    "spec.serviceAccountName",
    "spec.hostNetwork",
    "status.phase",
    "status.podIP",
    "status.podIPs",
    "status.nominatedNodeName",
    "spec.host",
)
_SPEC: Final = Path("spec")
_ANNOTATIONS: Final = Path("metadata") / "annotations"


def selectable_fields(pod: View) -> dict[str, str]:
    """What field selectors compare; `spec.host` is the old name of spec.nodeName."""
    spec: View = pod.get("spec") or {}
    status: View = pod.get("status") or {}
    addresses = status.get("podIPs") or ()
    return {
        "spec.nodeName": spec.get("nodeName") or "",
        "spec.restartPolicy": spec.get("restartPolicy") or "",
        "spec.schedulerName": spec.get("schedulerName") or "",
        "spec.serviceAccountName": spec.get("serviceAccountName") or "",
        "spec.hostNetwork": "true" if spec.get("hostNetwork") else "false",
        "status.phase": status.get("phase") or "",
        "status.podIP": (addresses[0].get("ip") if addresses else status.get("podIP")) or "",
        "status.podIPs": "",
        "status.nominatedNodeName": status.get("nominatedNodeName") or "",
        "spec.host": spec.get("nodeName") or "",
    }


class PodStrategy(BuiltinStrategy):
    """The main endpoint of pods."""

    returns_deleted_object = True
    graceful = True
    reset_fields: frozenset[FieldPath] = frozenset({("status",)})

    def __init__(self, options: Options) -> None:
        self.options = options
        self._sound = Familiar()
        self._unremarkable = Familiar()

    def count_generation(self, obj: Object, old: View | None) -> None:
        """Pods count their generations since 1.34."""
        if self.options.version < (1, 34):
            return
        if old is None:
            obj["metadata"]["generation"] = 1
        else:
            bump_generation(obj, old)

    def default(self, obj: Object) -> None:
        default_pod(obj)
        if obj.get("status"):
            default_status(obj["status"])

    def prepare_for_create(self, obj: Object, ctx: Context) -> None:
        self.count_generation(obj, None)
        given = (obj.get("status") or {}).get("qosClass")
        obj["status"] = {"phase": "Pending", "qosClass": given or qos_class(obj)}
        if obj["spec"].get("schedulingGates"):
            obj["status"]["conditions"] = [
                {
                    "type": "PodScheduled",
                    "status": "False",
                    "lastProbeTime": None,
                    "lastTransitionTime": format_time(ctx.now),
                    "reason": "SchedulingGated",
                    "message": "Scheduling is blocked due to non-empty scheduling gates",
                }
            ]
        drop_disabled_fields(obj["spec"], {}, self.options.version)
        merge_label_keys(obj)
        fill_app_armor_fields(obj)

    def prepare_for_update(self, obj: Object, old: View, ctx: Context) -> None:
        keep_metadata_and(obj, old, "status")
        drop_disabled_fields(obj["spec"], old["spec"], self.options.version)
        self.count_generation(obj, old)

    def validate(self, obj: View, ctx: Context) -> list[Error]:
        spec = obj["spec"]
        found = super().validate(obj, ctx) + self.validate_spec(obj)
        if spec.get("ephemeralContainers"):
            found.append(field.forbidden(_SPEC / "ephemeralContainers", "cannot be set on create"))
        if spec.get("nodeName") and spec.get("schedulingGates"):
            detail = "cannot be set until all schedulingGates have been cleared"
            found.append(field.forbidden(_SPEC / "nodeName", detail))
        return found + validate_profiles_match(obj["metadata"].get("annotations"), spec, _SPEC)

    def validate_spec(self, obj: View) -> list[Error]:
        """Field errors of any pod, new or changed, beside its metadata. Models validatePodMetadataAndSpec."""
        like = likeness(obj)
        if like in self._sound and not validate_affinity(obj["spec"].get("affinity"), _SPEC / "affinity"):
            return []
        found = self._validate_spec(obj)
        if not found:
            self._sound.add(like)
        return found

    def _validate_spec(self, obj: View) -> list[Error]:
        spec = obj["spec"]
        found = validate_annotations(obj["metadata"].get("annotations"), spec, _ANNOTATIONS)
        found += podspec.validate(spec, _SPEC, self.options, meta=obj["metadata"])
        if not spec.get("serviceAccountName"):
            for i, volume in enumerate(spec.get("volumes") or ()):
                for j, source in enumerate((volume.get("projected") or {}).get("sources") or ()):
                    if source.get("serviceAccountToken") is not None:
                        at = ((_SPEC / "volumes")[i] / "projected" / "sources")[j] / "serviceAccountToken"
                        detail = "must not be specified when serviceAccountName is not set"
                        found.append(field.forbidden(at, detail))
        for part in ("containers", "initContainers"):
            for i, container in enumerate(spec.get(part) or ()):
                found += validate_image_padding(container, (_SPEC / part)[i])
        return found

    def validate_update(self, obj: View, old: View, ctx: Context) -> list[Error]:
        found = super().validate(obj, ctx) + self.validate_spec(obj)
        found += validate_annotation_updates(obj, old, _ANNOTATIONS)
        return found + validate_spec_update(obj["spec"], old["spec"])

    def warnings_on_create(self, obj: View, ctx: Context) -> list[str]:
        found: list[str] = app_armor_warnings(obj)
        if problems := validation.dns1123_label(obj["metadata"].get("name") or ""):
            found.append(
                "metadata.name: this is used in the Pod's hostname, which can result in surprising behavior; "
                f"a DNS label is recommended: [{' '.join(problems)}]"
            )
        like = likeness(obj)
        if like in self._unremarkable:
            return found + affinity_warnings(obj)
        warnings = pod_warnings(obj)
        if not warnings:
            self._unremarkable.add(like)
        return found + warnings

    def check_graceful_delete(self, obj: Object, grace: int | None, ctx: Context) -> int | None:
        spec, phase = obj["spec"], (obj.get("status") or {}).get("phase")
        period = int(spec.get("terminationGracePeriodSeconds") or 0) if grace is None else grace
        if not spec.get("nodeName") or phase in ("Failed", "Succeeded"):
            period = 0
        return 1 if period < 0 else period


class PodStatusStrategy(PodStrategy):
    """What kubelets and controllers report."""

    reset_fields: frozenset[FieldPath] = frozenset(
        {("spec",), ("metadata", "deletionTimestamp"), ("metadata", "ownerReferences")}
    )

    def default(self, obj: Object) -> None:
        """The spec is going to be the stored one, which has its defaults."""
        drop_annotations(obj.setdefault("metadata", {}))
        if obj.get("status"):
            default_status(obj["status"])

    def prepare_for_update(self, obj: Object, old: View, ctx: Context) -> None:
        obj["spec"] = old["spec"]
        for name in ("deletionTimestamp", "ownerReferences", "generation"):
            if name in old["metadata"]:
                obj["metadata"][name] = old["metadata"][name]
            else:
                obj["metadata"].pop(name, None)
        status: Object = obj.setdefault("status", {})
        before: View = old.get("status") or {}
        if not status.get("qosClass") and before.get("qosClass"):
            status["qosClass"] = before["qosClass"]
        keep_observed_generations(status, before)

    def validate_update(self, obj: View, old: View, ctx: Context) -> list[Error]:
        found = BuiltinStrategy.validate(self, obj, ctx)
        found += validate_annotation_updates(obj, old, _ANNOTATIONS)
        return found + validate_status_update(obj, old, self.options.version)

    def warnings_on_update(self, obj: View, old: View, ctx: Context) -> list[str]:
        return [
            warning
            for part in ("podIPs", "hostIPs")
            for i, address in enumerate((obj.get("status") or {}).get(part) or ())
            for warning in ip_warnings((Path("status") / part)[i] / "ip", address.get("ip") or "")
        ]


class EphemeralContainersStrategy(PodStrategy):
    """Debugging containers, which can be added to a running pod."""

    reset_fields: frozenset[FieldPath] = frozenset({("status",)})

    def prepare_for_update(self, obj: Object, old: View, ctx: Context) -> None:
        given = obj["spec"].get("ephemeralContainers")
        spec = {k: v for k, v in old["spec"].items() if k != "ephemeralContainers"}
        obj["spec"] = {**spec, "ephemeralContainers": given} if given else spec
        keep_metadata_and(obj, old, "status")
        reset_metadata(obj, old)
        self.count_generation(obj, old)

    def validate_update(self, obj: View, old: View, ctx: Context) -> list[Error]:
        if refused := refusal_of_static_pods(old, "static pods do not support ephemeral containers"):
            return refused
        found = BuiltinStrategy.validate(self, obj, ctx) + self.validate_spec(obj)
        found += validate_annotation_updates(obj, old, _ANNOTATIONS)
        return found + validate_ephemeral_containers_update(obj, old)


class ResizeStrategy(PodStrategy):
    """Resources of running containers."""

    reset_fields: frozenset[FieldPath] = frozenset({("status",)})

    def prepare_for_update(self, obj: Object, old: View, ctx: Context) -> None:
        spec, stored = obj["spec"], old["spec"]
        parts = ("containers", "initContainers")
        if all(len(spec.get(p) or ()) == len(stored.get(p) or ()) for p in parts):
            resized = {p: _resized(spec[p], stored[p]) for p in parts if spec.get(p)}
            obj["spec"] = {**stored, **resized}
            keep_metadata_and(obj, old, "status")
            reset_metadata(obj, old)
        self.count_generation(obj, old)

    def validate_update(self, obj: View, old: View, ctx: Context) -> list[Error]:
        found = BuiltinStrategy.validate(self, obj, ctx) + self.validate_spec(obj)
        resized = validate_resize(obj, old)
        return resized if resized and resized[0].path == "" else found + resized


def _resized(new: list[Any], old: list[Any]) -> list[Any]:
    if any(a.get("name") != b.get("name") for a, b in zip(new, old, strict=True)):
        return new
    kept = []
    for container, stored in zip(new, old, strict=True):
        merged = {k: v for k, v in stored.items() if k not in ("resources", "resizePolicy")}
        kept.append({**merged, **{k: container[k] for k in ("resources", "resizePolicy") if k in container}})
    return kept


def subresources(config: RegistryConfig, options: Options) -> tuple[Subresource, ...]:
    """The subresources of pods beside status."""
    connect = ("create", "get")
    found = [
        Subresource("binding", GroupVersionKind("", "v1", "Binding"), ("create",), handler="binding"),
        Subresource("eviction", GroupVersionKind("policy", "v1", "Eviction"), ("create",), handler="eviction"),
        Subresource("ephemeralcontainers", POD, strategy=EphemeralContainersStrategy(options)),
        Subresource("log", POD, ("get",), handler="log", accepts_body=False),
    ]
    for name, kind in (("attach", "PodAttach"), ("exec", "PodExec"), ("portforward", "PodPortForward")):
        gvk = GroupVersionKind("", "v1", f"{kind}Options")
        found.append(Subresource(name, gvk, connect, handler=name, accepts_body=False))
    proxy = GroupVersionKind("", "v1", "PodProxyOptions")
    found.append(Subresource("proxy", proxy, PROXY_VERBS, handler="proxy", accepts_body=False))
    if at_least(config, 33):
        found.append(Subresource("resize", POD, strategy=ResizeStrategy(options)))
    return tuple(found)


def resource(config: RegistryConfig) -> Resource:
    """Pods of core/v1."""
    options = Options(config.version, resource_is_pod=True, allow_privileged=config.allow_privileged)
    return declare(
        "",
        "v1",
        "Pod",
        namespaced=True,
        short_names=("po",),
        categories=("all",),
        strategy=PodStrategy(options),
        status=PodStatusStrategy(options),
        subresources=subresources(config, options),
        printer=PRINTER,
        selectable_fields=selectable_fields,
        known_field_labels=FIELD_LABELS,
    )
