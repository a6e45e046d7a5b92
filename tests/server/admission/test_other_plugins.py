"""Storage, ingress, certificates, owners, nodes, and the order of plugins."""

from __future__ import annotations

import base64

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from apimachinery import errors
from apimachinery.objects import Object
from server.admission.plugins import certificates, default_class, opt_in, storage_objects
from server.admission.plugins.always import AlwaysDeny, AlwaysPullImages
from server.admission.plugins.node_restriction import NodeRestriction
from server.admission.plugins.registration import DEFAULT_ON, IMPLEMENTED, ORDER, enabled_names
from server.authentication.interfaces import User
from server.authorization.interfaces import Attributes, Verdict
from tests.server.admission.support import Objects, attributes, named, pod

IS_DEFAULT = {"storageclass.kubernetes.io/is-default-class": "true"}


async def test_the_newest_default_storage_class_wins() -> None:
    classes = [
        named("old", metadata={"annotations": IS_DEFAULT, "creationTimestamp": "2026-01-01T00:00:00Z"}),
        named("new", metadata={"annotations": IS_DEFAULT, "creationTimestamp": "2026-01-02T00:00:00Z"}),
        named("none", metadata={"creationTimestamp": "2026-01-03T00:00:00Z"}),
    ]
    plugin = default_class.DefaultStorageClass(Objects({default_class.STORAGE_CLASSES: classes}))
    claim, chosen = named("c", "ns", spec={}), named("d", "ns", spec={"storageClassName": ""})
    for obj in (claim, chosen):
        await plugin.admit(attributes("persistentvolumeclaims", "CREATE", obj))
    assert (claim["spec"]["storageClassName"], chosen["spec"]["storageClassName"]) == ("new", "")


async def test_the_default_ingress_class_is_filled_in() -> None:
    marked = named("nginx", metadata={"annotations": {"ingressclass.kubernetes.io/is-default-class": "true"}})
    plugin = default_class.DefaultIngressClass(Objects({default_class.INGRESS_CLASSES: [marked]}))
    ingress = named("i", "ns", spec={})
    await plugin.admit(attributes("ingresses.networking.k8s.io", "CREATE", ingress))
    assert ingress["spec"]["ingressClassName"] == "nginx"


@pytest.mark.parametrize(("resource", "finalizer"), storage_objects.FINALIZERS.items())
async def test_storage_objects_are_protected(resource: str, finalizer: str) -> None:
    obj = named("x", metadata={"finalizers": ["a/b"]})
    for _ in range(2):
        await storage_objects.StorageObjectInUseProtection().admit(attributes(resource, "CREATE", obj))
    assert obj["metadata"]["finalizers"] == ["a/b", finalizer]


def claim(size: str, phase: str = "Bound") -> Object:
    spec = {"storageClassName": "gold", "resources": {"requests": {"storage": size}}}
    return named("c", "ns", spec=spec, status={"phase": phase})


@pytest.mark.parametrize(
    ("new", "old", "expandable", "message"),
    [
        (claim("2Gi"), claim("1Gi"), True, ""),
        (claim("1Gi"), claim("2Gi"), False, ""),
        (claim("2Gi"), claim("1Gi", "Pending"), True, "Only bound persistent volume claims can be expanded"),
        (claim("2Gi"), claim("1Gi"), False, "only dynamically provisioned pvc can be resized"),
    ],
)
async def test_claims_grow_where_their_class_lets_them(
    new: Object, old: Object, expandable: bool, message: str
) -> None:
    gold = named("gold", allowVolumeExpansion=expandable)
    plugin = storage_objects.PersistentVolumeClaimResize(Objects({default_class.STORAGE_CLASSES: [gold]}))
    asked = attributes("persistentvolumeclaims", "UPDATE", new, old=old)
    if not message:
        await plugin.validate(asked)
        return
    with pytest.raises(errors.Forbidden, match=message):
        await plugin.validate(asked)


class Allowing:
    """Allows exactly these (verb, name) pairs."""

    def __init__(self, *pairs: tuple[str, str]) -> None:
        self.pairs = pairs

    async def authorize(self, attributes: Attributes) -> Verdict:
        return Verdict("Allow" if (attributes.verb, attributes.name) in self.pairs else "NoOpinion")


@pytest.mark.parametrize("granted", ["example.com/signer", "example.com/*"])
async def test_approving_needs_the_signer(granted: str) -> None:
    old = named("r", spec={"signerName": "example.com/signer"})
    asked = attributes(certificates.REQUESTS, "UPDATE", old, old=old, namespace="", subresource="approval")
    await certificates.CertificateApproval(Allowing(("approve", granted))).validate(asked)
    with pytest.raises(errors.Forbidden, match="user not permitted to approve requests with signerName"):
        await certificates.CertificateApproval(Allowing(("sign", granted))).validate(asked)


