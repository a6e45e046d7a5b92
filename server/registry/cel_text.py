"""CEL expressions as text: their tokens, and what is wrong with them in the words of CEL's own compiler.

Models the messages of cel-go's parser and checker as far as names go; operands are not checked against operators.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

_TOKEN: Final = re.compile(
    r"""(?P<space>\s+|//[^\n]*)
    |(?P<string>[rRbB]{0,2}(?:\"{3}.*?\"{3}|'{3}.*?'{3}|"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'))
    |(?P<number>0[xX][0-9a-fA-F]+u?|[0-9]+(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?[uU]?)
    |(?P<name>[_a-zA-Z][_a-zA-Z0-9]*)
    |(?P<operator>&&|\|\||[<>=!]=|.)""",
    re.VERBOSE | re.DOTALL,
)
_LITERALS: Final = frozenset(("true", "false", "null", "in"))
_TYPES: Final = frozenset(
    ("bool", "bytes", "double", "dyn", "int", "list", "map", "null_type", "string", "type", "uint")
)
_BINARY: Final = frozenset(("&&", "||", "<", "<=", "==", "!=", ">=", ">", "in", "+", "-", "*", "/", "%", "?", ":"))
_EXPECTED: Final = (
    "{'[', '{', '(', '.', '-', '!', 'true', 'false', 'null', NUM_FLOAT, NUM_INT, NUM_UINT, STRING, BYTES, IDENTIFIER}"
)
_NAMESPACES: Final = frozenset(
    [
        "base64",
        "cel",
        "cidr",
        "google",
        "ip",
        "jsonpatch",
        "kubernetes",
        "lists",
        "math",
        "net",
        "optional",
        "proto",
        "regex",
        "semver",
        "sets",
        "strings",
        "url",
    ]
)
"""First parts of the names of functions and types."""


@dataclass(frozen=True, slots=True)
class Token:
    """A piece of an expression; `kind` is string, number, name or operator, `at` counts characters."""

    kind: str
    text: str
    at: int


def tokens(expression: str) -> list[Token]:
    """The tokens of an expression, without space and comments."""
    found = (Token(m.lastgroup or "", m.group(), m.start()) for m in _TOKEN.finditer(expression))
    return [t for t in found if t.kind != "space"]


def text(found: Sequence[Token], i: int) -> str:
    """The text of a token; empty where there is none."""
    return found[i].text if 0 <= i < len(found) else ""


def error(expression: str, at: int, words: str) -> str:
    """An issue as the compiler prints it, with the line that it is in."""
    before = expression[:at]
    line, start = before.count("\n"), before.rfind("\n") + 1
    shown = expression.split("\n")[line]
    return f"ERROR: <input>:{line + 1}:{at - start + 1}: {words}\n | {shown}\n | {'.' * (at - start)}^"


def syntax_issue(expression: str, found: Sequence[Token]) -> str:
    """The issue of an expression that ends with a binary operator or goes on after its end; empty for any other."""
    if found and found[-1].text in _BINARY:
        words = f"Syntax error: mismatched input '<EOF>' expecting {_EXPECTED}"
        return error(expression, len(expression.rstrip()), words)
    depth = 0
    for i, token in enumerate(found):
        depth += (token.text in ("(", "[", "{")) - (token.text in (")", "]", "}"))
        if depth == 0 and _is_operand(token, last=True) and i + 1 < len(found) and _is_operand(found[i + 1]):
            problem = "extraneous" if i + 2 == len(found) else "mismatched"
            words = f"Syntax error: {problem} input '{found[i + 1].text}' expecting <EOF>"
            return error(expression, found[i + 1].at, words)
    return ""


def _is_operand(token: Token, *, last: bool = False) -> bool:
    """Whether a token is an operand of its own, or the `last` of one."""
    if token.kind == "operator":
        return last and token.text in (")", "]", "}")
    return token.text != "in"


def references(found: Sequence[Token]) -> Iterator[tuple[int, Token]]:
    """The names that stand for variables, with their places: no fields, functions, literals or types."""
    bound = {t.text for i, t in enumerate(found) if text(found, i - 1) in ("(", ",") and text(found, i + 1) == ","}
    for i, token in enumerate(found):
        after = text(found, i + 1)
        if token.kind != "name" or text(found, i - 1) in (".", "?") or token.text in _LITERALS | _TYPES | bound:
            continue
        if after in ("(", ":", "{") or token.text[0].isupper():
            continue
        if after != "." or (token.text not in _NAMESPACES and text(found, i + 3) not in ("(", "{")):
            yield i, token


def undeclared(expression: str, token: Token) -> str:
    """The issue of a name that is no variable."""
    return error(expression, token.at, f"undeclared reference to '{token.text}' (in container '')")


def problem(expression: str, variables: Collection[str]) -> str:
    """Why an expression over these variables cannot be compiled; empty when nothing is found."""
    found = tokens(expression)
    issue = syntax_issue(expression, found)
    issues = [issue] if issue else []
    if not issues:
        issues = [undeclared(expression, t) for _, t in references(found) if t.text not in variables]
    return f"compilation failed: {chr(10).join(issues)}" if issues else ""
