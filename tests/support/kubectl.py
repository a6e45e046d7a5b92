"""Real kubectl, every version that the machine has."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import pytest


@cache
def binaries() -> dict[str, Path]:
    """kubectl by minor version, from the folder of the default one: `{"1.33": …}`; empty where there is none."""
    default = shutil.which("kubectl")
    if default is None:
        return {}
    found: dict[str, Path] = {}
    for path in [Path(default), *sorted(Path(default).resolve().parent.glob("kubectl.1.*"))]:
        done = subprocess.run([path, "version", "--client"], capture_output=True, text=True, check=False)
        match = re.search(r"v(\d+\.\d+)\.", done.stdout) or re.search(r'Minor:"(\d+)', done.stdout)
        if match:
            minor = match[1] if "." in match[1] else f"1.{match[1]}"
            found.setdefault(minor, path)
    return dict(sorted(found.items(), key=lambda item: int(item[0].split(".")[1])))


def versions() -> list[str]:
    """The minor versions at hand; `missing` makes a test fail where there is none."""
    return list(binaries()) or ["missing"]


@dataclass(frozen=True, slots=True)
class Result:
    """What kubectl said."""

    code: int
    out: str
    err: str

    def __str__(self) -> str:
        return f"exit {self.code}\n{self.out}\n{self.err}"


@dataclass(slots=True)
class Kubectl:
    """One kubectl with one kubeconfig and a home of its own, so that nothing of the user's is touched."""

    binary: Path
    kubeconfig: Path
    home: Path
    environment: dict[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, version: str, kubeconfig: Path, home: Path) -> Kubectl:
        """The kubectl of a minor version; fails the test when the machine has none."""
        if version not in binaries():
            pytest.fail("these tests need a real kubectl: `make system` installs one")
        return cls(binaries()[version], kubeconfig, home)

    @classmethod
    def newest(cls, kubeconfig: Path, home: Path) -> Kubectl:
        """The newest kubectl at hand."""
        return cls.of(versions()[-1], kubeconfig, home)

    def _environment(self) -> dict[str, str]:
        return {**os.environ, "KUBECONFIG": str(self.kubeconfig), "HOME": str(self.home), **self.environment}

    def run(self, *args: str, stdin: str | None = None, timeout: float = 60) -> Result:
        """Run to the end, whatever the exit code."""
        done = subprocess.run(
            [self.binary, *args],
            input=stdin,
            capture_output=True,
            text=True,
            env=self._environment(),
            timeout=timeout,
            check=False,
        )
        return Result(done.returncode, done.stdout, done.stderr)

    def __call__(self, *args: str, stdin: str | None = None, timeout: float = 60) -> str:
        """Run, expect success, return what was printed."""
        result = self.run(*args, stdin=stdin, timeout=timeout)
        assert result.code == 0, f"kubectl {' '.join(args)}: {result}"
        return result.out

    def until(self, wanted: Callable[[str], bool], *args: str, timeout: float = 60) -> str:
        """Run again until what is printed is as wanted."""
        deadline = time.monotonic() + timeout
        while True:
            result = self.run(*args)
            if result.code == 0 and wanted(result.out):
                return result.out
            assert time.monotonic() < deadline, f"kubectl {' '.join(args)} is still: {result}"
            time.sleep(0.1)

    def watch(self, *args: str, lines: int, timeout: float = 60) -> list[str]:
        """The first lines of a command that does not end by itself."""
        process = subprocess.Popen(
            [self.binary, *args],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env=self._environment(),
        )
        timer = threading.Timer(timeout, process.kill)
        timer.start()
        try:
            assert process.stdout is not None
            found = [line.rstrip("\n") for _, line in zip(range(lines), process.stdout, strict=False)]
        finally:
            timer.cancel()
            process.kill()
            process.wait()
            if process.stdout is not None:
                process.stdout.close()
        assert len(found) == lines, f"kubectl {' '.join(args)} printed {found}"
        return found


def rows(table: str) -> list[list[str]]:
    """The cells of a printed table without its header."""
    return [line.split() for line in table.splitlines()[1:]]
