"""The audit log: one JSON line a stage. Models apiserver/pkg/endpoints/filters/{audit,authn_audit}.go and pkg/audit."""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator, Callable
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Final, Protocol

from apimachinery import errors, serializer
from apimachinery.clock import Clock
from apimachinery.objects import Object
from apimachinery.timestamp import format_micro_time
from server.authentication.interfaces import ANONYMOUS, User
from server.endpoints.request import Chunks, Handler, Request, Response
from server.filters.audit_policy import LEVELS, Level, Policy, Stage, without_managed_fields
from server.filters.chain import Filter
from server.filters.timeout import long_running

_NOBODY: Final = User(ANONYMOUS)


class AuditSink(Protocol):
    """Where events go."""

    def write(self, event: Object) -> None:
        """Take one event."""
        ...


class AuditLog:
    """A file of JSON lines; `-` is standard output."""

    def __init__(self, path: str) -> None:
        if path != "-":
            Path(path).parent.mkdir(parents=True, exist_ok=True)
        self._file = sys.stdout.buffer if path == "-" else Path(path).open("ab", buffering=0)  # noqa: SIM115 - closed by close()

    def write(self, event: Object) -> None:
        """Append one line."""
        self._file.write(serializer.dumps(event) + b"\n")
        if self._file is sys.stdout.buffer:
            self._file.flush()

    def close(self) -> None:
        """Close the file; standard output stays open."""
        if self._file is not sys.stdout.buffer:
            self._file.close()


@dataclass(slots=True)
class Record:
    """What is known of one request so far."""

    request: Request
    user: User
    level: Level
    omitted: frozenset[str]
    omit_managed_fields: bool
    received: datetime
    impersonated: User | None = None
    request_body: bytes = b""
    written: set[str] = field(default_factory=set)

    def at_least(self, level: Level) -> bool:
        """Whether the policy wants so much."""
        return LEVELS.index(self.level) >= LEVELS.index(level)


_current: ContextVar[Record | None] = ContextVar("audit_record", default=None)


def note_impersonation(user: User) -> None:
    """The request goes on as somebody else."""
    record = _current.get()
    if record is not None:
        record.impersonated = user


def with_audit(sink: AuditSink, policy: Policy, clock: Clock) -> Filter:
    """Write the stages of every request that the policy asks for; a watch's end is its own stage."""

    def wrap(handler: Handler) -> Handler:
        async def audit(request: Request) -> Response:
            user = request.user or _NOBODY
            level, omitted, omit_managed_fields = policy.judge(user, request)
            if level == "None":
                return await handler(request)
            record = Record(request, user, level, omitted, omit_managed_fields, clock.now())
            events = _Events(sink, clock, record)
            events.write("RequestReceived")
            token = _current.set(record)
            try:
                answer = await handler(_remembering(request, record))
            except errors.StatusError as e:
                events.write("ResponseComplete", status=e.to_status(), code=e.status_code)
                raise
            except Exception as e:
                status = errors.InternalError.of(e).to_status()
                events.write("Panic", status=status, code=500)
                raise
            finally:
                _current.reset(token)
            return events.follow(answer)

        return audit

    return wrap


def with_failed_authentication_audit(sink: AuditSink, policy: Policy, clock: Clock) -> Filter:
    """Write down who was turned away at the door; goes around authentication."""

    def wrap(handler: Handler) -> Handler:
        async def audit(request: Request) -> Response:
            try:
                return await handler(request)
            except errors.Unauthorized as e:
                level, omitted, _ = policy.judge(_NOBODY, request)
                if level != "None":
                    record = Record(request, User(""), "Metadata", omitted, False, clock.now())
                    status = {**e.to_status(), "message": _attempted(request)}
                    _Events(sink, clock, record).write("ResponseStarted", status=status, code=401)
                raise

        return audit

    return wrap


def _attempted(request: Request) -> str:
    scheme = request.header("authorization").partition(" ")[0].lower()
    methods = [scheme] if scheme in ("basic", "bearer") else []
    if request.peer_certificate is not None:
        methods.append("x509")
    if not methods:
        return "Authentication failed, no credentials provided"
    return f"Authentication failed, attempted: {', '.join(methods)}"


def _remembering(request: Request, record: Record) -> Request:
    async def body() -> bytes:
        record.request_body = await request.body()
        return record.request_body

    return request.with_(body=body)


