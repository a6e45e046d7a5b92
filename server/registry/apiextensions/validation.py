"""What is wrong with CustomResourceDefinitions.

Models apiextensions-apiserver/pkg/apis/apiextensions/{v1/conversion.go,validation/validation.go}.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final
from urllib.parse import urlsplit

from apimachinery import field, meta, validation
from apimachinery.objects import Object, View
from server.registry.apiextensions import defaults, field_path, rule_check, schema_validation, structural
from server.registry.generic import go_struct, names
from server.registry.webhookclient import client_config_errors

SCOPES: Final = ("Cluster", "Namespaced")
CONVERSIONS: Final = ("None", "Webhook")
REVIEW_VERSIONS: Final = ("v1", "v1beta1")
COLUMN_TYPES: Final = ("boolean", "date", "integer", "number", "string")
COLUMN_FORMATS: Final = ("byte", "date", "date-time", "double", "float", "int32", "int64", "password")
MAX_SELECTABLE_FIELDS: Final = 8
MAX_WARNING: Final = 256
APPROVED: Final = "api-approved.kubernetes.io"
_PULL_REQUEST: Final = "https://github.com/kubernetes/enhancements/pull/1111"
_SHARED: Final = ("subresources", "schema", "additionalPrinterColumns", "selectableFields")
_SPEC: Final = field.Path("spec")
_STATUS: Final = field.Path("status")


def errors(obj: View) -> list[field.Error]:
    """Errors of a whole CustomResourceDefinition."""
    found = list(_name(obj))
    found += _spec(obj["spec"], _SPEC)
    found += status_errors(obj) + _stored_versions(obj)
    return found + list(_approval(obj, None)) + list(_preserving(obj, None))


def update_errors(obj: View, old: View) -> list[field.Error]:
    """Errors of a changed CustomResourceDefinition."""
    spec, stored = obj["spec"], old["spec"]
    found = list(_spec(spec, _SPEC))
    kept: list[tuple[Any, Any, field.Path]] = []
    established = meta.condition(old, "Established")
    if established is not None and established["status"] == "True":
        kept = [
            (spec.get("scope"), stored.get("scope"), _SPEC / "scope"),
            (spec["names"].get("kind"), stored["names"].get("kind"), _SPEC / "names" / "kind"),
        ]
    kept += [
        (spec.get("group"), stored.get("group"), _SPEC / "group"),
        (spec["names"].get("plural"), stored["names"].get("plural"), _SPEC / "names" / "plural"),
    ]
    for new, before, path in kept:
        found += validation.immutable(new, before, path)
    found += status_errors(obj) + _stored_versions(obj)
    return found + list(_approval(obj, old)) + list(_preserving(obj, old))


def status_errors(obj: View) -> list[field.Error]:
    """Errors of the accepted names; which versions are stored is up to whoever migrates them."""
    return list(_names((obj.get("status") or {}).get("acceptedNames") or {}, _STATUS / "acceptedNames"))


def _stored_versions(obj: View) -> list[field.Error]:
    versions = obj["spec"].get("versions") or ()
    stored, path = (obj.get("status") or {}).get("storedVersions") or [], _STATUS / "storedVersions"
    if not stored:
        return [field.invalid(path, stored, "must have at least one stored version")]
    found = [
        field.invalid(path, stored, f"must have the storage version {version.get('name')}")
        for version in versions
        if version.get("storage") and version.get("name") not in stored
    ]
    known = {v.get("name") for v in versions}
    found += [
        field.invalid(
            path[i],
            name,
            f"missing from spec.versions; {name} was previously a storage version, and must remain in spec.versions "
            f"until a storage migration ensures no data remains persisted in {name} and removes {name} "
            "from status.storedVersions",
        )
        for i, name in enumerate(stored)
        if name not in known
    ]
    return found


def _name(obj: View) -> Iterator[field.Error]:
    spec, name = obj["spec"], meta.name(obj)
    if name != f"{(spec.get('names') or {}).get('plural') or ''}.{spec.get('group') or ''}":
        detail = 'must be spec.names.plural+"."+spec.group'
        yield field.invalid(field.Path("metadata") / "name", name, detail)


def folded(spec: View) -> tuple[Object, list[Object]]:
    """What all versions have in common, by name, and what is left of each, as the internal version holds them."""
    versions = [dict(v) for v in spec.get("versions") or ()]
    common: Object = {}
    for name in _SHARED:
        values = [v.get(name) for v in versions]
        if values and values[0] is not None and all(v == values[0] for v in values):
            common[name] = values[0]
            for version in versions:
                del version[name]
    return common, versions


def _spec(spec: View, path: field.Path) -> Iterator[field.Error]:
    group = spec.get("group") or ""
    if not group:
        yield field.required(path / "group")
    elif problems := validation.dns1123_subdomain(group):
        yield field.invalid(path / "group", group, ",".join(problems))
    elif "." not in group:
        yield field.invalid(path / "group", group, "should be a domain with at least one dot")
    yield from _enum(spec.get("scope") or "", SCOPES, path / "scope")
    common, versions = folded(spec)
    if not (common.get("schema") or {}).get("openAPIV3Schema"):
        for i, version in enumerate(versions):
            if (version.get("schema") or {}).get("openAPIV3Schema") is None:
                yield field.required((path / "versions")[i] / "schema" / "openAPIV3Schema", "schemas are required")
    for i, version in enumerate(versions):
        yield from _version(version, common, (path / "versions")[i])
    served = [v.get("name") for v in versions]
    if len(set(served)) < len(served):
        yield field.invalid(path / "versions", _shown(versions), "must contain unique version names")
    if sum(bool(v.get("storage")) for v in versions) != 1:
        detail = "must have exactly one version marked as storage version"
        yield field.invalid(path / "versions", _shown(versions), detail)
    if versions and (problems := validation.dns1035_label(served[0] or "")):
        yield field.invalid(path / "version", served[0] or "", ",".join(problems))
    wanted = spec.get("names") or {}
    for name in ("plural", "singular", "kind", "listKind"):
        if not wanted.get(name):
            yield field.required(path / "names" / name)
    yield from _names(wanted, path / "names")
    any_status = any(_has_status(version, common) for version in versions)
    yield from _schema(common.get("schema"), path / "validation", any_status)
    yield from _subresources(common.get("subresources"), path / "subresources")
    yield from _columns(common.get("additionalPrinterColumns"), path / "additionalPrinterColumns")
    schema = (common.get("schema") or {}).get("openAPIV3Schema")
    yield from _selectable(common.get("selectableFields"), schema, path / "selectableFields")
    yield from _conversion(spec.get("conversion"), path / "conversion")


def _enum(value: str, values: Sequence[str], path: field.Path) -> Iterator[field.Error]:
    if not value:
        yield field.required(path)
    elif value not in values:
        yield field.not_supported(path, value, values)


def _has_status(version: View, common: View) -> bool:
    return (version.get("subresources") or common.get("subresources") or {}).get("status") is not None


def _version(version: View, common: View, path: field.Path) -> Iterator[field.Error]:
    name = version.get("name") or ""
    if problems := validation.dns1035_label(name):
        yield field.invalid(path / "name", name, ",".join(problems))
    warning = version.get("deprecationWarning")
    if warning is not None:
        for problem in _warning(warning, deprecated=bool(version.get("deprecated"))):
            yield field.invalid(path / "deprecationWarning", warning, problem)
    yield from _schema(version.get("schema"), path / "schema", _has_status(version, common))
    yield from _subresources(version.get("subresources"), path / "subresources")
    yield from _columns(version.get("additionalPrinterColumns"), path / "additionalPrinterColumns")
    schema = (version.get("schema") or common.get("schema") or {}).get("openAPIV3Schema")
    yield from _selectable(version.get("selectableFields"), schema, path / "selectableFields")


def _warning(text: str, *, deprecated: bool) -> Iterator[str]:
    if not deprecated:
        yield "can only be set for deprecated versions"
        return
    if len(text.encode()) > MAX_WARNING:
        yield f"must be <= {MAX_WARNING} characters long"
    if not text:
        yield "must not be an empty string"
    for i, char in enumerate(text):
        if not char.isprintable():
            yield f"must only contain printable UTF-8 characters; non-printable character found at index {i}"
            break


def _names(wanted: View, path: field.Path) -> Iterator[field.Error]:
    mixed = "may have mixed case, but should otherwise match: "
    for name, intro in (("plural", ""), ("singular", ""), ("kind", mixed), ("listKind", mixed)):
        value = wanted.get(name) or ""
        problems = validation.dns1035_label(value.lower() if intro else value)
        if value and problems:
            yield field.invalid(path / name, value, intro + ",".join(problems))
    for i, short in enumerate(wanted.get("shortNames") or ()):
        if problems := validation.dns1035_label(short):
            yield field.invalid((path / "shortNames")[i], short, ",".join(problems))
    kind, list_kind = wanted.get("kind") or "", wanted.get("listKind") or ""
    if kind and kind == list_kind:
        yield field.invalid(path / "listKind", list_kind, "kind and listKind may not be the same")
    for i, category in enumerate(wanted.get("categories") or ()):
        if problems := validation.dns1035_label(category):
            yield field.invalid((path / "categories")[i], category, ",".join(problems))


def _schema(owner: View | None, path: field.Path, has_status: bool) -> Iterator[field.Error]:
    schema, at = (owner or {}).get("openAPIV3Schema"), path / "openAPIV3Schema"
    if schema is None:
        return
    if has_status and (kind := schema.get("type") or "") not in ("", "object"):
        detail = 'only "object" is allowed as the type at the root of the schema if the status subresource is enabled'
        yield field.invalid(at / "type", kind, detail)
    if schema.get("nullable"):
        yield field.forbidden(at / "nullable", "nullable cannot be true at the root")
    unsound = (
        list(structural.errors(schema, at) or defaults.errors(schema, at)) if structural.is_readable(schema) else []
    )
    found = schema_validation.errors(schema, at)
    yield from unsound
    yield from found or ([] if unsound else rule_check.errors(schema, at))


def _simple_json_path(text: str, path: field.Path) -> list[field.Error]:
    if not text.startswith("."):
        return [field.invalid(path, text, "must be a simple json path starting with .")]
    return []


def _subresources(subresources: View | None, path: field.Path) -> Iterator[field.Error]:
    scale = (subresources or {}).get("scale")
    if scale is None:
        return
    for name, below in (("specReplicasPath", ".spec"), ("statusReplicasPath", ".status")):
        at, value = path / "scale" / name, scale.get(name) or ""
        if not value:
            yield field.required(at)
        elif problems := _simple_json_path(value, at):
            yield from problems
        elif not value.startswith(f"{below}."):
            yield field.invalid(at, value, f"should be a json path under {below}")
    at, value = path / "scale" / "labelSelectorPath", scale.get("labelSelectorPath") or ""
    if value and (problems := _simple_json_path(value, at)):
        yield from problems
    elif value and not value.startswith((".spec.", ".status.")):
        yield field.invalid(at, value, "should be a json path under either .spec or .status")


def _columns(columns: Sequence[View] | None, path: field.Path) -> Iterator[field.Error]:
    for i, column in enumerate(columns or ()):
        at, kind, form = path[i], column.get("type") or "", column.get("format") or ""
        if not column.get("name"):
            yield field.required(at / "name")
        one_of = f"must be one of {','.join(COLUMN_TYPES)}"
        if not kind:
            yield field.required(at / "type", one_of)
        elif kind not in COLUMN_TYPES:
            yield field.invalid(at / "type", kind, one_of)
        if form and form not in COLUMN_FORMATS:
            yield field.invalid(at / "format", form, f"must be one of {','.join(COLUMN_FORMATS)}")
        json_path = column.get("jsonPath") or ""
        if json_path:
            yield from _simple_json_path(json_path, at / "JSONPath")
        else:
            yield field.required(at / "JSONPath")


def _selectable(fields: Sequence[View] | None, schema: View | None, path: field.Path) -> Iterator[field.Error]:
    fields = fields or ()
    seen: set[str] = set()
    for i, selectable in enumerate(fields):
        at, json_path = path[i] / "jsonPath", selectable.get("jsonPath") or ""
        if not json_path:
            yield field.required(at)
            continue
        try:
            leaf = field_path.find(json_path, schema or {}, arrays=False)
        except field_path.InvalidPath as e:
            yield field.invalid(at, json_path, f"is an invalid path: {e}")
            continue
        if json_path.startswith(".metadata"):
            yield field.invalid(at, json_path, "must not point to fields in metadata")
        elif leaf.get("type") not in ("string", "boolean", "integer"):
            detail = (
                "must point to a field of type string, boolean or integer. "
                "Enum string fields and strings with formats are allowed."
            )
            yield field.invalid(at, json_path, detail)
        if json_path in seen:
            yield field.duplicate(at, json_path)
        seen.add(json_path)
    if len(fields) > MAX_SELECTABLE_FIELDS:
        yield field.too_many(path, len(fields), MAX_SELECTABLE_FIELDS)


def _conversion(conversion: View | None, path: field.Path) -> Iterator[field.Error]:
    if conversion is None:
        return
    strategy, webhook = conversion.get("strategy") or "", conversion.get("webhook") or {}
    config, versions = webhook.get("clientConfig"), webhook.get("conversionReviewVersions") or []
    yield from _enum(strategy, CONVERSIONS, path / "strategy")
    client, reviews = path / "webhookClientConfig", path / "conversionReviewVersions"
    if strategy != "Webhook":
        detail = "should not be set when strategy is not set to Webhook"
        if config is not None:
            yield field.forbidden(client, detail)
        if versions:
            yield field.forbidden(reviews, detail)
        return
    if config is None:
        yield field.required(client, "required when strategy is set to Webhook")
    else:
        yield from client_config_errors(client, config)
    if not versions:
        yield field.required(reviews)
        return
    for i, version in enumerate(versions):
        if version in versions[:i]:
            yield field.invalid(reviews[i], version, "duplicate version")
        else:
            yield from names(reviews[i], version, validation.dns1035_label)
    if not set(versions) & set(REVIEW_VERSIONS):
        yield field.invalid(reviews, versions, f"must include at least one of {', '.join(REVIEW_VERSIONS)}")


def _approval(obj: View, old: View | None) -> Iterator[field.Error]:
    """Groups of the community need a pull request's address in an annotation, or a reason why they have none."""
    group = f".{obj['spec'].get('group') or ''}"
    if not group.endswith((".k8s.io", ".kubernetes.io")):
        return
    value, path = meta.annotations(obj).get(APPROVED, ""), (field.Path("metadata") / "annotations").key(APPROVED)
    if old is not None and meta.annotations(old).get(APPROVED, "") == value:
        return
    protected = f'protected groups must have approval annotation "{APPROVED}"'
    if not value:
        yield field.required(path, f"{protected}, see {_PULL_REQUEST}")
    elif not value.startswith("unapproved"):
        url = urlsplit(value)
        if not url.scheme or not url.netloc:
            detail = f'{protected} with either a URL or a reason starting with "unapproved", see {_PULL_REQUEST}'
            yield field.invalid(path, value, detail)


def _preserving(obj: View, old: View | None) -> Iterator[field.Error]:
    name = "preserveUnknownFields"
    if obj["spec"].get(name) and not (old is not None and old["spec"].get(name)):
        detail = (
            "cannot set to true, set x-kubernetes-preserve-unknown-fields to true in spec.versions[*].schema instead"
        )
        yield field.invalid(_SPEC / name, True, detail)


def _shown(versions: Sequence[Mapping[str, Any]]) -> field.Raw:
    """Versions as Go prints its internal type."""
    shown = (
        go_struct(
            Name=v.get("name") or "",
            Served=bool(v.get("served")),
            Storage=bool(v.get("storage")),
            Deprecated=bool(v.get("deprecated")),
            DeprecationWarning=v.get("deprecationWarning"),
            Schema=v.get("schema"),
            Subresources=v.get("subresources"),
            AdditionalPrinterColumns=v.get("additionalPrinterColumns"),
            SelectableFields=v.get("selectableFields"),
        )
        for v in versions
    )
    return field.Raw(f"[{','.join(shown)}]")
