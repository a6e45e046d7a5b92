"""Random names, suffixes and UIDs from one seeded source. Models apimachinery/pkg/util/rand and storage/names."""

from __future__ import annotations

import random
import uuid
from typing import Final

ALPHANUMS: Final = "bcdfghjklmnpqrstvwxz2456789"
MAX_NAME_LENGTH: Final = 63
RANDOM_LENGTH: Final = 5


class NameGenerator:
    """Names and UIDs; give a seed to get the same ones again."""

    def __init__(self, seed: int | None = None) -> None:
        self._random = random.Random(seed) if seed is not None else random.SystemRandom()

    def suffix(self, length: int = RANDOM_LENGTH) -> str:
        """Random characters that spell no word."""
        return "".join(self._random.choice(ALPHANUMS) for _ in range(length))

    def generate_name(self, base: str) -> str:
        """The base cut to 58 characters and five random ones."""
        return base[: MAX_NAME_LENGTH - RANDOM_LENGTH] + self.suffix()

    def uid(self) -> str:
        """A version 4 UUID."""
        return str(uuid.UUID(int=self._random.getrandbits(128), version=4))


def safe_encode(text: str) -> str:
    """Digits and letters mapped into the safe alphabet, as rand.SafeEncodeString does for hashes."""
    return "".join(ALPHANUMS[ord(c) % len(ALPHANUMS)] for c in text)
