"""Go's regular expressions (RE2 syntax) on Python's engine. Models regexp/syntax/parse.go."""

from __future__ import annotations

import re
import sys
import unicodedata
from collections.abc import Callable
from functools import cache
from typing import Final

MAX_REPEAT: Final = 1000
_PERL: Final = {
    "d": "0-9",
    "s": r"\t\n\f\r ",
    "w": "0-9A-Za-z_",
}
_POSIX: Final = {
    "alnum": "0-9A-Za-z",
    "alpha": "A-Za-z",
    "ascii": r"\x00-\x7f",
    "blank": r"\t ",
    "cntrl": r"\x00-\x1f\x7f",
    "digit": "0-9",
    "graph": "!-~",
    "lower": "a-z",
    "print": " -~",
    "punct": r"!-/:-@\[-`{-~",
    "space": r"\t-\r ",
    "upper": "A-Z",
    "word": "0-9A-Za-z_",
    "xdigit": "0-9A-Fa-f",
}
_CATEGORIES: Final = {"C": "cfos", "L": "lmotu", "M": "cen", "N": "dlo", "P": "cdefios", "S": "ckmo", "Z": "lps"}
_SCRIPTS: Final = {
    "Han": "CJK ",
    **{
        name: f"{name.upper()} "
        for name in (
            *("Arabic", "Armenian", "Bengali", "Bopomofo", "Cyrillic", "Devanagari", "Ethiopic", "Georgian", "Greek"),
            *("Gujarati", "Gurmukhi", "Hangul", "Hebrew", "Hiragana", "Kannada", "Katakana", "Khmer", "Lao", "Latin"),
            *("Malayalam", "Mongolian", "Myanmar", "Oriya", "Sinhala", "Syriac", "Tamil", "Telugu", "Thaana", "Thai"),
            *("Tibetan",),
        )
    },
}
_ESCAPES: Final = {"a": r"\a", "f": r"\f", "n": r"\n", "r": r"\r", "t": r"\t", "v": r"\v"}
_REPEAT: Final = re.compile(r"\{(\d+)(?:(,)(\d*))?\}")
_GROUP_NAME: Final = re.compile(r"\(\?P?<([^>]*)>")
_FLAGS: Final = re.compile(r"\(\?([imsU]*)(-[imsU]+)?([:)])")
_WORD: Final = re.compile(r"[0-9A-Za-z_]+\Z", re.ASCII)


class GoSyntaxError(ValueError):
    """An expression that Go refuses; its text is Go's."""

    def __init__(self, code: str, piece: str) -> None:
        super().__init__(f"error parsing regexp: {code}: `{piece}`")


def compile_go(pattern: str) -> re.Pattern[str]:
    """The expression on Python's engine; matches as Go's MatchString does with search(). Raises GoSyntaxError."""
    return _compile(pattern)


@cache
def _compile(pattern: str) -> re.Pattern[str]:
    return re.compile(_Parser(pattern).parse())


