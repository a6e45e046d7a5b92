"""Which texts are addresses and ranges, for fields old and new."""

from __future__ import annotations

import pytest

from apimachinery import field
from server.registry.addresses import canonical_cidr, canonical_ip, dual_stack, family_of, legacy_ip, non_special_ip

PATH = field.Path("ip")


@pytest.mark.parametrize(
    ("text", "valid"),
    [("10.0.0.1", True), ("::1", True), ("010.0.0.1", True), ("10.0.0", False), ("", False), ("10.0.0.1/8", False)],
)
def test_fields_that_always_allowed_leading_zeros(text: str, valid: bool) -> None:
    assert (legacy_ip(PATH, text, (1, 32)) == []) is valid


def test_leading_zeros_are_no_longer_allowed() -> None:
    [error] = legacy_ip(PATH, "010.0.0.1", (1, 36))
    assert str(error) == 'ip: Invalid value: "010.0.0.1": must not have leading 0s'
    assert legacy_ip(PATH, "010.0.0.1", (1, 36), old=["010.0.0.1"]) == []


@pytest.mark.parametrize(("text", "valid"), [("10.0.0.1", True), ("FE80::1", False), ("::ffff:1.2.3.4", False)])
def test_canonical_addresses(text: str, valid: bool) -> None:
    assert (canonical_ip(PATH, text) == []) is valid


@pytest.mark.parametrize(("text", "valid"), [("10.0.0.0/8", True), ("10.0.0.1/8", False), ("fd00::/64", True)])
def test_canonical_ranges(text: str, valid: bool) -> None:
    assert (canonical_cidr(PATH, text) == []) is valid


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("0.0.0.0", "may not be unspecified (0.0.0.0)"),
        ("127.0.0.1", "may not be in the loopback range (127.0.0.0/8, ::1/128)"),
        ("169.254.1.1", "may not be in the link-local range (169.254.0.0/16, fe80::/10)"),
        ("224.0.0.1", "may not be in the link-local multicast range (224.0.0.0/24, ff02::/10)"),
        ("10.0.0.1", ""),
    ],
)
def test_addresses_with_a_meaning(text: str, words: str) -> None:
    assert [e.detail for e in non_special_ip(text, PATH)] == ([words] if words else [])


def test_families() -> None:
    assert (family_of("10.0.0.1"), family_of("::1")) == ("IPv4", "IPv6")
    assert dual_stack(["10.0.0.1", "::1"])
    assert not dual_stack(["10.0.0.1", "10.0.0.2"])
