"""Runs a script's tree as a program: commands yield their output and their sleeps, time is the container's."""

from __future__ import annotations

import fnmatch
import math
import re
import zlib
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from controllers.simulated.filesystem import FileSystem
from controllers.simulated.process import FOREVER, Effect, Output, Program, Sleep
from controllers.simulated.shell import syntax
from controllers.simulated.shell.syntax import Node, Part, SyntaxProblem, Word


class Exit(Exception):
    """`exit N`."""

    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.code = code


class LoopJump(Exception):
    """`break` or `continue`."""

    def __init__(self, kind: str) -> None:
        super().__init__(kind)
        self.kind = kind


@dataclass(slots=True)
class Shell:
    """A running shell: variables, files and what runs beside it."""

    files: FileSystem
    variables: dict[str, str]
    now: Callable[[], float]
    hostname: str
    user: str = "root"
    cwd: str = "/"
    positional: tuple[str, ...] = ()
    name: str = "sh"
    status: int = 0
    traps: dict[str, str] = field(default_factory=dict)
    errexit: bool = False
    forever: bool = False
    stdin: str | None = None
    lenient: bool = False
    """Whether a command that nobody knows is taken for a server that runs for ever."""

    # running --------------------------------------------------------------------------------------------------------

    def run_text(self, text: str) -> Program:
        """Run a script; its exit code."""
        try:
            tree = syntax.parse(text)
        except SyntaxProblem as error:
            yield Output(f"{self.name}: {error}\n", "stderr")
            return 2
        try:
            code = yield from self.run(tree)
        except Exit as end:
            code = end.code
        except LoopJump:
            code = 0
        if self.forever:
            yield Sleep(FOREVER)
        return code

    def start(self, argv: list[str]) -> Program:
        """Run one command as the first process of a container; its exit code."""
        try:
            return (yield from self.execute(argv))
        except Exit as end:
            return end.code
        except LoopJump:
            return 0

    def run(self, node: Node) -> Program:
        """Run a tree; its exit code, which is also `$?`."""
        match node:
            case syntax.Simple():
                self.status = yield from self._simple(node)
            case syntax.Pipeline(commands, negated):
                code = yield from self._pipeline(commands)
                self.status = int(not code) if negated else code
            case syntax.Sequence(items):
                yield from self._sequence(items)
            case syntax.If(branches, otherwise):
                yield from self._if(branches, otherwise)
            case syntax.Loop(condition, body, inverted):
                yield from self._loop(condition, body, inverted)
            case syntax.For(name, words, body):
                yield from self._for(name, words, body)
            case syntax.Group(body, redirects):
                self.status = yield from self._redirected(redirects, lambda: self.run(body))
        return self.status

    def _sequence(self, items: Sequence[tuple[str, Node]]) -> Program:
        self.status = 0
        for joint, node in items:
            if joint.startswith("&&") and self.status != 0:
                continue
            if joint.startswith("||") and self.status == 0:
                continue
            if joint.endswith("&") and joint != "&&":
                yield from self._beside(node)
                continue
            yield from self.run(node)
            if self.errexit and self.status != 0 and joint == ";":
                raise Exit(self.status)
        return self.status

    def _beside(self, node: Node) -> Program:
        """Run a background job until it first sleeps; one that sleeps for ever makes `wait` do so too."""
        for effect in self.run(node):
            if isinstance(effect, Sleep):
                self.forever = self.forever or math.isinf(effect.seconds)
                break
            yield effect
        self.status = 0
        return 0

    def _if(self, branches: Sequence[tuple[Node, Node]], otherwise: Node | None) -> Program:
        for condition, body in branches:
            code = yield from self.run(condition)
            if code == 0:
                return (yield from self.run(body))
        self.status = 0
        if otherwise is not None:
            yield from self.run(otherwise)
        return self.status

    def _loop(self, condition: Node, body: Node, inverted: bool) -> Program:
        while True:
            code = yield from self.run(condition)
            if (code == 0) is inverted:
                self.status = 0
                return 0
            try:
                yield from self.run(body)
            except LoopJump as jump:
                if jump.kind == "break":
                    self.status = 0
                    return 0
            yield Sleep(0)

    def _for(self, name: str, words: Sequence[Word], body: Node) -> Program:
        values: list[str] = []
        for word in words:
            values += yield from self.expand(word)
        for value in values:
            self.variables[name] = value
            try:
                yield from self.run(body)
            except LoopJump as jump:
                if jump.kind == "break":
                    break
        return self.status

    def _pipeline(self, commands: Sequence[Node]) -> Program:
        text: str | None = self.stdin
        for index, node in enumerate(commands):
            before, self.stdin = self.stdin, text
            last = index == len(commands) - 1
            try:
                if last:
                    yield from self.run(node)
                else:
                    text = yield from self._captured(node)
            finally:
                self.stdin = before
        return self.status

    def _captured(self, node: Node) -> Generator[Effect, Any, str]:
        """Run a command and keep its standard output."""
        kept: list[str] = []
        program = self.run(node)
        answer: Any = None
        while True:
            try:
                effect = program.send(answer)
            except StopIteration:
                return "".join(kept)
            answer = None
            if isinstance(effect, Output) and effect.stream == "stdout":
                kept.append(effect.text)
            else:
                answer = yield effect

    def _simple(self, node: syntax.Simple) -> Program:
        words: list[str] = []
        for word in node.words:
            words += yield from self.expand(word)
        assigned = {}
        for name, word in node.assignments:
            assigned[name] = " ".join((yield from self.expand(word, split=False)))
        if not words:
            self.variables.update(assigned)
            return (yield from self._redirected(node.redirects, _nothing))
        before = {k: self.variables.get(k) for k in assigned}
        self.variables.update(assigned)
        try:
            return (yield from self._redirected(node.redirects, lambda: self.execute(words)))
        finally:
            for name, value in before.items():
                if value is None:
                    self.variables.pop(name, None)
                else:
                    self.variables[name] = value

    def execute(self, words: list[str]) -> Program:
        """Run one command by its words; 127 when this container has no such command."""
        from controllers.simulated.shell import commands

        name = words[0]
        found = commands.find(name)
        if found is None and self.lenient:
            yield Sleep(FOREVER)
        if found is None:
            yield Output(f"{self.name}: {name}: not found\n", "stderr")
            return 127
        return (yield from found(self, words[1:]))

    def _redirected(self, redirects: Sequence[syntax.Redirect], command: Callable[[], Program]) -> Program:
        if not redirects:
            return (yield from command())
        targets: dict[int, str] = {}
        before = self.stdin
        for redirect in redirects:
            target = " ".join((yield from self.expand(redirect.target, split=False)))
            operator, descriptor = redirect.operator, redirect.descriptor
            if operator == "<":
                try:
                    self.stdin = self.files.read(self.path(target)).decode(errors="replace")
                except OSError as error:
                    yield Output(f"{self.name}: can't open '{target}': {error.strerror}\n", "stderr")
                    return 1
            elif operator == ">&":
                targets[descriptor] = targets.get(int(target), f"&{target}") if target.isdigit() else target
            else:
                numbers = (1, 2) if operator == "&>" else (descriptor,)
                for number in numbers:
                    targets[number] = target
                if operator != ">>" and target not in _DEVICES:
                    try:
                        self.files.write(self.path(target), b"")
                    except OSError as error:
                        yield Output(f"{self.name}: can't create {target}: {error.strerror}\n", "stderr")
                        return 1
        program, answer = command(), None
        try:
            while True:
                try:
                    effect = program.send(answer)
                except StopIteration as end:
                    return int(end.value or 0)
                answer = None
                if isinstance(effect, Output):
                    yield from self._write(effect, targets.get(1 if effect.stream == "stdout" else 2))
                else:
                    answer = yield effect
        finally:
            self.stdin = before

    def _write(self, effect: Output, target: str | None) -> Generator[Effect, Any, None]:
        if target is None or target in ("/dev/fd/1", "/proc/1/fd/1"):
            yield effect
        elif target in ("&1", "/dev/stdout"):
            yield Output(effect.text, "stdout")
        elif target in ("&2", "/dev/stderr", "/proc/1/fd/2"):
            yield Output(effect.text, "stderr")
        elif target != "/dev/null":
            self.files.append(self.path(target), effect.text.encode())

    # words ----------------------------------------------------------------------------------------------------------

    def path(self, text: str) -> str:
        """An absolute path."""
        return self.files.normal(text if text.startswith("/") else f"{self.cwd}/{text}")

    def expand(self, word: Word, *, split: bool = True) -> Generator[Effect, Any, list[str]]:
        """The fields that a word becomes."""
        fields: list[str] = [""]
        seen = quoted = False
        for part in word:
            value = part.text if part.kind == "text" else (yield from self._value(part))
            quoted = quoted or part.quoted
            if part.kind == "text" or part.quoted or not split:
                if part.kind == "text" and not part.quoted and split and fields == [""] and value.startswith("~"):
                    value = self.variables.get("HOME", "/root") + value[1:]
                fields[-1] += value
                seen = seen or bool(value) or part.quoted
                continue
            pieces = value.split()
            if pieces:
                if seen and value[:1].isspace():
                    fields.append("")
                fields[-1] += pieces[0]
                fields += pieces[1:]
                seen = True
        if not seen and not quoted and split:
            return []
        if split and not quoted and any(c in f for f in fields for c in "*?["):
            return [name for f in fields for name in self._matching(f)]
        return fields

    def _matching(self, pattern: str) -> list[str]:
        if not any(c in pattern for c in "*?["):
            return [pattern]
        folder, _, last = pattern.rpartition("/")
        where = self.path(folder or ("/" if pattern.startswith("/") else "."))
        try:
            names = sorted(n for n in self.files.list(where) if fnmatch.fnmatchcase(n, last) and n[0] != ".")
        except OSError:
            names = []
        prefix = pattern[: len(pattern) - len(last)]
        return [prefix + n for n in names] or [pattern]

    def _value(self, part: Part) -> Generator[Effect, Any, str]:
        match part.kind:
            case "script":
                try:
                    tree = syntax.parse(part.text)
                except SyntaxProblem as error:
                    yield Output(f"{self.name}: {error}\n", "stderr")
                    return ""
                return (yield from self._captured(tree)).rstrip("\n")
            case "sum":
                return str(_sum(part.text, self.variables))
        value = self.variable(part.text)
        match part.operator:
            case ":-" | "-" if value is None or (not value and part.operator == ":-"):
                return "".join((yield from self.expand(part.argument, split=False)))
            case ":=" | "=" if not value:
                self.variables[part.text] = "".join((yield from self.expand(part.argument, split=False)))
                return self.variables[part.text]
            case ":+" | "+":
                return "".join((yield from self.expand(part.argument, split=False))) if value else ""
            case ":?" | "?" if not value:
                text = "".join((yield from self.expand(part.argument, split=False)))
                yield Output(f"{self.name}: {part.text}: {text or 'parameter not set'}\n", "stderr")
                raise Exit(2)
            case "length":
                return str(len(value or ""))
            case "%" | "%%" | "#" | "##":
                pattern = "".join((yield from self.expand(part.argument, split=False)))
                return _trimmed(value or "", part.operator, pattern)
        return value or ""

    def variable(self, name: str) -> str | None:
        """The value of a variable or special parameter."""
        match name:
            case "?":
                return str(self.status)
            case "$":
                return "1"
            case "#":
                return str(len(self.positional))
            case "@" | "*":
                return " ".join(self.positional)
            case "0":
                return self.name
        if name.isdigit():
            index = int(name) - 1
            return self.positional[index] if index < len(self.positional) else None
        if name == "RANDOM":
            return str(zlib.crc32(f"{self.now()}/{self.hostname}".encode()) % 32768)
        return self.variables.get(name)


