"""Field paths and field errors, collected in lists. Models apimachinery/pkg/util/validation/field."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

from apimachinery.serializer import go_json, go_quote

ErrorType = Literal[
    "FieldValueNotFound",
    "FieldValueRequired",
    "FieldValueDuplicate",
    "FieldValueInvalid",
    "FieldValueNotSupported",
    "FieldValueForbidden",
    "FieldValueTooLong",
    "FieldValueTooMany",
    "InternalError",
    "FieldValueTypeInvalid",
]

_WORDS: Final[dict[str, str]] = {
    "FieldValueNotFound": "Not found",
    "FieldValueRequired": "Required value",
    "FieldValueDuplicate": "Duplicate value",
    "FieldValueInvalid": "Invalid value",
    "FieldValueNotSupported": "Unsupported value",
    "FieldValueForbidden": "Forbidden",
    "FieldValueTooLong": "Too long",
    "FieldValueTooMany": "Too many",
    "InternalError": "Internal error",
    "FieldValueTypeInvalid": "Invalid value",
}
_WITHOUT_VALUE: Final = frozenset({"FieldValueRequired", "FieldValueForbidden", "FieldValueTooLong", "InternalError"})
_OMIT: Final = object()


class Path:
    """A path into an object: `Path("spec") / "containers"` and `path[0]`, `path.key("a/b")` for maps.

    Paths are made for every field and printed for few: the text is put together when it is asked for.
    """

    __slots__ = ("_above", "_step")

    def __init__(self, step: str = "", above: Path | None = None) -> None:
        self._step = step
        self._above = above

    def __truediv__(self, name: str) -> Path:
        return Path("." + name, self)

    def __getitem__(self, index: int) -> Path:
        return Path(f"[{index}]", self)

    def key(self, key: str) -> Path:
        """The entry of a map: `data[a]`."""
        return Path(f"[{key}]", self)

    def __str__(self) -> str:
        steps = []
        path: Path | None = self
        while path is not None:
            steps.append(path._step)
            path = path._above
        return "".join(reversed(steps)).removeprefix(".") or "<nil>"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Path) and str(self) == str(other)

    def __hash__(self) -> int:
        return hash(str(self))

    def __repr__(self) -> str:
        return f"Path({str(self)!r})"


@dataclass(frozen=True, slots=True)
class Error:
    """One field error; `value` is what Go would print with its own formatting."""

    type: ErrorType
    path: str
    value: Any = _OMIT
    detail: str = ""

    def body(self) -> str:
        """The error without its path: `Invalid value: "x": detail`."""
        text = _WORDS[self.type]
        if self.value is not _OMIT and self.type not in _WITHOUT_VALUE:
            text += f": {format_value(self.value)}"
        if self.detail:
            text += f": {self.detail}"
        return text

    def __str__(self) -> str:
        return f"{self.path}: {self.body()}"

    def to_cause(self) -> dict[str, str]:
        """The Status cause of this error."""
        return {"reason": self.type, "message": self.body(), "field": self.path}


class Raw(str):
    """A value printed as it stands, without quotes."""

    __slots__ = ()


def format_value(value: Any) -> str:
    """A value as upstream prints it: strings quoted, numbers and booleans bare, the rest compact JSON."""
    if isinstance(value, Raw):
        return str(value)
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return go_quote(value)
    if isinstance(value, int | float):
        return str(value)
    return go_json(value)


def required(path: Path, detail: str = "") -> Error:
    """`path: Required value[: detail]`."""
    return Error("FieldValueRequired", str(path), "", detail)


def invalid(path: Path, value: Any, detail: str) -> Error:
    """`path: Invalid value: value: detail`."""
    return Error("FieldValueInvalid", str(path), value, detail)


def type_invalid(path: Path, value: Any, detail: str) -> Error:
    """`path: Invalid value: value: detail`, with the reason FieldValueTypeInvalid."""
    return Error("FieldValueTypeInvalid", str(path), value, detail)


def forbidden(path: Path, detail: str) -> Error:
    """`path: Forbidden: detail`."""
    return Error("FieldValueForbidden", str(path), "", detail)


def duplicate(path: Path, value: Any, detail: str = "") -> Error:
    """`path: Duplicate value: value`."""
    return Error("FieldValueDuplicate", str(path), value, detail)


def not_found(path: Path, value: Any) -> Error:
    """`path: Not found: value`."""
    return Error("FieldValueNotFound", str(path), value)


def not_supported(path: Path, value: Any, supported: Sequence[str]) -> Error:
    """`path: Unsupported value: value: supported values: "A", "B"`."""
    detail = f"supported values: {', '.join(go_quote(s) for s in supported)}" if supported else ""
    return Error("FieldValueNotSupported", str(path), value, detail)


def too_long(path: Path, limit: int) -> Error:
    """`path: Too long: may not be more than N bytes`."""
    return Error("FieldValueTooLong", str(path), "", f"may not be more than {limit} bytes")


def too_many(path: Path, actual: int, limit: int) -> Error:
    """`path: Too many: actual: must have at most N items`."""
    noun = "item" if limit == 1 else "items"
    return Error("FieldValueTooMany", str(path), actual, f"must have at most {limit} {noun}")


def internal(path: Path, error: object) -> Error:
    """`path: Internal error: error`."""
    return Error("InternalError", str(path), "", str(error))


def aggregate(found: Iterable[Error]) -> str:
    """Several errors as one message: the error itself, or `[a, b]` with identical texts once."""
    texts = list(dict.fromkeys(str(e) for e in found))
    return texts[0] if len(texts) == 1 else f"[{', '.join(texts)}]"
