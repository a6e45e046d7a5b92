"""ClusterRoles made of others by label. Models pkg/controller/clusterroleaggregation, v1.36."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from apimachinery import errors, meta
from apimachinery.labels import LabelSelector
from apimachinery.objects import Object, View
from controllers.runtime.client import APPLY_PATCH
from controllers.runtime.context import ControllerContext
from controllers.runtime.controller import Controller
from controllers.runtime.resources import CLUSTER_ROLES

FIELD_MANAGER: Final = "clusterrole-aggregation-controller"


def aggregated_rules(role: View, roles: Iterable[View]) -> list[Object]:
    """The rules of every role that an aggregation rule selects, by name, each rule once; pure."""
    result: list[Object] = []
    ordered = sorted((r for r in roles if meta.name(r) != meta.name(role)), key=meta.name)
    for selector_object in (role.get("aggregationRule") or {}).get("clusterRoleSelectors") or ():
        selector = LabelSelector.from_object(selector_object)
        for other in ordered:
            if selector.matches(meta.labels(other)):
                result += [rule for rule in other.get("rules") or () if rule not in result]
    return result


class ClusterRoleAggregationController:
    """Keys are ClusterRoles with an aggregation rule."""

    def __init__(self, context: ControllerContext) -> None:
        self._client = context.client
        self._queue = context.queue("ClusterRoleAggregator", str)
        self._roles = context.informers.informer(CLUSTER_ROLES)
        self._roles.add_handler(
            on_add=lambda _: self._enqueue_all(),
            on_update=lambda _, __: self._enqueue_all(),
            on_delete=lambda _: self._enqueue_all(),
        )
        self._controller = Controller(
            "clusterrole-aggregation-controller", self._queue, self.sync, workers=5, informers=(self._roles,)
        )

    async def run(self) -> None:
        """Sync until cancelled."""
        await self._controller.run()

    def _enqueue_all(self) -> None:
        for role in self._roles.indexer.values():
            if role.get("aggregationRule"):
                self._queue.add(meta.name(role))

    async def sync(self, name: str) -> None:
        """Apply the rules of one role."""
        role = self._roles.get(name)
        if role is None or not role.get("aggregationRule"):
            return
        rules = aggregated_rules(role, self._roles.indexer.values())
        if rules == (role.get("rules") or []):
            return
        body: Object = {
            "apiVersion": "rbac.authorization.k8s.io/v1",
            "kind": "ClusterRole",
            "metadata": {"name": name},
            "rules": rules,
        }
        try:
            await self._client.patch(
                CLUSTER_ROLES, name, body, content_type=APPLY_PATCH, field_manager=FIELD_MANAGER, force=True
            )
        except errors.UnsupportedMediaType:
            await self._client.update(CLUSTER_ROLES, {**role, "rules": rules})
