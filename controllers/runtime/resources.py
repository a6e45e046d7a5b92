"""The resources that controllers read and write, by upstream's plural names, and the kinds they refer to as owners."""

from __future__ import annotations

from typing import Final

from apimachinery.gvk import GroupVersionKind, GroupVersionResource

PODS: Final = GroupVersionResource("", "v1", "pods")
NODES: Final = GroupVersionResource("", "v1", "nodes")
NAMESPACES: Final = GroupVersionResource("", "v1", "namespaces")
SERVICES: Final = GroupVersionResource("", "v1", "services")
ENDPOINTS: Final = GroupVersionResource("", "v1", "endpoints")
EVENTS: Final = GroupVersionResource("", "v1", "events")
CONFIG_MAPS: Final = GroupVersionResource("", "v1", "configmaps")
SECRETS: Final = GroupVersionResource("", "v1", "secrets")
SERVICE_ACCOUNTS: Final = GroupVersionResource("", "v1", "serviceaccounts")
RESOURCE_QUOTAS: Final = GroupVersionResource("", "v1", "resourcequotas")
REPLICATION_CONTROLLERS: Final = GroupVersionResource("", "v1", "replicationcontrollers")
PERSISTENT_VOLUMES: Final = GroupVersionResource("", "v1", "persistentvolumes")
PERSISTENT_VOLUME_CLAIMS: Final = GroupVersionResource("", "v1", "persistentvolumeclaims")
DAEMON_SETS: Final = GroupVersionResource("apps", "v1", "daemonsets")
DEPLOYMENTS: Final = GroupVersionResource("apps", "v1", "deployments")
REPLICA_SETS: Final = GroupVersionResource("apps", "v1", "replicasets")
STATEFUL_SETS: Final = GroupVersionResource("apps", "v1", "statefulsets")
CONTROLLER_REVISIONS: Final = GroupVersionResource("apps", "v1", "controllerrevisions")
JOBS: Final = GroupVersionResource("batch", "v1", "jobs")
CRON_JOBS: Final = GroupVersionResource("batch", "v1", "cronjobs")
LEASES: Final = GroupVersionResource("coordination.k8s.io", "v1", "leases")
ENDPOINT_SLICES: Final = GroupVersionResource("discovery.k8s.io", "v1", "endpointslices")
EVENTS_V1: Final = GroupVersionResource("events.k8s.io", "v1", "events")
POD_DISRUPTION_BUDGETS: Final = GroupVersionResource("policy", "v1", "poddisruptionbudgets")
CLUSTER_ROLES: Final = GroupVersionResource("rbac.authorization.k8s.io", "v1", "clusterroles")
CERTIFICATE_SIGNING_REQUESTS: Final = GroupVersionResource("certificates.k8s.io", "v1", "certificatesigningrequests")

POD_KIND: Final = GroupVersionKind("", "v1", "Pod")
DAEMON_SET_KIND: Final = GroupVersionKind("apps", "v1", "DaemonSet")
DEPLOYMENT_KIND: Final = GroupVersionKind("apps", "v1", "Deployment")
REPLICA_SET_KIND: Final = GroupVersionKind("apps", "v1", "ReplicaSet")
REPLICATION_CONTROLLER_KIND: Final = GroupVersionKind("", "v1", "ReplicationController")
STATEFUL_SET_KIND: Final = GroupVersionKind("apps", "v1", "StatefulSet")
JOB_KIND: Final = GroupVersionKind("batch", "v1", "Job")
CRON_JOB_KIND: Final = GroupVersionKind("batch", "v1", "CronJob")
