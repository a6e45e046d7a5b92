"""Command line flags of the manager itself, by kube-controller-manager's names; each controller adds its own."""

from __future__ import annotations

import argparse
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from controllers.runtime.context import ControllerDescriptor
from controllers.runtime.flags import add_flags, flag, read_flags

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class ManagerOptions:
    """Where the server is, what to run, and how to be the only one."""

    kubeconfig: str = flag("", "Path to the kubeconfig file with the API server's address and the credentials to use.")
    master: str = flag("", "Address of the API server; overrides the kubeconfig's.")
    context: str = flag("", "Context of the kubeconfig; the current one by default.")
    controllers: tuple[str, ...] = flag(
        ("*",), "Controllers to run: '*' for all that are on by default, 'foo' to enable one, '-foo' to disable it."
    )
    leader_elect: bool = flag(True, "Work only while holding the lease, so that of several managers one is active.")
    leader_elect_lease_duration: float = flag(15.0, "How long others wait for a silent leader.", duration=True)
    leader_elect_renew_deadline: float = flag(
        10.0, "How long the leader tries to renew before it stops.", duration=True
    )
    leader_elect_retry_period: float = flag(2.0, "Wait between attempts to acquire or renew.", duration=True)
    leader_elect_resource_name: str = flag("kube-controller-manager", "Name of the lease.")
    leader_elect_resource_namespace: str = flag("kube-system", "Namespace of the lease.")
    bind_address: str = flag("127.0.0.1", "Address to serve health and metrics on.")
    secure_port: int = flag(0, "Port to serve health and metrics on over TLS; 0 serves nothing.")
    tls_cert_file: str = flag("", "Certificate for --secure-port; self-signed if empty.")
    tls_private_key_file: str = flag("", "Key of --tls-cert-file.")
    kube_api_qps: float = flag(0.0, "Requests a second to the API server; 0 is unlimited.")
    kube_api_burst: int = flag(30, "Requests at once above --kube-api-qps.")
    v: int = flag(0, "Log level: 0 warnings and errors of note, 2 each step, 4 debugging.")
    exit_on_stdin_close: bool = flag(False, "End when standard input closes.")
    wait_for_kubeconfig: float = flag(0.0, "How long to wait for the kubeconfig file to appear.", duration=True)
    seed: int = flag(-1, "Seed of random names; -1 takes the system's randomness.")


_ACCEPTED: Final = (
    "service-account-private-key-file",
    "root-ca-file",
    "cluster-signing-key-file",
    "cluster-signing-cert-file",
    "authentication-kubeconfig",
    "authentication-skip-lookup",
    "authorization-always-allow-paths",
    "authorization-kubeconfig",
    "cert-dir",
    "client-ca-file",
    "cloud-provider",
    "cluster-name",
    "concurrent-service-syncs",
    "contention-profiling",
    "enable-dynamic-provisioning",
    "feature-gates",
    "flex-volume-plugin-dir",
    "http2-max-streams-per-connection",
    "kube-api-content-type",
    "leader-elect-resource-lock",
    "logging-format",
    "min-resync-period",
    "permit-address-sharing",
    "permit-port-sharing",
    "pod-eviction-timeout",
    "profiling",
    "requestheader-allowed-names",
    "requestheader-client-ca-file",
    "requestheader-extra-headers-prefix",
    "requestheader-group-headers",
    "requestheader-username-headers",
    "tls-cipher-suites",
    "tls-min-version",
    "tls-sni-cert-key",
    "use-service-account-credentials",
    "vmodule",
)


def parse(
    argv: Sequence[str] | None, descriptors: Sequence[ControllerDescriptor]
) -> tuple[ManagerOptions, dict[str, Any]]:
    """The manager's options and every flag's value; kube-controller-manager's other flags are accepted and ignored."""
    parser = argparse.ArgumentParser(
        prog="controllers", description="The controllers of a simulated Kubernetes cluster.", allow_abbrev=False
    )
    add_flags(parser, [ManagerOptions, *(d.options for d in descriptors if d.options is not None)])
    known = {option for action in parser._actions for option in action.option_strings}
    for name in _ACCEPTED:
        if f"--{name}" not in known:
            parser.add_argument(f"--{name}", nargs="?", default=argparse.SUPPRESS, help=argparse.SUPPRESS)
    values = vars(parser.parse_args(argv))
    if not values["kubeconfig"]:
        parser.error("--kubeconfig is required")
    try:
        enabled(values["controllers"], descriptors)
    except ValueError as error:
        parser.error(str(error))
    return read_flags(ManagerOptions, values), values


def enabled(wanted: Sequence[str], descriptors: Sequence[ControllerDescriptor]) -> list[ControllerDescriptor]:
    """The descriptors that a --controllers list chooses; raises ValueError for a name nobody has."""
    names = {n: d.name for d in descriptors for n in (d.name, d.alias) if n}
    chosen: dict[str, bool] = {}
    for entry in wanted:
        name = entry.removeprefix("-")
        if name == "*":
            continue
        if name not in names:
            raise ValueError(f'"{name}" is not in the list of known controllers')
        chosen.setdefault(names[name], not entry.startswith("-"))
    star = "*" in wanted
    return [d for d in descriptors if chosen.get(d.name, star and d.enabled_by_default)]
