"""The predicates and metadata rules that every kind shares; a list of problems, empty when all is well.

Models apimachinery/pkg/util/validation, pkg/api/validation/objectmeta.go and pkg/apis/meta/v1/validation.
Lengths of names count characters, lengths of label keys and values count bytes, as upstream words them.
"""

import ipaddress
import re
from collections.abc import Callable, Mapping, Sequence
from functools import cache, lru_cache
from typing import Any, Final

from apimachinery import field
from apimachinery.gvk import GroupVersion
from apimachinery.objects import View
from apimachinery.serializer import go_json, go_quote

NameFunc = Callable[[str], list[str]]

FIELD_IMMUTABLE: Final = "field is immutable"
ANNOTATIONS_LIMIT: Final = 256 * 1024
FIELD_MANAGER_LIMIT: Final = 128

_LABEL: Final = "[a-z0-9]([-a-z0-9]*[a-z0-9])?"
_SUBDOMAIN: Final = rf"{_LABEL}(\.{_LABEL})*"
_LABEL_UNDERSCORE: Final = "_?[a-z0-9]([-_a-z0-9]*[a-z0-9])?"
_SUBDOMAIN_UNDERSCORE: Final = rf"{_LABEL_UNDERSCORE}(\.{_LABEL_UNDERSCORE})*"
_LABEL_1035: Final = "[a-z]([-a-z0-9]*[a-z0-9])?"
_NAME_PART: Final = "([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]"
_LABEL_VALUE: Final = f"({_NAME_PART})?"

_RFC1123_LABEL: Final = (
    "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', "
    "and must start and end with an alphanumeric character"
)
_RFC1123_SUBDOMAIN: Final = (
    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', "
    "and must start and end with an alphanumeric character"
)
_RFC1123_SUBDOMAIN_UNDERSCORE: Final = (
    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '_', '-' or '.', "
    "and must start and end with an alphanumeric character"
)
_WILDCARD: Final = (
    "a wildcard DNS-1123 subdomain must start with '*.', followed by a valid DNS subdomain, which must consist of "
    "lower case alphanumeric characters, '-' or '.' and end with an alphanumeric character"
)
_RFC1035: Final = (
    "a DNS-1035 label must consist of lower case alphanumeric characters or '-', "
    "start with an alphabetic character, and end with an alphanumeric character"
)
_NAME_CHARS: Final = (
    "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character"
)
_VALUE_CHARS: Final = (
    "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', "
    "and must start and end with an alphanumeric character"
)


def regex_error(message: str, regex: str, *examples: str) -> str:
    """A regex failure as upstream words it, with the double space it leaves between examples."""
    if not examples:
        return f"{message} (regex used for validation is '{regex}')"
    shown = " or ".join(f"'{e}', " for e in examples)
    return f"{message} (e.g. {shown}regex used for validation is '{regex}')"


def max_length(limit: int) -> str:
    """`must be no more than N characters`."""
    return f"must be no more than {limit} characters"


def max_bytes(limit: int) -> str:
    """`must be no more than N bytes`."""
    return f"must be no more than {limit} bytes"


def inclusive_range(low: int, high: int) -> str:
    """`must be between A and B, inclusive`."""
    return f"must be between {low} and {high}, inclusive"


@cache
def _compiled(regex: str) -> re.Pattern[str]:
    return re.compile(regex)


def _full(regex: str, value: str) -> bool:
    return _compiled(regex).fullmatch(value) is not None


def _bytes(value: str) -> int:
    return len(value.encode())


def dns1123_label(value: str) -> list[str]:
    """What is wrong with an RFC 1123 label (63 characters)."""
    found = [max_length(63)] if _bytes(value) > 63 else []
    if not _full(_LABEL, value):
        dots = _full(_SUBDOMAIN, value)
        found.append("must not contain dots" if dots else regex_error(_RFC1123_LABEL, _LABEL, "my-name", "123-abc"))
    return found


def dns1123_subdomain(value: str) -> list[str]:
    """What is wrong with an RFC 1123 subdomain (253 characters)."""
    found = [max_length(253)] if _bytes(value) > 253 else []
    if not _full(_SUBDOMAIN, value):
        found.append(regex_error(_RFC1123_SUBDOMAIN, _SUBDOMAIN, "example.com"))
    return found


