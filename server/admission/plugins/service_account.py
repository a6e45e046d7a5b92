"""ServiceAccount: every pod runs as one, and gets its token. Models plugin/pkg/admission/serviceaccount."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from apimachinery import meta
from apimachinery.names import NameGenerator
from apimachinery.objects import Object, View
from server.admission.attributes import Attributes
from server.admission.interfaces import Operation
from server.admission.plugins.lister import Lister
from server.admission.plugins.refusal import forbidden

DEFAULT: Final = "default"
MOUNT_PATH: Final = "/var/run/secrets/kubernetes.io/serviceaccount"
VOLUME_PREFIX: Final = "kube-api-access-"
TOKEN_SECONDS: Final = 3607
MIRROR_POD: Final = "kubernetes.io/config.mirror"
ENFORCE_MOUNTABLE: Final = "kubernetes.io/enforce-mountable-secrets"
DEFAULT_WAIT_SECONDS: Final = 1.5
"""How long a pod waits for the `default` account, which a controller makes right after the namespace."""


class ServiceAccountPlugin:
    """Sets the account, mounts its token and hands on its pull secrets."""

    name = "ServiceAccount"
    operations: frozenset[Operation] = frozenset({"CREATE", "UPDATE"})
    resources: frozenset[str] = frozenset({"pods"})

    def __init__(self, lister: Lister, names: NameGenerator, *, wait_seconds: float = DEFAULT_WAIT_SECONDS) -> None:
        self._lister = lister
        self._names = names
        self._wait_seconds = wait_seconds

    async def admit(self, attributes: Attributes) -> None:
        """Only on the creation of pods; mirror pods are checked and left as they are."""
        pod = attributes.object
        if pod is None or attributes.operation != "CREATE" or not attributes.is_("pods"):
            return
        if MIRROR_POD in meta.annotations(pod):
            _check_mirror_pod(attributes, pod)
            return
        spec = pod.setdefault("spec", {})
        name = spec.get("serviceAccountName") or spec.get("serviceAccount") or DEFAULT
        spec["serviceAccountName"] = spec["serviceAccount"] = name
        account = await self._account(attributes, name)
        if should_automount(account, spec):
            about = (attributes.namespace, self._names.content(pod))
            mount_token(spec, lambda: self._names.generate_name(VOLUME_PREFIX, *about))
        if not spec.get("imagePullSecrets") and account.get("imagePullSecrets"):
            spec["imagePullSecrets"] = [{"name": ref.get("name", "")} for ref in account["imagePullSecrets"]]

    async def validate(self, attributes: Attributes) -> None:
        """The account must still be there, and under the enforcing annotation only its secrets may be used."""
        pod = attributes.object
        if pod is None:
            return
        ephemeral = attributes.operation == "UPDATE" and attributes.is_("pods", "ephemeralcontainers")
        if not ephemeral and not (attributes.operation == "CREATE" and attributes.is_("pods")):
            return
        spec = pod.get("spec") or {}
        if MIRROR_POD in meta.annotations(pod):
            if not ephemeral:
                _check_mirror_pod(attributes, pod)
            return
        name = spec.get("serviceAccountName") or ""
        if not name:
            raise forbidden(
                attributes, f"no service account specified for pod {attributes.namespace}/{attributes.error_name}"
            )
        account = await self._account(attributes, name)
        if meta.annotations(account).get(ENFORCE_MOUNTABLE, "").lower() == "true":
            why = refused_ephemeral_secret(account, spec) if ephemeral else refused_secret(account, spec)
            if why:
                raise forbidden(attributes, why)

    async def _account(self, attributes: Attributes, name: str) -> View:
        namespace = attributes.namespace
        account = await self._lister.get("serviceaccounts", namespace, name)
        if account is None and name == DEFAULT and self._wait_seconds:
            account = await self._lister.wait("serviceaccounts", namespace, name, self._wait_seconds)
        if account is None:
            why = f'error looking up service account {namespace}/{name}: serviceaccount "{name}" not found'
            raise forbidden(attributes, why)
        return account


def should_automount(account: View, spec: View) -> bool:
    """The pod's word first, then the account's, else yes."""
    for holder in (spec, account):
        wish = holder.get("automountServiceAccountToken")
        if wish is not None:
            return bool(wish)
    return True


def mount_token(spec: Object, new_name: Any) -> None:
    """Mount the token into every container without a mount at its path; add the volume when one needed it."""
    volumes = spec.get("volumes") or []
    existing = next((v["name"] for v in volumes if (v.get("name") or "").startswith(VOLUME_PREFIX)), "")
    name = existing or new_name()
    needed = False
    for container in (*(spec.get("initContainers") or ()), *(spec.get("containers") or ())):
        mounts = container.get("volumeMounts") or []
        if any(m.get("mountPath") == MOUNT_PATH for m in mounts):
            continue
        container["volumeMounts"] = [*mounts, {"name": name, "readOnly": True, "mountPath": MOUNT_PATH}]
        needed = True
    if needed and not existing:
        spec["volumes"] = [*volumes, {"name": name, "projected": token_projection()}]


def token_projection() -> Object:
    """The projected volume source: the token, the cluster's CA and the namespace."""
    return {
        "sources": [
            {"serviceAccountToken": {"expirationSeconds": TOKEN_SECONDS, "path": "token"}},
            {"configMap": {"name": "kube-root-ca.crt", "items": [{"key": "ca.crt", "path": "ca.crt"}]}},
            {
                "downwardAPI": {
                    "items": [
                        {"path": "namespace", "fieldRef": {"apiVersion": "v1", "fieldPath": "metadata.namespace"}}
                    ]
                }
            },
        ],
        "defaultMode": 420,
    }


