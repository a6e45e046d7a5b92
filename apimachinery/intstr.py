"""IntOrString: an integer or a percentage. Models apimachinery/pkg/util/intstr."""

from __future__ import annotations

import math
import re


def is_percent(value: int | str) -> bool:
    """Whether it is a text such as `25%`."""
    return isinstance(value, str) and re.fullmatch(r"[0-9]+%", value) is not None


def percent_value(value: int | str) -> int | None:
    """The number before the percent sign; None for anything else."""
    return int(value[:-1]) if isinstance(value, str) and is_percent(value) else None


def scaled_value(value: int | str, total: int, *, round_up: bool) -> int:
    """An integer as it is, a percentage of the total rounded up or down; raises ValueError for other texts."""
    if isinstance(value, int):
        return value
    percent = percent_value(value)
    if percent is None:
        raise ValueError("invalid value for IntOrString: invalid type: string is not a percentage")
    exact = percent * total / 100
    return math.ceil(exact) if round_up else math.floor(exact)