def dns1123_subdomain_underscore(value: str) -> list[str]:
    """A subdomain in which labels may begin with or contain an underscore, as DNS search paths may."""
    found = [max_length(253)] if _bytes(value) > 253 else []
    if not _full(_SUBDOMAIN_UNDERSCORE, value):
        found.append(regex_error(_RFC1123_SUBDOMAIN_UNDERSCORE, _SUBDOMAIN_UNDERSCORE, "example.com"))
    return found


def wildcard_dns1123_subdomain(value: str) -> list[str]:
    """What is wrong with a `*.example.com` name."""
    regex = rf"\*\.{_SUBDOMAIN}"
    found = [max_length(253)] if _bytes(value) > 253 else []
    if not _full(regex, value):
        found.append(regex_error(_WILDCARD, regex, "*.example.com"))
    return found


def dns1035_label(value: str) -> list[str]:
    """What is wrong with an RFC 1035 label (63 characters, first a letter)."""
    found = [max_length(63)] if _bytes(value) > 63 else []
    if not _full(_LABEL_1035, value):
        found.append(regex_error(_RFC1035, _LABEL_1035, "my-name", "abc-123"))
    return found


def qualified_name(value: str) -> list[str]:
    """What is wrong with a label key: an optional DNS subdomain and `/`, then a name of 63 bytes."""
    parts = value.split("/")
    found: list[str] = []
    match parts:
        case [name]:
            pass
        case [prefix, name]:
            if not prefix:
                found.append("prefix part must be non-empty")
            else:
                found += [f"prefix part {p}" for p in _content_subdomain(prefix)]
        case _:
            shown = regex_error(_NAME_CHARS, _NAME_PART, "MyName", "my.name", "123-abc")
            return [
                f"a valid label key {shown} with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')"
            ]
    if not name:
        found.append("name part must be non-empty")
    elif _bytes(name) > 63:
        found.append(f"name part {max_bytes(63)}")
    if not _full(_NAME_PART, name):
        found.append("name part " + regex_error(_NAME_CHARS, _NAME_PART, "MyName", "my.name", "123-abc"))
    return found


def _content_subdomain(value: str) -> list[str]:
    found = [max_bytes(253)] if _bytes(value) > 253 else []
    if not _full(_SUBDOMAIN, value):
        found.append(regex_error(_RFC1123_SUBDOMAIN, _SUBDOMAIN, "example.com"))
    return found


def label_value(value: str) -> list[str]:
    """What is wrong with a label value (63 bytes, may be empty)."""
    found = [max_bytes(63)] if _bytes(value) > 63 else []
    if not _full(_LABEL_VALUE, value):
        found.append(regex_error(_VALUE_CHARS, _LABEL_VALUE, "MyValue", "my_value", "12345"))
    return found


def valid_port_num(port: int) -> list[str]:
    """Whether a port is 1 to 65535."""
    return [] if 1 <= port <= 65535 else [inclusive_range(1, 65535)]


def valid_port_name(name: str) -> list[str]:
    """What is wrong with an IANA service name: 15 characters, at least one letter, no doubled or outer hyphens."""
    found = [max_length(15)] if _bytes(name) > 15 else []
    if not _full("[-a-z0-9]+", name):
        found.append("must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)")
    if not re.search("[a-z]", name):
        found.append("must contain at least one letter (a-z)")
    if "--" in name:
        found.append("must not contain consecutive hyphens")
    if name and (name[0] == "-" or name[-1] == "-"):
        found.append("must not begin or end with a hyphen")
    return found


def in_range(value: int, low: int, high: int) -> list[str]:
    """Whether a value lies in an inclusive range."""
    return [] if low <= value <= high else [inclusive_range(low, high)]


def valid_percent(text: str) -> list[str]:
    """What is wrong with a percentage such as `25%`."""
    if _full("[0-9]+%", text):
        return []
    message = "a valid percent string must be a numeric string followed by an ending '%'"
    return [regex_error(message, "[0-9]+%", "1%", "93%")]


