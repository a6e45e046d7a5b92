"""Label selectors: parse, match, print. Models apimachinery/pkg/labels/selector.go."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal, Self

from apimachinery import validation
from apimachinery.serializer import go_quote

Operator = Literal["=", "==", "!=", "in", "notin", "exists", "!", "gt", "lt"]

_TOKEN: Final = re.compile(r"[ \r\t\n]*(?:(?P<symbol>==|!=|[!=,()<>])|(?P<word>[^ \r\t\n!=,()<>]+)|(?P<end>$))")
_OBJECT_OPERATORS: Final[dict[str, Operator]] = {"In": "in", "NotIn": "notin", "Exists": "exists", "DoesNotExist": "!"}


@dataclass(frozen=True, slots=True)
class Requirement:
    """One condition on one label."""

    key: str
    operator: Operator
    values: tuple[str, ...] = ()

    def matches(self, labels: Mapping[str, str]) -> bool:
        """Whether the labels meet it; `!=`, `notin` and `!` are met where the key is absent."""
        value = labels.get(self.key)
        match self.operator:
            case "exists":
                return value is not None
            case "!":
                return value is None
            case "in" | "=" | "==":
                return value is not None and value in self.values
            case "notin" | "!=":
                return value is None or value not in self.values
            case "gt" | "lt":
                number = _integer(value) if value is not None else None
                bound = _integer(self.values[0])
                if number is None or bound is None:
                    return False
                return number > bound if self.operator == "gt" else number < bound

    def __str__(self) -> str:
        match self.operator:
            case "exists":
                return self.key
            case "!":
                return f"!{self.key}"
            case "in" | "notin":
                return f"{self.key} {self.operator} ({','.join(sorted(self.values))})"
            case "gt":
                return f"{self.key}>{self.values[0]}"
            case "lt":
                return f"{self.key}<{self.values[0]}"
            case _:
                return f"{self.key}{self.operator}{self.values[0]}"


@dataclass(frozen=True, slots=True)
class LabelSelector:
    """A conjunction of requirements; `matches_nothing` is what a nil selector means."""

    requirements: tuple[Requirement, ...] = ()
    matches_nothing: bool = False

    @classmethod
    def everything(cls) -> Self:
        """Matches every set of labels."""
        return cls()

    @classmethod
    def nothing(cls) -> Self:
        """Matches none."""
        return cls(matches_nothing=True)

    @classmethod
    def parse(cls, text: str) -> Self:
        """From the query syntax `a=b,c in (d,e),!f,g>1`; raises ValueError with upstream's text."""
        return cls(tuple(_Parser(text).parse()))

    @classmethod
    def from_set(cls, labels: Mapping[str, str]) -> Self:
        """Equality on every pair."""
        return cls(tuple(Requirement(k, "=", (v,)) for k, v in sorted(labels.items())))

    @classmethod
    def from_object(cls, selector: Mapping[str, Any] | None) -> Self:
        """From a metav1.LabelSelector: None matches nothing, `{}` everything. Raises ValueError on a bad operator."""
        if selector is None:
            return cls.nothing()
        found = [Requirement(k, "=", (v,)) for k, v in sorted((selector.get("matchLabels") or {}).items())]
        for expression in selector.get("matchExpressions") or ():
            operator = _OBJECT_OPERATORS.get(expression.get("operator", ""))
            if operator is None:
                raise ValueError(
                    f"{go_quote(str(expression.get('operator', '')))} is not a valid label selector operator"
                )
            values = tuple(expression.get("values") or ())
            found.append(Requirement(expression.get("key", ""), operator, values))
        return cls(tuple(sorted(found, key=lambda requirement: requirement.key)))

    def empty(self) -> bool:
        """Whether it selects everything."""
        return not self.requirements and not self.matches_nothing

    def matches(self, labels: Mapping[str, str]) -> bool:
        """Whether all requirements hold."""
        if self.matches_nothing:
            return False
        for requirement in self.requirements:  # noqa: SIM110 - a generator would double the time of a controller's claim
            if not requirement.matches(labels):
                return False
        return True

    def __str__(self) -> str:
        return ",".join(str(r) for r in self.requirements)


def format_selector(selector: Mapping[str, Any] | None) -> str:
    """A metav1.LabelSelector as one line, `<none>` when empty, `<error>` when it cannot be read."""
    try:
        text = str(LabelSelector.from_object(selector))
    except ValueError:
        return "<error>"
    return text or "<none>"


def format_labels(labels: Mapping[str, str] | None) -> str:
    """`k=v,k=v` sorted, `<none>` when empty."""
    return ",".join(f"{k}={v}" for k, v in sorted((labels or {}).items())) or "<none>"


def _integer(text: str) -> int | None:
    return int(text) if re.fullmatch(r"[+-]?\d+", text) else None


