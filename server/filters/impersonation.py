"""Acting as somebody else. Models apiserver/pkg/endpoints/filters/impersonation (constrained and legacy modes).

Constrained modes come first: each needs `impersonate-on:<mode>:<verb>` on what is asked and `impersonate:<mode>` on
whom. The legacy mode needs `impersonate` on whom, and is good for every request.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final, Literal, TypeAlias
from urllib.parse import unquote

from apimachinery import errors, validation
from apimachinery.serializer import go_quote
from server.authentication.interfaces import ALL_AUTHENTICATED, ALL_UNAUTHENTICATED, ANONYMOUS, PRIVILEGED, User
from server.authentication.service_account import ALL as ALL_SERVICE_ACCOUNTS
from server.authorization.interfaces import Attributes, Authorizer
from server.endpoints.authorization import attributes_of, forbidden
from server.endpoints.request import Handler, Request, Response
from server.filters.audit import note_impersonation
from server.filters.authorization import refused
from server.filters.chain import Filter

USER: Final = "impersonate-user"
GROUP: Final = "impersonate-group"
UID: Final = "impersonate-uid"
EXTRA: Final = "impersonate-extra-"
SEPARATOR: Final = "\n"
"""Between several values of one impersonation header in Request.headers."""

NODES: Final = "system:nodes"
_NODE_NAME: Final = "authentication.kubernetes.io/node-name"
_MANY: Final = 4
"""From so many groups or extra values on, one check for all of them is tried first."""

ModeName: TypeAlias = Literal["associated-node", "arbitrary-node", "serviceaccount", "user-info"]


def wanted_user(headers: dict[str, str]) -> User | None:
    """Whom the headers ask for, as they say it; None when they ask for nobody. BadRequest without a name."""
    name, uid = headers.get(USER, ""), headers.get(UID, "")
    groups = tuple(headers[GROUP].split(SEPARATOR)) if GROUP in headers else ()
    extra: dict[str, tuple[str, ...]] = {}
    for header, values in headers.items():
        if header.startswith(EXTRA):
            key = unquote(header.removeprefix(EXTRA)).lower()
            extra[key] = (*extra.get(key, ()), *values.split(SEPARATOR))
    if name:
        return User(name, uid, groups, extra)
    if uid or groups or extra:
        described = f'Name:"", UID:{go_quote(uid)}, Groups:{_go_strings(groups)}, Extra:{_go_map(extra)}'
        raise errors.BadRequest(f"requested &user.DefaultInfo{{{described}}} without impersonating a user name")
    return None


def _go_strings(texts: Sequence[str]) -> str:
    return f"[]string{{{', '.join(go_quote(t) for t in texts)}}}" if texts else "[]string(nil)"


def _go_map(extra: dict[str, tuple[str, ...]]) -> str:
    if not extra:
        return "map[string][]string(nil)"
    pairs = (f"{go_quote(k)}:{_go_strings(v)}" for k, v in sorted(extra.items()))
    return f"map[string][]string{{{', '.join(pairs)}}}"


def service_account_of(name: str) -> tuple[str, str] | None:
    """Namespace and name behind a ServiceAccount's user name."""
    prefix, _, rest = name.partition("system:serviceaccount:")
    namespace, colon, account = rest.partition(":")
    if prefix or not colon or ":" in account:
        return None
    if validation.dns1123_label(namespace) or validation.dns1123_subdomain(account):
        return None
    return namespace, account


def node_of(name: str) -> str:
    """The node behind a kubelet's user name; empty when it is none."""
    node = name.removeprefix("system:node:")
    return node if node != name and not validation.dns1123_subdomain(node) else ""


def _only_name(user: User) -> bool:
    return not (user.uid or user.groups or user.extra)


def _is_own_node(wanted: User, requestor: User) -> bool:
    node = node_of(wanted.name)
    own = requestor.extra.get(_NODE_NAME, ())
    return bool(node) and service_account_of(requestor.name) is not None and tuple(own) == (node,)


@dataclass(frozen=True, slots=True)
class Mode:
    """One way to impersonate: whom it is for, and what has to be granted."""

    name: ModeName | Literal["legacy"]
    applies: Callable[[User, User], bool]

    @property
    def constrained(self) -> bool:
        """Whether the request itself must be granted too."""
        return self.name != "legacy"

    @property
    def verb(self) -> str:
        """The verb on whom."""
        return f"impersonate:{self.name}" if self.constrained else "impersonate"


MODES: Final = (
    Mode("associated-node", lambda wanted, requestor: _only_name(wanted) and _is_own_node(wanted, requestor)),
    Mode("arbitrary-node", lambda wanted, _: _only_name(wanted) and bool(node_of(wanted.name))),
    Mode("serviceaccount", lambda wanted, _: _only_name(wanted) and service_account_of(wanted.name) is not None),
    Mode("user-info", lambda wanted, _: not node_of(wanted.name) and service_account_of(wanted.name) is None),
    Mode("legacy", lambda wanted, _: True),
)