def http_header_name(name: str) -> list[str]:
    """What is wrong with an HTTP header name."""
    if _full("[-A-Za-z0-9]+", name):
        return []
    message = "a valid HTTP header must consist of alphanumeric characters or '-'"
    return [regex_error(message, "[-A-Za-z0-9]+", "X-Header-Name")]


def relaxed_env_var_name(name: str) -> list[str]:
    """What is wrong with an environment variable name: any printable ASCII but `=`."""
    found = [] if name else ["environment variable name must be non-empty"]
    if any(not " " <= c <= "~" or c == "=" for c in name):
        found.append("a valid environment variable name must consist only of printable ASCII characters other than '='")
    return found


def _dot_dot(value: str) -> list[str]:
    if value == ".":
        return ["must not be '.'"]
    if value == "..":
        return ["must not be '..'"]
    return ["must not start with '..'"] if value.startswith("..") else []


def env_var_name(name: str) -> list[str]:
    """The stricter rule for environment variable names that existed before 1.34."""
    found = []
    if not _full("[-._a-zA-Z][-._a-zA-Z0-9]*", name):
        message = (
            "a valid environment variable name must consist of alphabetic characters, digits, '_', '-', or '.', "
            "and must not start with a digit"
        )
        found.append(regex_error(message, "[-._a-zA-Z][-._a-zA-Z0-9]*", "my.env-name", "MY_ENV.NAME", "MyEnvName1"))
    return found + _dot_dot(name)


def config_map_key(key: str) -> list[str]:
    """What is wrong with a key of a ConfigMap or Secret."""
    found = [max_length(253)] if _bytes(key) > 253 else []
    if not _full("[-._a-zA-Z0-9]+", key):
        message = "a valid config key must consist of alphanumeric characters, '-', '_' or '.'"
        found.append(regex_error(message, "[-._a-zA-Z0-9]+", "key.name", "KEY_NAME", "key-name"))
    return found + _dot_dot(key)


def path_segment_name(name: str) -> list[str]:
    """What is wrong with a name that only has to be one path segment. Models api/validation/path."""
    if name in (".", ".."):
        return [f"may not be '{name}'"]
    return [f"may not contain '{c}'" for c in ("/", "%") if c in name]


def c_identifier(value: str) -> list[str]:
    """What is wrong with a C identifier."""
    if _full("[A-Za-z_][A-Za-z0-9_]*", value):
        return []
    message = (
        "a valid C identifier must start with alphabetic character or '_', "
        "followed by a string of alphanumeric characters or '_'"
    )
    return [regex_error(message, "[A-Za-z_][A-Za-z0-9_]*", "my_name", "MY_NAME", "MyName")]


def is_ip(value: str) -> bool:
    """Whether it is an IPv4 or IPv6 address without zone."""
    try:
        ipaddress.ip_address(value)
    except ValueError:
        return False
    return "%" not in value


def name_function(rule: Callable[[str], list[str]]) -> Callable[[str, bool], list[str]]:
    """A rule for names that also judges generateName: a trailing hyphen of a prefix is masked."""

    def check(name: str, prefix: bool) -> list[str]:
        return rule(mask_trailing_dash(name) if prefix else name)

    return check


def mask_trailing_dash(name: str) -> str:
    """A generateName with its trailing hyphen replaced, so that it can be judged as a name."""
    if len(name) > 1 and name.endswith("-"):
        return name[:-2] + "a"
    return name


def non_negative(value: int, path: field.Path) -> list[field.Error]:
    """`must be greater than or equal to 0`."""
    return [field.invalid(path, value, "must be greater than or equal to 0")] if value < 0 else []


def positive(value: int, path: field.Path) -> list[field.Error]:
    """`must be greater than 0`."""
    return [field.invalid(path, value, "must be greater than 0")] if value <= 0 else []


def immutable(new: Any, old: Any, path: field.Path) -> list[field.Error]:
    """`field is immutable` when the values differ; absent and empty count as equal."""
    return [] if (new or None) == (old or None) else [field.invalid(path, new, FIELD_IMMUTABLE)]


