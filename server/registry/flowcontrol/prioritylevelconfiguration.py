"""PriorityLevelConfiguration: how much may run at once. Models pkg/registry/flowcontrol/prioritylevelconfiguration."""

from __future__ import annotations

import math
from typing import Any, Final

from apimachinery import field, meta
from apimachinery.objects import Object, View
from server.registry.config import RegistryConfig
from server.registry.declaration import declare
from server.registry.flowcontrol import mandatory
from server.registry.flowcontrol.flowschema import FlowStatusStrategy, conditions
from server.registry.flowcontrol.lifecycle import deprecation
from server.registry.generic import SpecStrategy, go_struct
from server.registry.printing import NONE, simple
from server.registry.rest import Column, Context, Resource

DEFAULT_SHARES: Final = 30
DEFAULT_QUEUING: Final = {"queues": 64, "handSize": 8, "queueLengthLimit": 50}
MAX_QUEUES: Final = 10_000_000
MAX_HASH_BITS: Final = 60
_SPEC: Final = field.Path("spec")


class PriorityLevelConfigurationStrategy(SpecStrategy):
    """Exempt from limits, or limited and queued; the mandatory ones cannot change."""

    generation_of = ("spec",)

    def default(self, obj: Object) -> None:
        spec = obj.setdefault("spec", {})
        for name, shares in (("exempt", 0), ("limited", DEFAULT_SHARES)):
            limits = spec.get(name)
            if limits is not None:
                for key, value in (("nominalConcurrencyShares", shares), ("lendablePercent", 0)):
                    if limits.get(key) is None:
                        limits[key] = value
        queuing = ((spec.get("limited") or {}).get("limitResponse") or {}).get("queuing")
        if queuing is not None:
            for key, value in DEFAULT_QUEUING.items():
                queuing[key] = queuing.get(key) or value

    def validate(self, obj: View, ctx: Context) -> list[field.Error]:
        name, spec = meta.name(obj), obj.get("spec") or {}
        found = super().validate(obj, ctx) + _spec(name, spec)
        fixed = mandatory.priority_level_spec(name)
        if fixed is not None:
            if name == "exempt" and spec.get("exempt") is not None:
                fixed = {**fixed, "exempt": spec["exempt"]}
            if spec != fixed:
                found.append(field.invalid(_SPEC, _shown(spec), f"spec of '{name}' must equal the fixed value"))
        return found + conditions(obj)


def _spec(name: str, spec: View) -> list[field.Error]:
    found: list[field.Error] = []
    kind, limited, exempt = spec.get("type") or "", spec.get("limited"), spec.get("exempt")
    if (name == "exempt") != (kind == "Exempt"):
        detail = "type must be 'Exempt' if and only if name is 'exempt'"
        found.append(field.invalid(_SPEC / "type", kind, detail))
    if kind == "Exempt":
        if limited is not None:
            found.append(field.forbidden(_SPEC / "limited", "must be nil if the type is not Limited"))
        return found + (_shares(exempt, _SPEC / "exempt") if exempt is not None else [])
    if kind == "Limited":
        if exempt is not None:
            found.append(field.forbidden(_SPEC / "exempt", "must be nil if the type is Limited"))
        if limited is None:
            return [*found, field.required(_SPEC / "limited", "must not be empty when type is Limited")]
        return found + _shares(limited, _SPEC / "limited")
    return [*found, field.not_supported(_SPEC / "type", kind, ("Exempt", "Limited"))]


def _shares(limits: View, path: field.Path) -> list[field.Error]:
    found: list[field.Error] = []
    shares = limits.get("nominalConcurrencyShares") or 0
    if shares < 0:
        detail = "must be a non-negative integer"
        found.append(field.invalid(path / "nominalConcurrencyShares", shares, detail))
    if path == _SPEC / "limited":
        found += _limit_response(limits.get("limitResponse") or {}, path / "limitResponse")
    lendable, borrowing = limits.get("lendablePercent"), limits.get("borrowingLimitPercent")
    if lendable is not None and not 0 <= lendable <= 100:
        found.append(field.invalid(path / "lendablePercent", lendable, "must be between 0 and 100, inclusive"))
    if borrowing is not None and borrowing < 0:
        detail = "if specified, must be a non-negative integer"
        found.append(field.invalid(path / "borrowingLimitPercent", borrowing, detail))
    return found