class _Parser:
    """One pass over the expression; what it gives has every flag in a scope of its own."""

    def __init__(self, pattern: str) -> None:
        self._text = pattern
        self._at = 0
        self._flags = {"i": False, "m": False, "s": False, "U": False}
        self._groups: list[tuple[dict[str, bool], int]] = []
        self._names: set[str] = set()
        self._out: list[str] = []
        self._scopes = 0
        self._repeatable = False
        self._repeated_from = -1

    def parse(self) -> str:
        while self._at < len(self._text):
            self._step(self._text[self._at])
        if self._groups:
            raise GoSyntaxError("missing closing )", self._text)
        return "".join(self._out) + ")" * self._scopes

    def _emit(self, piece: str, *, repeatable: bool = True) -> None:
        self._out.append(piece)
        self._repeatable, self._repeated_from = repeatable, -1

    def _step(self, char: str) -> None:
        match char:
            case "(":
                self._open()
            case ")":
                self._close()
            case "|":
                self._at += 1
                self._emit(self._alternative(), repeatable=False)
            case "*" | "+" | "?":
                self._repeat(char, self._at + 1)
            case "{":
                self._braces()
            case "[":
                self._emit(self._class())
            case ".":
                self._at += 1
                self._emit("(?s:.)" if self._flags["s"] else r"[^\n]")
            case "^":
                self._at += 1
                self._emit("(?m:^)" if self._flags["m"] else r"(?:\A)")
            case "$":
                self._at += 1
                self._emit("(?m:$)" if self._flags["m"] else r"(?:\Z)")
            case "\\":
                self._escape()
            case _:
                self._at += 1
                self._emit(re.escape(char))

    def _alternative(self) -> str:
        if not self._scopes:
            return "|"
        closing, self._scopes = ")" * self._scopes, 1
        return f"{closing}|{self._case_scope()}"

    def _case_scope(self) -> str:
        return "(?i:" if self._flags["i"] else "(?-i:"

    def _open(self) -> None:
        rest = self._text[self._at :]
        if not rest.startswith("(?"):
            self._push("(", dict(self._flags))
            self._at += 1
        elif (rest.startswith("(?P<") and len(rest) > 4) or (rest.startswith("(?<") and len(rest) > 3):
            self._open_named(rest)
        else:
            self._open_flags(rest)

    def _open_named(self, rest: str) -> None:
        found = _GROUP_NAME.match(rest)
        if found is None:
            raise GoSyntaxError("invalid named capture", rest)
        if not _WORD.match(found[1]):
            raise GoSyntaxError("invalid named capture", found[0])
        if found[1] in self._names:
            raise GoSyntaxError("duplicate capture group name", found[1])
        self._names.add(found[1])
        self._push("(", dict(self._flags))
        self._at += len(found[0])

    def _open_flags(self, rest: str) -> None:
        found = _FLAGS.match(rest)
        if found is None:
            known = len(rest) - len(re.sub(r"\A\(\?[imsU]*(?:-[imsU]+)?", "", rest))
            raise GoSyntaxError("invalid or unsupported Perl syntax", rest[: known + 1])
        before = dict(self._flags)
        if found[3] == ":":
            self._push("(?:", before)
        for name in found[1]:
            self._flags[name] = True
        for name in (found[2] or "-")[1:]:
            self._flags[name] = False
        if self._flags["i"] != before["i"]:
            self._out.append(self._case_scope())
            self._scopes += 1
        self._at += len(found[0])
        self._repeatable, self._repeated_from = False, -1

    def _push(self, opening: str, flags: dict[str, bool]) -> None:
        self._groups.append((flags, self._scopes))
        self._scopes = 0
        self._emit(opening, repeatable=False)

    def _close(self) -> None:
        if not self._groups:
            raise GoSyntaxError("unexpected )", self._text)
        scopes = self._scopes
        self._flags, self._scopes = self._groups.pop()
        self._at += 1
        self._emit(")" * (scopes + 1))

    def _braces(self) -> None:
        found = _REPEAT.match(self._text, self._at)
        if found is None:
            self._at += 1
            self._emit(r"\{")
            return
        low, high = int(found[1]), int(found[3]) if found[3] else None
        if low > MAX_REPEAT or (high is not None and (high > MAX_REPEAT or high < low)):
            raise GoSyntaxError("invalid repeat count", found[0])
        self._repeat(found[0], found.end())

    def _repeat(self, operator: str, end: int) -> None:
        start = self._at
        lazy = self._text[end : end + 1] == "?"
        end += lazy
        shown = self._text[start:end]
        if self._repeated_from >= 0:
            raise GoSyntaxError("invalid nested repetition operator", self._text[self._repeated_from : end])
        if not self._repeatable:
            raise GoSyntaxError("missing argument to repetition operator", shown)
        self._out.append(operator + "?" * (lazy != self._flags["U"]))
        self._repeated_from, self._at = start, end

    # escapes and classes ---------------------------------------------------------------------------------------------

    def _escape(self) -> None:
        if self._at + 1 >= len(self._text):
            raise GoSyntaxError("trailing backslash at end of expression", "")
        char = self._text[self._at + 1]
        if char in "AzbBCQ":
            self._at += 2
            if char == "Q":
                literal, _, rest = self._text[self._at :].partition(r"\E")
                self._at = len(self._text) - len(rest)
                for one in literal:
                    self._emit(re.escape(one))
                return
            self._emit({"A": r"(?:\A)", "z": r"(?:\Z)", "b": r"(?a:\b)", "B": r"(?a:\B)", "C": "(?s:.)"}[char])
            return
        negated, members = self._members()
        self._emit(f"[{'^' * negated}{members}]")

    def _members(self) -> tuple[bool, str]:
        """What the escape at this place stands for, as the inside of a class, and whether it is negated."""
        start, char = self._at, self._text[self._at + 1]
        if char.lower() in _PERL:
            self._at += 2
            return char.isupper(), _PERL[char.lower()]
        if char in "pP":
            return self._unicode(char == "P")
        if char in _ESCAPES:
            self._at += 2
            return False, _ESCAPES[char]
        if char == "x":
            found = re.compile(r"\\x(?:\{([0-9A-Fa-f]+)\}|([0-9A-Fa-f]{2}))").match(self._text, start)
            code = int(found[1] or found[2], 16) if found else -1
            if found is None or code > sys.maxunicode:
                raise GoSyntaxError("invalid escape sequence", self._text[start : start + 2])
            self._at = found.end()
            return False, _literal(code)
        if char in "01234567":
            found = re.compile(r"\\(0[0-7]{0,2}|[1-7][0-7]{1,2})").match(self._text, start)
            if found is None:
                raise GoSyntaxError("invalid escape sequence", self._text[start : start + 2])
            self._at = found.end()
            return False, _literal(int(found[1], 8))
        if char.isascii() and not char.isalnum():
            self._at += 2
            return False, _literal(ord(char))
        raise GoSyntaxError("invalid escape sequence", self._text[start : start + 2])

    def _unicode(self, negated: bool) -> tuple[bool, str]:
        found = re.compile(r"\\[pP](?:\{(\^?)([^}]*)\}|(.))", re.DOTALL).match(self._text, self._at)
        if found is None:
            raise GoSyntaxError("invalid character class range", self._text[self._at :])
        name = found[2] if found[2] is not None else found[3]
        members = _category(name)
        if members is None:
            raise GoSyntaxError("invalid character class range", found[0])
        self._at = found.end()
        return negated != bool(found[1]), members

    def _class(self) -> str:
        start = self._at
        self._at += 1
        negated = self._text[self._at : self._at + 1] == "^"
        self._at += negated
        parts: list[str] = []
        first = True
        while first or self._text[self._at : self._at + 1] != "]":
            if self._at >= len(self._text):
                raise GoSyntaxError("missing closing ]", self._text[start:])
            first = False
            parts.append(self._class_part(start))
        self._at += 1
        inside = "".join(parts)
        return f"[{'^' * negated}{inside}]"

    def _class_part(self, start: int) -> str:
        rest = self._text[self._at :]
        if rest.startswith("[:") and ":]" in rest:
            name = rest[2 : rest.index(":]")]
            members = _POSIX.get(name.removeprefix("^"))
            if members is None:
                raise GoSyntaxError("invalid character class range", f"[:{name}:]")
            self._at += len(name) + 4
            return _complement(members) if name.startswith("^") else members
        if rest.startswith("\\") and len(rest) > 1 and (rest[1].lower() in _PERL or rest[1] in "pP"):
            negated, members = self._members()
            return _complement(members) if negated else members
        begin = self._at
        low = self._class_char(start)
        if self._text[self._at : self._at + 1] != "-" or self._text[self._at + 1 : self._at + 2] in ("]", ""):
            return low
        self._at += 1
        high = self._class_char(start)
        if _code(high) < _code(low):
            raise GoSyntaxError("invalid character class range", self._text[begin : self._at])
        return f"{low}-{high}"

    def _class_char(self, start: int) -> str:
        if self._at >= len(self._text):
            raise GoSyntaxError("missing closing ]", self._text[start:])
        char = self._text[self._at]
        if char != "\\":
            self._at += 1
            return _literal(ord(char))
        if self._at + 1 >= len(self._text):
            raise GoSyntaxError("trailing backslash at end of expression", "")
        return self._members()[1]


