"""IP addresses and CIDRs as fields. Models apimachinery/pkg/util/validation/ip.go and core's ValidateNonSpecialIP.

Fields that predate strict parsing accept leading zeros; Kubernetes 1.36 refuses them unless the value was there before.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from contextlib import suppress
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Final, TypeAlias

from apimachinery import field
from apimachinery.serializer import go_quote

Address: TypeAlias = IPv4Address | IPv6Address
Network: TypeAlias = IPv4Network | IPv6Network

STRICT_SINCE: Final = (1, 36)
_INVALID_IP: Final = "must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)"
_INVALID_CIDR: Final = "must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)"
_QUAD: Final = re.compile(r"(\d+)\.(\d+)\.(\d+)\.(\d+)$")


def parse_ip(text: str) -> Address | None:
    """An address, leading zeros in IPv4 octets ignored; None for anything else."""
    return _read(text)[0]


@lru_cache(maxsize=4096)
def _read(text: str) -> tuple[Address | None, bool]:
    """An address as parse_ip reads it, and whether strict parsing takes the text."""
    try:
        found = ip_address(text)
    except ValueError:
        pass
    else:
        return (None if "%" in text else found), True
    if "%" in text:
        return None, False
    quad = _QUAD.search(text)
    if quad is not None:
        with suppress(ValueError):
            return ip_address(text[: quad.start()] + ".".join(str(int(octet)) for octet in quad.groups())), False
    return None, False


def parse_cidr(text: str) -> Network | None:
    """A network, host bits cleared; None for anything else."""
    address, slash, length = text.partition("/")
    parsed = parse_ip(address)
    if parsed is None or not slash or not re.fullmatch(r"\d{1,3}", length):
        return None
    try:
        return ip_network((parsed, int(length)), strict=False)
    except ValueError:
        return None


def is_ipv6(text: str) -> bool:
    """Whether it is an IPv6 address; IPv4 in IPv6 counts as IPv4, as in Go."""
    parsed = parse_ip(text)
    return isinstance(parsed, IPv6Address) and parsed.ipv4_mapped is None


def family_of(text: str) -> str:
    """`IPv4` or `IPv6`."""
    return "IPv6" if is_ipv6(text) else "IPv4"


def _strict(text: str) -> bool:
    return _read(text)[1]


def legacy_ip(path: field.Path, text: str, version: tuple[int, int], old: Collection[str] = ()) -> list[field.Error]:
    """Errors of an address field that predates strict parsing; values in `old` are not judged again."""
    if text in old:
        return []
    parsed = parse_ip(text)
    if parsed is None:
        return [field.invalid(path, text, _INVALID_IP)]
    if version < STRICT_SINCE:
        return []
    found = [] if _strict(text) else [field.invalid(path, text, "must not have leading 0s")]
    if isinstance(parsed, IPv6Address) and parsed.ipv4_mapped is not None:
        found.append(field.invalid(path, text, "must not be an IPv4-mapped IPv6 address"))
    return found


def canonical_ip(path: field.Path, text: str) -> list[field.Error]:
    """Errors of an address field that must be in canonical form, as IPAddress names are."""
    parsed = parse_ip(text)
    if parsed is None:
        return [field.invalid(path, text, _INVALID_IP)]
    if not _strict(text):
        return [field.invalid(path, text, "must not have leading 0s")]
    if isinstance(parsed, IPv6Address) and parsed.ipv4_mapped is not None:
        return [field.invalid(path, text, "must not be an IPv4-mapped IPv6 address")]
    if str(parsed) != text:
        return [field.invalid(path, text, f"must be in canonical form ({go_quote(str(parsed))})")]
    return []


def legacy_cidr(path: field.Path, text: str, version: tuple[int, int], old: Collection[str] = ()) -> list[field.Error]:
    """Errors of a CIDR field that predates strict parsing; values in `old` are not judged again."""
    if text in old:
        return []
    parsed = parse_cidr(text)
    if parsed is None:
        return [field.invalid(path, text, _INVALID_CIDR)]
    if version < STRICT_SINCE:
        return []
    address, _, length = text.partition("/")
    if not _strict(address) or (len(length) > 1 and length.startswith("0")):
        return [field.invalid(path, text, "must not have leading 0s in IP or prefix length")]
    if address.lower().startswith("::ffff:") and "." in address:
        return [field.invalid(path, text, "must not have an IPv4-mapped IPv6 address")]
    if parse_ip(address) != parsed.network_address:
        return [field.invalid(path, text, "must not have bits set beyond the prefix length")]
    return []


def canonical_cidr(path: field.Path, text: str) -> list[field.Error]:
    """Errors of a CIDR field that must be in canonical form, as those of ServiceCIDRs are."""
    found = legacy_cidr(path, text, STRICT_SINCE)
    parsed = parse_cidr(text)
    if not found and parsed is not None and str(parsed) != text:
        found.append(field.invalid(path, text, f"must be in canonical form ({go_quote(str(parsed))})"))
    return found


def ip_warnings(path: field.Path, text: str) -> list[str]:
    """What is worth a word about a valid address. Models GetWarningsForIP."""
    parsed = parse_ip(text)
    if parsed is None:
        return []
    mapped = parsed.ipv4_mapped if isinstance(parsed, IPv6Address) else None
    if mapped is not None or not _strict(text):
        return [f"{path}: {_non_standard('IP address', text, mapped or parsed)}"]
    if parsed.version == 6 and str(parsed) != text:
        return [f"{path}: IPv6 address {_canonical(text, parsed)}"]
    return []


def cidr_warnings(path: field.Path, text: str) -> list[str]:
    """What is worth a word about a valid CIDR. Models GetWarningsForCIDR."""
    network = parse_cidr(text)
    if network is None:
        return []
    found = []
    address, _, length = text.partition("/")
    parsed = parse_ip(address)
    if parsed != network.network_address:
        either = f"{go_quote(str(network))} or {go_quote(f'{parsed}/{network.max_prefixlen}')}"
        found.append(f"{path}: CIDR value {go_quote(text)} is ambiguous in this context (should be {either}?)")
    mapped = isinstance(parsed, IPv6Address) and parsed.ipv4_mapped is not None
    if mapped or not _strict(address) or (len(length) > 1 and length.startswith("0")):
        found.append(f"{path}: {_non_standard('CIDR value', text, network)}")
    if not found and network.version == 6 and str(network) != text:
        found.append(f"{path}: IPv6 CIDR value {_canonical(text, network)}")
    return found


def _non_standard(noun: str, text: str, better: object) -> str:
    future = "will be considered invalid in a future Kubernetes release"
    return f"non-standard {noun} {go_quote(text)} {future}: use {go_quote(str(better))}"


def _canonical(text: str, better: object) -> str:
    return f"{go_quote(text)} should be in RFC 5952 canonical format ({go_quote(str(better))})"


def non_special_ip(text: str, path: field.Path) -> list[field.Error]:
    """Errors of addresses that no endpoint can have: unspecified, loopback, link-local."""
    parsed = parse_ip(text)
    if parsed is None:
        return [field.invalid(path, text, "must be a valid IP address")]
    found = []
    if parsed.is_unspecified:
        found.append(f"may not be unspecified ({text})")
    if parsed.is_loopback:
        found.append("may not be in the loopback range (127.0.0.0/8, ::1/128)")
    if parsed.is_link_local:
        found.append("may not be in the link-local range (169.254.0.0/16, fe80::/10)")
    multicast = ip_network("224.0.0.0/24") if parsed.version == 4 else ip_network("ff02::/16")
    if parsed in multicast:
        found.append("may not be in the link-local multicast range (224.0.0.0/24, ff02::/10)")
    return [field.invalid(path, text, problem) for problem in found]


def dual_stack(networks_or_ips: Collection[str]) -> bool:
    """Whether both families are among addresses or CIDRs."""
    return {is_ipv6(n.partition("/")[0]) for n in networks_or_ips} == {True, False}
