"""Scenario files: what images do otherwise than the catalogue says. docs/scenarios.md is their reference."""

from __future__ import annotations

import fnmatch
import json
import math
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any, Final, Literal

import yaml
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError
from pydantic.alias_generators import to_camel

from apimachinery import meta
from apimachinery.objects import View
from apimachinery.quantity import Quantity
from controllers.runtime.errors import OptionsError
from controllers.runtime.flags import parse_duration
from controllers.simulated.behaviour import Behaviour, ProbeAnswer, ProbeKind, Pull, Usage
from controllers.simulated.logs import PlannedLine

ANNOTATION: Final = "mockube.dev/behaviour"
"""On a pod: how its containers behave, as the fields of one rule in YAML or JSON."""


class ScenarioError(OptionsError):
    """A scenario that cannot be used, in one line."""


def _seconds(value: Any) -> Any:
    if isinstance(value, str):
        return parse_duration(value)
    return value


def _amount(value: Any) -> Any:
    return Quantity.parse(str(value)).value()


def _cores(value: Any) -> Any:
    return Quantity.parse(str(value)).milli_value()


Seconds = Annotated[float, BeforeValidator(_seconds), Field(ge=0)]
Bytes = Annotated[int, BeforeValidator(_amount), Field(ge=0)]
MilliCores = Annotated[int, BeforeValidator(_cores), Field(ge=0)]


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, alias_generator=to_camel, populate_by_name=True)


class Match(_Model):
    """Which containers; every field given must hold. Texts are globs."""

    image: str = "*"
    container: str = "*"
    namespace: str = "*"
    node: str = "*"
    labels: dict[str, str] = {}
    annotations: dict[str, str] = {}

    def matches(self, pod: View, container: View) -> bool:
        """Whether the container is meant."""
        return (
            fnmatch.fnmatchcase(container["image"], self.image)
            and fnmatch.fnmatchcase(container["name"], self.container)
            and fnmatch.fnmatchcase(meta.namespace(pod), self.namespace)
            and fnmatch.fnmatchcase(pod["spec"].get("nodeName") or "", self.node)
            and _holds(self.labels, meta.labels(pod))
            and _holds(self.annotations, meta.annotations(pod))
        )


def _holds(wanted: Mapping[str, str], values: Mapping[str, str]) -> bool:
    return all(k in values and fnmatch.fnmatchcase(values[k], v) for k, v in wanted.items())


class ExitSpec(_Model):
    """The container ends by itself."""

    after: Seconds = 0.0
    code: int = Field(default=0, ge=0, le=255)
    reason: str = ""


class LogSpec(_Model):
    """A line in the log, once or again and again."""

    text: str
    after: Seconds = 0.0
    every: Seconds = 0.0
    stream: Literal["stdout", "stderr"] = "stdout"


class ProbeSpec(_Model):
    """From `after` on, the probe is answered so."""

    after: Seconds = 0.0
    success: bool
    output: str = ""


class PullSpec(_Model):
    """Getting the image."""

    time: Seconds = 0.1
    size: Bytes = 25_000_000
    error: str = ""


class StopSpec(_Model):
    """What SIGTERM does."""

    after: Seconds = 0.05
    code: int = Field(default=0, ge=0, le=255)
    ignore: bool = False


class UsageSpec(_Model):
    """What it uses."""

    cpu: MilliCores = 1
    memory: Bytes = 8 << 20


class Rule(_Model):
    """A change of behaviour; fields that are not given stay as the catalogue has them."""

    match: Match = Match()
    start_delay: Seconds | None = None
    ready_delay: Seconds | None = None
    exit: ExitSpec | None = None
    logs: tuple[LogSpec, ...] | None = None
    probes: dict[ProbeKind, tuple[ProbeSpec, ...]] | None = None
    ports: tuple[Annotated[int, Field(ge=1, le=65535)], ...] | None = None
    paths: dict[str, Annotated[int, Field(ge=100, le=599)]] | None = None
    stop: StopSpec | None = None
    pull: PullSpec | None = None
    usage: UsageSpec | None = None

    def apply(self, behaviour: Behaviour) -> Behaviour:
        """The behaviour with what the rule gives."""
        changes: dict[str, Any] = {}
        if self.start_delay is not None:
            changes["start_delay"] = self.start_delay
        if self.ready_delay is not None:
            changes["ready_delay"] = self.ready_delay
        if self.exit is not None:
            changes |= {"exit_after": self.exit.after, "exit_code": self.exit.code, "exit_reason": self.exit.reason}
            changes["program"] = None
        if self.logs is not None:
            changes["lines"] = tuple(PlannedLine(s.after, s.text, s.stream, s.every) for s in self.logs)
        if self.probes is not None:
            changes["probes"] = {
                kind: tuple(ProbeAnswer(s.after, s.success, s.output) for s in sorted(specs, key=lambda s: s.after))
                for kind, specs in self.probes.items()
            }
        if self.ports is not None:
            changes["ports"] = frozenset(self.ports)
        if self.paths is not None:
            changes["paths"] = dict(self.paths)
        if self.stop is not None:
            changes["stop_after"] = math.inf if self.stop.ignore else self.stop.after
            changes["stop_code"] = self.stop.code
        if self.pull is not None:
            changes["pull"] = Pull(self.pull.time, self.pull.size, self.pull.error)
        if self.usage is not None:
            changes["usage"] = Usage(self.usage.cpu, self.usage.memory)
        return replace(behaviour, **changes) if changes else behaviour


class Scenario(_Model):
    """The whole file: rules are tried in order, and every one that matches changes the behaviour further."""

    images: tuple[Rule, ...] = ()

    def apply(self, pod: View, container: View, behaviour: Behaviour) -> Behaviour:
        """The behaviour of a container after every rule that matches it."""
        for rule in self.images:
            if rule.match.matches(pod, container):
                behaviour = rule.apply(behaviour)
        return behaviour


def load(path: Path) -> Scenario:
    """Read a scenario file; raises ScenarioError in one clear line."""
    try:
        found = yaml.safe_load(path.read_text())
    except OSError as error:
        raise ScenarioError(f"cannot read the scenario {path}: {error.strerror}") from None
    except yaml.YAMLError as error:
        raise ScenarioError(f"{path} is not YAML: {' '.join(str(error).split())}") from None
    try:
        return Scenario.model_validate(found or {})
    except ValidationError as error:
        raise ScenarioError(f"{path}: {_first(error)}") from None


def parse_annotation(text: str) -> Rule:
    """The rule in a pod's annotation; raises ScenarioError."""
    try:
        found = json.loads(text) if text.lstrip().startswith("{") else yaml.safe_load(text)
        return Rule.model_validate(found or {})
    except ValidationError as error:
        raise ScenarioError(f"annotation {ANNOTATION}: {_first(error)}") from None
    except (ValueError, yaml.YAMLError) as error:
        raise ScenarioError(f"annotation {ANNOTATION}: {' '.join(str(error).split())}") from None


def _first(error: ValidationError) -> str:
    problem = error.errors()[0]
    where = ".".join(str(p) for p in problem["loc"])
    message = str(problem["msg"]).removeprefix("Value error, ")
    if problem["type"] == "extra_forbidden":
        message = "no such field"
    return f"{where}: {message}" if where else message
