"""The fields of Kubernetes messages, read from messages.json: their numbers, and their order in Go's structs.

A message is written `number:name:type …` in the order of its declaration. A type is `*` repeated, `%` a map of strings
to, `^` a message whose fields JSON writes among those of its owner, then i (integer), b (bool), y (bytes), d (double),
the name of a message, or nothing (string). A message's name means its own package first, then apimachinery's. `=` marks
a message that JSON writes as the list it holds.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Final, Literal, NamedTuple

from apimachinery import serializer

Cardinality = Literal["one", "list", "map", "inline"]
_CARDINALITIES: Final[dict[str, Cardinality]] = {"*": "list", "%": "map", "^": "inline"}
SCALARS: Final = frozenset({"", "i", "b", "y", "d"})


class Field(NamedTuple):
    """One field of a message: its JSON name, and the full name of its message or the letter of its scalar."""

    number: int
    name: str
    cardinality: Cardinality
    type: str

    @property
    def attribute(self) -> str:
        """The name that the message class knows the field by."""
        return f"f{self.number}"


class Entry(NamedTuple):
    """A message of the table: its fields by number."""

    fields: dict[int, Field]
    is_list: bool


class Table:
    """Every message by its protobuf name without `k8s.io.`, such as `api.core.v1.Pod`."""

    def __init__(self, packages: dict[str, dict[str, str]]) -> None:
        self._packages = packages
        self._shared = {
            name: f"{package}.{name}"
            for package, messages in packages.items()
            if package.startswith("apimachinery.")
            for name in messages
        }
        self._entries: dict[str, Entry] = {}

    def __contains__(self, name: str) -> bool:
        package, _, message = name.rpartition(".")
        return message in self._packages.get(package, {})

    def entry(self, name: str) -> Entry:
        """A message's fields; raises KeyError."""
        found = self._entries.get(name)
        if found is None:
            package, _, message = name.rpartition(".")
            text = self._packages[package][message]
            items = (self._field(package, item) for item in text.removeprefix("=").split())
            fields = {field.number: field for field in items}
            found = self._entries[name] = Entry(fields, text.startswith("="))
        return found

    @property
    def names(self) -> list[str]:
        """The name of every message."""
        return [f"{package}.{message}" for package, messages in self._packages.items() for message in messages]

    def _field(self, package: str, item: str) -> Field:
        number, name, type_ = (item + ":").split(":")[:3]
        cardinality = _CARDINALITIES.get(type_[:1], "one")
        if cardinality != "one":
            type_ = type_[1:]
        return Field(int(number), name, cardinality, type_ if type_ in SCALARS else self._resolve(package, type_))

    def _resolve(self, package: str, name: str) -> str:
        if name in self._packages[package]:
            return f"{package}.{name}"
        return self._shared.get(name, name)


def message_name(definition: str) -> str:
    """The message of an OpenAPI definition: `api.core.v1.Pod` for `io.k8s.api.core.v1.Pod`."""
    name = definition.removeprefix("io.k8s.")
    return name.replace("apiextensions-apiserver", "apiextensions_apiserver").replace(
        "kube-aggregator", "kube_aggregator"
    )


@cache
def table() -> Table:
    """The table, read when first asked for."""
    return Table(serializer.loads(Path(__file__).with_suffix(".json").read_bytes()))
