"""What does losing a machine do? Break a node, move the cluster's time by a minute, and look.

Run it with `python examples/node_failure.py`; nothing but mockube is needed.
"""

from mockube import Cluster

DAEMONSET = {
    "apiVersion": "apps/v1",
    "kind": "DaemonSet",
    "metadata": {"name": "agent"},
    "spec": {
        "selector": {"matchLabels": {"app": "agent"}},
        "template": {
            "metadata": {"labels": {"app": "agent"}},
            "spec": {"containers": [{"name": "agent", "image": "nginx:1.27"}]},
        },
    },
}
FAIL = {"metadata": {"annotations": {"mockube.dev/fault": "kubelet"}}}


def main() -> None:
    """Print the node's conditions before and after."""
    with Cluster(nodes=3) as cluster:
        cluster.wait_for_nodes()
        api = cluster.api()
        api.request("POST", "/apis/apps/v1/namespaces/default/daemonsets", DAEMONSET)
        api.request("PATCH", "/api/v1/nodes/node-2", FAIL, "application/merge-patch+json")
        api.request("POST", "/mockube/v1/clock/advance", {"seconds": 90})
        node = api.request("GET", "/api/v1/nodes/node-2")
        ready = next(c for c in node["status"]["conditions"] if c["type"] == "Ready")
        print(f"node-2: Ready is {ready['status']}: {ready['message']}")
        for taint in node["spec"]["taints"]:
            print(f"  taint {taint['key']}:{taint['effect']}")
        api.close()


if __name__ == "__main__":
    main()