def label_name(name: str, path: field.Path) -> list[field.Error]:
    """Field errors of one label key."""
    return [field.invalid(path, name, p) for p in qualified_name(name)]


def labels(found: Mapping[str, str] | None, path: field.Path) -> list[field.Error]:
    """Field errors of a map of labels."""
    errors: list[field.Error] = []
    for key, value in sorted((found or {}).items()):
        if not _is_label(key, value):
            errors += label_name(key, path)
            errors += [field.invalid(path, value, p) for p in label_value(value)]
    return errors


@lru_cache(maxsize=4096)
def _is_label(key: str, value: str) -> bool:
    return not qualified_name(key) and not label_value(value)


def annotations(found: Mapping[str, str] | None, path: field.Path) -> list[field.Error]:
    """Field errors of a map of annotations: keys in any case, 256 KiB together."""
    found = found or {}
    errors = [field.invalid(path, k, p) for k in sorted(found) for p in qualified_name(k.lower())]
    if sum(_bytes(k) + _bytes(v) for k, v in found.items()) > ANNOTATIONS_LIMIT:
        errors.append(field.too_long(path, ANNOTATIONS_LIMIT))
    return errors


def owner_references(refs: Sequence[View] | None, path: field.Path) -> list[field.Error]:
    """Field errors of owner references; at most one may be the controller."""
    errors: list[field.Error] = []
    first = ""
    for ref in refs or ():
        errors += _owner_reference(ref, path)
        if ref.get("controller"):
            current = f"{ref.get('kind', '')}/{ref.get('name', '')}"
            if first:
                message = (
                    "Only one reference can have Controller set to true. "
                    f'Found "true" in references for {first} and {current}'
                )
                errors.append(field.invalid(path, field.Raw(f"[{','.join(map(_shown_owner, refs or ()))}]"), message))
            else:
                first = current
    return errors


def _shown_owner(ref: View) -> str:
    shown = {name: ref.get(name) or "" for name in ("apiVersion", "kind", "name", "uid")}
    shown |= {name: ref[name] for name in ("controller", "blockOwnerDeletion") if ref.get(name) is not None}
    return go_json(shown, sort=False)


def _owner_reference(ref: View, path: field.Path) -> list[field.Error]:
    errors = []
    api_version, kind = ref.get("apiVersion") or "", ref.get("kind") or ""
    try:
        version = GroupVersion.parse(api_version).version
    except ValueError:
        version = ""
    if not version:
        errors.append(field.invalid(path / "apiVersion", api_version, "version must not be empty"))
    errors += [
        field.invalid(path / name, "", "must not be empty") for name in ("kind", "name", "uid") if not ref.get(name)
    ]
    if api_version == "v1" and kind == "Event":
        errors.append(
            field.invalid(path, field.Raw(_shown_owner(ref)), "/v1, Kind=Event is disallowed from being an owner")
        )
    return errors


_STANDARD_FINALIZERS: Final = frozenset({"kubernetes", "orphan", "foregroundDeletion"})


def finalizers(found: Sequence[str] | None, path: field.Path) -> list[field.Error]:
    """Field errors of a list of finalizers: qualified names, and not both orphan and foregroundDeletion."""
    found = found or ()
    errors = [field.invalid(path, f, p) for f in found for p in qualified_name(f)]
    if "orphan" in found and "foregroundDeletion" in found:
        errors.append(field.invalid(path, list(found), "finalizer orphan and foregroundDeletion cannot be both set"))
    return errors


def core_finalizers(found: Sequence[str] | None, path: field.Path) -> list[field.Error]:
    """The further rule of core kinds: a finalizer is a standard one or has a domain."""
    return [
        field.invalid(path[i], name, "name is neither a standard finalizer name nor is it fully qualified")
        for i, name in enumerate(found or ())
        if "/" not in name and name not in _STANDARD_FINALIZERS
    ]


