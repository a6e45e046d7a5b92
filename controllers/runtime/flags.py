"""Frozen options dataclasses whose fields are command line flags: `node_monitor_period` is `--node-monitor-period`."""

from __future__ import annotations

import argparse
import dataclasses
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypeVar

T = TypeVar("T")
_DURATION = re.compile(r"(\d+(?:\.\d+)?)(ns|us|µs|ms|s|m|h)")
_UNITS = {"ns": 1e-9, "us": 1e-6, "µs": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0, "h": 3600.0}


def parse_duration(text: str) -> float:
    """Seconds of a Go duration such as `1m30s`, `500ms` or `0`; raises ValueError."""
    if text == "0":
        return 0.0
    parts = _DURATION.findall(text)
    if not parts or "".join(n + u for n, u in parts) != text:
        raise ValueError(f"invalid duration {text!r}")
    return sum(float(number) * _UNITS[unit] for number, unit in parts)


def parse_bool(text: str) -> bool:
    """Go's spellings of a boolean; raises ValueError."""
    if text in ("1", "t", "T", "true", "TRUE", "True"):
        return True
    if text in ("0", "f", "F", "false", "FALSE", "False"):
        return False
    raise ValueError(f"invalid boolean {text!r}")


def flag(default: Any, help_text: str, *, duration: bool = False) -> Any:
    """A field of an options dataclass; its type follows the default, `duration` reads Go durations into seconds."""
    return dataclasses.field(default=default, metadata={"help": help_text, "duration": duration})


def add_flags(parser: argparse.ArgumentParser, options: Iterable[type[Any]]) -> None:
    """One flag a field; a field that several dataclasses share is one flag."""
    seen: set[str] = set()
    for cls in options:
        for field in dataclasses.fields(cls):
            if field.name in seen:
                continue
            seen.add(field.name)
            _add(parser, field)


def _add(parser: argparse.ArgumentParser, field: dataclasses.Field[Any]) -> None:
    name = "--" + field.name.replace("_", "-")
    text = field.metadata["help"].replace("%", "%%")
    if isinstance(field.default, bool):
        parser.add_argument(name, type=parse_bool, nargs="?", const=True, default=field.default, help=text)
    elif isinstance(field.default, tuple):
        parser.add_argument(name, type=lambda t: tuple(filter(None, t.split(","))), default=field.default, help=text)
    else:
        kind = parse_duration if field.metadata["duration"] else type(field.default)
        parser.add_argument(name, type=kind, default=field.default, help=text)


def read_flags(cls: type[T], values: Mapping[str, Any]) -> T:
    """The options dataclass with the parsed values."""
    names: Sequence[str] = [f.name for f in dataclasses.fields(cls)]  # type: ignore[arg-type]
    return cls(**{n: values[n] for n in names if n in values})
