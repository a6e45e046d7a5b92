"""What went wrong with a call to etcd, and whether it may be made again. Models etcd's client/v3 retry rules.

Texts are those of etcd's Go client, because they reach users in the API server's answers.
"""

from __future__ import annotations

import re
from typing import Final, TypeAlias

import grpc
import grpc.aio

from storage.errors import TimedOut, Unreachable

RpcError: TypeAlias = grpc.aio.AioRpcError
Code: TypeAlias = grpc.StatusCode

_ETCD: Final = "etcdserver: "
_NOT_SENT: Final = ("failed to connect to all addresses", "connections to all backends failing", "DNS resolution")
_REFUSED_UNAPPLIED: Final = ("etcdserver: no leader", "etcdserver: not capable", "etcdserver: too many requests")
_ADDRESS: Final = re.compile(r"ipv[46]:(?:%5B|\[)?([0-9a-f.:]+?)(?:%5D|\])?:(\d+)")
_GO_CODES: Final = {
    Code.UNAVAILABLE: "Unavailable",
    Code.UNAUTHENTICATED: "Unauthenticated",
    Code.PERMISSION_DENIED: "PermissionDenied",
    Code.RESOURCE_EXHAUSTED: "ResourceExhausted",
    Code.INTERNAL: "Internal",
    Code.CANCELLED: "Canceled",
    Code.UNIMPLEMENTED: "Unimplemented",
}


def is_compacted(error: RpcError) -> bool:
    """Whether the revision asked for is gone."""
    return "required revision has been compacted" in _details(error)


def is_future(error: RpcError) -> bool:
    """Whether the revision asked for has not been reached."""
    return "required revision is a future revision" in _details(error)


def is_lease_gone(error: RpcError) -> bool:
    """Whether the lease named is over."""
    return "requested lease not found" in _details(error)


def wants_login(error: RpcError) -> bool:
    """Whether our token is too old: expired, or from before users and roles changed."""
    return "invalid auth token" in _details(error) or "revision of auth store is old" in _details(error)


def never_applied(error: RpcError) -> bool:
    """Whether the call certainly changed nothing, so that a write may be sent again."""
    details = _details(error)
    if error.code() is Code.UNAVAILABLE:
        return details.startswith(_NOT_SENT) or details in _REFUSED_UNAPPLIED
    return details in _REFUSED_UNAPPLIED or wants_login(error)


def is_passing(error: RpcError) -> bool:
    """Whether another attempt, perhaps at another member, may succeed."""
    return error.code() in (Code.UNAVAILABLE, Code.DEADLINE_EXCEEDED) or never_applied(error)


def translate(error: RpcError, endpoint: str, *, write: bool = False) -> Unreachable:
    """The storage error of a failed call; a write whose fate is open says so."""
    unknown = write and is_passing(error) and not never_applied(error)
    details = _details(error)
    if error.code() is Code.DEADLINE_EXCEEDED and not details.startswith(_ETCD):
        return TimedOut("context deadline exceeded", unknown_outcome=unknown)
    if details.startswith(_ETCD):
        return Unreachable(details, unknown_outcome=unknown)
    if details.startswith(_NOT_SENT):
        details = f'connection error: desc = "transport: Error while dialing: dial tcp {_dialed(details, endpoint)}"'
    elif error.code() is Code.UNAVAILABLE:
        details = "error reading from server: EOF"
    code = _GO_CODES.get(error.code(), "Unknown")
    return Unreachable(f"rpc error: code = {code} desc = {details}", unknown_outcome=unknown)


def _dialed(details: str, endpoint: str) -> str:
    address = _ADDRESS.search(details)
    where = f"{address[1]}:{address[2]}" if address else endpoint
    if "refused" in details:
        return f"{where}: connect: connection refused"
    if "DNS" in details or "resol" in details:
        return f"lookup {endpoint.rpartition(':')[0]}: no such host"
    return f"{where}: i/o timeout"


def _details(error: RpcError) -> str:
    return error.details() or ""
