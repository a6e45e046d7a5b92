"""Maps of resource amounts: rounding and validation. Models SetDefaults_ResourceList and ValidateNodeResources."""

from __future__ import annotations

from collections.abc import Mapping

from apimachinery import field
from apimachinery.objects import Object
from apimachinery.quantity import Quantity
from server.registry.core.podspec_resources import resource_quantity

MILLI = -3


def round_up(holder: Object | None, *names: str) -> None:
    """Round the amounts of the named maps up to thousandths, in place."""
    for name in names:
        amounts = (holder or {}).get(name) or {}
        for key, text in amounts.items():
            quantity = Quantity.parse(str(text))
            rounded = quantity.rounded_up(MILLI)
            if rounded != quantity:
                amounts[key] = rounded.canonical()


def amounts(found: Mapping[str, str] | None) -> dict[str, Quantity]:
    """The parsed amounts, keys sorted."""
    return {k: Quantity.parse(str(v)) for k, v in sorted((found or {}).items())}


def amount_errors(found: Mapping[str, str] | None, path: field.Path) -> list[field.Error]:
    """Errors of amounts at `path.<resource>`."""
    return [e for name, q in amounts(found).items() for e in resource_quantity(name, q, path / name)]
