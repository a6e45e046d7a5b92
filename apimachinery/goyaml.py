"""YAML as sigs.k8s.io/yaml reads and writes it."""

from __future__ import annotations

import re
from typing import Any, ClassVar, Final

import yaml

_BOOL: Final = re.compile(r"y|Y|yes|Yes|YES|n|N|no|No|NO|true|True|TRUE|false|False|FALSE|on|On|ON|off|Off|OFF")
_TRUE: Final = ("y", "yes", "true", "on")
_INT: Final = re.compile(r"[-+]?(?:0b[01_]+|0o?[0-7_]+|0x[0-9a-fA-F_]+|[1-9][0-9_]*|0)")
_FLOAT: Final = re.compile(
    r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)"
)
_NULL: Final = re.compile(r"~|null|Null|NULL|")


def _loader() -> type[Any]:
    """YAML as sigs.k8s.io/yaml reads it: 1.1 with short booleans, no dates, no base 60; every key a string."""
    base: type[Any] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

    class GoLoader(base):  # type: ignore[misc]
        """Knows only the resolvers that follow."""

        yaml_implicit_resolvers: ClassVar[dict[Any, Any]] = {}

    for tag, regexp, first in (
        ("bool", _BOOL, "yYnNtTfFoO"),
        ("int", _INT, "-+0123456789"),
        ("float", _FLOAT, "-+.0123456789"),
        ("null", _NULL, "~nN"),
        ("merge", re.compile("<<"), "<"),
    ):
        whole = re.compile(f"(?:{regexp.pattern})$")
        GoLoader.add_implicit_resolver(f"tag:yaml.org,2002:{tag}", whole, [*first, *([""] if tag == "null" else ())])
    GoLoader.add_constructor("tag:yaml.org,2002:bool", lambda _, node: node.value.lower() in _TRUE)
    GoLoader.add_constructor("tag:yaml.org,2002:int", lambda _, node: _yaml_int(node.value))
    GoLoader.add_constructor("tag:yaml.org,2002:float", lambda _, node: _yaml_float(node.value))
    return GoLoader


def _yaml_int(text: str) -> int:
    digits = text.replace("_", "")
    if re.fullmatch(r"[-+]?0[0-7]+", digits):
        return int(digits, 8)
    return int(digits, 0)


def _yaml_float(text: str) -> float | int:
    value = float(text.replace(".", "", 1) if text.lower().endswith(("inf", "nan")) else text)
    return int(value) if value.is_integer() and abs(value) < 1e21 else value


def _string_keys(value: Any) -> Any:
    if isinstance(value, dict):
        return {_key(k): _string_keys(v) for k, v in value.items()}
    if isinstance(value, list):
        return [_string_keys(v) for v in value]
    return value


def _key(key: Any) -> str:
    if isinstance(key, str):
        return key
    if key is None:
        return "null"
    return str(key).lower() if isinstance(key, bool) else str(key)


_LOADER: Final = _loader()


def _check_aliases(text: bytes | str) -> None:
    """Refuse what go-yaml does: an anchor inside itself, and documents that are aliases for the most part."""
    sizes: dict[str, int] = {}
    own: list[tuple[str | None, int]] = []
    total = aliased = 0
    for event in yaml.parse(text, Loader=_LOADER):
        if isinstance(event, yaml.AliasEvent):
            if any(anchor == event.anchor for anchor, _ in own):
                raise yaml.YAMLError(f"anchor '{event.anchor}' value contains itself")
            if (size := sizes.get(event.anchor or "")) is None:
                raise yaml.YAMLError(f"unknown anchor '{event.anchor}' referenced")
            total, aliased = total + size, aliased + size
        elif isinstance(event, yaml.ScalarEvent):
            total += 1
            sizes.update({event.anchor: 1} if event.anchor else {})
        elif isinstance(event, yaml.CollectionStartEvent):
            own.append((event.anchor, total))
            total += 1
        elif isinstance(event, yaml.CollectionEndEvent):
            anchor, before = own.pop()
            sizes.update({anchor: total - before} if anchor else {})
        elif isinstance(event, yaml.DocumentEndEvent):
            break
        if aliased > 100 and total > 1000 and aliased / total > _allowed_aliases(total):
            raise yaml.YAMLError("document contains excessive aliasing")


def _allowed_aliases(total: int) -> float:
    """The part of so many nodes that aliases may bring in."""
    low, high = 400_000, 4_000_000
    return 0.99 - 0.89 * (min(max(total, low), high) - low) / (high - low)


def loads(text: bytes | str) -> Any:
    """The first YAML document as JSON would hold it; raises yaml.YAMLError."""
    if (b"*" if isinstance(text, bytes) else "*") in text:  # type: ignore[operator]  # both are of one kind
        _check_aliases(text)
    loader = _LOADER(text)
    try:
        return _string_keys(loader.get_data() if loader.check_data() else None)
    finally:
        loader.dispose()


def _dumper() -> type[Any]:
    base: type[Any] = getattr(yaml, "CSafeDumper", yaml.SafeDumper)

    class GoDumper(base):  # type: ignore[misc]
        """Quotes as go-yaml does: double where a plain scalar would be something else, a block for several lines."""

    plain, ours = base.yaml_implicit_resolvers, _LOADER.yaml_implicit_resolvers

    def text(dumper: Any, value: str) -> Any:
        style = None
        if "\n" in value:
            style = "|"
        elif any(regexp.match(value) for known in (plain, ours) for _, regexp in known.get(value[:1], ())):
            style = '"'
        return dumper.represent_scalar("tag:yaml.org,2002:str", value, style=style)

    GoDumper.add_representer(str, text)
    return GoDumper


_DUMPER: Final = _dumper()


def dumps(value: Any) -> bytes:
    """Block-style YAML with sorted keys, as sigs.k8s.io/yaml writes it."""
    options: dict[str, Any] = {
        "default_flow_style": False,
        "sort_keys": True,
        "allow_unicode": True,
        "width": 2**31 - 1,
    }
    text: str = yaml.dump(value, Dumper=_DUMPER, **options)
    return text.encode()
