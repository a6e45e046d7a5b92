"""ResourceQuota: charges what a write would use, or refuses it. Models apiserver/pkg/admission/plugin/resourcequota."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Protocol

from apimachinery import jsonvalue, meta, resource_list
from apimachinery.clock import Clock
from apimachinery.objects import Object, View
from apimachinery.quota import evaluator_for
from apimachinery.quota.evaluator import Evaluator
from apimachinery.resource_list import ResourceList
from server.admission.attributes import Attributes
from server.admission.interfaces import Operation
from server.admission.plugins.lister import Lister
from server.admission.plugins.refusal import forbidden
from server.registry.registry import Registry

IGNORED: Final = frozenset(
    {
        "bindings",
        "componentstatuses",
        "events",
        "events.events.k8s.io",
        "localsubjectaccessreviews.authorization.k8s.io",
        "selfsubjectaccessreviews.authorization.k8s.io",
        "selfsubjectrulesreviews.authorization.k8s.io",
        "subjectaccessreviews.authorization.k8s.io",
        "tokenreviews.authentication.k8s.io",
    }
)


@dataclass(frozen=True, slots=True)
class Charge:
    """More usage for one quota."""

    quota: str
    usage: ResourceList


class QuotaAccessor(Protocol):
    """Where charges are written."""

    async def charge(self, namespace: str, charge: Charge) -> str:
        """Add the usage to status.used as one step; the refusal when it no longer fits, else an empty text."""
        ...


class RegistryQuotaAccessor:
    """Charges the stored quotas of this server."""

    def __init__(self, registry: Registry) -> None:
        self._registry = registry

    async def charge(self, namespace: str, charge: Charge) -> str:
        """Read, check and write back until no one else wrote in between."""
        store = self._registry.find("resourcequotas")
        status = store.resource.subresource("status")
        why = ""

        async def add_usage(current: View | None) -> Object:
            nonlocal why
            assert current is not None  # noqa: S101 - a missing quota never gets here
            quota: Object = jsonvalue.copy(current)
            why = refusal(quota, charge.usage)
            if not why:
                apply_usage(quota, charge.usage)
            return quota

        strategy = status.strategy if status is not None else None
        await store.update(charge.quota, add_usage, store.context(namespace), strategy=strategy)
        return why


class ResourceQuota:
    """The last gate: what passed everything else is charged here."""

    name = "ResourceQuota"
    operations: frozenset[Operation] = frozenset({"CREATE", "UPDATE"})

    def __init__(self, lister: Lister, accessor: QuotaAccessor, clock: Clock) -> None:
        self._lister = lister
        self._accessor = accessor
        self._clock = clock

    async def validate(self, attributes: Attributes) -> None:
        """Refuse what exceeds a quota or does not say what it must; charge the rest."""
        obj = attributes.object
        if obj is None or not attributes.namespace or str(attributes.group_resource) in IGNORED:
            return
        evaluator = evaluator_for(attributes.group_resource)
        if attributes.is_("namespaces", attributes.subresource):
            return
        if not evaluator.handles(attributes.operation, attributes.subresource):
            return
        quotas = await self._lister.list("resourcequotas", attributes.namespace)
        if not quotas:
            return
        charges = plan_charges(attributes, evaluator, quotas, self._clock.now())
        if attributes.dry_run:
            return
        for charge in charges:
            why = await self._accessor.charge(attributes.namespace, charge)
            if why:
                raise forbidden(attributes, why)


def plan_charges(attributes: Attributes, evaluator: Evaluator, quotas: Iterable[View], now: datetime) -> list[Charge]:
    """What to charge to which quota; Forbidden when a quota refuses."""
    obj = attributes.object or {}
    concerned: list[View] = []
    for quota in quotas:
        if not evaluator.matches(quota, obj):
            continue
        status = quota.get("status") or {}
        restricted = evaluator.matching(status.get("hard") or {})
        why = evaluator.constraints(restricted, obj)
        if why:
            raise forbidden(attributes, f"failed quota: {meta.name(quota)}: {why}")
        if restricted - (status.get("used") or {}).keys():
            names = ",".join(sorted(restricted))
            raise forbidden(attributes, f"status unknown for quota: {meta.name(quota)}, resources: {names}")
        concerned.append(quota)
    if not concerned:
        return []
    usage = _added_usage(attributes, evaluator, now)
    charges: list[Charge] = []
    for quota in concerned:
        hard = (quota.get("status") or {}).get("hard") or {}
        wanted = {name: amount for name, amount in usage.items() if name in hard}
        why = refusal(quota, wanted)
        if why:
            raise forbidden(attributes, why)
        if wanted:
            charges.append(Charge(meta.name(quota), wanted))
    return charges


def _added_usage(attributes: Attributes, evaluator: Evaluator, now: datetime) -> ResourceList:
    usage = evaluator.usage(attributes.object or {}, now)
    negative = sorted(name for name, amount in usage.items() if amount.sign() < 0)
    if negative:
        raise forbidden(attributes, f"quota usage is negative for resource(s): {','.join(negative)}")
    if attributes.operation == "UPDATE" and attributes.old_object is not None:
        before = evaluator.usage(attributes.old_object, now)
        usage = {name: amount - before[name] if name in before else amount for name, amount in usage.items()}
    return {name: amount for name, amount in usage.items() if amount.sign() > 0}


def refusal(quota: View, wanted: ResourceList) -> str:
    """Why a quota cannot take the usage; empty when it can."""
    status = quota.get("status") or {}
    hard, used = resource_list.read(status.get("hard")), resource_list.read(status.get("used"))
    after = dict(used)
    resource_list.add(after, wanted)
    exceeded = sorted(name for name in wanted if name in hard and after[name] > hard[name])
    if not exceeded:
        return ""
    parts = (("requested", wanted), ("used", used), ("limited", hard))
    texts = (f"{word}: {','.join(f'{n}={amounts[n]}' for n in exceeded if n in amounts)}" for word, amounts in parts)
    return f"exceeded quota: {meta.name(quota)}, {', '.join(texts)}"


def apply_usage(quota: Object, usage: ResourceList) -> None:
    """Add to status.used in place."""
    status = quota.setdefault("status", {})
    total = resource_list.read(status.get("used"))
    resource_list.add(total, usage)
    status["used"] = {**(status.get("used") or {}), **{name: total[name].canonical() for name in usage}}
