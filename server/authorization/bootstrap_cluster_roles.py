"""The ClusterRoles that every cluster starts with, and their bindings. Models bootstrappolicy/policy.go, v1.36."""

from __future__ import annotations

from server.authorization.bootstrap_rules import (
    READ,
    READ_WRITE,
    WRITE,
    aggregating_role,
    cluster_role,
    cluster_role_binding,
    events,
    group,
    rule,
    service_account,
    urls,
    user,
)

_SIGNER = "kubernetes.io/"
_RBAC = "rbac.authorization.k8s.io"

CLUSTER_ROLES = (
    cluster_role(
        "cluster-admin",
        rule("*", "*", "*"),
        {"nonResourceURLs": ["*"], "verbs": ["*"]},
    ),
    cluster_role(
        "system:discovery",
        urls("/livez /readyz /healthz /version /version/ /openapi /openapi/* /api /api/* /apis /apis/*"),
    ),
    cluster_role(
        "system:monitoring",
        urls("/metrics /metrics/slis /livez /readyz /healthz /livez/* /readyz/* /healthz/*"),
        urls("/flagz"),
        urls("/statusz"),
    ),
    cluster_role(
        "system:basic-user",
        rule("create", "authorization.k8s.io", "selfsubjectaccessreviews selfsubjectrulesreviews"),
        rule("create", "authentication.k8s.io", "selfsubjectreviews"),
    ),
    cluster_role("system:public-info-viewer", urls("/livez /readyz /healthz /version /version/")),
    aggregating_role("admin"),
    aggregating_role("edit", aggregated_to="admin"),
    aggregating_role("view", aggregated_to="edit"),
    cluster_role(
        "system:aggregate-to-admin",
        rule("create", "authorization.k8s.io", "localsubjectaccessreviews"),
        rule(READ_WRITE, _RBAC, "roles rolebindings"),
        aggregated_to="admin",
    ),
    cluster_role(
        "system:aggregate-to-edit",
        rule(READ, "core", "pods/attach pods/proxy pods/exec pods/portforward secrets services/proxy"),
        rule("impersonate", "core", "serviceaccounts"),
        rule(WRITE, "core", "pods pods/attach pods/proxy pods/exec pods/portforward"),
        rule("create", "core", "pods/eviction"),
        rule(
            WRITE,
            "core",
            "replicationcontrollers replicationcontrollers/scale serviceaccounts services services/proxy"
            " persistentvolumeclaims configmaps secrets events",
        ),
        rule("create", "core", "serviceaccounts/token"),
        rule(
            WRITE,
            "apps",
            "statefulsets statefulsets/scale daemonsets deployments deployments/scale deployments/rollback"
            " replicasets replicasets/scale",
        ),
        rule(WRITE, "autoscaling", "horizontalpodautoscalers"),
        rule(WRITE, "batch", "jobs cronjobs"),
        rule(
            WRITE,
            "extensions",
            "daemonsets deployments deployments/scale deployments/rollback ingresses replicasets replicasets/scale"
            " replicationcontrollers/scale networkpolicies",
        ),
        rule(WRITE, "policy", "poddisruptionbudgets"),
        rule(WRITE, "networking.k8s.io", "networkpolicies ingresses"),
        rule(READ_WRITE, "coordination.k8s.io", "leases"),
        rule(WRITE, "resource.k8s.io", "resourceclaims resourceclaimtemplates"),
        aggregated_to="edit",
    ),
    cluster_role(
        "system:aggregate-to-view",
        rule(
            READ,
            "core",
            "pods replicationcontrollers replicationcontrollers/scale serviceaccounts services services/status"
            " endpoints persistentvolumeclaims persistentvolumeclaims/status configmaps",
        ),
        rule(
            READ,
            "core",
            "limitranges resourcequotas bindings events pods/status resourcequotas/status namespaces/status"
            " replicationcontrollers/status pods/log",
        ),
        rule(READ, "core", "namespaces"),
        rule(READ, "discovery.k8s.io", "endpointslices"),
        rule(
            READ,
            "apps",
            "controllerrevisions statefulsets statefulsets/status statefulsets/scale daemonsets daemonsets/status"
            " deployments deployments/status deployments/scale replicasets replicasets/status replicasets/scale",
        ),
        rule(READ, "autoscaling", "horizontalpodautoscalers horizontalpodautoscalers/status"),
        rule(READ, "batch", "jobs cronjobs cronjobs/status jobs/status"),
        rule(
            READ,
            "extensions",
            "daemonsets daemonsets/status deployments deployments/scale deployments/status ingresses ingresses/status"
            " replicasets replicasets/scale replicasets/status replicationcontrollers/scale networkpolicies",
        ),
        rule(READ, "policy", "poddisruptionbudgets poddisruptionbudgets/status"),
        rule(READ, "networking.k8s.io", "networkpolicies ingresses ingresses/status"),
        rule(READ, "resource.k8s.io", "resourceclaims resourceclaims/status resourceclaimtemplates"),
        aggregated_to="view",
    ),
    cluster_role(
        "system:heapster",
        rule(READ, "core", "events pods nodes namespaces"),
        rule(READ, "extensions", "deployments"),
    ),
    cluster_role(
        "system:node",
        rule("create", "authentication.k8s.io", "tokenreviews"),
        rule("create", "authorization.k8s.io", "subjectaccessreviews localsubjectaccessreviews"),
        rule(READ, "core", "services"),
        rule(f"create {READ}", "core", "nodes"),
        rule("update patch", "core", "nodes/status"),
        rule("update patch", "core", "nodes"),
        rule("create update patch", "core", "events"),
        rule(READ, "core", "pods"),
        rule("create delete", "core", "pods"),
        rule("update patch", "core", "pods/status"),
        rule("create", "core", "pods/eviction"),
        rule(READ, "core", "secrets configmaps"),
        rule("get", "core", "persistentvolumeclaims persistentvolumes"),
        rule("get", "core", "endpoints"),
        rule(f"create {READ}", "certificates.k8s.io", "certificatesigningrequests"),
        rule("get create update patch delete", "coordination.k8s.io", "leases"),
        rule("get", "storage.k8s.io", "volumeattachments"),
        rule("create", "core", "serviceaccounts/token"),
        rule("get update patch", "core", "persistentvolumeclaims/status"),
        rule(READ, "storage.k8s.io", "csidrivers"),
        rule("get create update patch delete", "storage.k8s.io", "csinodes"),
        rule(READ, "node.k8s.io", "runtimeclasses"),
        rule("get", "resource.k8s.io", "resourceclaims"),
        rule("deletecollection", "resource.k8s.io", "resourceslices"),
        rule("get", "core", "serviceaccounts"),
    ),
    cluster_role(
        "system:node-problem-detector",
        rule("get", "core", "nodes"),
        rule("patch", "core", "nodes/status"),
        events(),
    ),
    cluster_role(
        "system:kubelet-api-admin",
        rule(READ, "core", "nodes"),
        rule("proxy", "core", "nodes"),
        rule("*", "core", "nodes/proxy nodes/metrics nodes/stats nodes/log"),
        rule("*", "core", "nodes/configz nodes/healthz nodes/pods"),
    ),
    cluster_role(
        "system:node-bootstrapper", rule(f"create {READ}", "certificates.k8s.io", "certificatesigningrequests")
    ),
    cluster_role(
        "system:auth-delegator",
        rule("create", "authentication.k8s.io", "tokenreviews"),
        rule("create", "authorization.k8s.io", "subjectaccessreviews"),
    ),
    cluster_role("system:kube-aggregator", rule(READ, "core", "services endpoints")),
    cluster_role(
        "system:kube-controller-manager",
        events(),
        rule("create", "coordination.k8s.io", "leases"),
        rule("get update", "coordination.k8s.io", "leases", "kube-controller-manager"),
        rule("create", "core", "secrets serviceaccounts"),
        rule("delete", "core", "secrets"),
        rule("get", "core", "namespaces secrets serviceaccounts configmaps"),
        rule("update", "core", "secrets serviceaccounts"),
        rule("create", "authentication.k8s.io", "tokenreviews"),
        rule("create", "authorization.k8s.io", "subjectaccessreviews"),
        rule("list watch", "*", "*"),
        rule("create", "core", "serviceaccounts/token"),
    ),
    cluster_role("system:kube-dns", rule("list watch", "core", "endpoints services")),
    cluster_role(
        "system:persistent-volume-provisioner",
        rule("get list watch create delete", "core", "persistentvolumes"),
        rule("get list watch update", "core", "persistentvolumeclaims"),
        rule(READ, "storage.k8s.io", "storageclasses"),
        rule("watch", "core", "events"),
        events(),
    ),
    cluster_role(
        "system:kube-scheduler",
        events(),
        rule("create", "coordination.k8s.io", "leases"),
        rule("get update list watch", "coordination.k8s.io", "leases", "kube-scheduler"),
        rule(READ, "core", "nodes"),
        rule("get list watch delete", "core", "pods"),
        rule("create", "core", "pods/binding bindings"),
        rule("patch update", "core", "pods/status"),
        rule(READ, "core", "services replicationcontrollers"),
        rule(READ, "apps extensions", "replicasets"),
        rule(READ, "apps", "statefulsets"),
        rule(READ, "policy", "poddisruptionbudgets"),
        rule(READ, "core", "persistentvolumeclaims persistentvolumes"),
        rule("create", "authentication.k8s.io", "tokenreviews"),
        rule("create", "authorization.k8s.io", "subjectaccessreviews"),
        rule(READ, "storage.k8s.io", "csinodes"),
        rule(READ, "storage.k8s.io", "volumeattachments"),
        rule(READ, "core", "namespaces"),
        rule(READ, "storage.k8s.io", "csidrivers"),
        rule(READ, "storage.k8s.io", "csistoragecapacities"),
        rule(READ, "resource.k8s.io", "deviceclasses"),
        rule(f"{READ} patch update", "resource.k8s.io", "resourceclaims"),
        rule(f"{READ} patch update", "resource.k8s.io", "resourceclaims/status"),
        rule("patch update", "resource.k8s.io", "resourceclaims/binding"),
        rule(f"{READ} patch update", "core", "pods/finalizers"),
        rule(READ, "resource.k8s.io", "resourceslices"),
        rule(READ, "resource.k8s.io", "devicetaintrules"),
    ),
    cluster_role(
        "system:node-proxier",
        rule("list watch", "core", "services endpoints"),
        rule(READ, "core", "nodes"),
        events(),
        rule("list watch", "networking.k8s.io", "servicecidrs"),
        rule("list watch", "discovery.k8s.io", "endpointslices"),
    ),
    cluster_role(
        "system:volume-scheduler",
        rule(f"{READ} patch update", "core", "persistentvolumes"),
        rule(READ, "storage.k8s.io", "storageclasses"),
        rule(f"{READ} patch update", "core", "persistentvolumeclaims"),
    ),
    cluster_role(
        "system:service-account-issuer-discovery",
        urls("/.well-known/openid-configuration /.well-known/openid-configuration/ /openid/v1/jwks /openid/v1/jwks/"),
    ),
    *(
        cluster_role(
            f"system:certificates.k8s.io:certificatesigningrequests:{name}",
            rule("create", "certificates.k8s.io", f"certificatesigningrequests/{name}"),
        )
        for name in ("nodeclient", "selfnodeclient")
    ),
    *(
        cluster_role(
            f"system:certificates.k8s.io:{signer}-approver",
            rule("approve", "certificates.k8s.io", "signers", _SIGNER + signer),
        )
        for signer in ("legacy-unknown", "kubelet-serving", "kube-apiserver-client", "kube-apiserver-client-kubelet")
    ),
)

CLUSTER_ROLE_BINDINGS = (
    cluster_role_binding("cluster-admin", group("system:masters")),
    cluster_role_binding("system:monitoring", group("system:monitoring")),
    cluster_role_binding("system:discovery", group("system:authenticated")),
    cluster_role_binding("system:basic-user", group("system:authenticated")),
    cluster_role_binding("system:public-info-viewer", group("system:authenticated"), group("system:unauthenticated")),
    cluster_role_binding("system:node-proxier", user("system:kube-proxy")),
    cluster_role_binding("system:kube-controller-manager", user("system:kube-controller-manager")),
    cluster_role_binding("system:kube-dns", service_account("kube-dns")),
    cluster_role_binding("system:kube-scheduler", user("system:kube-scheduler")),
    cluster_role_binding("system:volume-scheduler", user("system:kube-scheduler")),
    cluster_role_binding("system:node"),
    cluster_role_binding("system:service-account-issuer-discovery", group("system:serviceaccounts")),
)