_DEVICES: Final = frozenset({"/dev/null", "/dev/stdout", "/dev/stderr", "/dev/fd/1", "/proc/1/fd/1", "/proc/1/fd/2"})


def _nothing() -> Program:
    yield from ()
    return 0


def _trimmed(value: str, operator: str, pattern: str) -> str:
    lengths = range(len(value) + 1)
    if operator[0] == "#":
        for n in lengths if operator == "#" else reversed(lengths):
            if fnmatch.fnmatchcase(value[:n], pattern):
                return value[n:]
        return value
    for n in reversed(lengths) if operator == "%" else lengths:
        if fnmatch.fnmatchcase(value[n:], pattern):
            return value[:n]
    return value


_NUMBERS: Final = re.compile(r"\s*(?:(\d+)|\$?([A-Za-z_]\w*)|(<=|>=|==|!=|[-+*/%()<>]))")


def _sum(text: str, variables: dict[str, str]) -> int:
    """An integer expression: + - * / % ( ) and comparisons."""
    tokens: list[str] = []
    for number, name, operator in _NUMBERS.findall(text):
        tokens.append(number or operator or str(_int(variables.get(name, "0"))))
    value, _ = _comparison(tokens, 0)
    return value


def _int(text: str) -> int:
    try:
        return int(text)
    except ValueError:
        return 0


