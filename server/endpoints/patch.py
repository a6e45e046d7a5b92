"""PATCH in its four forms. Models apiserver/pkg/endpoints/handlers/patch.go."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, TypeAlias

from apimachinery import decode as decoders
from apimachinery import errors, field, jsonpatch, jsonvalue, mergepatch, meta, serializer, strategicpatch
from apimachinery.decode import Body, Decoded, DecodeError, diagnose
from apimachinery.objects import Object, View
from server.endpoints import decoding, negotiation, options
from server.endpoints.metadata import check_name, require_name
from server.endpoints.options import WriteOptions
from server.endpoints.request import Response
from server.endpoints.scope import Scope
from server.endpoints.update import Change, admitted, carry_out, changed
from server.registry import custom_decoding
from server.registry.store import Transform, ensure_namespace

JSON_PATCH: Final = "application/json-patch+json"
MERGE_PATCH: Final = "application/merge-patch+json"
STRATEGIC_PATCH: Final = "application/strategic-merge-patch+json"
APPLY_PATCH: Final = "application/apply-patch+yaml"
MAX_OPERATIONS: Final = 10_000
_YAML_TO_JSON: Final = "error converting YAML to JSON: "

_Apply: TypeAlias = Callable[[View], Object]
_Patcher: TypeAlias = Callable[[Scope, bytes, WriteOptions], _Apply]


async def patch(scope: Scope) -> Response:
    """Change an object as the patch says; apply creates it when it is not there."""
    return await carry_out(scope, await read(scope))


async def read(scope: Scope) -> Change:
    """The change that the patch asks for. BadRequest, Invalid, UnsupportedMediaType."""
    kind = negotiation.body_type(scope.request)
    if kind not in accepted(scope):
        if not scope.resource.definition:
            raise negotiation.unsupported_body(accepted(scope))
        raise errors.UnsupportedMediaType("415: Unsupported Media Type", details={})
    require_name(scope.name)
    _ = scope.media
    raw = await decoding.read_body(scope.request)
    asked = options.write_options(scope.request.query, "PatchOptions", apply=kind == APPLY_PATCH)
    transform = _apply(scope, raw, asked) if kind == APPLY_PATCH else _change(scope, raw, asked, _PATCHERS[kind])
    may_create = kind == APPLY_PATCH and scope.subresource is None
    return Change(asked, "PatchOptions", transform, may_create=may_create)


def accepted(scope: Scope) -> tuple[str, ...]:
    """The patch types that this endpoint takes; custom resources know no strategic ones."""
    if scope.resource.definition:
        return (JSON_PATCH, MERGE_PATCH, STRATEGIC_PATCH, APPLY_PATCH)
    return (JSON_PATCH, MERGE_PATCH, APPLY_PATCH)


def _change(scope: Scope, raw: bytes, asked: WriteOptions, patcher: _Patcher) -> Transform:
    apply_to: _Apply | None = None

    async def transform(existing: View | None) -> Object:
        nonlocal apply_to
        if existing is None:
            raise errors.NotFound.of(scope.resource.group_resource, scope.name)
        if apply_to is None:
            apply_to = patcher(scope, raw, asked)
        obj = apply_to(existing)
        obj["kind"], obj["apiVersion"] = scope.kind.kind, scope.kind.api_version
        obj.setdefault("metadata", {})
        decoding.default(scope, obj, scope.kind, scope.kind)
        _check_identity(scope, obj)
        return await changed(scope, obj, existing, asked, "PatchOptions")

    return transform


def _check_identity(scope: Scope, obj: Object) -> None:
    ensure_namespace(obj["metadata"], scope.namespace)
    check_name(obj, scope.name, scope.namespace)


def _apply(scope: Scope, raw: bytes, asked: WriteOptions) -> Transform:
    manager = scope.field_manager
    if manager is None:
        raise errors.UnsupportedMediaType("415: Unsupported Media Type", details={})
    body = _yaml(raw)
    pristine = serializer.dumps(body.value)

    async def transform(existing: View | None) -> Object:
        configuration: Object = serializer.loads(pristine)
        now = scope.services.clock.now()
        live = jsonvalue.copy(existing)
        obj = manager.apply(live, configuration, asked.field_manager, force=bool(asked.force), now=now)
        _judge_yaml(scope, body, asked)
        if existing is None and meta.uid(obj):
            raise errors.Conflict.of(
                scope.resource.group_resource,
                scope.name,
                f"uid mismatch: the provided object specified uid {meta.uid(obj)}, and no existing object was found",
            )
        obj = _conformed(scope, obj, strict=False).object
        decoding.in_map_order(scope, obj)
        obj["kind"], obj["apiVersion"] = scope.kind.kind, scope.kind.api_version
        obj.setdefault("metadata", {})
        decoding.default(scope, obj, scope.kind, scope.kind)
        _check_identity(scope, obj)
        return await admitted(scope, obj, existing, asked, "PatchOptions")

    return transform


def _judge_yaml(scope: Scope, body: Body, asked: WriteOptions) -> None:
    if asked.field_validation != "Ignore" and (problems := body.duplicates()):
        if asked.field_validation == "Strict":
            raise errors.BadRequest(f"error strict decoding patch: {_YAML_TO_JSON}{problems[0]}")
        decoding.warn(scope, problems)


def _yaml(raw: bytes) -> Body:
    try:
        body = Body.parse(raw, is_yaml=True)
    except DecodeError as e:
        raise errors.BadRequest(f"error decoding patch: {_YAML_TO_JSON}{e}") from None
    if body.value is None:
        body.value = {}
    if not isinstance(body.value, dict):
        why = f"json: cannot unmarshal {diagnose.word(body.value)} into Go value of type map[string]interface {{}}"
        raise errors.BadRequest(f"error decoding patch: error unmarshaling JSON: while decoding JSON: {why}")
    return body


def _conformed(scope: Scope, obj: Object, *, strict: bool) -> Decoded:
    definition = decoding.definition_of(scope, scope.kind)
    if definition:
        return scope.services.codec.convert(obj, definition, strict=strict)
    return custom_decoding.conform(obj, scope.resource.schema, scope.services.codec, strict=strict)


def _in_go_order(scope: Scope, obj: View) -> View:
    definition = decoding.definition_of(scope, scope.kind)
    return decoders.go_ordered(obj, definition) if definition else obj


def _json_patch(scope: Scope, raw: bytes, asked: WriteOptions) -> _Apply:
    try:
        operations, twice = jsonpatch.decode(raw, strict=asked.field_validation != "Ignore")
    except jsonpatch.BadPatch as e:
        raise errors.BadRequest(str(e)) from None
    problems = tuple(f"json patch {p}" for p in twice)
    if len(operations) > MAX_OPERATIONS:
        raise errors.RequestEntityTooLarge(
            "Request entity too large: The allowed maximum operations in a JSON patch is "
            f"{MAX_OPERATIONS}, got {len(operations)}"
        )

    def apply_to(obj: View) -> Object:
        try:
            patched = jsonpatch.apply(_in_go_order(scope, obj), operations)
        except jsonpatch.PatchFailed as e:
            raise errors.Invalid("the server rejected our request due to an error in our request", details={}) from e
        return _decoded(scope, patched, problems, asked)

    return apply_to


def _merge_patch(scope: Scope, raw: bytes, asked: WriteOptions) -> _Apply:
    try:
        document, problems = mergepatch.decode(raw, strict=asked.field_validation != "Ignore")
    except mergepatch.BadPatch as e:
        raise errors.BadRequest(str(e)) from None

    def apply_to(obj: View) -> Object:
        return _decoded(scope, mergepatch.apply(_in_go_order(scope, obj), document), problems, asked)

    return apply_to


def _decoded(scope: Scope, patched: Any, problems: tuple[str, ...], asked: WriteOptions) -> Object:
    """The patched JSON as an object of the kind; Invalid with the whole document for what does not fit."""
    write = serializer.dumps if scope.resource.definition else serializer.canonical
    text = write(patched).decode()
    if why := _other_kind(scope, patched):
        raise _invalid_patch(text, why)
    try:
        decoded = _conformed(scope, patched, strict=asked.field_validation != "Ignore")
    except DecodeError as e:
        raise _invalid_patch(text, str(e)) from None
    _judge(scope, problems + decoded.problems, text, asked)
    return decoded.object


def _other_kind(scope: Scope, patched: Any) -> str:
    """Why a built-in object cannot be read back as the kind that a patch made of it; empty when it can."""
    if not scope.resource.definition or not isinstance(patched, dict):
        return ""
    api_version, kind = patched.get("apiVersion"), patched.get("kind")
    if not isinstance(api_version, str) or not isinstance(kind, str):
        return ""
    try:
        given = decoding.with_defaults(api_version, kind, scope.kind)
    except DecodeError as e:
        return str(e)
    return decoding.why_not(scope, given, scope.kind)


def _judge(scope: Scope, problems: tuple[str, ...], shown: str, asked: WriteOptions) -> None:
    if not problems or asked.field_validation == "Ignore":
        return
    if asked.field_validation == "Strict":
        raise _invalid_patch(shown, decoders.strict_error(problems))
    decoding.warn(scope, problems)


def _invalid_patch(shown: str, why: str) -> errors.Invalid:
    return errors.Invalid.of("", "", [field.invalid(field.Path("patch"), shown, why)])


def _kept_by_rules(scope: Scope) -> set[str]:
    """The fields that writes to a subresource never change: the stored ones take their place."""
    if scope.subresource is None or scope.subresource.strategy is None:
        return set()
    return {path[0] for path in scope.subresource.strategy.reset_fields if len(path) == 1} - {"metadata"}


def _strategic_patch(scope: Scope, raw: bytes, asked: WriteOptions) -> _Apply:
    strict = asked.field_validation != "Ignore"
    try:
        document, problems = mergepatch.decode(raw, strict=True)
    except mergepatch.BadPatch as e:
        raise errors.BadRequest(str(e).removeprefix("error decoding patch: ")) from None
    definition = decoding.definition_of(scope, scope.kind)
    schema = scope.services.definitions.get(definition)
    shared = _kept_by_rules(scope)

    def apply_to(obj: View) -> Object:
        try:
            patched = strategicpatch.apply(obj, document, schema, shared=shared)
        except strategicpatch.BadPatchFormat as e:
            raise errors.BadRequest(str(e)) from None
        except strategicpatch.UnprocessablePatch as e:
            raise errors.Invalid("the server rejected our request due to an error in our request", details={}) from e
        except strategicpatch.PatchError as e:
            raise errors.Unknown(str(e), code=500) from None
        try:
            decoded = scope.services.codec.from_unstructured(patched, definition, strict=strict, served=obj)
        except DecodeError as e:
            raise _invalid_patch(jsonvalue.go_value(document), str(e)) from None
        if found := problems + decoded.problems:
            _judge(scope, found, jsonvalue.go_value(document), asked)
        decoding.in_map_order(scope, decoded.object)
        return decoded.object

    return apply_to


_PATCHERS: Final[dict[str, _Patcher]] = {
    JSON_PATCH: _json_patch,
    MERGE_PATCH: _merge_patch,
    STRATEGIC_PATCH: _strategic_patch,
}