def field_manager(name: str, path: field.Path) -> list[field.Error]:
    """Field errors of a field manager's name: 128 bytes, printable."""
    errors = [field.too_long(path, FIELD_MANAGER_LIMIT)] if _bytes(name) > FIELD_MANAGER_LIMIT else []
    if name.isprintable():
        return errors
    at = 0
    for char in name:
        if not char.isprintable():
            errors.append(field.invalid(path, name, f"invalid character U+{ord(char):04X} (at position {at})"))
        at += _bytes(char)
    return errors


def managed_fields(entries: Sequence[View] | None, path: field.Path) -> list[field.Error]:
    """Field errors of managedFields entries."""
    errors: list[field.Error] = []
    for i, entry in enumerate(entries or ()):
        said = [entry.get(name) or "" for name in ("manager", "operation", "fieldsType", "subresource")]
        if not _is_sound_entry(*said):
            errors += _entry(path[i], *said)
    return errors


@lru_cache(maxsize=1024)
def _is_sound_entry(manager: str, operation: str, kind: str, subresource: str) -> bool:
    """Whether there is nothing against an entry: the same few managers write everything."""
    return not _entry(field.Path(), manager, operation, kind, subresource)


def _entry(at: field.Path, manager: str, operation: str, kind: str, subresource: str) -> list[field.Error]:
    errors: list[field.Error] = []
    if operation not in ("Apply", "Update"):
        errors.append(field.invalid(at / "operation", operation, "must be `Apply` or `Update`"))
    if kind not in ("", "FieldsV1"):
        errors.append(field.invalid(at / "fieldsType", kind, "must be `FieldsV1`"))
    errors += field_manager(manager, at / "manager")
    if _bytes(subresource) > 256:
        errors.append(field.too_long(at / "subresource", 256))
    return errors


def object_meta(
    meta: View, *, namespaced: bool, name_function: Callable[[str, bool], list[str]], path: field.Path
) -> list[field.Error]:
    """Everything wrong with a new object's metadata, in upstream's order; names have been generated already."""
    errors: list[field.Error] = []
    generate_name, name = meta.get("generateName") or "", meta.get("name") or ""
    if generate_name:
        errors += [field.invalid(path / "generateName", generate_name, p) for p in name_function(generate_name, True)]
    if not name:
        errors.append(field.required(path / "name", "name or generateName is required"))
    else:
        errors += [field.invalid(path / "name", name, p) for p in name_function(name, False)]
    namespace = meta.get("namespace") or ""
    if namespaced:
        if not namespace:
            errors.append(field.required(path / "namespace"))
        else:
            errors += [field.invalid(path / "namespace", namespace, p) for p in dns1123_label(namespace)]
    elif namespace:
        errors.append(field.forbidden(path / "namespace", "not allowed on this type"))
    if generation := int(meta.get("generation") or 0):
        errors += non_negative(generation, path / "generation")
    for part, check in _METADATA_PARTS:
        if given := meta.get(part):
            errors += check(given, path / part)
    return errors


_METADATA_PARTS: Final[tuple[tuple[str, Callable[[Any, field.Path], list[field.Error]]], ...]] = (
    ("labels", labels),
    ("annotations", annotations),
    ("ownerReferences", owner_references),
    ("finalizers", finalizers),
    ("managedFields", managed_fields),
)


def object_meta_update(meta: View, old: View, path: field.Path, *, sound: bool = False) -> list[field.Error]:
    """Everything wrong with changed metadata, in upstream's order; `sound` when object_meta has nothing against it."""
    errors: list[field.Error] = []
    if old.get("deletionTimestamp"):
        errors += no_new_finalizers(meta.get("finalizers"), old.get("finalizers"), path / "finalizers")
    if not meta.get("resourceVersion"):
        errors.append(field.invalid(path / "resourceVersion", "", "must be specified for an update"))
    if int(meta.get("generation") or 0) < int(old.get("generation") or 0):
        errors.append(field.invalid(path / "generation", meta.get("generation") or 0, "must not be decremented"))
    for name in ("name", "namespace", "uid", "creationTimestamp", "deletionTimestamp", "deletionGracePeriodSeconds"):
        if meta.get(name) != old.get(name):
            errors.append(field.invalid(path / name, _zero(meta.get(name), name), FIELD_IMMUTABLE))
    if sound:
        return errors
    errors += labels(meta.get("labels"), path / "labels")
    errors += annotations(meta.get("annotations"), path / "annotations")
    errors += owner_references(meta.get("ownerReferences"), path / "ownerReferences")
    errors += managed_fields(meta.get("managedFields"), path / "managedFields")
    return errors


