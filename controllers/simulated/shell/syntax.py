"""Shell text to a tree: lists, pipelines, if, while, until, for, groups, quoting and redirections."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final, TypeAlias


class SyntaxProblem(ValueError):
    """The text is not a script that this shell reads."""


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of a word: literal text, `$name`, `$(script)` or `$((sum))`."""

    kind: str
    text: str
    quoted: bool
    operator: str = ""
    argument: Word = ()


Word: TypeAlias = tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class Redirect:
    """`2>>file`; a target that starts with `&` names a descriptor."""

    descriptor: int
    operator: str
    target: Word


@dataclass(frozen=True, slots=True)
class Simple:
    """Assignments, words and redirections."""

    assignments: tuple[tuple[str, Word], ...]
    words: tuple[Word, ...]
    redirects: tuple[Redirect, ...]


@dataclass(frozen=True, slots=True)
class Pipeline:
    """Commands joined by `|`."""

    commands: tuple[Node, ...]
    negated: bool


@dataclass(frozen=True, slots=True)
class Sequence:
    """Commands with what joins each to the one before: `;`, `&&`, `||`; `&` runs the command beside."""

    items: tuple[tuple[str, Node], ...]


@dataclass(frozen=True, slots=True)
class If:
    """Conditions with their bodies, and the else."""

    branches: tuple[tuple[Node, Node], ...]
    otherwise: Node | None


@dataclass(frozen=True, slots=True)
class Loop:
    """while, or until when `inverted`."""

    condition: Node
    body: Node
    inverted: bool


@dataclass(frozen=True, slots=True)
class For:
    """for NAME in WORDS; do BODY; done."""

    name: str
    words: tuple[Word, ...]
    body: Node


@dataclass(frozen=True, slots=True)
class Group:
    """`{ … }` or `( … )`, with redirections."""

    body: Node
    redirects: tuple[Redirect, ...]


Node: TypeAlias = Simple | Pipeline | Sequence | If | Loop | For | Group

