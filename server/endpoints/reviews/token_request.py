"""TokenRequest: a token for a ServiceAccount, bound to an object if so wished.

Models pkg/registry/core/serviceaccount/storage/token.go and apis/authentication/validation.
"""

from __future__ import annotations

from datetime import timedelta
from functools import lru_cache
from typing import Final

from apimachinery import errors, field, meta
from apimachinery.gvk import GroupResource, GroupVersion, GroupVersionKind
from apimachinery.objects import Object, View
from apimachinery.schema import Definitions
from apimachinery.timestamp import format_time
from server.authentication.service_account_token import EXTENDED_SECONDS, WARN_AFTER_SECONDS, Claims, Reference
from server.endpoints import create, decoding, options, response
from server.endpoints.metadata import wipe_system_fields
from server.endpoints.request import Response
from server.endpoints.scope import Scope
from server.fieldmanager.field_manager import FieldManager, manager_name
from server.fieldmanager.zero import zero_object

DEFAULT_SECONDS: Final = 3600
MIN_SECONDS: Final = 600
MAX_SECONDS: Final = 1 << 32
KIND: Final = GroupVersionKind("authentication.k8s.io", "v1", "TokenRequest")
_METADATA: Final = field.Path("metadata")
_EXPIRATION: Final = field.Path("spec") / "expirationSeconds"
_BINDABLE: Final = {"Pod": "pods", "Secret": "secrets", "Node": "nodes"}


async def token_request(scope: Scope) -> Response:
    """201 with the token in the status."""
    _ = scope.media
    raw = await decoding.read_body(scope.request)
    asked = options.write_options(scope.request.query, "CreateOptions")
    obj = decoding.decode(scope, raw, decoding.accepted_body_type(scope.request), asked.field_validation)
    uid = obj["metadata"].get("uid")
    wipe_system_fields(obj["metadata"])
    if uid:
        obj["metadata"]["uid"] = uid
    obj.pop("status", None)
    spec = obj["spec"] = obj.get("spec") or {}
    if spec.get("expirationSeconds") is None:
        spec["expirationSeconds"] = DEFAULT_SECONDS
    name = manager_name(asked.field_manager, scope.request.header("user-agent"))
    _field_manager(scope.services.definitions).update(None, obj, name, scope.services.clock.now())
    await create.admit_create(scope, obj, asked)
    _match(obj, scope)
    account = (await scope.store.get(scope.namespace, scope.name)).view
    _complete(obj, account, scope)
    await create.validate_create(scope, asked)(obj)
    await _issue(obj, account, scope)
    return response.of_tree(scope, obj, 201)


@lru_cache(maxsize=8)
def _field_manager(definitions: Definitions) -> FieldManager:
    schema = definitions.get(definitions.for_gvk(KIND))
    empty = {key: value for key, value in zero_object(schema, KIND).items() if key != "status"}
    return FieldManager(schema, KIND, subresource="token", empty=empty)


def _match(obj: Object, scope: Scope) -> None:
    """The body may name the account and its namespace, if it names the ones of the URL."""
    for key, wanted in (("name", scope.name), ("namespace", scope.namespace)):
        given = obj["metadata"].get(key) or ""
        if given and given != wanted:
            detail = f"must match the service account {key} if specified"
            raise errors.Invalid.of(KIND.group_kind, scope.name, [field.invalid(_METADATA / key, given, detail)])
        obj["metadata"][key] = wanted


def _complete(obj: Object, account: View, scope: Scope) -> None:
    metadata, spec = obj["metadata"], obj["spec"]
    if metadata.get("uid") and metadata["uid"] != meta.uid(account):
        why = (
            f"the UID in the token request ({metadata['uid']}) does not match the UID of the service account"
            f" ({meta.uid(account)})"
        )
        raise errors.Conflict.of(GroupResource("", "serviceaccounts"), scope.name, why)
    metadata["uid"] = meta.uid(account)
    metadata["creationTimestamp"] = format_time(scope.services.clock.now())
    if not spec.get("audiences"):
        spec["audiences"] = list(scope.services.api_audiences)
    spec.setdefault("boundObjectRef", None)
    seconds = spec["expirationSeconds"]
    found: list[field.Error] = []
    if seconds < MIN_SECONDS:
        found.append(field.invalid(_EXPIRATION, seconds, "may not specify a duration less than 10 minutes"))
    if seconds > MAX_SECONDS:
        found.append(field.invalid(_EXPIRATION, seconds, "may not specify a duration larger than 2^32 seconds"))
    if found:
        raise errors.Invalid.of(KIND.group_kind, "", found)


async def _issue(obj: Object, account: View, scope: Scope) -> None:
    services, spec = scope.services, obj["spec"]
    if services.token_generator is None:
        raise errors.InternalError.of("no key signs tokens here")
    now, seconds = services.clock.now(), int(spec["expirationSeconds"])
    bound = await _bound(spec.get("boundObjectRef") or {}, account, scope)
    audiences = tuple(spec["audiences"])
    extended = "pod" in bound and seconds == WARN_AFTER_SECONDS and audiences == tuple(services.api_audiences)
    claims = Claims(
        scope.namespace,
        Reference(meta.name(account), meta.uid(account)),
        audiences,
        token_id=services.names.uid(),
        warn_after=int(now.timestamp()) + seconds if extended else 0,
        **bound,
    )
    token = services.token_generator.generate(claims, now=now, seconds=EXTENDED_SECONDS if extended else seconds)
    obj["status"] = {"token": token, "expirationTimestamp": format_time(now + timedelta(seconds=seconds))}


async def _bound(reference: View, account: View, scope: Scope) -> dict[str, Reference]:
    """What the token is to be bound to: the object, and for a pod its node as well."""
    if not reference:
        return {}
    kind, name = reference.get("kind") or "", reference.get("name") or ""
    version = GroupVersion.parse(reference.get("apiVersion") or "")
    resource = _BINDABLE.get(kind)
    if resource is None or version != GroupVersion("", "v1"):
        gvk = f"{version.group}/{version.version}, Kind={kind}"
        raise errors.BadRequest(f"cannot bind token to object of type {gvk}")
    found = (await scope.services.registry.find(resource).get(scope.namespace, name)).view
    bound = {kind.lower(): Reference(name, meta.uid(found))}
    if kind == "Pod":
        spec = found.get("spec") or {}
        if spec.get("serviceAccountName") != meta.name(account):
            raise errors.BadRequest(
                f'cannot bind token for serviceaccount "{meta.name(account)}" to pod running with different'
                " serviceaccount name."
            )
        if spec.get("nodeName"):
            node = await scope.services.registry.find("nodes").find("", spec["nodeName"])
            bound["node"] = Reference(spec["nodeName"], meta.uid(node.view) if node is not None else "")
    wanted = reference.get("uid")
    if wanted and wanted != meta.uid(found):
        why = (
            f"the UID in the bound object reference ({wanted}) does not match the UID in record. The object might have"
            " been deleted and then recreated"
        )
        raise errors.Conflict.of(GroupResource("", kind), name, why)
    return bound
