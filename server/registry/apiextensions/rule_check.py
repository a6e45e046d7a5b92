"""What can be told of a CEL rule from its text and the schema that it judges, in the words of CEL's own checker.

Models apiextensions-apiserver/pkg/apiserver/schema/cel/compilation.go and cel-go's checker as far as the names go:
fields that are not declared, variables that there are none of, a rule that is not a condition. Operands are not checked
against operators.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final, Literal, TypeAlias

from apimachinery import field
from apimachinery.structural import Structural
from server.registry import cel_text
from server.registry.apiextensions.structural import Schema
from server.registry.cel_text import Token, error, text
from server.registry.generic import go_struct

_SCALARS: Final = {"string": "string", "integer": "int", "boolean": "bool", "number": "double"}
_META: Final = Structural(
    {"type": "object", "properties": {"name": {"type": "string"}, "generateName": {"type": "string"}}}
)
_NAME: Final = Structural({"type": "string"})
_ESCAPED: Final = (("__dot__", "."), ("__dash__", "-"), ("__slash__", "/"), ("__underscores__", "__"))

Node: TypeAlias = "Structural | Literal['unknown']"


def errors(schema: Schema, path: field.Path) -> list[field.Error]:
    """Errors of the rules of a sound schema, those of inner ones first."""
    return list(_errors(Structural(schema), path, None, root=True))


def _errors(
    schema: Structural, path: field.Path, uncorrelated: field.Path | None, *, root: bool = False
) -> Iterator[field.Error]:
    """`uncorrelated` is the outermost list or map whose elements cannot be told from what they were."""
    if schema.values is not None:
        yield from _errors(schema.values, path / "additionalProperties", uncorrelated)
    apart = uncorrelated or (path if schema.map_type == "atomic" else None)
    for name, child in sorted(schema.fields.items()):
        yield from _errors(child, (path / "properties").key(name), apart, root=child.embedded_resource)
    if schema.items is not None:
        apart = uncorrelated or (None if schema.list_type == "map" else path)
        yield from _errors(schema.items, path / "items", apart, root=schema.items.embedded_resource)
    for i, rule in enumerate(schema.rules):
        at, expression = (path / "x-kubernetes-validations")[i], str(rule.get("rule") or "")
        detail = problem(expression, schema, root=root)
        message = str(rule.get("messageExpression") or "")
        if detail:
            yield field.invalid(at / "rule", _shown(rule), detail)
        elif issues := compile_issues(message, schema, root=root):
            yield field.invalid(
                at / "messageExpression", _shown(rule), f"messageExpression compilation failed: {issues}"
            )
        if not detail and any(t.kind == "name" and t.text == "oldSelf" for t in cel_text.tokens(expression)):
            if uncorrelated is not None:
                detail = f"oldSelf cannot be used on the uncorrelatable portion of the schema within {uncorrelated}"
                yield field.invalid(at / "rule", expression, detail)
        elif (optional := rule.get("optionalOldSelf")) is not None:
            detail = "may not be set if oldSelf is not used in rule"
            yield field.invalid(at / "optionalOldSelf", optional, detail)


def _shown(rule: Mapping[str, object]) -> field.Raw:
    """A rule as Go prints its internal type."""
    return go_struct(
        Rule=rule.get("rule") or "",
        Message=rule.get("message") or "",
        MessageExpression=rule.get("messageExpression") or "",
        Reason=rule.get("reason"),
        FieldPath=rule.get("fieldPath") or "",
        OptionalOldSelf=rule.get("optionalOldSelf"),
    )


def problem(rule: str, schema: Structural, *, root: bool = False) -> str:
    """Why a rule cannot be compiled for values of a schema; empty when nothing is found."""
    if issues := compile_issues(rule, schema, root=root):
        return f"compilation failed: {issues}"
    fits = _may_be_bool(cel_text.tokens(rule), schema, root=root)
    return "" if fits else "cel expression must evaluate to a bool"


def compile_issues(expression: str, schema: Structural, *, root: bool = False) -> str:
    """The compiler's issues with an expression over `self` and `oldSelf`, one below the other."""
    tokens = cel_text.tokens(expression)
    return cel_text.syntax_issue(expression, tokens) or "\n".join(_names(expression, tokens, schema, root=root))


def _names(rule: str, tokens: Sequence[Token], schema: Structural, *, root: bool) -> Iterator[str]:
    for i, token in cel_text.references(tokens):
        if token.text in ("self", "oldSelf"):
            yield from _chain(rule, tokens, i, schema, root=root)
        else:
            yield cel_text.undeclared(rule, token)


def _chain(rule: str, tokens: Sequence[Token], i: int, schema: Structural, *, root: bool) -> Iterator[str]:
    """The first field after `self` that is not declared, or stands in something that has no fields."""
    inside_has = text(tokens, i - 1) == "(" and text(tokens, i - 2) == "has"
    node: Node = schema
    while text(tokens, i + 1) == "." and i + 2 < len(tokens) and tokens[i + 2].kind == "name":
        if text(tokens, i + 3) == "(":
            return
        inner = inside_has and text(tokens, i + 3) == ")"
        at = tokens[i + 1].at if not inner else next(t.at for t in reversed(tokens[: i + 1]) if t.text == "(")
        name = tokens[i + 2].text
        below = _field(node, name, root=root)
        if below is None:
            yield error(rule, at, f"undefined field '{name}'")
        elif isinstance(below, str) and below != "unknown":
            yield error(rule, at, f"type '{below}' does not support field selection")
        if not isinstance(below, Structural):
            return
        node, root, i = below, below.embedded_resource, i + 2


def _field(node: Node, name: str, *, root: bool) -> Structural | str | None:
    """The schema of a field; None when there is none, `unknown`, or the type of a scalar that has no fields."""
    if not isinstance(node, Structural) or node.int_or_string:
        return "unknown"
    declared = node.raw.get("type") or ""
    if declared in _SCALARS:
        return "unknown" if node.format else _SCALARS[declared]
    if declared != "object":
        return "unknown"
    if node.values is not None:
        return node.values
    if root and name in ("apiVersion", "kind", "metadata"):
        return _META if name == "metadata" else _NAME
    child = node.fields.get(_unescaped(name))
    return child if child is None or child.raw.get("type") or child.int_or_string else None


def _unescaped(name: str) -> str:
    if name.startswith("__") and name.endswith("__") and name[2:-2].islower():
        return name[2:-2]
    for written, plain in _ESCAPED:
        name = name.replace(written, plain)
    return name


def _may_be_bool(tokens: Sequence[Token], schema: Structural, *, root: bool) -> bool:
    """False for a single literal, a sum of numbers, or a lone field that is no boolean."""
    kinds = {t.kind for t in tokens}
    texts = [t.text for t in tokens]
    if kinds <= {"number", "string"} or ("number" in kinds and kinds <= {"number", "operator"}):
        return any(t in ("<", "<=", "==", "!=", ">=", ">") for t in texts)
    if texts[0] != "self" or any(t != "." and k != "name" for t, k in ((t.text, t.kind) for t in tokens)):
        return True
    node: Node = schema
    for name in texts[2::2]:
        below = _field(node, name, root=root)
        if not isinstance(below, Structural):
            return True
        node, root = below, below.embedded_resource
    return not isinstance(node, Structural) or node.int_or_string or node.raw.get("type") in ("boolean", None)
