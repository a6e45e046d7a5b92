"""CronJobs. Models pkg/registry/batch/cronjob/strategy.go, pkg/apis/batch/validation and printCronJob."""

from __future__ import annotations

import re
from typing import Any, Final

from apimachinery import cron, field, labels, meta
from apimachinery.field import Error, Path
from apimachinery.objects import Object, View
from server.registry.batch.job import default_failure_policy, job_spec_warnings
from server.registry.batch.job_validation import validate_template_spec
from server.registry.config import RegistryConfig
from server.registry.core.podspec_defaults import default_template
from server.registry.core.podspec_options import Options
from server.registry.core.podspec_template import CONTAINERS, IMAGES, container_cells, name_warnings, selector_value
from server.registry.core.workload import SPEC, WorkloadStatusStrategy, WorkloadStrategy, counters
from server.registry.declaration import declare
from server.registry.printing import NONE, UNSET, age, since
from server.registry.rest import AGE, NAME, CellContext, Column, Context, Printer, Resource

_SPEC_DOC: Final = "io.k8s.api.batch.v1.CronJobSpec"
_STATUS_DOC: Final = "io.k8s.api.batch.v1.CronJobStatus"
_COLUMNS: Final = (
    NAME,
    Column("Schedule", doc=f"{_SPEC_DOC}.schedule"),
    Column("Timezone", doc=f"{_SPEC_DOC}.timeZone"),
    Column("Suspend", "boolean", doc=f"{_SPEC_DOC}.suspend"),
    Column("Active", "integer", doc=f"{_STATUS_DOC}.active"),
    Column("Last Schedule", doc=f"{_STATUS_DOC}.lastScheduleTime"),
    AGE,
    CONTAINERS,
    IMAGES,
    Column("Selector", priority=1, doc="io.k8s.api.batch.v1.JobSpec.selector"),
)
_JOB: Final = SPEC / "jobTemplate" / "spec"
_POLICIES: Final = ["Allow", "Forbid", "Replace"]
_ZONE_PART: Final = re.compile(r"[A-Za-z.\-_0-9+]{1,14}")
_LONGEST_NAME: Final = 52
_ZONE_IN_SCHEDULE: Final = (
    "cannot use TZ or CRON_TZ in spec.spec.schedule, use timeZone instead, "
    "see https://kubernetes.io/docs/concepts/workloads/controllers/cron-jobs/ for more details"
)


class CronJobStrategy(WorkloadStrategy):
    """The main endpoint."""

    def default(self, obj: Object) -> None:
        spec: Object = obj.setdefault("spec", {})
        for name, value in (
            ("suspend", False),
            ("concurrencyPolicy", "Allow"),
            ("successfulJobsHistoryLimit", 3),
            ("failedJobsHistoryLimit", 1),
        ):
            if spec.get(name) is None or spec[name] == "":
                spec[name] = value
        template: Object = spec.setdefault("jobTemplate", {})
        template.setdefault("metadata", {})
        job: Object = template.setdefault("spec", {})
        default_template(job.setdefault("template", {}))
        default_failure_policy(job)

    def template_of(self, spec: Any) -> Any:
        return spec["jobTemplate"]["spec"].get("template")

    def validate_spec(self, spec: View, old: View | None) -> list[Error]:
        found = _schedule(spec, old)
        found += counters(spec, ["startingDeadlineSeconds"], SPEC)
        zone = spec.get("timeZone")
        if zone is not None and (old is None or old.get("timeZone") != zone):
            found += [field.invalid(SPEC / "timeZone", zone, p) for p in _time_zone(zone)]
        policy = spec.get("concurrencyPolicy") or ""
        if not policy:
            found.append(field.required(SPEC / "concurrencyPolicy"))
        elif policy not in _POLICIES:
            found.append(field.not_supported(SPEC / "concurrencyPolicy", policy, _POLICIES))
        job = spec["jobTemplate"]["spec"]
        found += validate_template_spec(job, _JOB, self.options)
        if job.get("selector") is not None:
            detail = "`selector` will be auto-generated"
            found.append(field.invalid(_JOB / "selector", selector_value(job["selector"]), detail))
        if job.get("manualSelector"):
            found.append(field.not_supported(_JOB / "manualSelector", True, ["nil", "false"]))
        return found + counters(spec, ("successfulJobsHistoryLimit", "failedJobsHistoryLimit"), SPEC)

    def validate(self, obj: View, ctx: Context) -> list[Error]:
        found = super().validate(obj, ctx)
        name = obj["metadata"].get("name") or ""
        if len(name) > _LONGEST_NAME:
            detail = f"must be no more than {_LONGEST_NAME} characters"
            found.append(field.invalid(Path("metadata") / "name", name, detail))
        return found

    def validate_update(self, obj: View, old: View, ctx: Context) -> list[Error]:
        found = super(WorkloadStrategy, self).validate(obj, ctx)
        return found + self.validate_spec(obj["spec"], old["spec"])

    def warnings_on_create(self, obj: View, ctx: Context) -> list[str]:
        return name_warnings(obj) + job_spec_warnings(obj["spec"]["jobTemplate"]["spec"], _JOB)

    def warnings_on_update(self, obj: View, old: View, ctx: Context) -> list[str]:
        same = meta.generation(obj) == meta.generation(old)
        found = [] if same else job_spec_warnings(obj["spec"]["jobTemplate"]["spec"], _JOB)
        return [*found, _ZONE_IN_SCHEDULE] if "TZ" in (obj["spec"].get("schedule") or "") else found