_OPERATORS: Final = ("&&", "||", ";;", ";", "&", "|", "(", ")", "\n")
_REDIRECT: Final = re.compile(r"(\d?)(>>|>&|<&|&>|>|<)")
_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*|[0-9]|[?$!@*#]")
_BRACED: Final = re.compile(r"(#?)([A-Za-z_][A-Za-z0-9_]*|[0-9]+|[?$!@*#])(?:(:?[-=+?]|%%?|##?)(.*))?$", re.DOTALL)
_ASSIGNMENT: Final = re.compile(r"([A-Za-z_][A-Za-z0-9_]*)=")
_RESERVED: Final = frozenset(["then", "else", "elif", "fi", "do", "done", "}"])

Token = tuple[str, "Word | str"]


def parse(text: str) -> Node:
    """The script's tree; raises SyntaxProblem."""
    parser = _Parser(tokenize(text))
    found = parser.sequence(frozenset())
    if parser.peek() is not None:
        raise SyntaxProblem(f'syntax error: unexpected "{_shown(parser.peek())}"')
    return found


def _shown(token: Token | None) -> str:
    if token is None:
        return "end of file"
    kind, value = token
    return str(value) if kind == "op" else "".join(p.text for p in value if isinstance(p, Part))


def tokenize(text: str) -> list[Token]:
    """Operators, redirections and words in order."""
    tokens: list[Token] = []
    position = 0
    while position < len(text):
        char = text[position]
        if char in " \t\r":
            position += 1
            continue
        if text.startswith("\\\n", position):
            position += 2
            continue
        if char == "#":
            end = text.find("\n", position)
            position = len(text) if end < 0 else end
            continue
        match = _REDIRECT.match(text, position)
        if match and not (char == "&" and match[2] != "&>"):
            tokens.append(("redirect", match[0]))
            position = match.end()
            continue
        operator = next((o for o in _OPERATORS if text.startswith(o, position)), None)
        if operator is not None:
            tokens.append(("op", operator))
            position += len(operator)
            continue
        word, position = read_word(text, position)
        tokens.append(("word", word))
    return tokens


def read_word(text: str, position: int, *, stop: str = " \t\r\n;&|()<>") -> tuple[Word, int]:
    """One word from a position on, and where it ends; without stop characters, the whole text."""
    parts: list[Part] = []
    literal: list[str] = []

    def flush(quoted: bool) -> None:
        if literal:
            parts.append(Part("text", "".join(literal), quoted))
            literal.clear()

    while position < len(text):
        char = text[position]
        if char in stop:
            break
        if char == "\\":
            flush(False)
            if position + 1 < len(text) and text[position + 1] != "\n":
                parts.append(Part("text", text[position + 1], True))
            position += 2
        elif char == "'":
            flush(False)
            end = text.find("'", position + 1)
            if end < 0:
                raise SyntaxProblem("syntax error: unterminated quoted string")
            parts.append(Part("text", text[position + 1 : end], True))
            position = end + 1
        elif char == '"':
            flush(False)
            position = _double_quoted(text, position + 1, parts)
        elif char == "$" or char == "`":
            flush(False)
            part, position = _dollar(text, position, quoted=False)
            parts.append(part)
        else:
            literal.append(char)
            position += 1
    flush(False)
    return tuple(parts), position


def _double_quoted(text: str, position: int, parts: list[Part]) -> int:
    literal: list[str] = []
    parts.append(Part("text", "", True))
    while position < len(text):
        char = text[position]
        if char == '"':
            if literal:
                parts.append(Part("text", "".join(literal), True))
            return position + 1
        if char == "\\" and position + 1 < len(text) and text[position + 1] in '"\\$`\n':
            if text[position + 1] != "\n":
                literal.append(text[position + 1])
            position += 2
        elif char in "$`":
            if literal:
                parts.append(Part("text", "".join(literal), True))
                literal = []
            part, position = _dollar(text, position, quoted=True)
            parts.append(part)
        else:
            literal.append(char)
            position += 1
    raise SyntaxProblem("syntax error: unterminated quoted string")


def _dollar(text: str, position: int, *, quoted: bool) -> tuple[Part, int]:
    if text[position] == "`":
        end = text.find("`", position + 1)
        if end < 0:
            raise SyntaxProblem("syntax error: unterminated quoted string")
        return Part("script", text[position + 1 : end], quoted), end + 1
    if text.startswith("$((", position):
        end = text.find("))", position)
        if end < 0:
            raise SyntaxProblem("syntax error: missing '))'")
        return Part("sum", text[position + 3 : end], quoted), end + 2
    if text.startswith("$(", position):
        end = _closing(text, position + 2, "(", ")")
        return Part("script", text[position + 2 : end], quoted), end + 1
    if text.startswith("${", position):
        end = _closing(text, position + 2, "{", "}")
        match = _BRACED.match(text[position + 2 : end])
        if match is None:
            raise SyntaxProblem("syntax error: bad substitution")
        operator = "length" if match[1] else match[3] or ""
        argument = read_word(match[4] or "", 0, stop="")[0]
        return Part("variable", match[2], quoted, operator, argument), end + 1
    match = _NAME.match(text, position + 1)
    if match is None:
        return Part("text", "$", quoted), position + 1
    return Part("variable", match[0], quoted), match.end()


def _closing(text: str, position: int, opening: str, closing: str) -> int:
    depth, quote = 1, ""
    while position < len(text):
        char = text[position]
        if quote:
            if char == quote:
                quote = ""
            elif char == "\\" and quote == '"':
                position += 1
        elif char in "'\"":
            quote = char
        elif char == "\\":
            position += 1
        elif char == opening:
            depth += 1
        elif char == closing:
            depth -= 1
            if depth == 0:
                return position
        position += 1
    raise SyntaxProblem(f'syntax error: unexpected end of file (expecting "{closing}")')


class _Parser:
    def __init__(self, tokens: list[Token]) -> None:
        self._tokens = tokens
        self._at = 0

    def peek(self) -> Token | None:
        return self._tokens[self._at] if self._at < len(self._tokens) else None

    def _take(self) -> Token:
        token = self.peek()
        if token is None:
            raise SyntaxProblem("syntax error: unexpected end of file")
        self._at += 1
        return token

    def _keyword(self) -> str:
        token = self.peek()
        if token is None or token[0] != "word":
            return ""
        word = token[1]
        plain = len(word) == 1 and isinstance(word[0], Part) and word[0].kind == "text" and not word[0].quoted
        return word[0].text if plain and isinstance(word[0], Part) else ""

    def _expect(self, keyword: str) -> None:
        self._newlines()
        if self._keyword() != keyword:
            raise SyntaxProblem(f'syntax error: unexpected "{_shown(self.peek())}" (expecting "{keyword}")')
        self._at += 1

    def _newlines(self) -> None:
        while self.peek() in (("op", "\n"), ("op", ";")):
            self._at += 1

    def sequence(self, ends: frozenset[str]) -> Node:
        items: list[tuple[str, Node]] = []
        joint = ";"
        while True:
            self._newlines()
            token = self.peek()
            if token is None or token == ("op", ")") or self._keyword() in (ends | _RESERVED):
                break
            node = self._pipeline()
            following = self.peek()
            if following == ("op", "&"):
                self._at += 1
                items.append((joint + "&", node))
                joint = ";"
                continue
            items.append((joint, node))
            if following in (("op", "&&"), ("op", "||")):
                joint = str(self._take()[1])
                self._newlines()
            elif following in (("op", ";"), ("op", "\n")):
                self._at += 1
                joint = ";"
            else:
                break
        return items[0][1] if len(items) == 1 and items[0][0] == ";" else Sequence(tuple(items))

    def _pipeline(self) -> Node:
        negated = False
        if self._keyword() == "!":
            self._at += 1
            negated = True
        commands = [self._command()]
        while self.peek() == ("op", "|"):
            self._at += 1
            self._newlines()
            commands.append(self._command())
        return commands[0] if len(commands) == 1 and not negated else Pipeline(tuple(commands), negated)

    def _command(self) -> Node:
        match self._keyword():
            case "if":
                return self._redirected(self._if())
            case "while" | "until" as keyword:
                self._at += 1
                condition = self.sequence(frozenset({"do"}))
                self._expect("do")
                body = self.sequence(frozenset({"done"}))
                self._expect("done")
                return self._redirected(Loop(condition, body, keyword == "until"))
            case "for":
                return self._redirected(self._for())
            case "{":
                self._at += 1
                body = self.sequence(frozenset({"}"}))
                self._expect("}")
                return Group(body, self._redirects())
        if self.peek() == ("op", "("):
            self._at += 1
            body = self.sequence(frozenset())
            if self._take() != ("op", ")"):
                raise SyntaxProblem('syntax error: expecting ")"')
            return Group(body, self._redirects())
        return self._simple()

    def _redirected(self, node: Node) -> Node:
        redirects = self._redirects()
        return Group(node, redirects) if redirects else node

    def _if(self) -> Node:
        branches = []
        otherwise: Node | None = None
        self._at += 1
        while True:
            condition = self.sequence(frozenset({"then"}))
            self._expect("then")
            branches.append((condition, self.sequence(frozenset({"elif", "else", "fi"}))))
            self._newlines()
            match self._keyword():
                case "elif":
                    self._at += 1
                    continue
                case "else":
                    self._at += 1
                    otherwise = self.sequence(frozenset({"fi"}))
            self._expect("fi")
            return If(tuple(branches), otherwise)

    def _for(self) -> Node:
        self._at += 1
        name = _shown(self._take())
        words: list[Word] = []
        self._newlines()
        if self._keyword() == "in":
            self._at += 1
            while (token := self.peek()) is not None and token[0] == "word":
                words.append(_word(self._take()))
        self._expect("do")
        body = self.sequence(frozenset({"done"}))
        self._expect("done")
        return For(name, tuple(words), body)

    def _redirects(self) -> tuple[Redirect, ...]:
        found = []
        while (token := self.peek()) is not None and token[0] == "redirect":
            found.append(self._redirect())
        return tuple(found)

    def _redirect(self) -> Redirect:
        text = str(self._take()[1])
        match = _REDIRECT.fullmatch(text)
        assert match is not None  # noqa: S101 - the tokenizer made it
        operator = match[2]
        descriptor = int(match[1]) if match[1] else 0 if operator.startswith("<") else 1
        target = self._take()
        if target[0] != "word":
            raise SyntaxProblem(f'syntax error: unexpected "{_shown(target)}"')
        return Redirect(descriptor, operator, _word(target))

    def _simple(self) -> Node:
        assignments: list[tuple[str, Word]] = []
        words: list[Word] = []
        redirects: list[Redirect] = []
        while (token := self.peek()) is not None:
            if token[0] == "redirect":
                redirects.append(self._redirect())
                continue
            if token[0] != "word":
                break
            word = _word(self._take())
            first = word[0] if word else None
            match = _ASSIGNMENT.match(first.text) if first and first.kind == "text" and not first.quoted else None
            if match and first and not words:
                rest = (Part("text", first.text[match.end() :], False), *word[1:])
                assignments.append((match[1], rest))
            else:
                words.append(word)
        if not (assignments or words or redirects):
            raise SyntaxProblem(f'syntax error: unexpected "{_shown(self.peek())}"')
        return Simple(tuple(assignments), tuple(words), tuple(redirects))


def _word(token: Token) -> Word:
    return tuple(p for p in token[1] if isinstance(p, Part))
