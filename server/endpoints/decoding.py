"""Request bodies into objects of the endpoint's kind, defaulted. Models handlers/{create,rest}.go and codec_factory."""

from __future__ import annotations

from apimachinery import decode as decoders
from apimachinery import errors, field, serializer
from apimachinery.decode import Body, Decoded, DecodeError
from apimachinery.gvk import GroupVersion, GroupVersionKind
from apimachinery.objects import Object, View
from server.endpoints import negotiation
from server.endpoints.negotiation import JSON, PROTOBUF, YAML
from server.endpoints.options import FieldValidation
from server.endpoints.request import Request
from server.endpoints.scope import Scope
from server.registry import custom_decoding

DELETE_OPTIONS = "io.k8s.apimachinery.pkg.apis.meta.v1.DeleteOptions"
_YAML_ERRORS = "yaml: unmarshal errors:\n"
_LEGACY_SCHEME = "pkg/api/legacyscheme/scheme.go:30"
_META_SCHEME = "k8s.io/apimachinery/pkg/apis/meta/internalversion/scheme/register.go:27"


async def read_body(request: Request) -> bytes:
    """The whole body; RequestEntityTooLarge over the limit."""
    return await request.body()


def accepted_body_type(request: Request) -> str:
    """The media type of the body; UnsupportedMediaType when nobody reads it."""
    found = negotiation.body_type(request)
    if found not in negotiation.SUPPORTED:
        raise negotiation.unsupported_body()
    return found


def decode(
    scope: Scope, raw: bytes, media_type: str, mode: FieldValidation, *, kind: GroupVersionKind | None = None
) -> Object:
    """The object of a body, of the endpoint's kind unless another is given; BadRequest.

    What strict decoding has against it is refused, warned of or ignored as `mode` says.
    """
    wanted = kind or scope.kind
    if media_type == PROTOBUF and _is_custom(scope, wanted):
        raise negotiation.unsupported_body((JSON, YAML))
    if media_type == PROTOBUF:
        obj, given = _decode_protobuf(scope, raw, wanted)
        problems: tuple[str, ...] = ()
    else:
        obj, given, problems = _decode_text(scope, raw, wanted, is_yaml=media_type == YAML, strict=mode != "Ignore")
    _judge(scope, problems, given, wanted, mode)
    obj["kind"], obj["apiVersion"] = wanted.kind, wanted.api_version
    if obj.get("metadata") is None:
        obj["metadata"] = {}
    default(scope, obj, given, wanted)
    return obj


def default(scope: Scope, obj: Object, given: GroupVersionKind, wanted: GroupVersionKind) -> None:
    """Fill in defaults where the body is of the resource's own kind; BadRequest for what cannot be converted."""
    if wanted != scope.resource.gvk:
        return
    try:
        scope.strategy.default(obj)
    except ValueError as e:
        raise errors.BadRequest(decoders.not_handled(given.kind, given.version, wanted.kind, e)) from None


def _decode_text(
    scope: Scope, raw: bytes, wanted: GroupVersionKind, *, is_yaml: bool, strict: bool
) -> tuple[Object, GroupVersionKind, tuple[str, ...]]:
    try:
        body = Body.parse(raw, is_yaml=is_yaml)
        given = with_defaults(*body.type_meta(), wanted)
    except DecodeError as e:
        raise errors.BadRequest(decoders.unrecognized(wanted.kind, e, raw)) from None
    if _is_custom(scope, wanted):
        _check_custom_kind(body, given, wanted)
    check_kind(scope, given, wanted)
    try:
        decoded = _typed(scope, body, wanted, strict=strict)
    except DecodeError as e:
        raise errors.BadRequest(decoders.not_handled(given.kind, given.version, wanted.kind, e)) from None
    if scope.resource.verbatim and wanted == scope.resource.gvk:
        _keep_text(scope, body, decoded.object)
    return decoded.object, given, decoded.problems


def _keep_text(scope: Scope, body: Body, obj: Object) -> None:
    """Remember how the body writes the verbatim field; YAML is read by way of canonical JSON."""
    name = scope.resource.verbatim
    if body.is_yaml:
        in_map_order(scope, obj)
    elif name in obj and (text := decoders.member(body.raw, name)) != serializer.dumps(obj[name]).decode():
        scope.sent[name] = text


def in_map_order(scope: Scope, obj: Object) -> None:
    """Sort the keys of the verbatim field, as happens on every way through an untyped map."""
    name = scope.resource.verbatim
    if name in obj:
        obj[name] = serializer.loads(serializer.canonical(obj[name]))


def _typed(scope: Scope, body: Body, wanted: GroupVersionKind, *, strict: bool) -> Decoded:
    definition = definition_of(scope, wanted)
    if definition:
        return scope.services.codec.decode(body, definition, strict=strict)
    return custom_decoding.decode(body, scope.resource.schema, scope.services.codec, strict=strict)


