"""What a Job's pod failure policy and success policy say. Models pod_failure_policy.go and success_policy.go; pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

from apimachinery import meta
from apimachinery.objects import Object, View
from controllers.job.intervals import Intervals


class Verdict(NamedTuple):
    """What is to be made of a failed pod: why the Job fails, if so, whether it counts, the action that matched."""

    message: str | None = None
    counts: bool = True
    action: str = ""


COUNTED: Final = Verdict()


def judge_failure(policy: View | None, pod: View) -> Verdict:
    """The verdict of the first rule that matches."""
    for index, rule in enumerate((policy or {}).get("rules") or ()):
        action: str = rule["action"]
        if rule.get("onExitCodes") is not None:
            container = _container_with_code(pod, rule["onExitCodes"])
            if container is None:
                continue
            code = container["state"]["terminated"]["exitCode"]
            what = f"Container {container['name']} for pod {meta.key(pod)} failed with exit code {code}"
        else:
            condition = _matching_condition(pod, rule.get("onPodConditions") or ())
            if condition is None:
                continue
            what = f"Pod {meta.key(pod)} has condition {condition['type']}"
        if action == "FailJob":
            return Verdict(f"{what} matching {action} rule at index {index}", action=action)
        return Verdict(counts=action != "Ignore", action=action)
    return COUNTED


def _container_with_code(pod: View, requirement: View) -> Object | None:
    status = pod.get("status") or {}
    values = requirement.get("values") or ()
    name = requirement.get("containerName")
    for container in (*(status.get("containerStatuses") or ()), *(status.get("initContainerStatuses") or ())):
        terminated = (container.get("state") or {}).get("terminated")
        if not terminated or not terminated.get("exitCode") or name not in (None, container["name"]):
            continue
        if (terminated["exitCode"] in values) == (requirement.get("operator") == "In"):
            found: Object = container
            return found
    return None


def _matching_condition(pod: View, patterns: Sequence[View]) -> Object | None:
    for condition in (pod.get("status") or {}).get("conditions") or ():
        for pattern in patterns:
            if pattern["type"] == condition["type"] and pattern["status"] == condition["status"]:
                found: Object = condition
                return found
    return None


def success_message(policy: View | None, completions: int, succeeded: Intervals) -> str | None:
    """Why the Job has succeeded before all its indexes have; None when no rule is met."""
    for index, rule in enumerate((policy or {}).get("rules") or () if succeeded else ()):
        count = rule.get("succeededCount")
        if rule.get("succeededIndexes") is not None:
            required = Intervals.parse(rule["succeededIndexes"], completions)
            matched = (required & succeeded).total()
            met = bool(required) and (matched >= required.total() or (count is not None and matched >= count))
        else:
            met = count is not None and succeeded.total() >= count
        if met:
            return f"Matched rules at index {index}"
    return None
