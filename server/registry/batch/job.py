"""Jobs. Models pkg/registry/batch/job/strategy.go, pkg/apis/batch/v1/defaults.go and printJob."""

from __future__ import annotations

from typing import Any, Final

from apimachinery import field, labels, meta, validation
from apimachinery.field import Error, Path
from apimachinery.objects import Object, View
from apimachinery.timestamp import human_duration, parse_time
from server.registry.batch.job_status import has_condition, validate_status_update
from server.registry.batch.job_validation import (
    CONTROLLER_UID,
    JOB_NAME,
    LEGACY_CONTROLLER_UID,
    LEGACY_JOB_NAME,
    SOFT_COMPLETIONS,
    SOFT_PARALLELISM,
    is_indexed,
    validate_generated_selector,
    validate_job_spec,
)
from server.registry.config import RegistryConfig
from server.registry.core.internal import internal_template, internal_value
from server.registry.core.podspec_options import Options
from server.registry.core.podspec_template import (
    CONTAINERS,
    IMAGES,
    container_cells,
    name_warnings,
    selector_value,
    template_labels,
)
from server.registry.core.podspec_warnings import template_warnings
from server.registry.core.workload import SPEC, WorkloadStatusStrategy, WorkloadStrategy
from server.registry.declaration import declare
from server.registry.printing import age
from server.registry.rest import AGE, NAME, CellContext, Column, Context, Printer, Resource

_INT32_MAX: Final = 2**31 - 1
_COLUMNS: Final = (
    NAME,
    Column("Status", description="Status of the job."),
    Column("Completions", doc="io.k8s.api.batch.v1.JobStatus.succeeded"),
    Column("Duration", description="Time required to complete the job."),
    AGE,
    CONTAINERS,
    IMAGES,
    Column("Selector", priority=1, doc="io.k8s.api.batch.v1.JobSpec.selector"),
)
_STATES: Final = ("Suspended", "FailureTarget", "SuccessCriteriaMet")


_PODS_STAY: Final = (
    "child pods are preserved by default when jobs are deleted; set propagationPolicy=Background to remove them "
    "or set propagationPolicy=Orphan to suppress this warning"
)


class JobStrategy(WorkloadStrategy):
    """The main endpoint: labels and the selector that tie pods to the Job are made when it is created."""

    default_propagation = "Orphan"

    def warnings_on_delete(self, *, propagation_given: bool) -> list[str]:
        return [] if propagation_given else [_PODS_STAY]

    def default(self, obj: Object) -> None:
        super().default(obj)
        own = template_labels(obj["spec"]["template"])
        if own and not obj["metadata"].get("labels"):
            obj["metadata"]["labels"] = dict(own)

    def default_spec(self, spec: Object) -> None:
        if spec.get("completions") is None and spec.get("parallelism") is None:
            spec["completions"] = 1
        limit = 6 if spec.get("backoffLimitPerIndex") is None else _INT32_MAX
        replacement = "TerminatingOrFailed" if spec.get("podFailurePolicy") is None else "Failed"
        for name, value in (
            ("parallelism", 1),
            ("backoffLimit", limit),
            ("completionMode", "NonIndexed"),
            ("suspend", False),
            ("manualSelector", False),
            ("podReplacementPolicy", replacement),
        ):
            if spec.get(name) is None:
                spec[name] = value
        default_failure_policy(spec)

    def prepare_for_create(self, obj: Object, ctx: Context) -> None:
        super().prepare_for_create(obj, ctx)
        if not obj["spec"].get("manualSelector"):
            _generate_selector(obj)

    def validate(self, obj: View, ctx: Context) -> list[Error]:
        spec = obj["spec"]
        found = super().validate(obj, ctx) + validate_generated_selector(obj)
        found += validate_job_spec(spec, SPEC, self.options)
        completions = spec.get("completions")
        if is_indexed(spec) and completions is not None and completions > 0:
            name = obj["metadata"].get("name") or ""
            last = f"{name}-{completions - 1}"
            if validation.dns1123_label(last):
                detail = f"will not able to create pod with invalid DNS label: {last}"
                found.append(field.invalid(Path("metadata") / "name", name, detail))
        return found

    def validate_update(self, obj: View, old: View, ctx: Context) -> list[Error]:
        spec, before = obj["spec"], old["spec"]
        found = WorkloadStrategy.validate(self, obj, ctx) + validate_job_spec(spec, SPEC, self.options)
        found += _completions(spec, before)
        if spec.get("selector") != before.get("selector"):
            shown = selector_value(spec.get("selector"))
            found.append(field.invalid(SPEC / "selector", shown, validation.FIELD_IMMUTABLE))
        found += _template(spec, old)
        for name, kind in (
            ("completionMode", ""),
            ("podFailurePolicy", "PodFailurePolicy"),
            ("backoffLimitPerIndex", ""),
            ("managedBy", ""),
            ("successPolicy", "SuccessPolicy"),
        ):
            if spec.get(name) != before.get(name):
                shown = internal_value(kind, spec.get(name)) if kind else spec.get(name)
                found.append(field.invalid(SPEC / name, shown, validation.FIELD_IMMUTABLE))
        return found

    def warnings_on_create(self, obj: View, ctx: Context) -> list[str]:
        return name_warnings(obj) + job_spec_warnings(obj["spec"], SPEC)

    def warnings_on_update(self, obj: View, old: View, ctx: Context) -> list[str]:
        return [] if meta.generation(obj) == meta.generation(old) else job_spec_warnings(obj["spec"], SPEC)


def default_failure_policy(spec: Object) -> None:
    """A pod condition without a status means True."""
    for rule in (spec.get("podFailurePolicy") or {}).get("rules") or ():
        for pattern in rule.get("onPodConditions") or ():
            if not pattern.get("status"):
                pattern["status"] = "True"


