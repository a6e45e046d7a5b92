"""Numbers as Go reads them."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from apimachinery.strconv import parse_int, parse_uint


@pytest.mark.parametrize(
    ("parse", "text", "number"),
    [
        (parse_uint, "0", 0),
        (parse_uint, "007", 7),
        (parse_uint, "18446744073709551615", 2**64 - 1),
        (parse_int, "-9223372036854775808", -(2**63)),
        (parse_int, "+5", 5),
    ],
)
def test_numbers(parse: Callable[[str], int], text: str, number: int) -> None:
    assert parse(text) == number


@pytest.mark.parametrize(
    ("parse", "text", "problem"),
    [
        (parse_uint, "", 'strconv.ParseUint: parsing "": invalid syntax'),
        (parse_uint, "+1", 'strconv.ParseUint: parsing "+1": invalid syntax'),
        (parse_uint, "٣", 'strconv.ParseUint: parsing "٣": invalid syntax'),
        (parse_uint, "18446744073709551616", 'strconv.ParseUint: parsing "18446744073709551616": value out of range'),
        (parse_int, "-+1", 'strconv.ParseInt: parsing "-+1": invalid syntax'),
        (parse_int, "9223372036854775808", 'strconv.ParseInt: parsing "9223372036854775808": value out of range'),
    ],
)
def test_problems(parse: Callable[[str], int], text: str, problem: str) -> None:
    with pytest.raises(ValueError) as refused:
        parse(text)
    assert str(refused.value) == problem
