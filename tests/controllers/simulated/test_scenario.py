"""Scenario files and annotations: what they change, and what is wrong with them in one line."""

from __future__ import annotations

from pathlib import Path

import pytest

from controllers.simulated.images import Images
from controllers.simulated.scenario import ANNOTATION, ScenarioError, load, parse_annotation
from tests.controllers.simulated.stage import Stage, container, pod

EXAMPLE = """
images:
- match: {image: "shop/*"}
  startDelay: 2s
  pull: {time: 3s, size: 10Mi}
- match: {image: "shop/broken:*", labels: {tier: "front*"}}
  exit: {after: 5s, code: 4}
  logs:
  - {text: starting}
  - {text: tick, after: 1s, every: 1s}
"""


def test_every_rule_that_matches_counts(tmp_path: Path) -> None:
    file = tmp_path / "scenario.yaml"
    file.write_text(EXAMPLE)
    obj = pod(container(image="shop/broken:1"), restartPolicy="Never")
    obj["metadata"]["labels"] = {"tier": "frontend"}
    stage = Stage(obj, scenario=load(file))
    stage.run(6)
    assert stage.describe() == "Running c=running/ready"
    status = stage.run(6)
    assert status["containerStatuses"][0]["state"]["terminated"]["exitCode"] == 4
    log = stage.machine.containers[0].log
    assert log is not None
    assert [line.text for line in log.lines(0, stage.now)] == ["starting", *["tick"] * 5]


def test_annotation_on_the_pod() -> None:
    obj = pod(restartPolicy="Never")
    obj["metadata"]["annotations"] = {ANNOTATION: "exit: {after: 1s, code: 9, reason: OOMKilled}"}
    status = Stage(obj).run(3)
    terminated = status["containerStatuses"][0]["state"]["terminated"]
    assert (terminated["exitCode"], terminated["reason"]) == (9, "OOMKilled")


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("images: 3", "images: Input should be a valid tuple"),
        ("images: [{startDelay: soon}]", "images.0.startDelay: invalid duration 'soon'"),
        ("images: [{strat: 1s}]", "images.0.strat: no such field"),
        ("images: [{exit: {code: 300}}]", "images.0.exit.code: Input should be less than or equal to 255"),
        ("a: [", "is not YAML: "),
    ],
)
def test_problems_are_one_line(tmp_path: Path, text: str, problem: str) -> None:
    file = tmp_path / "scenario.yaml"
    file.write_text(text)
    with pytest.raises(ScenarioError) as error:
        load(file)
    assert problem in str(error.value)
    assert "\n" not in str(error.value)
    with pytest.raises(ScenarioError):
        load(tmp_path / "missing.yaml")


def test_annotation_problems() -> None:
    with pytest.raises(ScenarioError, match="no such field"):
        parse_annotation("nonsense: 1")


@pytest.mark.parametrize(
    ("image", "error"),
    [
        ("nginx:nonexistent", "not found"),
        ("webserver:404", "not found"),
        ("foo:non-existent", "not found"),
        ("example.com/nonexistent:1", "pull access denied"),
        ("nginx:1.25", ""),
        ("redis@sha256:" + "0" * 64, ""),
        ("quay.io/team/app", ""),
    ],
)
def test_names_that_cannot_exist(image: str, error: str) -> None:
    found = Images().behaviour(pod(), container(image=image)).pull.error
    assert (error in found) if error else not found


def test_catalogue_entries_behave() -> None:
    for image, shown in (
        ("postgres:16", "CrashLoopBackOff"),
        ("hello-world", "CrashLoopBackOff"),
        ("busybox", "CrashLoopBackOff"),
        ("registry.k8s.io/pause:3.10", "running/ready"),
        ("fluent/fluentd:v1.16", "running/ready"),
        ("docker.elastic.co/beats/filebeat:8.0.0", "running/ready"),
        ("prom/node-exporter", "running/ready"),
        ("some/unknown:1", "running/ready"),
    ):
        stage = Stage(pod(container(image=image)))
        stage.run(5)
        assert stage.describe() == f"Running c={shown}", image
