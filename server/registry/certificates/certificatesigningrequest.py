"""CertificateSigningRequest: asked by anyone, approved, then signed. Models pkg/registry/certificates/certificates."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Final

from apimachinery import meta, timestamp
from apimachinery.gvk import GroupVersionKind
from apimachinery.objects import Object, View
from server.registry.certificates.validation import APPROVED, DENIED, FAILED, Allowed, request_errors, update_errors
from server.registry.config import RegistryConfig
from server.registry.declaration import declare
from server.registry.generic import PathSegmentNames, SpecStrategy, StatusStrategy
from server.registry.printing import NONE, age
from server.registry.rest import (
    AGE,
    NAME,
    CellContext,
    Column,
    Context,
    FieldPath,
    Printer,
    Resource,
    Subresource,
    keep_metadata_and,
)

_SIGNER: Final = (
    "Requested signer for the request. It is a qualified name in the form: `scope-hostname.io/name`. "
    "If empty, it will be defaulted:\n"
    " 1. If it's a kubelet client certificate, it is assigned\n"
    '    "kubernetes.io/kube-apiserver-client-kubelet".\n'
    " 2. If it's a kubelet serving certificate, it is assigned\n"
    '    "kubernetes.io/kubelet-serving".\n'
    ' 3. Otherwise, it is assigned "kubernetes.io/legacy-unknown".\n'
    "Distribution of trust for signers happens out of band. "
    "You can select on this field using `spec.signerName`."
)
"""How the columns of v1 describe a signer: as v1beta1 did."""


class CertificateSigningRequestStrategy(PathSegmentNames, SpecStrategy):
    """Who asks is written down by the server; afterwards only metadata changes here."""

    def prepare_for_create(self, obj: Object, ctx: Context) -> None:
        super().prepare_for_create(obj, ctx)
        spec = obj.setdefault("spec", {})
        for name in ("username", "uid", "groups", "extra"):
            spec.pop(name, None)
        if ctx.user:
            spec["username"] = ctx.user
        if ctx.groups:
            spec["groups"] = list(ctx.groups)

    def prepare_for_update(self, obj: Object, old: View, ctx: Context) -> None:
        keep_metadata_and(obj, old, "spec", "status")

    def validate(self, obj: View, ctx: Context) -> list[Any]:
        return super().validate(obj, ctx) + request_errors(obj)

    def validate_update(self, obj: View, old: View, ctx: Context) -> list[Any]:
        return super().validate(obj, ctx) + update_errors(obj, old, Allowed())


class CertificateSigningRequestStatusStrategy(StatusStrategy):
    """The signer's endpoint: the certificate and every condition but approval and denial."""

    def prepare_for_update(self, obj: Object, old: View, ctx: Context) -> None:
        super().prepare_for_update(obj, old, ctx)
        for kind in (APPROVED, DENIED):
            _preserve(obj, old, kind)
        _stamp(obj, old, ctx)

    def validate_update(self, obj: View, old: View, ctx: Context) -> list[Any]:
        return super().validate_update(obj, old, ctx) + update_errors(obj, old, Allowed(certificate=True))


class CertificateSigningRequestApprovalStrategy(StatusStrategy):
    """The approver's endpoint: conditions alone."""

    reset_fields: frozenset[FieldPath] = frozenset({("spec",), ("status", "certificate")})

    def prepare_for_update(self, obj: Object, old: View, ctx: Context) -> None:
        super().prepare_for_update(obj, old, ctx)
        _stamp(obj, old, ctx)
        conditions = (obj.get("status") or {}).get("conditions")
        obj["status"] = {**(old.get("status") or {}), "conditions": conditions}
        if not conditions:
            del obj["status"]["conditions"]

    def validate_update(self, obj: View, old: View, ctx: Context) -> list[Any]:
        return super().validate_update(obj, old, ctx) + update_errors(obj, old, Allowed(approval=True))


def _conditions(obj: View) -> list[Any]:
    return (obj.get("status") or {}).get("conditions") or []


def _preserve(obj: Object, old: View, kind: str) -> None:
    """Restore the stored conditions of a type unless some were added or removed, which validation refuses."""
    new = _conditions(obj)
    places = [i for i, c in enumerate(new) if c.get("type") == kind]
    stored = [c for c in _conditions(old) if c.get("type") == kind]
    if len(places) == len(stored):
        for i, condition in zip(places, stored, strict=True):
            new[i] = condition


def _stamp(obj: Object, old: View, ctx: Context) -> None:
    now = timestamp.format_time(ctx.now)
    for condition in _conditions(obj):
        if not condition.get("lastUpdateTime"):
            condition["lastUpdateTime"] = now
        if not condition.get("lastTransitionTime"):
            same = ((c, c.get("lastTransitionTime")) for c in _conditions(old))
            moments = (t for c, t in same if t and all(c.get(n) == condition.get(n) for n in ("type", "status")))
            condition["lastTransitionTime"] = next(moments, now)


def state(obj: View) -> str:
    """What is printed of the conditions: `Approved,Issued`."""
    kinds = {c.get("type") for c in _conditions(obj)}
    found = "Denied" if DENIED in kinds else "Approved" if APPROVED in kinds else "Pending"
    if FAILED in kinds:
        found += ",Failed"
    return found + ",Issued" if (obj.get("status") or {}).get("certificate") else found


def _cells(obj: View, ctx: CellContext) -> list[Any]:
    spec = obj.get("spec") or {}
    seconds = spec.get("expirationSeconds")
    duration = NONE if seconds is None else timestamp.human_duration(timedelta(seconds=seconds))
    signer = spec.get("signerName") or NONE
    return [meta.name(obj), age(obj, ctx), signer, spec.get("username", ""), duration, state(obj)]


def resource(config: RegistryConfig) -> Resource:
    """certificatesigningrequests."""
    gvk = GroupVersionKind("certificates.k8s.io", "v1", "CertificateSigningRequest")
    spec = "io.k8s.api.certificates.v1.CertificateSigningRequestSpec"
    columns = (
        NAME,
        AGE,
        Column("SignerName", description=_SIGNER),
        Column("Requestor", description="Base64-encoded PKCS#10 CSR data"),
        Column("RequestedDuration", doc=f"{spec}.expirationSeconds"),
        Column("Condition", description="Conditions applied to the request, such as approval or denial."),
    )
    return declare(
        gvk.group,
        gvk.version,
        gvk.kind,
        namespaced=False,
        short_names=("csr",),
        strategy=CertificateSigningRequestStrategy(),
        status=CertificateSigningRequestStatusStrategy(),
        subresources=(Subresource("approval", gvk, strategy=CertificateSigningRequestApprovalStrategy()),),
        printer=Printer(columns, _cells),
        selectable_fields=lambda o: {"spec.signerName": (o.get("spec") or {}).get("signerName", "")},
        known_field_labels=("metadata.name", "spec.signerName"),
    )
