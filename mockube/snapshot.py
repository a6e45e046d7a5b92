"""`mockube snapshot save|restore FILE`: a cluster's whole state, out of either store and into either."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import click

PATH = "/mockube/v1/snapshot"
_MAGIC = b"mockube-state "


class _Refused(click.ClickException):
    """One clear line and exit code 2."""

    exit_code = 2


_OPTIONS = (
    click.option("--kubeconfig", type=click.Path(path_type=Path), help="Kubeconfig; that of --name by default."),
    click.option("--name", default="default", show_default=True, help="Name of the cluster."),
)


def _of_a_cluster(command: Any) -> Any:
    for option in _OPTIONS:
        command = option(command)
    return command


@click.group()
def snapshot() -> None:
    """Save a running cluster's state to a file, or put a saved one in its place."""


@snapshot.command()
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@_of_a_cluster
def save(file: Path, kubeconfig: Path | None, name: str) -> None:
    """Write the state of one moment to FILE."""
    data = _call(kubeconfig, name, "GET")
    temporary = file.with_name(f".{file.name}.{os.getpid()}")
    try:
        with os.fdopen(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as out:
            out.write(data)
        temporary.replace(file)
    except OSError as e:
        raise _Refused(f"cannot write {file}: {e.strerror}") from None
    click.echo(f"saved {len(data)} bytes to {file}")


@snapshot.command()
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@_of_a_cluster
def restore(file: Path, kubeconfig: Path | None, name: str) -> None:
    """Replace everything that is stored by what FILE holds."""
    try:
        data = file.read_bytes()
    except OSError as e:
        raise _Refused(f"cannot read {file}: {e.strerror}") from None
    if not data.startswith(_MAGIC):
        raise _Refused(f"{file} is not a snapshot of mockube")
    _call(kubeconfig, name, "PUT", data)
    click.echo(f"restored {file}")


def _call(config: Path | None, name: str, method: str, data: bytes | None = None) -> bytes:
    from mockube.api import ApiClient, ApiError
    from mockube.home import Home

    path = config or Home.of(name).kubeconfig
    if not path.is_file():
        raise _Refused(f"no kubeconfig at {path}: start a cluster with `mockube up`, or name one with --kubeconfig")
    try:
        client = ApiClient(path)
    except (ValueError, KeyError, IndexError, StopIteration):
        raise _Refused(f"{path} is not a kubeconfig") from None
    try:
        return client.raw(method, PATH, data)
    except ApiError as e:
        raise click.ClickException(str(e)) from None
    except OSError as e:
        raise click.ClickException(f"cannot reach {client.server}: {e}; is the cluster up?") from None
    finally:
        client.close()
