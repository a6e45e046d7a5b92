"""JSON values as Go compares and prints them."""

from __future__ import annotations

from typing import Any, Final

_KINDS: Final = {
    dict: "map[string]interface {}",
    list: "[]interface {}",
    str: "string",
    bool: "bool",
    int: "int64",
    float: "float64",
    type(None): "%!s(<nil>)",
}


def copy(value: Any) -> Any:
    """A copy that shares no dict or list with the value."""
    if type(value) is dict:
        return {key: copy(child) for key, child in value.items()}
    if type(value) is list:
        return [copy(child) for child in value]
    return value


def equal(left: Any, right: Any) -> bool:
    """Whether two values are the same JSON: true is not 1, and 1 is not 1.0."""
    if type(left) is not type(right):
        return False
    if type(left) is dict:
        return left.keys() == right.keys() and all(equal(child, right[key]) for key, child in left.items())
    if type(left) is list:
        return len(left) == len(right) and all(map(equal, left, right))
    return bool(left == right)


def type_name(value: Any) -> str:
    """The Go type that holds the value: `map[string]interface {}`, `int64`, …"""
    return _KINDS[type(value)]


def go_value(value: Any) -> str:
    """The value as Go's %v prints it: `map[a:1 b:[x y]]`, `<nil>`, `true`."""
    if isinstance(value, dict):
        return f"map[{' '.join(f'{key}:{go_value(value[key])}' for key in sorted(value))}]"
    if isinstance(value, list):
        return f"[{' '.join(map(go_value, value))}]"
    if value is None:
        return "<nil>"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return _go_float(value)
    return str(value)


def _go_float(value: float) -> str:
    """%g: an exponent below -4 or from 6 on is written out."""
    if value == 0 or 1e-4 <= abs(value) < 1e6:
        return f"{value!r}".removesuffix(".0")
    digits = f"{value!r}".replace("-", "", 1).partition("e")[0].replace(".", "").strip("0")
    mantissa, _, exponent = f"{value:.{max(len(digits) - 1, 0)}e}".partition("e")
    return f"{mantissa}e{exponent}"
