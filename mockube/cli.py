"""The command line: `mockube up`, `mockube nodes`, `mockube version`, …"""

from __future__ import annotations

import os
import shutil
import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from mockube import faults
from mockube.snapshot import snapshot

if TYPE_CHECKING:
    from mockube.cluster import Cluster
    from mockube.nodes import NodeTemplate

DEFAULT_NAME = "default"
MANY_NODES = 200
REGISTERED_A_SECOND = 100
"""What even a slow machine registers, for the time that `up` waits."""


class UsageError(click.ClickException):
    """One clear line and exit code 2."""

    exit_code = 2


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(metadata.version("mockube"), "--version", message="mockube %(version)s")
def cli() -> None:
    """A Kubernetes control plane in pure Python: kubectl, client-go, Helm and operators talk to it as to a real one."""


_NAME = click.option("--name", default=DEFAULT_NAME, show_default=True, help="Name of the cluster and its files.")


@cli.command()
@click.option("--nodes", "count", type=click.IntRange(min=0), default=3, show_default=True, help="Simulated workers.")
@click.option("--control-plane", is_flag=True, help="Add a control-plane node with its NoSchedule taint.")
@click.option(
    "--node-template", type=click.Path(path_type=Path), help="YAML list of node templates instead of --nodes."
)
@click.option("--node-label", "labels", multiple=True, metavar="KEY=VALUE", help="Label of every worker; repeatable.")
@click.option("--node-taint", "taints", multiple=True, metavar="KEY=VALUE:EFFECT", help="Taint of every worker.")
@click.option(
    "--node-capacity", "capacity", multiple=True, metavar="RESOURCE=QUANTITY", help="Capacity of every worker."
)
@click.option("--port", type=click.IntRange(0, 65535), default=6443, show_default=True, help="Port of the API; 0: any.")
@click.option("--kubeconfig", type=click.Path(path_type=Path), help="Also add the context to this file.")
@click.option(
    "--store", type=click.Choice(["memory", "etcd"]), default="memory", show_default=True, help="Where state lives."
)
@click.option("--etcd-servers", default="", help="etcd endpoints, comma separated, with --store etcd.")
@click.option("--etcd-start", is_flag=True, help="With --store etcd: start the etcd on the path, data in the home.")
@click.option("--kubernetes-version", default="1.36", show_default=True, help="Version to be, 1.29 to 1.37.")
@click.option("--no-controllers", is_flag=True, help="Only the API server: nothing reacts, as in envtest.")
@click.option("--no-nodes", is_flag=True, help="Controllers, but no simulated nodes.")
@click.option("--seed", type=int, help="Same names and UIDs on every run; the same order too while time stands still.")
@click.option(
    "--cluster-time",
    default="",
    metavar="TIME",
    help="Begin then, as 2026-01-02T03:04:05Z, with time paused.",
)
@click.option("--scenario", type=click.Path(path_type=Path), help="YAML file that says how images behave.")
@_NAME
def up(
    count: int,
    control_plane: bool,
    node_template: Path | None,
    labels: tuple[str, ...],
    taints: tuple[str, ...],
    capacity: tuple[str, ...],
    port: int,
    kubeconfig: Path | None,
    store: str,
    etcd_servers: str,
    etcd_start: bool,
    kubernetes_version: str,
    no_controllers: bool,
    no_nodes: bool,
    seed: int | None,
    cluster_time: str,
    scenario: Path | None,
    name: str,
) -> None:
    """Start a cluster and stay in front of it until Ctrl-C."""
    from mockube.cluster import Cluster, ClusterError, running_pid
    from mockube.home import Home
    from mockube.processes import ProcessDied

    begun = time.monotonic()
    if store == "etcd" and not etcd_servers and not etcd_start:
        raise UsageError(
            "--store etcd needs --etcd-servers, for example --etcd-servers http://127.0.0.1:2379, or --etcd-start"
        )
    if etcd_servers and store != "etcd":
        raise UsageError("--etcd-servers goes with --store etcd")
    if etcd_start and (store != "etcd" or etcd_servers):
        raise UsageError("--etcd-start goes with --store etcd and without --etcd-servers")
    if (pid := running_pid(Home.of(name))) is not None:
        raise UsageError(f"the cluster {name!r} runs already (process {pid}); stop it or choose another --name")

    def templates() -> list[NodeTemplate]:
        from mockube.nodes import NodeTemplate, Taint, read_templates

        if no_nodes or no_controllers:
            return []
        if node_template:
            found = read_templates(node_template)
        else:
            shape: dict[str, Any] = {"labels": _pairs(labels), "capacity": _pairs(capacity)}
            found = [NodeTemplate(count=count, taints=tuple(map(Taint.parse, taints)), **shape)]
        return [*([NodeTemplate(name="control-plane", control_plane=True)] if control_plane else ()), *found]

    if scenario is not None and not scenario.is_file():
        raise UsageError(f"no such file: {scenario}")
    cluster = Cluster(
        nodes=templates,
        name=name,
        port=port,
        kubeconfig=kubeconfig,
        store=store,  # type: ignore[arg-type]
        etcd_servers=etcd_servers,
        etcd_start=etcd_start,
        kubernetes_version=kubernetes_version,
        controllers=not no_controllers,
        seed=seed,
        cluster_time=cluster_time,
        controllers_args=[f"--scenario={scenario}"] if scenario else (),
    )
    with _interruptible():
        try:
            cluster.start()
            cluster.home.pid_file.write_text(str(os.getpid()))
            _register(cluster)
            _announce(cluster, time.monotonic() - begun)
            while True:
                cluster.check()
                time.sleep(0.2)
        except KeyboardInterrupt:
            click.echo("stopping …", err=True)
        except (ClusterError, ValueError) as e:
            raise UsageError(_one_line(e)) from None
        except (ProcessDied, TimeoutError) as e:
            raise click.ClickException(str(e)) from None
        finally:
            cluster.stop()
            cluster.home.pid_file.unlink(missing_ok=True)
    click.echo("stopped", err=True)