def _limit_response(response: View, path: field.Path) -> list[field.Error]:
    kind, queuing = response.get("type") or "", response.get("queuing")
    if kind == "Reject":
        detail = "must be nil if limited.limitResponse.type is not Limited"
        return [] if queuing is None else [field.forbidden(path / "queuing", detail)]
    if kind == "Queue":
        if queuing is None:
            detail = "must not be empty if limited.limitResponse.type is Limited"
            return [field.required(path / "queuing", detail)]
        return _queuing(queuing, path / "queuing")
    return [field.not_supported(path / "type", kind, ("Queue", "Reject"))]


def _queuing(queuing: View, path: field.Path) -> list[field.Error]:
    found: list[field.Error] = []
    limit, queues, hand = (queuing.get(n) or 0 for n in ("queueLengthLimit", "queues", "handSize"))
    if limit <= 0:
        found.append(field.invalid(path / "queueLengthLimit", limit, "must be positive"))
    if queues <= 0:
        found.append(field.invalid(path / "queues", queues, "must be positive"))
    elif queues > MAX_QUEUES:
        found.append(field.invalid(path / "queues", queues, f"must not be greater than {MAX_QUEUES}"))
    if hand <= 0:
        found.append(field.invalid(path / "handSize", hand, "must be positive"))
    elif hand > queues:
        detail = f"should not be greater than queues ({queues})"
        found.append(field.invalid(path / "handSize", hand, detail))
    elif math.ceil(math.log2(queues) * hand) > MAX_HASH_BITS:
        detail = (
            f"required entropy bits of deckSize {queues} and handSize {hand} should not be greater than {MAX_HASH_BITS}"
        )
        found.append(field.invalid(path / "handSize", hand, detail))
    return found


def _shown(spec: View) -> field.Raw:
    """The spec as Go prints its internal type."""
    limited, exempt = spec.get("limited"), spec.get("exempt")
    shown_limited = None
    if limited is not None:
        response = limited.get("limitResponse") or {}
        queuing = response.get("queuing")
        shown_limited = {
            "NominalConcurrencyShares": limited.get("nominalConcurrencyShares") or 0,
            "LimitResponse": {
                "Type": response.get("type", ""),
                "Queuing": queuing
                and {
                    "Queues": queuing.get("queues") or 0,
                    "HandSize": queuing.get("handSize") or 0,
                    "QueueLengthLimit": queuing.get("queueLengthLimit") or 0,
                },
            },
            "LendablePercent": limited.get("lendablePercent"),
            "BorrowingLimitPercent": limited.get("borrowingLimitPercent"),
        }
    shown_exempt = exempt and {
        "NominalConcurrencyShares": exempt.get("nominalConcurrencyShares"),
        "LendablePercent": exempt.get("lendablePercent"),
    }
    return go_struct(Type=spec.get("type", ""), Limited=shown_limited, Exempt=shown_exempt)


def _of_limited(name: str) -> Any:
    def cell(obj: View) -> Any:
        limited = obj["spec"].get("limited")
        return NONE if limited is None else limited.get(name) or 0

    return cell


def _of_queuing(name: str) -> Any:
    def cell(obj: View) -> Any:
        queuing = ((obj["spec"].get("limited") or {}).get("limitResponse") or {}).get("queuing")
        return NONE if queuing is None else queuing.get(name) or 0

    return cell


def resource(config: RegistryConfig, version: str, stored_as: tuple[str, str]) -> Resource:
    """prioritylevelconfigurations."""
    package = "io.k8s.api.flowcontrol.v1"
    kind = Column("Type", doc=f"{package}.PriorityLevelConfigurationSpec.type")
    shares = Column(
        "NominalConcurrencyShares", doc=f"{package}.LimitedPriorityLevelConfiguration.nominalConcurrencyShares"
    )
    queuing = f"{package}.QueuingConfiguration"
    return declare(
        "flowcontrol.apiserver.k8s.io",
        version,
        "PriorityLevelConfiguration",
        namespaced=False,
        stored_as=stored_as,
        deprecated=deprecation(config, version, "PriorityLevelConfiguration"),
        strategy=PriorityLevelConfigurationStrategy(),
        status=FlowStatusStrategy(),
        printer=simple(
            (kind, lambda o: o["spec"].get("type", "")),
            (shares, _of_limited("nominalConcurrencyShares")),
            (Column("Queues", doc=f"{queuing}.queues"), _of_queuing("queues")),
            (Column("HandSize", doc=f"{queuing}.handSize"), _of_queuing("handSize")),
            (Column("QueueLengthLimit", doc=f"{queuing}.queueLengthLimit"), _of_queuing("queueLengthLimit")),
        ),
    )
