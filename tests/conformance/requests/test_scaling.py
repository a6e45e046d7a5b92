"""Requests to autoscaling and policy which no recording asks."""

from __future__ import annotations

from typing import Any

import pytest

from apimachinery.objects import Object
from tests.conformance.requests.asked import MERGE, Asked, check, columns, refused
from tests.server.registry.words import QUALIFIED_NAME
from tests.support.api import InProcess

pytestmark = pytest.mark.asyncio(loop_scope="package")

SCALERS = "/apis/autoscaling/v2/namespaces/default/horizontalpodautoscalers"
SCALERS_V1 = "/apis/autoscaling/v1/namespaces/default/horizontalpodautoscalers"
BUDGETS = "/apis/policy/v1/namespaces/default/poddisruptionbudgets"
SCALING = "pkg/apis/autoscaling/validation/validation.go"
POLICY = "pkg/apis/policy/validation/validation.go"
PRINTERS = "pkg/printers/internalversion/printers.go"
SEL = {"matchLabels": {"a": "b"}}


def h(name: str = "h", **spec: Any) -> Object:
    target = {"kind": "Deployment", "name": "d", "apiVersion": "apps/v1"}
    return {"metadata": {"name": name}, "spec": {"scaleTargetRef": target, "maxReplicas": 3, **spec}}


def met(**metric: Any) -> Object:
    return h(metrics=[metric])


def pdb(name: str = "p", **spec: Any) -> Object:
    return {"metadata": {"name": name}, "spec": spec}