def _zero(value: Any, name: str) -> Any:
    return "" if value is None and name in ("name", "namespace", "uid") else value


def no_new_finalizers(new: Sequence[str] | None, old: Sequence[str] | None, path: field.Path) -> list[field.Error]:
    """An object being deleted may lose finalizers, not gain them."""
    extra = sorted(set(new or ()) - set(old or ()))
    if not extra:
        return []
    shown = "[]string{" + ", ".join(go_quote(f) for f in extra) + "}"
    detail = f"no new finalizers can be added if the object is being deleted, found new finalizers {shown}"
    return [field.forbidden(path, detail)]


def label_selector(selector: View | None, path: field.Path, *, allow_invalid_values: bool = False) -> list[field.Error]:
    """Field errors of a metav1.LabelSelector."""
    if selector is None:
        return []
    errors = labels(selector.get("matchLabels"), path / "matchLabels")
    for i, expression in enumerate(selector.get("matchExpressions") or ()):
        at = (path / "matchExpressions")[i]
        values = expression.get("values") or []
        operator = expression.get("operator") or ""
        match operator:
            case "In" | "NotIn":
                if not values:
                    errors.append(field.required(at / "values", "must be specified when `operator` is 'In' or 'NotIn'"))
            case "Exists" | "DoesNotExist":
                if values:
                    detail = "may not be specified when `operator` is 'Exists' or 'DoesNotExist'"
                    errors.append(field.forbidden(at / "values", detail))
            case _:
                errors.append(field.invalid(at / "operator", operator, "not a valid selector operator"))
        errors += label_name(expression.get("key") or "", at / "key")
        if not allow_invalid_values:
            for j, value in enumerate(values):
                errors += [field.invalid((at / "values")[j], value, p) for p in label_value(value)]
    return errors


_CONDITION_REASON: Final = "[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?"
_CONDITION_REASON_MESSAGE: Final = (
    "a condition reason must start with alphabetic character, optionally followed by a string of alphanumeric "
    "characters or '_,:', and must end with an alphanumeric character or '_'"
)


def conditions(found: Sequence[View] | None, path: field.Path) -> list[field.Error]:
    """Field errors of metav1.Conditions."""
    errors: list[field.Error] = []
    seen: set[str] = set()
    for i, condition in enumerate(found or ()):
        kind = condition.get("type") or ""
        if kind in seen:
            errors.append(field.duplicate(path[i] / "type", kind))
        seen.add(kind)
        errors += _condition(condition, path[i])
    return errors


def _condition(condition: View, path: field.Path) -> list[field.Error]:
    errors = label_name(condition.get("type") or "", path / "type")
    if condition.get("status") not in ("True", "False", "Unknown"):
        errors.append(field.not_supported(path / "status", condition.get("status") or "", ["False", "True", "Unknown"]))
    if int(condition.get("observedGeneration") or 0) < 0:
        detail = "must be greater than or equal to zero"
        errors.append(field.invalid(path / "observedGeneration", condition["observedGeneration"], detail))
    if not condition.get("lastTransitionTime"):
        errors.append(field.required(path / "lastTransitionTime", "must be set"))
    reason, message = condition.get("reason") or "", condition.get("message") or ""
    if not reason:
        errors.append(field.required(path / "reason", "must be set"))
    else:
        if not _full(_CONDITION_REASON, reason):
            examples = ("my_name", "MY_NAME", "MyName", "ReasonA,ReasonB", "ReasonA:ReasonB")
            shown = regex_error(_CONDITION_REASON_MESSAGE, _CONDITION_REASON, *examples)
            errors.append(field.invalid(path / "reason", reason, shown))
        if _bytes(reason) > 1024:
            errors.append(field.too_long(path / "reason", 1024))
    if _bytes(message) > 32 * 1024:
        errors.append(field.too_long(path / "message", 32 * 1024))
    return errors