class Impersonator:
    """Finds the first mode that lets a user act as another."""

    def __init__(self, authorizer: Authorizer, *, constrained: bool = True) -> None:
        self._authorizer = authorizer
        self._modes = MODES if constrained else MODES[-1:]

    async def impersonate(self, wanted: User, asked: Attributes) -> User:
        """The user to go on with; Forbidden with the first refusal when no mode lets it happen."""
        first: errors.Forbidden | None = None
        for mode in self._modes:
            if not mode.applies(wanted, asked.user):
                continue
            try:
                if mode.constrained:
                    on = asked._replace(verb=f"impersonate-on:{mode.name}:{asked.verb}")
                    await self._check(on)
                return await self._actual(mode, wanted, asked.user)
            except errors.Forbidden as e:
                first = first or e
        if first is None:
            raise errors.InternalError.of("all impersonation modes failed")
        raise first

    async def _check(self, attributes: Attributes) -> None:
        verdict = await self._authorizer.authorize(attributes)
        if not verdict.allowed:
            raise forbidden(attributes, verdict.reason)

    async def _actual(self, mode: Mode, wanted: User, requestor: User) -> User:
        group = "authentication.k8s.io" if mode.constrained else ""
        about = Attributes(requestor, mode.verb, api_group=group, api_version="v1", resource="users", name=wanted.name)
        groups = wanted.groups
        node, account = node_of(wanted.name), service_account_of(wanted.name)
        if mode.constrained and node:
            about = about._replace(resource="nodes", name="*" if mode.name == "associated-node" else node)
            groups = (NODES,)
        elif account is not None:
            about = about._replace(resource="serviceaccounts", namespace=account[0], name=account[1])
            groups = groups or (ALL_SERVICE_ACCOUNTS, f"{ALL_SERVICE_ACCOUNTS}:{account[0]}")
        await self._check(about)
        about = about._replace(namespace="")
        if wanted.uid:
            await self._check(about._replace(api_group="authentication.k8s.io", resource="uids", name=wanted.uid))
        await self._check_groups(mode, about._replace(resource="groups", name=""), wanted.groups)
        await self._check_extra(
            mode, about._replace(api_group="authentication.k8s.io", resource="userextras", name=""), wanted.extra
        )
        return replace(wanted, groups=_completed(wanted.name, groups))

    async def _check_groups(self, mode: Mode, about: Attributes, groups: Sequence[str]) -> None:
        if mode.constrained:
            if "" in groups:
                raise forbidden(about, "impersonating the empty string group is not allowed")
            if PRIVILEGED in groups:
                why = "impersonating the system:masters group is not allowed"
                raise forbidden(about._replace(name=PRIVILEGED), why)
            if len(groups) >= _MANY and await self._allowed(about._replace(name="*")):
                return
        for group in groups:
            await self._check(about._replace(name=group))

    async def _check_extra(self, mode: Mode, about: Attributes, extra: Mapping[str, tuple[str, ...]]) -> None:
        if mode.constrained:
            why = _refused_extra(extra)
            if why:
                raise forbidden(about, why)
            many = sum(map(len, extra.values())) >= _MANY
            if many and await self._allowed(about._replace(subresource="*", name="*")):
                return
        for key, texts in extra.items():
            for text in texts:
                await self._check(about._replace(subresource=key, name=text))

    async def _allowed(self, attributes: Attributes) -> bool:
        return (await self._authorizer.authorize(attributes)).allowed


def _refused_extra(extra: Mapping[str, tuple[str, ...]]) -> str:
    for key, values in extra.items():
        if not key:
            return "impersonating the empty string key in extra is not allowed"
        if key != key.lower():
            return f"impersonating a non-lowercase key in extra is not allowed: {go_quote(key)}"
        if "" in values:
            return "impersonating the empty string value in extra is not allowed"
    return ""


def _completed(name: str, groups: Sequence[str]) -> tuple[str, ...]:
    if name == ANONYMOUS:
        return tuple(groups) if ALL_UNAUTHENTICATED in groups else (*groups, ALL_UNAUTHENTICATED)
    if ALL_UNAUTHENTICATED in groups or ALL_AUTHENTICATED in groups:
        return tuple(groups)
    return (*groups, ALL_AUTHENTICATED)


def with_impersonation(authorizer: Authorizer, *, constrained: bool = True) -> Filter:
    """Go on as the user that the headers ask for; the headers go no further. Constrained modes came with 1.36."""
    impersonator = Impersonator(authorizer, constrained=constrained)

    def wrap(handler: Handler) -> Handler:
        async def impersonate(request: Request) -> Response:
            headers = request.headers
            if not any(name.startswith("impersonate-") for name in headers):
                return await handler(request)
            wanted = wanted_user(dict(headers))
            if wanted is None:
                return await handler(request)
            try:
                user = await impersonator.impersonate(wanted, attributes_of(request))
            except errors.Forbidden as e:
                return refused(request, e)
            note_impersonation(user)
            kept = {k: v for k, v in headers.items() if k not in (USER, GROUP, UID) and not k.startswith(EXTRA)}
            return await handler(request.with_(user=user, impersonated_by=request.user, headers=kept))

        return impersonate

    return wrap