REQUESTS = [
    refused(
        SCALING,
        SCALERS,
        {"metadata": {"name": "h"}},
        (
            'HorizontalPodAutoscaler.autoscaling "h" is invalid: [spec.maxReplicas: Invalid value: '
            "0: must be greater than 0, spec.maxReplicas: Invalid value: 0: must be greater than or "
            "equal to `minReplicas`, spec.scaleTargetRef.kind: Required value, "
            "spec.scaleTargetRef.name: Required value]"
        ),
    ),
    refused(
        SCALING,
        SCALERS,
        h(minReplicas=5),
        (
            'HorizontalPodAutoscaler.autoscaling "h" is invalid: spec.maxReplicas: Invalid value: 3: '
            "must be greater than or equal to `minReplicas`"
        ),
    ),
    refused(
        SCALING,
        SCALERS,
        h(minReplicas=0),
        (
            'HorizontalPodAutoscaler.autoscaling "h" is invalid: [spec.minReplicas: Invalid value: '
            "0: must be greater than or equal to 1, spec.metrics: Forbidden: must specify at least "
            "one Object or External metric to support scaling to zero replicas]"
        ),
    ),
    refused(
        SCALING,
        SCALERS,
        h(maxReplicas=0),
        (
            'HorizontalPodAutoscaler.autoscaling "h" is invalid: [spec.maxReplicas: Invalid value: '
            "0: must be greater than 0, spec.maxReplicas: Invalid value: 0: must be greater than or "
            "equal to `minReplicas`]"
        ),
    ),
    refused(
        SCALING,
        SCALERS,
        h(scaleTargetRef={"kind": "a/b", "name": "a/b"}),
        (
            'HorizontalPodAutoscaler.autoscaling "h" is invalid: [spec.scaleTargetRef.kind: Invalid '
            'value: "a/b": may not contain \'/\', spec.scaleTargetRef.name: Invalid value: "a/b": may '
            "not contain '/']"
        ),
    ),
    refused(
        SCALING,
        SCALERS,
        h(scaleTargetRef={"kind": "", "name": "", "apiVersion": "a/b/c"}),
        (
            'HorizontalPodAutoscaler.autoscaling "h" is invalid: [spec.scaleTargetRef.kind: Required '
            "value, spec.scaleTargetRef.name: Required value, spec.scaleTargetRef.apiVersion: "
            'Invalid value: "a/b/c": unexpected GroupVersion string: a/b/c]'
        ),
    ),
    refused(
        SCALING,
        SCALERS,
        met(type="Foo"),
        (
            'HorizontalPodAutoscaler.autoscaling "h" is invalid: spec.metrics[0].type: Unsupported '
            'value: "Foo": supported values: "ContainerResource", "External", "Object", "Pods", '
            '"Resource"'
        ),
    ),
    refused(
        SCALING,
        SCALERS,
        met(type=""),
        (
            'HorizontalPodAutoscaler.autoscaling "h" is invalid: [spec.metrics[0].type: Required '
            'value: must specify a metric source type, spec.metrics[0].type: Unsupported value: "": '
            'supported values: "ContainerResource", "External", "Object", "Pods", "Resource"]'
        ),
    ),
    refused(
        SCALING,
        SCALERS,
        met(type="Resource"),
        (
            'HorizontalPodAutoscaler.autoscaling "h" is invalid: spec.metrics[0].resource: Required '
            "value: must populate information for the given metric source"
        ),
    ),
    refused(
        SCALING,
        SCALERS,
        met(type="Resource", resource={"name": "", "target": {"type": "Foo"}}),
        (
            'HorizontalPodAutoscaler.autoscaling "h" is invalid: [spec.metrics[0].resource.name: '
            "Required value: must specify a resource name, spec.metrics[0].resource.target.type: "
            'Invalid value: "Foo": must be either Utilization, Value, or AverageValue, '
            "spec.metrics[0].resource.target.averageUtilization: Required value: must set either a "
            "target raw value or a target utilization]"
        ),
    ),
    refused(
        SCALING,
        SCALERS,
        met(type="Resource", resource={"name": "cpu", "target": {"type": "Utilization"}}),
        (
            'HorizontalPodAutoscaler.autoscaling "h" is invalid: '
            "spec.metrics[0].resource.target.averageUtilization: Required value: must set either a "
            "target raw value or a target utilization"
        ),
    ),
    refused(
        SCALING,
        SCALERS,
        met(
            type="Resource",
            resource={
                "name": "cpu",
                "target": {"type": "Utilization", "averageUtilization": -1, "averageValue": "1", "value": "1"},
            },
        ),
        (
            'HorizontalPodAutoscaler.autoscaling "h" is invalid: '
            "[spec.metrics[0].resource.target.averageUtilization: Invalid value: -1: must be greater "
            "than 0, spec.metrics[0].resource.target.averageValue: Forbidden: may not set both a "
            "target raw value and a target utilization]"
        ),
    ),
    refused(
        SCALING,
        SCALERS,
        met(type="Resource", resource={"name": "cpu", "target": {"type": "AverageValue", "averageValue": "-1"}}),
        (
            'HorizontalPodAutoscaler.autoscaling "h" is invalid: '
            'spec.metrics[0].resource.target.averageValue: Invalid value: "-1": must be positive'
        ),
    ),
    refused(
        SCALING,
        SCALERS,
        met(
            type="Resource",
            resource={"name": "cpu", "target": {"type": "AverageValue", "averageValue": "1"}},
            pods={"metric": {"name": "x"}, "target": {"type": "AverageValue", "averageValue": "1"}},
        ),
        (
            'HorizontalPodAutoscaler.autoscaling "h" is invalid: spec.metrics[0].pods: Forbidden: '
            "must populate the given metric source only"
        ),
    ),
    refused(
        SCALING,
        SCALERS,
        met(type="Pods", resource={"name": "cpu", "target": {"type": "AverageValue", "averageValue": "1"}}),
        (
            'HorizontalPodAutoscaler.autoscaling "h" is invalid: spec.metrics[0].pods: Required '
            "value: must populate information for the given metric source"
        ),
    ),
    refused(
        SCALING,
        SCALERS,
        met(type="Pods", pods={"metric": {"name": ""}, "target": {"type": "Value", "value": "1"}}),
        (
            'HorizontalPodAutoscaler.autoscaling "h" is invalid: [spec.metrics[0].pods.metric.name: '
            "Required value: must specify a metric name, spec.metrics[0].pods.target.averageValue: "
            "Required value: must specify a positive target averageValue]"
        ),
    ),
    refused(
        SCALING,
        SCALERS,
        met(
            type="Object",
            object={
                "describedObject": {"kind": "", "name": ""},
                "metric": {"name": "a/b"},
                "target": {"type": "Utilization"},
            },
        ),
        (
            'HorizontalPodAutoscaler.autoscaling "h" is invalid: '
            "[spec.metrics[0].object.describedObject.kind: Required value, "
            "spec.metrics[0].object.describedObject.name: Required value, "
            "spec.metrics[0].object.metric.name: Invalid value: \"a/b\": may not contain '/', "
            "spec.metrics[0].object.target.averageValue: Required value: must set either a target "
            "value or averageValue]"
        ),
    ),
    refused(
        SCALING,
        SCALERS,
        met(
            type="External",
            external={
                "metric": {"name": "a b", "selector": {"matchLabels": {"a b": "c d"}}},
                "target": {"type": "Value"},
            },
        ),
        (
            'HorizontalPodAutoscaler.autoscaling "h" is invalid: '
            "spec.metrics[0].external.target.averageValue: Required value: must set either a target "
            "value for metric or a per-pod target"
        ),
    ),
    refused(
        SCALING,
        SCALERS,
        met(
            type="External",
            external={"metric": {"name": "a"}, "target": {"type": "Value", "value": "1", "averageValue": "1"}},
        ),
        (
            'HorizontalPodAutoscaler.autoscaling "h" is invalid: '
            "spec.metrics[0].external.target.value: Forbidden: may not set both a target value for "
            "metric and a per-pod target"
        ),
    ),
    refused(
        SCALING,
        SCALERS,
        met(
            type="ContainerResource", containerResource={"name": "", "container": "", "target": {"type": "Utilization"}}
        ),
        (
            'HorizontalPodAutoscaler.autoscaling "h" is invalid: '
            "[spec.metrics[0].containerResource.name: Required value: must specify a resource name, "
            "spec.metrics[0].containerResource.container: Required value: must specify a container, "
            "spec.metrics[0].containerResource.target.averageUtilization: Required value: must set "
            "either a target raw value or a target utilization]"
        ),
    ),
    refused(
        SCALING,
        SCALERS,
        h(
            behavior={
                "scaleUp": {"stabilizationWindowSeconds": -1, "selectPolicy": "Foo", "policies": []},
                "scaleDown": {
                    "stabilizationWindowSeconds": 4000,
                    "policies": [
                        {"type": "Foo", "value": 0, "periodSeconds": 0},
                        {"type": "Pods", "value": 1, "periodSeconds": 1801},
                    ],
                },
            }
        ),
        (
            'HorizontalPodAutoscaler.autoscaling "h" is invalid: '
            "[spec.behavior.scaleUp.stabilizationWindowSeconds: Invalid value: -1: must be greater "
            'than or equal to zero, spec.behavior.scaleUp.selectPolicy: Unsupported value: "Foo": '
            'supported values: "Disabled", "Max", "Min", '
            "spec.behavior.scaleDown.stabilizationWindowSeconds: Invalid value: 4000: must be less "
            "than or equal to 3600, spec.behavior.scaleDown.policies[0].type: Unsupported value: "
            '"Foo": supported values: "Percent", "Pods", spec.behavior.scaleDown.policies[0].value: '
            "Invalid value: 0: must be greater than zero, "
            "spec.behavior.scaleDown.policies[0].periodSeconds: Invalid value: 0: must be greater "
            "than zero, spec.behavior.scaleDown.policies[1].periodSeconds: Invalid value: 1801: must "
            "be less than or equal to 1800]"
        ),
    ),
    columns(PRINTERS, SCALERS, "Name Reference Targets MinPods MaxPods Replicas Age"),
    refused(
        SCALING,
        SCALERS_V1,
        h("h3", targetCPUUtilizationPercentage=-1),
        (
            'HorizontalPodAutoscaler.autoscaling "h3" is invalid: '
            "spec.metrics[0].resource.target.averageUtilization: Invalid value: -1: must be greater "
            "than 0"
        ),
    ),
    columns(PRINTERS, SCALERS_V1, "Name Reference Targets MinPods MaxPods Replicas Age"),
    Asked(
        SCALING,
        "PATCH",
        SCALERS + "/h/status",
        {"spec": {"maxReplicas": 99}, "status": {"currentReplicas": -1, "desiredReplicas": -1}},
        status=422,
        says=(
            'HorizontalPodAutoscaler.autoscaling "h" is invalid: [status.currentReplicas: Invalid '
            "value: -1: must be greater than or equal to 0, status.desiredReplicas: Invalid value: "
            "-1: must be greater than or equal to 0]"
        ),
        headers=MERGE,
        before=(
            (
                "POST",
                SCALERS,
                met(
                    type="Object",
                    object={
                        "describedObject": {"kind": "S", "name": "n"},
                        "metric": {"name": "a"},
                        "target": {"type": "Value", "value": "1", "averageValue": "1"},
                    },
                ),
            ),
        ),
    ),
    refused(
        POLICY,
        BUDGETS,
        pdb(minAvailable=1, maxUnavailable=1, selector=SEL),
        (
            'PodDisruptionBudget.policy "p" is invalid: spec: Invalid value: '
            '{"MinAvailable":1,"Selector":{"matchLabels":{"a":"b"}},"MaxUnavailable":1,"Unhea'
            'lthyPodEvictionPolicy":null}: minAvailable and maxUnavailable cannot be both set'
        ),
    ),
    refused(
        POLICY,
        BUDGETS,
        pdb(minAvailable=-1, selector=SEL),
        (
            'PodDisruptionBudget.policy "p" is invalid: spec.minAvailable: Invalid value: -1: must '
            "be greater than or equal to 0"
        ),
    ),
    refused(
        POLICY,
        BUDGETS,
        pdb(minAvailable="abc", selector=SEL),
        (
            'PodDisruptionBudget.policy "p" is invalid: spec.minAvailable: Invalid value: "abc": a '
            "valid percent string must be a numeric string followed by an ending '%' (e.g. '1%',  or "
            "'93%', regex used for validation is '[0-9]+%')"
        ),
    ),
    refused(
        POLICY,
        BUDGETS,
        pdb(maxUnavailable="110%", selector=SEL),
        (
            'PodDisruptionBudget.policy "p" is invalid: spec.maxUnavailable: Invalid value: "110%": '
            "must not be greater than 100%"
        ),
    ),
    refused(
        POLICY,
        BUDGETS,
        pdb(unhealthyPodEvictionPolicy="Foo", selector=SEL),
        (
            'PodDisruptionBudget.policy "p" is invalid: spec.unhealthyPodEvictionPolicy: Unsupported '
            'value: "Foo": supported values: "AlwaysAllow", "IfHealthyBudget"'
        ),
    ),
    refused(
        POLICY,
        BUDGETS,
        pdb(selector={"matchLabels": {"a b": "c d"}}),
        (
            'PodDisruptionBudget.policy "p" is invalid: [spec.selector.matchLabels: Invalid value: '
            f'"a b": {QUALIFIED_NAME}, spec.selector.matchLabels: Invalid value: "c d": a valid label '
            "must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and "
            "must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or "
            "'12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')]"
        ),
    ),
    refused(
        POLICY,
        BUDGETS,
        pdb(
            selector={
                "matchExpressions": [
                    {"key": "a", "operator": "In"},
                    {"key": "a", "operator": "Exists", "values": ["x"]},
                    {"key": "", "operator": "Gt", "values": ["x"]},
                ]
            }
        ),
        (
            'PodDisruptionBudget.policy "p" is invalid: [spec.selector.matchExpressions[0].values: '
            "Required value: must be specified when `operator` is 'In' or 'NotIn', "
            "spec.selector.matchExpressions[1].values: Forbidden: may not be specified when "
            "`operator` is 'Exists' or 'DoesNotExist', spec.selector.matchExpressions[2].operator: "
            'Invalid value: "Gt": not a valid selector operator, '
            'spec.selector.matchExpressions[2].key: Invalid value: "": name part must be non-empty, '
            f'spec.selector.matchExpressions[2].key: Invalid value: "": {QUALIFIED_NAME}]'
        ),
    ),
    Asked(
        POLICY,
        "PATCH",
        BUDGETS + "/p/status",
        {
            "spec": {"minAvailable": 7},
            "status": {"disruptionsAllowed": -1, "currentHealthy": -1, "desiredHealthy": -1, "expectedPods": -1},
        },
        status=422,
        says=(
            'PodDisruptionBudget.policy "p" is invalid: [status.disruptionsAllowed: Invalid value: '
            "-1: must be greater than or equal to 0, status.currentHealthy: Invalid value: -1: must "
            "be greater than or equal to 0, status.desiredHealthy: Invalid value: -1: must be "
            "greater than or equal to 0, status.expectedPods: Invalid value: -1: must be greater "
            "than or equal to 0]"
        ),
        headers=MERGE,
        before=(("POST", BUDGETS, pdb(maxUnavailable="30%", selector=SEL)),),
    ),
    columns(PRINTERS, BUDGETS, "Name Min_Available Max_Unavailable Allowed_Disruptions Age"),
    Asked(
        POLICY,
        "PUT",
        BUDGETS + "/p",
        pdb(minAvailable=1, selector=SEL),
        status=422,
        says=(
            'poddisruptionbudgets.policy "p" is invalid: metadata.resourceVersion: Invalid value: 0: '
            "must be specified for an update"
        ),
        before=(("POST", BUDGETS, pdb(maxUnavailable="30%", selector=SEL)),),
    ),
    Asked(
        POLICY,
        "POST",
        BUDGETS,
        b'{"metadata":{"name":"x"},"spec":{"minAvailable":true}}',
        status=400,
        says=(
            'PodDisruptionBudget in version "v1" cannot be handled as a PodDisruptionBudget: json: '
            "cannot unmarshal bool into Go struct field PodDisruptionBudgetSpec.spec.minAvailable of "
            "type int32"
        ),
    ),
    Asked(
        POLICY,
        "POST",
        BUDGETS,
        b'{"metadata":{"name":"x"},"spec":{"minAvailable":1.5}}',
        status=400,
        says=(
            'PodDisruptionBudget in version "v1" cannot be handled as a PodDisruptionBudget: json: '
            "cannot unmarshal number 1.5 into Go struct field "
            "PodDisruptionBudgetSpec.spec.minAvailable of type int32"
        ),
    ),
]


@pytest.mark.parametrize("asked", REQUESTS, ids=Asked.title)
async def test_request(api: InProcess, asked: Asked) -> None:
    await check(api, asked)
