"""Console transcripts as tests: commands with what they print, told in a few marks.

    $ get pods             exit code 0; the lines below are what is printed, errors after output
    ! get pod missing      exit code 1
    ~ get deploy web       run again until it prints the lines below
    @ >=1.31               the next command exists in these versions of kubectl only
    < text                 a line of standard input of the command above
    # text                 a remark

No lines below a command: only the exit code counts. In a line `[..]` stands for any text, a line `...` for any lines.
%ns%, %v% and %tmp% become the namespace, the version without its point, and a folder of the transcript's own.
"""

from __future__ import annotations

import re
import shlex
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from tests.support.kubectl import Kubectl, Result

_TIMEOUT: Final = 60.0
_VARIABLE: Final = re.compile(r"^([A-Z_]+)=(.*)$", re.DOTALL)


@dataclass(slots=True)
class Step:
    """One command and what is wanted of it."""

    command: str
    line: int
    mark: str
    versions: str = ""
    stdin: list[str] = field(default_factory=list)
    wanted: list[str] = field(default_factory=list)

    @property
    def code(self) -> int:
        """The wanted exit code."""
        return 1 if self.mark == "!" else 0

    def applies(self, version: str) -> bool:
        """Whether the kubectl of a minor version has the command."""
        if not self.versions:
            return True
        sign, _, bound = self.versions.partition("1.")
        minor, limit = int(version.partition(".")[2]), int(bound)
        return minor >= limit if sign == ">=" else minor <= limit


def parse(text: str) -> list[Step]:
    """The steps of a transcript; raises ValueError for lines before the first command."""
    steps: list[Step] = []
    versions = ""
    for number, line in enumerate(text.splitlines(), 1):
        mark, rest = line[:1], line[2:]
        if line[:2] in ("$ ", "! ", "~ "):
            steps.append(Step(rest, number, mark, versions))
            versions = ""
        elif line.startswith("@ "):
            versions = rest.strip()
        elif line.startswith("< ") or line == "<":
            steps[-1].stdin.append(rest)
        elif not steps and line and mark != "#":
            raise ValueError(f"line {number} belongs to no command: {line}")
        elif line and mark != "#":
            steps[-1].wanted.append(line)
    return steps


def matches(wanted: Sequence[str], printed: Sequence[str]) -> bool:
    """Whether printed lines are as wanted."""
    parts = [r"(?:.*\n)*?" if line == "..." else _pattern(line) + "\n" for line in wanted]
    return re.fullmatch("".join(parts), "".join(f"{line.rstrip()}\n" for line in printed)) is not None


def _pattern(line: str) -> str:
    return ".*".join(re.escape(part) for part in line.rstrip().split("[..]"))


def play(steps: Sequence[Step], kubectl: Kubectl, version: str, values: Mapping[str, str], home: Path) -> list[str]:
    """Run the steps in their order; returns what went otherwise than told, one text each."""
    found: list[str] = []
    for step in steps:
        if not step.applies(version):
            continue
        deadline = time.monotonic() + (_TIMEOUT if step.mark == "~" else 0)
        while True:
            result = run(step, kubectl, values, home)
            printed = [line for line in (*result.out.splitlines(), *result.err.splitlines()) if line]
            wanted = [fill(line, values) for line in step.wanted]
            right = result.code == step.code and (not wanted or matches(wanted, printed))
            if right or time.monotonic() > deadline:
                break
            time.sleep(0.1)
        if not right:
            told = "\n".join(printed)
            found.append(f"line {step.line}: {fill(step.command, values)}\nexit {result.code}\n{told}")
    return found


def run(step: Step, kubectl: Kubectl, values: Mapping[str, str], home: Path) -> Result:
    """Run one step once."""
    words = shlex.split(fill(step.command, values))
    variables: dict[str, str] = {}
    while match := _VARIABLE.match(words[0]):
        variables[match[1]] = match[2]
        del words[0]
    stdin = "\n".join(fill(line, values) for line in step.stdin) + "\n" if step.stdin else None
    own = Kubectl(kubectl.binary, kubectl.kubeconfig, home, {**kubectl.environment, **variables})
    return own.run("--namespace", values["ns"], *words, stdin=stdin)


def fill(text: str, values: Mapping[str, str]) -> str:
    """Put values in for %name%."""
    for name, value in values.items():
        text = text.replace(f"%{name}%", value)
    return text
