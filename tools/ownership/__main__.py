"""`python -m tools.ownership [--sequences N] [--seed N]`: needs Go and structured-merge-diff's sources.

On Debian: apt-get install golang-go golang-k8s-sigs-structured-merge-diff-dev golang-k8s-sigs-yaml-dev
"""

from __future__ import annotations

import json
import os
import random
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Any, Final

import click

from apimachinery import jsonvalue
from apimachinery.structural import Structural
from server.fieldmanager import fieldset
from server.fieldmanager.conflicts import ConflictsError
from server.fieldmanager.managed_fields import APPLY, UPDATE, Manager, Managers
from server.fieldmanager.types import Converter
from server.fieldmanager.updater import Updater, Version

HERE: Final = Path(__file__).parent
SOURCES: Final = Path("/usr/share/gocode/src")
VERSION: Final = "v1"
DEPTH: Final = 4
_TEXT: Final = {"type": "string"}
_NUMBER: Final = {"type": "number"}
_LETTERS: Final = "abc"

Operation = dict[str, Any]
Result = dict[str, Any]


def _struct(depth: int) -> dict[str, Any]:
    deeper = {"deep": _struct(depth - 1), "items": _items(depth - 1)} if depth else {}
    return {"type": "object", "properties": {"a": _TEXT, "b": _NUMBER, **deeper}}


def _list(kind: str, items: dict[str, Any], *keys: str) -> dict[str, Any]:
    named = {"x-kubernetes-list-map-keys": list(keys)} if keys else {}
    return {"type": "array", "items": items, "x-kubernetes-list-type": kind, **named}


def _items(depth: int) -> dict[str, Any]:
    deeper = {"spec": _struct(depth - 1)} if depth else {}
    fields = {"name": _TEXT, "value": _TEXT, "tags": _list("set", _TEXT), **deeper}
    return _list("map", {"type": "object", "properties": fields}, "name")


def schema() -> dict[str, Any]:
    """The type T of schema.yaml as a custom resource's schema, its recursion cut off."""
    port = {"port": _NUMBER, "protocol": {"type": "string", "default": "TCP"}, "name": _TEXT}
    free = {"type": "object", "additionalProperties": _TEXT}
    fields = {
        "uid": _TEXT,
        "kind": _TEXT,
        "num": _NUMBER,
        "str": _TEXT,
        "flag": {"type": "boolean"},
        "labels": free,
        "frozen": {**free, "x-kubernetes-map-type": "atomic"},
        "spec": _struct(DEPTH),
        "set": _list("set", _TEXT),
        "nums": _list("set", _NUMBER),
        "plain": {"type": "array", "items": _TEXT},
        "items": _items(DEPTH),
        "ports": _list("map", {"type": "object", "properties": port}, "port", "protocol"),
        "open": {"x-kubernetes-preserve-unknown-fields": True},
    }
    return {"type": "object", "properties": fields}