class _Events:
    def __init__(self, sink: AuditSink, clock: Clock, record: Record) -> None:
        self._sink = sink
        self._clock = clock
        self._record = record

    def follow(self, answer: Response) -> Response:
        """Write the end of an answer, now or when its last chunk has gone out."""
        record = self._record
        if isinstance(answer.body, bytes) and answer.upgrade is None:
            body = answer.body if record.at_least("RequestResponse") or answer.status >= 400 else b""
            self.write("ResponseComplete", code=answer.status, body=body)
            return answer
        if long_running(record.request) or answer.upgrade is not None:
            self.write("ResponseStarted", code=answer.status)
        if isinstance(answer.body, bytes):
            return answer
        chunks = _then(answer.body, lambda: self.write("ResponseComplete", code=answer.status))
        return answer._replace(body=chunks)

    def write(self, stage: Stage, *, status: Object | None = None, code: int = 0, body: bytes = b"") -> None:
        """One event, unless the policy leaves the stage out."""
        record = self._record
        if stage in record.omitted or stage in record.written:
            return
        record.written.add(stage)
        response = _json(body)
        if status is None and response is not None and response.get("kind") == "Status":
            status = response
        event = _event(record, stage)
        if code:
            kept = ("status", "message", "reason", "details")
            event["responseStatus"] = {
                "metadata": {},
                **{k: status[k] for k in kept if status and status.get(k)},
                "code": code,
            }
        if stage in ("ResponseComplete", "Panic"):
            self._add_bodies(event, response)
        event["requestReceivedTimestamp"] = format_micro_time(record.received)
        event["stageTimestamp"] = format_micro_time(self._clock.now())
        if record.request.annotations:
            event["annotations"] = dict(record.request.annotations)
        self._sink.write(event)

    def _add_bodies(self, event: Object, response: Object | None) -> None:
        record = self._record
        tidy: Callable[[Object], Object] = without_managed_fields if record.omit_managed_fields else lambda obj: obj
        sent = _json(record.request_body)
        if sent is not None:
            _complete_reference(event, sent)
            if record.at_least("Request"):
                event["requestObject"] = tidy(sent)
        if response is not None and record.at_least("RequestResponse"):
            event["responseObject"] = tidy(response)


async def _then(chunks: Chunks, end: Callable[[], None]) -> AsyncIterator[bytes]:
    try:
        async for chunk in chunks:
            yield chunk
    finally:
        close = getattr(chunks, "aclose", None)
        if close is not None:
            await close()
        end()


def _event(record: Record, stage: Stage) -> Object:
    request, info = record.request, record.request.info
    event: Object = {
        "kind": "Event",
        "apiVersion": "audit.k8s.io/v1",
        "level": record.level,
        "auditID": request.audit_id,
        "stage": stage,
        "requestURI": f"{request.path}?{request.query.text}" if request.query.text else request.path,
        "verb": info.verb if info is not None else request.method.lower(),
        "user": user_info(record.user),
    }
    if record.impersonated is not None:
        event["impersonatedUser"] = user_info(record.impersonated)
    if request.remote:
        event["sourceIPs"] = [request.remote]
    if request.header("user-agent"):
        event["userAgent"] = request.header("user-agent")
    if info is not None and info.resource_request:
        reference = {
            "resource": info.resource,
            "namespace": info.namespace,
            "name": info.name,
            "apiGroup": info.api_group,
            "apiVersion": info.api_version,
            "subresource": info.subresource,
        }
        event["objectRef"] = {k: v for k, v in reference.items() if v}
    return event


def _complete_reference(event: Object, sent: Object) -> None:
    reference, metadata = event.get("objectRef"), sent.get("metadata")
    if reference is None or not isinstance(metadata, dict):
        return
    for key in ("name", "namespace", "uid", "resourceVersion"):
        if isinstance(metadata.get(key), str) and metadata[key]:
            reference.setdefault(key, metadata[key])


def user_info(user: User) -> Object:
    """A v1 UserInfo: nothing that is empty."""
    extra = {key: list(values) for key, values in user.extra.items()}
    found: dict[str, Any] = {"username": user.name, "uid": user.uid, "groups": list(user.groups), "extra": extra}
    return {key: value for key, value in found.items() if value}


def _json(body: bytes) -> Object | None:
    if not body.startswith(b"{"):
        return None
    try:
        found = serializer.loads(body)
    except serializer.JSONDecodeError:
        return None
    return found if isinstance(found, dict) else None
