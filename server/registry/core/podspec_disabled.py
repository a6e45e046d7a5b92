"""Fields of pods whose feature is off by default: dropped on every write, unless they were in use before.

Models dropDisabledFields of pkg/api/pod/util.go.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any, Final, NamedTuple

from apimachinery.objects import Object, View


class Step(NamedTuple):
    """One field on the way down, `many` when it is a list of objects."""

    name: str
    many: bool


Steps = tuple[Step, ...]

_CONTAINERS: Final = ("containers[]", "initContainers[]", "ephemeralContainers[]")
_NEVER: Final = (99, 0)
_SPEC_FIELDS: Final[tuple[tuple[tuple[int, int], str], ...]] = (
    (_NEVER, "workloadRef"),
    (_NEVER, "schedulingGroup"),
    ((1, 33), "hostUsers"),
    ((1, 33), "securityContext.supplementalGroupsPolicy"),
    ((1, 33), "securityContext.seLinuxChangePolicy"),
    ((1, 34), "resources"),
    ((1, 34), "resourceClaims"),
    ((1, 35), "hostnameOverride"),
    ((1, 37), "volumes[].projected.sources[].clusterTrustBundle"),
    ((1, 37), "volumes[].projected.sources[].podCertificate"),
)
_CONTAINER_FIELDS: Final[tuple[tuple[tuple[int, int], str], ...]] = (
    (_NEVER, "lifecycle.stopSignal"),
    ((1, 30), "lifecycle.preStop.sleep"),
    ((1, 30), "lifecycle.postStart.sleep"),
    ((1, 31), "volumeMounts[].recursiveReadOnly"),
    ((1, 33), "resizePolicy"),
    ((1, 34), "resources.claims"),
    ((1, 35), "restartPolicyRules"),
    ((1, 35), "env[].valueFrom.fileKeyRef"),
)
"""The version in which a field's feature came to be on by default, and the field."""

_VANISHING: Final = frozenset({"lifecycle", "preStop", "postStart"})
"""Objects that go with the last of their fields."""


def drop_disabled_fields(spec: Object, old: View, version: tuple[int, int]) -> None:
    """Drop from a PodSpec, in place, what the version has switched off and `old` does not use."""
    for parents, name in _disabled(version):
        if _in_use(spec, parents, name) and not _in_use(old, parents, name):
            for path in list(_holders(spec, parents)):
                if path[-1].get(name) is not None:
                    _drop(path, parents, name)


def drop_disabled_template_fields(template: Any, old: Any, version: tuple[int, int]) -> None:
    """The same for a PodTemplateSpec, which may be absent."""
    spec = (template or {}).get("spec")
    if spec:
        drop_disabled_fields(spec, (old or {}).get("spec") or {}, version)


@cache
def _disabled(version: tuple[int, int]) -> tuple[tuple[Steps, str], ...]:
    patterns = [pattern for since, pattern in _SPEC_FIELDS if version < since]
    patterns += [f"{where}.{p}" for since, p in _CONTAINER_FIELDS if version < since for where in _CONTAINERS]
    split = [pattern.split(".") for pattern in patterns]
    return tuple((tuple(map(_step, steps[:-1])), steps[-1]) for steps in split)


def _step(text: str) -> Step:
    return Step(text.removesuffix("[]"), text.endswith("[]"))


def _in_use(value: View, steps: Steps, name: str) -> bool:
    for at, step in enumerate(steps):
        below = value.get(step.name)
        if not below:
            return False
        if step.many:
            rest = steps[at + 1 :]
            return any(_in_use(child, rest, name) for child in below)
        value = below
    return value.get(name) is not None


def _holders(value: Any, steps: Steps) -> Iterator[list[Any]]:
    """The objects on each way down the steps, the spec first; ways that end early are left out."""
    if not steps:
        yield [value]
        return
    step = steps[0]
    below = value.get(step.name)
    if not below:
        return
    for child in below if step.many else (below,):
        for path in _holders(child, steps[1:]):
            yield [value, *path]


def _drop(path: list[Any], parents: Steps, name: str) -> None:
    del path[-1][name]
    for holder, step in zip(path[-2::-1], parents[::-1], strict=True):
        if step.name not in _VANISHING or holder[step.name]:
            return
        del holder[step.name]
