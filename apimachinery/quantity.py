"""Resource quantities: `100m`, `1.5Gi`, `2e3`, exact and in canonical form. Models apimachinery/pkg/api/resource."""

from __future__ import annotations

import functools
import re
from decimal import ROUND_CEILING, ROUND_UP, Decimal
from functools import total_ordering
from typing import Final, Literal, Self

Format = Literal["DecimalSI", "BinarySI", "DecimalExponent"]

FORMAT_ERROR: Final = "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'"
_SYNTAX: Final = re.compile(r"^([+-]?)(\d*)(?:\.(\d*))?([eEinumkKMGTP]*)([-+]?\d*)$")
_BINARY: Final = {"Ki": 10, "Mi": 20, "Gi": 30, "Ti": 40, "Pi": 50, "Ei": 60}
_DECIMAL: Final = {"n": -9, "u": -6, "m": -3, "": 0, "k": 3, "M": 6, "G": 9, "T": 12, "P": 15, "E": 18}
_DECIMAL_SUFFIX: Final = {v: k for k, v in _DECIMAL.items()}
_MAX: Final = Decimal(2**63 - 1)
_NANO: Final = Decimal(1).scaleb(-9)


@total_ordering
class Quantity:
    """A fixed-point number with the format it is printed in; amounts below 1n are rounded up."""

    __slots__ = ("amount", "format")

    def __init__(self, amount: Decimal | int, format: Format = "DecimalSI") -> None:  # noqa: A002 - upstream's name
        self.amount = Decimal(amount)
        self.format: Format = format

    @classmethod
    def parse(cls, text: str) -> Self:
        """Raises ValueError with upstream's text."""
        amount, form = _parse(text)
        return cls(amount, form)

    def value(self) -> int:
        """The integer not below it."""
        return int(self.amount.to_integral_value(rounding=ROUND_UP))

    def milli_value(self) -> int:
        """Thousandths, rounded up."""
        return int((self.amount * 1000).to_integral_value(rounding=ROUND_UP))

    def rounded_up(self, exponent: int) -> Quantity:
        """Rounded away from zero to 10**exponent, as RoundUp does: -3 for milli."""
        return Quantity(self.amount.quantize(Decimal(1).scaleb(exponent), rounding=ROUND_UP), self.format)

    def canonical(self) -> str:
        """The one text for this amount and format: no fraction, the largest suffix, `1Gi`, `1500m`, `5e3`."""
        return _canonical(self.amount, self.format)

    def is_zero(self) -> bool:
        """Whether it is 0."""
        return self.amount == 0

    def sign(self) -> int:
        """-1, 0 or 1."""
        return (self.amount > 0) - (self.amount < 0)

    def __add__(self, other: Quantity) -> Quantity:
        return Quantity(self.amount + other.amount, other.format if self.is_zero() else self.format)

    def __sub__(self, other: Quantity) -> Quantity:
        return Quantity(self.amount - other.amount, other.format if self.is_zero() else self.format)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Quantity) and self.amount == other.amount

    def __lt__(self, other: Quantity) -> bool:
        return self.amount < other.amount

    def __hash__(self) -> int:
        return hash(self.amount)

    def __str__(self) -> str:
        return self.canonical()

    def __repr__(self) -> str:
        return f"Quantity({self.canonical()!r})"


ZERO: Final = Quantity(0)


@functools.lru_cache(maxsize=4096)
def canonical(text: str) -> str:
    """A quantity text in canonical form; raises ValueError."""
    return Quantity.parse(text).canonical()


@functools.lru_cache(maxsize=4096)
def _parse(text: str) -> tuple[Decimal, Format]:
    if not text:
        raise ValueError(FORMAT_ERROR)
    match = _SYNTAX.match(text)
    if match is None or not (match.group(2) or match.group(3)):
        raise ValueError(FORMAT_ERROR)
    sign, whole, fraction, letters, digits = match.groups()
    number = Decimal(f"{sign}{whole or 0}.{fraction or 0}")
    form: Format
    if letters in ("e", "E") and digits:
        if not re.fullmatch(r"[-+]?\d+", digits):
            raise ValueError("unable to parse quantity's suffix")
        number, form = number.scaleb(int(digits)), "DecimalExponent"
    elif digits:
        raise ValueError("unable to parse quantity's suffix")
    elif letters in _BINARY:
        number, form = number * (1 << _BINARY[letters]), "BinarySI"
    elif letters in _DECIMAL:
        number, form = number.scaleb(_DECIMAL[letters]), "DecimalSI"
    else:
        raise ValueError("unable to parse quantity's suffix")
    number = number.quantize(_NANO, rounding=ROUND_UP) if number.as_tuple().exponent < -9 else number  # type: ignore[operator]
    if abs(number) > _MAX:
        number = _MAX.copy_sign(number)
    if form == "BinarySI" and abs(number) < 1024 and number != number.to_integral_value():
        form = "DecimalSI"
    return number.normalize(), form


def _canonical(amount: Decimal, form: Format) -> str:
    if amount == 0:
        return "0"
    if form == "BinarySI":
        if abs(amount) < 1024 or amount != amount.to_integral_value():
            form = "DecimalSI"
        else:
            number, shift = int(amount), 0
            while number % 1024 == 0 and shift < 60:
                number //= 1024
                shift += 10
            suffix = next((k for k, v in _BINARY.items() if v == shift), "")
            return f"{number}{suffix}"
    sign, digits, exponent = amount.normalize().as_tuple()
    mantissa = int("".join(map(str, digits)))
    power = int(exponent)
    while power % 3 or power > 18:
        mantissa, power = mantissa * 10, power - 1
    suffix = _DECIMAL_SUFFIX[power] if form == "DecimalSI" else (f"e{power}" if power else "")
    return f"{'-' if sign else ''}{mantissa}{suffix}"


def ceil(amount: Decimal) -> int:
    """The integer not below the amount."""
    return int(amount.to_integral_value(rounding=ROUND_CEILING))
