"""Warnings that depend on what was there before, and those of custom resources."""

from __future__ import annotations

from typing import Any

import pytest

from apimachinery.objects import Object
from server.registry.custom_strategy import CustomStatusStrategy, CustomStrategy
from tests.server.registry.kinds import kind
from tests.server.registry.strategies import CONTEXT, with_changes
from tests.server.registry.workloads import (
    CRON_JOBS,
    DAEMON_SETS,
    DEPLOYMENTS,
    JOBS,
    REPLICA_SETS,
    STATEFUL_SETS,
    cron_job_of,
    job_of,
    template,
    workload,
)

MASTER = {"node-role.kubernetes.io/master": ""}
USE_CONTROL_PLANE = 'use "node-role.kubernetes.io/control-plane" instead'
ENFORCED = "kubernetes.io/enforce-mountable-secrets"
ENFORCED_WARNING = (
    f"metadata.annotations[{ENFORCED}]: deprecated in v1.32+; "
    "prefer separate namespaces to isolate access to mounted secrets"
)
DOTTED = (
    "metadata.name: this is used in Pod names and hostnames, which can result in surprising behavior; "
    "a DNS label is recommended: [must not contain dots]"
)


@pytest.mark.parametrize("rules", [DEPLOYMENTS, REPLICA_SETS, STATEFUL_SETS, DAEMON_SETS])
def test_a_template_earns_its_warnings_again_when_it_changes(rules: Any) -> None:
    old = rules.created(workload(rules, template=template(nodeSelector=MASTER)))
    expected = [f"spec.template.spec.nodeSelector[node-role.kubernetes.io/master]: {USE_CONTROL_PLANE}"]
    assert rules.warnings(workload(rules, template=template(nodeSelector=MASTER))) == expected
    labelled, _ = rules.updated(old, {"metadata.labels": {"a": "b"}})
    assert rules.strategy.warnings_on_update(labelled, old, CONTEXT) == []
    changed, _ = rules.updated(old, {"spec.template.metadata.annotations": {"a": "b"}})
    assert rules.strategy.warnings_on_update(changed, old, CONTEXT) == expected


@pytest.mark.parametrize("rules", [DEPLOYMENTS, REPLICA_SETS])
def test_names_that_are_no_labels(rules: Any) -> None:
    assert rules.warnings(with_changes(workload(rules), {"metadata.name": "a.b"})) == [DOTTED]


def test_names_of_jobs_that_are_no_labels() -> None:
    assert JOBS.warnings(with_changes(job_of(), {"metadata.name": "a.b"})) == [DOTTED]
    assert CRON_JOBS.warnings(with_changes(cron_job_of(), {"metadata.name": "a.b"})) == [DOTTED]


def test_the_paths_to_claims_of_replicas_differ_between_create_and_update() -> None:
    fractional = {"spec": {"resources": {"requests": {"storage": "1500m"}}}}
    obj = workload(STATEFUL_SETS, volumeClaimTemplates=[{}, fractional], revisionHistoryLimit=-1)
    suffix = 'resources.requests[storage]: fractional byte value "1500m" is invalid, must be an integer'
    history = (
        "spec.revisionHistoryLimit: a negative value retains all historical revisions; a value >= 0 is recommended"
    )
    strategy = STATEFUL_SETS.strategy
    assert strategy.warnings_on_create(obj, CONTEXT) == [f"spec.volumeClaimTemplates[1].{suffix}", history]
    assert strategy.warnings_on_update(obj, obj, CONTEXT) == [f"spec.volumeClaimTemplates[1].Spec.{suffix}", history]


def test_a_time_zone_in_a_schedule_earns_a_warning_with_every_update() -> None:
    old = with_changes(CRON_JOBS.created(cron_job_of()), {"spec.schedule": "CRON_TZ=UTC * * * * *"})
    assert CRON_JOBS.strategy.warnings_on_create(old, CONTEXT) == []
    assert CRON_JOBS.strategy.warnings_on_update(old, old, CONTEXT) == [
        (
            "cannot use TZ or CRON_TZ in spec.spec.schedule, use timeZone instead, see "
            "https://kubernetes.io/docs/concepts/workloads/controllers/cron-jobs/ for more details"
        )
    ]


def test_an_annotation_of_accounts_earns_a_warning_once() -> None:
    accounts = kind("v1", "serviceaccounts").strategy
    old: Object = {"metadata": {"name": "a"}}
    new = with_changes(old, {"metadata.annotations": {ENFORCED: "true"}})
    assert accounts.warnings_on_create(new, CONTEXT) == [ENFORCED_WARNING]
    assert accounts.warnings_on_update(new, old, CONTEXT) == [ENFORCED_WARNING]
    assert accounts.warnings_on_update(new, new, CONTEXT) == []


def test_definitions_earn_warnings_for_formats_that_they_had_not_before() -> None:
    def definition(*formats: str) -> Object:
        schema = {"properties": {name: {"format": name} for name in formats}}
        return {"spec": {"versions": [{"name": "v1", "schema": {"openAPIV3Schema": schema}}]}}

    rules = kind("apiextensions.k8s.io/v1", "customresourcedefinitions").strategy
    assert rules.warnings_on_create(definition("b", "a"), CONTEXT) == [
        'unrecognized format "a"',
        'unrecognized format "b"',
    ]
    assert rules.warnings_on_update(definition("b", "c"), definition("b", "a"), CONTEXT) == ['unrecognized format "c"']


def test_drivers_of_slices_are_written_in_lower_case() -> None:
    slices = kind("resource.k8s.io/v1", "resourceslices").strategy
    new: Object = {"spec": {"driver": "Driver.example.com"}}
    expected = ['spec.driver: driver names should be lowercase; "Driver.example.com" contains uppercase characters']
    assert slices.warnings_on_create(new, CONTEXT) == expected
    assert slices.warnings_on_update(new, new, CONTEXT) == expected
    assert slices.warnings_on_create({"spec": {"driver": "driver.example.com"}}, CONTEXT) == []


PREFER = "prefer a domain-qualified finalizer name"
AVOID = "to avoid accidental conflicts with other finalizer writers"
FINALIZERS: list[tuple[list[str], list[str], list[str]]] = [
    ([], ["example.com/a", "orphan", "foregroundDeletion", "kubernetes"], []),
    (
        [],
        ["lonely", "a.example.com", "lonely"],
        [
            f'metadata.finalizers: "a.example.com": {PREFER} including a path (/) {AVOID}',
            f'metadata.finalizers: "lonely": {PREFER} {AVOID}',
        ],
    ),
    (["old"], ["old", "new"], [f'metadata.finalizers: "new": {PREFER} {AVOID}']),
    (["old"], ["old"], []),
]


@pytest.mark.parametrize(("before", "after", "warned"), FINALIZERS)
def test_finalizers_of_custom_resources(before: list[str], after: list[str], warned: list[str]) -> None:
    rules = CustomStrategy(None, has_status=True, scale=None)
    old, new = ({"metadata": {"name": "a", "finalizers": names}} for names in (before, after))
    if not before:
        assert rules.warnings_on_create(new, CONTEXT) == warned
    assert rules.warnings_on_update(new, old, CONTEXT) == warned
    assert CustomStatusStrategy(None, scale=None).warnings_on_update(new, old, CONTEXT) == []
