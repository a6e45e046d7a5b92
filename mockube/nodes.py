"""Node templates: what simulated nodes look like, and the Node objects they are made into."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Annotated, Any, Literal, Self

import yaml
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError, field_validator

SIMULATED = "mockube.dev/node"
CONTROL_PLANE_LABEL = "node-role.kubernetes.io/control-plane"

Effect = Literal["NoSchedule", "PreferNoSchedule", "NoExecute"]


class Taint(BaseModel):
    """A taint; `parse` reads kubectl's `key=value:Effect`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    key: str
    effect: Effect
    value: str = ""

    @classmethod
    def parse(cls, text: str) -> Self:
        """Raises ValueError for anything but `key[=value]:Effect`."""
        match = re.fullmatch(r"([^=:]+)(?:=([^:]*))?:(NoSchedule|PreferNoSchedule|NoExecute)", text)
        if match is None:
            raise ValueError(f"{text!r} is not a taint: write key[=value]:NoSchedule|PreferNoSchedule|NoExecute")
        return cls(key=match[1], value=match[2] or "", effect=match[3])  # type: ignore[arg-type]

    def to_object(self) -> dict[str, str]:
        """As it stands in spec.taints."""
        return {"key": self.key, **({"value": self.value} if self.value else {}), "effect": self.effect}


class NodeTemplate(BaseModel):
    """A number of like nodes: `{name: worker, count: 3, labels: {disktype: ssd}, capacity: {cpu: "8"}}`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: Annotated[str, StringConstraints(pattern=r"^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$", max_length=200)] = "node"
    count: int = Field(default=1, ge=0, le=100_000)
    labels: dict[str, str] = {}
    annotations: dict[str, str] = {}
    taints: tuple[Taint, ...] = ()
    capacity: dict[str, str] = {}
    control_plane: bool = False

    @field_validator("taints", mode="before")
    @classmethod
    def _taint_texts(cls, value: Any) -> Any:
        return (
            [Taint.parse(t) if isinstance(t, str) else t for t in value] if isinstance(value, list | tuple) else value
        )

    @field_validator("capacity", mode="before")
    @classmethod
    def _capacity_texts(cls, value: Any) -> Any:
        return {k: str(v) for k, v in value.items()} if isinstance(value, dict) else value

    def to_node(self, name: str) -> dict[str, Any]:
        """The Node object that asks for a simulated kubelet."""
        labels = dict(self.labels)
        taints = [t.to_object() for t in self.taints]
        if self.control_plane:
            labels.setdefault(CONTROL_PLANE_LABEL, "")
            taints.append({"key": CONTROL_PLANE_LABEL, "effect": "NoSchedule"})
        node: dict[str, Any] = {
            "apiVersion": "v1",
            "kind": "Node",
            "metadata": {"name": name, "labels": labels, "annotations": {SIMULATED: "simulated", **self.annotations}},
            "spec": {"taints": taints} if taints else {},
        }
        if self.capacity:
            node["status"] = {"capacity": dict(self.capacity), "allocatable": dict(self.capacity)}
        return node


def expand(templates: Iterable[NodeTemplate], taken: Iterable[str] = ()) -> Iterator[dict[str, Any]]:
    """One Node object a node: `worker-1`, `worker-2`, …; a control-plane node alone keeps its bare name."""
    used = set(taken)
    for template in templates:
        if template.count == 1 and template.name not in used and template.name != "node":
            used.add(template.name)
            yield template.to_node(template.name)
            continue
        number = 0
        for _ in range(template.count):
            number += 1
            while f"{template.name}-{number}" in used:
                number += 1
            used.add(f"{template.name}-{number}")
            yield template.to_node(f"{template.name}-{number}")


def read_templates(path: Path) -> list[NodeTemplate]:
    """Templates from a YAML file: a list of them, or a map with `nodes:`. Raises ValueError in one clear line."""
    try:
        found = yaml.safe_load(path.read_text())
    except (OSError, yaml.YAMLError) as e:
        raise ValueError(f"cannot read {path}: {' '.join(str(e).split())}") from None
    entries = found.get("nodes") if isinstance(found, dict) else found
    if not isinstance(entries, list):
        raise ValueError(f"{path}: expected a list of node templates")  # noqa: TRY004 - one error type for bad files
    try:
        return [NodeTemplate.model_validate(e) for e in entries]
    except ValidationError as e:
        first = e.errors()[0]
        where = ".".join(str(p) for p in first["loc"])
        raise ValueError(f"{path}: {where}: {first['msg']}") from None