async def test_signing_is_judged_when_something_is_signed() -> None:
    old = named("r", spec={"signerName": "example.com/s"}, status={})
    same = named("r", spec={"signerName": "example.com/s"}, status={"certificate": None})
    signed = named("r", spec={"signerName": "example.com/s"}, status={"certificate": "eA=="})
    plugin = certificates.CertificateSigning(Allowing())
    await plugin.validate(
        attributes(certificates.REQUESTS, "UPDATE", same, old=old, namespace="", subresource="status")
    )
    with pytest.raises(errors.Forbidden, match="user not permitted to sign requests with signerName"):
        await plugin.validate(
            attributes(certificates.REQUESTS, "UPDATE", signed, old=old, namespace="", subresource="status")
        )


def request_for(group: str) -> Object:
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name(
        [x509.NameAttribute(NameOID.COMMON_NAME, "u"), x509.NameAttribute(NameOID.ORGANIZATION_NAME, group)]
    )
    csr = x509.CertificateSigningRequestBuilder().subject_name(subject).sign(key, hashes.SHA256())
    pem = csr.public_bytes(serialization.Encoding.PEM)
    return named("r", spec={"signerName": certificates.CLIENT_SIGNER, "request": base64.b64encode(pem).decode()})


async def test_nobody_becomes_a_master_by_certificate() -> None:
    plugin = certificates.CertificateSubjectRestriction()
    await plugin.validate(attributes(certificates.REQUESTS, "CREATE", request_for("dev"), namespace=""))
    with pytest.raises(errors.Forbidden, match="with system:masters group is not allowed"):
        await plugin.validate(attributes(certificates.REQUESTS, "CREATE", request_for("system:masters"), namespace=""))


KUBELET = User("system:node:n1", groups=("system:nodes",))


@pytest.mark.parametrize(
    ("resource", "obj", "message"),
    [
        ("pods", pod(), "can only create mirror pods"),
        ("nodes", named("n2"), 'node "n1" is not allowed to modify node "n2"'),
        (
            "nodes",
            named("n1", metadata={"labels": {"node-restriction.kubernetes.io/x": "y"}}),
            "is not allowed to set the following labels: node-restriction.kubernetes.io/x",
        ),
    ],
)
async def test_kubelets_keep_to_their_node(resource: str, obj: Object, message: str) -> None:
    plugin = NodeRestriction(Objects())
    with pytest.raises(errors.Forbidden, match=message):
        await plugin.admit(attributes(resource, "CREATE", obj, user=KUBELET, namespace=""))
    await plugin.admit(attributes(resource, "CREATE", obj, namespace=""))


async def test_opt_in_plugins() -> None:
    obj = pod(containers=[{"name": "c", "resources": {"requests": {"example.com/gpu": "1", "cpu": "1"}}}])
    await opt_in.ExtendedResourceToleration().admit(attributes("pods", "CREATE", obj))
    assert obj["spec"]["tolerations"] == [{"key": "example.com/gpu", "operator": "Exists", "effect": "NoSchedule"}]
    await AlwaysPullImages().admit(attributes("pods", "CREATE", obj))
    assert obj["spec"]["containers"][0]["imagePullPolicy"] == "Always"
    service = named("s", "ns", spec={"externalIPs": ["1.2.3.4"]})
    with pytest.raises(errors.Forbidden, match="Use of external IPs is denied"):
        await opt_in.DenyServiceExternalIPs().validate(attributes("services", "CREATE", service))
    with pytest.raises(errors.Forbidden, match="admission control is denying all modifications"):
        await AlwaysDeny().validate(attributes("services", "CREATE", service))


def test_plugins_run_in_upstreams_order() -> None:
    assert set(ORDER) >= DEFAULT_ON | IMPLEMENTED
    assert enabled_names() == [n for n in ORDER if n in DEFAULT_ON]
    names = enabled_names(enable=["NodeRestriction"], disable=["ServiceAccount"])
    assert "ServiceAccount" not in names
    assert names.index("LimitRanger") < names.index("NodeRestriction") < names.index("PodSecurity")
    assert names[-1] == "ResourceQuota"


def test_unknown_and_contradicting_names_are_refused() -> None:
    with pytest.raises(ValueError, match='enable-admission-plugins plugin "Nope" is unknown'):
        enabled_names(enable=["Nope"])
    with pytest.raises(
        ValueError, match=r"\[Priority\] in enable-admission-plugins and disable-admission-plugins overlap"
    ):
        enabled_names(enable=["Priority"], disable=["Priority"])