def _schedule(spec: View, old: View | None) -> list[Error]:
    schedule, path = spec.get("schedule") or "", SPEC / "schedule"
    if not schedule:
        return [field.required(path)]
    found: list[Error] = []
    try:
        cron.parse(schedule)
    except ValueError as e:
        found.append(field.invalid(path, schedule, str(e)))
    if "TZ" not in schedule:
        return found
    if "TZ" not in ((old or {}).get("schedule") or ""):
        detail = "cannot use TZ or CRON_TZ in schedule, use timeZone field instead"
        found.append(field.invalid(path, schedule, detail))
    elif spec.get("timeZone") is not None:
        detail = "cannot use both timeZone field and TZ or CRON_TZ in schedule"
        found.append(field.invalid(path, schedule, detail))
    return found


def _time_zone(zone: str) -> list[str]:
    if not zone:
        return ["timeZone must be nil or non-empty string"]
    for part in zone.split("/"):
        if part in (".", "..") or part.startswith("-") or not _ZONE_PART.fullmatch(part):
            return [f"unknown time zone {zone}"]
    found = []
    if zone.lower() == "local":
        found.append("timeZone must be an explicit time zone as defined in https://www.iana.org/time-zones")
    if not cron.is_time_zone(zone):
        found.append(f"unknown time zone {zone}")
    return found


class CronJobStatusStrategy(WorkloadStatusStrategy):
    """What the controller reports."""


def _cells(obj: View, ctx: CellContext) -> list[Any]:
    spec, status = obj.get("spec") or {}, obj.get("status") or {}
    job = (spec.get("jobTemplate") or {}).get("spec") or {}
    suspend, last = spec.get("suspend"), status.get("lastScheduleTime")
    return [
        meta.name(obj),
        spec.get("schedule") or "",
        spec.get("timeZone") or NONE,
        UNSET if suspend is None else str(bool(suspend)),
        len(status.get("active") or ()),
        since(last, ctx) if last else NONE,
        age(obj, ctx),
        *container_cells(job.get("template") or {}),
        labels.format_selector(job["selector"]) if job.get("selector") else NONE,
    ]


def resource(config: RegistryConfig) -> Resource:
    """CronJobs of batch/v1."""
    strategy = CronJobStrategy(Options(config.version, allow_privileged=config.allow_privileged))
    return declare(
        "batch",
        "v1",
        "CronJob",
        namespaced=True,
        short_names=("cj",),
        categories=("all",),
        strategy=strategy,
        status=CronJobStatusStrategy(strategy),
        printer=Printer(_COLUMNS, _cells),
    )