class _Parser:
    """Recursive descent over the tokens, with upstream's error texts."""

    def __init__(self, text: str) -> None:
        self.tokens = list(_tokens(text))
        self.at = 0

    def peek(self, *, values: bool = False) -> tuple[str, str]:
        kind, literal = self.tokens[self.at]
        if values and kind == "op" and literal in ("in", "notin"):
            kind = "word"
        return kind, literal

    def next(self, *, values: bool = False) -> tuple[str, str]:
        token = self.peek(values=values)
        if self.at < len(self.tokens) - 1:
            self.at += 1
        return token

    def parse(self) -> Iterable[Requirement]:
        found: list[Requirement] = []
        while True:
            kind, literal = self.peek()
            if kind == "end":
                break
            if kind != "word" and literal != "!" and kind != "op":
                raise ValueError(f"found '{literal}', expected: !, identifier, or 'end of string'")
            try:
                found.append(self.requirement())
            except ValueError as e:
                raise ValueError(f"unable to parse requirement: {e}") from None
            kind, literal = self.next()
            if kind == "end":
                break
            if literal != ",":
                raise ValueError(f"found '{literal}', expected: ',' or 'end of string'")
            kind, literal = self.peek()
            if kind != "word" and literal != "!" and kind != "op":
                raise ValueError(f"found '{literal}', expected: identifier after ','")
        return sorted(found, key=lambda r: r.key)

    def requirement(self) -> Requirement:
        kind, literal = self.next(values=True)
        negated = literal == "!" and kind == "symbol"
        if negated:
            kind, literal = self.next(values=True)
        if kind != "word":
            raise ValueError(f"found '{literal}', expected: identifier")
        key = literal
        if problems := validation.qualified_name(key):
            raise ValueError(f"<nil>: Invalid value: {go_quote(key)}: {'; '.join(problems)}")
        kind, literal = self.peek()
        if negated or kind == "end" or literal == ",":
            return Requirement(key, "!" if negated else "exists")
        kind, literal = self.next()
        operator: Operator
        match literal:
            case "in" | "notin" if kind == "op":
                operator = "in" if literal == "in" else "notin"
                values = self.value_list()
            case "=" | "==" | "!=":
                operator = "=" if literal == "=" else "==" if literal == "==" else "!="
                values = (self.exact_value(),)
            case ">" | "<":
                operator = "gt" if literal == ">" else "lt"
                values = (self.exact_value(),)
            case _:
                raise ValueError(f"found '{literal}', expected: in, notin, =, ==, !=, gt, lt")
        _check_values(key, operator, values)
        return Requirement(key, operator, values)

    def exact_value(self) -> str:
        kind, literal = self.peek(values=True)
        if kind == "end" or literal == ",":
            return ""
        kind, literal = self.next(values=True)
        if kind != "word":
            raise ValueError(f"found '{literal}', expected: identifier")
        return literal

    def value_list(self) -> tuple[str, ...]:
        kind, literal = self.next(values=True)
        if literal != "(" or kind != "symbol":
            raise ValueError(f"found '{literal}' expected: '('")
        kind, literal = self.peek(values=True)
        if literal == ")":
            self.next()
            return ("",)
        if kind != "word" and literal != ",":
            raise ValueError(f"found '{literal}', expected: ',', ')' or identifier")
        values = self.identifiers()
        kind, literal = self.next(values=True)
        if literal != ")":
            raise ValueError(f"found '{literal}', expected: ')'")
        return tuple(sorted(values))

    def identifiers(self) -> set[str]:
        values: set[str] = set()
        while True:
            kind, literal = self.next(values=True)
            if kind == "word":
                values.add(literal)
                _, following = self.peek(values=True)
                if following == ")":
                    return values
                if following != ",":
                    raise ValueError(f"found '{following}', expected: ',' or ')'")
            elif literal == ",":
                if not values:
                    values.add("")
                _, following = self.peek(values=True)
                if following == ")":
                    return values | {""}
                if following == ",":
                    self.next(values=True)
                    values.add("")
            else:
                raise ValueError(f"found '{literal}', expected: ',', or identifier")


def _check_values(key: str, operator: Operator, values: tuple[str, ...]) -> None:
    if operator in ("gt", "lt"):
        if _integer(values[0]) is None:
            raise ValueError(
                f"values[0][{key}]: Invalid value: {go_quote(values[0])}: "
                "for 'Gt', 'Lt' operators, the value must be an integer"
            )
        return
    for i, value in enumerate(values):
        if problems := validation.label_value(value):
            raise ValueError(f"values[{i}][{key}]: Invalid value: {go_quote(value)}: {'; '.join(problems)}")


def _tokens(text: str) -> Iterable[tuple[str, str]]:
    at = 0
    while True:
        match = _TOKEN.match(text, at)
        if match is None or match.group("end") is not None:
            yield "end", ""
            return
        at = match.end()
        if (symbol := match.group("symbol")) is not None:
            yield "symbol", symbol
        else:
            word = match.group("word")
            yield ("op" if word in ("in", "notin") else "word"), word
