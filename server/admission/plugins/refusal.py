"""How plugins refuse. Models apiserver/pkg/admission/errors.go."""

from __future__ import annotations

from apimachinery import errors
from server.admission.attributes import Attributes


def forbidden(attributes: Attributes, why: str) -> errors.Forbidden:
    """`pods "x" is forbidden: why`; an object without any name is called Unknown."""
    return errors.Forbidden.of(attributes.group_resource, attributes.error_name or "Unknown", why)


def aggregate(messages: list[str]) -> str:
    """Several reasons as one text: each once, in brackets when there is more than one."""
    distinct = list(dict.fromkeys(messages))
    return distinct[0] if len(distinct) == 1 else f"[{', '.join(distinct)}]"