def _register(cluster: Cluster) -> None:
    """Wait until the nodes that were asked for can be listed, so that the next command meets them all."""
    if not cluster.with_controllers or not (count := sum(t.count for t in cluster.templates)):
        return
    if count >= MANY_NODES:
        click.echo(f"registering {count} nodes …", err=True)
    from mockube.cluster import READY_TIMEOUT

    cluster.wait_for_nodes(READY_TIMEOUT + count / REGISTERED_A_SECOND, ready=False)


def _announce(cluster: Cluster, seconds: float) -> None:
    nodes = sum(t.count for t in cluster.templates)
    parts = ["API server"]
    if cluster.with_controllers:
        parts.append("controller manager")
    if nodes:
        parts.append(f"{nodes} simulated node{'s' if nodes > 1 else ''}")
    click.echo(f"mockube is up at {cluster.url}  (Kubernetes {cluster.kubernetes_version}, {seconds:.1f} s)")
    click.echo(f"  runs: {', '.join(parts)}; store: {cluster.store}; logs: {cluster.home.path}")
    click.echo("Next:")
    if cluster.kubeconfig == cluster.home.kubeconfig:
        click.echo(f"  export KUBECONFIG={cluster.kubeconfig}")
    else:
        click.echo(f"  export KUBECONFIG={cluster.kubeconfig} && kubectl config use-context {cluster.name}")
    click.echo("  kubectl get nodes")
    click.echo("  mockube example daemonset | kubectl apply -f -" if nodes else "  kubectl get namespaces")
    click.echo("Ctrl-C stops it.")


@contextmanager
def _interruptible() -> Iterator[None]:
    """SIGTERM means the same as Ctrl-C, and Ctrl-C works where a shell has turned it off for background jobs."""

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    previous = {number: signal.signal(number, interrupt) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)


