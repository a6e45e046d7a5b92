"""certificates.k8s.io: signing requests."""

from __future__ import annotations

from apimachinery.objects import View
from server.registry.certificates import certificatesigningrequest
from server.registry.config import RegistryConfig
from server.registry.declaration import at_least, declare
from server.registry.generic import SpecStrategy, StatusStrategy
from server.registry.printing import NONE, plain
from server.registry.rest import Column, Printer, Resource


def resources(config: RegistryConfig) -> list[Resource]:
    """The kinds of this group, in every version that the configured Kubernetes serves by default."""
    group = "certificates.k8s.io"
    found = [certificatesigningrequest.resource(config)]
    if at_least(config, 37):
        stored = (group, "v1beta1" if config.version == (1, 37) else "v1")
        found += [
            declare(
                group,
                "v1",
                "ClusterTrustBundle",
                namespaced=False,
                stored_as=stored,
                printer=plain((_column("ClusterTrustBundle", "SignerName", "signerName"), _signer)),
            ),
            declare(
                group,
                "v1",
                "PodCertificateRequest",
                namespaced=True,
                stored_as=stored,
                strategy=SpecStrategy(),
                status=StatusStrategy(),
                printer=_request_printer(),
            ),
        ]
    return found


def _column(kind: str, name: str, field: str) -> Column:
    return Column(name, doc=f"io.k8s.api.certificates.v1.{kind}Spec.{field}")


def _signer(bundle: View) -> str:
    return (bundle.get("spec") or {}).get("signerName") or NONE


def _request_printer() -> Printer:
    kind = "PodCertificateRequest"
    fields = (("PodName", "podName"), ("ServiceAccountName", "serviceAccountName"), ("NodeName", "nodeName"))
    shown = [
        (_column(kind, name, key), lambda o, key=key: (o.get("spec") or {}).get(key) or "")
        for name, key in (*fields, ("SignerName", "signerName"))
    ]
    state = Column("State", description="Is the request Pending, Issued, Denied, or Failed?")
    return plain(*shown, (state, _state))


def _state(request: View) -> str:
    """The last of a request's conditions that says how it ended."""
    kinds = [c.get("type") for c in (request.get("status") or {}).get("conditions") or ()]
    return next((kind for kind in reversed(kinds) if kind in ("Issued", "Denied", "Failed")), "Pending")
