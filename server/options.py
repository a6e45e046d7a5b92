"""Flags → frozen ServerOptions. Names and meanings are kube-apiserver's where it has the flag.

Models cmd/kube-apiserver/app/options.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from pathlib import Path
from typing import Annotated, Any, Final, Literal, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, field_validator, model_validator

from apimachinery import schema
from apimachinery.timestamp import parse_time
from server.upstream_flags import IGNORED

_BOOLEANS: Final = {"true": True, "1": True, "t": True, "false": False, "0": False, "f": False}
AuthorizationMode = Literal["AlwaysAllow", "AlwaysDeny", "Node", "RBAC"]


class UsageError(ValueError):
    """A flag that cannot be used; the message is one line for the user."""


def _words(value: object) -> object:
    return tuple(w.strip() for w in value.split(",") if w.strip()) if isinstance(value, str) else value


def _networks(value: object) -> object:
    if not isinstance(value, str):
        return value
    return tuple(ip_network(word.strip()) for word in value.split(",") if word.strip())


def _ports(value: object) -> object:
    if not isinstance(value, str):
        return value
    low, _, high = value.partition("+" if "+" in value else "-")
    first = int(low)
    return first, (first + int(high) if "+" in value else int(high or low))


def _duration(value: object) -> object:
    """Seconds from a Go duration such as `1h0m0s`."""
    if not isinstance(value, str):
        return value
    units, total, number = {"h": 3600.0, "m": 60.0, "s": 1.0}, 0.0, ""
    for char in value:
        if char in units and number:
            total, number = total + float(number) * units[char], ""
        else:
            number += char
    if number:
        raise ValueError(f"not a duration such as 1h0m0s: {value!r}")
    return total


def _moment(value: object) -> object:
    """Seconds since 1970 of an RFC 3339 time."""
    return parse_time(value).timestamp() if isinstance(value, str) else value


Words = Annotated[tuple[str, ...], BeforeValidator(_words)]
Networks = Annotated[tuple[IPv4Network | IPv6Network, ...], BeforeValidator(_networks)]
Ports = Annotated[tuple[int, int], BeforeValidator(_ports)]
Seconds = Annotated[float, BeforeValidator(_duration)]
Moment = Annotated[float, BeforeValidator(_moment)]


class ServerOptions(BaseModel):
    """Everything the server is told when it starts."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    bind_address: str = Field("127.0.0.1", description="Address to listen on.")
    advertise_address: str = Field("", description="Address that the kubernetes Service leads to; the machine's own.")
    secure_port: int = Field(6443, ge=0, le=65535, description="Port to listen on; 0 for any free one.")
    cert_dir: Path = Field(Path("pki"), description="Where keys and certificates are kept and made.")
    tls_cert_file: Path | None = Field(None, description="Serving certificate instead of one from --cert-dir.")
    tls_private_key_file: Path | None = Field(None, description="Key of --tls-cert-file.")
    client_ca_file: Path | None = Field(None, description="Authorities of client certificates, beside our own.")
    token_auth_file: Path | None = Field(None, description='CSV file of token,user,uid,"group1,group2".')
    anonymous_auth: bool = Field(True, description="Let requests without an identity come as system:anonymous.")
    authorization_mode: Annotated[tuple[AuthorizationMode, ...], BeforeValidator(_words)] = Field(
        ("Node", "RBAC"), description="Comma separated: AlwaysAllow, AlwaysDeny, Node, RBAC."
    )
    enable_admission_plugins: Words = Field((), description="Admission plugins beside the default ones.")
    disable_admission_plugins: Words = Field((), description="Admission plugins to leave out.")
    audit_log_path: str = Field("", description="File for audit events, - for standard output.")
    audit_policy_file: Path | None = Field(None, description="What is audited, at which level; Metadata without it.")
    service_cluster_ip_range: Networks = Field(
        (ip_network("10.0.0.0/24"),), description="Where cluster IPs come from: one CIDR, or two of both families."
    )
    service_node_port_range: Ports = Field((30000, 32767), description="Where node ports come from, first-last.")
    service_account_issuer: str = Field(
        "https://kubernetes.default.svc", description="Issuer of ServiceAccount tokens."
    )
    service_account_key_file: Annotated[tuple[Path, ...], BeforeValidator(_words)] = Field(
        (), description="Keys that verify ServiceAccount tokens."
    )
    service_account_signing_key_file: Path | None = Field(None, description="Key that signs ServiceAccount tokens.")
    api_audiences: Words = Field((), description="Audiences of the API; the issuer without it.")
    allow_privileged: bool = Field(True, description="Allow privileged containers.")
    max_requests_inflight: int = Field(400, ge=0, description="Reading requests at a time; 0 for no bound.")
    max_mutating_requests_inflight: int = Field(200, ge=0, description="Writing requests at a time; 0 for no bound.")
    request_timeout: Seconds = Field(60.0, description="Time a request may take, as 1m0s.")
    event_ttl: Seconds = Field(3600.0, description="How long events are kept, as 1h0m0s.")
    etcd_servers: Words = Field((), description="etcd endpoints, with --store etcd.")
    etcd_prefix: str = Field("/registry", description="Prefix of all keys in etcd.")
    etcd_cafile: Path | None = Field(None, description="Authority of etcd's certificate.")
    etcd_certfile: Path | None = Field(None, description="Client certificate for etcd.")
    etcd_keyfile: Path | None = Field(None, description="Key of --etcd-certfile.")
    store: Literal["memory", "etcd"] = Field("memory", description="Where objects are kept.")
    kubernetes_version: str = Field("1.36", description="The Kubernetes version to be.")
    port_file: Path | None = Field(None, description="File to write the port to once the server is ready.")
    admin_kubeconfig: Path | None = Field(None, description="Kubeconfig to write for an administrator.")
    controller_manager_kubeconfig: Path | None = Field(
        None, description="Kubeconfig to write for the controller manager."
    )
    exit_on_stdin_close: bool = Field(False, description="End when standard input closes.")
    seed: int | None = Field(None, description="Same names and UIDs on every run.")
    cluster_time: Moment | None = Field(
        None, description="Time at which the cluster begins, as 2026-01-02T03:04:05Z; it stands still until moved."
    )
    v: int = Field(0, description="How much to log: 0 warnings, 2 information, 4 everything.")

    @field_validator("bind_address", "advertise_address")
    @classmethod
    def _address(cls, value: str) -> str:
        if value:
            ip_address(value)
        return value

    @field_validator("kubernetes_version")
    @classmethod
    def _version(cls, value: str) -> str:
        major, minor = schema.minor_version(value)
        if f"{major}.{minor}" not in schema.versions():
            raise ValueError(f"no Kubernetes {value}: have {', '.join(schema.versions())}")
        return f"{major}.{minor}"

    @model_validator(mode="after")
    def _together(self) -> Self:
        if (self.tls_cert_file is None) != (self.tls_private_key_file is None):
            raise ValueError("--tls-cert-file and --tls-private-key-file go together")
        if self.store == "memory" and self.etcd_servers:
            object.__setattr__(self, "etcd_servers", ())
        if self.store == "etcd" and not self.etcd_servers:
            raise ValueError("--store etcd needs --etcd-servers")
        for name in ("tls_cert_file", "tls_private_key_file", "client_ca_file", "token_auth_file", "audit_policy_file"):
            path: Path | None = getattr(self, name)
            if path is not None and not path.is_file():
                raise ValueError(f"{flag(name)}: no such file: {path}")
        return self

    @property
    def version(self) -> tuple[int, int]:
        """The Kubernetes version as numbers."""
        return schema.minor_version(self.kubernetes_version)


