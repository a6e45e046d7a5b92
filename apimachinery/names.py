"""Random names, suffixes and UIDs. Models apimachinery/pkg/util/rand and storage/names.

Without a seed no two processes give the same; they are no secrets. With one they follow from what is named, not from
the order of calls: what two concurrent requests are given does not depend on which of them came first.
"""

from __future__ import annotations

import random
from hashlib import blake2b
from typing import Final

from apimachinery import serializer
from apimachinery.objects import View

ALPHANUMS: Final = "bcdfghjklmnpqrstvwxz2456789"
MAX_NAME_LENGTH: Final = 63
RANDOM_LENGTH: Final = 5
_UUID_RANDOM: Final = 0xFFFFFFFF_FFFF_0FFF_3FFF_FFFFFFFFFFFF
_UUID_VERSION_4: Final = 0x00000000_0000_4000_8000_000000000000


class NameGenerator:
    """Names and UIDs; give a seed to get the same ones again.

    `about` says what is named: with a seed the same words give the same result, each time they come again the next of
    its own series. Without words the series is that of the calls.
    """

    def __init__(self, seed: int | None = None) -> None:
        self._seed = seed
        self._random = random.Random()
        self._salt = f"{seed}/".encode()
        self._asked: dict[bytes, int] = {}

    def begin_at(self, revision: int) -> None:
        """Begin other series in a store that has a past, whose names are taken."""
        self._salt = f"{self._seed}/{revision}/".encode()

    def content(self, obj: View) -> str:
        """What tells a new object from others, times left out; empty without a seed."""
        if self._seed is None:
            return ""
        metadata = {k: v for k, v in obj["metadata"].items() if k not in ("creationTimestamp", "managedFields")}
        return blake2b(serializer.dumps({**obj, "metadata": metadata}), digest_size=16).hexdigest()

    def suffix(self, *about: str, length: int = RANDOM_LENGTH) -> str:
        """Random characters that spell no word."""
        source = self._source("suffix", about)
        return "".join(source.choices(ALPHANUMS, k=length))

    def generate_name(self, base: str, *about: str) -> str:
        """The base cut to 58 characters and five random ones."""
        return base[: MAX_NAME_LENGTH - RANDOM_LENGTH] + self.suffix(base, *about)

    def uid(self, *about: str) -> str:
        """A version 4 UUID."""
        return uuid_text(self._source("uid", about).getrandbits(128))

    def number(self, below: int, *about: str) -> int:
        """An integer from 0 up to but without `below`."""
        return self._source("number", about).randrange(below)

    def _source(self, kind: str, about: tuple[str, ...]) -> random.Random:
        if self._seed is None:
            return self._random
        words = blake2b("\0".join((kind, *about)).encode(), digest_size=8).digest()
        ordinal = self._asked[words] = self._asked.get(words, 0) + 1
        return random.Random(blake2b(self._salt + words + ordinal.to_bytes(8, "big")).digest())


def uuid_text(bits: int) -> str:
    """A version 4 UUID of 128 random bits, as text."""
    text = f"{bits & _UUID_RANDOM | _UUID_VERSION_4:032x}"
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"


def safe_encode(text: str) -> str:
    """Digits and letters mapped into the safe alphabet, as rand.SafeEncodeString does for hashes."""
    return "".join(ALPHANUMS[ord(c) % len(ALPHANUMS)] for c in text)
