"""String formats of custom resources: which texts they allow. Models kube-openapi/pkg/validation/strfmt."""

from __future__ import annotations

import base64
import binascii
import ipaddress
import re
from collections.abc import Callable, Mapping
from datetime import date
from typing import Final
from urllib.parse import urlsplit

from apimachinery import quantity, validation

_UUID: Final = "(?i)[0-9a-f]{8}-?[0-9a-f]{4}-?%s[0-9a-f]{3}-?%s[0-9a-f]{3}-?[0-9a-f]{12}"
_DATE_TIME: Final = re.compile(
    r"(\d{4}-\d{2}-\d{2})[Tt\s]([01]\d|2[0-3]):[0-5]\d:([0-5]\d|60)(\.\d+)?([Zz]|[+-]\d{2}:?\d{2})?"
)
_EMAIL: Final = re.compile(r"[^@\s<>()\[\],;:\"]+@[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?")
_HOSTNAME: Final = re.compile(r"(?!-)[A-Za-z0-9-]{1,63}(?<!-)(\.(?!-)[A-Za-z0-9-]{1,63}(?<!-))*\.?")
_DURATION: Final = re.compile(r"([+-]?(\d+(\.\d*)?|\.\d+)(ns|us|µs|μs|ms|s|m|h))+|0|\d+\s*(w|weeks?|d|days?|hours?)")


def _matches(pattern: str) -> Callable[[str], bool]:
    compiled = re.compile(pattern)
    return lambda text: compiled.fullmatch(text) is not None


def _raises_not(parse: Callable[[str], object]) -> Callable[[str], bool]:
    def allowed(text: str) -> bool:
        try:
            parse(text)
        except (ValueError, binascii.Error):
            return False
        return True

    return allowed


def _date_time(text: str) -> bool:
    found = _DATE_TIME.fullmatch(text)
    return found is not None and _is_date(found.group(1))


def _cidr(text: str) -> bool:
    return "/" in text and _raises_not(lambda t: ipaddress.ip_network(t, strict=False))(text)


def _uri(text: str) -> bool:
    parts = urlsplit(text)
    return bool(parts.scheme or text.startswith("/"))


_is_date: Final = _raises_not(date.fromisoformat)
_FORMATS: Final[Mapping[str, Callable[[str], bool]]] = {
    "bsonobjectid": _matches("[0-9a-fA-F]{24}"),
    "byte": _raises_not(lambda t: base64.b64decode(t, validate=True)),
    "cidr": _cidr,
    "creditcard": _matches(r"[\d -]{13,23}"),
    "date": lambda t: len(t) == 10 and _is_date(t),
    "datetime": _date_time,
    "duration": lambda t: _DURATION.fullmatch(t) is not None,
    "email": lambda t: _EMAIL.fullmatch(t) is not None,
    "hexcolor": _matches("#?([0-9a-fA-F]{3}|[0-9a-fA-F]{6})"),
    "hostname": lambda t: len(t) <= 255 and _HOSTNAME.fullmatch(t) is not None,
    "ipv4": _raises_not(ipaddress.IPv4Address),
    "ipv6": _raises_not(ipaddress.IPv6Address),
    "isbn": _matches(r"(97[89][\d -]{10,14}|[\d -]{9,12}[\dXx])"),
    "isbn10": _matches(r"[\d -]{9,12}[\dXx]"),
    "isbn13": _matches(r"97[89][\d -]{10,14}"),
    "k8slongname": lambda t: not validation.dns1123_subdomain(t),
    "k8sshortname": lambda t: not validation.dns1123_label(t),
    "mac": _matches(r"([0-9a-fA-F]{2}[:-]){5}([0-9a-fA-F]{2})|([0-9a-fA-F]{4}\.){2}[0-9a-fA-F]{4}"),
    "quantity": _raises_not(quantity.Quantity.parse),
    "rgbcolor": _matches(r"rgb\(\s*(\d{1,3}\s*,\s*){2}\d{1,3}\s*\)"),
    "ssn": _matches(r"\d{3}[- ]?\d{2}[- ]?\d{4}"),
    "uri": _uri,
    "uuid": _matches(_UUID % ("[0-9a-f]", "[0-9a-f]")),
    "uuid3": _matches(_UUID % ("3", "[0-9a-f]")),
    "uuid4": _matches(_UUID % ("4", "[89ab]")),
    "uuid5": _matches(_UUID % ("5", "[89ab]")),
}


def allows(format_: str, text: str) -> bool:
    """Whether a text has a format; a format that nobody knows allows everything."""
    rule = _FORMATS.get(format_.replace("-", ""))
    return rule is None or rule(text)
