"""What a list's options ask for: which state, from which key, how much. Models the rules of etcd3/store.go."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from storage import continue_token, keys
from storage.continue_token import LATEST, ContinueToken
from storage.errors import Compacted, FutureRevision, InvalidContinue
from storage.interfaces import ListOptions

ALL: Final = chr(0x10FFFF)
"""Above every key below a resource's prefix."""


@dataclass(frozen=True, slots=True)
class ListPlan:
    """A list to carry out on keys below a resource's prefix.

    `exact` is the revision whose state is wanted, 0 for the present; `at_least` what the present must have reached;
    `cached` says that any state will do; `limit` 0 means everything.
    """

    start: str
    end: str
    exact: int = 0
    at_least: int = 0
    cached: bool = False
    limit: int = 0
    paging: bool = False

    def expired(self, prefix: str, error: Compacted) -> Compacted:
        """The answer when the state wanted is no longer kept; a list of pages may go on at the present."""
        if not self.paging:
            return Compacted(error.wanted, error.oldest, continue_token.EXACT_EXPIRED)
        token = ContinueToken(self.start[len(prefix) :], LATEST).encode()
        return Compacted(error.wanted, error.oldest, continue_token.CONTINUE_EXPIRED, continue_=token)


def plan_list(prefix: str, options: ListOptions) -> ListPlan:
    """The plan of a list below `prefix`; InvalidContinue for tokens and combinations that cannot be."""
    end = keys.prefix_end(prefix) if prefix else ALL
    wanted, limit = options.resource_version, max(0, options.limit)
    if options.continue_:
        token = continue_token.decode(options.continue_)
        if wanted:
            raise InvalidContinue("specifying resource version is not allowed when using continue")
        exact = max(0, token.revision)
        return ListPlan(prefix + token.start, end, exact=exact, limit=limit, paging=True)
    if wanted is None:
        return ListPlan(prefix, end, limit=limit)
    if wanted == 0:
        return ListPlan(prefix, end, cached=True)
    if options.match == "Exact" or (not options.match and limit):
        return ListPlan(prefix, end, exact=wanted, limit=limit)
    return ListPlan(prefix, end, at_least=wanted, limit=limit)


def next_token(prefix: str, last_key: str, revision: int) -> str:
    """The token of the page after the one that ends with `last_key`."""
    return ContinueToken(last_key[len(prefix) :] + "\0", revision).encode()


def require_reached(wanted: int | None, current: int) -> None:
    """FutureRevision when the store has not come as far as a reader asks."""
    if wanted and wanted > current:
        raise FutureRevision(wanted, current)