def _pairs(texts: tuple[str, ...]) -> dict[str, str]:
    found = {}
    for text in texts:
        key, equals, value = text.partition("=")
        if not equals or not key:
            raise ValueError(f"{text!r} is not KEY=VALUE")
        found[key] = value
    return found


def _one_line(error: Exception) -> str:
    errors = getattr(error, "errors", None)
    if callable(errors) and (found := errors()):
        return f"{'.'.join(str(p) for p in found[0]['loc'])}: {found[0]['msg']}"
    return " ".join(str(error).split())


@cli.command()
@_NAME
def down(name: str) -> None:
    """Stop a cluster that `mockube up` holds in another terminal."""
    from mockube.cluster import running_pid
    from mockube.home import Home

    home = Home.of(name)
    pid = running_pid(home)
    if pid is None:
        raise UsageError(f"no cluster {name!r} is running")
    os.kill(pid, signal.SIGTERM)
    deadline = time.monotonic() + 20
    while running_pid(home) is not None:
        if time.monotonic() > deadline:
            raise click.ClickException(f"process {pid} did not stop within 20 s")
        time.sleep(0.05)
    click.echo(f"stopped {name}")


@cli.command()
@click.argument("name", required=False)
def example(name: str | None) -> None:
    """Print a manifest to try: `mockube example daemonset | kubectl apply -f -`; without a name, list them."""
    folder = Path(__file__).parent / "manifests"
    known = sorted(p.stem for p in folder.glob("*.yaml"))
    if name is None:
        for found in known:
            first = (folder / f"{found}.yaml").read_text().splitlines()[0]
            click.echo(f"{found:12} {first.removeprefix('# ')}")
    elif name in known:
        click.echo((folder / f"{name}.yaml").read_text(), nl=False)
    else:
        raise UsageError(f"no example {name!r}; there are: {', '.join(known)}")


@cli.command()
def version() -> None:
    """Print the version of mockube, Python, and kubectl when one is on the path."""
    click.echo(f"mockube {metadata.version('mockube')}")
    click.echo(f"Python {sys.version.split()[0]}")
    click.echo("Kubernetes 1.36 (1.29 to 1.37 with --kubernetes-version)")
    click.echo(f"kubectl {shutil.which('kubectl') or 'not on the path'}")


@cli.command("envtest-assets")
@click.argument("directory", type=click.Path(path_type=Path, file_okay=False))
def envtest_assets(directory: Path) -> None:
    """Write stand-ins for envtest's kube-apiserver, etcd and kubectl: then KUBEBUILDER_ASSETS=DIRECTORY."""
    from mockube.envtest import write_assets

    for path in write_assets(directory):
        click.echo(path)
    click.echo(f"export KUBEBUILDER_ASSETS={directory.resolve()}", err=True)


@cli.group()
def nodes() -> None:
    """Add, list and remove simulated nodes of a running cluster."""


_CONFIG = click.option(
    "--kubeconfig", type=click.Path(path_type=Path), help="Kubeconfig of the cluster; that of --name by default."
)


def _client(kubeconfig: Path | None, name: str) -> Any:
    from mockube.api import ApiClient
    from mockube.home import Home

    path = kubeconfig or Home.of(name).kubeconfig
    if not path.is_file():
        raise UsageError(f"no kubeconfig at {path}: start a cluster with `mockube up`, or name one with --kubeconfig")
    try:
        return ApiClient(path)
    except (ValueError, KeyError, IndexError, StopIteration) as e:
        raise UsageError(f"{path} is not a kubeconfig: {_one_line(e)}") from None


def _call(client: Any, action: Callable[[], Any]) -> Any:
    from mockube.api import ApiError

    try:
        return action()
    except ApiError as e:
        raise click.ClickException(str(e)) from None
    except OSError as e:
        raise click.ClickException(f"cannot reach {client.server}: {e}; is the cluster up?") from None


