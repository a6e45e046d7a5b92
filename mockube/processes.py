"""Starting, watching and stopping the server and the controller manager as processes of their own."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from mockube import home

STOP_TIMEOUT = 30.0


def bundle_path() -> Path:
    """The folder that holds the server's packages: inside an installed wheel, else the source tree."""
    here = Path(__file__).resolve().parent
    bundled = here / "_bundle"
    return bundled if bundled.is_dir() else here.parent


class ProcessDied(RuntimeError):
    """A process ended before it was asked to; carries the end of its log."""

    def __init__(self, name: str, code: int, log: Path) -> None:
        self.name, self.code, self.log = name, code, log
        last = tail(log)
        super().__init__(f"the {name} ended with exit code {code}" + (f":\n{last}" if last else f"; its log is {log}"))


class Process:
    """One child process with its output in a log file; its standard input closes when we end, and it ends with us."""

    def __init__(
        self, name: str, module: str, args: Sequence[str], log: Path, env: Mapping[str, str] | None = None
    ) -> None:
        self.name, self.log = name, log
        environment = _with_bytecode({**os.environ, **(env or {})})
        environment["PYTHONPATH"] = os.pathsep.join(
            filter(None, [str(bundle_path()), environment.get("PYTHONPATH", "")])
        )
        environment["PYTHONUNBUFFERED"] = "1"
        with log.open("wb") as out:
            self._process = subprocess.Popen(  # noqa: S603 - our own interpreter and module
                [sys.executable, "-m", module, "--exit-on-stdin-close", *args],
                stdin=subprocess.PIPE,
                stdout=out,
                stderr=subprocess.STDOUT,
                env=environment,
                start_new_session=True,
            )

    @property
    def pid(self) -> int:
        """Its process number."""
        return self._process.pid

    def check(self) -> None:
        """Raise ProcessDied when it is no longer running."""
        code = self._process.poll()
        if code is not None:
            raise ProcessDied(self.name, code, self.log)

    def running(self) -> bool:
        """Whether it still runs."""
        return self._process.poll() is None

    def stop(self, timeout: float = STOP_TIMEOUT) -> int:
        """SIGTERM, then SIGKILL after `timeout` seconds; returns the exit code."""
        if self._process.poll() is None:
            self._process.terminate()
            try:
                self._process.wait(timeout)
            except subprocess.TimeoutExpired:
                self._process.kill()
        return self._process.wait()

    def kill(self) -> None:
        """SIGKILL, as a crash would be."""
        self._process.kill()
        self._process.wait()


def _with_bytecode(environment: dict[str, str]) -> dict[str, str]:
    """Compiled modules save half of a start: where none may lie beside the sources, they go to our own folder."""
    if environment.pop("PYTHONDONTWRITEBYTECODE", ""):
        environment.setdefault("PYTHONPYCACHEPREFIX", str(home.cache() / "pycache"))
    return environment


def wait_for_file(path: Path, processes: Sequence[Process], timeout: float) -> str:
    """The text of a file once it has any; raises ProcessDied or TimeoutError."""
    deadline = time.monotonic() + timeout
    while time.monotonic() < deadline:
        if path.is_file() and (text := path.read_text().strip()):
            return text
        for process in processes:
            process.check()
        time.sleep(0.01)
    raise TimeoutError(f"{processes[0].name} was not ready within {timeout:g} s; its log is {processes[0].log}")


def tail(path: Path, lines: int = 15) -> str:
    """The last lines of a log."""
    try:
        found = path.read_text(errors="replace").splitlines()
    except OSError:
        return ""
    return "\n".join(found[-lines:])
