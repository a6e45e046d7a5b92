"""Removes old certificate signing requests. Models pkg/controller/certificates/cleaner/cleaner.go."""

from __future__ import annotations

import base64
from datetime import datetime, timedelta
from typing import Final

from apimachinery import errors, meta
from apimachinery.objects import View
from apimachinery.timestamp import parse_time
from controllers.runtime.context import ControllerContext
from controllers.runtime.errors import RETRIABLE
from controllers.runtime.resources import CERTIFICATE_SIGNING_REQUESTS

POLL_SECONDS: Final = 600.0
_APPROVED: Final = timedelta(hours=1)
_DENIED: Final = timedelta(hours=1)
_PENDING: Final = timedelta(hours=24)


def is_stale(csr: View, now: datetime) -> bool:
    """Whether a request has been answered, or left unanswered, for too long; pure but for reading its certificate."""
    created = meta.creation_timestamp(csr)
    status = csr.get("status") or {}
    conditions = status.get("conditions") or ()
    certificate = status.get("certificate")
    if certificate and _expired(certificate, now):
        return True
    if not conditions:
        return created is not None and now - created > _PENDING
    limits = {"Approved": _APPROVED, "Denied": _DENIED, "Failed": _DENIED}
    for condition in conditions:
        limit = limits.get(condition.get("type", ""))
        since = condition.get("lastUpdateTime")
        if limit is None or not since:
            continue
        if condition["type"] == "Approved" and not certificate:
            continue
        if now - parse_time(since) > limit:
            return True
    return False


def _expired(certificate: str, now: datetime) -> bool:
    from cryptography import x509

    try:
        found = x509.load_pem_x509_certificate(base64.b64decode(certificate))
    except ValueError:
        return False
    return now > found.not_valid_after_utc


class CSRCleanerController:
    """One pass every ten minutes."""

    def __init__(self, context: ControllerContext) -> None:
        self._client = context.client
        self._clock = context.clock
        self._requests = context.informers.informer(CERTIFICATE_SIGNING_REQUESTS)

    async def run(self) -> None:
        """Clean until cancelled."""
        await self._requests.wait_for_sync()
        while True:
            for csr in self._requests.list():
                if is_stale(csr, self._clock.now()):
                    await self._delete(csr)
            await self._clock.sleep(POLL_SECONDS)

    async def _delete(self, csr: View) -> None:
        try:
            await self._client.delete(CERTIFICATE_SIGNING_REQUESTS, meta.name(csr), uid=meta.uid(csr))
        except errors.NotFound:
            return
        except RETRIABLE:
            return
