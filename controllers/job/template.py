"""The pods that a Job makes. Models addCompletionIndexEnvVariables and its neighbours in indexed_job_utils.go; pure."""

from __future__ import annotations

from typing import Any, Final

from apimachinery import meta
from apimachinery.objects import Object, View
from controllers.job.policies import judge_failure
from controllers.job.state import (
    COMPLETION_INDEX,
    FAILURE_COUNT,
    IGNORED_FAILURE_COUNT,
    TRACKING,
    failure_counts,
    has_limit_per_index,
    is_indexed,
)
from controllers.runtime.pod_control import pod_from_template
from controllers.runtime.resources import JOB_KIND

INDEX_VARIABLE: Final = "JOB_COMPLETION_INDEX"
_MAX_GENERATE_NAME: Final = 58


class PodBuilder:
    """A Job's template with everything but the index worked in once."""

    def __init__(self, job: View) -> None:
        self._job = job
        pod = pod_from_template(job["spec"]["template"], job, meta.new_controller_ref(job, JOB_KIND))
        finalizers = pod["metadata"].get("finalizers") or []
        pod["metadata"]["finalizers"] = finalizers if TRACKING in finalizers else [*finalizers, TRACKING]
        if is_indexed(job):
            spec = pod["spec"]
            known = {k: [_with_index(c) for c in spec[k]] for k in ("initContainers", "containers") if spec.get(k)}
            pod["spec"] = {**spec, **known}
        self._pod = pod

    def plain(self) -> Object:
        """A pod of a Job without indexes."""
        return self._pod

    def indexed(self, index: int, replaced: View | None) -> Object:
        """The pod of an index, which takes over the failures of the one that it replaces."""
        name, metadata = meta.name(self._job), self._pod["metadata"]
        annotations: dict[str, str] = {**metadata["annotations"], COMPLETION_INDEX: str(index)}
        if has_limit_per_index(self._job):
            annotations |= self._failures(replaced)
        own = {
            **metadata,
            "generateName": generate_name(name, index),
            "annotations": annotations,
            "labels": {**metadata["labels"], COMPLETION_INDEX: str(index)},
        }
        return {**self._pod, "metadata": own, "spec": {**self._pod["spec"], "hostname": f"{name}-{index}"}}

    def _failures(self, replaced: View | None) -> dict[str, str]:
        counted = ignored = 0
        if replaced is not None:
            counted, ignored = failure_counts(replaced)
            if judge_failure(self._job["spec"].get("podFailurePolicy"), replaced).counts:
                counted += 1
            else:
                ignored += 1
        found = {FAILURE_COUNT: str(counted)}
        return {**found, IGNORED_FAILURE_COUNT: str(ignored)} if ignored else found


def generate_name(job_name: str, index: int) -> str:
    """The prefix of the names of an index's pods."""
    suffix = f"-{index}-"
    return job_name[: _MAX_GENERATE_NAME - len(suffix)] + suffix


def _with_index(container: View) -> Any:
    env = container.get("env") or []
    if any(v["name"] == INDEX_VARIABLE for v in env):
        return container
    source = {"fieldRef": {"fieldPath": f"metadata.labels['{COMPLETION_INDEX}']"}}
    return {**container, "env": [*env, {"name": INDEX_VARIABLE, "valueFrom": source}]}
