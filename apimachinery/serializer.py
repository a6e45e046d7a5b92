"""JSON and YAML in and out, and Go's ways of printing values; the only importer of the JSON library."""

from __future__ import annotations

import json
from typing import Any, Final

import orjson
import yaml

loads = orjson.loads
JSONDecodeError = orjson.JSONDecodeError


def dumps(value: Any) -> bytes:
    """Compact JSON, keys in their own order."""
    return orjson.dumps(value)


def dumps_pretty(value: Any) -> bytes:
    """JSON indented by two spaces."""
    return orjson.dumps(value, option=orjson.OPT_INDENT_2)


def canonical(value: Any) -> bytes:
    """Compact JSON with sorted keys: equal values give equal bytes."""
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS)


def go_json(value: Any, *, sort: bool = True) -> str:
    """JSON as Go's encoder writes it: compact, sorted keys, <, > and & and line separators escaped."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=sort)
    for char, escaped in (
        ("<", "\\u003c"),
        (">", "\\u003e"),
        ("&", "\\u0026"),
        ("\u2028", "\\u2028"),
        ("\u2029", "\\u2029"),
    ):
        if char in text:
            text = text.replace(char, escaped)
    return text


_GO_ESCAPES = {
    "\a": "\\a",
    "\b": "\\b",
    "\f": "\\f",
    "\n": "\\n",
    "\r": "\\r",
    "\t": "\\t",
    "\v": "\\v",
    "\\": "\\\\",
    '"': '\\"',
}


def go_quote(text: str) -> str:
    """A string as Go's %q prints it."""
    out = []
    for char in text:
        if char in _GO_ESCAPES:
            out.append(_GO_ESCAPES[char])
        elif char.isprintable():
            out.append(char)
        elif ord(char) < 0x80:
            out.append(f"\\x{ord(char):02x}")
        elif ord(char) < 0x10000:
            out.append(f"\\u{ord(char):04x}")
        else:
            out.append(f"\\U{ord(char):08x}")
    return '"' + "".join(out) + '"'


def _loader() -> type[Any]:
    base: type[Any] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

    class KubernetesLoader(base):  # type: ignore[misc]
        """YAML 1.1 without timestamps: Kubernetes reads dates as strings."""

    KubernetesLoader.yaml_implicit_resolvers = {
        first: [(tag, regexp) for tag, regexp in resolvers if tag != "tag:yaml.org,2002:timestamp"]
        for first, resolvers in base.yaml_implicit_resolvers.items()
    }
    return KubernetesLoader


def yaml_loads(text: bytes | str) -> Any:
    """The first YAML document, dates left as strings; raises yaml.YAMLError."""
    return yaml.load(text, Loader=_loader())  # noqa: S506 - a SafeLoader subclass


def _dumper() -> type[Any]:
    base: type[Any] = getattr(yaml, "CSafeDumper", yaml.SafeDumper)

    class GoDumper(base):  # type: ignore[misc]
        """Quotes as go-yaml does: double where a plain scalar would be something else, a block for several lines."""

    plain = base.yaml_implicit_resolvers

    def text(dumper: Any, value: str) -> Any:
        style = None
        if "\n" in value:
            style = "|"
        elif any(regexp.match(value) for _, regexp in plain.get(value[:1], ())):
            style = '"'
        return dumper.represent_scalar("tag:yaml.org,2002:str", value, style=style)

    GoDumper.add_representer(str, text)
    return GoDumper


_DUMPER: Final = _dumper()


def yaml_dumps(value: Any) -> bytes:
    """Block-style YAML with sorted keys, as sigs.k8s.io/yaml writes it."""
    options: dict[str, Any] = {"default_flow_style": False, "sort_keys": True, "allow_unicode": True, "width": 2**31 - 1}
    text: str = yaml.dump(value, Dumper=_DUMPER, **options)
    return text.encode()
