"""YAML bodies as sigs.k8s.io/yaml turns them into JSON: string keys, and its words for keys set twice."""

from __future__ import annotations

from typing import Any

import yaml
import yaml.scanner

from apimachinery import serializer


def read(body: bytes) -> Any:
    """The JSON value of the first YAML document; raises ValueError."""
    try:
        return _json_keys(serializer.yaml_loads(body))
    except yaml.YAMLError as e:
        raise ValueError(_problem(e)) from None


def _problem(error: yaml.YAMLError) -> str:
    """The error in go-yaml's words, which names lines but the first, and those of the parser one too low."""
    if not isinstance(error, yaml.MarkedYAMLError):
        return f"yaml: {error}"
    line = 0
    if error.problem_mark is not None and error.problem_mark.line:
        line = error.problem_mark.line + isinstance(error, yaml.scanner.ScannerError)
    elif error.context_mark is not None:
        line = error.context_mark.line
    return f"yaml: line {line}: {error.problem}" if line else f"yaml: {error.problem}"


def duplicates(body: bytes) -> str:
    """What sigs.k8s.io/yaml says of keys that a YAML document sets twice; empty when none is."""
    loader = (yaml.CSafeLoader if hasattr(yaml, "CSafeLoader") else yaml.SafeLoader)(body)
    try:
        root = loader.get_node() if loader.check_node() else None
    finally:
        loader.dispose()
    found: list[str] = []
    _collect(root, found)
    return "\n".join(["yaml: unmarshal errors:", *found]) if found else ""


def _collect(node: yaml.Node | None, found: list[str]) -> None:
    if isinstance(node, yaml.SequenceNode):
        for child in node.value:
            _collect(child, found)
    if isinstance(node, yaml.MappingNode):
        seen = set()
        for key, child in node.value:
            if key.value in seen:
                found.append(f'  line {key.start_mark.line + 1}: key "{key.value}" already set in map')
            seen.add(key.value)
            _collect(child, found)


def _json_keys(value: Any) -> Any:
    """A YAML value with every mapping key as the string that JSON needs, as YAMLToJSON writes it; changes in place."""
    if isinstance(value, dict):
        for key in list(value):
            child = _json_keys(value[key])
            if type(key) is str:
                value[key] = child
            else:
                value[_key_text(key)] = value.pop(key)
    elif isinstance(value, list):
        for i, child in enumerate(value):
            value[i] = _json_keys(child)
    return value


def _key_text(key: object) -> str:
    if isinstance(key, bool):
        return "true" if key else "false"
    if key is None:
        return "null"
    return str(key)