def _literal(code: int) -> str:
    """A character as it stands in a class."""
    char = chr(code)
    return char if char.isalnum() or char == "_" or code > 127 else f"\\x{code:02x}"


def _code(member: str) -> int:
    found = re.fullmatch(r"\\x([0-9a-f]{2})", member)
    if found:
        return int(found[1], 16)
    return {r"\a": 7, r"\f": 12, r"\n": 10, r"\r": 13, r"\t": 9, r"\v": 11}.get(member) or ord(member)


@cache
def _complement(members: str) -> str:
    """Everything that is not in a class, as the inside of a class."""
    inside = re.compile(f"[{members}]")
    return _ranges(lambda code: inside.match(chr(code)) is None)


@cache
def _category(name: str) -> str | None:
    """A general category or script of Unicode as the inside of a class; None for one that is not known.

    A script is told by the names of its characters, which leaves out those that it shares with others.
    """
    if name == "Any":
        return f"{_literal(0)}-{chr(sys.maxunicode)}"
    if name in _SCRIPTS:
        prefix = _SCRIPTS[name]
        return _ranges(lambda code: unicodedata.name(chr(code), "").startswith(prefix))
    if len(name) not in (1, 2) or name[0] not in _CATEGORIES or name[1:] not in _CATEGORIES[name[0]]:
        return None
    if len(name) == 2:
        return _ranges(lambda code: unicodedata.category(chr(code)) == name)
    # Go's C is without the code points that are not assigned.
    return _ranges(lambda code: (c := unicodedata.category(chr(code)))[0] == name and c != "Cn")


def _ranges(wanted: Callable[[int], bool]) -> str:
    found: list[str] = []
    first = -1
    for code in range(sys.maxunicode + 2):
        inside = code <= sys.maxunicode and wanted(code)
        if inside and first < 0:
            first = code
        elif not inside and first >= 0:
            found.append(_literal(first) if first == code - 1 else f"{_literal(first)}-{_literal(code - 1)}")
            first = -1
    return "".join(found)