def definition_of(scope: Scope, kind: GroupVersionKind) -> str:
    """The OpenAPI definition of a kind; empty for custom ones."""
    if kind == scope.resource.gvk:
        return scope.resource.definition
    return scope.services.definitions.for_gvk(kind)


def _decode_protobuf(scope: Scope, raw: bytes, wanted: GroupVersionKind) -> tuple[Object, GroupVersionKind]:
    from apimachinery import protobuf

    try:
        obj = protobuf.decode(raw, scope.services.definitions, wanted)
    except ValueError as e:
        raise errors.BadRequest(decoders.unrecognized(wanted.kind, e, raw)) from None
    given = with_defaults(obj.get("apiVersion") or "", obj.get("kind") or "", wanted)
    check_kind(scope, given, wanted)
    try:
        return scope.services.codec.convert(obj, definition_of(scope, wanted)).object, given
    except DecodeError as e:
        raise errors.BadRequest(decoders.not_handled(given.kind, given.version, wanted.kind, e)) from None


def with_defaults(api_version: str, kind: str, wanted: GroupVersionKind) -> GroupVersionKind:
    """What a body claims to be, its gaps filled with what is wanted; DecodeError for a malformed apiVersion."""
    try:
        group, version = GroupVersion.parse(api_version)
    except ValueError as e:
        raise DecodeError(str(e)) from None
    if not version and not group:
        group, version = wanted.group, wanted.version
    return GroupVersionKind(group, version, kind or wanted.kind)


def check_kind(scope: Scope, given: GroupVersionKind, wanted: GroupVersionKind) -> None:
    """BadRequest when the body is of another kind or version."""
    if given == wanted:
        return
    if why := why_not(scope, given, wanted):
        raise errors.BadRequest(decoders.not_handled(given.kind, given.version, wanted.kind, why))
    raise _other_version(given, wanted)


def why_not(scope: Scope, given: GroupVersionKind, wanted: GroupVersionKind) -> str:
    """What keeps a kind from being converted to another; empty for versions of one kind."""
    if given not in scope.services.definitions.kinds:
        return (
            f"no kind {serializer.go_quote(given.kind)} is registered for version "
            f'{serializer.go_quote(given.api_version)} in scheme "{_LEGACY_SCHEME}"'
        )
    if given.group_kind == wanted.group_kind:
        return ""
    internal = wanted.group.partition(".")[0] or "core"
    return f"converting ({given.version}.{given.kind}) to ({internal}.{wanted.kind}): unknown conversion"


def _is_custom(scope: Scope, kind: GroupVersionKind) -> bool:
    return kind == scope.resource.gvk and not scope.resource.definition


def _check_custom_kind(body: Body, given: GroupVersionKind, wanted: GroupVersionKind) -> None:
    """BadRequest for another version, Invalid for another kind: custom resources judge these as they do any field."""
    if given.group_version != wanted.group_version:
        raise _other_version(given, wanted)
    if given.kind != wanted.kind:
        found = [field.invalid(field.Path("kind"), given.kind, f"must be {wanted.kind}")]
        name = (body.value.get("metadata") or {}).get("name") or ""
        raise errors.Invalid.of(wanted.group_kind, name, found)


def _other_version(given: GroupVersionKind, wanted: GroupVersionKind) -> errors.BadRequest:
    return errors.BadRequest(
        f"the API version in the data ({given.api_version}) does not match the expected API version "
        f"({wanted.api_version})"
    )


def _judge(
    scope: Scope, problems: tuple[str, ...], given: GroupVersionKind, wanted: GroupVersionKind, mode: FieldValidation
) -> None:
    if not problems or mode == "Ignore":
        return
    if mode == "Strict":
        why = decoders.strict_error(problems)
        raise errors.BadRequest(decoders.not_handled(given.kind, given.version, wanted.kind, why))
    warn(scope, problems)


def warn(scope: Scope, problems: tuple[str, ...]) -> None:
    """Warn of what strict decoding found; YAML's list of problems is one warning a line."""
    for problem in problems:
        scope.request.warnings.extend([line.strip() for line in problem.removeprefix(_YAML_ERRORS).split("\n")])


def decode_delete_options(scope: Scope, raw: bytes) -> View:
    """DeleteOptions of any group version; BadRequest."""
    media_type = accepted_body_type(scope.request)
    if media_type == PROTOBUF:
        from apimachinery import protobuf

        try:
            wanted = GroupVersionKind("", "v1", "DeleteOptions")
            found: View = protobuf.decode(raw, scope.services.definitions, wanted)
        except ValueError as e:
            raise errors.BadRequest(str(e)) from None
        return found
    try:
        body = Body.parse(raw, is_yaml=media_type == YAML)
        api_version, kind = body.type_meta()
        if kind and kind != "DeleteOptions":
            raise DecodeError(
                f"no kind {serializer.go_quote(kind)} is registered for version "
                f'{serializer.go_quote(api_version)} in scheme "{_META_SCHEME}"'
            )
        return scope.services.codec.decode(body, DELETE_OPTIONS).object
    except DecodeError as e:
        raise errors.BadRequest(str(e)) from None
