"""Console sessions in documents: replayed, compared with what stands there, or recorded anew.

A fenced block that opens with ```console holds commands (`$ …`) and what they print. A comment `<!-- until: … -->`
holds a command that is repeated until it succeeds, so that the next one finds what it is to show. A ```yaml block whose
first line is `# name.yaml` is a file for the commands. Names, ages, times
and addresses differ from run to run and are left out of the comparison, as is the order of lines.

What only looks (get, describe, logs), or restarts a rollout, is repeated for a while when it differs. Once an `until`
is satisfied the cluster's time stands still for those that look, so that a slow machine sees what a fast one does.

MOCKUBE_RECORD=1 writes what is printed into the document instead of comparing it.
"""

from __future__ import annotations

import itertools
import os
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

from tests.support.kubectl import Kubectl

_UNTIL: Final = re.compile(r"<!-- until: (.*) -->")
_TIMEOUT: Final = 60.0
_PATIENCE: Final = 60.0
_REPEATABLE: Final = re.compile(r"kubectl (get|describe|logs|rollout (history|restart|status))\b")
_LOOKS: Final = re.compile(r"kubectl (get|describe|logs)\b")
_RECORDING: Final = bool(os.environ.get("MOCKUBE_RECORD"))
_AGE: Final = r"(?:\d+d)?(?:\d+h)?(?:\d+m)?(?:\d+s)?"
_VARIABLE: Final = (
    (re.compile(r"\d{4}-\d\d-\d\dT[\d:.]+Z"), "TIME"),
    (re.compile(r"\w{3}, \d\d \w{3} \d{4} [\d:]+ [+-]\d{4}"), "TIME"),
    (re.compile(r"\b[IWEF]\d{4} [\d:.]+\b"), "TIME"),
    (re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"), "UID"),
    (re.compile(r"containerd://[0-9a-f]{64}"), "CONTAINER"),
    (re.compile(r"sha256:[0-9a-f]{64}"), "DIGEST"),
    (re.compile(r"\b10\.\d+\.\d+\.\d+\b"), "ADDRESS"),
    (re.compile(r"(Successfully assigned \S+) to node-\d+"), r"\1"),
    (re.compile(r"\(x\d+ over [\dhms]+\)"), ""),
    (re.compile(r"\b\d+ \([\dhms]+ ago\)"), "N"),
    (re.compile(r"in [\d.]+m?s \([\d.]+m?s including waiting\)"), "in T"),
    (re.compile(r"(?<![\w.])(?=\d)" + _AGE + r"(?![\w.:%])"), "AGE"),
    (re.compile(r"-[bcdfghjklmnpqrstvwxz2456789]{5}\b"), "-NAME"),
    (re.compile(r"-[4-9bcdf]{8,10}\b"), "-HASH"),
    (re.compile(r"=[4-9bcdf]{8,10}\b"), "=HASH"),
    (re.compile(r"\s+"), " "),
)


def comparable(lines: list[str]) -> list[str]:
    """The lines without what differs from run to run, sorted."""
    found = []
    for line in lines:
        text = line
        for pattern, name in _VARIABLE:
            text = pattern.sub(name, text)
        found.append(text.strip())
    return sorted(filter(None, found))


class Session:
    """A shell with kubectl in a folder of its own."""

    def __init__(self, kubectl: Kubectl, folder: Path) -> None:
        programs = folder / ".bin"
        programs.mkdir()
        (programs / "kubectl").symlink_to(kubectl.binary)
        self._folder = folder
        (programs / "mockube").write_text(f'#!/bin/sh\nexec "{sys.executable}" -m mockube "$@"\n')
        (programs / "mockube").chmod(0o755)
        self._environment = {
            **os.environ,
            "PYTHONPATH": str(Path(__file__).resolve().parents[2]),
            "PATH": f"{programs}{os.pathsep}{os.environ['PATH']}",
            "KUBECONFIG": str(kubectl.kubeconfig),
            "HOME": str(kubectl.home),
        }

    def write(self, name: str, text: str) -> None:
        """A file for the commands."""
        (self._folder / name).write_text(f"{text}\n")

    def run(self, command: str) -> tuple[int, list[str]]:
        """The exit code, and the lines of output and errors as a terminal shows them."""
        done = subprocess.run(
            ["bash", "-c", command],
            cwd=self._folder,
            env=self._environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=_TIMEOUT,
            check=False,
        )
        return done.returncode, [line.rstrip() for line in done.stdout.splitlines()]

    def expect(self, command: str, told: list[str]) -> list[str]:
        """What a command prints, which may take a while to become what is told if it can be repeated."""
        deadline = time.monotonic() + (_PATIENCE if _REPEATABLE.match(command) else 0)
        while True:
            printed = self.run(command)[1]
            if comparable(printed) == comparable(told) or time.monotonic() > deadline:
                return printed
            time.sleep(0.1)

    def until(self, command: str) -> None:
        """Repeat a command until it succeeds."""
        deadline = time.monotonic() + _TIMEOUT
        while (result := self.run(command))[0] != 0:
            assert time.monotonic() < deadline, f"{command}: {result}"
            time.sleep(0.1)


def replay(document: Path, session: Session, *, hold: Callable[[bool], None]) -> None:
    """Run every command of a document and compare; `hold` stops the cluster's time, or lets it go on."""
    recorded: list[str] = []
    differences: list[str] = []
    for line, commands in _parts(document.read_text().splitlines()):
        recorded.append(line)
        if match := _UNTIL.fullmatch(line.strip()):
            hold(False)
            session.until(match[1])
            hold(True)
        if line.startswith("```yaml\n# "):
            name, _, text = line.removeprefix("```yaml\n# ").partition("\n")
            session.write(name, text)
        for command, told in commands:
            if not _LOOKS.match(command):
                hold(False)
            printed = session.run(command)[1] if _RECORDING else session.expect(command, told)
            recorded += [f"$ {command}", *printed, ""]
            if comparable(printed) != comparable(told):
                differences.append(f"$ {command}\n" + "\n".join(printed) + "\n-- instead of --\n" + "\n".join(told))
        if commands:
            recorded[-1] = "```"
    if _RECORDING:
        document.write_text("\n".join(recorded) + "\n")
        return
    assert not differences, "\n\n".join(differences)


def _parts(lines: list[str]) -> Iterator[tuple[str, list[tuple[str, list[str]]]]]:
    """Lines of prose, without commands; files as a whole; the opening of a block with its commands and their output."""
    rest = iter(lines)
    for line in rest:
        commands: list[tuple[str, list[str]]] = []
        if line == "```yaml":
            yield "\n".join([line, *itertools.takewhile(lambda inner: inner != "```", rest)]), []
            yield "```", []
            continue
        if line == "```console":
            for inner in rest:
                if inner == "```":
                    break
                if inner.startswith("$ "):
                    commands.append((inner[2:], []))
                else:
                    commands[-1][1].append(inner)
        yield line, commands
