"""`python -m benchmarks startup | api | daemonset | nodes | etcd`."""

from __future__ import annotations

import asyncio
from pathlib import Path

import click


@click.group()
def cli() -> None:
    """Figures of this machine; see benchmarks/README.md for how they are taken."""


@cli.command()
@click.option("--runs", default=5, show_default=True)
@click.option("--nodes", default=3, show_default=True)
def startup(runs: int, nodes: int) -> None:
    """From the command to the first answer."""
    from benchmarks.startup import main

    main(runs, nodes)


@cli.command()
@click.option("--server", help="URL of a running server; one of our own is started when absent.")
@click.option("--token", default="", help="Bearer token for --server.")
@click.option("--kubeconfig", type=click.Path(path_type=Path), help="Instead of --server and --token.")
@click.option("--pid", type=int, help="Process of the server, for its memory.")
@click.option("--pods", default=5000, show_default=True)
@click.option("--seconds", default=3.0, show_default=True, help="Time of each measurement.")
@click.option("--connections", default=16, show_default=True)
@click.option("--store", default="memory", show_default=True, help="Store of our own server.")
@click.option("--etcd-servers", default="", help="For --store etcd.")
def api(
    server: str | None,
    token: str,
    kubeconfig: Path | None,
    pid: int | None,
    pods: int,
    seconds: float,
    connections: int,
    store: str,
    etcd_servers: str,
) -> None:
    """Requests a second of an API server."""
    import uvloop

    from benchmarks.api import Bench
    from benchmarks.wire import Target
    from mockube.cluster import Cluster

    def run(target: Target, process: int | None) -> None:
        bench = Bench(target, pods=pods, seconds=seconds, connections=connections, pid=process)
        uvloop.run(bench.run())

    if server:
        run(Target.from_url(server, token), pid)
    elif kubeconfig:
        run(Target.from_kubeconfig(kubeconfig), pid)
    else:
        with Cluster(controllers=False, store=store, etcd_servers=etcd_servers) as cluster:  # type: ignore[arg-type]
            assert cluster.server is not None
            run(Target.from_kubeconfig(cluster.kubeconfig), cluster.server.pid)


@cli.command()
@click.option("--nodes", default=1000, show_default=True)
@click.option("--max-unavailable", default="10%", show_default=True)
def daemonset(nodes: int, max_unavailable: str) -> None:
    """One DaemonSet over many simulated nodes: until all are Ready, and a full rolling update."""
    from benchmarks.daemonset import main

    asyncio.run(main(nodes, max_unavailable))


@cli.command()
@click.option("--nodes", "count", default=5000, show_default=True)
@click.option("--pods-per-node", default=4, show_default=True)
@click.option("--rest", default=60.0, show_default=True, help="Seconds to look on at rest.")
@click.option("--minutes", default=10.0, show_default=True, help="Cluster time to move.")
def nodes(count: int, pods_per_node: int, rest: float, minutes: float) -> None:
    """Many nodes with many pods: memory, processor time at rest, and time that is moved."""
    from benchmarks.nodes import main

    asyncio.run(main(count, pods_per_node, rest, minutes))


@cli.command()
@click.option("--seconds", default=3.0, show_default=True, help="Time of each measurement.")
@click.option("--clients", default=16, show_default=True)
def etcd(seconds: float, clients: int) -> None:
    """The API server on etcd against memory, and against etcd itself."""
    from benchmarks.etcd import main

    main(seconds, clients)


if __name__ == "__main__":
    cli()