def _comparison(tokens: list[str], at: int) -> tuple[int, int]:
    left, at = _additive(tokens, at)
    while at < len(tokens) and tokens[at] in ("<", ">", "<=", ">=", "==", "!="):
        operator = tokens[at]
        right, at = _additive(tokens, at + 1)
        left = int(
            {
                "<": left < right,
                ">": left > right,
                "<=": left <= right,
                ">=": left >= right,
                "==": left == right,
                "!=": left != right,
            }[operator]
        )
    return left, at


def _additive(tokens: list[str], at: int) -> tuple[int, int]:
    left, at = _product(tokens, at)
    while at < len(tokens) and tokens[at] in "+-":
        operator = tokens[at]
        right, at = _product(tokens, at + 1)
        left = left + right if operator == "+" else left - right
    return left, at


def _product(tokens: list[str], at: int) -> tuple[int, int]:
    left, at = _atom(tokens, at)
    while at < len(tokens) and tokens[at] in ("*", "/", "%"):
        operator = tokens[at]
        right, at = _atom(tokens, at + 1)
        if operator == "*":
            left *= right
        elif right:
            left = left // right if operator == "/" else left % right
    return left, at


def _atom(tokens: list[str], at: int) -> tuple[int, int]:
    if at >= len(tokens):
        return 0, at
    text = tokens[at]
    if text == "(":
        value, at = _comparison(tokens, at + 1)
        return value, at + 1
    if text == "-":
        value, at = _atom(tokens, at + 1)
        return -value, at
    return _int(text), at + 1