def _check_mirror_pod(attributes: Attributes, pod: View) -> None:
    spec = pod.get("spec") or {}
    if spec.get("serviceAccountName"):
        raise forbidden(attributes, "a mirror pod may not reference service accounts")
    if any(True for _ in _secret_names(spec)):
        raise forbidden(attributes, "a mirror pod may not reference secrets")
    projections = (s for v in spec.get("volumes") or () for s in (v.get("projected") or {}).get("sources") or ())
    if any(s.get("serviceAccountToken") for s in projections):
        raise forbidden(attributes, "a mirror pod may not use ServiceAccountToken volume projections")


def _secret_names(spec: View) -> Iterable[str]:
    for ref in spec.get("imagePullSecrets") or ():
        yield ref.get("name", "")
    for container in _all_containers(spec):
        for source in container.get("envFrom") or ():
            if source.get("secretRef"):
                yield source["secretRef"].get("name", "")
        yield from (name for _, name in _env_secrets(container))
    for volume in spec.get("volumes") or ():
        if volume.get("secret"):
            yield volume["secret"].get("secretName", "")
        for source in (volume.get("projected") or {}).get("sources") or ():
            if source.get("secret"):
                yield source["secret"].get("name", "")
        for kind in ("azureFile", "cephfs", "cinder", "flexVolume", "rbd", "scaleIO", "iscsi", "storageos", "csi"):
            ref = (volume.get(kind) or {}).get("secretRef") or (volume.get(kind) or {}).get("nodePublishSecretRef")
            if ref or (volume.get(kind) or {}).get("secretName"):
                yield (ref or {}).get("name", "") or volume[kind].get("secretName", "")


def _all_containers(spec: View) -> Iterable[Mapping[str, Any]]:
    for key in ("initContainers", "containers", "ephemeralContainers"):
        yield from spec.get(key) or ()


def _env_secrets(container: Mapping[str, Any]) -> Iterable[tuple[str, str]]:
    for env in container.get("env") or ():
        ref = (env.get("valueFrom") or {}).get("secretKeyRef")
        if ref:
            yield env.get("name", ""), ref.get("name", "")


def _refused_env(account: View, spec: View, key: str, word: str) -> str:
    allowed = {ref.get("name") for ref in account.get("secrets") or ()}
    for container in spec.get(key) or ():
        for env, secret in _env_secrets(container):
            if secret not in allowed:
                return (
                    f'{word} {container.get("name", "")} with envVar {env} referencing secret.secretName="{secret}" is'
                    f" not allowed because service account {meta.name(account)} does not reference that secret"
                )
    return ""


def refused_ephemeral_secret(account: View, spec: View) -> str:
    """Why an ephemeral container may not use a secret under the account; empty when all are fine."""
    return _refused_env(account, spec, "ephemeralContainers", "ephemeral container")


def refused_secret(account: View, spec: View) -> str:
    """Why the pod may not use a secret under the account; empty when all are fine."""
    allowed = {ref.get("name") for ref in account.get("secrets") or ()}
    account_name = meta.name(account)
    for volume in spec.get("volumes") or ():
        secret = (volume.get("secret") or {}).get("secretName")
        if secret is not None and secret not in allowed:
            return (
                f'volume with secret.secretName="{secret}" is not allowed because service account {account_name} does'
                " not reference that secret"
            )
    for key, word in (("initContainers", "init container"), ("containers", "container")):
        why = _refused_env(account, spec, key, word)
        if why:
            return why
    pull_secrets = {ref.get("name") for ref in account.get("imagePullSecrets") or ()}
    for index, ref in enumerate(spec.get("imagePullSecrets") or ()):
        if ref.get("name") not in pull_secrets:
            return (
                f'imagePullSecrets[{index}].name="{ref.get("name", "")}" is not allowed because service account'
                f" {account_name} does not reference that imagePullSecret"
            )
    return ""
