"""Small valid workloads of every kind that has a pod template."""

from __future__ import annotations

from typing import Any, Final

from apimachinery.objects import Object
from server.registry.apps import controllerrevision, daemonset, deployment, replicaset, statefulset
from server.registry.batch import cronjob, job
from server.registry.config import RegistryConfig
from server.registry.core import podtemplate, replicationcontroller
from tests.server.registry.strategies import Kind

_CONFIG: Final = RegistryConfig()
DAEMON_SETS: Final = Kind(daemonset.resource(_CONFIG))
DEPLOYMENTS: Final = Kind(deployment.resource(_CONFIG))
REPLICA_SETS: Final = Kind(replicaset.resource(_CONFIG))
STATEFUL_SETS: Final = Kind(statefulset.resource(_CONFIG))
REVISIONS: Final = Kind(controllerrevision.resource(_CONFIG))
JOBS: Final = Kind(job.resource(_CONFIG))
CRON_JOBS: Final = Kind(cronjob.resource(_CONFIG))
POD_TEMPLATES: Final = Kind(podtemplate.resource(_CONFIG))
REPLICATION_CONTROLLERS: Final = Kind(replicationcontroller.resource(_CONFIG))

LABELS: Final = {"app": "a"}


def template(**spec: Any) -> Object:
    """A pod template with the labels that selectors want."""
    return {"metadata": {"labels": dict(LABELS)}, "spec": {"containers": [{"name": "c", "image": "i:1"}], **spec}}


def workload(kind: Kind, **spec: Any) -> Object:
    """An object `w` of an apps/v1 kind: selector and template that match."""
    resource = kind.resource
    return {
        "kind": resource.kind,
        "apiVersion": resource.gvk.api_version,
        "metadata": {"name": "w"},
        "spec": {"selector": {"matchLabels": dict(LABELS)}, "template": template(), **spec},
    }


def job_of(**spec: Any) -> Object:
    """A Job `w`."""
    pod = template(restartPolicy="Never")
    return {"kind": "Job", "apiVersion": "batch/v1", "metadata": {"name": "w"}, "spec": {"template": pod, **spec}}


def cron_job_of(**spec: Any) -> Object:
    """A CronJob `w` that runs every minute."""
    run = {"spec": {"template": template(restartPolicy="Never")}}
    return {
        "kind": "CronJob",
        "apiVersion": "batch/v1",
        "metadata": {"name": "w"},
        "spec": {"schedule": "* * * * *", "jobTemplate": run, **spec},
    }
