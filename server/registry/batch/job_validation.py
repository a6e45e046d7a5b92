"""The rules of a Job's spec. Models pkg/apis/batch/validation (validateJobSpec)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import Any, Final

from apimachinery import field, validation
from apimachinery.field import Error, Path
from apimachinery.labels import LabelSelector
from apimachinery.objects import View
from apimachinery.serializer import go_quote
from server.registry.core.internal import internal_value
from server.registry.core.podspec_options import Options
from server.registry.core.podspec_template import (
    labels_mismatch,
    parse_selector,
    selector_value,
    template_labels,
    validate_template,
)
from server.registry.core.workload import counters

CONTROLLER_UID: Final = "batch.kubernetes.io/controller-uid"
JOB_NAME: Final = "batch.kubernetes.io/job-name"
LEGACY_CONTROLLER_UID: Final = "controller-uid"
LEGACY_JOB_NAME: Final = "job-name"

MAX_PARALLELISM: Final = 100_000
MAX_FAILED_INDEXES: Final = 100_000
SOFT_COMPLETIONS: Final = 100_000
SOFT_PARALLELISM: Final = 10_000
SOFT_FAILED_INDEXES: Final = 10_000

_ACTIONS: Final = ["Count", "FailIndex", "FailJob", "Ignore"]
_STATUSES: Final = ["False", "True", "Unknown"]
_OPERATORS: Final = ["In", "NotIn"]
_REPLACEMENTS: Final = ["Failed", "TerminatingOrFailed"]
_COUNTERS: Final = (
    "parallelism",
    "completions",
    "activeDeadlineSeconds",
    "backoffLimit",
    "ttlSecondsAfterFinished",
    "backoffLimitPerIndex",
    "maxFailedIndexes",
)


def _quoted(values: Iterable[str]) -> str:
    return "valid values: [" + " ".join(f'"{v}"' for v in values) + "]"


def _without_value(path: Path, detail: str) -> Error:
    return Error("FieldValueInvalid", str(path), detail=detail)


def is_indexed(spec: View) -> bool:
    """Whether pods have indexes."""
    return spec.get("completionMode") == "Indexed"


def validate_job_spec(spec: View, path: Path, options: Options) -> list[Error]:
    """Field errors of a JobSpec with its selector. Models ValidateJobSpec."""
    found = validate_template_spec(spec, path, options)
    selector = spec.get("selector")
    if selector is None:
        found.append(field.required(path / "selector"))
    else:
        found += validation.label_selector(selector, path / "selector")
    parsed = parse_selector(selector)
    if parsed is not None and not parsed.matches(template_labels(spec["template"])):
        found.append(labels_mismatch(spec["template"], path / "template"))
    return found


def validate_template_spec(spec: View, path: Path, options: Options) -> list[Error]:
    """Field errors of a JobSpec that may still lack its selector."""
    found = counters(spec, _COUNTERS, path)
    if spec.get("maxFailedIndexes") is not None and spec.get("backoffLimitPerIndex") is None:
        found.append(field.required(path / "backoffLimitPerIndex", "when maxFailedIndexes is specified"))
    if spec.get("managedBy") is not None:
        found += _managed_by(spec["managedBy"], path / "managedBy")
    mode = spec.get("completionMode")
    if mode is not None and mode not in (modes := ["NonIndexed", "Indexed"]):
        found.append(field.not_supported(path / "completionMode", mode, modes))
    if is_indexed(spec):
        found += _indexed(spec, path)
    elif mode in (None, "NonIndexed"):
        for name in ("backoffLimitPerIndex", "maxFailedIndexes"):
            if spec.get(name) is not None:
                found.append(field.invalid(path / name, spec[name], "requires indexed completion mode"))
    policy = spec.get("podFailurePolicy")
    if policy is not None:
        found += _pod_failure_policy(spec, path / "podFailurePolicy")
    success = spec.get("successPolicy")
    if success is not None and is_indexed(spec):
        found += _success_policy(success, int(spec.get("completions") or 0), path / "successPolicy")
    elif success is not None:
        shown = internal_value("SuccessPolicy", success)
        found.append(field.invalid(path / "successPolicy", shown, "requires indexed completion mode"))
    replacement = spec.get("podReplacementPolicy")
    allowed = _REPLACEMENTS if policy is None else ["Failed"]
    if replacement is not None and replacement not in allowed:
        found.append(field.not_supported(path / "podReplacementPolicy", replacement, allowed))
    found += validate_template(spec["template"], path / "template", options)
    restart, at = (
        (spec["template"].get("spec") or {}).get("restartPolicy") or "",
        path / "template" / "spec" / "restartPolicy",
    )
    if restart in ("", "Always"):
        found.append(field.required(at, 'valid values: "OnFailure", "Never"'))
    elif restart not in ("OnFailure", "Never"):
        found.append(field.not_supported(at, restart, ["OnFailure", "Never"]))
    elif policy is not None and restart != "Never":
        detail = 'only "Never" is supported when podFailurePolicy is specified'
        found.append(field.invalid(at, restart, detail))
    return found


def _managed_by(name: str, path: Path) -> list[Error]:
    found: list[Error] = []
    domain, slash, rest = name.partition("/")
    if not name:
        found.append(field.required(path))
    elif not slash or not domain or not rest:
        found.append(field.invalid(path, name, 'must be a domain-prefixed path (such as "acme.io/foo")'))
    else:
        found += [field.invalid(path, domain, p) for p in validation.dns1123_subdomain(domain)]
    if len(name) > 63:
        found.append(field.too_long(path, 63))
    return found


def _indexed(spec: View, path: Path) -> list[Error]:
    completions, parallelism, failed = (spec.get(n) for n in ("completions", "parallelism", "maxFailedIndexes"))
    found: list[Error] = []
    if completions is None:
        found.append(field.required(path / "completions", "when completion mode is Indexed"))
    if parallelism is not None and parallelism > MAX_PARALLELISM:
        detail = f"must be less than or equal to {MAX_PARALLELISM} when completion mode is Indexed"
        found.append(field.invalid(path / "parallelism", parallelism, detail))
    if completions is not None and failed is not None and failed > completions:
        found.append(field.invalid(path / "maxFailedIndexes", failed, "must be less than or equal to completions"))
    if failed is not None and failed > MAX_FAILED_INDEXES:
        found.append(
            field.invalid(path / "maxFailedIndexes", failed, f"must be less than or equal to {MAX_FAILED_INDEXES}")
        )
    if completions is None or completions <= SOFT_COMPLETIONS or spec.get("backoffLimitPerIndex") is None:
        return found
    above = f"when completions are above {SOFT_COMPLETIONS} and used with backoff limit per index"
    if failed is None:
        detail = f"must be specified when completions is above {SOFT_COMPLETIONS}"
        found.append(field.required(path / "maxFailedIndexes", detail))
    if parallelism is not None and parallelism > SOFT_PARALLELISM:
        detail = f"must be less than or equal to {SOFT_PARALLELISM} {above}"
        found.append(field.invalid(path / "parallelism", parallelism, detail))
    if failed is not None and failed > SOFT_FAILED_INDEXES:
        detail = f"must be less than or equal to {SOFT_FAILED_INDEXES} {above}"
        found.append(field.invalid(path / "maxFailedIndexes", failed, detail))
    return found


def _pod_failure_policy(spec: View, path: Path) -> list[Error]:
    rules = spec["podFailurePolicy"].get("rules") or ()
    pod = spec["template"].get("spec") or {}
    names = {c.get("name") for part in ("containers", "initContainers") for c in pod.get(part) or ()}
    found = [field.too_many(path / "rules", len(rules), 20)] if len(rules) > 20 else []
    for i, rule in enumerate(rules):
        at, action = (path / "rules")[i], rule.get("action") or ""
        if not action:
            found.append(field.required(at / "action", _quoted(_ACTIONS)))
        elif action == "FailIndex":
            if spec.get("backoffLimitPerIndex") is None:
                detail = "requires the backoffLimitPerIndex to be set"
                found.append(field.invalid(at / "action", action, detail))
        elif action not in _ACTIONS:
            found.append(field.not_supported(at / "action", action, _ACTIONS))
        codes, conditions = rule.get("onExitCodes"), rule.get("onPodConditions") or ()
        if codes is not None:
            found += _on_exit_codes(codes, names, at / "onExitCodes")
        if conditions:
            found += _on_pod_conditions(conditions, at / "onPodConditions")
        if codes is not None and conditions:
            found.append(_without_value(at, "specifying both OnExitCodes and OnPodConditions is not supported"))
        if codes is None and not conditions:
            found.append(_without_value(at, "specifying one of OnExitCodes and OnPodConditions is required"))
    return found


def _on_pod_conditions(patterns: Sequence[View], path: Path) -> list[Error]:
    found = [field.too_many(path, len(patterns), 20)] if len(patterns) > 20 else []
    for i, pattern in enumerate(patterns):
        kind, status = pattern.get("type") or "", pattern.get("status") or ""
        found += [field.invalid(path[i] / "type", kind, p) for p in validation.qualified_name(kind)]
        if not status:
            found.append(field.required(path[i] / "status", _quoted(_STATUSES)))
        elif status not in _STATUSES:
            found.append(field.not_supported(path[i] / "status", status, _STATUSES))
    return found


def _on_exit_codes(codes: View, names: set[Any], path: Path) -> list[Error]:
    operator, container, values = codes.get("operator") or "", codes.get("containerName"), codes.get("values") or []
    found: list[Error] = []
    if not operator:
        found.append(field.required(path / "operator", _quoted(_OPERATORS)))
    elif operator not in _OPERATORS:
        found.append(field.not_supported(path / "operator", operator, _OPERATORS))
    if container is not None and container not in names:
        detail = "must be one of the container or initContainer names in the pod template"
        found.append(field.invalid(path / "containerName", container, detail))
    at = path / "values"
    if not values:
        found.append(field.invalid(at, values or None, "at least one value is required"))
    elif len(values) > 255:
        found.append(field.too_many(at, len(values), 255))
    seen: set[int] = set()
    for i, value in enumerate(values):
        if operator == "In" and value == 0:
            found.append(field.invalid(at[i], value, "must not be 0 for the In operator"))
        if value in seen:
            found.append(field.duplicate(at[i], value))
        seen.add(value)
    if any(a > b for a, b in pairwise(values)):
        found.append(field.invalid(at, values, "must be ordered"))
    return found


def _success_policy(policy: View, completions: int, path: Path) -> list[Error]:
    rules, at = policy.get("rules") or (), path / "rules"
    found: list[Error] = []
    if not rules:
        detail = "at least one rules must be specified when the successPolicy is specified"
        found.append(field.required(at, detail))
    if len(rules) > 20:
        found.append(field.too_many(at, len(rules), 20))
    for i, rule in enumerate(rules):
        found += _success_rule(rule, completions, at[i])
    return found


def _success_rule(rule: View, completions: int, path: Path) -> list[Error]:
    indexes, count = rule.get("succeededIndexes"), rule.get("succeededCount")
    found: list[Error] = []
    if count is None and indexes is None:
        detail = "at least one of succeededCount or succeededIndexes must be specified"
        found.append(field.required(path, detail))
    total = 0
    if indexes is not None:
        at = path / "succeededIndexes"
        if len(indexes) > 64 * 1024:
            found.append(field.too_long(at, 64 * 1024))
        try:
            total = sum(last - first + 1 for first, last in parse_indexes(indexes, completions))
        except ValueError as e:
            found.append(field.invalid(at, indexes, f"error parsing succeededIndexes: {e}"))
    if count is not None:
        at = path / "succeededCount"
        found += validation.non_negative(count, at)
        most = "must be less than or equal to"
        if count > completions:
            found.append(field.invalid(at, count, f"{most} {completions} (the number of specified completions)"))
        if indexes is not None and count > total:
            what = "the number of indexes in the specified succeededIndexes field"
            found.append(field.invalid(at, count, f"{most} {total} ({what})"))
    return found


def parse_indexes(text: str, completions: int) -> list[tuple[int, int]]:
    """Intervals of `1,3-5,7`, in rising order and below completions; raises ValueError with upstream's words."""
    found: list[tuple[int, int]] = []
    for part in text.split(",") if text else ():
        first, last = parse_interval(part, completions)
        if found and found[-1][1] >= first:
            raise ValueError(f"non-increasing order, previous: {found[-1][1]}, current: {first}")
        found.append((first, last))
    return found