class Generator:
    """Random sequences of operations on one object."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)
        self._schema = schema()

    def sequence(self) -> list[Operation]:
        """One to six operations by three appliers and three updaters."""
        return [self._operation() for _ in range(self._random.randint(1, 6))]

    def _operation(self) -> Operation:
        kind = self._random.choice((APPLY, APPLY, UPDATE))
        manager = self._random.choice("mno" if kind == APPLY else "xyz")
        obj = {**self._object(self._schema, 0), "kind": "K"}
        obj.pop("uid", None)
        if kind == UPDATE:
            obj["uid"] = "u"
        force = self._random.random() < 0.6
        return {"op": kind.lower(), "manager": manager, "force": force, "obj": obj}

    def _object(self, declared: dict[str, Any], depth: int) -> dict[str, Any]:
        chance = 0.4 / (1 + depth * 0.3)
        chosen = ((k, v) for k, v in declared["properties"].items() if self._random.random() < chance)
        return {name: self._value(child, depth + 1) for name, child in chosen}

    def _value(self, declared: dict[str, Any], depth: int) -> Any:
        if self._random.random() < 0.03:
            return None
        kind = declared.get("type")
        if kind is None:
            return self._anything(depth)
        if kind == "object":
            if "additionalProperties" in declared:
                return {self._letter(): self._letter() for _ in range(self._random.randrange(3))}
            return self._object(declared, depth)
        if kind == "array":
            return self._elements(declared, depth)
        return self._scalar(kind)

    def _elements(self, declared: dict[str, Any], depth: int) -> list[Any]:
        items, keys = declared["items"], declared.get("x-kubernetes-list-map-keys") or ()
        count = self._random.randrange(4)
        if not keys:
            found = [self._scalar(items["type"]) for _ in range(count)]
            return list(dict.fromkeys(found)) if declared.get("x-kubernetes-list-type") == "set" else found
        by_key = {}
        for _ in range(count):
            element = self._object(items, depth)
            for key in keys:
                element[key] = self._scalar(items["properties"][key]["type"])
                if "default" in items["properties"][key] and self._random.random() < 0.5:
                    del element[key]
            by_key[tuple(element.get(key, "TCP") for key in keys)] = element
        return list(by_key.values())

    def _anything(self, depth: int) -> Any:
        shape = self._random.randrange(4) if depth < DEPTH else 0
        if shape == 0:
            return self._letter()
        if shape == 1:
            return [self._letter() for _ in range(self._random.randrange(3))]
        return {self._letter(): self._anything(depth + 1) for _ in range(self._random.randrange(3))}

    def _scalar(self, kind: str) -> Any:
        if kind == "boolean":
            return self._random.random() < 0.5
        return self._random.randrange(3) if kind == "number" else self._letter()

    def _letter(self) -> str:
        return self._random.choice(_LETTERS)


def play(updater: Updater, operations: list[Operation]) -> list[Result]:
    """What each operation leaves with us."""
    live: dict[str, Any] = {"uid": "u"}
    managers: Managers = {}
    results: list[Result] = []
    for operation in operations:
        obj = jsonvalue.copy(operation["obj"])
        applies = operation["op"] == APPLY.lower()
        manager = Manager(operation["manager"], APPLY if applies else UPDATE, "" if applies else VERSION)
        try:
            if applies:
                merged, managers = updater.apply(live, obj, managers, manager, force=operation["force"])
                live = jsonvalue.copy(live if merged is None else merged)
            else:
                managers = updater.update(live, obj, managers, manager)
                live = obj
        except ConflictsError as e:
            paths = [f"{c.manager.name} {fieldset.path_text(c.path)}" for c in e.conflicts]
            results.append({"conflicts": sorted(paths)})
            continue
        owners = {m.name: fieldset.canonical(e.fields) for m, e in managers.items()}
        results.append({"object": _unordered(live), "owners": owners})
    return results


def _unordered(value: Any) -> Any:
    """A value whose lists are sorted: releases of the library merge them in different orders."""
    if isinstance(value, dict):
        return {k: _unordered(v) for k, v in value.items()}
    if isinstance(value, list):
        return sorted((_unordered(v) for v in value), key=lambda v: json.dumps(v, sort_keys=True))
    return value


def _expected(result: Result) -> Result:
    if "conflicts" in result:
        return {"conflicts": sorted(result["conflicts"])}
    return {"object": _unordered(result["object"]), "owners": result["owners"]}


def build(folder: Path) -> Path:
    """The program over the library; ClickException when something is missing."""
    library = SOURCES / "sigs.k8s.io" / "structured-merge-diff"
    if shutil.which("go") is None or not library.is_dir():
        raise click.ClickException((__doc__ or "").strip().splitlines()[-1])
    source = folder / "src"
    shutil.copytree(SOURCES, source, ignore=shutil.ignore_patterns("structured-merge-diff"))
    shutil.copytree(library, source / "sigs.k8s.io" / "structured-merge-diff" / "v4")
    program = folder / "ownership"
    environment = {**os.environ, "GOPATH": str(folder), "GO111MODULE": "off", "GOCACHE": str(folder / "cache")}
    subprocess.run(["go", "build", "-o", program, HERE / "main.go"], env=environment, check=True)
    return program


@click.command()
@click.option("--sequences", default=2000, show_default=True)
@click.option("--seed", default=1, show_default=True)
def main(sequences: int, seed: int) -> None:
    """Compare; exit code 1 at the first difference."""
    generator = Generator(seed)
    played = [generator.sequence() for _ in range(sequences)]
    with tempfile.TemporaryDirectory() as folder:
        program = build(Path(folder))
        lines = "\n".join(json.dumps(operations) for operations in played)
        done = subprocess.run([program, HERE / "schema.yaml"], input=lines, capture_output=True, text=True, check=True)
    updater = Updater(Version(VERSION, Converter().convert(Structural(schema())), {}), {}, lambda obj, _: obj)
    for operations, line in zip(played, done.stdout.splitlines(), strict=True):
        expected = [_expected(r) for r in json.loads(line)]
        if (found := play(updater, operations)) != expected:
            at = next(i for i, (a, b) in enumerate(zip(found, expected, strict=True)) if a != b)
            click.echo(f"operations: {json.dumps(operations[: at + 1])}\nours: {found[at]}\ntheirs: {expected[at]}")
            raise SystemExit(1)
    click.echo(f"{sum(map(len, played))} operations in {sequences} sequences: no difference")


if __name__ == "__main__":
    main()