@nodes.command("list")
@_CONFIG
@_NAME
def nodes_list(kubeconfig: Path | None, name: str) -> None:
    """List the nodes with their state, taints and pods."""
    from rich.console import Console
    from rich.table import Table

    from mockube.cluster import is_ready
    from mockube.nodes import SIMULATED

    client = _client(kubeconfig, name)
    found = _call(client, partial(client.request, "GET", "/api/v1/nodes"))["items"]
    pods = _call(client, partial(client.request, "GET", "/api/v1/pods"))["items"]
    table = Table(box=None, pad_edge=False, header_style="")
    for column in ("NAME", "STATUS", "SIMULATED", "PODS", "TAINTS"):
        table.add_column(column)
    for node in found:
        node_name = node["metadata"]["name"]
        taints = [f"{t['key']}:{t['effect']}" for t in node.get("spec", {}).get("taints") or []]
        table.add_row(
            node_name,
            "Ready" if is_ready(node) else "NotReady",
            "yes" if SIMULATED in (node["metadata"].get("annotations") or {}) else "no",
            str(sum(p.get("spec", {}).get("nodeName") == node_name for p in pods)),
            ",".join(taints) or "<none>",
        )
    Console(width=max(100, shutil.get_terminal_size().columns), highlight=False).print(table)


@nodes.command("add")
@click.argument("names", nargs=-1)
@click.option("--count", type=click.IntRange(min=1), help="How many, named after --prefix.")
@click.option("--prefix", default="node", show_default=True, help="Name of numbered nodes.")
@click.option("--label", "labels", multiple=True, metavar="KEY=VALUE")
@click.option("--taint", "taints", multiple=True, metavar="KEY=VALUE:EFFECT")
@click.option("--capacity", "capacity", multiple=True, metavar="RESOURCE=QUANTITY")
@click.option("--template", type=click.Path(path_type=Path), help="YAML list of node templates.")
@_CONFIG
@_NAME
def nodes_add(
    names: tuple[str, ...],
    count: int | None,
    prefix: str,
    labels: tuple[str, ...],
    taints: tuple[str, ...],
    capacity: tuple[str, ...],
    template: Path | None,
    kubeconfig: Path | None,
    name: str,
) -> None:
    """Add nodes: by name, by --count, or from a --template file."""
    from mockube.nodes import NodeTemplate, Taint, expand, read_templates

    client = _client(kubeconfig, name)
    try:
        shape: dict[str, Any] = {
            "labels": _pairs(labels),
            "taints": tuple(map(Taint.parse, taints)),
            "capacity": _pairs(capacity),
        }
        if template:
            templates = read_templates(template)
        elif names:
            templates = []
        else:
            templates = [NodeTemplate(name=prefix, count=count or 1, **shape)]
        taken = [n["metadata"]["name"] for n in _call(client, partial(client.request, "GET", "/api/v1/nodes"))["items"]]
        wanted = [NodeTemplate(**shape).to_node(n) for n in names] or list(expand(templates, taken))
    except ValueError as e:
        raise UsageError(_one_line(e)) from None
    for node in wanted:
        _call(client, partial(client.request, "POST", "/api/v1/nodes?fieldManager=mockube", node))
        click.echo(f"node/{node['metadata']['name']} added")


@nodes.command("remove")
@click.argument("names", nargs=-1, required=True)
@_CONFIG
@_NAME
def nodes_remove(names: tuple[str, ...], kubeconfig: Path | None, name: str) -> None:
    """Remove nodes, as when their machines are gone for good."""
    client = _client(kubeconfig, name)
    for node in names:
        _call(client, partial(client.request, "DELETE", f"/api/v1/nodes/{node}"))
        click.echo(f"node/{node} removed")


for command in (faults.clock, faults.node, snapshot):
    cli.add_command(command)


def main() -> None:
    """Entry point of the console script."""
    cli()
