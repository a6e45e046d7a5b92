"""Command groups for what a real cluster does not offer: `mockube node` breaks machines, `mockube clock` moves time."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import click

FAULT = "mockube.dev/fault"
KINDS = ("kubelet", "network", "power", "runtime", "pressure=memory", "pressure=disk", "pressure=pid")
CLOCK = "/mockube/v1/clock"
F = TypeVar("F", bound=Callable[..., Any])
_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}


class _Usage(click.ClickException):
    exit_code = 2


def _cluster(command: F) -> F:
    """The options that say which cluster is meant."""
    command = click.option("--name", "cluster", default="default", show_default=True, help="Name of the cluster.")(
        command
    )
    return click.option("--kubeconfig", type=click.Path(path_type=Path), help="Kubeconfig; that of --name by default.")(
        command
    )


@contextmanager
def _connected(kubeconfig: Path | None, cluster: str) -> Iterator[Any]:
    from mockube.api import ApiClient, ApiError
    from mockube.home import Home

    path = kubeconfig or Home.of(cluster).kubeconfig
    if not path.is_file():
        raise _Usage(f"no kubeconfig at {path}: start a cluster with `mockube up`, or name one with --kubeconfig")
    try:
        client = ApiClient(path, timeout=60.0)
    except (ValueError, KeyError, IndexError, StopIteration) as e:
        raise _Usage(f"{path} is not a kubeconfig: {' '.join(str(e).split())}") from None
    try:
        yield client
    except ApiError as e:
        raise click.ClickException(str(e)) from None
    except OSError as e:
        raise click.ClickException(f"cannot reach {client.server}: {e}; is the cluster up?") from None
    finally:
        client.close()


def seconds(text: str) -> float:
    """Seconds of `90`, `30s`, `2h`, `1h30m` or `1d`; raises ValueError."""
    if re.fullmatch(r"\d+(\.\d+)?", text):
        return float(text)
    parts = re.findall(r"(\d+(?:\.\d+)?)(ms|s|m|h|d)", text)
    if not parts or "".join(number + unit for number, unit in parts) != text:
        raise ValueError(f"{text!r} is not a duration: write 30s, 5m, 2h or 1h30m")
    return sum(float(number) * _UNITS[unit] for number, unit in parts)


def _duration(context: click.Context, parameter: click.Parameter, value: str) -> float:
    try:
        return seconds(value)
    except ValueError as e:
        raise click.BadParameter(str(e), context, parameter) from None


@click.group()
def node() -> None:
    """Break the machines of simulated nodes, and mend them."""


@node.command()
@click.argument("names", nargs=-1, required=True)
@click.option(
    "--how",
    "kinds",
    multiple=True,
    type=click.Choice(KINDS),
    default=("kubelet",),
    show_default=True,
    help=(
        "kubelet: the agent is dead, containers run on; network: cut off; power: off; runtime: NotReady; "
        "pressure: short of it, pods are evicted and refused; repeatable."
    ),
)
@_cluster
def fail(names: tuple[str, ...], kinds: tuple[str, ...], kubeconfig: Path | None, cluster: str) -> None:
    """Let nodes fail until `mockube node recover`."""
    _annotate(names, ",".join(dict.fromkeys(kinds)), "failed", kubeconfig, cluster)


@node.command()
@click.argument("names", nargs=-1, required=True)
@_cluster
def recover(names: tuple[str, ...], kubeconfig: Path | None, cluster: str) -> None:
    """Mend nodes."""
    _annotate(names, None, "recovered", kubeconfig, cluster)


def _annotate(names: tuple[str, ...], value: str | None, done: str, kubeconfig: Path | None, cluster: str) -> None:
    patch = {"metadata": {"annotations": {FAULT: value}}}
    with _connected(kubeconfig, cluster) as client:
        for name in names:
            client.request("PATCH", f"/api/v1/nodes/{name}", patch, "application/merge-patch+json")
            click.echo(f"node/{name} {done}")


@click.group(invoke_without_command=True)
@_cluster
@click.pass_context
def clock(context: click.Context, kubeconfig: Path | None, cluster: str) -> None:
    """Show the cluster's time; pause, resume, speed, advance, run-until-idle move it."""
    context.obj = (kubeconfig, cluster)
    if context.invoked_subcommand is None:
        with _connected(kubeconfig, cluster) as client:
            _show(client.request("GET", CLOCK))


def _show(state: dict[str, Any]) -> None:
    if state["paused"]:
        pace = "paused"
    elif state["speed"] == 1:
        pace = "real time"
    else:
        pace = f"{state['speed']:g} times as fast as real time"
    click.echo(f"{state['now']}  {pace}")


def _post(context: click.Context, action: str, body: dict[str, Any] | None = None) -> None:
    with _connected(*context.obj) as client:
        _show(client.request("POST", f"{CLOCK}/{action}", body or {}))


@clock.command()
@click.pass_context
def pause(context: click.Context) -> None:
    """Stop the cluster's time."""
    _post(context, "pause")


@clock.command()
@click.pass_context
def resume(context: click.Context) -> None:
    """Let time pass as it does outside."""
    _post(context, "resume")


@clock.command()
@click.argument("factor", type=click.FloatRange(min=0, max=100_000))
@click.pass_context
def speed(context: click.Context, factor: float) -> None:
    """Let time pass FACTOR times as fast as outside."""
    _post(context, "speed", {"speed": factor})


@clock.command()
@click.argument("duration", callback=_duration)
@click.pass_context
def advance(context: click.Context, duration: float) -> None:
    """Move time forward by DURATION (30s, 5m, 2h), and let everything happen that happens on the way."""
    _post(context, "advance", {"seconds": duration})


@clock.command("run-until-idle")
@click.option("--quiet", callback=_duration, default="60s", show_default=True, help="Idle is so long without a write.")
@click.option("--limit", callback=_duration, default="24h", show_default=True, help="Go no further than this.")
@click.pass_context
def run_until_idle(context: click.Context, quiet: float, limit: float) -> None:
    """Move time forward until nothing but heartbeats is written any more."""
    _post(context, "run-until-idle", {"quiet": quiet, "limit": limit})
