"""What runs in a container: a program as a generator of effects, resumed at the moments it asks for.

A program yields `Output`, `Sleep` and `Request` and returns its exit code. Nothing here waits: the owner of a Process
resumes it at `resume_at`, so a program costs nothing while it sleeps.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable, Generator
from dataclasses import dataclass, field
from typing import Any, Final, Literal, NamedTuple, TypeAlias

FOREVER: Final = math.inf
_STEPS_AT_ONCE: Final = 2_000
"""A program that works this long without sleeping is made to sleep for a second: a busy loop must not stop the rest."""

Stream = Literal["stdout", "stderr"]


class Output(NamedTuple):
    """Text written to a stream; lines end with a newline of their own."""

    text: str
    stream: Stream = "stdout"


class Sleep(NamedTuple):
    """Resume after so many seconds."""

    seconds: float


class Request(NamedTuple):
    """Ask the API server as the pod's service account; resumed with an Answer."""

    path: str


class Answer(NamedTuple):
    """What the API server said: the object, or its message when the code is not 200."""

    code: int
    body: Any
    message: str = ""


class ReadInput(NamedTuple):
    """Ask for the next line of standard input; resumed with it, or with None at its end."""


Effect: TypeAlias = Output | Sleep | Request | ReadInput
Program: TypeAlias = Generator[Effect, Any, int]
Write: TypeAlias = Callable[[float, str, Stream], None]


@dataclass(slots=True)
class Process:
    """A running program; times are seconds of the cluster's wall clock."""

    program: Program
    resume_at: float
    exit_code: int | None = None
    request: Request | None = None
    reading: bool = False
    """Whether it waits for standard input."""
    _input: deque[str | None] = field(default_factory=deque, repr=False)
    _answer: Any = field(default=None, repr=False)

    @property
    def exited(self) -> bool:
        """Whether the program has returned; `resume_at` then says when."""
        return self.exit_code is not None

    def answer(self, answer: Answer, now: float) -> None:
        """Resume a program that waits for the API server."""
        self._answer, self.request, self.resume_at = answer, None, now

    def feed(self, line: str | None, now: float) -> None:
        """Give a line of standard input, or None for its end."""
        self._input.append(line)
        if self.reading:
            self.reading, self.resume_at = False, now
            self._answer = self._input.popleft()

    def run(self, now: float, write: Write) -> None:
        """Run what is due at `now`, writing each output at its own moment."""
        steps = 0
        while self.exit_code is None and self.request is None and self.resume_at <= now:
            try:
                effect = self.program.send(self._answer)
            except StopIteration as end:
                self.exit_code = int(end.value or 0)
                return
            self._answer = None
            match effect:
                case Output(text, stream):
                    write(self.resume_at, text, stream)
                case Sleep(seconds):
                    self.resume_at += max(0.0, seconds)
                case Request():
                    self.request, self.resume_at = effect, FOREVER
                case ReadInput() if self._input:
                    self._answer = self._input.popleft()
                case ReadInput():
                    self.reading, self.resume_at = True, FOREVER
            steps += 1
            if steps >= _STEPS_AT_ONCE:
                self.resume_at += 1.0
                steps = 0
