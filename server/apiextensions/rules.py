"""x-kubernetes-validations: CEL rules of custom resources. Models apiextensions-apiserver/pkg/apiserver/schema/cel.

The CEL library is loaded by the first definition that has rules. Rules that it cannot read, such as those with optional
field selection (`self.?field`), are left out; so is the cost budget.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from apimachinery import field, jsonvalue, serializer
from apimachinery.objects import View
from apimachinery.structural import Structural
from server.registry.custom_strategy import Rules

_log = logging.getLogger(__name__)

_ABSENT: Final = object()
_OLD: Final = re.compile(r"\boldSelf\b")
_ERROR_TYPES: Final[Mapping[str, field.ErrorType]] = {
    "FieldValueRequired": "FieldValueRequired",
    "FieldValueForbidden": "FieldValueForbidden",
    "FieldValueDuplicate": "FieldValueDuplicate",
}
_META: Final = Structural(
    {
        "type": "object",
        "properties": {"name": {"type": "string"}, "generateName": {"type": "string"}},
    }
)


@dataclass(frozen=True, slots=True)
class _Rule:
    """A rule of one schema node, ready to be asked."""

    text: str
    message: str
    message_expression: Any
    program: Any
    transition: bool
    error_type: field.ErrorType
    field_path: str

    def shown(self) -> str:
        return self.message.strip() or self.text.strip()


def make_rules(schema: Structural) -> Rules | None:
    """A check of every rule of a schema; None when it has none, or without a CEL library."""
    if not schema.has_rules():
        return None
    try:
        from server.apiextensions import cel
    except ModuleNotFoundError:
        _log.warning("x-kubernetes-validations are not checked: cel-python is not installed")
        return None
    checker = _Checker(cel)

    def check(obj: View, old: View | None) -> list[field.Error]:
        return list(checker.errors(obj, schema, field.Path(), _ABSENT if old is None else old, root=True))

    return check


class _Checker:
    """Asks the rules of a tree of schemas, each compiled when first needed."""

    def __init__(self, cel: Any) -> None:
        self._cel = cel
        self._rules: dict[int, list[_Rule]] = {}

    def errors(
        self, value: Any, schema: Structural, path: field.Path, old: Any, *, root: bool = False
    ) -> Iterator[field.Error]:
        """Errors of a value and of everything inside it; `old` is what it was, where that can be told."""
        if value is None:
            return
        if schema.rules:
            yield from self._own(value, schema, path, old, root=root)
        if isinstance(value, dict):
            before = old if isinstance(old, Mapping) else {}
            for name, element in value.items():
                child = schema.child(name)
                if child is not None:
                    below = path / name if name in schema.fields else path.key(name)
                    yield from self.errors(element, child, below, before.get(name, _ABSENT))
        elif isinstance(value, list) and schema.items is not None:
            before_by_key = _by_keys(old, schema)
            for i, element in enumerate(value):
                was = before_by_key.get(_identity(element, schema), _ABSENT) if before_by_key else _ABSENT
                yield from self.errors(element, schema.items, path[i], was)

    def _own(self, value: Any, schema: Structural, path: field.Path, old: Any, *, root: bool) -> Iterator[field.Error]:
        unchanged = old is not _ABSENT and jsonvalue.equal(value, old)
        variables: dict[str, Any] = {}
        for rule in self._compiled(schema):
            if (rule.transition and old is _ABSENT) or (unchanged and not rule.transition):
                continue
            if not variables:
                variables["self"] = self._cel.value(value, schema, meta=_META if root else None)
                if old is not _ABSENT:
                    variables["oldSelf"] = self._cel.value(old, schema, meta=_META if root else None)
            try:
                holds = self._cel.holds(rule.program, variables)
            except self._cel.EvaluationError as e:
                yield field.invalid(path, str(schema.type), f"{e} evaluating rule: {rule.shown()}")
                continue
            if not holds:
                yield self._error(rule, value, path, variables)

    def _error(self, rule: _Rule, value: Any, path: field.Path, variables: Mapping[str, Any]) -> field.Error:
        detail = rule.message.strip() or f"failed rule: {rule.shown()}"
        if rule.message_expression is not None:
            detail = self._cel.text(rule.message_expression, variables) or detail
        where = f"{'' if str(path) == '<nil>' else path}{rule.field_path}".removeprefix(".") or "<nil>"
        if isinstance(value, dict | list):
            return field.Error(rule.error_type, where, detail=detail)
        return field.Error(rule.error_type, where, value, detail)

    def _compiled(self, schema: Structural) -> list[_Rule]:
        found = self._rules.get(id(schema))
        if found is None:
            found = self._rules[id(schema)] = [r for raw in schema.rules if (r := self._compile(raw)) is not None]
        return found

    def _compile(self, raw: Mapping[str, Any]) -> _Rule | None:
        text = raw.get("rule") or ""
        if raw.get("optionalOldSelf"):
            _log.warning("the rule %r is not checked: it wants an optional oldSelf", text)
            return None
        program = self._cel.read(text)
        if program is None:
            _log.warning("the rule %r is not checked: it cannot be read", text)
            return None
        expression = raw.get("messageExpression")
        return _Rule(
            text=text,
            message=raw.get("message") or "",
            message_expression=self._cel.read(expression) if expression else None,
            program=program,
            transition=_OLD.search(text) is not None,
            error_type=_ERROR_TYPES.get(raw.get("reason") or "", "FieldValueInvalid"),
            field_path=raw.get("fieldPath") or "",
        )


def _by_keys(old: Any, schema: Structural) -> dict[bytes, Any]:
    """The former elements of an associative list by their keys; empty for any other list."""
    if schema.list_type != "map" or not isinstance(old, list):
        return {}
    return {_identity(element, schema): element for element in old}


def _identity(element: Any, schema: Structural) -> bytes:
    if schema.list_type != "map" or not isinstance(element, dict):
        return b""
    return serializer.canonical({k: element.get(k) for k in schema.list_map_keys})