def parse_interval(text: str, completions: int) -> tuple[int, int]:
    """First and last index of `3` or `3-5`; raises ValueError with upstream's words."""
    limits = text.split("-")
    if len(limits) > 2:
        rule = "an index interval can have at most two parts separated by '-'"
        raise ValueError(f"the fragment {go_quote(text)} violates the requirement that {rule}")
    numbers = []
    for limit in limits:
        if not limit.lstrip("+-").isdigit():
            raise ValueError(f'cannot convert string to integer for index: "{limit}"')
        numbers.append(int(limit))
        if numbers[-1] >= completions:
            raise ValueError(f'too large index: "{limit}"')
    if len(numbers) == 2 and numbers[0] >= numbers[1]:
        raise ValueError(f"non-increasing order, previous: {numbers[0]}, current: {numbers[1]}")
    return numbers[0], numbers[-1]


def validate_generated_selector(job: View) -> list[Error]:
    """The labels and the selector are those that tie pods to this very Job. Models validateGeneratedSelector."""
    spec, metadata = job["spec"], job["metadata"]
    selector = spec.get("selector")
    if spec.get("manualSelector") or selector is None:
        return []
    uid, name = metadata.get("uid") or "", metadata.get("name") or ""
    found = [] if uid else [field.required(Path("metadata") / "uid")]
    expected = {
        LEGACY_CONTROLLER_UID: uid,
        LEGACY_JOB_NAME: name,
        CONTROLLER_UID: uid,
        JOB_NAME: name,
    }
    labels, path = template_labels(spec["template"]), Path("spec") / "template" / "metadata" / "labels"
    for key, value in expected.items():
        if key not in labels:
            found.append(field.required(path.key(key), f"must be '{value}'"))
        elif labels[key] != value:
            found.append(field.invalid(path.key(key), dict(labels), f"must be '{value}'"))
    parsed: LabelSelector | None = parse_selector(selector)
    if parsed is not None and not parsed.matches(expected):
        found.append(
            field.invalid(Path("spec") / "selector", selector_value(selector), "`selector` not auto-generated")
        )
    return found