def job_spec_warnings(spec: View, path: Path) -> list[str]:
    """Warnings for a JobSpec. Models pkg/api/job/warnings.go."""
    found = []
    many = (spec.get("completions") or 0) > SOFT_COMPLETIONS and (spec.get("parallelism") or 0) > SOFT_PARALLELISM
    if is_indexed(spec) and many:
        found.append(
            f"{path}: In Indexed Jobs with a number of completions higher than 10^5 and a parallelism "
            "higher than 10^4, Kubernetes might not be able to track completedIndexes when a big number of indexes fail"
        )
    return found + template_warnings(spec["template"], path / "template")


def _generate_selector(job: Object) -> None:
    metadata, spec = job["metadata"], job["spec"]
    template: Object = spec["template"]["metadata"]
    own = dict(template.get("labels") or {})
    inherited = not metadata.get("labels") or metadata["labels"] == own
    made = dict(own)
    if LEGACY_JOB_NAME not in own:
        made[LEGACY_JOB_NAME] = made[JOB_NAME] = metadata.get("name") or ""
    if LEGACY_CONTROLLER_UID not in own:
        made[LEGACY_CONTROLLER_UID] = made[CONTROLLER_UID] = metadata["uid"]
    template["labels"] = made
    if inherited:
        metadata["labels"] = dict(made)
    selector = dict(spec.get("selector") or {})
    selector["matchLabels"] = {CONTROLLER_UID: metadata["uid"], **(selector.get("matchLabels") or {})}
    spec["selector"] = selector


def _completions(spec: View, before: View) -> list[Error]:
    new, old, path = spec.get("completions"), before.get("completions"), SPEC / "completions"
    if new == old:
        return []
    if not is_indexed(spec):
        return [field.invalid(path, new, validation.FIELD_IMMUTABLE)]
    if new is None or new == spec.get("parallelism"):
        return []
    return [field.invalid(path, new, "can only be modified in tandem with spec.parallelism")]


def _template(spec: View, old: View) -> list[Error]:
    """The template is final, but a Job that is suspended and has not begun may still say where its pods go."""
    template, stored = spec["template"], old["spec"]["template"]
    status = old.get("status") or {}
    begun = bool(status.get("startTime")) and not has_condition(old, "Suspended")
    if old["spec"].get("suspend") and not begun:
        stored = _with_directives_of(stored, template)
    if template == stored:
        return []
    return [field.invalid(SPEC / "template", internal_template(template), validation.FIELD_IMMUTABLE)]


def _with_directives_of(stored: View, template: View) -> Object:
    """The stored template with the new one's labels, annotations, node affinity, selector, tolerations and gates."""
    metadata = _taken(stored.get("metadata") or {}, template.get("metadata") or {}, ("labels", "annotations"))
    new, old = template.get("spec") or {}, stored.get("spec") or {}
    spec = _taken(old, new, ("nodeSelector", "tolerations", "schedulingGates"))
    affinity = _taken(old.get("affinity") or {}, new.get("affinity") or {}, ("nodeAffinity",))
    if affinity or new.get("affinity") is not None:
        spec["affinity"] = affinity
    else:
        spec.pop("affinity", None)
    return {**stored, "metadata": metadata, "spec": spec}


def _taken(old: View, new: View, names: tuple[str, ...]) -> Object:
    return {**{k: v for k, v in old.items() if k not in names}, **{k: new[k] for k in names if k in new}}


class JobStatusStrategy(WorkloadStatusStrategy):
    """What the controller reports."""

    def validate_update(self, obj: View, old: View, ctx: Context) -> list[Error]:
        found = super().validate_update(obj, old, ctx)
        return found + validate_status_update(obj, old)


def _status(job: View) -> str:
    for kind in ("Complete", "Failed"):
        if has_condition(job, kind):
            return kind
    if meta.is_deleting(job):
        return "Terminating"
    return next((kind for kind in _STATES if has_condition(job, kind)), "Running")


def _completions_cell(spec: View, status: View) -> str:
    succeeded = status.get("succeeded") or 0
    if spec.get("completions") is not None:
        return f"{succeeded}/{spec['completions']}"
    parallelism = spec.get("parallelism") or 0
    return f"{succeeded}/1 of {parallelism}" if parallelism > 1 else f"{succeeded}/1"


def _duration(status: View, ctx: CellContext) -> str:
    start, end = status.get("startTime"), status.get("completionTime")
    if not start:
        return ""
    return human_duration(parse_time(end) - parse_time(start)) if end else ctx.age(start)


def _cells(obj: View, ctx: CellContext) -> list[Any]:
    spec, status = obj.get("spec") or {}, obj.get("status") or {}
    return [
        meta.name(obj),
        _status(obj),
        _completions_cell(spec, status),
        _duration(status, ctx),
        age(obj, ctx),
        *container_cells(spec.get("template") or {}),
        labels.format_selector(spec.get("selector")),
    ]


def _selectable_fields(obj: View) -> dict[str, str]:
    return {"status.successful": str(int((obj.get("status") or {}).get("succeeded") or 0))}


def resource(config: RegistryConfig) -> Resource:
    """Jobs of batch/v1."""
    strategy = JobStrategy(Options(config.version, allow_privileged=config.allow_privileged))
    return declare(
        "batch",
        "v1",
        "Job",
        namespaced=True,
        categories=("all",),
        strategy=strategy,
        status=JobStatusStrategy(strategy),
        printer=Printer(_COLUMNS, _cells),
        selectable_fields=_selectable_fields,
        known_field_labels=("metadata.name", "metadata.namespace", "status.successful"),
    )