def flag(name: str) -> str:
    """The flag of a field."""
    return "--" + name.replace("_", "-")


def _boolean(text: str) -> bool:
    try:
        return _BOOLEANS[text.lower()]
    except KeyError:
        raise argparse.ArgumentTypeError(f"want true or false, not {text!r}") from None


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> Any:
        raise UsageError(message)


def parser() -> argparse.ArgumentParser:
    """The command line."""
    found = _Parser(
        prog="kube-apiserver",
        description="A Kubernetes API server.",
        allow_abbrev=False,
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    for name, field in ServerOptions.model_fields.items():
        convert: Callable[[str], Any] = _boolean if field.annotation is bool else str
        found.add_argument(flag(name), dest=name, type=convert, default=argparse.SUPPRESS, help=field.description)
    return found


def parse(argv: Sequence[str]) -> tuple[ServerOptions, list[str]]:
    """The options, and kube-apiserver's flags that were given and do nothing here. UsageError in one line."""
    booleans = {flag(n) for n, f in ServerOptions.model_fields.items() if f.annotation is bool}
    arguments, ignored = _without_ignored([f"{a}=true" if a in booleans else a for a in argv])
    given = vars(parser().parse_args(arguments))
    try:
        return ServerOptions(**given), ignored
    except ValidationError as e:
        raise UsageError("; ".join(_explain(p) for p in e.errors())) from None


def _without_ignored(argv: Sequence[str]) -> tuple[list[str], list[str]]:
    kept: list[str] = []
    ignored: list[str] = []
    arguments = iter(argv)
    for argument in arguments:
        name, equals, _ = argument.removeprefix("--").partition("=")
        if not argument.startswith("--") or name not in IGNORED:
            kept.append(argument)
            continue
        ignored.append(f"--{name}")
        if not equals and not IGNORED[name]:
            next(arguments, None)
    return kept, ignored


def _explain(problem: Any) -> str:
    message = str(problem["msg"]).removeprefix("Value error, ")
    location = problem.get("loc") or ()
    return f"{flag(str(location[0]))}: {message}" if location else message
